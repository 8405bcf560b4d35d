"""What is made of a record: columns, scrubbing, thinning, kinds, one form for a build that runs and one for a build that is over."""
import ast
import base64
import json
import os
import random
import shutil
import sys
import tempfile
import unittest
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import big_record
from push_program import FIXTURES, PATH, push

LOCAL = {'topdir': '/home/jane/yocto', 'tmpdirs': ['/fast/tmp'], 'home': '/home/jane', 'host': 'ws17', 'fullHost': 'ws17.corp.example', 'user': 'jane',
         'buildstats': []}
BUILD_ID = '3f0c6f2e-8f7b-4b52-9a59-2f3f1f3c0001'


def columns_line(**values):
    announced, data = push.encode_columns([push.Column(id.replace('_at_', '@'), list(column)) for id, column in sorted(values.items())])
    return {'rows': len(next(iter(values.values()))), 'columns': announced, 'data': data}


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder, True)

    def record(self, lines, name='r', local=LOCAL):
        folder = os.path.join(self.folder, name)
        os.makedirs(os.path.join(folder, 'blobs'))
        with open(os.path.join(folder, 'record.jsonl'), 'wb') as file:
            file.write(b''.join(push.write_json(line) + b'\n' for line in lines))
        with open(os.path.join(folder, 'local.json'), 'w') as file:
            json.dump(local, file)
        with open(os.path.join(folder, 'secret'), 'w') as file:
            file.write('s' * 43 + '\n')
        return push.Record(folder)

    def stream(self, lines, kinds=push.DEFAULT_KINDS, joined=True):
        outbox = push.Outbox(self.record(lines, str(random.random())), push.Settings(kinds))
        data = outbox.joined() if joined else outbox.growing()
        return data, [json.loads(line) for line in data.decode('utf-8').split('\n')[:-1]]


def one(lines, kind):
    found = [line for line in lines if line['type'] == kind]
    assert len(found) == 1, found
    return found[0]


def values_of(line):
    return dict((column.id, column.numbers()) for column in push.decode_columns(line)[1])


class Columns(unittest.TestCase):
    def test_any_column_comes_back(self):
        draw = random.Random(3)
        for _ in range(300):
            rows = draw.choice((0, 1, 7, 8, 9, 1001))
            base, spread = draw.choice(((0, 1), (0, 255), (1795222705000, 10 ** 6), (-5, 70000), (0, 2 ** 52))), draw.random() < 0.5
            step = draw.choice((1, 10, 4096))
            first = [base[0] + step * draw.randrange(base[1] // step + 1) if not spread or draw.random() < 0.9 else None for _ in range(rows)]
            near = [None if value is None or draw.random() < 0.1 else value - draw.randrange(100) for value in first]
            columns = [push.Column('@end', first), push.Column('@start', near), push.Column('x', first, 3),
                       push.Column('d', [None if value is None else value / 7.0 for value in first], 0, 'float64'),
                       push.Column('@hash', [draw.choice((None, '00ff00ff00ff00ff', 'deadbeefdeadbeef')) for _ in range(rows)], 0, 'hex64')]
            for near_too in (False, True):
                announced, data = push.encode_columns(columns, near_too)
                got_rows, got = push.decode_columns({'rows': rows, 'columns': announced, 'data': data})
                self.assertEqual(rows, got_rows)
                self.assertEqual([(column.id, column.values, column.scale) for column in columns], [(c.id, c.values, c.scale) for c in got])

    def test_damage_is_an_error_and_no_bomb(self):
        good = columns_line(_at_recipe=[1, 2, 3])
        for change in ({'data': good['data'][:-8]}, {'data': '*<>*'}, {'data': 7}, {'rows': -1}, {'rows': 10 ** 9}, {'rows': 4}, {'columns': [{}]},
                       {'columns': [{'id': 'x', 'width': 3}]}, {'columns': [{'id': 'x', 'width': 1, 'scale': 400}]},
                       {'columns': [{'id': 'x', 'width': 1, 'of': [['y', 1]]}]}, {'columns': [{'id': 'x', 'width': 1, 'step': 'a'}]},
                       {'columns': [{'id': 'x', 'width': 8}] * 200, 'rows': 10 ** 6},
                       {'data': base64.b64encode(zlib.compress(bytes(50 << 20))).decode()}):
            with self.assertRaises(ValueError):
                push.decode_columns(dict(good, **change))

    def test_what_the_class_writes_is_read(self):
        library = os.path.join(os.path.dirname(os.path.dirname(PATH)), 'lib')
        sys.path.insert(0, library)
        self.addCleanup(sys.path.remove, library)
        from bakehouse import columns
        numbers = [5, None, 7, 1 << 33]
        made = [columns.number_column('@end', numbers, delta=True), columns.number_column('a', numbers), columns.number_column('s', [0.25, None, 1.5, 2]),
                columns.hash_column('@hash', ['ab' * 32, '', None, 'cd' * 8])]
        heads, data = columns.packed(made)
        _, got = push.decode_columns({'rows': 4, 'columns': heads, 'data': data})
        self.assertEqual([numbers, numbers, [0.25, None, 1.5, 2], ['ab' * 8, None, None, 'cd' * 8]], [column.numbers() for column in got])

    def test_python_3_5(self):
        with open(PATH) as file:
            source = file.read()
        if sys.version_info >= (3, 8):
            ast.parse(source, feature_version=(3, 5))
        for name in ('big_record', 'upload_server', 'test_push_stream', 'test_push_upload'):
            with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), name + '.py')) as file:
                self.assertNotIn("f'" + "{", file.read())


