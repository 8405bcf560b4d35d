/** What is written and read again is the same build, down to what is not recorded; and nothing makes the reader throw. */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BUILD_OUTCOMES, type Build, LOG_KINDS, type Recipe } from '../../model/build.ts';
import { deriveMetrics } from '../../model/derive-metrics.ts';
import { blankBuild } from '../../model/draw-build.ts';
import { metricFor } from '../../model/metric-registry.ts';
import { assembleTasks, graphOf, type TaskRow } from '../../model/task-rows.ts';
import { TASK_OUTCOMES, TASK_RUNNING } from '../../model/task-table.ts';
import { NATIVE_PACKING } from '../open/native-packing.ts';
import { openBuilds } from '../open/open-builds.ts';
import { CellBudget, decodeColumns, encodeColumns, scaled } from './columns.ts';
import { RecordReader } from './reader.ts';
import { writeRecord } from './writer.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const ID = '3f0c6f2e-8f7b-4b52-9a59-2f3f1f3c0001';
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function roundTrip(build: Build): Build {
  const { lines, graph } = writeRecord(build, { id: ID, writer: 'test 1', packing: NATIVE_PACKING, digest });
  const reader = new RecordReader({ location: 'x', packing: NATIVE_PACKING });
  const bytes = new TextEncoder().encode(lines.join(''));
  // In pieces that end anywhere.
  for (let at = 0; at < bytes.length; at += 997) reader.push(bytes.subarray(at, at + 997));
  reader.end();
  expect(reader.head?.id).toBe(ID);
  expect(reader.graph?.blob).toBe(graph?.sha256);
  return reader.snapshot({ running: build.outcome === 'running', graph: graph?.bytes });
}

function expectSame(build: Build): void {
  const { sources: _, ...again } = roundTrip(build);
  const { sources: __, ...before } = build;
  // The difference is shown by toEqual, which takes a key __proto__ for a prototype.
  if (!isDeepStrictEqual(again, before)) expect(again).toEqual(before);
  expect(isDeepStrictEqual(again, before)).toBe(true);
}

test.each(['fixtures/buildstats', 'fixtures/eventlog/failed-keep-going.json.gz', 'fixtures/eventlog/no-provider.json'])(
  'the builds of %s come back as they were',
  async (path) => {
    let builds = 0;
    for await (const build of openBuilds(join(ROOT, path), { nowMs: Date.UTC(2026, 10, 21, 12) })) {
      expectSame(build);
      builds++;
    }
    expect(builds).toBeGreaterThan(0);
  },
);

const MS = Date.UTC(2026, 0, 1);
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    '<img src=x onerror=alert(1)>',
    '\u001b[2J',
    '../../etc/passwd',
    '"',
    '\\',
  ),
);
// V8 of Node 24 reads a key `"` as `\\` where it has read a key `\\` in that place before; no name ends in one.
const key = text.filter((name) => !name.endsWith('\\'));
const object = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record<T>(model, { noNullPrototype: true });
const orNull = <T>(arb: fc.Arbitrary<T>) => fc.option(arb, { nil: null });
const time = fc.oneof(fc.integer({ min: MS, max: MS + 9e7 }), fc.constantFrom(0, 1000, 2 ** 31 * 1000, -5000));
const orNaN = (arb: fc.Arbitrary<number>) => fc.oneof(arb, fc.constant(Number.NaN));
const value = fc.oneof(
  fc.integer({ min: -1000, max: 1e6 }),
  fc.integer({ min: 0, max: 1e8 }).map((n) => n / 1e6),
  fc.double({ noNaN: true }),
  fc.constant(Number.NaN),
);
const METRICS = [
  'utime',
  'io.read_bytes',
  'rusage.ru_utime',
  'rusage.ru_stime',
  'rusage.ru_inblock',
  'new.thing_ms',
  '__proto__',
];

