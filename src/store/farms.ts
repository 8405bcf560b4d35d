/**
 * Links of builds, and who is whose parent. A build is written to by what mirrors its farm, and by its own account where that says which job ran
 * it (BAKEHOUSE_JOB): whichever comes second makes the two parent and child.
 */
import type { Kysely, Transaction } from 'kysely';
import { type BuildLink, comparableUrl, type FarmPosition, type LinkKind } from '../model/farm-build.ts';
import { FARM_OPEN_MAX } from '../model/limits.ts';
import type { Dialect } from './dialect.ts';
import { insertRows } from './insert-rows.ts';
import type { Database } from './schema.ts';
import type { Sight } from './sight.ts';
import { storable } from './storable.ts';

export interface Farms {
  /** What a farm says of one of its builds replaces what it said before. True when anything was written. */
  saveRelations(
    build: string,
    told: { readonly links: readonly BuildLink[]; readonly parents: readonly string[] },
  ): Promise<boolean>;
  readPosition(farm: string): Promise<FarmPosition | null>;
  savePosition(farm: string, position: FarmPosition): Promise<void>;
}

export interface BuildRelations {
  readonly links: readonly BuildLink[];
  /** Ids, of those that the viewer may find in lists. The newest first. */
  readonly parents: readonly string[];
  readonly children: readonly string[];
  readonly childrenTotal: number;
}

export function farmsOf(db: Kysely<Database>, dialect: Dialect): Farms {
  return {
    saveRelations: (build, { links, parents }) =>
      db.transaction().execute(async (trx) => {
        const kept = links.filter(({ kind, url }) => kind !== 'job' && comparableUrl(url) !== null);
        const before = await linksOf(trx, build);
        const known = new Set(await parentRows(trx, build));
        const same =
          JSON.stringify(before.filter(({ kind }) => kind !== 'job')) === JSON.stringify(kept.map(plain)) &&
          parents.every((parent) => known.has(parent));
        if (same) return false;
        await trx.deleteFrom('build_links').where('build', '=', build).where('kind', '<>', 'job').execute();
        await insertLinks(trx, dialect, build, kept);
        for (const parent of parents) await addParent(trx, build, parent);
        for (const { kind, url } of kept) if (kind === 'origin') await joinByUrl(trx, build, url);
        return true;
      }),
    readPosition: async (farm) => {
      const row = await db
        .selectFrom('farm_positions')
        .select('position')
        .where('farm', '=', storable(farm))
        .executeTakeFirst();
      return row === undefined ? null : (JSON.parse(row.position) as FarmPosition);
    },
    savePosition: async (farm, { after, open }) => {
      const position = JSON.stringify({ after, open: open.slice(0, FARM_OPEN_MAX) });
      await db
        .insertInto('farm_positions')
        .values({ farm: storable(farm), position })
        .onConflict((conflict) => conflict.column('farm').doUpdateSet({ position }))
        .execute();
    },
  };
}

function plain({ kind, title, url }: BuildLink): BuildLink {
  return { kind, title: storable(title), url: storable(url) };
}

async function linksOf(db: Kysely<Database>, build: string): Promise<BuildLink[]> {
  const rows = await db
    .selectFrom('build_links')
    .select(['kind', 'title', 'url', 'ordinal'])
    .where('build', '=', build)
    .orderBy('ordinal')
    .execute();
  return rows.map(({ kind, title, url }) => ({ kind: kind as LinkKind, title, url }));
}

/** The job's own link stands behind all others, wherever they come from. */
const JOB_ORDINAL = 1_000_000;

async function insertLinks(
  trx: Transaction<Database>,
  dialect: Dialect,
  build: string,
  links: readonly BuildLink[],
): Promise<void> {
  await insertRows(
    trx,
    dialect,
    'build_links',
    ['build', 'ordinal', 'kind', 'title', 'url', 'target'],
    links.map(({ kind, title, url }, ordinal) => [build, ordinal, kind, title, url, comparableUrl(url)!]),
  );
}

