/**
 * What pages ask of a store with 1,000 builds: through the operations, as the server does, against SQL on a table with one row a
 * task run and an index. The rows are narrow (four numbers, where a build has 36), which favours them.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { compareBuilds } from '../../src/operations/compare-builds.ts';
import type { OperationContext } from '../../src/operations/context.ts';
import { trend } from '../../src/operations/trend.ts';
import { openStore } from '../../src/store/index.ts';
import type { Store } from '../../src/store/store.ts';
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
  rows.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536');
  rows.exec('CREATE TABLE base (key INTEGER PRIMARY KEY, walltime, cputime, read_bytes, write_bytes)');
  const insert = rows.prepare('INSERT INTO base VALUES (?, ?, ?, ?, ?)');
  const column = (id: string): Float64Array => base.tasks.values.get(id)!;
  rows.exec('BEGIN');
  for (let key = 0; key < base.tasks.length; key++) {
    // Whole numbers: rows of doubles are half as large again.
    insert.run(
      key,
      Math.round(column('walltime')[key]! * 1000),
      Math.round(column('cputime')[key]! * 1000),
      column('read_bytes')[key]!,
      column('write_bytes')[key]!,
    );
  }
  rows.exec('COMMIT');
  rows.exec(
    'CREATE TABLE runs (build INTEGER, key INTEGER, walltime INTEGER, cputime INTEGER, read_bytes INTEGER, write_bytes INTEGER, PRIMARY KEY (build, key)) WITHOUT ROWID',
  );
  rows.exec(`INSERT INTO runs WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${builds})
    SELECT i, key, CAST(walltime * f AS INTEGER), CAST(cputime * f AS INTEGER), read_bytes, CAST(write_bytes * f AS INTEGER)
    FROM (SELECT i, base.*, 0.9 + (abs(random()) % 2000) / 10000.0 AS f FROM n, base ORDER BY i, key)`);
  rows.exec('CREATE INDEX runs_of_key ON runs (key, build)');
  rows.exec('PRAGMA optimize');
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

function contextOf(store: Store): OperationContext {
  return { store, now: () => Date.now(), version: '0', logRoots: [], sample: null };
}

const COMPARE = { metric: 'walltime', mode: 'any', outcome: 'all', setscene: 'separate', limit: 2000 } as const;

async function ask(filled: Filled, rounds: number): Promise<Record<'compare' | 'history' | 'top', Comparison>> {
  const context = contextOf(filled.store);
  const { rows, builds } = filled;
  const last = builds - 1;
  const three = [Math.max(0, last - 2), Math.max(0, last - 1), last];
  const compared = rows.prepare(`SELECT a.key, a.walltime, b.walltime, c.walltime, a.cputime, b.cputime, c.cputime,
      a.read_bytes, b.read_bytes, c.read_bytes, a.write_bytes, b.write_bytes, c.write_bytes
    FROM runs a JOIN runs b ON b.build = ? AND b.key = a.key JOIN runs c ON c.build = ? AND c.key = a.key
    WHERE a.build = ? ORDER BY abs(c.walltime - a.walltime) DESC`);
  const history = rows.prepare('SELECT build, walltime FROM runs WHERE key = ? ORDER BY build DESC LIMIT ?');
  const top = rows.prepare('SELECT build, key, walltime FROM runs WHERE build > ? ORDER BY walltime DESC LIMIT 50');
  const count = Math.min(100, builds);
  return {
    compare: await compareFunctions(
      () => compareBuilds(context, { builds: three.map(buildId), options: COMPARE }),
      () => compared.all(three[1]!, three[2]!, three[0]!),
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
