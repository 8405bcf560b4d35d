"""
Events -> a record, in a thread of its own. The scheduler hands over (time, event); everything else, reading files and running git included,
happens here. Nothing that goes wrong here reaches the build: the record tells what is missing.
"""
import hashlib
import json
import logging
import os
import re
import threading
import time

from . import cause, columns, host, stats
from .record import Record, now_ms, read_log
from .scrub import VERSION as SCRUBBER
from .scrub import Scrubber

SUCCEEDED, FAILED, COVERED, EXISTING, NOEXEC, UNFINISHED, RUNNING, NOT_RUN = range(8)

# A row a task run; what is not written yet is lost when the server is killed, and found again in buildstats.
_ROWS_MAX = 256
_FLUSH_S = 10
# While it is pushed as it runs, lines of more rows: what is sent twice a minute packs better than what is sent six times.
_FLUSH_PUSHED_S = 30
_SAMPLES_S = 60
_POLL_S = 0.2
_MESSAGES_MAX = 2000
_QA_MAX = 5000
_LOGS_MAX = 2000
_LOG_BYTES_MAX = 256 << 20
_TEXT_MAX = 2000
_SERVER_START_MS_MAX = 120000

_SSTATE = re.compile(
    r'Sstate summary: Wanted (\d+) (?:Found (\d+)|Local (\d+) (?:Mirrors|Network) (\d+)) Missed (\d+) Current (\d+)')
_QA = re.compile(r'QA Issue: (.*?)(?: \[([a-z0-9-]+)\])?\s*$', re.S)


class Facts(object):
    """What hooks read from the datastore, in the scheduler's thread: plain values only."""

    def __init__(self):
        self.name = ''
        self.mc = ''
        self.machine = None
        self.distro = None
        self.distro_version = None
        self.distro_id = None
        self.bitbake_version = None
        self.targets = None
        # Of each multiconfig but the default one as mc:<name>:VARIABLE, where they differ.
        self.variables = {}
        self.machines = {}
        self.layers = []
        self.topdir = ''
        self.tmpdirs = {}
        self.buildstats = {}
        self.home = ''
        self.user = ''
        self.builder = None
        self.builder_id = None
        self.job_id = None
        self.reason = None
        self.kinds = frozenset()
        self.running = False


