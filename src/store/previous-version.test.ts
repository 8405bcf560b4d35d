import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { zstdDecompressSync } from 'node:zlib';
import { Kysely, sql } from 'kysely';
import { afterAll, expect, test } from 'vitest';
import { hasPostgres } from '../../test/real-parts.ts';
import { type RealPostgres, startPostgres } from '../../test/real-postgres.ts';
import { drawBuild } from '../model/draw-build.ts';
import { dialectFor } from './dialect.ts';
import { openStore } from './index.ts';
import { builds } from './migrations/0001-builds.ts';
import { STORE_VERSION } from './migrations/index.ts';
import type { Database } from './schema.ts';

let server: RealPostgres | null = null;
afterAll(async () => {
  await server?.stop();
});

test('a file of version 1 is brought to this version, and its builds are as they were', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-version-1-'));
  const file = join(folder, 'bakehouse.db');
  const packed = readFileSync(new URL('../../fixtures/store/version-1.db.zst', import.meta.url));
  writeFileSync(file, zstdDecompressSync(packed));
  const store = await openStore(`sqlite:${file}`);
  try {
    const { builds: found, total } = await store.listBuilds({}, { after: null, limit: 10 });
    expect(total).toBe(2);
    expect(found.map(({ name, outcome, failures }) => [name, outcome, failures])).toEqual([
      ['20261121010122', 'failed', 4],
      ['20240607083000', 'failed', 1],
    ]);
    const build = await store.readBuild(found[0]!.id);
    expect(build).toMatchObject({ logs: [], sizes: [], jobId: null, images: null });
    expect(build?.tasks.length).toBe(found[0]!.tasks);
    expect(build?.failures).toHaveLength(4);
    // What was in heads alone is found by now.
    const { branch, hostDistro } = await store.countFacets({});
    expect(branch.map(({ count }) => count).reduce((a, b) => a + b)).toBe(2);
    expect(hostDistro.length).toBeGreaterThan(0);
    const raw = new DatabaseSync(file, { readOnly: true });
    const keys = raw.prepare('select key, cause, rules from failures order by build, ordinal').all();
    const layers = raw.prepare('select name from build_layers').all();
    raw.close();
    expect(keys).toHaveLength(5);
    for (const { key, rules } of keys)
      expect([String(key), rules]).toEqual([expect.stringMatching(/^[0-9a-f]{6}(-\d)?$/), 0]);
    expect(layers.length).toBe(build!.layers.length + (await store.readBuild(found[1]!.id))!.layers.length);
    // Saved again as it is: the same build, and one row of it.
    await store.saveBuild(found[0]!.id, build!);
    expect(await store.countBuilds()).toBe(2);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});

test.skipIf(!hasPostgres)('a PostgreSQL database of version 1 is brought to this version', async () => {
  server = await startPostgres();
  const database = await server.newDatabase();
  const dialect = dialectFor(database);
  const db = new Kysely<Database>({ dialect: dialect.kysely });
  for (const statement of builds.statements(dialect)) await sql.raw(statement).execute(db);
  await sql`create table store_version (version integer not null)`.execute(db);
  await sql`insert into store_version values (1)`.execute(db);
  await sql`insert into key_lists (hash, body) values ('h', '\\x00')`.execute(db);
  await sql`insert into builds (id, revision, name, search, order_ms, end_estimated, outcome, location, kind, kind_estimated, tasks,
    failures, qa_issues, problems, configuration, baseline, positions, key_list)
    values ('00000000-0000-5000-8000-000000000001', 'r', 'old', 'old', -1, 0, 'succeeded', '/b', 'clean', 0, 0, 0, 0, 0, 'c', 1, 0, 1)`.execute(
    db,
  );
  await db.destroy();

  const store = await openStore(database);
  expect(await store.readSummary('00000000-0000-5000-8000-000000000001')).toMatchObject({ name: 'old' });
  const added = await store.saveBuild('00000000-0000-5000-8000-000000000002', drawBuild('a_1:do_compile =='));
  expect(added.changed).toBe(true);
  expect(await store.countBuilds()).toBe(2);
  await store.close();
  const again = new Kysely<Database>({ dialect: dialectFor(database).kysely });
  const { version } = await again.selectFrom('store_version').select('version').executeTakeFirstOrThrow();
  expect(version).toBe(STORE_VERSION);
  await again.destroy();
});