class Scrubbing(Folder):
    def test_table(self):
        with open(os.path.join(FIXTURES, 'record', 'scrub.json')) as file:
            table = json.load(file)
        self.assertEqual(push.SCRUBBER_VERSION, table['version'])
        for case in table['cases']:
            context = case['context']
            scrub = push.scrubber(context.get('topdir'), [context['tmpdir']] if context.get('tmpdir') else [], context.get('home'), context.get('hostName'),
                                  context.get('fullHostName'), context.get('userName'))
            self.assertEqual(case['scrubbed'], scrub(case['text']), case['what'])
            self.assertEqual(case['scrubbed'], scrub(case['scrubbed']), case['what'])

    def test_nothing_of_the_host_is_in_a_stream(self):
        text = 'on ws17.corp.example jane saw /home/jane/yocto/x, /fast/tmp/y, /home/jane/z and https://jane:pw@host/'
        lines = [{'type': 'record', 'format': 1, 'id': BUILD_ID, 'writer': 'w'},
                 {'type': 'build', 'host': {'name': 'ws17', 'cores': 4}, 'variables': {'A': text}, 'extras': {'B': [text]}, 'builder': text},
                 {'type': 'recipes', 'from': 0, 'pf': ['a-1-r0'], 'pn': ['a'], 'file': [text]},
                 {'type': 'failure', 'recipe': 0, 'task': 'do_x', 'pid': 4242, 'startMs': 5, 'cause': text, 'logPath': text},
                 {'type': 'qa', 'message': text}, {'type': 'message', 'text': text}, {'type': 'problem', 'message': text},
                 {'type': 'phase', 'detail': text}, {'type': 'unknown', 'text': text}, {'type': 'end', 'atMs': 9}]
        for joined in (False, True):
            data, made = self.stream(lines, joined=joined)
            for secret in (b'ws17', b'jane', b'/fast', b'pw@', b'4242', b'unknown'):
                self.assertNotIn(secret, data)
            host = one(made, 'build')['host']
            self.assertEqual((None, push.host_id('ws17'), 4), (host['name'], host['id'], host['cores']))
            # As SHA-256 of "bakehouse host 1" NUL name says, in whatever language.
            self.assertEqual('5c239d7e2a2a6f4a', host['id'])


