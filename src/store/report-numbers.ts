/** Numbers for clients that know a build and its failures by a number only: error reports, oestats. Given once, the same for ever. */
import type { Kysely } from 'kysely';
import type { Database } from './schema.ts';

/** Of the build itself; failures count from 1. */
export const BUILD_ORDINAL = 0;

export interface ReportNumbers {
  /** Of the build, and of so many of its failures in the order in which they were told. */
  numbersOf(build: string, failures: number): Promise<readonly number[]>;
  /** What has the number; `build` is the id as it was given to the account, which may be an alias by now. */
  find(number: number): Promise<{ readonly build: string; readonly ordinal: number } | null>;
}

/** Rows of one statement. */
const AT_ONCE = 1000;
/** As the narrower engine counts. */
const NUMBER_MAX = 2 ** 31 - 1;

export function reportNumbers(db: Kysely<Database>): ReportNumbers {
  return {
    async numbersOf(build, failures) {
      const known = await db.selectFrom('report_numbers').select('ordinal').where('build', '=', build).execute();
      const have = new Set(known.map(({ ordinal }) => ordinal));
      const missing: { build: string; ordinal: number }[] = [];
      for (let ordinal = BUILD_ORDINAL; ordinal <= failures; ordinal++)
        if (!have.has(ordinal)) missing.push({ build, ordinal });
      for (let at = 0; at < missing.length; at += AT_ONCE)
        await db
          .insertInto('report_numbers')
          .values(missing.slice(at, at + AT_ONCE))
          .onConflict((conflict) => conflict.columns(['build', 'ordinal']).doNothing())
          .execute();
      const rows = await db
        .selectFrom('report_numbers')
        .select(['number', 'ordinal'])
        .where('build', '=', build)
        .where('ordinal', '<=', failures)
        .orderBy('ordinal')
        .execute();
      return rows.map(({ number }) => Number(number));
    },
    async find(number) {
      if (!Number.isInteger(number) || number < 1 || number > NUMBER_MAX) return null;
      const row = await db
        .selectFrom('report_numbers')
        .select(['build', 'ordinal'])
        .where('number', '=', number)
        .executeTakeFirst();
      return row ?? null;
    },
  };
}
