/**
 * One test for each quirk of real buildstats that a reader must tolerate: the numbers are those of the list of quirks seen in
 * public builds of 2011 to 2026. Files are drawn here, so that what makes the quirk stands beside what must come of it.
 */
import { describe, expect, test } from 'vitest';
import type { Build } from '../../model/build.ts';
import type { SampleSeries } from '../../model/samples.ts';
import { TASK_OUTCOMES } from '../../model/task-table.ts';
import { BuildstatsReader } from './buildstats-reader.ts';

const T = 1717749000;
const encoder = new TextEncoder();

function readAll(files: Record<string, string>, name = '20240607083000', nowMs = T * 1000 + 1e10): Build[] {
  const reader = new BuildstatsReader({ name, location: `/b/${name}`, nowMs });
  for (const [path, text] of Object.entries(files)) reader.addFile(path, encoder.encode(text));
  return reader.finishAll();
}

function read(files: Record<string, string>, name?: string): Build {
  const builds = readAll(files, name);
  expect(builds).toHaveLength(1);
  return builds[0]!;
}

const BUILD_STATS = `Host Info: Linux vm 6.18.44 #1 SMP x86_64 \nBuild Started: ${T}.00 \nElapsed time: 60.00 seconds \nCPU usage: 20.9% \n`;

function task(pf: string, name: string, from: number, to: number, lines = '', status = 'PASSED'): string {
  return `${begun(from)}${pf}: ${name}\nElapsed time: ${(to - from).toFixed(2)} seconds\n${lines}Status: ${status} \nEnded: ${(T + to).toFixed(2)} \n`;
}

function begun(from: number): string {
  return `Event: TaskStarted \nStarted: ${(T + from).toFixed(2)} \n`;
}

/** Row r as an object: what a table shows of it. */
function row(build: Build, r: number): Record<string, number | string> {
  const { tasks } = build;
  const shown: Record<string, number | string> = {
    pf: build.recipes[tasks.recipe[r]!]!.pf,
    task: tasks.taskNames[tasks.task[r]!]!,
    outcome: TASK_OUTCOMES[tasks.outcome[r]!]!,
  };
  for (const [id, column] of tasks.values) if (!Number.isNaN(column[r])) shown[id] = column[r]!;
  return shown;
}

function codes(build: Build): string[] {
  return build.problems.map((problem) => problem.code);
}

function series(build: Build, id: string): SampleSeries {
  const found = build.samples.flatMap((table) => table.series).find((s) => s.id === id);
  if (found === undefined) throw new Error(`no series ${id}`);
  return found;
}

function times(build: Build, source: string): number[] {
  return [...(build.samples.find((table) => table.source === source)?.timeMs ?? [])].map((ms) => ms / 1000 - T);
}

