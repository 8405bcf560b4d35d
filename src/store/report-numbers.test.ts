import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { hasPostgres } from '../../test/real-parts.ts';
import { startPostgres } from '../../test/real-postgres.ts';
import { blankBuild } from '../model/draw-build.ts';
import { openStore } from './index.ts';

const engines = [
  {
    name: 'SQLite',
    here: true,
    start: async () => {
      const folder = mkdtempSync(join(tmpdir(), 'bakehouse-numbers-'));
      const store = await openStore(`sqlite:${join(folder, 'bakehouse.db')}`);
      return { store, stop: async () => rmSync(folder, { recursive: true }) };
    },
  },
  {
    name: 'PostgreSQL',
    here: hasPostgres,
    start: async () => {
      const server = await startPostgres();
      return { store: await openStore(await server.newDatabase()), stop: () => server.stop() };
    },
  },
];

describe.each(engines)('numbers of reports on $name', ({ here, start }) => {
  test.skipIf(!here)('are given once, also to two who ask at once, and found again', async () => {
    const { store, stop } = await start();
    const { reportNumbers } = store;
    const [first, again] = await Promise.all([reportNumbers.numbersOf('a', 3), reportNumbers.numbersOf('a', 3)]);
    expect(again).toEqual(first);
    expect(new Set(first).size).toBe(4);
    const more = await reportNumbers.numbersOf('a', 5);
    expect(more.slice(0, 4)).toEqual(first);
    expect(more).toHaveLength(6);
    expect(await reportNumbers.numbersOf('a', 0)).toEqual([first[0]]);
    const [other] = await reportNumbers.numbersOf('b', 0);
    expect(more).not.toContain(other);
    expect(await reportNumbers.find(first[2]!)).toEqual({ build: 'a', ordinal: 2 });
    for (const number of [0, -1, 1.5, Number.NaN, 2 ** 31, 2 ** 60, other! + 1000])
      expect(await reportNumbers.find(number)).toBeNull();
    expect(await reportNumbers.numbersOf('many', 5000)).toHaveLength(5001);
    await store.close();
    await stop();
  });

  test.skipIf(!here)('a build without a start is listed where it came in', async () => {
    const { store, stop } = await start();
    const access = (receivedMs: number | null) => ({ visibility: 'public', owner: null, receivedMs }) as const;
    const save = (id: string, startedMs: number | null, receivedMs: number | null) =>
      store.saveBuild(id, { ...blankBuild(id), startedMs }, { access: access(receivedMs) });
    await save('aaaaaaaa-0000-4000-8000-000000000000', 1000, 9000);
    await save('bbbbbbbb-0000-4000-8000-000000000000', null, 2000);
    await save('cccccccc-0000-4000-8000-000000000000', 3000, 3000);
    await save('dddddddd-0000-4000-8000-000000000000', null, null);
    const { builds } = await store.listBuilds({}, { after: null, limit: 10 });
    expect(builds.map(({ id }) => id[0])).toEqual(['c', 'b', 'a', 'd']);
    await store.close();
    await stop();
  });
});
