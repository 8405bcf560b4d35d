"""
The ear in BitBake's server process. It is registered as an event handler for user interfaces, because only those are given the events of
tasks and the log records. `send` runs inside the scheduler, with BitBake's lock held: it puts the event into a queue and returns.

Never log, fire, register or unregister in `send`. BitBake 2.4 and 2.6 hold a lock there that is not recursive (five minutes later the
server exits), 2.2 and older change a dictionary that is walked.

It is registered once in a server's life and never unregistered: between builds it drops what it hears.
"""
import collections
import logging
import os
import time

# Two events a task and two of the run queue, of 1 KB or so: 25,000 tasks while the writer stands still, and 100 MB at most.
_QUEUE_MAX = 100000
_PLAIN = 21
_WARNONCE = 29

_CLASSES = (
    'bb.build.TaskStarted', 'bb.build.TaskSucceeded', 'bb.build.TaskFailed', 'bb.build.TaskFailedSilent',
    'bb.runqueue.sceneQueueTaskStarted', 'bb.runqueue.sceneQueueTaskCompleted', 'bb.runqueue.sceneQueueTaskFailed',
    'bb.runqueue.sceneQueueComplete', 'bb.runqueue.runQueueTaskStarted', 'bb.runqueue.runQueueTaskSkipped',
    'bb.runqueue.runQueueTaskCompleted', 'bb.runqueue.runQueueTaskFailed', 'bb.runqueue.taskUniHashUpdate',
    'bb.event.ParseStarted', 'bb.event.ParseCompleted', 'bb.event.CacheLoadStarted', 'bb.event.CacheLoadCompleted',
    'bb.event.TreeDataPreparationStarted', 'bb.event.TreeDataPreparationCompleted', 'bb.event.SanityCheck',
    'bb.event.SanityCheckPassed', 'bb.event.SanityCheckFailed', 'bb.event.ReachableStamps', 'bb.event.DepTreeGenerated',
    'bb.event.BuildStarted', 'bb.event.BuildCompleted', 'bb.event.NoProvider', 'bb.event.ParseError', 'bb.event.DiskFull',
    'bb.command.CommandCompleted', 'bb.command.CommandFailed', 'bb.command.CommandExit',
)


class Ear(object):
    """What BitBake calls. `queue` None: nothing is recorded."""

    def __init__(self):
        self.pid = os.getpid()
        self.queue = None
        self.dropped = 0
        self.event = self  # BitBake calls handler.event.send(event)

    def listen(self):
        self.queue = collections.deque()
        self.dropped = 0
        return self.queue

    def stop(self):
        self.queue = None

    def send(self, event):
        queue = self.queue
        if queue is None:
            return
        if isinstance(event, logging.LogRecord):
            level = event.levelno
            if level < _WARNONCE and not (level == _PLAIN and str(event.msg).startswith('Sstate summary')):
                return
        if len(queue) >= _QUEUE_MAX:
            self.dropped += 1
        elif os.getpid() == self.pid:
            queue.append((time.time(), event))


def hear(bb_event):
    """
    The ear of this server, registered where it is not. Kept at BitBake's own module: ours may be dropped and loaded anew when a resident
    server reads its configuration again.
    """
    ear = getattr(bb_event, '_bakehouse_ear', None)
    handlers = getattr(bb_event, '_ui_handlers', {})
    number = getattr(bb_event, '_bakehouse_ear_number', None)
    if ear is None or ear.pid != os.getpid() or handlers.get(number) is not ear:
        ear = Ear()
        number = bb_event.register_UIHhandler(ear)
        bb_event._bakehouse_ear = ear
        bb_event._bakehouse_ear_number = number
        if hasattr(bb_event, 'set_UIHmask'):
            bb_event.set_UIHmask(number, _PLAIN, {}, list(_CLASSES))
    return ear