describe('task files', () => {
  test('1: a file with Event and Started only is a task run without an end', () => {
    const build = read({ build_stats: BUILD_STATS, 'a-1-r0/do_compile': begun(5) });
    expect(row(build, 0)).toEqual({ pf: 'a-1-r0', task: 'do_compile', outcome: 'unfinished' });
    expect(build.tasks.startMs[0]).toBe((T + 5) * 1000);
    expect(build.tasks.endMs[0]).toBeNaN();
    expect(build.outcome).toBe('interrupted');
    expect(codes(build)).toEqual(['task-unfinished']);
  });

  test('a number under the name of a computed one stands beside it', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'a-1-r0/do_compile': task('a-1-r0', 'do_compile', 1, 3, 'IO read_bytes: 7\nread_bytes: 5\nwalltime: 9\n'),
    });
    expect(row(build, 0)).toMatchObject({ read_bytes: 7, walltime: 2, 'file.read_bytes': 5, 'file.walltime': 9 });
    const ids = build.tasks.metrics.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('2: Event says TaskStarted for failed tasks too; Status counts', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'a-1-r0/do_compile': task('a-1-r0', 'do_compile', 1, 2, '', 'FAILED'),
    });
    expect(row(build, 0).outcome).toBe('failed');
    expect(build.outcome).toBe('failed');
    expect(build.failures).toMatchObject([{ row: 0, pf: 'a-1-r0', task: 'do_compile' }]);
  });

  test('3: trailing blanks, or none, change nothing', () => {
    const text = task('a-1-r0', 'do_compile', 1, 3.5, 'utime: 11\nIO rchar: 500\n');
    const spaced = read({ build_stats: BUILD_STATS, 'a-1-r0/do_compile': text.replaceAll('\n', '  \n') });
    const bare = read({ build_stats: BUILD_STATS, 'a-1-r0/do_compile': text.replaceAll(' \n', '\n') });
    expect(row(spaced, 0)).toEqual(row(bare, 0));
    expect(row(bare, 0)).toMatchObject({ walltime: 2.5, utime: 11, 'io.rchar': 500 });
  });

  test('4: IO lines come in any order, from file to file', () => {
    const one = 'IO rchar: 1\nIO wchar: 2\nIO syscr: 3\n';
    const other = 'IO syscr: 6\nIO rchar: 4\nIO wchar: 5\n';
    const build = read({
      build_stats: BUILD_STATS,
      'a-1-r0/do_compile': task('a-1-r0', 'do_compile', 1, 2, one),
      'a-1-r0/do_install': task('a-1-r0', 'do_install', 2, 3, other),
      'a-1-r0/do_package': task('a-1-r0', 'do_package', 3, 4, one),
    });
    expect([...build.tasks.values.get('io.rchar')!]).toEqual([1, 4, 1]);
    expect([...build.tasks.values.get('io.wchar')!]).toEqual([2, 5, 2]);
    expect([...build.tasks.values.get('io.syscr')!]).toEqual([3, 6, 3]);
  });

  test('5: floats of 17 digits are read to the last; walltime is Ended - Started, not Elapsed', () => {
    const text = task(
      'a-1-r0',
      'do_compile',
      1.25,
      3.5,
      'rusage ru_utime: 0.027999999999999997\nrusage ru_stime: 1.2e-05\n',
    );
    const build = read({ build_stats: BUILD_STATS, 'a-1-r0/do_compile': text.replace('2.25 seconds', '2.24 seconds') });
    expect(row(build, 0)).toMatchObject({
      'rusage.ru_utime': 0.027999999999999997,
      'rusage.ru_stime': 1.2e-5,
      walltime: 2.25,
    });
  });

  test('6: a copy that ends early keeps what it has', () => {
    const text = task('a-1-r0', 'do_fetch', 1, 2, 'utime: 11\nIO rchar: 500\n');
    const build = read({ build_stats: BUILD_STATS, 'a-1-r0/do_fetch': text.slice(0, text.indexOf('Status')) });
    expect(row(build, 0)).toEqual({
      pf: 'a-1-r0',
      task: 'do_fetch',
      outcome: 'unfinished',
      utime: 11,
      'io.rchar': 500,
    });
    expect(codes(build)).toEqual(['status-missing']);
  });

  test('7: setscene and real task of one recipe are two task runs, whatever their names', () => {
    const names = ['do_package', 'do_package_setscene', 'do_compile_ptest_base', 'do_image_ext4', 'do_kernel_configme'];
    const build = read({
      build_stats: BUILD_STATS,
      ...Object.fromEntries(names.map((name, i) => [`a-1-r0/${name}`, task('a-1-r0', name, i, i + 1)])),
    });
    expect(build.tasks.taskNames).toEqual(names.toSorted());
    expect(build.tasks.length).toBe(5);
  });

  test('8: ticks, seconds and KiB have their units; cpu time without rusage comes from ticks', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'a-1-r0/do_compile': task(
        'a-1-r0',
        'do_compile',
        0,
        10,
        'utime: 100\nstime: 50\ncutime: 300\ncstime: 50\nrusage ru_maxrss: 46096\n',
      ),
    });
    const units = Object.fromEntries(build.tasks.metrics.map((metric) => [metric.id, metric.unit]));
    expect(units).toMatchObject({ utime: 'ticks', 'rusage.ru_maxrss': 'KiB', cputime: 's', effective_cores: 'cores' });
    expect(row(build, 0)).toMatchObject({ cputime: 5, effective_cores: 0.5 });
  });
});

