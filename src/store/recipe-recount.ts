/**
 * Recipe runs of builds that an older program stored, counted by what a status means now: from the task table that is kept, a build at a time, the
 * newest first, so that it holds no memory and goes on where it was when it was stopped. 30 builds
 * of 10,000 tasks took 32 ms each on a busy machine: an hour for 100,000 of them, beside everything else.
 */
import type { Kysely } from 'kysely';
import type { TaskTable } from '../model/task-table.ts';
import type { BuildHead } from './answers/builds.ts';
import type { Dialect } from './dialect.ts';
import { qaChecks } from './facts.ts';
import { recipeRuns } from './recipe-runs.ts';
import type { Database } from './schema.ts';

export interface RecipeRecount {
  /** Builds that are left to look at. */
  countPending(): Promise<number>;
  /** Looks at the next of them. How many it looked at; 0: all is done. */
  step(limit: number): Promise<number>;
}

export interface StoredTables {
  readHead(id: string): Promise<Pick<BuildHead, 'recipes'> | null>;
  readTaskTable(id: string): Promise<TaskTable | null>;
}

export function recipeRecount(db: Kysely<Database>, dialect: Dialect, stored: StoredTables): RecipeRecount {
  const left = async (): Promise<number | null> =>
    (await db.selectFrom('recipe_recount').select('upto').executeTakeFirst())?.upto ?? null;

  /** Changes rows that are there and adds none: of a build that is replaced meanwhile there are none. */
  async function recount(number: number, id: string): Promise<void> {
    const [head, tasks] = await Promise.all([stored.readHead(id), stored.readTaskTable(id)]);
    if (head === null || tasks === null) return;
    const now = recipeRuns({ recipes: head.recipes, tasks });
    const rows = await db
      .selectFrom('recipe_runs')
      .select(['ordinal', 'status', 'failed_task'])
      .where('build', '=', number)
      .execute();
    const changed = Map.groupBy(
      rows.filter(({ ordinal, status, failed_task }) => {
        const run = now[ordinal];
        return run !== undefined && (run.status !== status || run.failedTask !== failed_task);
      }),
      ({ ordinal }) => JSON.stringify([now[ordinal]!.status, now[ordinal]!.failedTask]),
    );
    for (const [key, alike] of changed) {
      const [status, failed_task] = JSON.parse(key) as [number, string | null];
      await db
        .updateTable('recipe_runs')
        .set({ status, failed_task })
        .where('build', '=', number)
        .where(
          dialect.oneOf(
            'ordinal',
            alike.map(({ ordinal }) => ordinal),
          ),
        )
        .execute();
    }
    // Nor did an older program count these.
    await db
      .updateTable('builds')
      .set({ qa_checks: qaChecks(tasks) })
      .where('number', '=', number)
      .where('qa_checks', 'is', null)
      .execute();
  }

  return {
    async countPending() {
      const upto = await left();
      if (upto === null) return 0;
      const { count } = await db
        .selectFrom('builds')
        .where('number', '<=', upto)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    async step(limit) {
      const upto = await left();
      if (upto === null) return 0;
      const builds = await db
        .selectFrom('builds')
        .select(['number', 'id'])
        .where('number', '<=', upto)
        .orderBy('number', 'desc')
        .limit(limit)
        .execute();
      for (const { number, id } of builds) {
        await recount(number, id);
        await db
          .updateTable('recipe_recount')
          .set({ upto: number - 1 })
          .where('upto', '>=', number)
          .execute();
      }
      if (builds.length < limit) await db.deleteFrom('recipe_recount').execute();
      return builds.length;
    },
  };
}
