import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { hasPostgres } from './real-parts.ts';
import { startPostgres } from './real-postgres.ts';

/** What a test file would see under this environment. */
function look(env: Readonly<Record<string, string>>): unknown {
  const parts = JSON.stringify(pathToFileURL(join(import.meta.dirname, 'real-parts.ts')).href);
  const script = `
    const { hasPostgres, hasBitbake, requirePart } = await import(${parts});
    let missing = null;
    try { requirePart('postgres'); } catch (error) { missing = error.message; }
    console.log(JSON.stringify({ hasPostgres, hasBitbake, missing }));`;
  const { BAKEHOUSE_REQUIRE: _, BAKEHOUSE_TEST_BITBAKE: __, ...rest } = process.env;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { env: { ...rest, ...env } });
  return JSON.parse(output.toString('utf8'));
}

test('a part that is not here is skipped, or fails where all are required', () => {
  const nowhere = { BAKEHOUSE_TEST_POSTGRES: '/nowhere' };
  const missing = expect.stringContaining('needs PostgreSQL');
  expect(look(nowhere)).toEqual({ hasPostgres: false, hasBitbake: false, missing });
  expect(look({ ...nowhere, BAKEHOUSE_REQUIRE: 'all' })).toEqual({ hasPostgres: true, hasBitbake: false, missing });
});

test.skipIf(!hasPostgres)('a PostgreSQL starts, gives databases and is gone at the end', async () => {
  const server = await startPostgres();
  expect(server.version).toMatch(/^\d+\.\d+/);
  const [a, b] = [await server.newDatabase(), await server.newDatabase()];
  expect(a).not.toBe(b);
  await server.stop();
  await expect(
    import('pg').then(({ default: pg }) => new pg.Client({ connectionString: a }).connect()),
  ).rejects.toThrow();
});