describe('recipe directories', () => {
  test('9: PF is kept whole and split by the rule of upstream, as a guess', () => {
    const names = [
      'linux-xlnx-4.9-xilinx-v2017.3+gitAUTOINC+f1b1e077d6-r0',
      'glib-2.0-native-1_2.78.4-r0',
      'x-2021-03-04-r0',
    ];
    const build = read({
      build_stats: BUILD_STATS,
      ...Object.fromEntries(names.map((pf) => [`${pf}/do_fetch`, task(pf, 'do_fetch', 1, 2)])),
    });
    expect(build.recipes.map(({ pf, pn, pe, pv, pr, guessed }) => ({ pf, pn, pe, pv, pr, guessed }))).toEqual([
      { pf: names[1], pn: 'glib-2.0-native', pe: '1', pv: '2.78.4', pr: 'r0', guessed: true },
      {
        pf: names[0],
        pn: 'linux-xlnx',
        pe: null,
        pv: '4.9-xilinx-v2017.3+gitAUTOINC+f1b1e077d6',
        pr: 'r0',
        guessed: true,
      },
      { pf: names[2], pn: 'x-2021-03', pe: null, pv: '04', pr: 'r0', guessed: true },
    ]);
  });

  test('9: two versions of one recipe are two recipe runs', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'python3-3.11.5-r0/do_fetch': task('python3-3.11.5-r0', 'do_fetch', 1, 2),
      'python3-3.12.1-r0/do_fetch': task('python3-3.12.1-r0', 'do_fetch', 2, 3),
    });
    expect(build.recipes.map((recipe) => `${recipe.pn} ${recipe.pv}`)).toEqual(['python3 3.11.5', 'python3 3.12.1']);
  });

  test('10: pressure and host_stats directories are no recipes', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'reduced_proc_pressure/cpu.log': `${T}\n1.0 2.0 3.0 0\n\n`,
      'host_stats/top': 'text',
      host_stats: 'text',
      'a-1-r0/do_fetch': task('a-1-r0', 'do_fetch', 1, 2),
    });
    expect(build.recipes.map((recipe) => recipe.pf)).toEqual(['a-1-r0']);
    expect(codes(build)).toEqual(['host-stats-not-read', 'file-not-read']);
  });
});