async function parentRows(db: Kysely<Database>, build: string): Promise<string[]> {
  const rows = await db.selectFrom('build_parents').select('parent').where('build', '=', build).execute();
  return rows.map(({ parent }) => parent);
}

async function addParent(trx: Transaction<Database>, build: string, parent: string): Promise<void> {
  if (build === parent) return;
  await trx
    .insertInto('build_parents')
    .values({ build, parent })
    .onConflict((conflict) => conflict.columns(['build', 'parent']).doNothing())
    .execute();
}

/** Builds whose job is at this address become children of the one whose page it is. */
async function joinByUrl(trx: Transaction<Database>, build: string, url: string): Promise<void> {
  const target = comparableUrl(url);
  if (target === null) return;
  const rows = await trx
    .selectFrom('build_links')
    .select(['build', 'kind'])
    .where('target', '=', storable(target))
    .where('kind', 'in', ['origin', 'job'])
    .execute();
  const origins = rows.filter(({ kind }) => kind === 'origin').map((row) => row.build);
  const jobs = rows.filter(({ kind }) => kind === 'job').map((row) => row.build);
  for (const parent of origins)
    for (const child of jobs) if (child === build || parent === build) await addParent(trx, child, parent);
}

/** Within the transaction that stores a build: which job ran it, where that is an address. */
export async function noteJob(trx: Transaction<Database>, build: string, jobId: string | null): Promise<void> {
  const target = jobId === null ? null : comparableUrl(jobId);
  if (jobId === null || target === null) return;
  const row = {
    build,
    ordinal: JOB_ORDINAL,
    kind: 'job',
    title: 'Job that ran it',
    url: storable(jobId),
    target: storable(target),
  };
  await trx
    .insertInto('build_links')
    .values(row)
    .onConflict((conflict) => conflict.columns(['build', 'ordinal']).doUpdateSet({ url: row.url, target: row.target }))
    .execute();
  await joinByUrl(trx, build, jobId);
}

/** What led to `alias`, or from it, is the build's. */
export async function moveRelations(trx: Transaction<Database>, alias: string, build: string): Promise<void> {
  const parents = await parentRows(trx, alias);
  const children = await trx.selectFrom('build_parents').select('build').where('parent', '=', alias).execute();
  for (const parent of parents) await addParent(trx, build, parent);
  for (const child of children) await addParent(trx, child.build, build);
  const own = await linksOf(trx, build);
  if (own.length === 0) await trx.updateTable('build_links').set({ build }).where('build', '=', alias).execute();
  await dropRelations(trx, alias);
}

/** Of a build that is deleted. */
export async function dropRelations(trx: Transaction<Database>, build: string): Promise<void> {
  await trx.deleteFrom('build_links').where('build', '=', build).execute();
  await trx
    .deleteFrom('build_parents')
    .where((eb) => eb.or([eb('build', '=', build), eb('parent', '=', build)]))
    .execute();
}

/** Builds of one that are shown with it; a-full of the Yocto Project has a hundred. */
const CHILDREN_SHOWN_MAX = 500;

export async function readRelations(db: Kysely<Database>, sight: Sight, id: string): Promise<BuildRelations> {
  const related = (by: 'build' | 'parent', give: 'build' | 'parent') =>
    db
      .selectFrom('build_parents')
      .innerJoin('builds', 'builds.id', `build_parents.${give}`)
      .where(`build_parents.${by}`, '=', id)
      .where(sight.listed());
  const list = (by: 'build' | 'parent', give: 'build' | 'parent') =>
    related(by, give)
      .select('builds.id')
      .orderBy('builds.order_ms', 'desc')
      .orderBy('builds.id')
      .limit(CHILDREN_SHOWN_MAX)
      .execute();
  const [links, parents, children, counted] = await Promise.all([
    linksOf(db, id),
    list('build', 'parent'),
    list('parent', 'build'),
    related('parent', 'build')
      .select((eb) => eb.fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow(),
  ]);
  return {
    links,
    parents: parents.map((row) => row.id),
    children: children.map((row) => row.id),
    childrenTotal: Number(counted.count),
  };
}
