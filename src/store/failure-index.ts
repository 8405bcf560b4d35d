/**
 * What was found out about failures from their words and their logs: the line that says why, and by what they are alike. The collector
 * (index-failures.ts) asks what is still to be looked at and writes what it found; the rules themselves are not known here, only their version.
 */
import { type Kysely, sql } from 'kysely';
import type { Dialect } from './dialect.ts';
import type { Database } from './schema.ts';
import type { Sight } from './sight.ts';
import { storable } from './storable.ts';
import { follow } from './triage.ts';

/** A failure that rules of an older version, or none, looked at. */
export interface PendingFailure {
  /** Number of the row of its build; with `ordinal` its key. */
  readonly build: number;
  readonly id: string;
  readonly ordinal: number;
  readonly pn: string | null;
  readonly mc: string;
  readonly task: string | null;
  readonly version: string | null;
  /** The source's word, or what older rules found. */
  readonly cause: string | null;
  /** Of its log, where that is here; null: there is none, or it has not come yet. */
  readonly blob: string | null;
}

/** What a log says. */
export interface LogCause {
  readonly hash: string;
  /** 0-based; null: no line says anything. */
  readonly line: number | null;
  readonly text: string | null;
  readonly class: string | null;
  readonly vague: boolean;
  readonly excerpt: string;
}

export interface FoundFingerprint {
  readonly hash: string;
  readonly crossHash: string;
  readonly class: string;
  readonly infrastructure: boolean;
  readonly pn: string | null;
  readonly task: string | null;
  readonly text: string;
}

export interface IndexedFailure {
  readonly build: number;
  readonly ordinal: number;
  readonly cause: string | null;
  readonly causeLine: number | null;
  readonly fingerprint: FoundFingerprint;
}

export interface FailureIndex {
  /** The newest builds first; of one build where its id is given. */
  pending(rules: number, limit: number, build?: string): Promise<readonly PendingFailure[]>;
  countPending(rules: number): Promise<number>;
  /** Of those logs that these rules have looked through. */
  logCauses(hashes: readonly string[], rules: number): Promise<ReadonlyMap<string, LogCause>>;
  /** In one transaction. What went away meanwhile is passed over. */
  write(found: {
    readonly failures: readonly IndexedFailure[];
    readonly logs: readonly LogCause[];
    readonly rules: number;
  }): Promise<void>;
}

/** Two that look at the same failures meet here; what they write is the same. */
const TRIES = 5;

