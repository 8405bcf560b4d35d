import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { farmHistory } from '../../bench/generate/farm-history.ts';
import { hasPostgres } from '../../test/real-parts.ts';
import { type RealPostgres, startPostgres } from '../../test/real-postgres.ts';
import { dialectFor } from './dialect.ts';
import { openStore } from './index.ts';
import type { Database } from './schema.ts';

const BUILDS = 12;

describe.each(['SQLite', 'PostgreSQL'])('over %s', (engine) => {
  test.skipIf(engine === 'PostgreSQL' && !hasPostgres)(
    'statuses of an older program are counted anew from the task tables, and it goes on where it was stopped',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'bakehouse-recount-'));
      let server: RealPostgres | null = null;
      if (engine === 'PostgreSQL') server = await startPostgres();
      const database = server === null ? `sqlite:${join(folder, 'a.db')}` : await server.newDatabase();
      const store = await openStore(database);
      const db = new Kysely<Database>({ dialect: dialectFor(database).kysely });
      try {
        for (const [n, { build }] of [...farmHistory({ builds: BUILDS })].entries())
          await store.saveBuild(`00000000-0000-5000-8000-${n.toString().padStart(12, '0')}`, build);
        const read = () => db.selectFrom('recipe_runs').selectAll().orderBy('build').orderBy('ordinal').execute();
        const right = await read();
        const checks = await db.selectFrom('builds').select(['number', 'qa_checks']).orderBy('number').execute();
        expect(new Set(right.map(({ status }) => status)).size).toBeGreaterThan(2);
        // Nothing is left to do in a store that is new.
        expect([await store.recipeRecount.countPending(), await store.recipeRecount.step(5)]).toEqual([0, 0]);

        // As an older program left them.
        await sql`update recipe_runs set failed_task = 'do_fetch_setscene', status = 1 where status = 4 and ordinal % 5 = 0`.execute(
          db,
        );
        await sql`update recipe_runs set status = 0 where status = 4`.execute(db);
        await sql`update builds set qa_checks = null`.execute(db);
        await sql`insert into recipe_recount select max(number) from builds`.execute(db);
        expect(await read()).not.toEqual(right);
        expect(await store.recipeRecount.countPending()).toBe(BUILDS);
        expect(await store.recipeRecount.step(5)).toBe(5);
        expect(await store.recipeRecount.countPending()).toBe(BUILDS - 5);
        const numbers = checks.map(({ number }) => number);
        const newest = (build: number) => numbers.indexOf(build) >= BUILDS - 5;
        expect((await read()).filter(({ build }) => newest(build))).toEqual(right.filter(({ build }) => newest(build)));
        const again = await openStore(database);
        while ((await again.recipeRecount.step(5)) > 0);
        await again.close();
        expect(await read()).toEqual(right);
        expect(await db.selectFrom('builds').select(['number', 'qa_checks']).orderBy('number').execute()).toEqual(
          checks,
        );
        expect([await store.recipeRecount.countPending(), await store.recipeRecount.step(5)]).toEqual([0, 0]);
      } finally {
        await db.destroy();
        await store.close();
        await server?.stop();
        rmSync(folder, { recursive: true, force: true });
      }
    },
    60_000,
  );
});