const recipe: fc.Arbitrary<Recipe> = object({
  pf: fc.constantFrom('a-1.0-r0', 'b-2-r1', 'c', 'zlib-native-1.3-r0'),
  pn: fc.constantFrom('a', 'b', 'zlib-native'),
  pe: orNull(text),
  pv: orNull(text),
  pr: orNull(text),
  guessed: fc.boolean(),
  mc: fc.constantFrom('', 'musl'),
  layer: orNull(text),
  file: orNull(text),
});
const task = fc.constantFrom('do_compile', 'do_install', '__proto__', 'do_package_setscene');
const hash = fc.oneof(
  fc.constant(''),
  fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map((n) => n.toString(16).padStart(16, '0')),
);

const drawn: fc.Arbitrary<Build> = object({
  recipes: fc.uniqueArray(recipe, { minLength: 1, maxLength: 4, selector: ({ mc, pf }) => `${mc} ${pf}` }),
  rows: fc.array(
    object({
      recipe: fc.nat(),
      task,
      outcome: fc.nat({ max: TASK_OUTCOMES.length - 1 }),
      startMs: orNaN(time),
      endMs: orNaN(time),
      queuedMs: orNaN(time),
      hash,
      pid: orNaN(fc.integer({ min: 1, max: 4e6 })),
      values: fc.array(value, { minLength: METRICS.length, maxLength: METRICS.length }),
    }),
    { maxLength: 30 },
  ),
  edges: orNull(fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 })),
  outcome: fc.constantFrom(...BUILD_OUTCOMES),
  times: object({ startedMs: time, endedMs: time, endEstimated: fc.boolean() }),
  facts: object({
    name: text,
    targets: orNull(fc.array(text, { maxLength: 3 })),
    images: orNull(fc.array(text, { maxLength: 3 })),
    machine: orNull(text),
    distro: orNull(text),
    distroVersion: orNull(text),
    builder: orNull(text),
    builderId: orNull(text),
    jobId: orNull(text),
    bitbakeVersion: orNull(text),
    variables: fc.dictionary(key, text, { maxKeys: 4, noNullPrototype: true }),
    extras: fc.dictionary(key, text, { maxKeys: 4, noNullPrototype: true }),
    layers: fc.array(
      object({ name: text, branch: orNull(text), commit: orNull(text), modified: orNull(fc.boolean()) }),
      { maxLength: 3 },
    ),
    messages: fc.array(
      object({ level: fc.constantFrom('warning', 'error'), timeMs: orNull(time), logger: orNull(text), text }),
      { maxLength: 3 },
    ),
    qaIssues: fc.array(
      object({
        qaClass: orNull(text),
        severity: fc.constantFrom('warning', 'error'),
        pf: orNull(text),
        task: orNull(text),
        message: text,
      }),
      { maxLength: 3 },
    ),
    phases: fc.uniqueArray(
      object({
        id: text,
        label: text,
        startMs: time,
        endMs: time,
        estimated: fc.boolean(),
        detail: orNull(text),
      }),
      { maxLength: 3, selector: ({ id, startMs }) => `${startMs} ${id}` },
    ),
    rootfsSizes: fc.array(object({ path: text, text, bytes: orNull(fc.nat()) }), { maxLength: 2 }),
    problems: fc.array(
      object({
        severity: fc.constantFrom('note', 'warning', 'error'),
        code: fc.constantFrom('task-unfinished', 'x-1'),
        message: text,
        file: orNull(text),
        line: orNull(fc.nat()),
      }),
      { maxLength: 2 },
    ),
  }),
  samples: fc.uniqueArray(
    object({
      source: text,
      times: fc.uniqueArray(fc.nat({ max: 9e6 }), { minLength: 1, maxLength: 20 }),
      values: fc.array(fc.array(value, { minLength: 20, maxLength: 20 }), { minLength: 1, maxLength: 3 }),
      id: text,
      note: orNull(text),
      limit: orNull(fc.integer()),
    }).map(({ source, times, values, id, note, limit }) => ({
      source,
      timeMs: Float64Array.from(times, (t) => MS + t).sort(),
      series: values.map((column, i) => ({
        id: `${id}${i}`,
        label: id,
        unit: 'B/s' as const,
        values: Float64Array.from(times, (_, t) => column[t]!),
        limit,
        marks: i === 0 ? (['saturated', 'corrected'] as const) : [],
        note,
        guessed: i === 1,
      })),
    })),
    { maxLength: 3, selector: ({ source }) => source },
  ),
  failures: fc.array(object({ row: fc.nat(), cause: orNull(text), logPath: orNull(text) }), { maxLength: 4 }),
  logs: fc.array(
    object({
      row: fc.nat(),
      kind: fc.constantFrom(...LOG_KINDS),
      bytes: fc.nat(),
      originalBytes: orNull(fc.nat()),
    }),
    { maxLength: 4 },
  ),
}).map((parts): Build => {
  const running = parts.outcome === 'running';
  const used = [...new Set(parts.rows.map((row) => row.recipe % parts.recipes.length))];
  const recipes = used.map((i) => parts.recipes[i]!);
  const rows = parts.rows.map(
    (row): TaskRow => ({
      ...row,
      recipe: used.indexOf(row.recipe % parts.recipes.length),
      outcome: row.outcome === TASK_RUNNING && !running ? 0 : row.outcome,
    }),
  );
  const metrics = METRICS.filter((_, m) => parts.rows.some((row) => !Number.isNaN(row.values[m]))).map((id) =>
    metricFor(id),
  );
  const values = new Map(
    metrics.map(({ id }) => [id, Float64Array.from(parts.rows, (row) => row.values[METRICS.indexOf(id)]!)]),
  );
  const { recipes: sorted, table, rowOf } = assembleTasks(recipes, rows, metrics, values);
  const derived = deriveMetrics(table);
  const tasks = {
    ...table,
    metrics: [...table.metrics, ...derived.map(({ metric }) => metric)],
    values: new Map([...table.values, ...derived.map(({ metric, values: column }) => [metric.id, column] as const)]),
  };
  const n = rows.length;
  const nodeOf = (row: number) =>
    `${sorted[table.recipe[row]!]!.mc} ${sorted[table.recipe[row]!]!.pn} ${table.task[row]}`;
  // A graph knows tasks, not runs of them; so in drawings with one every task ran once.
  const graph =
    parts.edges === null || new Set(Array.from({ length: n }, (_, r) => nodeOf(r))).size < n
      ? null
      : graphOf(n, n === 0 ? [] : parts.edges.map(([a, b]): [number, number] => [a % n, b % n]));
  const nameOf = (row: number | null) =>
    row === null
      ? { row, pf: 'elsewhere', task: null, mc: '' }
      : {
          row,
          pf: sorted[table.recipe[row]!]!.pf,
          task: table.taskNames[table.task[row]!]!,
          mc: sorted[table.recipe[row]!]!.mc,
        };
  // Of several runs of a task that nothing tells apart, nobody can say which one failed.
  const told = (row: number) => `${table.recipe[row]} ${table.task[row]}`;
  const once = (row: number) => Array.from(rowOf, told).filter((name) => name === told(row)).length === 1;
  const rowFor = (pick: number) => (n === 0 || !once(rowOf[pick % n]!) ? null : rowOf[pick % n]!);
  return {
    ...blankBuild(''),
    ...parts.facts,
    ...parts.times,
    ...(running ? { endedMs: null, endEstimated: false } : {}),
    outcome: parts.outcome,
    recipes: sorted,
    tasks,
    graph,
    samples: parts.samples.sort((a, b) => (a.source < b.source ? -1 : 1)),
    failures: parts.failures.map(({ row, cause, logPath }) => ({ ...nameOf(rowFor(row)), cause, logPath })),
    logs: parts.logs.map(({ row, kind, bytes, originalBytes }) => ({
      kind,
      ...nameOf(rowFor(row)),
      blob: 'ab'.repeat(32),
      bytes,
      originalBytes,
    })),
  };
});

