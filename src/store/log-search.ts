/** Which words the logs of failures have, and which failures' logs have some words. Words come from analysis/log-words.ts and nowhere else. */
import { type Kysely, sql } from 'kysely';
import type { Dialect } from './dialect.ts';
import { matches } from './queries/list-builds.ts';
import type { Database } from './schema.ts';
import type { Sight } from './sight.ts';
import type { BuildListFilter } from './store.ts';

export interface LogIndex {
  /** Logs of failures, of one build or of all, that are here and whose words, of this version, are not; the newest builds' first. */
  pending(version: number, limit: number, build?: string): Promise<readonly string[]>;
  countPending(version: number): Promise<number>;
  write(hash: string, words: readonly string[], version: number): Promise<void>;
  /** Drops words of logs that are kept no more. Says of how many. */
  forget(limit: number): Promise<number>;
}

export interface LogQuestion {
  readonly words: readonly string[];
  readonly beginning: string | null;
  readonly filter: BuildListFilter;
  readonly limit: number;
}

/** A failure whose log has all the words. */
export interface FoundLog {
  readonly build: string;
  readonly buildName: string;
  readonly startedMs: number | null;
  readonly machine: string | null;
  readonly key: string;
  readonly pn: string | null;
  readonly mc: string;
  readonly task: string | null;
  readonly version: string | null;
  readonly cause: string | null;
  readonly blob: string;
}

const TRIES = 5;

export function logIndex(db: Kysely<Database>, dialect: Dialect): LogIndex {
  const { logWords } = dialect;
  const missing = (version: number) =>
    db
      .selectFrom('failures')
      .innerJoin('blobs', 'blobs.hash', 'failures.blob')
      .leftJoin('log_texts', (join) =>
        join.onRef('log_texts.hash', '=', 'failures.blob').on('log_texts.version', '>=', version),
      )
      .where('log_texts.number', 'is', null);
  return {
    async pending(version, limit, build) {
      let query = missing(version);
      if (build !== undefined)
        query = query.where('failures.build', '=', (eb) =>
          eb.selectFrom('builds').select('builds.number').where('builds.id', '=', build),
        );
      const rows = await query
        .select(['blobs.hash', sql<number>`max(failures.build)`.as('newest')])
        .groupBy('blobs.hash')
        .orderBy('newest', 'desc')
        .limit(limit)
        .execute();
      return rows.map(({ hash }) => hash);
    },
    async countPending(version) {
      const row = await missing(version)
        .select(sql<number>`count(distinct blobs.hash)`.as('count'))
        .executeTakeFirstOrThrow();
      return Number(row.count);
    },
    async write(hash, words, version) {
      for (let attempt = 1; ; attempt++) {
        try {
          await db.transaction().execute(async (trx) => {
            const { number } = await trx
              .insertInto('log_texts')
              .values({ hash, version })
              .onConflict((conflict) => conflict.column('hash').doUpdateSet({ version }))
              .returning('number')
              .executeTakeFirstOrThrow();
            await logWords.remove(number).execute(trx);
            await logWords.write(number, words).execute(trx);
          });
          return;
        } catch (error) {
          if (attempt >= TRIES || !dialect.isConflict(error)) throw error;
        }
      }
    },
    async forget(limit) {
      const gone = await db
        .selectFrom('log_texts')
        .leftJoin('blobs', 'blobs.hash', 'log_texts.hash')
        .where('blobs.hash', 'is', null)
        .select('log_texts.number')
        .limit(limit)
        .execute();
      for (const { number } of gone)
        await db.transaction().execute(async (trx) => {
          await logWords.remove(number).execute(trx);
          await trx.deleteFrom('log_texts').where('number', '=', number).execute();
        });
      return gone.length;
    },
  };
}

/** Failures of listed builds whose logs have all the words, the newest builds' first. */
export async function searchLogs(
  db: Kysely<Database>,
  dialect: Dialect,
  sight: Sight,
  { words, beginning, filter, limit }: LogQuestion,
): Promise<readonly FoundLog[]> {
  if (words.length === 0 && beginning === null) return [];
  const rows = await db
    .selectFrom('builds')
    .innerJoin('failures', 'failures.build', 'builds.number')
    .innerJoin('log_texts', 'log_texts.hash', 'failures.blob')
    .where(dialect.logWords.has('log_texts.number', words, beginning))
    .where(sight.listed())
    .where((eb) => matches(eb, filter, null))
    .select([
      'builds.id',
      'builds.name',
      'builds.started_ms',
      'builds.machine',
      'failures.key',
      'failures.pn',
      'failures.mc',
      'failures.task',
      'failures.version',
      'failures.cause',
      'log_texts.hash',
    ])
    .orderBy('builds.order_ms', 'desc')
    .orderBy('builds.id')
    .orderBy('failures.ordinal')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    build: row.id,
    buildName: row.name,
    startedMs: row.started_ms === null ? null : Number(row.started_ms),
    machine: row.machine,
    key: row.key,
    pn: row.pn,
    mc: row.mc,
    task: row.task,
    version: row.version,
    cause: row.cause,
    blob: row.hash,
  }));
}