class Recorder(object):
    """One build. `begin` starts the thread; `finish` ends it and waits for it, but not for long."""

    def __init__(self, folder, queue, facts, started_ms=None, first_of_server=False):
        self.facts = facts
        self._queue = queue
        self.started_ms = started_ms or now_ms()
        self.record = Record(folder, facts.name or time.strftime('%Y%m%d%H%M%S', time.gmtime()), self.started_ms)
        self.error = None
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._drained = threading.Event()
        self._over_ms = None
        self._outcome = None
        self._thread = None

        self._lock = threading.Lock()
        self._recipes = {}
        self._pns = set()
        self._new_recipes = []
        self._virtuals = {}
        self._virtuals_of = -1
        self._parsed = None
        self._running = {}
        self._rows = []
        self._flushed = time.time()
        self._sampled = time.time()
        self._samples = None
        self._qa_pids = set()
        self._messages = 0
        self._qas = 0
        self._logs = 0
        self._log_bytes = 0
        self._graph_versions = {}
        self._moments = {}
        self._sstate = None
        self._problems = set()
        self._begun_mcs = 0
        self._layers_written = False
        self._first_of_server = first_of_server
        self._dropped = 0
        self.unparsed = None
        self._halted = None
        self.started_mcs = 0
        self.completed_mcs = 0
        self.failures = []
        self.failed_tasks = 0
        self.errors = 0
        self.interrupted = 0
        self.executed = 0
        self.from_sstate = 0
        self.images = None
        short, full = host.host_names()
        self.scrubber = Scrubber(
            facts.topdir, [path for path in facts.tmpdirs.values() if not (path + '/').startswith(facts.topdir + '/')],
            facts.home, short, full, facts.user)

    # ---- called by hooks, in the scheduler's thread

    def begin(self):
        self._thread = threading.Thread(target=self._run, name='bakehouse')
        self._thread.daemon = True
        self._thread.start()

    def update(self, facts):
        """More is known: BuildStarted came, of one more multiconfig."""
        with self._lock:
            self.facts = facts

    def drain(self, seconds):
        """Waits until what was heard so far is recorded; False where that takes longer."""
        # The writer may be on its way out of a round that began before the last event came: a whole one more is waited for.
        until = time.time() + seconds
        for _ in range(2):
            self._drained.clear()
            self._wake.set()
            while not self._drained.wait(0.02):
                if time.time() >= until or self._thread is None or not self._thread.is_alive():
                    return False
        return True

    def is_alive(self):
        return self._thread is not None and self._thread.is_alive()

    def finish(self, outcome, over_ms, seconds, dropped=0):
        self._outcome = outcome
        self._dropped = dropped
        self._over_ms = over_ms
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)

    # ---- the thread

    def _run(self):
        try:
            self.record.line(self._build_line())
            self._local()
            while True:
                stopping = self._stop.is_set()
                self._take_all()
                now = time.time()
                if len(self._rows) >= _ROWS_MAX or now - self._flushed >= (_FLUSH_PUSHED_S if self.facts.running else _FLUSH_S):
                    self._flush()
                if 'samples' in self.facts.kinds and now - self._sampled >= _SAMPLES_S:
                    self._sample(False)
                self._drained.set()
                if stopping:
                    break
                self._wake.wait(_POLL_S)
                self._wake.clear()
            self._close()
        except BaseException as error:  # a full disk, a bug of ours, SystemExit out of some library: the build goes on
            # It is raised once more where it is told, in the scheduler's thread, and SystemExit would end the server there.
            self.error = error if isinstance(error, Exception) else RuntimeError('%s: %s' % (type(error).__name__, error))
            self._queue.clear()
        finally:
            self._drained.set()
            try:
                self.record.close()
            except Exception:
                pass

    def _take_all(self):
        while self._queue:
            at, event = self._queue.popleft()
            try:
                self._take(at, event)
            except (OSError, IOError):
                raise
            except Exception as error:  # one event that is not as it always was loses itself and nothing else
                self._problem('warning', 'event-not-understood',
                              '%s: %s: %s' % (type(event).__name__, type(error).__name__, error))

    def _problem(self, severity, code, message):
        if code in self._problems:
            return
        self._problems.add(code)
        self.record.line({'type': 'problem', 'severity': severity, 'code': code, 'message': message[:_TEXT_MAX],
                          'file': None, 'line': None})

    def _take(self, at, event):
        name = type(event).__name__
        if isinstance(event, logging.LogRecord):
            self._take_log_record(event)
            return
        handler = getattr(self, '_on_' + name, None)
        if handler is not None:
            handler(int(round(at * 1000)), event)
        else:
            # The first and the last time of each kind are the ends of phases.
            self._moment(name, int(round(at * 1000)))

    def _moment(self, name, ms):
        first, _ = self._moments.get(name, (ms, ms))
        self._moments[name] = (first, ms)

    # ---- facts of the build

    def _build_line(self):
        facts = self.facts
        line = {
            'type': 'build',
            'name': facts.name or None,
            'startedMs': self.started_ms,
            'targets': facts.targets,
            'machine': facts.machine,
            'distro': facts.distro,
            'distroVersion': facts.distro_version,
            'builder': facts.builder,
            'builderId': facts.builder_id,
            'jobId': facts.job_id,
            'host': host.host_facts(facts.distro_id),
            'bitbakeVersion': facts.bitbake_version,
            'variables': facts.variables,
        }
        if facts.reason:
            line['extras'] = {'reason': facts.reason}
        return line

    def _local(self):
        facts = self.facts
        short, full = host.host_names()
        self.record.local({
            'topdir': facts.topdir, 'tmpdirs': sorted(facts.tmpdirs.values()),
            'buildstats': sorted(facts.buildstats.values()), 'pid': os.getpid(),
            'pidStart': host.process_start(os.getpid()), 'host': short, 'fullHost': full, 'user': facts.user,
            'home': facts.home, 'scrubber': SCRUBBER,
        })

    def _on_BuildStarted(self, ms, event):
        self._begun_mcs += 1
        self._moment('BuildStarted', ms)
        facts = self.facts
        if self._begun_mcs > 1:
            self.record.line({'type': 'build', 'targets': facts.targets, 'variables': facts.variables})
            self._local()
            return
        line = self._build_line()
        line.pop('host')
        self.record.line(line)
        self._local()
        self._write_layers()

    def _write_layers(self, seconds=30):
        if 'layers' in self.facts.kinds and self.facts.layers and not self._layers_written:
            self._layers_written = True
            self.record.line({'type': 'build', 'layers': host.layers(self.facts.layers, seconds)})

    def _on_ParseCompleted(self, ms, event):
        self._moment('ParseCompleted', ms)
        self._parsed = (event.cached, event.parsed, event.skipped, event.errors)

    def _on_DepTreeGenerated(self, ms, event):
        self._moment('DepTreeGenerated', ms)
        graph = event._depgraph
        images = set()
        for name, about in graph.get('pn', {}).items():
            mc, pn = _split_mc(name)
            version = about.get('version') or ''
            self._graph_versions[(mc, pn)] = (about.get('filename') or '', version)
            inherits = about.get('inherits') or ()
            if any(os.path.basename(str(one)) == 'image.bbclass' for one in inherits):
                images.add(pn)
        self.images = [target for target in (self.facts.targets or ()) if _target_pn(target) in images]
        self.record.line({'type': 'build', 'images': self.images})
        if 'graph' in self.facts.kinds:
            data = _graph_blob(graph.get('tdepends', {}))
            self.record.line({'type': 'graph', 'blob': self.record.blob(data), 'bytes': len(data)})

    def _take_log_record(self, event):
        level = event.levelno
        text = event.getMessage()
        summary = _SSTATE.search(text)
        if summary is not None:
            wanted, found, local, mirrors, missed, current = [None if g is None else int(g) for g in summary.groups()]
            self._moment('sstate', int(round(event.created * 1000)))
            self._sstate = {'wanted': wanted, 'found': found if found is not None else local + mirrors, 'local': local,
                            'mirrors': mirrors, 'missed': missed, 'current': current}
            return
        if level < 29:
            return
        severity = 'error' if level >= 39 else 'warning'
        if severity == 'error':
            self.errors += 1
        if 'messages' not in self.facts.kinds:
            return
        time_ms = int(round(event.created * 1000))
        issue = _QA.search(text)
        pid = getattr(event, 'taskpid', 0)
        if issue is not None and self._qas < _QA_MAX:
            self._qas += 1
            self._qa_pids.add(pid)
            run = next((run for run in self._running.values() if run.get('pid') == pid), None)
            self.record.line({'type': 'qa', 'qaClass': issue.group(2), 'severity': severity,
                              'pf': run and run['pf'], 'task': run and run['task'], 'message': issue.group(1)[:_TEXT_MAX]})
        elif issue is None and self._messages < _MESSAGES_MAX:
            self._messages += 1
            self.record.line({'type': 'message', 'level': severity, 'timeMs': time_ms, 'logger': event.name,
                              'text': text[:_TEXT_MAX]})

    def _on_NoProvider(self, ms, event):
        self._outside(None, str(event))

    def _on_ParseError(self, ms, event):
        # "Parsing halted due to errors": said of nothing in particular, so it counts only where no message says more.
        self._halted = str(getattr(event, '_msg', '') or 'Parsing halted due to errors')

    def _outside(self, task, text):
        text = text.strip()[:1000]
        self.failures.append((None, task, text, None))
        self.record.line({'type': 'failure', 'recipe': None, 'pf': None, 'task': task, 'mc': '', 'pid': None,
                          'cause': text, 'logPath': None})

    # ---- tasks

    def _recipe(self, mc, file, pn, pv, pf):
        key = (mc, pf)
        number = self._recipes.get(key)
        if number is None:
            number = self._recipes[key] = len(self._recipes)
            self._pns.add((mc, pn))
            pe = pr = None
            version = self._graph_versions.get((mc, pn), ('', ''))[1]
            if version:
                epoch, _, rest = version.partition(':')
                pe = epoch or None
                if pv is None:
                    pv = rest.rpartition('-')[0] or rest
                pr = rest.rpartition('-')[2] if '-' in rest else None
            elif pf and pv and pf.startswith('%s-' % pn) and '-' in pf:
                pr = pf.rpartition('-')[2]
            self._new_recipes.append((pf, pn, pe, pv, pr, mc, self._layer(file), self.scrubber.text(file) if file else None))
        return number

    def _layer(self, file):
        path = _plain_file(file or '')
        best = ''
        for layer in self.facts.layers:
            if path.startswith(layer.rstrip('/') + '/') and len(layer) > len(best):
                best = layer
        return os.path.basename(best.rstrip('/')) or None

    def _names(self, taskid, taskfile):
        """(mc, file, pn, pv, pf) of a run queue event, which knows the file alone; from the graph, or from how recipes are named."""
        mc, _ = _split_mc(taskid)
        file = _plain_file(taskfile)
        virtual = taskfile if taskfile.startswith('virtual:') else file
        pn = self._by_virtual(mc, taskfile)
        version = self._graph_versions.get((mc, pn), ('', ''))[1] if pn else ''
        if pn is None:
            base = os.path.basename(file)
            pn = base[:-3].split('_')[0] if base.endswith('.bb') else base
            if taskfile.startswith('virtual:native:') and not pn.endswith('-native'):
                pn += '-native'
        epoch, _, rest = version.partition(':')
        pv = (rest.rpartition('-')[0] or None) if rest else None
        pf = '%s-%s%s' % (pn, epoch + '_' if epoch and epoch != '0' else '', rest or '1.0-r0')
        return mc, virtual, pn, pv, pf

    def _by_virtual(self, mc, taskfile):
        if self._virtuals_of != len(self._graph_versions):
            self._virtuals = dict(((m, _no_mc(filename)), pn) for (m, pn), (filename, _) in self._graph_versions.items())
            self._virtuals_of = len(self._graph_versions)
        return self._virtuals.get((mc, _no_mc(taskfile)))

    def _run_of(self, event):
        taskid = str(event.taskid)
        task = event.taskname
        file = event.taskfile
        key = (_split_mc(taskid)[0], _no_mc(file), task)
        run = self._running.get(key)
        if run is None:
            mc, virtual, pn, pv, pf = self._names(taskid, file)
            run = self._running[key] = {'key': key, 'mc': mc, 'file': virtual, 'pn': pn, 'pv': pv, 'pf': pf, 'task': task,
                                        'hash': getattr(event, 'taskhash', None)}
        return run

    def _on_runQueueTaskStarted(self, ms, event):
        run = self._run_of(event)
        run['queued'] = ms
        self._moment('first-task', ms)
        if getattr(event, 'noexec', False):
            self._row(run, NOEXEC)

    def _on_sceneQueueTaskStarted(self, ms, event):
        run = self._run_of(event)
        # Some releases name the real task here; the task that runs is the other one.
        if not run['task'].endswith('_setscene'):
            self._running.pop(run['key'], None)
            run['task'] += '_setscene'
            run['key'] = run['key'][:2] + (run['task'],)
            self._running[run['key']] = run
        run['queued'] = ms
        self._moment('first-task', ms)
        if getattr(event, 'noexec', False):
            self._row(run, NOEXEC)

    def _on_runQueueTaskSkipped(self, ms, event):
        run = self._run_of(event)
        self._row(run, COVERED if event.reason == 'covered' else EXISTING)

    def _on_taskUniHashUpdate(self, ms, event):
        mc, rest = _split_mc(str(event.taskid))
        file, _, task = rest.rpartition(':')
        run = self._running.get((mc, _no_mc(file), task))
        if run is not None:
            run['unihash'] = event.unihash

    def _task_run(self, event):
        """The run that a task's own event is about. The task says its names itself."""
        fn = getattr(event, '_fn', None) or event.taskfile
        mc = getattr(event, '_mc', None)
        mc = mc if mc and mc != 'default' else _split_mc(fn)[0]
        key = (mc, _no_mc(fn), event._task)
        run = self._running.get(key)
        if run is None:
            run = self._running[key] = {'key': key, 'mc': mc, 'file': _no_mc(fn), 'task': event._task, 'hash': None}
        run['pf'] = event._package
        run['pn'] = getattr(event, 'pn', None) or run.get('pn') or event._package
        run['pv'] = getattr(event, 'pv', None) or run.get('pv')
        run['pid'] = getattr(event, 'pid', None) or run.get('pid')
        return run

    def _on_TaskStarted(self, ms, event):
        run = self._task_run(event)
        run['start'] = int(round(event.time * 1000))
        run['log'] = event.logfile
        self._moment('started-task', run['start'])
        if not run['task'].endswith('_setscene'):
            self.executed += 1

    def _on_TaskSucceeded(self, ms, event):
        self._task_over(event, SUCCEEDED)

    def _on_TaskFailed(self, ms, event):
        self._task_over(event, FAILED)

    def _on_TaskFailedSilent(self, ms, event):
        self._task_over(event, FAILED)

    def _task_over(self, event, outcome):
        run = self._task_run(event)
        run['end'] = int(round(event.time * 1000))
        run['outcome'] = outcome
        run['log'] = event.logfile or run.get('log')
        self._read_stats(run)
        if outcome == FAILED and type(event).__name__ != 'TaskFailedSilent':
            self._failed(run)
        elif outcome == SUCCEEDED:
            if run['task'].endswith('_setscene'):
                self.from_sstate += 1
            if run.get('pid') in self._qa_pids:
                self._keep_log(run, 'qa', 'qa-logs')
            if 'success-logs' in self.facts.kinds:
                self._keep_log(run, 'success', 'success-logs')

    def _read_stats(self, run):
        kinds = self.facts.kinds
        if 'counters' not in kinds and 'all-counters' not in kinds:
            return
        folder = self.facts.buildstats.get(run['mc']) or self.facts.buildstats.get('')
        if folder is None:
            return
        told = stats.read_task_file(os.path.join(folder, run['pf'], run['task']))
        # A file of a run before this one, under a name that was used twice, is not of this run.
        if told is None or (told['start'] is not None and abs(told['start'] - run.get('start', told['start'])) > 5000):
            return
        run['start'] = told['start'] if told['start'] is not None else run.get('start')
        run['end'] = told['end'] if told['end'] is not None else run.get('end')
        run['metrics'] = dict((name, value) for name, value in told['metrics'].items()
                              if ('all-counters' if name in stats.NOISY else 'counters') in kinds)

    def _failed(self, run):
        self.failed_tasks += 1
        number = self._recipe(run['mc'], run['file'], run['pn'], run['pv'], run['pf'])
        self._write_recipes()
        text = self._keep_log(run, 'failure', 'failure-logs')
        why = cause.find_cause(text.decode('utf-8', 'replace')) if text else None
        self.failures.append((run['pn'], run['task'], why, failure_key(run['mc'], run['pf'], run['task'])))
        self.record.line({'type': 'failure', 'recipe': number, 'pf': None, 'task': run['task'], 'mc': run['mc'],
                          'pid': run.get('pid'), 'startMs': run.get('start'), 'cause': why,
                          'logPath': self.scrubber.text(run['log']) if run.get('log') else None})
        if run.get('log'):
            temp = os.path.dirname(run['log'])
            if 'pseudo' in self.facts.kinds:
                self._keep_log(dict(run, log=os.path.join(os.path.dirname(temp), 'pseudo', 'pseudo.log')), 'pseudo', 'pseudo')
            if 'host-stats' in self.facts.kinds:
                folder = self.facts.buildstats.get(run['mc']) or self.facts.buildstats.get('') or ''
                # As buildstats names them since kirkstone: what its owner has it run when a task fails, and every so often.
                for name in ('host_stats_%s_failure' % run['task'], 'host_stats_interval'):
                    self._keep_log(dict(run, log=os.path.join(folder, name)), 'host-stats', 'host-stats')

    def _keep_log(self, run, kind, setting):
        """The scrubbed bytes of a run's log, kept as a blob where the settings say so; b'' where there is none."""
        path = run.get('log')
        if not path:
            return b''
        try:
            data, original = read_log(path)
        except (IOError, OSError):
            return b''
        data = self.scrubber.log(data)
        if setting in self.facts.kinds and self._logs < _LOGS_MAX and self._log_bytes < _LOG_BYTES_MAX:
            self._logs += 1
            self._log_bytes += len(data)
            number = self._recipe(run['mc'], run['file'], run['pn'], run['pv'], run['pf'])
            self._write_recipes()
            self.record.line({'type': 'log', 'kind': kind, 'recipe': number, 'task': run['task'], 'mc': run['mc'],
                              'pid': run.get('pid'), 'startMs': run.get('start'), 'blob': self.record.blob(data),
                              'bytes': len(data), 'originalBytes': original})
        return data

    def _known_run(self, event, task):
        return self._running.get((_split_mc(str(event.taskid))[0], _no_mc(event.taskfile), task))

    def _on_runQueueTaskCompleted(self, ms, event):
        # Of a task without code this comes as well, after its row was written when it was started.
        run = self._known_run(event, event.taskname)
        if run is not None:
            run['completed'] = ms
            self._row(run, run.get('outcome', SUCCEEDED))

    def _on_sceneQueueTaskCompleted(self, ms, event):
        run = self._scene_run(event)
        if run is not None:
            run['completed'] = ms
            self._row(run, run.get('outcome', SUCCEEDED))

    def _on_runQueueTaskFailed(self, ms, event):
        run = self._run_of(event)
        run['completed'] = ms
        if 'outcome' not in run and run.get('start') is not None:
            # Killed before it could say so.
            self._read_stats(run)
            self._failed(run)
        self._row(run, FAILED)

    def _scene_run(self, event):
        task = event.taskname if event.taskname.endswith('_setscene') else event.taskname + '_setscene'
        return self._known_run(event, task)

    def _on_sceneQueueTaskFailed(self, ms, event):
        run = self._scene_run(event)
        if run is not None:
            run['completed'] = ms
            self._row(run, FAILED)

    def _row(self, run, outcome):
        self._running.pop(run['key'], None)
        run['outcome'] = outcome
        if run.get('start') is not None and 'metrics' not in run:
            # Its own last event never came; buildstats may have been told all the same.
            self._read_stats(run)
        if run.get('completed') is not None:
            self._moment('last-task', run['completed'])
        self._rows.append(run)

    # ---- writing

    def _write_recipes(self):
        new, self._new_recipes = self._new_recipes, []
        if not new:
            return
        line = {'type': 'recipes', 'from': len(self._recipes) - len(new)}
        for i, key in enumerate(('pf', 'pn', 'pe', 'pv', 'pr', 'mc', 'layer', 'file')):
            values = [recipe[i] for recipe in new]
            if any(value not in (None, '') for value in values):
                line[key] = values
        self.record.line(line)

    def _flush(self):
        self._flushed = time.time()
        rows, self._rows = self._rows, []
        if rows:
            numbers = [self._recipe(run['mc'], run['file'], run['pn'], run['pv'], run['pf']) for run in rows]
            self._write_recipes()
            names = sorted(set(run['task'] for run in rows))
            place = dict((name, i) for i, name in enumerate(names))
            made = [
                columns.number_column('@recipe', numbers, delta=True),
                columns.number_column('@task', [place[run['task']] for run in rows]),
                columns.number_column('@outcome', [run['outcome'] for run in rows]),
            ]
            for name, key in (('@start', 'start'), ('@end', 'end'), ('@queued', 'queued'), ('@completed', 'completed'), ('@pid', 'pid')):
                made.append(columns.number_column(name, [run.get(key) for run in rows], delta=key != 'pid'))
            if 'hashes' in self.facts.kinds:
                made.append(columns.hash_column('@hash', [run.get('hash') for run in rows]))
                made.append(columns.hash_column('@unihash', [_other(run.get('unihash'), run.get('hash')) for run in rows]))
            metrics = []
            for run in rows:
                for name in run.get('metrics', ()):
                    if name not in metrics and len(metrics) < 256:
                        metrics.append(name)
            for name in metrics:
                made.append(columns.number_column(name, [run.get('metrics', {}).get(name) for run in rows]))
            heads, data = columns.packed(made)
            self.record.line({'type': 'tasks', 'rows': len(rows), 'names': names, 'columns': heads, 'data': data})
        if self.facts.running and not self._stop.is_set():
            running = [run for run in self._running.values() if run.get('start') is not None and run.get('outcome') is None]
            numbers = [self._recipe(run['mc'], run['file'], run['pn'], run['pv'], run['pf']) for run in running]
            self._write_recipes()
            self.record.line({'type': 'running', 'atMs': now_ms(), 'tasks': [
                [number, run['task'], run['start'], run.get('pid')] for number, run in zip(numbers, running)]})

    def _sample(self, last):
        self._sampled = time.time()
        folder = self.facts.buildstats.get('') or next(iter(self.facts.buildstats.values()), None)
        if folder is None:
            return
        if self._samples is None:
            self._samples = [stats.SampleFile(folder, name) for name in stats.SAMPLE_FILES]
        for sample in self._samples:
            for lines, rows in sample.read(last):
                made = [columns.number_column(str(i), [row[i] for row in rows], delta=i == 0) for i in range(len(rows[0]))]
                heads, data = columns.packed(made)
                self.record.line({'type': 'samples', 'file': sample.name, 'lines': lines, 'rows': len(rows),
                                  'columns': heads, 'data': data})

    def _close(self):
        if self._dropped:
            self._problem('error', 'events-dropped',
                          '%d events came faster than they were recorded and are not in the record.' % self._dropped)
        if self.unparsed or (self._halted and not self.failures):
            self._outside(None, self.unparsed or self._halted)
        if self._running:
            for run in list(self._running.values()):
                if run.get('start') is not None or run.get('queued') is not None:
                    self._row(run, run.get('outcome', UNFINISHED if run.get('start') is not None else NOT_RUN))
        self._flush()
        if 'samples' in self.facts.kinds:
            self._sample(True)
        for line in self._phases():
            self.record.line(line)
        self._sizes()
        # Without an outcome nobody said that the build was over: it ends as that of a server that was killed.
        if self._outcome is None:
            return
        self.record.line({'type': 'build', 'endedMs': self._over_ms, 'outcome': self._outcome, 'buildType': self.build_type()})
        # Of a build that never started as well, but the server exits soon and this thread with it.
        self._write_layers(0.5)
        self.record.line({'type': 'end', 'atMs': now_ms()})

    def _sizes(self):
        kinds = self.facts.kinds
        # What lies there of a build that never started is of those before it.
        if not self.started_mcs or not ('packages' in kinds or 'images' in kinds or 'scratch' in kinds):
            return
        from . import sizes
        for line in sizes.lines(self.facts, kinds, self._recipes, self._pns, self.images or (), self.record.blob):
            self.record.line(line)

    def outcome(self, command_error):
        """As outcomeOf of src/formats/eventlog/assemble.ts. command_error: None where the command was completed."""
        stopped = command_error is not None and command_error.startswith(('Stopped build', 'Forced shutdown'))
        if self.started_mcs and (self.interrupted or stopped):
            return 'interrupted'
        if not self.started_mcs:
            return 'never-started'
        if not self.completed_mcs or self.failed_tasks:
            return 'failed'
        return 'succeeded-with-errors' if self.errors or command_error is not None else 'succeeded'

    def build_type(self):
        summary = self._sstate
        if summary is None:
            return None
        if summary['current']:
            kind = 'incremental'
        elif summary['found'] and summary['found'] >= summary['missed']:
            kind = 'sstate'
        else:
            kind = 'clean'
        return {'kind': kind, 'estimated': False, 'sstate': summary}

    def _server_start(self, heard_ms):
        """When this server process began, where the first build is its first work: a resident one waited for its user before."""
        if not self._first_of_server or heard_ms is None:
            return None
        start = host.process_start_ms(os.getpid())
        return start if start is not None and 0 < heard_ms - start < _SERVER_START_MS_MAX else None

    def _phases(self):
        """Time outside tasks, between moments that were heard: exact, by the clock of the server."""
        def moment(name, which):
            return self._moments[name][which] if name in self._moments else None
        parse_from = _first(moment('CacheLoadStarted', 0), moment('ParseStarted', 0))
        detail = None
        if self._parsed is not None:
            cached, parsed, skipped, errors = self._parsed
            detail = '{:,} file{}: {:,} cached, {:,} parsed'.format(cached + parsed, '' if cached + parsed == 1 else 's', cached, parsed)
            detail += ', {:,} recipe{} skipped'.format(skipped, '' if skipped == 1 else 's') if skipped else ''
            detail += ', {:,} error{}'.format(errors, '' if errors == 1 else 's') if errors else ''
        started = moment('BuildStarted', 0)
        # Targets are resolved with the same event, before the build has started: the graph's own comes after.
        prepare = _first(moment('TreeDataPreparationStarted', 0), moment('DepTreeGenerated', 0))
        prepare = started if None not in (prepare, started) and prepare < started else prepare
        graph = moment('DepTreeGenerated', 1)
        checked = moment('sstate', 1)
        # As in src/formats/eventlog/assemble.ts, where the same words stand for estimates.
        spans = (
            ('server-start', 'Server start', self._server_start(parse_from), parse_from, None),
            ('parsing', 'Parsing', parse_from, _first(moment('ParseCompleted', 1), moment('CacheLoadCompleted', 1)), detail),
            ('resolve', 'Resolving targets', self.started_ms, started, None),
            ('sanity', 'Sanity checks', moment('SanityCheck', 0), moment('SanityCheckPassed', 1), None),
            ('start-handlers', 'Build start handlers', started, prepare, None),
            ('task-graph', 'Task graph', prepare, graph, None),
            ('sstate-check', 'Sstate check', graph, checked, None),
            ('worker-start', 'Worker start', _first(checked, graph), moment('started-task', 0), None),
            ('final-handlers', 'Build end handlers', _first(moment('last-task', 1), checked, graph) if moment('BuildCompleted', 0) is not None else None,
             self._over_ms, None),
        )
        for name, label, start, end, about in spans:
            if start is not None and end is not None and end > start:
                yield {'type': 'phase', 'id': name, 'label': label, 'startMs': start, 'endMs': end, 'estimated': False,
                       'detail': about}


