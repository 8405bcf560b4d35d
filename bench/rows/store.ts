/** Storing a build: against encoding it and one bare insert of the same bytes; and how many bytes a task takes. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import type { Build } from '../../src/model/build.ts';
import { keyListOf } from '../../src/model/key-list.ts';
import { packText } from '../../src/store/compression.ts';
import { encodeBuild } from '../../src/store/contents.ts';
import { openStore } from '../../src/store/index.ts';
import { hasPostgres } from '../../test/real-parts.ts';
import { startPostgres } from '../../test/real-postgres.ts';
import { generateBuild, varyBuild } from '../generate.ts';
import { compareFunctions } from '../measure.ts';
import { absolute, type Bench, cannot, type Row, type RowResult, row } from '../row.ts';
import { thousands } from './read.ts';

export function buildId(n: number): string {
  return `00000000-0000-5000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** Everything of a build as blocks of bytes, head and names included. */
function blocksOf(build: Build): { metric: number; block: number; bytes: Uint8Array }[] {
  const encoded = encodeBuild(build);
  const { tasks: _, samples: __, graph: ___, ...head } = build;
  return [
    ...encoded.columns.flatMap(({ blocks }, metric) => blocks.map((bytes, block) => ({ metric, block, bytes }))),
    ...encoded.samples.map((bytes, i) => ({ metric: 1000 + i, block: 0, bytes })),
    { metric: 2000, block: 0, bytes: packText(JSON.stringify(head)) },
    { metric: 2001, block: 0, bytes: packText(keyListOf(build.tasks, build.recipes)) },
  ];
}

/** The least that keeps the same bytes: encode, one transaction, one row a block, nothing to search by. */
export function bareInsert(db: DatabaseSync): (build: Build, number: number) => void {
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  db.exec(
    'CREATE TABLE blocks (build INTEGER, metric INTEGER, block INTEGER, bytes BLOB, PRIMARY KEY (metric, build, block)) WITHOUT ROWID',
  );
  const insert = db.prepare('INSERT INTO blocks VALUES (?, ?, ?, ?)');
  return (build, number) => {
    const rows = blocksOf(build);
    db.exec('BEGIN IMMEDIATE');
    for (const { metric, block, bytes } of rows) insert.run(number, metric, block, bytes);
    db.exec('COMMIT');
  };
}

