"""Modules without BitBake: columns, scrubbing, buildstats files, causes, history."""
import ast
import base64
import json
import os
import re
import shutil
import struct
import sys
import tempfile
import unittest
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
LAYER = os.path.dirname(HERE)
PROJECT = os.path.dirname(LAYER)
sys.path[:0] = [os.path.join(LAYER, 'lib'), HERE]

from bakehouse import cause, columns, history, hooks, scrub, sizes, stats  # noqa: E402
from bakehouse.recorder import Facts  # noqa: E402
from push_program import push  # noqa: E402


def unpacked(line):
    """{id: values} of a line's columns, by the words of docs/formats/record.md and not by our own code."""
    rows = line['rows']
    data = zlib.decompress(base64.b64decode(line['data']))
    at = 0
    found = {}
    for head in line['columns']:
        if head.get('type') == 'float64':
            plain = bytes(data[at + i * rows + r] for r in range(rows) for i in range(8))
            found[head['id']] = [None if v != v else v for v in struct.unpack('<%dd' % rows, plain)]
            at += 8 * rows
            continue
        if head.get('type') == 'hex64':
            found[head['id']] = [bytes(data[at + i * rows + r] for i in range(8)).hex() for r in range(rows)]
            at += 8 * rows
            continue
        present = [True] * rows
        if head.get('missing'):
            present = [bool(data[at + (r >> 3)] & 1 << (r & 7)) for r in range(rows)]
            at += (rows + 7) // 8
        width = head['width']
        integers = [sum(data[at + i * rows + r] << 8 * i for i in range(width)) for r in range(rows)]
        at += width * rows
        low = head.get('min', 0)
        power = 10 ** head.get('scale', 0)
        values = []
        if head.get('delta'):
            sum_ = low
            for n in integers:
                sum_ += n // 2 if n % 2 == 0 else -(n + 1) // 2
                values.append(sum_)
        else:
            values = [n + low for n in integers]
        found[head['id']] = [v / power if power > 1 else v for v in values]
        found[head['id']] = [v if there else None for v, there in zip(found[head['id']], present)]
    assert at == len(data)
    return found


class Columns(unittest.TestCase):
    def line(self, *made):
        heads, data = columns.packed(made)
        return {'columns': heads, 'data': data}

    def test_numbers_come_back(self):
        cases = [
            [1, 2, 3], [0, 0, 0], [5, None, 70000], [None, 1], [-3, 4, None, -3], [2 ** 40, 2 ** 40 + 1],
            [0.07, 0.1, 12.25], [1.5, None, 2], [1e-300, 2.0], [2 ** 60, 1], [float('inf'), 1.0], [0.1 + 0.2, 1.0],
            [1795790276626, 1795790276600, None, 1795790299999],
        ]
        for values in cases:
            for delta in (False, True):
                column = columns.number_column('x', values, delta)
                got = unpacked(dict(self.line(column), rows=len(values)))['x']
                self.assertEqual(len(got), len(values))
                for want, have in zip(values, got):
                    if want is None:
                        self.assertIsNone(have)
                    else:
                        self.assertAlmostEqual(want, have, places=9) if abs(want) < 1e9 else self.assertEqual(want, have)

    def test_nothing_recorded_is_no_column(self):
        self.assertIsNone(columns.number_column('x', [None, None]))
        self.assertIsNone(columns.hash_column('x', ['', None]))

    def test_hashes_are_cut_to_64_bits(self):
        column = columns.hash_column('@hash', ['0123456789abcdef' * 4, '', 'no hash'])
        got = unpacked(dict(self.line(column), rows=3))['@hash']
        self.assertEqual(got, ['0123456789abcdef', '0' * 16, '0' * 16])


class Scrubbing(unittest.TestCase):
    def test_the_table_that_both_languages_are_held_to(self):
        with open(os.path.join(PROJECT, 'fixtures', 'record', 'scrub.json')) as handle:
            table = json.load(handle)
        self.assertEqual(table['version'], scrub.VERSION)
        for case in table['cases']:
            given = case['context']
            made = scrub.Scrubber(
                given.get('topdir'), [given['tmpdir']] if given.get('tmpdir') else [], given.get('home'),
                given.get('hostName'), given.get('fullHostName'), given.get('userName'))
            self.assertEqual(made.text(case['text']), case['scrubbed'], case['what'])

    def test_bytes_that_are_no_text_stay(self):
        self.assertEqual(scrub.Scrubber('/srv/b').log(b'\xff\x00 /srv/b/x \xfe'), b'\xff\x00 TOPDIR/x \xfe')


