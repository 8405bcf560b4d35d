"""
What the class does in BitBake's server for a build of 10,000 tasks, without BitBake: CPU of the listener in the scheduler's thread, and how long the end of
the command takes. Tasks come as fast as the writer's thread takes them.

    python3 bench/class_cost.py TASKFILE      a task's file of a buildstats folder, which stands for all
"""
import os
import re
import shutil
import sys
import time

LAYER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'meta-bakehouse')
sys.path[:0] = [os.path.join(LAYER, 'tests'), os.path.join(LAYER, 'lib')]
import test_hooks  # noqa: E402

RECIPES = 625
TASKS = ('fetch', 'unpack', 'patch', 'configure', 'compile', 'install', 'package', 'packagedata', 'package_qa', 'package_write_rpm',
         'populate_sysroot', 'populate_lic', 'deploy_source_date_epoch', 'rm_work', 'build', 'recipe_qa')
WAITING_MAX = 32


def main(path):
    with open(path) as handle:
        text = handle.read()
    started, ended = (float(re.search(key + r': (\S+)', text).group(1)) for key in ('Started', 'Ended'))
    build = test_hooks.Building('test_a_build_is_recorded')
    build.setUp()
    event = test_hooks.event
    names, needs = {}, {}
    for r in range(RECIPES):
        pn = 'recipe-%d' % r
        names[pn] = {'filename': '/layers/meta/%s_1.0.bb' % pn, 'version': ':1.0-r0', 'inherits': []}
        folder = os.path.join(os.path.dirname(build.stats), pn + '-1.0-r0')
        os.makedirs(folder)
        for i, task in enumerate(TASKS):
            needs['%s.do_%s' % (pn, task)] = ['%s.do_%s' % (pn, TASKS[i - 1])] if i else []
            with open(os.path.join(folder, 'do_' + task), 'w') as handle:
                handle.write(text)
    fire = lambda made: build.bb.fire(made, build.d)
    fire(event('BuildInit', getPkgs=lambda: ['all:do_build']))
    fire(event('BuildStarted', getPkgs=lambda: ['all:do_build']))
    fire(event('DepTreeGenerated', _depgraph={'pn': names, 'tdepends': needs}))
    ear = build.bb.event._bakehouse_ear
    recorder = build.bb.event._bakehouse_state['recorder']
    cpu = count = 0
    began = time.time()
    for pn in names:
        file = names[pn]['filename']
        for task in TASKS:
            name = 'do_' + task
            about = dict(taskid='%s:%s' % (file, name), taskname=name, taskfile=file, taskhash='0123456789abcdef' * 4, noexec=False)
            own = dict(_task=name, _package=pn + '-1.0-r0', taskfile=file, _fn=file, _mc='default', pn=pn, pv='1.0', logfile='/log', pid=count)
            made = (event('runQueueTaskStarted', **about), event('TaskStarted', time=started, **own),
                    event('TaskSucceeded', time=ended, **own), event('runQueueTaskCompleted', **about))
            before = time.thread_time()
            for one in made:
                ear.send(one)
            cpu += time.thread_time() - before
            count += 1
            while len(ear.queue) > WAITING_MAX:
                time.sleep(0.001)
    print('%d tasks: %.4f ms CPU a task in the scheduler\'s thread; the writer took %.1f s' % (count, cpu / count * 1000, time.time() - began))
    fire(event('BuildCompleted', _interrupted=0, _failures=0))
    before = time.time()
    fire(event('CommandCompleted'))
    print('end of the command: %.3f s' % (time.time() - before))
    while recorder.is_alive():
        time.sleep(0.001)
    print('end of the record: %.3f s, %d bytes' % (time.time() - before, os.path.getsize(os.path.join(recorder.record.folder, 'record.jsonl'))))
    shutil.rmtree(build.folder)


main(sys.argv[1])