def failure_key(mc, pf, task):
    """
    Name of a task's failure within its build, as the server makes it (src/store/facts.ts of Bakehouse, failureKeys): the address of its page is
    /f/<short id of the build>.<key>, before anything was sent. The first failure of a task has it bare; of what failed outside tasks it is made of
    words that only the server settles.
    """
    return hashlib.sha256('\n'.join((mc, pf, task)).encode('utf-8')).hexdigest()[:6]


def _first(*values):
    return next((value for value in values if value is not None), None)


def _other(unihash, taskhash):
    return unihash if unihash and taskhash and unihash != taskhash else None


def _split_mc(name):
    """'mc:x:rest' -> ('x', 'rest'); anything else is of the default one."""
    if name.startswith('mc:'):
        parts = name.split(':', 2)
        if len(parts) == 3:
            return parts[1], parts[2]
    return '', name


def _no_mc(file):
    return _split_mc(file)[1]


def _plain_file(file):
    return file.rpartition(':')[2] if file.startswith(('virtual:', 'mc:')) else file


def _target_pn(target):
    return _split_mc(target)[1].split(':')[0]


def _graph_blob(tdepends):
    """The task graph as docs/formats/record.md has it, the same bytes for the same graph."""
    nodes = {}
    for task, needs in tdepends.items():
        nodes.setdefault(task, None)
        for need in needs:
            nodes.setdefault(need, None)
    split = []
    for node in nodes:
        mc, rest = _split_mc(node)
        pn, _, task = rest.rpartition('.')
        split.append((mc, pn, task, node))
    split.sort()
    recipes = sorted(set((mc, pn) for mc, pn, _, _ in split))
    tasks = sorted(set(task for _, _, task, _ in split))
    recipe_of = dict((recipe, i) for i, recipe in enumerate(recipes))
    task_of = dict((task, i) for i, task in enumerate(tasks))
    flat = []
    for place, (mc, pn, task, node) in enumerate(split):
        nodes[node] = place
        flat.append(recipe_of[(mc, pn)])
        flat.append(task_of[task])
    needs = [sorted(set(nodes[need] for need in tdepends.get(node, ()))) for _, _, _, node in split]
    return json.dumps({'format': 1, 'recipes': [list(recipe) for recipe in recipes], 'tasks': tasks, 'nodes': flat,
                       'needs': needs}, separators=(',', ':')).encode('utf-8')
