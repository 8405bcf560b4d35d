"""
A record as the class writes one of a large build, for measures and tests: 10,000 executed tasks in 500 recipes, 30 counters each, an hour of
samples at one a second.

Counters have the distribution of real ones where a folder of buildstats is given: each row is a real one, drawn at random, with each number
moved by a few percent in the steps that it really has (4096 bytes, 8 blocks, 4 KiB, microseconds), so that no row is there twice. Real rows of
that folder pack to as many bytes each as these do. With `heavy` they are drawn from the deciles of a heavy build, each by itself, as
bench/wire-size.test.ts does.
"""
import hashlib
import json
import math
import os
import random
import re

# One real do_compile, for where no folder is given.
EXAMPLE = dict([
    ('utime', 8), ('stime', 2), ('cutime', 5), ('cstime', 2), ('io.rchar', 1499867), ('io.wchar', 1420075), ('io.syscr', 1458), ('io.syscw', 1409),
    ('io.read_bytes', 12288), ('io.write_bytes', 1433600), ('io.cancelled_write_bytes', 0), ('rusage.ru_utime', 0.088164),
    ('rusage.ru_stime', 0.025909), ('rusage.ru_maxrss', 55500), ('rusage.ru_minflt', 5445), ('rusage.ru_majflt', 0), ('rusage.ru_inblock', 0),
    ('rusage.ru_oublock', 48), ('rusage.ru_nvcsw', 6), ('rusage.ru_nivcsw', 35), ('child_rusage.ru_utime', 0.056257),
    ('child_rusage.ru_stime', 0.024217), ('child_rusage.ru_maxrss', 52456), ('child_rusage.ru_minflt', 829), ('child_rusage.ru_majflt', 3),
    ('child_rusage.ru_inblock', 24), ('child_rusage.ru_oublock', 2752), ('child_rusage.ru_nvcsw', 16), ('child_rusage.ru_nivcsw', 19)])
STEPS = {'io.read_bytes': 4096, 'io.write_bytes': 4096, 'io.cancelled_write_bytes': 4096, 'rusage.ru_maxrss': 4, 'child_rusage.ru_maxrss': 4,
         'rusage.ru_inblock': 8, 'rusage.ru_oublock': 8, 'child_rusage.ru_inblock': 8, 'child_rusage.ru_oublock': 8}
SAME = {'io.read_bytes': ('rusage.ru_inblock', 'child_rusage.ru_inblock'), 'io.write_bytes': ('rusage.ru_oublock', 'child_rusage.ru_oublock')}
TASKS = ('do_fetch', 'do_unpack', 'do_patch', 'do_prepare_recipe_sysroot', 'do_configure', 'do_compile', 'do_install', 'do_populate_sysroot',
         'do_package', 'do_packagedata', 'do_package_write_ipk', 'do_package_qa', 'do_populate_lic', 'do_deploy_source_date_epoch', 'do_recipe_qa',
         'do_compile_ptest_base', 'do_install_ptest_base', 'do_configure_ptest_base', 'do_strip', 'do_build')


def real_rows(push, folder):
    """(task, duration in s, counters) of each task file below a folder of builds."""
    rows = []
    for path, _, files in sorted(os.walk(folder)):
        for name in sorted(files):
            if name.startswith('do_'):
                for run in push.read_task_file(os.path.join(path, name)):
                    if run['end'] is not None and len(run['counters']) >= 29:
                        rows.append((name, max(0.01, (run['end'] - run['start']) / 1000.0), dict((k, v / 10.0 ** s) for k, (v, s) in run['counters'].items())))
    return rows


HEAVY = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), 'fixtures', 'record', 'heavy-counters.json')


def heavy_counters():
    with open(HEAVY) as file:
        return json.load(file)['counters']


def drawn(random_, known):
    """One value: none, or between two deciles, evenly by its logarithm."""
    if random_.random() < known['zero']:
        return 0
    place = random_.random() * 10
    low, high = known['quantiles'][int(place)], known['quantiles'][int(place) + 1]
    value = math.exp(math.log(low) + (math.log(high) - math.log(low)) * (place - int(place)))
    return int(value / known['step'] + 0.5) * known['step']


def frames_of(folder, file):
    with open(os.path.join(folder, file)) as lines:
        return [frame.split('\n') for frame in lines.read().strip('\n').split('\n\n')]


NUMBER = re.compile(r'(?<![^\s:,%])-?[0-9]+(?:\.[0-9]+)?(?![^\s:,%])')