export function failureIndex(db: Kysely<Database>, dialect: Dialect): FailureIndex {
  const older = (rules: number) => db.selectFrom('failures').where('failures.rules', '<', rules);
  return {
    async pending(rules, limit, build) {
      let query = older(rules)
        .innerJoin('builds', 'builds.number', 'failures.build')
        .leftJoin('blobs', 'blobs.hash', 'failures.blob')
        .select([
          'failures.build',
          'builds.id',
          'ordinal',
          'pn',
          'mc',
          'task',
          'version',
          'cause',
          'blobs.hash as blob',
        ])
        .orderBy('failures.build', 'desc')
        .orderBy('ordinal')
        .limit(limit);
      if (build !== undefined) query = query.where('builds.id', '=', build);
      return query.execute();
    },

    async countPending(rules) {
      const row = await older(rules)
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow();
      return Number(row.count);
    },

    async logCauses(hashes, rules) {
      if (hashes.length === 0) return new Map();
      const rows = await db
        .selectFrom('log_causes')
        .selectAll()
        .where('hash', 'in', [...new Set(hashes)])
        .where('rules', '=', rules)
        .execute();
      return new Map(
        rows.map(({ hash, line, text, class: kind, vague, excerpt }) => [
          hash,
          { hash, line: line === null ? null : Number(line), text, class: kind, vague: vague === 1, excerpt },
        ]),
      );
    },

    async write({ failures, logs, rules }) {
      for (let attempt = 1; ; attempt++) {
        try {
          await db.transaction().execute(async (trx) => {
            // In one order for all writers.
            for (const log of [...logs].sort((a, b) => (a.hash < b.hash ? -1 : 1))) {
              const row = {
                rules,
                line: log.line,
                text: log.text === null ? null : storable(log.text),
                class: log.class,
                vague: Number(log.vague),
                excerpt: storable(log.excerpt),
              };
              await trx
                .insertInto('log_causes')
                .values({ hash: log.hash, ...row })
                .onConflict((conflict) => conflict.column('hash').doUpdateSet(row))
                .execute();
            }
            const prints = new Map(failures.map(({ fingerprint }) => [fingerprint.hash, fingerprint]));
            const hashes = [...prints.keys()].sort();
            for (const hash of hashes) {
              const { crossHash, class: kind, infrastructure, pn, task, text } = prints.get(hash)!;
              const said = { cross_hash: crossHash, rules, class: kind, infrastructure: Number(infrastructure) };
              await trx
                .insertInto('fingerprints')
                .values({
                  hash,
                  ...said,
                  pn: pn === null ? null : storable(pn),
                  task: task === null ? null : storable(task),
                  text: storable(text),
                })
                // Newer rules may say another class or cross hash of the same words; older ones, of a program beside this one, may not.
                .onConflict((conflict) =>
                  conflict.column('hash').doUpdateSet(said).where('fingerprints.rules', '<', rules),
                )
                .execute();
            }
            const numbers = new Map(
              hashes.length === 0
                ? []
                : (
                    await trx
                      .selectFrom('fingerprints')
                      .select(['hash', 'number'])
                      .where('hash', 'in', hashes)
                      .execute()
                  ).map(({ hash, number }) => [hash, number]),
            );
            const moved = new Map<string, { readonly from: number; readonly to: number }>();
            for (const { build, ordinal, cause, causeLine, fingerprint } of failures) {
              const to = numbers.get(fingerprint.hash)!;
              const before = await trx
                .selectFrom('failures')
                .select(['fingerprint', 'rules'])
                .where('build', '=', build)
                .where('ordinal', '=', ordinal)
                .executeTakeFirst();
              // Looked at by older rules, and not only before its log came.
              if (before !== undefined && before.rules > 0 && before.fingerprint !== null && before.fingerprint !== to)
                moved.set(`${before.fingerprint} ${to}`, { from: before.fingerprint, to });
              await trx
                .updateTable('failures')
                .set({
                  cause: cause === null ? null : storable(cause),
                  cause_line: causeLine,
                  fingerprint: to,
                  rules,
                })
                .where('build', '=', build)
                .where('ordinal', '=', ordinal)
                .execute();
            }
            await follow(trx, [...moved.values()]);
          });
          return;
        } catch (error) {
          if (attempt >= TRIES || !dialect.isConflict(error)) throw error;
        }
      }
    },
  };
}

/** The log came after its failure was looked at: that is looked at once more, unless this log was looked through before. */
export async function logArrived(db: Kysely<Database>, hash: string): Promise<void> {
  await db
    .updateTable('failures')
    .set({ rules: 0 })
    .where('blob', '=', hash)
    .where('rules', '>', 0)
    .where('cause_line', 'is', null)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('log_causes')
            .select('log_causes.hash')
            .where('log_causes.hash', '=', hash)
            .whereRef('log_causes.rules', '=', 'failures.rules'),
        ),
      ),
    )
    .execute();
}

/** A failure that other builds have as well. */
export interface Alike {
  /** Of the failure within its build. */
  readonly key: string;
  /** Failures of other builds. */
  readonly count: number;
}

/** By ordinal: of what failed in a build, what failed in the same words in other builds that whoever asks finds in lists. */
export async function countAlike(db: Kysely<Database>, sight: Sight, id: string): Promise<ReadonlyMap<number, Alike>> {
  const rows = await db
    .selectFrom('failures as own')
    .innerJoin('builds as mine', 'mine.number', 'own.build')
    .innerJoin('failures as other', 'other.fingerprint', 'own.fingerprint')
    .innerJoin('builds', 'builds.number', 'other.build')
    .where('mine.id', '=', id)
    .whereRef('other.build', '<>', 'own.build')
    .where(sight.listed())
    .select(['own.ordinal', 'own.key', sql<number>`count(*)`.as('count')])
    .groupBy(['own.ordinal', 'own.key'])
    .orderBy('own.ordinal')
    .execute();
  return new Map(rows.map(({ ordinal, key, count }) => [ordinal, { key, count: Number(count) }]));
}
