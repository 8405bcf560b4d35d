/** What somebody may see, at the store: the same builds on both engines, asked for in every way there is. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bothDatabases } from '../../test/both-databases.ts';
import { drawBuild } from '../model/draw-build.ts';
import { STRANGER, type Store, type Viewer, type Visibility } from './store.ts';

const START = Date.UTC(2026, 0, 1);
const OWNER: Viewer = { account: 1, admin: false };
const OTHER: Viewer = { account: 2, admin: false };
const ADMIN: Viewer = { account: 3, admin: true };
const ID: Readonly<Record<Visibility, string>> = {
  public: '11111111-1111-4111-8111-111111111111',
  unlisted: '22222222-2222-4222-8222-222222222222',
  private: '33333333-3333-4333-8333-333333333333',
};
const ALIAS = '44444444-4444-4444-8444-444444444444';
const ALL = ['public', 'unlisted', 'private'] as const;

const databases = bothDatabases();

describe.each(databases)('over $name', ({ open, skip }) => {
  let whole: Store;
  beforeAll(async () => {
    if (skip) return;
    whole = await open();
    for (const [n, visibility] of ALL.entries()) {
      const build = drawBuild(`zlib_1.3:do_compile ===  cputime=${n + 1}`);
      await whole.saveBuild(
        ID[visibility],
        {
          ...build,
          name: `build of ${visibility}`,
          machine: `machine-${visibility}`,
          outcome: 'succeeded',
          targets: ['zlib'],
          startedMs: START + n * 60_000,
          endedMs: START + n * 60_000 + 1000,
        },
        { access: { visibility, owner: visibility === 'public' ? null : 1, receivedMs: START } },
      );
    }
    await whole.addAlias(ALIAS, ID.private);
  });
  afterAll(() => whole?.close());

  const listedBy: readonly [string, Viewer, readonly Visibility[], readonly Visibility[]][] = [
    ['a stranger', STRANGER, ['public'], ['public', 'unlisted']],
    ['another account', OTHER, ['public'], ['public', 'unlisted']],
    ['the owner', OWNER, ALL, ALL],
    ['an admin', ADMIN, ALL, ALL],
  ];

  test.skipIf(skip).each(listedBy)('%s', async (_, viewer, listed, readable) => {
    const store = whole.seenBy(viewer);
    const ids = listed.map((one) => ID[one]).sort();
    const page = await store.listBuilds({}, { after: null, limit: 10 });
    expect(page.builds.map(({ id }) => id).sort()).toEqual(ids);
    expect([page.matching, page.total, await store.countBuilds()]).toEqual([ids.length, ids.length, ids.length]);
    for (const word of ALL) {
      const found = await store.listBuilds({ words: [`machine-${word}`] }, { after: null, limit: 10 });
      expect(found.matching).toBe(listed.includes(word) ? 1 : 0);
    }
    const facets = await store.countFacets({});
    expect(facets.machine.map(({ value }) => value).sort()).toEqual(listed.map((one) => `machine-${one}`).sort());
    expect(facets.target).toEqual([{ value: 'zlib', count: listed.length }]);
    expect(facets.visibility.map(({ value }) => value).sort()).toEqual([...listed].sort());
    const unlisted = await store.listBuilds({ visibility: ['unlisted'] }, { after: null, limit: 10 });
    expect(unlisted.builds.map(({ id }) => id)).toEqual(listed.includes('unlisted') ? [ID.unlisted] : []);
    const trend = await store.readTrend({ recipe: 'zlib', task: null, mc: '', metric: 'cputime', builds: 10 });
    expect(trend.points.map(({ id }) => id).sort()).toEqual(ids);
    const top = await store.readTopTasks({ metric: 'cputime', builds: 10, limit: 10 });
    expect(top.tasks.map(({ id }) => id).sort()).toEqual(ids);
    expect((await store.findByOrigin({ name: '', startedMs: START, slackMs: 1e6 })).sort()).toEqual(ids);

    for (const one of ALL) {
      const id = ID[one];
      const mayRead = readable.includes(one);
      const answers = [
        await store.readBuild(id),
        await store.readHead(id),
        await store.readTaskTable(id, '*'),
        await store.readTaskBytes(id, '*'),
        await store.readSamples(id),
        await store.readSampleBytes(id),
        await store.readContents(id),
        await store.readSummary(id),
        await store.readAccess(id),
      ];
      expect(answers.map((answer) => answer !== null)).toEqual(answers.map(() => mayRead));
      expect(await store.findIds(id.slice(0, 8), 5)).toEqual(listed.includes(one) ? [id] : []);
      expect(await store.findIds(id.slice(0, 22), 5)).toEqual(listed.includes(one) ? [id] : []);
      expect(await store.findIds(id.slice(0, 23), 5)).toEqual(mayRead ? [id] : []);
      const named = await store.readTopTasks({ metric: 'cputime', builds: [id], limit: 10 });
      expect(named.tasks.length).toBe(mayRead ? 1 : 0);
      const histories = await store.readHistories([id], 20);
      expect(histories.has(id)).toBe(mayRead);
    }
    expect(await store.aliasOf(ALIAS)).toBe(readable.includes('private') ? ID.private : null);
    expect(await store.findIds(ALIAS, 5)).toEqual(readable.includes('private') ? [ID.private] : []);
  });

  test.skipIf(skip)('a build keeps who may see it when it is written anew, and changes it when told to', async () => {
    const build = { ...drawBuild('zlib_1.3:do_compile ====='), name: 'anew' };
    const id = '55555555-5555-4555-8555-555555555555';
    await whole.saveBuild(id, build, { access: { visibility: 'private', owner: 1, receivedMs: 7 } });
    await whole.saveBuild(
      id,
      { ...build, name: 'anew again' },
      { access: { visibility: 'public', owner: 2, receivedMs: 8 } },
    );
    expect(await whole.readAccess(id)).toEqual({ visibility: 'private', owner: 1, receivedMs: 7 });
    expect(await whole.seenBy(STRANGER).readHead(id)).toBeNull();
    expect(await whole.setAccess(id, { visibility: 'unlisted' })).toBe(true);
    expect((await whole.seenBy(STRANGER).readHead(id))?.name).toBe('anew again');
    expect(await whole.setAccess('66666666-6666-4666-8666-666666666666', { visibility: 'public' })).toBe(false);
    await whole.deleteBuild(id);
  });
});