class Kinds(Folder):
    LINES = [{'type': 'record', 'format': 1, 'id': BUILD_ID, 'writer': 'w'},
             {'type': 'build', 'name': 'n', 'layers': [{'name': 'meta'}]},
             dict({'type': 'tasks', 'names': ['do_x']}, **columns_line(_at_recipe=[0], _at_task=[0], _at_outcome=[0], _at_start=[10], _at_end=[20],
                                                                     _at_pid=[7], utime=[1], **{'rusage.ru_utime': [2], 'io.rchar': [3]})),
             dict({'type': 'samples', 'file': 'x.log', 'lines': ['#', 'a #']}, **columns_line(**{'0': [1, 2], '1': [3, 4]})),
             {'type': 'graph', 'blob': 'a' * 64, 'bytes': 5}, {'type': 'log', 'kind': 'failure', 'blob': 'b' * 64, 'bytes': 5},
             {'type': 'log', 'kind': 'success', 'blob': 'c' * 64, 'bytes': 5}, {'type': 'message', 'text': 't'},
             {'type': 'size', 'kind': 'package', 'name': 'p', 'fileList': 'd' * 64}, {'type': 'end', 'atMs': 9}]

    def test_each_is_switched_on_its_own(self):
        for joined in (False, True):
            for kind, there in (('graph', 'graph'), ('samples', 'samples'), ('messages', 'message'), ('failure-logs', 'failure'), ('layers', 'layers'),
                                ('counters', 'ru_utime'), ('all-counters', 'io.rchar'), ('packages', 'package'), ('success-logs', 'success')):
                with_it, _ = self.stream(self.LINES, push.KINDS, joined)
                without, made = self.stream(self.LINES, [other for other in push.KINDS if other != kind], joined)
                marker = ('"%s' % there if there != 'ru_utime' else there).encode()
                self.assertIn(marker, with_it, kind)
                self.assertNotIn(marker, without.split(b'\n', 1)[1], kind)
                self.assertEqual([other for other in push.KINDS if other != kind], made[0]['kinds'])

    def test_the_server_has_no_use_for(self):
        _, made = self.stream(self.LINES)
        self.assertEqual(['@end', '@outcome', '@recipe', '@start', '@task', 'rusage.ru_utime'], sorted(values_of(one(made, 'tasks'))))

    def test_settings_as_they_are_written(self):
        self.assertEqual(set(push.DEFAULT_KINDS), push.kinds_of(''))
        self.assertEqual(set(push.DEFAULT_KINDS) - {'samples'} | {'packages'}, push.kinds_of('+packages -samples'))
        self.assertEqual({'counters', 'graph'}, push.kinds_of('counters,graph'))
        with self.assertRaises(push.Stop):
            push.kinds_of('+pakages')


