import { zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { drawBuild } from '../model/draw-build.ts';
import type { Metric } from '../model/metric.ts';
import { csvText } from './csv.ts';
import { parquetName, tasksCsv, tasksFile, tasksJson, tasksParquet } from './export-tasks.ts';
import { downloadName } from './file-name.ts';

const DRAWN = drawBuild(`
  glibc_2.44+git:do_compile   ..====  cputime=2.5 io.read_bytes=4096
  glibc_2.44+git:do_fetch     ==?
  mc:musl:zlib:do_compile     covered
`);
const UNITS: Readonly<Record<string, Metric['unit']>> = { cputime: 's', 'io.read_bytes': 'B' };
const BUILD = {
  ...DRAWN,
  tasks: { ...DRAWN.tasks, metrics: DRAWN.tasks.metrics.map((m) => ({ ...m, unit: UNITS[m.id] ?? m.unit })) },
};

/** A reader of RFC 4180 that knows nothing of the writer. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') {
        field += '"';
        i++;
      } else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') {
      row.push(field);
      field = '';
    } else if (c === '\r' && text[i + 1] === '\n') {
      rows.push([...row, field]);
      row = [];
      field = '';
      i++;
    } else field += c;
  }
  return rows;
}

describe('CSV', () => {
  test('a line a task run, units in the header, empty where not recorded', () => {
    expect(parseCsv(tasksCsv(BUILD))).toEqual([
      [
        'recipe',
        'version',
        'recipe_folder',
        'mc',
        'layer',
        'task',
        'outcome',
        'start [UTC]',
        'end [UTC]',
        'queued_estimated [UTC]',
        'cputime [s]',
        'io.read_bytes [B]',
      ],
      [
        'glibc',
        '2.44+git',
        'glibc-2.44+git-r0',
        '',
        '',
        'do_compile',
        'succeeded',
        '2026-01-01T00:00:02.000Z',
        '2026-01-01T00:00:06.000Z',
        '2026-01-01T00:00:00.000Z',
        '2.5',
        '4096',
      ],
      [
        'glibc',
        '2.44+git',
        'glibc-2.44+git-r0',
        '',
        '',
        'do_fetch',
        'unfinished',
        '2026-01-01T00:00:00.000Z',
        '',
        '',
        '',
        '',
      ],
      ['zlib', '1.0', 'zlib-1.0-r0', 'musl', '', 'do_compile', 'covered', '', '', '', '', ''],
    ]);
  });

  test('names that a spreadsheet would run are disarmed, unless the very text is asked for', () => {
    const hostile = { ...BUILD, recipes: BUILD.recipes.map((r) => ({ ...r, pn: '=cmd|"/c calc"!A0' })) };
    expect(parseCsv(tasksCsv(hostile))[1]![0]).toBe(`'=cmd|"/c calc"!A0`);
    expect(parseCsv(tasksCsv(hostile, false))[1]![0]).toBe('=cmd|"/c calc"!A0');
  });

  test('any text survives a round trip', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
        const line = `${csvText(text, false)},end\r\n`;
        // A lone carriage return is quoted too, so the line end cannot be faked.
        expect(parseCsv(line)).toEqual([[text, 'end']]);
        expect(csvText(text, true)).not.toMatch(/^"?[=+\-@\t\r]/);
      }),
    );
  });
});

test('JSON says null where nothing is recorded, and what each metric is measured in', () => {
  const parsed = JSON.parse(tasksJson(BUILD));
  expect(parsed.build).toMatchObject({ name: '20260101000000', outcome: 'lost' });
  expect(parsed.metrics.map((m: Metric) => [m.id, m.unit])).toEqual([
    ['cputime', 's'],
    ['io.read_bytes', 'B'],
  ]);
  expect(parsed.tasks[1]).toMatchObject({
    recipe: 'glibc',
    task: 'do_fetch',
    endMs: null,
    metrics: { cputime: null, 'io.read_bytes': null },
  });
  expect(parsed.tasks).toHaveLength(3);
});

async function readParquet(bytes: Uint8Array): Promise<Record<string, unknown>[]> {
  const file = bytes.slice().buffer;
  return parquetReadObjects({ file, compressors: { ZSTD: (input) => zstdDecompressSync(input) } });
}

describe('Parquet', () => {
  test('typed columns with units in their names, nulls where nothing is recorded', async () => {
    const bytes = tasksParquet(BUILD);
    expect(await readParquet(bytes)).toEqual([
      {
        recipe: 'glibc',
        version: '2.44+git',
        recipe_folder: 'glibc-2.44+git-r0',
        mc: '',
        layer: null,
        task: 'do_compile',
        outcome: 'succeeded',
        start: new Date('2026-01-01T00:00:02Z'),
        end: new Date('2026-01-01T00:00:06Z'),
        queued_estimated: new Date('2026-01-01T00:00:00Z'),
        cputime_s: 2.5,
        io_read_bytes: 4096n,
      },
      expect.objectContaining({
        task: 'do_fetch',
        outcome: 'unfinished',
        end: null,
        cputime_s: null,
        io_read_bytes: null,
      }),
      expect.objectContaining({ recipe: 'zlib', mc: 'musl', start: null, outcome: 'covered' }),
    ]);
    const metadata = parquetMetadata(bytes.slice().buffer);
    const units = metadata.key_value_metadata?.find((entry) => entry.key === 'bakehouse.units')?.value;
    expect(JSON.parse(units ?? '')).toMatchObject({ io_read_bytes: { metric: 'io.read_bytes', unit: 'B' } });
    expect(metadata.schema.find((s) => s.name === 'io_read_bytes')?.type).toBe('INT64');
  });

  test('every value comes back, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: null }), {
          minLength: 3,
          maxLength: 3,
        }),
        fc.constantFrom('B', 's'),
        async (values, unit) => {
          const column = Float64Array.from(values, (v) => v ?? Number.NaN);
          const metrics = [{ ...BUILD.tasks.metrics[0]!, id: 'x', unit } satisfies Metric];
          const build = { ...BUILD, tasks: { ...BUILD.tasks, metrics, values: new Map([['x', column]]) } };
          const rows = await readParquet(tasksParquet(build));
          const name = unit === 'B' ? 'x_bytes' : 'x_s';
          rows.forEach((row, i) => {
            const value = row[name];
            if (values[i] === null) expect(value).toBeNull();
            else expect(Number(value) + 0).toBe(values[i]! + 0);
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  test('an empty table is a file without rows; ids that give one name give two columns', async () => {
    const empty = drawBuild('a:do_compile  covered');
    expect(await readParquet(tasksParquet({ ...empty, tasks: { ...empty.tasks, length: 0 } }))).toEqual([]);
    const metric = BUILD.tasks.metrics[1]!;
    const metrics = [metric, { ...metric, id: 'io_read_bytes' }];
    const values = new Map(metrics.map((m) => [m.id, BUILD.tasks.values.get('io.read_bytes')!]));
    const [first] = await readParquet(tasksParquet({ ...BUILD, tasks: { ...BUILD.tasks, metrics, values } }));
    expect(first).toMatchObject({ io_read_bytes: 4096n, io_read_bytes_2: 4096n });
  });

  test('names carry units that they do not say already', () => {
    expect(parquetName({ id: 'walltime', unit: 's' })).toBe('walltime_s');
    expect(parquetName({ id: 'child_rusage.ru_maxrss', unit: 'KiB' })).toBe('child_rusage_ru_maxrss_kib');
    expect(parquetName({ id: 'effective_cores', unit: 'cores' })).toBe('effective_cores');
    expect(parquetName({ id: 'GPU Seconds!', unit: 'count' })).toBe('gpu_seconds');
  });
});

test('downloads are called after the build, in characters that every file system takes', () => {
  expect(tasksFile(BUILD, 'csv').fileName).toBe('20260101000000-tasks.csv');
  expect(downloadName('../../etc/passwd\n"x"', 'tasks', 'csv')).toBe('etc-passwd-x--tasks.csv');
  expect(downloadName('...', 'tasks', 'csv')).toBe('build-tasks.csv');
});
