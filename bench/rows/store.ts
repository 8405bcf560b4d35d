/** Storing a build: against encoding it and one bare insert of the same bytes; and how many bytes a task takes. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Build } from '../../src/model/build.ts';
import { keyListOf } from '../../src/model/key-list.ts';
import { packText } from '../../src/store/compression.ts';
import { encodeBuild } from '../../src/store/contents.ts';
import { openStore } from '../../src/store/index.ts';
import { generateBuild, varyBuild } from '../generate.ts';
import { compareFunctions, milliseconds } from '../measure.ts';
import { absolute, type Bench, type Row, type RowResult, row } from '../row.ts';
import { thousands } from './read.ts';

export function buildId(n: number): string {
  return `00000000-0000-5000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** The least that keeps the same bytes: encode, one transaction, one row a block, nothing to search by. */
function bareInsert(db: DatabaseSync): (build: Build, number: number) => void {
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
  db.exec(
    'CREATE TABLE blocks (build INTEGER, metric INTEGER, block INTEGER, bytes BLOB, PRIMARY KEY (metric, build, block)) WITHOUT ROWID',
  );
  const insert = db.prepare('INSERT INTO blocks VALUES (?, ?, ?, ?)');
  return (build, number) => {
    const encoded = encodeBuild(build);
    const { tasks: _, samples: __, graph: ___, ...head } = build;
    db.exec('BEGIN IMMEDIATE');
    encoded.columns.forEach(({ blocks }, metric) => {
      blocks.forEach((bytes, block) => {
        insert.run(number, metric, block, bytes);
      });
    });
    encoded.samples.forEach((bytes, i) => {
      insert.run(number, 1000 + i, 0, bytes);
    });
    insert.run(number, 2000, 0, packText(JSON.stringify(head)));
    insert.run(number, 2001, 0, packText(keyListOf(build.tasks, build.recipes)));
    db.exec('COMMIT');
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
    return results;
  },
};

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

export function rate(ms: number, count: number): string {
  return `${milliseconds(ms)}, ${milliseconds(ms / count)} a build`;
}
