"""The class's hooks with a BitBake of our own: events as BitBake's objects have them, handlers registered where it keeps them."""
import json
import logging
import os
import shutil
import sys
import tempfile
import time
import types
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_modules import unpacked  # noqa: E402

from bakehouse import hooks  # noqa: E402
from bakehouse.record import short_id  # noqa: E402


def event(name, **about):
    made = type(name, (object,), {})()
    made.__dict__.update(about)
    return made


class Data(object):
    def __init__(self, values):
        self.values = values

    def getVar(self, name, expand=True):
        return self.values.get(name)


class BitBake(object):
    """`bb` as far as the hooks use it."""

    def __init__(self):
        self.event = types.SimpleNamespace(_ui_handlers={}, masks={})
        self.event.register_UIHhandler = self._register
        self.event.set_UIHmask = lambda number, level, domains, mask: self.event.masks.__setitem__(number, mask)
        self.said = []
        self.warned = []

    def _register(self, handler):
        number = len(self.event._ui_handlers) + 1
        self.event._ui_handlers[number] = handler
        return number

    def plain(self, text):
        self.said.append(text)

    def warn(self, text):
        self.warned.append(text)

    def fire(self, made, d):
        """As bb.event.fire: class handlers first, then those of user interfaces; one that raises is thrown out."""
        if not isinstance(made, logging.LogRecord) and type(made).__name__ in (
                'CacheLoadStarted', 'ParseStarted', 'BuildInit', 'BuildStarted', 'BuildCompleted', 'CommandCompleted', 'CommandFailed',
                'CommandExit', 'CookerExit'):
            hooks.handle(made, d, self)
        for handler in self.event._ui_handlers.values():
            handler.event.send(made)


