import type { Kysely } from 'kysely';
import type { BuildOutcome } from '../../model/build.ts';
import { BakehouseError } from '../../model/errors.ts';
import type { Database } from '../schema.ts';
import type { Sight } from '../sight.ts';
import type { BuildListFilter, FailureFilter, FailurePage } from '../store.ts';
import { failuresOf } from './group-failures.ts';

/** Failures of the builds that match, those of the newest build first, in the order in which a build told them. */
export async function listFailures(
  db: Kysely<Database>,
  sight: Sight,
  builds: BuildListFilter,
  filter: FailureFilter,
  page: { readonly after: string | null; readonly limit: number },
): Promise<FailurePage> {
  const matching = failuresOf(db, sight, builds, filter);
  let query = matching.select([
    'builds.id',
    'builds.name',
    'builds.order_ms',
    'builds.started_ms',
    'builds.outcome',
    'builds.machine',
    'builds.distro',
    'builds.targets',
    'builds.builder',
    'builds.host_distro',
    'builds.branch',
    'f.ordinal',
    'f.key',
    'f.pn',
    'f.version',
    'f.mc',
    'f.task',
    'f.cause',
    'f.blob',
    'fp.hash',
    'fp.class',
    'fp.infrastructure',
  ]);
  if (page.after !== null) {
    const { order, id, ordinal } = parseCursor(page.after);
    query = query.where((eb) =>
      eb.or([
        eb('builds.order_ms', '<', order),
        eb.and([eb('builds.order_ms', '=', order), eb('builds.id', '>', id)]),
        eb.and([eb('builds.order_ms', '=', order), eb('builds.id', '=', id), eb('f.ordinal', '>', ordinal)]),
      ]),
    );
  }
  const [rows, counted] = await Promise.all([
    query
      .orderBy('builds.order_ms', 'desc')
      .orderBy('builds.id')
      .orderBy('f.ordinal')
      .limit(page.limit + 1)
      .execute(),
    matching.select((eb) => eb.fn.countAll<number>().as('count')).executeTakeFirstOrThrow(),
  ]);
  const last = rows.length > page.limit ? rows[page.limit - 1] : undefined;
  const shown = rows.slice(0, page.limit);
  return {
    parents: await parentsOf(db, sight, [...new Set(shown.map(({ id }) => id))]),
    failures: shown.map((row) => ({
      id: `${row.id}.${row.key}`,
      build: row.id,
      buildName: row.name,
      key: row.key,
      startedMs: row.started_ms,
      outcome: row.outcome as BuildOutcome,
      machine: row.machine,
      distro: row.distro,
      targets: row.targets === null ? null : (JSON.parse(row.targets) as string[]),
      builder: row.builder,
      hostDistro: row.host_distro,
      branch: row.branch,
      pn: row.pn,
      version: row.version,
      mc: row.mc,
      task: row.task,
      cause: row.cause,
      blob: row.blob,
      fingerprint: row.hash,
      class: row.class,
      infrastructure: row.infrastructure === null ? null : row.infrastructure === 1,
    })),
    next: last === undefined ? null : `${last.order_ms}.${last.id}.${last.ordinal}`,
    matching: Number(counted.count),
  };
}

/** The builds that triggered these, where a farm told so and the viewer may see them. */
async function parentsOf(db: Kysely<Database>, sight: Sight, ids: readonly string[]): Promise<FailurePage['parents']> {
  if (ids.length === 0) return [];
  const rows = await db
    .selectFrom('build_parents')
    .innerJoin('builds', 'builds.id', 'build_parents.parent')
    .select([
      'build_parents.build as child',
      'builds.id',
      'builds.name',
      'builds.started_ms',
      'builds.outcome',
      'builds.targets',
      'builds.machine',
      'builds.builder',
    ])
    .where('build_parents.build', 'in', ids)
    .where(sight.listed())
    .orderBy('builds.order_ms', 'desc')
    .orderBy('builds.id')
    .execute();
  return rows.map((row) => ({
    child: row.child,
    build: row.id,
    buildName: row.name,
    startedMs: row.started_ms,
    outcome: row.outcome as BuildOutcome,
    targets: row.targets === null ? null : (JSON.parse(row.targets) as string[]),
    machine: row.machine,
    builder: row.builder,
  }));
}

function parseCursor(cursor: string): { order: number; id: string; ordinal: number } {
  const match = /^(-?\d{1,16})\.([\w-]{1,100})\.(\d{1,9})$/.exec(cursor);
  if (match === null) throw new BakehouseError('invalid', 'The cursor is not one that this list gave.');
  return { order: Number(match[1]), id: match[2]!, ordinal: Number(match[3]) };
}
