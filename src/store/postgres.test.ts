import { expect, test } from 'vitest';
import { hasPostgres } from '../../test/real-parts.ts';
import { startPostgres } from '../../test/real-postgres.ts';
import { openStore } from './index.ts';

test.skipIf(!hasPostgres)('a server that went away is said as such, and is no defect', async () => {
  const server = await startPostgres();
  const database = await server.newDatabase();
  const store = await openStore(database);
  expect(await store.countBuilds()).toBe(0);
  await server.stop();
  const told = {
    code: 'unavailable',
    message: expect.stringMatching(/^The database cannot be reached, or has no room[^/]*\.$/),
  };
  for (let n = 0; n < 3; n++) await expect(store.countBuilds()).rejects.toMatchObject(told);
  await expect(openStore(database)).rejects.toMatchObject(told);
  await store.close();
});