class Buildstats(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, 'w') as handle:
            handle.write(text)
        return path

    def test_a_task_file(self):
        path = self.write('do_compile', 'Event: TaskStarted \nStarted: 1.00 \nEvent: TaskStarted \nStarted: 1795222723.01 \n'
                          'a-1-r0: do_compile\nElapsed time: 4.00 seconds\nutime: 5\nIO rchar: 12\nrusage ru_utime: 0.25\n'
                          'Child rusage ru_maxrss: 7\nwalltime: 9\nStatus: FAILED \nEnded: 1795222727.00 \n')
        self.assertEqual(stats.read_task_file(path), {
            'start': 1795222723010, 'end': 1795222727000, 'failed': True,
            'metrics': {'utime': 5, 'io.rchar': 12, 'rusage.ru_utime': 0.25, 'child_rusage.ru_maxrss': 7, 'file.walltime': 9}})
        self.assertIsNone(stats.read_task_file(os.path.join(self.folder, 'none')))
        self.assertIsNone(stats.read_task_file(self.write('empty', '')))

    def test_samples_are_read_on_from_where_they_were_left(self):
        path = self.write('reduced_proc_net.log', '10\neth0: 5 6 7.5\n\n11\neth0: 8 9 1.25\n\n12\neth')
        sample = stats.SampleFile(self.folder, 'reduced_proc_net.log')
        self.assertEqual(list(sample.read()), [(['#', 'eth0: # # #'], [[10, 5, 6, 7.5], [11, 8, 9, 1.25]])])
        with open(path, 'a') as handle:
            handle.write('0: 1 2 3\nlo: 4 5 6\n')
        self.assertEqual(list(sample.read()), [])
        self.assertEqual(list(sample.read(True)), [(['#', 'eth0: # # #', 'lo: # # #'], [[12, 1, 2, 3, 4, 5, 6]])])


class Causes(unittest.TestCase):
    def test_the_line_that_a_person_would_choose(self):
        log = ('NOTE: make\ngcc -c main.c\nmain.c:12:5: error: undeclared\nmake: *** [main.o] Error 1\n'
               'ERROR: oe_runmake failed\nWARNING: exit code 1 from a shell command.\n')
        self.assertEqual(cause.find_cause(log), 'main.c:12:5: error: undeclared')
        self.assertEqual(cause.find_cause('ERROR: Error executing a python function\nException: ValueError: no\n'),
                         'Exception: ValueError: no')
        self.assertIsNone(cause.find_cause('all went well\n'))


