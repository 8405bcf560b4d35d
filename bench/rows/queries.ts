/**
 * What pages ask of a store with 1,000 builds: through the operations, as the server does, against SQL on what the store would be
 * otherwise: a row a task run with every number of its file, the primary key and an index for histories.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Build } from '../../src/model/build.ts';
import { compareBuilds } from '../../src/operations/compare-builds.ts';
import type { OperationContext } from '../../src/operations/context.ts';
import { trend } from '../../src/operations/trend.ts';
import { memoryBlobs } from '../../src/store/blobs/index.ts';
import { openStore } from '../../src/store/index.ts';
import { CONSOLE, type Store } from '../../src/store/store.ts';
import { generateBuild, varyBuild } from '../generate.ts';
import { type Comparison, compareFunctions } from '../measure.ts';
import { type Bench, type Row, type RowResult, row } from '../row.ts';
import { thousands } from './read.ts';
import { buildId } from './store.ts';

interface Filled {
  readonly store: Store;
  readonly rows: DatabaseSync;
  readonly builds: number;
  /** Key of the task whose history is asked for. */
  readonly key: number;
  readonly recipe: string;
  readonly task: string;
}

/** Path of the store with 1,000 builds of 10,000 tasks that `queries` made, for the rows that start a server on it. */
export function largeStore(bench: Bench): string {
  return join(bench.scratch, 'queries-1000-10000.db');
}

async function fill(bench: Bench, tasks: number, builds: number): Promise<Filled> {
  bench.progress(`storing ${builds} builds of ${tasks} tasks, as blocks and as rows`);
  const base = generateBuild({ tasks, samplesHz: 0 });
  const store = await openStore(`sqlite:${join(bench.scratch, `queries-${builds}-${tasks}.db`)}`);
  for (let i = 0; i < builds; i++) await store.saveBuild(buildId(i), varyBuild(base, i));

  const rows = new DatabaseSync(join(bench.scratch, `rows-${builds}-${tasks}.db`));
  fillRows(rows, base, builds);
  const key = Math.floor(base.tasks.length / 2);
  return {
    store,
    rows,
    builds,
    key,
    recipe: base.recipes[base.tasks.recipe[key]!]!.pn,
    task: base.tasks.taskNames[base.tasks.task[key]!]!,
  };
}

/** Numbers of the files, and the two derived ones that are asked for, which SQL would have to compute each time. */
function fillRows(rows: DatabaseSync, base: Build, builds: number): void {
  const ids = [...base.tasks.metrics.filter((m) => !m.derived).map((m) => m.id), 'walltime', 'cputime'];
  const names = ids.map((id) => id.replace('.', '_'));
  rows.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -16000');
  rows.exec('CREATE TABLE keys (key INTEGER PRIMARY KEY, pn TEXT, task TEXT)');
  rows.exec(`CREATE TABLE base (key INTEGER PRIMARY KEY, ${names.join(', ')})`);
  rows.exec('BEGIN');
  const named = rows.prepare('INSERT INTO keys VALUES (?, ?, ?)');
  const insert = rows.prepare(`INSERT INTO base VALUES (?, ${ids.map(() => '?').join(', ')})`);
  const { tasks, recipes } = base;
  for (let key = 0; key < tasks.length; key++) {
    named.run(key, recipes[tasks.recipe[key]!]!.pn, tasks.taskNames[tasks.task[key]!]!);
    // Seconds as whole microseconds: rows of doubles would be half as large again.
    insert.run(
      key,
      ...ids.map((id) => {
        const value = tasks.values.get(id)![key]!;
        return Number.isInteger(value) ? value : Math.round(value * 1e6);
      }),
    );
  }
  const columns = names.map((name) => `${name} INTEGER`).join(', ');
  rows.exec(`CREATE TABLE runs (build INTEGER, key INTEGER, ${columns}, PRIMARY KEY (build, key)) WITHOUT ROWID`);
  const scaled = names.map((name) =>
    /^(walltime|cputime|io_write_bytes)$/.test(name) ? `CAST(${name} * f AS INTEGER)` : name,
  );
  const fillBuild = rows.prepare(`INSERT INTO runs SELECT ?, key, ${scaled.join(', ')}
    FROM (SELECT base.*, 0.9 + (abs(random()) % 2000) / 10000.0 AS f FROM base ORDER BY key)`);
  for (let i = 0; i < builds; i++) fillBuild.run(i);
  rows.exec('CREATE INDEX runs_of_key ON runs (key, build)');
  rows.exec('COMMIT');
  rows.exec('PRAGMA optimize');
}