describe('build_stats', () => {
  test('11: a host and a start only: lost, or running while somebody writes', () => {
    const files = { build_stats: BUILD_STATS.slice(0, BUILD_STATS.indexOf('Elapsed')) };
    expect(readAll(files)[0]).toMatchObject({
      outcome: 'lost',
      startedMs: T * 1000,
      endedMs: null,
      endEstimated: false,
    });
    expect(readAll(files, '20240607083000', T * 1000 + 30_000)[0]).toMatchObject({ outcome: 'running', endedMs: null });
  });

  test('a running build has a kind as soon as enough recipes have begun, so that its past can say when it ends', () => {
    const started = BUILD_STATS.slice(0, BUILD_STATS.indexOf('Elapsed'));
    const kindOf = (recipes: number, tasks: readonly string[]) => {
      const files: Record<string, string> = { build_stats: started };
      for (let i = 0; i < recipes; i++) {
        for (const name of tasks) files[`r${i}-1-r0/${name}`] = task(`r${i}-1-r0`, name, 1, 2);
      }
      const [build] = readAll(files, '20240607083000', T * 1000 + 30_000);
      expect(build!.outcome).toBe('running');
      return build!.type;
    };
    expect(kindOf(19, ['do_fetch', 'do_unpack'])).toMatchObject({ kind: 'not-recorded', estimated: false });
    expect(kindOf(20, ['do_fetch', 'do_unpack'])).toMatchObject({ kind: 'clean', estimated: true });
    expect(kindOf(20, ['do_populate_sysroot_setscene'])).toMatchObject({ kind: 'sstate', estimated: true });
    expect(kindOf(20, ['do_compile'])).toMatchObject({ kind: 'incremental', estimated: true });
  });

  test('11: a killed build ends where its last task or sample does, and says that this is an estimate', () => {
    const build = read({
      build_stats: BUILD_STATS.slice(0, BUILD_STATS.indexOf('Elapsed')),
      'a-1-r0/do_fetch': task('a-1-r0', 'do_fetch', 1, 2.5),
      'reduced_proc_stat.log': `${T + 7}\n0.5 0.1 0.0\n\n`,
    });
    expect(build).toMatchObject({ outcome: 'lost', endedMs: (T + 7) * 1000, endEstimated: true });
  });

  test('12: Failed at lines are failures in their order, with the row where there is one', () => {
    const build = read({
      build_stats: BUILD_STATS.replace(
        'Elapsed',
        'Failed at: z-1-r0 at task: do_compile \nFailed at: a-1-r0 at task: do_fetch \nElapsed',
      ),
      'z-1-r0/do_compile': task('z-1-r0', 'do_compile', 1, 2, '', 'FAILED'),
    });
    expect(build.failures.map(({ pf, task: name, row: at }) => [pf, name, at])).toEqual([
      ['z-1-r0', 'do_compile', 0],
      ['a-1-r0', 'do_fetch', null],
    ]);
    expect(build.outcome).toBe('failed');
  });

  test.each([
    ['28M', 28 * 2 ** 20],
    ['1,2G', Math.round(1.2 * 2 ** 30)],
    ['7.8M', Math.round(7.8 * 2 ** 20)],
    ['512K', 512 * 1024],
    ['0', 0],
    ['many', null],
  ])('13: rootfs size %s is %d bytes', (text, bytes) => {
    const build = read({
      build_stats: BUILD_STATS.replace('Elapsed', `Uncompressed Rootfs size: ${text}\t/tmp/a b/rootfs\nElapsed`),
    });
    expect(build.rootfsSizes).toEqual([{ path: '/tmp/a b/rootfs', text, bytes }]);
    expect(build.endedMs).toBe((T + 60) * 1000);
  });

  test('13: the CPU usage of the server is never called that of the build', () => {
    expect(read({ build_stats: BUILD_STATS }).extras).toEqual({ 'CPU usage of the BitBake server': '20.9%' });
  });

  test('14: disk counters of 2014 are kept as they are, wrapped ones too', () => {
    const build = read({ build_stats: `${BUILD_STATS}EndTimeWrite: 81244\nStartTimeWrite: 4294912000\n` });
    expect(build.extras).toMatchObject({ EndTimeWrite: '81244', StartTimeWrite: '4294912000' });
  });

  test.each([
    [
      'Linux 3f9c2a7be1d0 6.5.0-25-generic Fri Mar 15 10:51:06 UTC 2 x86_64 ',
      '3f9c2a7be1d0',
      '6.5.0-25-generic',
      'x86_64',
    ],
    ['Linux b 2.6.35 #42-Ubuntu SMP Thu Dec 2 02:41:37 UTC 2010 x86_64 GNU/Linux', 'b', '2.6.35', 'x86_64'],
    ['Linux pi 6.6.31 #1 SMP PREEMPT aarch64 aarch64', 'pi', '6.6.31', 'aarch64'],
    ['', null, null, null],
  ])('15: host of "%s"', (text, name, kernel, arch) => {
    const build = read({ build_stats: `Host Info: ${text}\nBuild Started: ${T}.00 \n` });
    expect(build.host).toMatchObject({ name, kernel, arch, id: null });
  });
});