def samples_of(random_, frames, seconds, begin):
    """An hour of a file: its real frames over and over, each number moved a little where it is not constant."""
    rows, template = [], None
    constant = None
    for frame in frames:
        text = '\n'.join(frame)
        numbers = NUMBER.findall(text)
        here = NUMBER.sub('#', text)
        if template is None or here == template:
            template = here
            rows.append(numbers)
    constant = [len(set(row[i] for row in rows)) == 1 for i in range(len(rows[0]))]
    out = []
    for second in range(seconds):
        row = rows[second % len(rows)]
        values = [begin + second]
        for i, text in enumerate(row[1:], 1):
            if constant[i] or float(text) == 0:
                values.append(float(text) if '.' in text else int(text))
            elif '.' in text:
                digits = len(text.split('.')[1])
                values.append(round(float(text) * random_.uniform(0.9, 1.1), digits))
            else:
                values.append(int(int(text) * random_.uniform(0.999, 1.001) if int(text) > 1e6 else int(text) * random_.uniform(0.9, 1.1)))
        out.append(values)
    return template, out


def column_of(push, id, values):
    """Whole numbers where six digits make it so, else doubles: as a writer does."""
    if all(value is None or float(value).is_integer() for value in values):
        return push.Column(id, [None if value is None else int(value) for value in values])
    if all(value is None or abs(round(value * 1e6) / 1e6 - value) < 1e-12 * max(1, abs(value)) for value in values):
        return push.Column(id, [None if value is None else int(round(value * 1e6)) for value in values], 6)
    return push.Column(id, [None if value is None else float(value) for value in values], 0, 'float64')