class Forms(Folder):
    def big(self, **more):
        folder = os.path.join(self.folder, 'big')
        big_record.write(push, folder, tasks=2000, real=os.path.join(FIXTURES, 'buildstats', 'real-05-failed-k'), seconds=600, rows_a_line=100,
                         local=LOCAL, **more)
        return folder

    def test_the_same_bytes_each_time(self):
        folder = self.big()
        streams = [push.Outbox(push.Record(folder), push.Settings()).joined() for _ in range(2)]
        self.assertEqual(*streams)

    def test_a_running_one_only_grows(self):
        folder = self.big()
        path = os.path.join(folder, 'record.jsonl')
        with open(path, 'rb') as file:
            whole = file.read()
        before = b''
        outbox = None
        for cut in sorted(random.Random(1).randrange(len(whole)) for _ in range(12)) + [len(whole)]:
            with open(path, 'wb') as file:
                file.write(whole[:cut])
            if outbox is None:
                outbox = push.Outbox(push.Record(folder), push.Settings())
            now = outbox.growing()
            self.assertTrue(now.startswith(before))
            self.assertEqual(now, push.Outbox(push.Record(folder), push.Settings()).growing())
            before = now

    def test_both_forms_say_the_same(self):
        folder = self.big()
        outbox = push.Outbox(push.Record(folder), push.Settings())
        rows = []
        for form in (outbox.growing, outbox.joined):
            found = []
            likeness = push.Likeness()
            for raw in form().split(b'\n')[:-1]:
                line = likeness.whole(push.line_of(raw))
                if line['type'] == 'tasks':
                    columns = values_of(line)
                    for i in range(line['rows']):
                        found.append(tuple(sorted((id, line['names'][v[i]] if id == '@task' else v[i]) for id, v in columns.items() if v[i] is not None)))
            rows.append(sorted(found))
        self.assertEqual(2000, len(rows[0]))
        self.assertEqual(*rows)

    def test_damaged_lines_lose_themselves(self):
        folder = self.big()
        with open(os.path.join(folder, 'record.jsonl'), 'rb') as file:
            lines = file.read().split(b'\n')
        runs = [i for i, line in enumerate(lines) if line.startswith(b'{"type":"tasks"')]
        lines[runs[0]] = b'{"type":"tasks","rows":3,"columns":[{"id":"x","width":1}],"data":"AAAA"}'
        lines[runs[1]] = b'{"type": [[[['
        lines[runs[2]] = b'[' * 100000
        with open(os.path.join(folder, 'record.jsonl'), 'wb') as file:
            file.write(b'\n'.join(lines))
        outbox = push.Outbox(push.Record(folder), push.Settings())
        tasks = one([push.line_of(raw) for raw in outbox.joined().split(b'\n')[:-1]], 'tasks')
        self.assertEqual(1700, tasks['rows'])
        self.assertEqual(1, outbox.maker.skipped)


    def test_lines_are_like_others(self):
        """Any columns come back, whatever the lines before them were; what a line says of its own is little."""
        draw = random.Random(5)
        maker, likeness = push.StreamMaker(push.Settings(), str), push.Likeness()
        like = 0
        for number in range(400):
            rows = draw.choice((0, 1, 3, 90))
            spread = draw.choice((9, 9, 9, 300, 70000, 1 << 40))
            ends = sorted(1795222705000 + number * 60000 + 10 * draw.randrange(draw.choice((6000, 6000, 9000000))) for _ in range(rows))
            some = lambda values: [value if draw.random() < 0.97 else None for value in values]
            columns = [push.Column('@task', [draw.randrange(3) for _ in range(rows)]), push.Column('@end', some(ends)),
                       push.Column('@start', some(end - draw.randrange(spread) for end in ends)),
                       push.Column('x', some(draw.randrange(spread) * draw.choice((1, 8)) for _ in range(rows))),
                       push.Column('y', some(-draw.randrange(spread) for _ in range(rows)), 3),
                       push.Column('z', [draw.random() for _ in range(rows)], 0, 'float64'),
                       push.Column('@hash', [draw.choice((None, 'deadbeefdeadbeef')) for _ in range(rows)], 0, 'hex64')]
            names = draw.sample(['do_a', 'do_b', 'do_c', 'do_d'], 3)
            line = maker.like_before({'type': 'tasks', 'names': names}, 'tasks', rows, columns)
            like += 'like' in line
            self.assertLessEqual(len(line.get('columns', ())) if 'like' in line else 0, push.CHANGES_MAX)
            made = likeness.whole(push.line_of(push.write_json(line)))
            got = push.decode_columns(made)[1]
            self.assertEqual([names[value] for value in columns[0].values], [made['names'][value] for value in got[0].values])
            self.assertEqual([(c.id, c.values) for c in columns[1:]], [(c.id, c.values) for c in got[1:]])
        self.assertGreater(like, 100)
        with self.assertRaises(ValueError):
            likeness.whole({'type': 'tasks', 'like': 10 ** 6})

    def test_what_runs_is_told_now_and_then(self):
        lines = [self.LINE] + [{'type': 'running', 'atMs': 1000 * second, 'tasks': [[0, 'do_x', second, 7]]} for second in range(0, 200, 10)]
        _, made = self.stream(lines, joined=False)
        self.assertEqual([0, 50000, 100000, 150000], [line['atMs'] for line in made if line['type'] == 'running'])

    LINE = {'type': 'record', 'format': 1, 'id': BUILD_ID, 'writer': 'w'}