describe('samples', () => {
  const log = (rows: readonly [number, string][]) =>
    rows.map(([second, values]) => `${T + second}\n${values}\n\n`).join('');

  test('16: blocks of a second and numbers; lines with a name of their own', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'reduced_proc_stat.log': log([
        [1, '0.5 0.25 0.125'],
        [2, '0.6 0.2 0.0'],
      ]),
      'monitor_disk.log': log([[1, '/dev/sda1: 1000\ntank:builds: 2000']]),
    });
    expect([...series(build, 'cpu.user').values]).toEqual([0.5, 0.6]);
    expect([...series(build, 'cpu.iowait').values]).toEqual([0.125, 0]);
    expect([...series(build, 'space./dev/sda1').values]).toEqual([1000]);
    expect([...series(build, 'space.tank:builds').values]).toEqual([2000]);
  });

  test('17: samples of one second become one; zeros of an interval without a clock tick do not count', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'reduced_proc_stat.log': log([
        [1, '0.5 0.25 0.125'],
        [1, '0.0 0.0 0.0'],
        [1, '0.7 0.05 0.125'],
        [2, '0.0 0.0 0.0'],
        [3, '0.0 0.0 0.0'],
        [3, '0.0 0.0 0.0'],
      ]),
      'reduced_proc_meminfo.log': log([
        [1, '100 50 1 2 0 0'],
        [1, '100 40 1 2 0 0'],
      ]),
    });
    expect(times(build, 'reduced_proc_stat.log')).toEqual([1, 2, 3]);
    expect([...series(build, 'cpu.user').values]).toEqual([0.6, 0, Number.NaN]);
    expect([...series(build, 'memory.free').values]).toEqual([40 * 1024]);
  });

  test('18: a pressure difference is a share of the time since the sample before, which may be two seconds', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'reduced_proc_meminfo.log': log([1, 2, 4, 5].map((second) => [second, '100 50 1 2 0 0'])),
      'reduced_proc_pressure/cpu.log': log([
        [2, '10.0 5.0 1.0 250000'],
        [4, '10.0 5.0 1.0 1500000'],
        [5, '10.0 5.0 1.0 1250000'],
      ]),
    });
    expect([...series(build, 'pressure.cpu.stall').values]).toEqual([0.25, 0.75, 1]);
    expect(series(build, 'pressure.cpu.avg10')).toMatchObject({ unit: 'percent', limit: 100 });
  });

  test('18: a look at the free space between two samples does not shorten the time between them', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'reduced_proc_diskstats.log': log([
        [1, '100.0 0.0 0.5'],
        [2, '200.0 0.0 0.5'],
      ]),
      'reduced_proc_meminfo.log': log([1, 2, 4].map((second) => [second, '100 50 1 2 0 0'])),
      'reduced_proc_net.log': log([
        [2, 'eth0: 10 10 0 0'],
        [4, 'eth0: 4010 2010 4000 2000'],
      ]),
      'reduced_proc_pressure/cpu.log': log([
        [2, '10.0 5.0 1.0 250000'],
        [4, '10.0 5.0 1.0 500000'],
      ]),
      'monitor_disk.log': log([1, 2, 3, 4].map((second) => [second, '/dev/sda1: 1000'])),
    });
    expect([...series(build, 'pressure.cpu.stall').values]).toEqual([0.25, 0.25]);
    expect([...series(build, 'net.eth0.rx').values]).toEqual([Number.NaN, 2000]);
    expect(times(build, 'reduced_proc_diskstats.log')).toEqual([2, 4]);
  });

  test('19: diskstats of zeros throughout are not an idle disk', () => {
    const zeros = (from: number) => Array.from({ length: 6 }, (_, i): [number, string] => [from + i, '0.0 0.0 0.0']);
    for (const rows of [zeros(1), [[1, '36384 301988 1.0'] as [number, string], ...zeros(2)]]) {
      const build = read({ build_stats: BUILD_STATS, 'reduced_proc_diskstats.log': log(rows) });
      const read1 = series(build, 'disk.read');
      expect(read1.marks).toContain('not-recorded');
      expect([...read1.values].slice(1).every(Number.isNaN)).toBe(true);
    }
  });

  test('19: throughput is a hundredth of what is written, utilisation unknown from 1 % on, times are ends of intervals', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'reduced_proc_meminfo.log': log([1, 2, 4].map((second) => [second, '100 50 1 2 0 0'])),
      'reduced_proc_diskstats.log': log([
        [1, '100.0 20000.0 0.5'],
        [2, '300.0 0.0 1.0'],
      ]),
    });
    expect([...series(build, 'disk.read').values]).toEqual([1024, 3 * 1024]);
    expect([...series(build, 'disk.write').values]).toEqual([200 * 1024, 0]);
    expect([...series(build, 'disk.util').values]).toEqual([0.005, Number.NaN]);
    expect(series(build, 'disk.util').marks).toEqual(['corrected', 'saturated']);
    expect(series(build, 'disk.read').marks).toEqual(['corrected']);
    expect(times(build, 'reduced_proc_diskstats.log')).toEqual([2, 4]);
  });

  test('19: a second of several disk samples is their mean; one saturated sample makes its utilisation unknown', () => {
    const stat = log([
      [2, '0.5 0.2 0.1'],
      [2, '0.5 0.2 0.1'],
      [2, '0.0 0.0 0.0'],
      [3, '0.5 0.2 0.1'],
    ]);
    const disk = log([
      [1, '100.0 0.0 0.5'],
      [1, '0.0 0.0 1.0'],
      [1, '900.0 0.0 0.2'],
      [2, '100.0 0.0 0.5'],
    ]);
    const build = read({ build_stats: BUILD_STATS, 'reduced_proc_stat.log': stat, 'reduced_proc_diskstats.log': disk });
    // The third sample lies within a clock tick of the second: left out, as in the CPU shares.
    expect([...series(build, 'disk.read').values]).toEqual([512, 1024]);
    expect([...series(build, 'disk.util').values]).toEqual([Number.NaN, 0.005]);
  });

  test('19: on an NVMe disk the figures may count twice', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'reduced_proc_diskstats.log': log([[1, '100.0 20000.0 0.5']]),
      'monitor_disk.log': log([[1, '/dev/nvme0n1p2: 5']]),
    });
    expect(series(build, 'disk.read').marks).toEqual(['corrected', 'may-double-count']);
  });

  test('20: files have their own number of samples; swap is used when its free part reaches 0', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'reduced_proc_meminfo.log': log([
        [1, '1000 500 10 20 100 100'],
        [2, '1000 400 10 20 100 0'],
      ]),
      'reduced_proc_stat.log': log([[2, '0.5 0.25 0.125']]),
    });
    expect(times(build, 'reduced_proc_meminfo.log')).toEqual([1, 2]);
    expect(times(build, 'reduced_proc_stat.log')).toEqual([2]);
    expect([...series(build, 'memory.swap').values]).toEqual([0, 100 * 1024]);
    expect(series(build, 'memory.swap').limit).toBe(100 * 1024);
    expect([...series(build, 'memory.used').values]).toEqual([470 * 1024, 570 * 1024]);
    expect(build.host.memoryBytes).toBe(1000 * 1024);
  });

  test('21: two volumes with one figure are one volume', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'monitor_disk.log': log([
        [1, '/dev/sda3: 5\noverlay: 5\n/dev/sdb1: 6'],
        [2, '/dev/sda3: 7\noverlay: 7\n/dev/sdb1: 6'],
      ]),
    });
    expect(series(build, 'space./dev/sda3').marks).toEqual([]);
    expect(series(build, 'space.overlay').marks).toEqual(['may-double-count']);
    expect(series(build, 'space./dev/sdb1').marks).toEqual([]);
  });

  test('22: without pressure files, or with empty ones, there is no pressure', () => {
    const build = read({ build_stats: BUILD_STATS, 'reduced_proc_pressure/memory.log': '', 'monitor_disk.log': '' });
    expect(build.samples).toEqual([]);
    expect(codes(build)).toEqual([]);
  });

  test('network differences are rates; the first one and a wrapped counter are unknown', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'reduced_proc_net.log': log([
        [1, 'lo: 100 100 0 0\neth0: 5000 10 0 0'],
        [2, 'lo: 300 300 200 200\neth0: 9096 10 4096 0'],
        [4, 'lo: 300 300 0 0\neth0: 5 10 -9091 0'],
      ]),
    });
    expect([...series(build, 'net.eth0.rx').values]).toEqual([Number.NaN, 4096, Number.NaN]);
    expect([...series(build, 'net.lo.tx').values]).toEqual([Number.NaN, 200, 0]);
  });
});