def write(push, folder, tasks=10000, real=None, seconds=3600, rows_a_line=256, seed=1, noise=0.02, samples=None, end=True, build_id='3f0c6f2e-8f7b-4b52-9a59-2f3f1f3c0001', local=None,
          heavy=False, running=0):
    random_ = random.Random(seed)
    heavy = heavy_counters() if heavy else None
    rows = real_rows(push, real) if real else [('do_compile', 0.52, EXAMPLE)]
    recipes = max(1, tasks // len(TASKS))
    begin = 1795222705
    os.makedirs(os.path.join(folder, 'blobs'))
    lines = []
    lines.append({'type': 'record', 'format': 1, 'id': build_id, 'writer': 'meta-bakehouse 0.1.0'})
    lines.append({'type': 'build', 'name': '20261121005839', 'startedMs': begin * 1000, 'targets': ['core-image-minimal'], 'machine': 'qemux86-64',
                  'distro': 'poky', 'host': {'name': 'ws17', 'cores': 16}, 'layers': [{'name': 'meta', 'branch': 'master', 'commit': '35a2c6ed' * 5, 'modified': False}]})
    pn = ['%s-%s%d' % (random_.choice(('lib', 'perl', 'python3', 'gtk', 'util', 'meta')), random_.choice(('xml', 'core', 'net', 'sample', 'font')), i) for i in range(recipes)]
    pv = ['%d.%d.%d' % (random_.randrange(9), random_.randrange(30), random_.randrange(9)) for _ in range(recipes)]
    lines.append({'type': 'recipes', 'from': 0, 'pf': ['%s-%s-r0' % pair for pair in zip(pn, pv)], 'pn': pn, 'pv': pv,
                  'file': ['/home/jane/poky/meta/recipes-core/%s/%s_%s.bb' % (n, n, v) for n, v in zip(pn, pv)]})
    by_task = {}
    for name, duration, counters in rows:
        by_task.setdefault(name, []).append((duration, counters))
    ids = sorted(set(id for _, _, counters in rows for id in counters) | set(EXAMPLE))
    runs = []
    clock = float(begin)
    for i in range(tasks):
        task = TASKS[(i // recipes + random_.randrange(-1, 2)) % len(TASKS)]
        duration, counters = random_.choice(by_task.get(task) or by_task['do_compile'])
        factor = random_.lognormvariate(0, noise)
        clock += random_.expovariate(tasks / 3500.0)
        end_s = clock
        start_s = end_s - duration * factor * random_.lognormvariate(0, 0.2)
        values = {}
        for id, value in counters.items():
            if value:
                step = STEPS.get(id, 1 if float(value).is_integer() else 1e-6)
                value = round(value * factor * random_.lognormvariate(0, noise) / step) * step
                if step == 1e-6:
                    value = round(value, 6)
            values[id] = value
        if heavy is not None:
            values = dict((id, drawn(random_, known)) for id, known in heavy.items())
            start_s = end_s - values.pop('duration') / 1000.0
            for id in heavy:
                if id.endswith('time'):
                    values[id] = round(values[id] / 1e6, 6)
            # Ticks of what rusage tells finer.
            for id, finer in push.COARSE.items():
                values[id] = int(values[finer] * 100)
        # The kernel counts the same bytes twice, so real rows have them alike.
        for total, parts in SAME.items():
            if heavy is not None or counters.get(total) == 512 * sum(counters.get(part, 0) for part in parts):
                values[total] = 512 * sum(values.get(part, 0) for part in parts)
        runs.append((i % recipes, TASKS.index(task), int(start_s * 100) * 10, int(end_s * 100) * 10, values))
    timed = []
    for at in range(0, tasks, rows_a_line):
        part = runs[at:at + rows_a_line]
        starts = [run[2] for run in part]
        columns = [push.Column('@recipe', [run[0] for run in part]), push.Column('@task', [run[1] for run in part]), push.Column('@outcome', [0] * len(part)),
                   push.Column('@start', starts), push.Column('@end', [run[3] for run in part]),
                   push.Column('@queued', [start - 3 - int(random_.expovariate(0.05)) for start in starts]),
                   push.Column('@completed', [run[3] + 12 + int(random_.expovariate(0.05)) for run in part]),
                   push.Column('@pid', [random_.randrange(300, 4000000) for _ in part]),
                   push.Column('@hash', [hashlib.sha256(('%d %d' % run[:2]).encode()).hexdigest()[:16] for run in part], kind='hex64')]
        columns += [column_of(push, id, [run[4].get(id) for run in part]) for id in ids]
        announced, data = push.encode_columns(columns)
        timed.append((part[-1][3], {'type': 'tasks', 'rows': len(part), 'names': list(TASKS), 'columns': announced, 'data': data}))
        if running:
            now = part[-1][3]
            timed.append((now, {'type': 'running', 'atMs': now, 'tasks': [
                [random_.randrange(recipes), random_.choice(TASKS), now - random_.randrange(100000), 4000 + i] for i in range(running)]}))
    if real:
        stats = sorted(path for path, _, files in os.walk(samples or real) if 'reduced_proc_stat.log' in files)[0]
        for file in ('reduced_proc_stat.log', 'reduced_proc_meminfo.log', 'reduced_proc_diskstats.log', 'reduced_proc_net.log', 'monitor_disk.log',
                     'reduced_proc_pressure/cpu.log', 'reduced_proc_pressure/io.log', 'reduced_proc_pressure/memory.log'):
            if os.path.getsize(os.path.join(stats, file)) == 0:
                continue
            template, frames = samples_of(random_, frames_of(stats, file), seconds, begin)
            for at in range(0, len(frames), 60):
                part = frames[at:at + 60]
                announced, data = push.encode_columns([column_of(push, str(i), [frame[i] for frame in part]) for i in range(len(part[0]))])
                timed.append(((begin + at + 60) * 1000, {'type': 'samples', 'file': file, 'lines': template.split('\n'), 'rows': len(part),
                                                         'columns': announced, 'data': data}))
    # As they come: what packs well in one piece does not when it is sent a minute at a time.
    lines.extend(line for _, line in sorted(timed, key=lambda pair: pair[0]))
    graph = json.dumps({'format': 1, 'recipes': [['', n] for n in pn]}).encode()
    name = push.hashlib.sha256(graph).hexdigest()
    with open(os.path.join(folder, 'blobs', name), 'wb') as blob:
        blob.write(push.gzip.compress(graph))
    lines.append({'type': 'graph', 'blob': name, 'bytes': len(graph)})
    lines.append({'type': 'build', 'endedMs': (begin + 3600) * 1000, 'outcome': 'succeeded'})
    if end:
        lines.append({'type': 'end', 'atMs': (begin + 3600) * 1000})
    with open(os.path.join(folder, 'record.jsonl'), 'wb') as record:
        for line in lines:
            record.write(push.write_json(line) + b'\n')
    with open(os.path.join(folder, 'secret'), 'w') as secret:
        secret.write('s' * 43)
    os.chmod(os.path.join(folder, 'secret'), 0o600)
    if local is not None:
        with open(os.path.join(folder, 'local.json'), 'w') as out:
            json.dump(local, out)
    return lines