function contextOf(store: Store): OperationContext {
  return {
    store,
    wholeStore: store,
    blobs: memoryBlobs(),
    viewer: CONSOLE,
    collector: null,
    now: () => Date.now(),
    version: '0',
    logRoots: [],
    sample: null,
    reportTemplate: null,
  };
}

const COMPARE = { metric: 'walltime', mode: 'any', outcome: 'all', setscene: 'separate', limit: 2000 } as const;

async function ask(filled: Filled, rounds: number): Promise<Record<'compare' | 'history' | 'top', Comparison>> {
  const context = contextOf(filled.store);
  const { rows, builds } = filled;
  const last = builds - 1;
  const three = [Math.max(0, last - 2), Math.max(0, last - 1), last];
  // The parts of a comparison: task rows with names, largest difference first; sums of the main metrics; recipes.
  const comparedTasks = rows.prepare(`SELECT pn, task, a.walltime, b.walltime, c.walltime FROM keys k
    LEFT JOIN runs a ON a.build = ? AND a.key = k.key
    LEFT JOIN runs b ON b.build = ? AND b.key = k.key
    LEFT JOIN runs c ON c.build = ? AND c.key = k.key
    WHERE coalesce(a.key, b.key, c.key) IS NOT NULL
    ORDER BY abs(coalesce(c.walltime, 0) - coalesce(a.walltime, 0)) DESC LIMIT 2000`);
  const comparedTotals =
    rows.prepare(`SELECT build, sum(walltime), sum(cputime), sum(io_read_bytes), sum(io_write_bytes), max(child_rusage_ru_maxrss)
    FROM runs WHERE build IN (?, ?, ?) GROUP BY build`);
  const comparedRecipes = rows.prepare(`SELECT pn, build, sum(walltime) FROM runs JOIN keys USING (key)
    WHERE build IN (?, ?, ?) GROUP BY pn, build`);
  const history = rows.prepare('SELECT build, walltime FROM runs WHERE key = ? ORDER BY build DESC LIMIT ?');
  const top = rows.prepare('SELECT build, key, walltime FROM runs WHERE build > ? ORDER BY walltime DESC LIMIT 50');
  const count = Math.min(100, builds);
  return {
    compare: await compareFunctions(
      () => compareBuilds(context, { builds: three.map(buildId), options: COMPARE }),
      () => {
        const [x, y, z] = three as [number, number, number];
        return [comparedTasks.all(x, y, z), comparedTotals.all(x, y, z), comparedRecipes.all(x, y, z)];
      },
      rounds,
    ),
    history: await compareFunctions(
      () =>
        trend(context, {
          recipe: filled.recipe,
          task: filled.task,
          mc: '',
          metric: 'walltime',
          builds: Math.min(1000, builds),
        }),
      () => history.all(filled.key, builds),
      rounds,
    ),
    top: await compareFunctions(
      () => filled.store.readTopTasks({ metric: 'walltime', builds: count, limit: 50 }),
      () => top.all(last - count),
      rounds,
    ),
  };
}

export const queries: Row = {
  id: 'queries',
  async run(bench) {
    const results: RowResult[] = [];
    const grid: [tasks: number, builds: number][] = bench.options.quick
      ? [[1000, 20]]
      : [
          [10_000, 3],
          [1000, 1000],
          [100_000, 10],
          [10_000, 1000],
        ];
    for (const [tasks, builds] of grid) {
      const filled = await fill(bench, tasks, builds);
      try {
        const answers = await ask(filled, tasks === 100_000 ? 5 : 9);
        const main = builds === 1000 && tasks === 10_000;
        const store = `${thousands(builds)} builds of ${thousands(tasks)} tasks`;
        const result = (what: string, c: Comparison, limitMs: number, ratio: number | null): RowResult => {
          const made = row(`${what}, in ${store} / SQL on rows`, c.ratio, main ? ratio : null, c.note);
          return main
            ? { ...made, note: `${made.note}; ${limitMs} ms wanted${c.oursMs <= limitMs ? '' : ', missed'}` }
            : made;
        };
        results.push(result('compare three', answers.compare, 40, 0.2));
        results.push(result(`one task over ${thousands(builds)} builds`, answers.history, 60, null));
        results.push(result(`top 50 tasks of ${Math.min(100, builds)} builds`, answers.top, 60, 0.2));
      } finally {
        filled.rows.close();
        await filled.store.close();
      }
    }
    return results;
  },
};