class Past(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def test_usual_is_the_median_of_succeeded_builds_like_it(self):
        past = history.History(self.folder)
        for ms, outcome, configuration in ((100, 'succeeded', 'a'), (900, 'failed', 'a'), (300, 'succeeded', 'a'),
                                           (5, 'succeeded', 'b')):
            past.add({'configuration': configuration, 'durationMs': ms, 'outcome': outcome})
        self.assertEqual(past.usual('a'), (None, 2))
        past.add({'configuration': 'a', 'durationMs': 200, 'outcome': 'succeeded'})
        self.assertEqual(past.usual('a'), (200, 3))
        with open(os.path.join(self.folder, 'history.jsonl'), 'a') as handle:
            handle.write('{"torn')
        self.assertEqual(history.History(self.folder).usual('a'), (200, 3))

    def test_the_lines(self):
        told = {'durationMs': 3720000, 'outcome': 'succeeded', 'executed': 1212, 'fromSstate': 5, 'failure': None, 'failures': 0}
        self.assertEqual(history.closing_lines(told, 2700000, 20, 'https://x/b/1'), [
            'Bakehouse: 1 h 02 min, +38 % against the usual of 20 builds: 1,212 tasks run, 5 from sstate',
            'Bakehouse: https://x/b/1'])
        told.update(outcome='failed', failure='gcc:do_compile: error: no', failures=2, durationMs=59400, fromSstate=0)
        self.assertEqual(history.closing_lines(told, 2700000, 20, None), [
            'Bakehouse: 59 s, failed: 1,212 tasks run', 'Bakehouse: gcc:do_compile: error: no (and 1 more failure)'])
        self.assertEqual(history.closing_lines(told, 2700000, 20, 'https://x/b/1', 'https://x/f/1.abcdef')[-2:], [
            'Bakehouse: https://x/b/1', 'Bakehouse: why: https://x/f/1.abcdef'])
        self.assertEqual(len(history.closing_lines(dict(told, failures=0, failure=None), 0, 0, 'https://x/b/1', 'https://x/f/1.abcdef')), 2)


class Together(unittest.TestCase):
    def test_every_file_is_python_3_5(self):
        for folder in ('lib/bakehouse', 'bin', 'tests'):
            for name in os.listdir(os.path.join(LAYER, folder)) if os.path.isdir(os.path.join(LAYER, folder)) else ():
                path = os.path.join(LAYER, folder, name)
                if os.path.isfile(path) and (name.endswith('.py') or folder == 'bin'):
                    with open(path, encoding='utf-8') as handle:
                        source = handle.read()
                    ast.parse(source, path, **({'feature_version': (3, 5)} if sys.version_info >= (3, 8) else {}))

    def test_every_setting_is_in_the_docs(self):
        with open(os.path.join(LAYER, 'classes', 'bakehouse.bbclass'), encoding='utf-8') as handle:
            settings = re.findall(r'^(BAKEHOUSE_\w+) \?=', handle.read(), re.M)
        with open(os.path.join(PROJECT, 'docs', 'client.md'), encoding='utf-8') as handle:
            told = handle.read()
        self.assertGreater(len(settings), 9)
        self.assertEqual([name for name in settings if '`%s`' % name not in told], [])

    def test_the_variables_kept_are_those_of_the_event_log_reader(self):
        with open(os.path.join(PROJECT, 'src', 'formats', 'eventlog', 'variables.ts'), encoding='utf-8') as handle:
            text = handle.read()
        listed = re.search(r'KEPT_VARIABLES[^=]*= \[(.*?)\];', text, re.S).group(1)
        self.assertEqual(sorted(re.findall(r"'(\w+)'", listed)), sorted(hooks.VARIABLES))

    def test_sizes_of_what_this_build_made(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder, True)
        facts = Facts()
        for mc, machine in (('', 'qemux86-64'), ('arm', 'qemuarm64')):
            facts.tmpdirs[mc], facts.machines[mc] = os.path.join(folder, 'tmp' + mc), machine
            runtime = os.path.join(facts.tmpdirs[mc], 'pkgdata', machine, 'runtime')
            os.makedirs(runtime)
            for pn, size in (('zlib', 70), ('other', 9)):
                with open(os.path.join(runtime, pn), 'w') as handle:
                    # With an underscore before honister.
                    handle.write('PN: %s\nPV: 1.3\nPR: r0\nFILES_INFO%s%s: {"/usr/lib/a": %d}\nPKGSIZE:%s: %d' % (pn, ':_'[mc == ''], pn, size, pn, size))
                open(os.path.join(runtime, pn + '.packaged'), 'w').close()
        rootfs = os.path.join(facts.tmpdirs[''], 'work', 'qemux86_64-oe-linux', 'core-image', '1.0', 'rootfs')
        os.makedirs(rootfs)
        with open(os.path.join(rootfs, 'a'), 'w') as handle:
            handle.write('12345')
        os.link(os.path.join(rootfs, 'a'), os.path.join(rootfs, 'b'))
        blobs = []
        kept = lambda data: blobs.append(data) or 'blob'
        made = list(sizes.lines(facts, ('packages', 'images', 'scratch'), {('', 'zlib-1.3-r0'): 4}, {('', 'zlib'), ('arm', 'zlib')}, ['core-image:do_build'], kept))
        self.assertEqual([(line['kind'], line['mc'], line['name'], line['recipe'], line['pf'], line['files']) for line in made], [
            ('package', '', 'zlib', 4, None, 1), ('package', 'arm', 'zlib', None, 'zlib-1.3-r0', 1), ('image', '', 'core-image', None, None, 1),
            ('scratch', '', 'tmp', None, None, 5), ('scratch', 'arm', 'tmp-arm', None, None, 4)])
        self.assertEqual([made[0]['bytes'], made[2]['bytes'], made[0]['fileList'], set(blobs)], [70, 5, 'blob', {b'{"/usr/lib/a":70}'}])

    def test_the_kinds_are_those_of_both_clients(self):
        with open(os.path.join(PROJECT, 'src', 'formats', 'record', 'kinds.ts'), encoding='utf-8') as handle:
            text = handle.read()
        listed = re.search(r'RECORD_KINDS = \[(.*?)\]', text, re.S).group(1)
        self.assertEqual(tuple(re.findall(r"'([\w-]+)'", listed)), ('times',) + hooks.ALL_KINDS)
        self.assertEqual(push.KINDS, ('times',) + hooks.ALL_KINDS)
        sent = re.search(r'DEFAULT_KINDS[^=]*= \[(.*?)\]', text, re.S).group(1)
        self.assertEqual(tuple(re.findall(r"'([\w-]+)'", sent)), push.DEFAULT_KINDS)
        # All that is on is recorded, whatever is sent of it.
        self.assertEqual(set(push.DEFAULT_KINDS) - {'times'} | {'all-counters'}, hooks._kinds(''))
        noisy = text[text.index('NOISY_COUNTERS'):]
        plain = set(re.findall(r"'(io\.\w+)'", noisy))
        names = re.findall(r"'([a-z]+)'", noisy)
        self.assertEqual(plain | set(group + '.ru_' + name for group in ('rusage', 'child_rusage') for name in names), stats.NOISY)
        self.assertEqual(stats.NOISY, push.NOISY)


if __name__ == '__main__':
    unittest.main()