test('any build that can be drawn comes back as it was', () => {
  fc.assert(
    fc.property(drawn, (build) => expectSame(build)),
    { numRuns: 300 },
  );
});

test('any column of numbers comes back as it was', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 200 }), (values) => {
      const line = { rows: values.length, ...encodeColumns(values.length, [{ id: 'x', values }], NATIVE_PACKING) };
      const { numbers } = decodeColumns(line, NATIVE_PACKING, new CellBudget());
      expect([...scaled(numbers[0]!)]).toEqual(values);
    }),
    { numRuns: 500 },
  );
});

test('a column told by its distance to others comes back as it was', () => {
  const near = fc.array(fc.tuple(fc.integer({ min: 0, max: 1e6 }), value, fc.integer({ min: 0, max: 3 })), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(near, (cells) => {
      const a = cells.map(([n]) => n * 8);
      const b = cells.map(([, other]) => other);
      const c = cells.map(([n, , off]) => (off === 3 ? Number.NaN : n * 8 * 512 + off * 4096));
      const of = [
        ['a', 512],
        ['b', 1],
        ['nobody', 7],
      ] as const;
      const columns = [
        { id: 'a', values: a },
        { id: 'b', values: b },
        { id: 'c', values: c, of: of.slice(0, 1) },
        { id: 'd', values: c, of },
      ];
      const line = { rows: cells.length, ...encodeColumns(cells.length, columns, NATIVE_PACKING) };
      const { numbers } = decodeColumns(line, NATIVE_PACKING, new CellBudget());
      expect(numbers.map((column) => [...scaled(column)])).toEqual([a, b, c, c]);
    }),
    { numRuns: 300 },
  );
});