describe('joining', () => {
  test('23: the name of a build is its directory, its start what build_stats says', () => {
    const build = read({ build_stats: BUILD_STATS }, '20240607082941');
    expect(build.name).toBe('20240607082941');
    expect(build.startedMs).toBe(T * 1000);
  });

  test('24: a path inside the data stays text, whatever it points to', () => {
    const build = read({
      build_stats: BUILD_STATS.replace('Elapsed', 'Uncompressed Rootfs size: 1M\t/kitchen/../../etc/passwd\nElapsed'),
    });
    expect(build.rootfsSizes[0]?.path).toBe('/kitchen/../../etc/passwd');
  });
});

describe('several runs in one file', () => {
  const block = (pf: string, name: string, from: number, to: number, lines: string) =>
    task(pf, name, from, to, lines).slice(begun(from).length);

  test('interleaved runs of two multiconfigs each keep their own numbers, whichever ends first', () => {
    const text = `${begun(3)}${begun(3.4)}${block('a-1-r0', 'do_compile', 3.4, 5.5, 'IO rchar: 111\n')}${block('a-1-r0', 'do_compile', 3, 9, 'IO rchar: 222\n')}`;
    const build = read({ build_stats: BUILD_STATS, 'a-1-r0/do_compile': text });
    expect([row(build, 0), row(build, 1)]).toMatchObject([
      { walltime: 6, 'io.rchar': 222 },
      { walltime: 2.1, 'io.rchar': 111 },
    ]);
  });

  test('a run after a killed one is not measured from the killed one', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'a-1-r0/do_compile': begun(1) + task('a-1-r0', 'do_compile', 20, 22),
    });
    expect([row(build, 0).outcome, row(build, 1).outcome]).toEqual(['unfinished', 'succeeded']);
    expect(row(build, 1).walltime).toBe(2);
  });

  test('the end of a cut number does not swallow the run that was appended behind it', () => {
    const cut = `${begun(1)}a-1-r0: do_compile\nIO rchar: 21`;
    const build = read({
      build_stats: BUILD_STATS,
      'a-1-r0/do_compile': `${cut}${task('a-1-r0', 'do_compile', 20, 22, 'IO rchar: 7\n')}`,
    });
    expect([...build.tasks.values.get('io.rchar')!]).toEqual([Number.NaN, 7]);
  });

  test('a key set of two multiconfigs starts at the first and ends at the last', () => {
    const head = 'Host Info: Linux vm 6.18 #1 x86_64 \nBuild Started: ';
    const build = read({
      build_stats: `${head}${T}.00 \n${head}${T + 2}.00 \nElapsed time: 10.00 seconds \nElapsed time: 9.50 seconds \n`,
    });
    expect(build).toMatchObject({ startedMs: T * 1000, endedMs: (T + 11.5) * 1000, outcome: 'succeeded' });
  });

  test('a directory that every build appends to holds several builds, tasks and samples divided by time', () => {
    const one = (from: number) => BUILD_STATS.replace(`${T}.00`, `${T + from}.00`);
    const builds = readAll(
      {
        build_stats: one(0) + one(1000),
        'a-1-r0/do_compile': task('a-1-r0', 'do_compile', 1, 3) + task('a-1-r0', 'do_compile', 1001, 1005),
        'reduced_proc_stat.log': `${T + 2}\n0.5 0.1 0.0\n\n${T + 1002}\n0.6 0.1 0.0\n\n`,
      },
      'nightly',
    );
    expect(builds.map((build) => [build.startedMs, build.tasks.length, row(build, 0).walltime])).toEqual([
      [T * 1000, 1, 2],
      [(T + 1000) * 1000, 1, 4],
    ]);
    expect(builds.map((build) => [...series(build, 'cpu.user').values])).toEqual([[0.5], [0.6]]);
  });
});

