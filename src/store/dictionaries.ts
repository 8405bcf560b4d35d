/**
 * Names that many rows share, as numbers: metrics and recipes. Entries are never removed nor renumbered, so what was committed once
 * may be remembered; what this transaction adds is remembered only after it is committed (`remember`).
 */
import { type Kysely, sql, type Transaction } from 'kysely';
import type { Metric } from '../model/metric.ts';
import type { Dialect } from './dialect.ts';
import { insertRows } from './insert-rows.ts';
import type { Database } from './schema.ts';

/** A store of every layer in the world has some 20,000 recipes; past this the memory is dropped and filled again. */
const REMEMBERED_MAX = 200_000;

export class Dictionaries {
  #metrics = new Map<string, { number: number; about: string | null }>();
  #recipes = new Map<string, number>();
  readonly #dialect: Dialect;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** Numbers of the metrics that the store knows; unknown ones are absent. */
  async findMetrics(db: Kysely<Database>, ids: readonly string[]): Promise<Map<string, number>> {
    if (ids.some((id) => !this.#metrics.has(id))) await this.#loadMetrics(db);
    const found = new Map<string, number>();
    for (const id of ids) {
      const entry = this.#metrics.get(id);
      if (entry !== undefined) found.set(id, entry.number);
    }
    return found;
  }

  /** All metrics the store has ever seen, as the last build with them had them. */
  async listMetrics(db: Kysely<Database>): Promise<Metric[]> {
    await this.#loadMetrics(db);
    return [...this.#metrics.values()].flatMap(({ about }) => (about === null ? [] : [JSON.parse(about) as Metric]));
  }

  async #loadMetrics(db: Kysely<Database>): Promise<void> {
    const rows = await db.selectFrom('metrics').selectAll().orderBy('number').execute();
    this.#metrics = new Map(rows.map(({ id, number, about }) => [id, { number, about }]));
  }

  /** Numbers for all, made where new. In the order of the ids, so that two writers never wait for each other in a ring. */
  async needMetrics(
    trx: Transaction<Database>,
    wanted: ReadonlyMap<string, Metric | null>,
  ): Promise<{ numbers: Map<string, number>; remember: () => void }> {
    const text = (metric: Metric | null) => (metric === null ? null : JSON.stringify(metric));
    const changed = [...wanted]
      .filter(([id, metric]) => {
        const known = this.#metrics.get(id);
        return known === undefined || known.about !== text(metric);
      })
      .sort(([a], [b]) => (a < b ? -1 : 1));
    if (changed.length === 0) {
      return { numbers: numbersOf(wanted.keys(), this.#metrics), remember: () => {} };
    }
    await insertRows(
      trx,
      this.#dialect,
      'metrics',
      ['id', 'about'],
      changed.map(([id, metric]) => [id, text(metric)]),
      'on conflict (id) do update set about = excluded.about',
    );
    const rows = await trx.selectFrom('metrics').selectAll().execute();
    const all = new Map(rows.map(({ id, number, about }) => [id, { number, about }]));
    return {
      numbers: numbersOf(wanted.keys(), all),
      remember: () => {
        this.#metrics = all;
      },
    };
  }

  async findRecipe(db: Kysely<Database>, pn: string): Promise<number | null> {
    const known = this.#recipes.get(pn);
    if (known !== undefined) return known;
    const row = await db.selectFrom('recipe_names').select('number').where('pn', '=', pn).executeTakeFirst();
    return row?.number ?? null;
  }

  async needRecipes(
    trx: Transaction<Database>,
    pns: readonly string[],
  ): Promise<{ numbers: ReadonlyMap<string, number>; remember: () => void }> {
    const missing = [...new Set(pns)].filter((pn) => !this.#recipes.has(pn)).sort();
    if (missing.length === 0) return { numbers: this.#recipes, remember: () => {} };
    await insertRows(
      trx,
      this.#dialect,
      'recipe_names',
      ['pn'],
      missing.map((pn) => [pn]),
      'on conflict (pn) do nothing',
    );
    const numbers = new Map(this.#recipes);
    for (let from = 0; from < missing.length; from += 500) {
      const some = missing.slice(from, from + 500);
      const rows = await trx
        .selectFrom('recipe_names')
        .select(['number', 'pn'])
        .where(sql<boolean>`pn in (${sql.join(some)})`)
        .execute();
      for (const { number, pn } of rows) numbers.set(pn, number);
    }
    return {
      numbers,
      remember: () => {
        this.#recipes = numbers.size > REMEMBERED_MAX ? new Map() : numbers;
      },
    };
  }
}

function numbersOf(ids: Iterable<string>, known: ReadonlyMap<string, { number: number }>): Map<string, number> {
  const numbers = new Map<string, number>();
  for (const id of ids) {
    const entry = known.get(id);
    if (entry !== undefined) numbers.set(id, entry.number);
  }
  return numbers;
}