test('a record cut at any byte gives the build of its whole lines', async () => {
  const first = await openBuilds(join(ROOT, 'fixtures/eventlog/no-provider.json')).next();
  const { lines } = writeRecord(first.value!, { id: ID, writer: 'test 1', packing: NATIVE_PACKING, digest });
  const bytes = new TextEncoder().encode(lines.join(''));
  for (let length = 0; length <= bytes.length; length++) {
    const reader = new RecordReader({ location: 'x', packing: NATIVE_PACKING });
    reader.push(bytes.subarray(0, length));
    reader.end();
    expect(reader.snapshot({ running: false }).problems.filter(({ code }) => code.startsWith('record-'))).toEqual([]);
  }
});

test('lines with anything in them throw nothing and lose nothing beside them', () => {
  const keys = [
    'rows',
    'columns',
    'data',
    'names',
    'from',
    'pf',
    'pn',
    'series',
    'lines',
    'file',
    'tasks',
    'blob',
    'host',
    'layers',
    'kind',
    'startMs',
    'endMs',
    'id',
    'bytes',
  ];
  const types = [
    'build',
    'recipes',
    'tasks',
    'running',
    'graph',
    'phase',
    'samples',
    'series',
    'failure',
    'log',
    'qa',
    'message',
    'size',
    'problem',
    'end',
    'record',
    '__proto__',
  ];
  const anything = fc.dictionary(fc.constantFrom(...keys), fc.jsonValue({ maxDepth: 3 }), {
    maxKeys: 8,
    noNullPrototype: true,
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...types), anything), { maxLength: 6 }), (lines) => {
      const reader = new RecordReader({ location: 'x', packing: NATIVE_PACKING });
      const all = [
        '{"type":"record","format":1}',
        ...lines.map(([type, rest]) => JSON.stringify({ ...rest, type, ...(type === 'record' ? { format: 1 } : {}) })),
        '{"type":"message","level":"error","text":"still here"}',
      ];
      reader.push(new TextEncoder().encode(`${all.join('\n')}\n`));
      const build = reader.snapshot({ running: true });
      expect(build.messages.at(-1)?.text).toBe('still here');
    }),
    { numRuns: 1000 },
  );
});
