import { afterAll, describe, expect, test } from 'vitest';
import { bothDatabases } from '../../test/both-databases.ts';
import { shortIdOf } from '../collector/short-id.ts';
import { drawBuild } from '../model/draw-build.ts';
import { STRANGER, type Store } from '../store/store.ts';
import { addressesIn, failureAddress, failureAddresses } from './failure-address.ts';
import { resolveBuildId } from './resolve-build-id.ts';

const ids = {
  alone: '3f2b8c1e-9d4a-4e77-b1c2-000000000001',
  one: 'aa000000-1000-4000-8000-000000000001',
  /** Begins as `one` does, with 10 characters. */
  two: 'aa000000-2000-4000-8000-000000000002',
  /** Another build's id from before it was merged begins as this one does. */
  beside: 'bb000000-1111-4000-8000-000000000001',
  merged: 'cc000000-1111-4000-8000-000000000001',
  hidden: 'dd000000-1111-4000-8000-000000000001',
  near: 'dd000000-1111-4000-8000-000000000002',
  twin: 'ee000000-1111-4000-8000-000000000001',
  other: 'ee000000-1111-4000-8000-000000000002',
};

describe.each(bothDatabases())('addresses of failures over $name', ({ open, skip }) => {
  let store: Store | null = null;
  afterAll(() => store?.close());

  test.skipIf(skip)('are as long as it takes to find the build, and every one does', async () => {
    const whole = await open();
    store = whole;
    for (const [name, id] of Object.entries(ids))
      await whole.saveBuild(
        id,
        { ...drawBuild('zlib:do_compile ==F'), name },
        { access: { visibility: name === 'hidden' ? 'unlisted' : 'public', owner: null, receivedMs: 0 } },
      );
    await whole.addAlias('bb000000-2222-4000-8000-000000000009', ids.merged);
    const seen = whole.seenBy(STRANGER);
    const address = await addressesIn(seen, Object.values(ids));
    const beginning = (id: string) => address(id, 'abcdef').split('.')[0]!;
    expect(address(ids.alone, 'abcdef')).toBe('3f2b8c1e.abcdef');
    expect([beginning(ids.one), beginning(ids.two)]).toEqual(['aa000000-1', 'aa000000-2']);
    expect([beginning(ids.beside), beginning(ids.merged)]).toEqual(['bb000000-1', 'cc000000']);
    // In no list: only the short form leads to it, and it makes nobody else's address longer.
    expect([beginning(ids.hidden), beginning(ids.near)]).toEqual([shortIdOf(ids.hidden), 'dd000000']);
    // Alike to the end: no beginning is of one of them alone.
    expect(beginning(ids.twin)).toBe(shortIdOf(ids.twin));
    for (const id of [ids.alone, ids.one, ids.two, ids.beside, ids.merged, ids.near])
      expect(await resolveBuildId(seen, beginning(id))).toBe(id);
    // One by one they are what they are together.
    expect(await failureAddress(seen, ids.two, 'abcdef')).toBe(address(ids.two, 'abcdef'));
    expect(await failureAddresses(seen, ids.two, ['abcdef', 'fedcba'])).toEqual([
      'aa000000-2.abcdef',
      'aa000000-2.fedcba',
    ]);
    expect(await failureAddresses(seen, ids.two, [])).toEqual([]);
  });
});
