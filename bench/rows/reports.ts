/**
 * The reports over years of a farm: 100,000 builds of 45 builders and twelve machines, one each quarter of an hour. The builds are rows alone,
 * copied from one that was stored, since these questions open none.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { showMatrix } from '../../src/operations/show-matrix.ts';
import { showWaterfall } from '../../src/operations/show-waterfall.ts';
import { memoryBlobs } from '../../src/store/blobs/index.ts';
import { openStore } from '../../src/store/index.ts';
import { CONSOLE } from '../../src/store/store.ts';
import { generateBuild } from '../generate.ts';
import { absolute, type Bench, type Row, type RowResult } from '../row.ts';
import { buildId } from './store.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2024, 0, 1);
const EVERY_MS = DAY_MS / 96;
const TARGETS = ['core-image-minimal', 'core-image-sato', 'core-image-full-cmdline', 'world', 'meta-toolchain'];

/** Above a tenth of a second an answer is waited for; all years at once may take three. */
const LIMITS = { window: 20, month: 100, whole: 300, matrix: 200 };

async function fill(file: string, builds: number): Promise<void> {
  const store = await openStore(`sqlite:${file}`);
  await store.saveBuild(buildId(0), {
    ...generateBuild({ tasks: 100, samplesHz: 0 }),
    startedMs: START,
    outcome: 'succeeded',
  });
  await store.close();
  const db = new DatabaseSync(file);
  const first = db.prepare('select * from builds').get() as Record<string, string | number | null>;
  const names = Object.keys(first).filter((name) => name !== 'number');
  const insert = db.prepare(`insert into builds (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`);
  const insertTarget = db.prepare('insert into build_targets (build, target) values (?, ?)');
  db.exec('begin');
  for (let i = 1; i < builds; i++) {
    const startMs = START + i * EVERY_MS;
    const durationMs = 600_000 + ((i * 7919) % 7200) * 1000;
    const target = TARGETS[i % TARGETS.length]!;
    const failed = i % 17 === 0;
    const build = {
      ...first,
      id: buildId(i),
      started_ms: startMs,
      order_ms: startMs,
      ended_ms: startMs + durationMs,
      duration_ms: durationMs,
      machine: `machine-${i % 12}`,
      builder: `builder-${(i * 7) % 45}`,
      branch: i % 4 === 0 ? 'scarthgap' : 'master',
      targets: JSON.stringify([target]),
      outcome: failed ? 'failed' : i % 101 === 0 ? 'interrupted' : 'succeeded',
      baseline: failed ? 0 : 1,
      first_failure: failed ? 'gcc:do_compile' : null,
      configuration: `${i % 12} ${target}`,
    } as Record<string, string | number | null>;
    const { lastInsertRowid } = insert.run(...names.map((name) => build[name] ?? null));
    insertTarget.run(lastInsertRowid, target);
  }
  db.exec('commit');
  db.close();
}

async function best(rounds: number, ask: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < rounds; i++) {
    const from = performance.now();
    await ask();
    least = Math.min(least, performance.now() - from);
  }
  return least;
}

async function measure(bench: Bench): Promise<RowResult[]> {
  const builds = bench.options.quick ? 5000 : 100_000;
  const rounds = bench.options.quick ? 2 : 7;
  bench.progress(`storing ${builds} builds, as rows`);
  const file = join(bench.scratch, 'reports.db');
  await fill(file, builds);
  const store = await openStore(`sqlite:${file}`);
  const context = {
    store,
    wholeStore: store,
    blobs: memoryBlobs(),
    viewer: CONSOLE,
    collector: null,
    now: () => START,
    version: '0',
    logRoots: [],
    sample: null,
    reportTemplate: null,
  };
  const endMs = START + builds * EVERY_MS;
  const waterfall = (days: number) => () =>
    showWaterfall(context, {
      filter: {},
      by: 'builder',
      window: { beginMs: endMs - days * DAY_MS, endMs },
      cells: 256,
    });
  const of = `of ${builds.toLocaleString('en')} builds`;
  const rows = [
    absolute(`waterfall, three days ${of}`, await best(rounds, waterfall(3)), 'ms', LIMITS.window, ''),
    absolute(`waterfall, a month ${of}, in cells`, await best(rounds, waterfall(30)), 'ms', LIMITS.month, ''),
    absolute(`waterfall, all the time ${of}, in cells`, await best(rounds, waterfall(10_000)), 'ms', LIMITS.whole, ''),
    absolute(
      `matrix of image and machine ${of}`,
      await best(rounds, () => showMatrix(context, { filter: {}, rows: 'target', columns: 'machine', zoneMinutes: 0 })),
      'ms',
      LIMITS.matrix,
      '',
    ),
    absolute(
      `matrix of builder and day ${of}, the last two months`,
      await best(rounds, () => showMatrix(context, { filter: {}, rows: 'builder', columns: 'day', zoneMinutes: 0 })),
      'ms',
      LIMITS.matrix,
      '',
    ),
  ];
  await store.close();
  return rows;
}

export const reports: Row = { id: 'reports', run: measure };