class Building(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.bb = BitBake()
        stats = os.path.join(self.folder, 'tmp', 'buildstats', '20261127100000', 'zlib-1.3-r0')
        os.makedirs(stats)
        self.stats = stats
        self.d = Data({
            'TOPDIR': self.folder, 'TMPDIR': os.path.join(self.folder, 'tmp'), 'BUILDNAME': '20261127100000',
            'BUILDSTATS_BASE': os.path.join(self.folder, 'tmp', 'buildstats'), 'MACHINE': 'qemux86-64', 'DISTRO': 'poky',
            'BB_VERSION': '2.8.0', 'BB_DEFAULT_TASK': 'build', 'BAKEHOUSE_SERVER': 'https://builds.example.org/',
            'BAKEHOUSE_PUSH': 'no', 'BBLAYERS': '/layers/meta',
        })

    def build(self, fail=False, until=None):
        fire = lambda made: self.bb.fire(made, self.d)
        fire(event('BuildInit', getPkgs=lambda: ['zlib:do_build']))
        fire(event('BuildStarted', getPkgs=lambda: ['zlib:do_build']))
        fire(event('DepTreeGenerated', _depgraph={
            'pn': {'zlib': {'filename': '/layers/meta/zlib_1.3.bb', 'version': ':1.3-r0', 'inherits': ['/c/image.bbclass']}},
            'tdepends': {'zlib.do_compile': ['zlib.do_fetch']}}))
        for task in ('do_fetch', 'do_compile'):
            about = dict(taskid='/layers/meta/zlib_1.3.bb:' + task, taskname=task, taskfile='/layers/meta/zlib_1.3.bb',
                         taskhash='0123456789abcdef' * 4, noexec=False)
            fire(event('runQueueTaskStarted', **about))
            log = os.path.join(self.folder, 'log.' + task)
            with open(log, 'w') as handle:
                handle.write('gcc in %s\nzlib.c:1: error: no\n' % self.folder)
            with open(os.path.join(self.stats, task), 'w') as handle:
                handle.write('Event: TaskStarted \nStarted: 1795222723.00 \nIO read_bytes: 7\nEnded: 1795222724.50 \n')
            own = dict(_task=task, _package='zlib-1.3-r0', taskfile='/layers/meta/zlib_1.3.bb', _fn='/layers/meta/zlib_1.3.bb',
                       _mc='default', pn='zlib', pv='1.3', logfile=log, pid=42)
            fire(event('TaskStarted', time=1795222723.0, **own))
            failed = fail and task == 'do_compile'
            if until == task:
                return
            fire(event('TaskFailed' if failed else 'TaskSucceeded', time=1795222724.5, **own))
            fire(event('runQueueTaskFailed' if failed else 'runQueueTaskCompleted', **about))
        record = logging.LogRecord('BitBake.Main', 21, 'x', 1, 'Sstate summary: Wanted 3 Local 1 Mirrors 1 Missed 1 Current 0 (66% match, 66% complete)', (), None)
        fire(record)
        fire(event('BuildCompleted', _interrupted=0, _failures=int(fail)))
        fire(event('CommandFailed', error='') if fail else event('CommandCompleted'))

    def lines(self):
        parent = os.path.join(self.folder, 'bakehouse')
        # The newest: two builds of one BUILDNAME differ in their names by chance alone.
        paths = [os.path.join(parent, name, 'record.jsonl') for name in os.listdir(parent) if name != 'history.jsonl']
        with open(max(paths, key=os.path.getmtime)) as handle:
            return [json.loads(line) for line in handle]

    def of(self, kind):
        return [line for line in self.lines() if line['type'] == kind]

    def facts(self):
        merged = {}
        for line in self.of('build'):
            merged.update(line)
        return merged

    def test_a_build_is_recorded(self):
        self.build()
        lines = self.lines()
        self.assertEqual((lines[0]['type'], lines[0]['format'], lines[-1]['type']), ('record', 1, 'end'))
        self.assertEqual({key: self.facts()[key] for key in ('name', 'targets', 'machine', 'outcome', 'images')}, {
            'name': '20261127100000', 'targets': ['zlib'], 'machine': 'qemux86-64', 'outcome': 'succeeded', 'images': ['zlib']})
        self.assertEqual(self.facts()['buildType']['sstate'],
                         {'wanted': 3, 'found': 2, 'local': 1, 'mirrors': 1, 'missed': 1, 'current': 0})
        tasks = [unpacked(line) for line in self.of('tasks')]
        rows = sum(line['rows'] for line in self.of('tasks'))
        self.assertEqual(rows, 2)
        self.assertEqual(tasks[0]['io.read_bytes'], [7, 7])
        self.assertEqual(tasks[0]['@end'], [1795222724500] * 2)
        self.assertEqual(tasks[0]['@hash'], ['0123456789abcdef'] * 2)
        self.assertLess(abs(tasks[0]['@queued'][0] - time.time() * 1000), 60000)
        self.assertEqual(self.bb.warned, [])
        self.assertEqual(self.bb.said[-1], 'Bakehouse: https://builds.example.org/b/' + short_id(lines[0]['id']))
        self.assertRegex(self.bb.said[0], r'^Bakehouse: \d+ s, no usual yet \(0 of 3 builds like it\): 2 tasks run$')

    def test_a_failure_has_its_scrubbed_log_and_a_cause(self):
        self.build(fail=True)
        self.assertEqual(self.facts()['outcome'], 'failed')
        self.assertEqual(self.of('failure')[0]['cause'], 'zlib.c:1: error: no')
        log = self.of('log')[0]
        import gzip
        parent = os.path.join(self.folder, 'bakehouse')
        folder = [name for name in os.listdir(parent) if name != 'history.jsonl'][0]
        with gzip.open(os.path.join(parent, folder, 'blobs', log['blob'])) as handle:
            self.assertEqual(handle.read(), b'gcc in TOPDIR\nzlib.c:1: error: no\n')
        self.assertEqual(os.stat(os.path.join(parent, folder, 'secret')).st_mode & 0o777, 0o600)
        short = short_id(self.lines()[0]['id'])
        # The key is the one of src/store/facts.test.ts.
        self.assertEqual(self.bb.said[1:], [
            'Bakehouse: zlib:do_compile: zlib.c:1: error: no',
            'Bakehouse: https://builds.example.org/b/' + short,
            'Bakehouse: why: https://builds.example.org/f/%s.c2f1aa' % short])

    def test_a_resident_server_records_build_after_build(self):
        self.build()
        self.d.values['BUILDNAME'] = '20261127110000'
        self.build(fail=True)
        self.assertEqual(len([n for n in os.listdir(os.path.join(self.folder, 'bakehouse')) if n != 'history.jsonl']), 2)
        self.assertEqual(len(self.bb.event._ui_handlers), 1)
        self.assertEqual(self.facts()['outcome'], 'failed')

    def test_a_build_that_never_started(self):
        self.bb.fire(event('BuildInit', getPkgs=lambda: ['nope:do_build']), self.d)
        no_provider = type('NoProvider', (object,), {'__str__': lambda self: "Nothing PROVIDES 'nope'"})()
        self.bb.fire(no_provider, self.d)
        self.bb.fire(event('CommandFailed', error='no provider'), self.d)
        self.assertEqual(self.facts()['outcome'], 'never-started')
        self.assertEqual(self.of('failure')[0]['cause'], "Nothing PROVIDES 'nope'")
        self.assertIn("Bakehouse: Nothing PROVIDES 'nope'", self.bb.said)

    def log(self, level, text):
        self.bb.fire(logging.LogRecord('BitBake.Parsing', level, 'x', 1, text, (), None), self.d)

    def test_recipes_that_cannot_be_parsed_are_a_build_that_never_started(self):
        self.d.values['BB_CMDLINE'] = ['/src/bitbake/bin/bitbake', '-k', '-R', 'post.conf', 'zlib', 'mc:arm:zlib']
        self.bb.fire(event('CacheLoadStarted'), self.d)
        self.bb.fire(event('ParseStarted'), self.d)
        self.log(logging.ERROR, 'ParseError at /layers/meta/zlib_1.3.bb:2: unparsed line')
        self.bb.fire(event('ParseError', _msg='Parsing halted due to errors'), self.d)
        self.bb.fire(event('CommandFailed', error=''), self.d)
        self.assertEqual((self.facts()['outcome'], self.facts()['targets']), ('never-started', ['zlib', 'mc:arm:zlib']))
        self.assertEqual([line['cause'] for line in self.of('failure')], ['ParseError at /layers/meta/zlib_1.3.bb:2: unparsed line'])
        self.assertEqual(self.of('message')[0]['level'], 'error')
        self.assertEqual(self.bb.said[1], 'Bakehouse: ParseError at /layers/meta/zlib_1.3.bb:2: unparsed line')

    def test_a_repository_that_answers_slowly_is_not_in_the_way_of_the_lines_on_the_console(self):
        from bakehouse import host
        real = host.layers
        self.addCleanup(setattr, host, 'layers', real)
        host.layers = lambda paths, seconds: time.sleep(3)
        self.d.values['BB_CMDLINE'] = ['bitbake', 'zlib']
        self.bb.fire(event('ParseStarted'), self.d)
        self.log(logging.ERROR, 'ParseError at zlib')
        began = time.time()
        self.bb.fire(event('CommandFailed', error=''), self.d)
        self.assertLess(time.time() - began, 2)
        self.assertEqual((self.bb.said[1], self.facts()['outcome']), ('Bakehouse: ParseError at zlib', 'never-started'))

    def test_what_is_no_build_is_not_recorded(self):
        for words in (['bitbake', '-p'], ['bitbake', '-e', 'zlib'], ['bitbake', '--parse-only', 'zlib'], ['bitbake', '-gu', 'x', 'zlib'],
                      [], None, ['/src/bitbake/bin/bitbake-layers', 'show-recipes']):
            self.d.values['BB_CMDLINE'] = words
            self.bb.fire(event('ParseStarted'), self.d)
            self.log(logging.ERROR, 'broken')
            self.bb.fire(event('CommandFailed', error=''), self.d)
        self.d.values['BB_CMDLINE'] = ['bitbake', 'zlib']
        self.bb.fire(event('ParseStarted'), self.d)
        self.bb.fire(event('CommandCompleted'), self.d)
        self.assertFalse(os.path.exists(os.path.join(self.folder, 'bakehouse')))
        self.assertIsNone(self.bb.event._bakehouse_ear.queue)

    def test_parsing_before_the_build_is_a_phase_of_it(self):
        self.bb.fire(event('CacheLoadStarted'), self.d)
        self.bb.fire(event('CacheLoadCompleted'), self.d)
        self.bb.fire(event('ParseStarted'), self.d)
        time.sleep(0.02)
        self.bb.fire(event('ParseCompleted', cached=3, parsed=1200, skipped=1, errors=0), self.d)
        self.log(logging.WARNING, 'a layer is odd')
        self.build()
        parsing = [line for line in self.of('phase') if line['id'] == 'parsing'][0]
        self.assertEqual(parsing['detail'], '1,203 files: 3 cached, 1,200 parsed, 1 recipe skipped')
        self.assertGreaterEqual(parsing['endMs'] - parsing['startMs'], 20)
        self.assertFalse(parsing['estimated'])
        self.assertEqual(self.of('message')[0]['text'], 'a layer is odd')

    def test_a_server_that_ends_with_a_build_open_was_stopped(self):
        self.build(until='do_compile')
        self.bb.fire(event('CookerExit'), self.d)
        self.assertEqual(self.facts()['outcome'], 'interrupted')
        self.assertEqual(self.lines()[-1]['type'], 'end')

    def test_a_command_that_failed_before_its_tasks_were_over_is_a_failed_build(self):
        self.build(until='do_compile')
        self.bb.fire(event('CommandFailed', error='Traceback: a runqueue that fell over'), self.d)
        self.assertEqual(self.facts()['outcome'], 'failed')

    def test_a_build_that_never_said_that_it_was_over_has_no_end(self):
        self.build(until='do_compile')
        self.d.values['BUILDNAME'] = '20261127110000'
        self.build()
        parent = os.path.join(self.folder, 'bakehouse')
        first = sorted(name for name in os.listdir(parent) if name != 'history.jsonl')[0]
        with open(os.path.join(parent, first, 'record.jsonl')) as handle:
            lines = [json.loads(line) for line in handle]
        self.assertFalse([line for line in lines if line['type'] == 'end' or 'outcome' in line])
        self.assertEqual(self.lines()[-1]['type'], 'end')

    def test_a_history_that_cannot_be_written_costs_no_record(self):
        os.makedirs(os.path.join(self.folder, 'bakehouse', 'history.jsonl'))
        self.build()
        self.assertEqual((self.lines()[-1]['type'], self.bb.warned), ('end', []))

    def test_a_build_name_is_no_path(self):
        self.d.values['BUILDNAME'] = '../../etc/x'
        self.build()
        parent = os.path.join(self.folder, 'bakehouse')
        self.assertTrue(any(name.startswith('_.._etc_x-') for name in os.listdir(parent)), os.listdir(parent))

    def tool(self, seconds=0):
        """A push-build-results of our own: what it was called with is the first line of push.log."""
        tool = os.path.join(self.folder, 'tool')
        with open(tool, 'w') as handle:
            handle.write('import json, os, sys, time\nprint(json.dumps([sys.argv[1:], sorted(os.listdir("/proc/self/fd")), os.environ.get("BAKEHOUSE_TOKEN")]), flush=True)\ntime.sleep(%d)\n' % seconds)
        self.d.values['BAKEHOUSE_TOOL'] = tool

    def told(self):
        parent = os.path.join(self.folder, 'bakehouse')
        folder = os.path.join(parent, sorted(name for name in os.listdir(parent) if name != 'history.jsonl')[-1])
        until = time.time() + 10
        while time.time() < until:
            try:
                with open(os.path.join(folder, 'push.log')) as handle:
                    lines = handle.read().split('\n')
            except IOError:
                lines = []
            if len(lines) > 1:
                return [json.loads(line) for line in lines[:-1]], folder
            time.sleep(0.02)
        self.fail('nothing was pushed')

    def test_a_build_that_is_over_is_pushed_by_a_process_that_has_nothing_of_ours_open(self):
        self.tool()
        self.d.values.update(BAKEHOUSE_PUSH='end', BAKEHOUSE_VISIBILITY='unlisted', BAKEHOUSE_SEND='-samples', BAKEHOUSE_KEEP='50 30d nonsense',
                             BB_ORIGENV=Data({'BAKEHOUSE_TOKEN': 'secret'}))
        self.build()
        calls, folder = self.told()
        self.assertEqual(calls[0][0], ['--quiet', '--server', 'https://builds.example.org/', '--visibility', 'unlisted', '--send', '-samples',
                                       '--keep', '50 30d', folder])
        # 0, 1, 2, and the one that the list is read with.
        self.assertEqual((len(calls[0][1]), calls[0][2]), (4, 'secret'))
        with open(os.path.join(folder, 'record.jsonl')) as handle:
            self.assertNotIn('"secret"', handle.read())

    def test_the_job_of_a_farm_is_told_and_what_is_named_wins(self):
        environment = {'GITLAB_CI': 'true', 'CI_JOB_URL': 'https://git.example/acme/distro/-/jobs/9', 'CI_JOB_NAME': 'image',
                       'CI_PROJECT_URL': 'https://git.example/acme/distro', 'CI_PROJECT_PATH': 'acme/distro', 'CI_PIPELINE_SOURCE': 'schedule'}
        self.d.values['BB_ORIGENV'] = Data(environment)
        self.build()
        told = lambda: [self.facts().get(key) for key in ('builder', 'builderId', 'jobId', 'extras')]
        self.assertEqual(told(), ['acme/distro image', 'https://git.example/acme/distro/-/jobs#image',
                                  'https://git.example/acme/distro/-/jobs/9', {'reason': 'schedule'}])
        self.assertEqual(self.bb.warned, [])
        time.sleep(1.1)
        environment.update(BAKEHOUSE_BUILDER='nightly', BAKEHOUSE_JOB='https://ci.example/7', BAKEHOUSE_REASON='release')
        self.build()
        self.assertEqual(told(), ['nightly', None, 'https://ci.example/7', {'reason': 'release'}])

    def test_no_job_is_told_where_none_is_wanted(self):
        self.d.values.update(BAKEHOUSE_CI='0', BB_ORIGENV=Data({'JENKINS_URL': 'https://ci/', 'BUILD_URL': 'https://ci/job/a/1/'}))
        self.build()
        self.assertEqual([self.facts().get(key) for key in ('builder', 'jobId', 'extras')], [None, None, None])

    def test_without_a_server_old_records_go(self):
        self.tool()
        self.d.values.update(BAKEHOUSE_SERVER='', BAKEHOUSE_KEEP='50')
        self.build()
        calls, folder = self.told()
        self.assertEqual(calls[0][0], ['--quiet', '--prune', '--prune-unsent', '--keep', '50', folder])
        self.assertEqual(self.bb.said[-1], 'Bakehouse: recorded in ' + folder)

    def test_a_running_build_is_pushed_by_one_process_that_sees_its_end(self):
        self.tool(60)
        self.d.values['BAKEHOUSE_PUSH'] = 'running 30'
        self.build(until='do_compile')
        pushing = self.bb.event._bakehouse_state['pushing']
        self.addCleanup(pushing.wait)
        self.addCleanup(pushing.kill)
        calls, folder = self.told()
        self.assertEqual(calls[0][0], ['--quiet', '--server', 'https://builds.example.org/', '--every', '30', folder])
        self.assertEqual(os.getsid(pushing.pid), pushing.pid)
        own = self.bb.event._bakehouse_state['recorder']
        own.drain(5)
        own._flush()
        self.assertEqual([task[1] for task in self.of('running')[-1]['tasks']], ['do_compile'])
        self.bb.fire(event('CommandFailed', error='Stopped build'), self.d)
        self.assertEqual(len(self.told()[0]), 1)

    def test_a_folder_that_cannot_be_written_costs_one_warning(self):
        self.d.values['BAKEHOUSE_DIR'] = '/proc/nowhere'
        self.build()
        self.build(fail=True)
        self.assertEqual(len(self.bb.warned), 2)
        self.assertIn('Bakehouse does not record this build', self.bb.warned[0])
        self.assertEqual(self.bb.said, [])

    def test_a_writer_that_dies_costs_one_warning_and_the_build_goes_on(self):
        from bakehouse import recorder
        real = recorder.Record.line
        self.addCleanup(setattr, recorder.Record, 'line', real)

        def full(record, line):
            if line['type'] in ('tasks', 'recipes'):
                raise OSError(28, 'No space left on device')
            real(record, line)
        recorder.Record.line = full
        self.build(fail=True)
        self.assertEqual(len(self.bb.warned), 1)
        self.assertIn('No space left', self.bb.warned[0])

    def test_a_writer_that_blocks_holds_the_build_up_for_a_second_or_so(self):
        from bakehouse import recorder
        real = recorder.Recorder._take
        self.addCleanup(setattr, recorder.Recorder, '_take', real)
        recorder.Recorder._take = lambda self, at, made: time.sleep(20)
        began = time.time()
        self.build()
        self.assertLess(time.time() - began, 3)
        self.assertRegex(self.bb.said[0], ': not all recorded yet$')
        self.assertFalse(os.path.exists(os.path.join(self.folder, 'bakehouse', 'history.jsonl')))

    def test_a_writer_that_is_ended_from_within_costs_one_warning(self):
        from bakehouse import recorder
        real = recorder.Recorder._take
        self.addCleanup(setattr, recorder.Recorder, '_take', real)

        def ends(self, at, made):
            raise SystemExit(3)
        recorder.Recorder._take = ends
        self.build(fail=True)
        self.assertEqual((len(self.bb.warned), self.bb.said), (1, []))
        self.assertIn('SystemExit', self.bb.warned[0])

    def test_an_event_that_is_not_as_it_was_loses_itself_alone(self):
        self.build(until='do_compile')
        self.bb.fire(event('TaskSucceeded', nonsense=True), self.d)
        self.bb.fire(event('BuildCompleted', _interrupted=1), self.d)
        self.bb.fire(event('CommandFailed', error='Stopped build'), self.d)
        self.assertEqual(self.facts()['outcome'], 'interrupted')
        self.assertEqual([line['code'] for line in self.of('problem')], ['event-not-understood'])
        outcomes = [outcome for line in self.of('tasks') for outcome in unpacked(line)['@outcome']]
        self.assertEqual(sorted(outcomes), [0, 5])

    def test_variables_of_other_multiconfigs(self):
        other = Data(dict(self.d.values, BB_CURRENT_MC='arm', MACHINE='qemuarm64', TMPDIR=os.path.join(self.folder, 'tmp-arm')))
        targets = dict(getPkgs=lambda: ['zlib:do_build'])
        self.bb.fire(event('BuildInit', **targets), self.d)
        self.bb.fire(event('BuildStarted', **targets), self.d)
        self.bb.fire(event('BuildStarted', **targets), other)
        for d in (self.d, other):
            self.bb.fire(event('BuildCompleted', _interrupted=0), d)
        self.bb.fire(event('CommandCompleted'), self.d)
        facts = self.facts()
        self.assertEqual((facts['machine'], facts['variables']['MACHINE'], facts['variables']['mc:arm:MACHINE']),
                         ('qemux86-64', 'qemux86-64', 'qemuarm64'))
        # What is the same is not said twice.
        self.assertNotIn('mc:arm:DISTRO', facts['variables'])
        self.assertEqual(facts['variables']['mc:arm:TMPDIR'].rpartition('/')[2], 'tmp-arm')

    def test_what_is_not_wanted_is_not_recorded(self):
        self.d.values['BAKEHOUSE_RECORD'] = '-counters -all-counters -hashes -graph -failure-logs -layers'
        self.build(fail=True)
        columns = set(head['id'] for line in self.of('tasks') for head in line['columns'])
        self.assertFalse(columns & {'io.read_bytes', 'io.rchar', '@hash'})
        self.assertEqual([self.of('graph'), self.of('log')], [[], []])
        self.d.values['BAKEHOUSE_ENABLED'] = '0'
        before = len(self.lines())
        self.build()
        self.assertEqual(len(self.lines()), before)


if __name__ == '__main__':
    unittest.main()