describe('hostile input', () => {
  test('a line without an end is passed over in bounded time and memory, whatever file it is in', () => {
    const endless = encoder.encode('1 '.repeat(1 << 19));
    const reader = new BuildstatsReader({ name: 'x', location: 'x', nowMs: T * 1000 });
    const frames = reader.openSampleFile('reduced_proc_stat.log');
    frames.push(encoder.encode(`${T}\n`));
    const from = performance.now();
    for (let piece = 0; piece < 64; piece++) frames.push(endless);
    frames.push(encoder.encode(`\n0.5 0.25 0.125\n\n`));
    frames.end();
    for (const file of ['build_stats', 'a-1-r0/do_compile']) reader.addFile(file, endless);
    const build = reader.finish();
    expect([...series(build, 'cpu.user').values]).toEqual([0.5]);
    expect(build.tasks.length).toBe(0);
    // 64 MiB; a pattern that went back over it would take minutes.
    expect(performance.now() - from).toBeLessThan(5000);
  });

  test('of a line of many numbers the first 64 are read, none of them cut', () => {
    const wide = Array.from({ length: 100 }, (_, i) => String(1000 + i).padStart(120)).join(' ');
    const build = read({ build_stats: BUILD_STATS, 'x.log': `${T}\n${wide}\n\n${T + 1}\n5\n\n` });
    expect([...series(build, 'x.c0').values]).toEqual([1000, 5]);
    expect([...series(build, 'x.c63').values]).toEqual([1063, Number.NaN]);
    expect(build.samples[0]?.series).toHaveLength(64);
  });
});