export async function barePostgresInsert(client: pg.Client): Promise<(build: Build, number: number) => Promise<void>> {
  await client.query(
    'CREATE TABLE blocks (build int, metric int, block int, bytes bytea, PRIMARY KEY (metric, build, block))',
  );
  await client.query('ALTER TABLE blocks ALTER bytes SET STORAGE EXTERNAL');
  return async (build, number) => {
    const rows = blocksOf(build);
    const values = rows.map((_, i) => `($${4 * i + 1}, $${4 * i + 2}, $${4 * i + 3}, $${4 * i + 4})`).join(', ');
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO blocks VALUES ${values}`,
      rows.flatMap(({ metric, block, bytes }) => [number, metric, block, bytes]),
    );
    await client.query('COMMIT');
  };
}

export const storing: Row = {
  id: 'store',
  async run(bench) {
    const results: RowResult[] = [];
    for (const tasks of bench.options.quick ? [1000] : [1000, 10_000, 100_000]) {
      const base = generateBuild({ tasks });
      const rounds = tasks > 20_000 ? 3 : 9;
      // Made before the clock runs: varying a build costs as much as storing it.
      const builds = Array.from({ length: 2 * rounds + 4 }, (_, i) => varyBuild(base, i));
      const store = await openStore(`sqlite:${join(bench.scratch, `store-${tasks}.db`)}`);
      const db = new DatabaseSync(join(bench.scratch, `bare-${tasks}.db`));
      try {
        const bare = bareInsert(db);
        let a = 0;
        let b = 0;
        const result = await compareFunctions(
          () => store.saveBuild(buildId(a), builds[a++]!),
          () => bare(builds[b]!, b++),
          rounds,
        );
        results.push(
          row(
            `storing a build of ${thousands(tasks)} tasks, samples and all / encoding and a bare insert`,
            result.ratio,
            tasks === 10_000 ? 1.5 : null,
            result.note,
          ),
        );
      } finally {
        db.close();
        await store.close();
      }
      results.push(await diskBytes(bench, base, tasks));
    }
    results.push(...(await onPostgres(bench)));
    return results;
  },
};

/** The same on PostgreSQL, at the size that has a target. */
async function onPostgres(bench: Bench): Promise<RowResult[]> {
  const tasks = bench.options.quick ? 1000 : 10_000;
  const what = `storing a build of ${thousands(tasks)} tasks in PostgreSQL / encoding and a bare insert`;
  if (!hasPostgres) return [cannot(what, 'no PostgreSQL here')];
  const server = await startPostgres();
  try {
    const base = generateBuild({ tasks });
    const rounds = bench.options.quick ? 3 : 7;
    const builds = Array.from({ length: 2 * rounds + 4 }, (_, i) => varyBuild(base, i));
    const store = await openStore(await server.newDatabase());
    const client = new pg.Client({ connectionString: await server.newDatabase() });
    await client.connect();
    const bare = await barePostgresInsert(client);
    let a = 0;
    let b = 0;
    const result = await compareFunctions(
      () => store.saveBuild(buildId(a), builds[a++]!),
      () => bare(builds[b]!, b++),
      rounds,
    );
    await store.close();
    await client.end();
    const { perTask, first } = await postgresBytes(await server.newDatabase(), base);
    return [
      row(
        what,
        result.ratio,
        bench.options.quick ? null : 1.5,
        `${result.note}; PostgreSQL ${server.version} without fsync`,
      ),
      absolute(
        `disk in PostgreSQL, 10 builds of ${thousands(tasks)} tasks, without samples`,
        perTask,
        'B a task',
        bench.options.quick ? null : 80,
        `the first build alone ${first.toFixed(0)} B`,
      ),
    ];
  } finally {
    await server.stop();
  }
}

/** What tables, indexes and TOAST take, above an empty store. */
async function postgresBytes(url: string, base: Build): Promise<{ perTask: number; first: number }> {
  const store = await openStore(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const size = async (): Promise<number> => {
    const { rows } = await client.query<{ size: string }>(
      "SELECT sum(pg_total_relation_size(c.oid))::text AS size FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public' AND relkind = 'r'",
    );
    return Number(rows[0]?.size);
  };
  try {
    const empty = await size();
    await store.saveBuild(buildId(0), { ...varyBuild(base, 0), samples: [] });
    const first = (await size()) - empty;
    for (let i = 1; i < 10; i++) await store.saveBuild(buildId(i), { ...varyBuild(base, i), samples: [] });
    const all = (await size()) - empty;
    return { perTask: all / 10 / base.tasks.length, first: first / base.tasks.length };
  } finally {
    await client.end();
    await store.close();
  }
}

/** Size of a closed database file with 10 builds without samples, a task; and of the first build alone, which brings the names. */
async function diskBytes(bench: Bench, base: Build, tasks: number): Promise<RowResult> {
  const count = tasks > 20_000 ? 3 : 10;
  const sizeOf = async (builds: number): Promise<number> => {
    const path = join(bench.scratch, `disk-${tasks}-${builds}.db`);
    const store = await openStore(`sqlite:${path}`);
    for (let i = 0; i < builds; i++) await store.saveBuild(buildId(i), { ...varyBuild(base, i), samples: [] });
    await store.close();
    return statSync(path).size;
  };
  const one = (await sizeOf(1)) / base.tasks.length;
  const many = (await sizeOf(count)) / base.tasks.length / count;
  return absolute(
    `disk in SQLite, ${count} builds of ${thousands(tasks)} tasks, without samples`,
    many,
    'B a task',
    tasks === 10_000 ? 80 : null,
    `the first build alone ${one.toFixed(0)} B; ${base.tasks.metrics.length} metrics each`,
  );
}