class Thinning(Folder):
    def thinned(self, file, lines, frames):
        columns = [push.Column(str(i), [frame[i] for frame in frames], 0, 'float64' if any(isinstance(frame[i], float) for frame in frames) else 'integer')
                   for i in range(len(frames[0]))]
        announced, data = push.encode_columns(columns)
        record = [{'type': 'record', 'format': 1, 'id': BUILD_ID}, {'type': 'samples', 'file': file, 'lines': lines, 'rows': len(frames), 'columns': announced,
                                                                  'data': data}, {'type': 'end', 'atMs': 1}]
        made = values_of(one(self.stream(record)[1], 'samples'))
        return [made[str(i)] for i in range(len(made))]

    def test_rates_are_averaged_levels_are_the_last_differences_are_added(self):
        seconds = list(range(1000, 1010))
        self.assertEqual([[1004, 1009], [0.3, 0.5], [0.1, 0.1], [0, 0]],
                         self.thinned('reduced_proc_stat.log', ['#', '# # #'], [[s, 0.3 if s < 1005 else 0.5, 0.1, 0.0] for s in seconds]))
        self.assertEqual([[1004, 1009], [4, 9], [7, 7]], self.thinned('reduced_proc_meminfo.log', ['#', '# #'], [[s, s - 1000, 7] for s in seconds]))
        self.assertEqual([[1004, 1009], [2.5, 2.5], [50, 50]][0:1] + [[2.49, 2.49], [1, 1], [1, 1], [50, 50]],
                         self.thinned('reduced_proc_pressure/io.log', ['#', '# # # #'], [[s, 2.49, 1.0, 1.0, 10] for s in seconds]))
        self.assertEqual([[1004, 1009], [4, 9], [4, 9], [5, 5], [10, 10]],
                         self.thinned('reduced_proc_net.log', ['#', 'eth0: # # # #'], [[s, s - 1000, s - 1000, 1, 2] for s in seconds]))

    def test_disk_throughput_is_of_the_interval_that_begins_then(self):
        frames = [[s, float(s - 1000), 10.0, 1.0 if s == 1003 else 0.5] for s in range(1000, 1010)]
        # Intervals end at 1001 … 1010: windows 1001-1004, 1005-1009 and 1010.
        self.assertEqual([[1000, 1004, 1009], [2, 6, 9], [10, 10, 10], [1, 0.5, 0.5]], self.thinned('reduced_proc_diskstats.log', ['#', '# # #'], frames))

    def test_before_langdale_several_frames_fell_into_a_second(self):
        frames = [[1000, 0.5, 0.5, 0.0], [1000, 0.0, 0.0, 0.0], [1001, 0.7, 0.1, 0.0]]
        self.assertEqual([[1001], [0.6], [0.3], [0]], self.thinned('reduced_proc_stat.log', ['#', '# # #'], frames))


def packed(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return len(packer.compress(data) + packer.flush())


class Size(Folder):
    def big(self, heavy, **more):
        folder = os.path.join(self.folder, 'big')
        big_record.write(push, folder, real=os.path.join(FIXTURES, 'buildstats'), samples=os.path.join(FIXTURES, 'buildstats', 'real-05-failed-k'),
                         local=LOCAL, heavy=heavy, **more)
        return folder

    def test_ten_thousand_tasks_take_less_than_400_kb(self):
        """With the default kinds, without logs and with a graph that the server has: docs/formats/record.md says how much of it is what."""
        folder = self.big(True)
        stream = push.Outbox(push.Record(folder), push.Settings()).joined()
        self.assertLess(packed(stream), 400000)
        # It is what was recorded: nothing is small for being lost.
        tasks = one([push.line_of(raw) for raw in stream.split(b'\n')[:-1] if b'"type":"tasks"' in raw[:20]], 'tasks')
        self.assertEqual(10000, tasks['rows'])
        ids = set(column['id'] for column in tasks['columns'])
        ours = set(big_record.EXAMPLE) - set(push.COARSE)
        self.assertEqual(ours - push.NOISY, ours & ids)

    def test_and_so_when_they_are_sent_minute_by_minute(self):
        """An hour in 60 requests, of which each is packed by itself, with lines of half a minute and 16 tasks that run."""
        folder = self.big(True, rows_a_line=84, running=16)
        with open(os.path.join(folder, 'record.jsonl'), 'rb') as file:
            lines = file.read().splitlines(True)
        outbox, sent, total = None, 0, 0
        for minute in range(1, 61):
            with open(os.path.join(folder, 'record.jsonl'), 'wb') as file:
                file.writelines(lines[:len(lines) * minute // 60])
            outbox = outbox or push.Outbox(push.Record(folder), push.Settings())
            stream = outbox.growing()
            total += packed(stream[sent:])
            sent = len(stream)
        self.assertTrue(outbox.complete)
        self.assertLess(total, 400000)


if __name__ == '__main__':
    unittest.main()
