import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Build } from '../../model/build.ts';
import { RECIPES_MAX, RECORD_CELLS_MAX, RECORD_LINE_BYTES_MAX, RECORD_NUMBERED_LINES_MAX } from '../../model/limits.ts';
import { TASK_OUTCOMES } from '../../model/task-table.ts';
import { NATIVE_PACKING } from '../open/native-packing.ts';
import { openBuilds } from '../open/open-builds.ts';
import { type ColumnToWrite, encodeColumns } from './columns.ts';
import { RecordReader } from './reader.ts';

const ID = '3f0c6f2e-8f7b-4b52-9a59-2f3f1f3c0001';
const MS = Date.UTC(2026, 0, 1);
const RECORD = { type: 'record', format: 1, id: ID, writer: 'test 1' };
const RECIPES = { type: 'recipes', from: 0, pf: ['a-1.0-r0', 'b-2.0-r0'], pn: ['a', 'b'] };

function reading(lines: readonly object[], options: { running?: boolean; graph?: object } = {}): Build {
  const reader = new RecordReader({ location: '/builds/r1', packing: NATIVE_PACKING });
  reader.push(new TextEncoder().encode(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
  return reader.snapshot({
    running: options.running ?? false,
    graph: options.graph === undefined ? null : new TextEncoder().encode(JSON.stringify(options.graph)),
  });
}

function tasks(names: readonly string[], columns: Readonly<Record<string, readonly number[]>>): object {
  const list: ColumnToWrite[] = Object.entries(columns).map(([id, values]) => ({ id, values }));
  const rows = columns['@recipe']!.length;
  return { type: 'tasks', rows, names, ...encodeColumns(rows, list, NATIVE_PACKING) };
}

/** A row a line: recipe, task, outcome, start and end in seconds after MS. */
function rowsOf({ tasks: table, recipes }: Build): string[] {
  const second = (ms: number) => (Number.isNaN(ms) ? '-' : String((ms - MS) / 1000));
  return Array.from({ length: table.length }, (_, r) =>
    [
      `${recipes[table.recipe[r]!]!.pf}:${table.taskNames[table.task[r]!]}`,
      TASK_OUTCOMES[table.outcome[r]!],
      `${second(table.startMs[r]!)}..${second(table.endMs[r]!)}`,
    ].join(' '),
  );
}

const codes = (build: Build): string[] => build.problems.map(({ code, line }) => `${code}:${line}`);

const NAN = Number.NaN;
const TWO_RUNS = tasks(['do_compile', 'do_install'], {
  '@recipe': [1, 0],
  '@task': [1, 0],
  '@outcome': [1, 0],
  '@start': [MS + 5000, MS],
  '@end': [MS + 9000, MS + 5000],
  '@completed': [MS + 9040, MS + 4990],
  '@pid': [77, NAN],
  'rusage.ru_utime': [1.5, 2.25],
  new_thing_ms: [3, NAN],
});

test('facts of the build: later keys replace, host and variables are joined', () => {
  const build = reading([
    RECORD,
    { type: 'build', name: '20260101000000', startedMs: MS, machine: 'qemux86', host: { name: 'ws', cores: 8 } },
    { type: 'build', variables: { MACHINE: 'qemux86', A: '1' }, machine: 'qemuarm', builderId: 'ci' },
    { type: 'build', variables: { A: '2' }, host: { cores: 16 }, outcome: 'succeeded', endedMs: MS + 1000 },
    { type: 'end', atMs: MS + 1100 },
  ]);
  expect(build).toMatchObject({
    name: '20260101000000',
    machine: 'qemuarm',
    builderId: 'ci',
    host: { name: 'ws', cores: 16 },
    variables: { MACHINE: 'qemux86', A: '2' },
    outcome: 'succeeded',
    endedMs: MS + 1000,
    sources: [{ kind: 'record', location: '/builds/r1' }],
  });
});

test('task runs: recipes by number, whatever order lines have, derived metrics computed, the latency of @completed', () => {
  const build = reading([RECORD, TWO_RUNS, RECIPES]);
  expect(rowsOf(build)).toEqual(['a-1.0-r0:do_compile succeeded 0..5', 'b-2.0-r0:do_install failed 5..9']);
  const { values, metrics, pid } = build.tasks;
  expect([...values.get('walltime')!]).toEqual([5, 4]);
  expect([...values.get('latency.completion')!]).toEqual([0, 40]);
  expect([...values.get('new_thing_ms')!]).toEqual([NAN, 3]);
  expect(metrics.find(({ id }) => id === 'new_thing_ms')).toMatchObject({ unit: 'ms', guessed: true });
  expect([...pid!]).toEqual([NAN, 77]);
});

test('numbers in steps, and told by their distance to others', () => {
  // Two rows: recipes 0 and 1; ends MS + 20 and MS + 10; starts 30 and 10 ms before; 512 bytes a block, and one block more than rusage knows.
  const columns = [
    { id: '@recipe', width: 1 },
    { id: '@task', width: 0 },
    { id: '@outcome', width: 0 },
    { id: '@end', width: 1, min: MS + 10, step: 10 },
    { id: '@start', width: 1, min: -30, step: 20, of: [['@end', 1]] },
    { id: 'rusage.ru_oublock', width: 1, delta: true, step: 8 },
    { id: 'io.write_bytes', width: 0, min: 512, of: [['rusage.ru_oublock', 512]] },
  ];
  const cells = Uint8Array.of(0, 1, 1, 0, 0, 1, 2, 1);
  const build = reading([RECORD, RECIPES, { ...packed(columns, 2, cells), names: ['do_x'] }]);
  expect(codes(build)).toEqual([]);
  expect(rowsOf(build)).toEqual(['a-1.0-r0:do_x succeeded -0.01..0.02', 'b-2.0-r0:do_x succeeded 0..0.01']);
  expect([...build.tasks.values.get('rusage.ru_oublock')!]).toEqual([8, 0]);
  expect([...build.tasks.values.get('io.write_bytes')!]).toEqual([9 * 512, 512]);
});

test('a line that is like another has what it does not say from there', () => {
  const first = {
    ...tasks(['do_a', 'do_b'], { '@recipe': [0, 1], '@task': [0, 1], '@outcome': [0, 0], x: [3, 9] }),
    number: 7,
  };
  // Other numbers in the same columns, but for x, whose are larger.
  const like = (x: readonly number[], more: object): object => {
    const other = tasks([], { '@recipe': [1, 0], '@task': [1, 2], '@outcome': [0, 0], x }) as { columns: object[] };
    const columns = other.columns.slice(1);
    return { ...other, names: ['do_c'], like: 7, columns, ...more };
  };
  const build = reading([RECORD, RECIPES, first, like([300, 70_000], {})]);
  expect(codes(build)).toEqual([]);
  expect(rowsOf(build).map((row) => row.split(' ')[0])).toEqual([
    'a-1.0-r0:do_a',
    'a-1.0-r0:do_c',
    'b-2.0-r0:do_b',
    'b-2.0-r0:do_b',
  ]);
  expect([...build.tasks.values.get('x')!].sort((a, b) => a - b)).toEqual([3, 9, 300, 70_000]);
  for (const [more, why] of [
    [{ like: 8 }, 'it is like a line that is not there'],
    [{ like: 'x' }, 'it is like a line that is not there'],
    [{ type: 'samples' }, 'it is like a line that is not there'],
    [{ columns: [{ id: 'y', width: 0 }] }, 'it has columns that the line it is like has not'],
  ] as const) {
    const { problems, tasks: table } = reading([RECORD, RECIPES, first, like([1, 2], more)]);
    expect(problems.map(({ code }) => code)).toEqual(['record-line-broken']);
    expect(problems[0]!.message).toContain(why);
    expect(table.length).toBe(2);
  }
});

test('many short lines that are like one of 4,000 columns cost no more than long ones', () => {
  const columns = Array.from({ length: 4000 }, (_, i) => ({ id: `c${i}`, width: 0 }));
  const line = { type: 'tasks', rows: 0, names: [], columns, data: '', number: 1 };
  const many = Array.from({ length: 100_000 }, () => ({ type: 'tasks', like: 1, rows: 0 }));
  const { problems } = reading([RECORD, line, ...many]);
  // Sixteen of them are taken for what they say.
  expect(problems.some(({ message }) => message.includes('too many lines are like others'))).toBe(true);
  // And only so many of them are kept.
  const numbered = Array.from({ length: RECORD_NUMBERED_LINES_MAX + 1 }, (_, i) => ({ ...TWO_RUNS, number: i }));
  const after = reading([RECORD, RECIPES, ...numbered, { type: 'tasks', like: 0, rows: 0 }]);
  expect(codes(after)).toEqual([`record-line-broken:${numbered.length + 3}`]);
});

test('without an end a build runs while its writer does, and is lost else', () => {
  const running = {
    type: 'running',
    atMs: MS + 9000,
    tasks: [
      [0, 'do_install', MS + 6000, 88],
      [1, 'do_install', MS + 5000, 77],
    ],
  };
  const lines = [RECORD, RECIPES, TWO_RUNS, running];
  const alive = reading(lines, { running: true });
  expect(alive.outcome).toBe('running');
  expect(alive.endedMs).toBeNull();
  // The second of them is over by now: its row says so.
  expect(rowsOf(alive)[1]).toBe('a-1.0-r0:do_install running 6..-');
  expect(alive.tasks.length).toBe(3);
  const dead = reading(lines);
  expect(dead.outcome).toBe('lost');
  expect(rowsOf(dead)[1]).toBe('a-1.0-r0:do_install unfinished 6..-');
  expect([dead.endedMs, dead.endEstimated]).toEqual([MS + 9000, true]);
  // With an end, nothing runs.
  expect(reading([...lines, { type: 'end' }], { running: true }).tasks.length).toBe(2);
});

test('the graph: nodes without a row become rows', () => {
  const graph = {
    format: 1,
    recipes: [
      ['', 'a'],
      ['', 'b'],
      ['', 'c'],
    ],
    tasks: ['do_compile', 'do_install'],
    nodes: [0, 0, 0, 1, 1, 1, 2, 0],
    needs: [[], [0], [1, 3], []],
  };
  const lines = [RECORD, RECIPES, TWO_RUNS];
  const build = reading(lines, { graph });
  expect(rowsOf(build)).toEqual([
    'a-1.0-r0:do_compile succeeded 0..5',
    'a-1.0-r0:do_install not-run -..-',
    'b-2.0-r0:do_install failed 5..9',
    'c:do_compile not-run -..-',
  ]);
  expect([...build.graph!.offsets]).toEqual([0, 0, 1, 3, 3]);
  expect([...build.graph!.targets]).toEqual([0, 1, 3]);
  const current = reading([...lines, { type: 'build', restCurrent: true }], { graph });
  expect(rowsOf(current)[1]).toBe('a-1.0-r0:do_install existing -..-');
  for (const broken of [
    [],
    { format: 2 },
    { ...graph, needs: [[]] },
    { ...graph, needs: [[9], [], [], []] },
    { ...graph, nodes: [0, 0, 0, 1, 1, 1, 9, 0] },
  ]) {
    const without = reading(lines, { graph: broken });
    expect(without.graph).toBeNull();
    expect(codes(without)).toEqual(['record-graph-broken:null']);
    expect(without.tasks.length).toBe(2);
  }
});

test('failures, logs and sizes find their rows', () => {
  const twice = tasks(['do_compile'], {
    '@recipe': [0, 0],
    '@task': [0, 0],
    '@outcome': [1, 1],
    '@start': [MS, MS + 9000],
    '@pid': [5, 6],
  });
  const blob = '0a'.repeat(32);
  const build = reading([
    RECORD,
    { type: 'failure', recipe: 0, task: 'do_compile', pid: 6, cause: 'second' },
    { type: 'failure', recipe: 0, task: 'do_compile', pid: 5, cause: 'first' },
    { type: 'failure', pf: 'x', cause: 'no provider' },
    { type: 'failure', recipe: 1, task: 'do_fetch', cause: 'no row' },
    { type: 'log', kind: 'failure', recipe: 0, task: 'do_compile', pid: 6, blob, bytes: 9, originalBytes: 99 },
    { type: 'size', kind: 'package', name: 'a-dev', recipe: 0, bytes: 5, files: 1, fileList: blob },
    { type: 'log', kind: 'failure', recipe: 0, task: 'do_compile', blob: '../../etc/passwd', bytes: 1 },
    RECIPES,
    twice,
  ]);
  expect(build.failures.map(({ row, pf, cause }) => [row, pf, cause])).toEqual([
    [1, 'a-1.0-r0', 'second'],
    [0, 'a-1.0-r0', 'first'],
    [null, 'x', 'no provider'],
    [null, 'b-2.0-r0', 'no row'],
  ]);
  expect(build.logs).toEqual([
    { kind: 'failure', row: 1, pf: 'a-1.0-r0', task: 'do_compile', mc: '', blob, bytes: 9, originalBytes: 99 },
  ]);
  expect(build.sizes).toMatchObject([{ pf: 'a-1.0-r0', name: 'a-dev', files: 1, fileList: blob }]);
  expect(codes(build)).toEqual(['record-line-broken:8']);
});

/** What a client does with a sample file: every number that stands alone out of each frame, the rest is the template. */
function framesOf(file: string, text: string): object[] {
  const lines: object[] = [];
  const groups = new Map<string, string[][]>();
  for (const frame of text.split(/\n{2,}/).filter((part) => part.trim() !== '')) {
    const numbers: string[] = [];
    const template = frame.replace(
      /(^|[\s:,%])(-?\d+(?:\.\d+)?)(?=[\s:,%]|$)/gm,
      (_, before: string, number: string) => {
        numbers.push(number);
        return `${before}#`;
      },
    );
    groups.set(template, [...(groups.get(template) ?? []), numbers]);
  }
  for (const [template, rows] of groups) {
    const columns = rows[0]!.map((_, i) => ({ id: String(i), values: rows.map((row) => Number(row[i])) }));
    lines.push({
      type: 'samples',
      file,
      lines: template.split('\n'),
      rows: rows.length,
      ...encodeColumns(rows.length, columns, NATIVE_PACKING),
    });
  }
  return lines;
}

test.each(['real-04-sstate', 'era-2017-rocko', 'discovered'])(
  'samples of %s read as if the files were there',
  async (name) => {
    const folder = resolve(import.meta.dirname, '../../../fixtures/buildstats', name);
    const first = await openBuilds(folder).next();
    const build: Build = first.value!;
    const dir = build.sources[0]!.location;
    const lines = build.samples.flatMap(({ source }) => framesOf(source, readFileSync(join(dir, source), 'utf8')));
    expect(lines.length).toBeGreaterThan(0);
    expect(reading([RECORD, ...lines]).samples).toEqual(build.samples);
  },
);

test('frames of several templates come in the order of their times', () => {
  const second = Math.floor(MS / 1000);
  const text = [0, 1, 2, 3]
    .map((s) => `${second + s}\neth0: ${s} ${s} 10 20\n${s % 2 === 1 ? `docker0: ${s} ${s} 1 2\n` : ''}\n`)
    .join('');
  const lines = framesOf('reduced_proc_net.log', text);
  expect(lines).toHaveLength(2);
  const build = reading([RECORD, ...lines]);
  expect(build.problems).toEqual([]);
  expect(build.samples[0]!.timeMs).toHaveLength(4);
  expect([...build.samples[0]!.series.find(({ id }) => id === 'net.docker0.rx')!.values]).toEqual([NAN, NAN, NAN, 1]);
});

/** A line whose columns say one thing and whose data is another. */
function packed(columns: readonly object[], rows: number, data: Uint8Array): object {
  return { type: 'tasks', rows, names: ['do_x'], columns, data: deflateSync(data).toString('base64') };
}

test.each<[string, object]>([
  [
    'a bomb: 100 MB where ten bytes are announced',
    packed([{ id: '@recipe', width: 1 }], 10, new Uint8Array(100 << 20)),
  ],
  ['fewer bytes than announced', packed([{ id: '@recipe', width: 4 }], 10, new Uint8Array(39))],
  ['a width that there is not', packed([{ id: '@recipe', width: 3 }], 10, new Uint8Array(30))],
  ['a negative count of rows', packed([{ id: '@recipe', width: 1 }], -1, new Uint8Array(0))],
  ['a step of 0', packed([{ id: 'x', width: 1, step: 0 }], 1, new Uint8Array(1))],
  [
    'told by a column that comes later',
    packed(
      [
        { id: 'x', width: 0, of: [['y', 1]] },
        { id: 'y', width: 0 },
      ],
      1,
      new Uint8Array(0),
    ),
  ],
  ['told by itself', packed([{ id: 'x', width: 0, of: [['x', 1]] }], 1, new Uint8Array(0))],
  ['an of that is none', packed([{ id: 'x', width: 0, of: [['y', 2 ** 40]] }], 1, new Uint8Array(0))],
  ['a scale of 400', packed([{ id: 'x', width: 1, scale: 400 }], 1, new Uint8Array(1))],
  ['data that is no base64', { type: 'tasks', rows: 1, names: [], columns: [{ id: 'x', width: 1 }], data: '*<>*' }],
  [
    'more than is unpacked at once',
    packed(
      Array.from({ length: 200 }, (_, i) => ({ id: `${i}`, width: 8 })),
      1_900_000,
      new Uint8Array(9),
    ),
  ],
  [
    'a kilobyte that would be ten million numbers',
    packed(
      Array.from({ length: 100 }, (_, i) => ({ id: `${i}`, width: 0 })),
      100_000,
      new Uint8Array(0),
    ),
  ],
  [
    'a kilobyte that would be a million task runs',
    packed(
      [
        { id: '@recipe', width: 0 },
        { id: '@task', width: 0 },
        { id: '@outcome', width: 0 },
      ],
      1_000_000,
      new Uint8Array(0),
    ),
  ],
  [
    'more numbers than are read',
    packed(
      Array.from({ length: 200 }, (_, i) => ({ id: `${i}`, width: 0 })),
      RECORD_CELLS_MAX / 150,
      new Uint8Array(0),
    ),
  ],
  [
    '100,000 columns',
    packed(
      Array.from({ length: 100_000 }, (_, i) => ({ id: `${i}`, width: 0 })),
      1,
      new Uint8Array(0),
    ),
  ],
  ['no recipe', tasks(['do_x'], { '@recipe': [0], '@task': [0] })],
  [
    'a template of other places',
    {
      type: 'samples',
      file: 'x.log',
      lines: ['#', '# #'],
      rows: 1,
      ...encodeColumns(1, [{ id: '0', values: [1] }], NATIVE_PACKING),
    },
  ],
  [
    'times that go back',
    {
      type: 'series',
      source: 'x',
      series: [],
      rows: 2,
      ...encodeColumns(2, [{ id: '@time', values: [2, 1] }], NATIVE_PACKING),
    },
  ],
])('%s: a problem with the line, and the rest is there', (_, line) => {
  const started = performance.now();
  const build = reading([RECORD, RECIPES, line, TWO_RUNS]);
  expect(performance.now() - started).toBeLessThan(5000);
  expect(codes(build)).toEqual(['record-line-broken:3']);
  expect(build.tasks.length).toBe(2);
});

test('rows that name nothing are left out, and those beside them are not', () => {
  const line = tasks(['do_x'], {
    '@recipe': [0, 7, 0, 0, NAN],
    '@task': [0, 0, 3, 0, 0],
    '@outcome': [0, 0, 0, 99, 0],
    '@pid': [11, 12, 13, 14, 15],
  });
  const build = reading([RECORD, RECIPES, line]);
  expect(rowsOf(build)).toEqual(['a-1.0-r0:do_x succeeded -..-']);
  expect([...build.tasks.pid!]).toEqual([11]);
  expect(codes(build)).toEqual(['record-rows-left-out:3', 'record-rows-left-out:null']);
});

test('a line of a gigabyte is passed over in bounded memory', () => {
  const reader = new RecordReader({ location: 'x', packing: NATIVE_PACKING });
  reader.push(new TextEncoder().encode(`${JSON.stringify(RECORD)}\n{"type":"message","text":"`));
  const piece = new Uint8Array(16 << 20).fill(97);
  const before = process.memoryUsage().arrayBuffers;
  for (let size = 0; size < 2 ** 30; size += piece.length) reader.push(piece);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * RECORD_LINE_BYTES_MAX);
  reader.push(new TextEncoder().encode('"}\n{"type":"message","level":"error","text":"after"}\n'));
  const build = reader.snapshot({ running: false });
  expect(build.messages.map(({ text }) => text)).toEqual(['after']);
  expect(codes(build)).toEqual(['record-line-too-long:null']);
});

test('100,000 recipes are read, and one more is not', () => {
  const pn = Array.from({ length: RECIPES_MAX }, (_, i) => `r${i}`);
  const line = { '@recipe': [RECIPES_MAX - 1], '@task': [0], '@outcome': [0] };
  const build = reading([
    RECORD,
    { type: 'recipes', from: 0, pn },
    { type: 'recipes', from: RECIPES_MAX, pn: ['x'] },
    tasks(['do_x'], line),
  ]);
  expect(rowsOf(build)).toEqual([`r${RECIPES_MAX - 1}:do_x succeeded -..-`]);
  expect(codes(build)).toEqual(['too-many-recipes:3']);
});

test('clocks of 1970 and 2038 and beyond are times like others; what no clock can say is not recorded', () => {
  const times = [0, 2 ** 31 * 1000, 2 ** 32 * 1000, -1, 9e15];
  const n = times.length;
  const zero = new Array<number>(n).fill(0);
  const build = reading([
    RECORD,
    RECIPES,
    tasks(['do_x'], { '@recipe': zero, '@task': zero, '@outcome': zero, '@start': times }),
  ]);
  expect([...build.tasks.startMs]).toEqual([-1, 0, 2 ** 31 * 1000, 2 ** 32 * 1000, NAN]);
  expect(reading([RECORD, { type: 'build', startedMs: 1e300, endedMs: 'soon' }]).startedMs).toBeNull();
});

test('bytes that are no UTF-8 spoil their own characters only', () => {
  const reader = new RecordReader({ location: 'x', packing: NATIVE_PACKING });
  const bytes = new TextEncoder().encode(`${JSON.stringify(RECORD)}\n{"type":"build","machine":"q~mu"}\n`);
  reader.push(bytes.map((byte) => (byte === 126 ? 0xff : byte)));
  expect(reader.snapshot({ running: false }).machine).toBe('q\ufffdmu');
});

test('unknown lines, unknown keys, and a record of a later version', () => {
  const build = reading([RECORD, { type: 'hologram', x: 1 }, { type: 'build', machine: 'm', mood: 'good' }, {}]);
  expect(build.machine).toBe('m');
  expect(codes(build)).toEqual(['record-line-unknown:2', 'record-line-unknown:4']);
  const reader = new RecordReader({ location: 'x', packing: NATIVE_PACKING });
  reader.push(new TextEncoder().encode('{"type":"record","format":2}\n{"type":"build","machine":"m"}\n'));
  expect(reader.isRecord).toBe(false);
});

test('a record is found and opened as a directory, as a file and below a build folder; a young one runs', async () => {
  const { mkdirSync, utimesSync } = await import('node:fs');
  const root = mkdtempSync(join(tmpdir(), 'record-'));
  try {
    const dir = join(root, 'bakehouse', '20260101000000-3f0c6f2e');
    mkdirSync(dir, { recursive: true });
    mkdirSync(join(root, 'conf'));
    mkdirSync(join(root, 'tmp'));
    const file = join(dir, 'record.jsonl');
    writeFileSync(file, `${JSON.stringify(RECORD)}\n${JSON.stringify({ type: 'build', name: 'n' })}\n{"type":"bui`);
    const writtenMs = MS + 60_000;
    utimesSync(file, writtenMs / 1000, writtenMs / 1000);
    for (const path of [root, dir, file]) {
      const found: string[] = [];
      for await (const build of openBuilds(path, { nowMs: writtenMs + 1000 }))
        found.push(`${build.name} ${build.outcome}`);
      expect(found).toEqual(['n running']);
    }
    for await (const build of openBuilds(dir, { nowMs: writtenMs + 121_000 })) {
      expect(build.outcome).toBe('lost');
      expect(build.problems).toEqual([]);
    }
  } finally {
    rmSync(root, { recursive: true });
  }
});