describe('what is discovered', () => {
  test('a metric that nobody heard of has a column, a guessed unit and a sum', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'a-1-r0/do_compile': task(
        'a-1-r0',
        'do_compile',
        1,
        2,
        'IO foo_bytes: 5\nGPU busy time: 2.5 s\nPeak swap: 7 kB\n',
      ),
    });
    const found = build.tasks.metrics.filter((metric) => metric.guessed);
    expect(found.map(({ id, unit, aggregation }) => [id, unit, aggregation])).toEqual([
      ['io.foo_bytes', 'B', 'sum'],
      ['gpu_busy.time', 's', 'sum'],
      ['peak.swap', 'KiB', 'max'],
    ]);
    expect(row(build, 0)).toMatchObject({ 'io.foo_bytes': 5, 'gpu_busy.time': 2.5, 'peak.swap': 7 });
  });

  test('a sample file that nobody heard of has series', () => {
    const build = read({
      build_stats: BUILD_STATS,
      'gpu.log': `${T + 1}\n42.5 7\n\n`,
      'temps.log': `${T + 1}\ncore0: 55\n\n`,
    });
    expect(series(build, 'gpu.c0')).toMatchObject({ guessed: true });
    expect([...series(build, 'gpu.c1').values]).toEqual([7]);
    expect([...series(build, 'temps.core0').values]).toEqual([55]);
  });

  test('a task file of a thousand different numbers gives a bounded table and a problem', () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `made up ${i}x: ${i}\n`).join('');
    const build = read({ build_stats: BUILD_STATS, 'a-1-r0/do_compile': task('a-1-r0', 'do_compile', 1, 2, lines) });
    expect(build.tasks.metrics.filter((metric) => metric.guessed)).toHaveLength(256);
    expect(codes(build)).toEqual(['too-many-metrics']);
    expect(row(build, 0).walltime).toBe(1);
  });
});

describe('reading less', () => {
  const files = {
    build_stats: BUILD_STATS,
    'a-1-r0/do_compile': task('a-1-r0', 'do_compile', 1, 3, 'utime: 1\nIO read_bytes: 5\nIO rchar: 7\n'),
    'a-1-r0/do_install': `${begun(3)}${begun(3.5)}${task('a-1-r0', 'do_install', 3, 5).slice(begun(3).length)}`,
  };

  function readSome(metrics: readonly string[]): Build {
    const reader = new BuildstatsReader({ name: 'x', location: 'x', nowMs: T * 1000 + 1e10, metrics });
    for (const [path, text] of Object.entries(files)) reader.addFile(path, encoder.encode(text));
    return reader.finish();
  }

  test('only starts and ends: the same rows as a full reading', () => {
    const some = readSome([]);
    const all = read(files, 'x');
    expect(some.tasks.metrics.map((metric) => metric.id)).toEqual(['walltime']);
    expect(some.tasks.startMs).toEqual(all.tasks.startMs);
    expect(some.tasks.endMs).toEqual(all.tasks.endMs);
    expect(some.tasks.outcome).toEqual(all.tasks.outcome);
  });

  test('a derived metric brings what it is made of, and nothing else', () => {
    expect(readSome(['read_bytes']).tasks.metrics.map((metric) => metric.id)).toEqual([
      'io.read_bytes',
      'walltime',
      'read_bytes',
    ]);
  });

  test('text of a plain file gives what its bytes give; any other is refused', () => {
    const texts = [
      files['a-1-r0/do_compile'],
      files['a-1-r0/do_install'],
      begun(1),
      '',
      `${files['a-1-r0/do_compile']}x`,
    ];
    const accepted = texts.map((text) => {
      const reader = new BuildstatsReader({ name: 'x', location: 'x', nowMs: 0, metrics: [] });
      const recipe = reader.recipe('a-1-r0');
      if (recipe === null) throw new Error('no recipe');
      const done = reader.addTaskText(recipe, 'do_compile', text);
      const { tasks } = reader.finish();
      if (done) expect([tasks.startMs[0], tasks.endMs[0]]).toEqual([(T + 1) * 1000, (T + 3) * 1000]);
      else expect(tasks.length).toBe(0);
      return done;
    });
    expect(accepted).toEqual([true, false, false, false, false]);
  });
});
