import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BuildsFilter, filterOfSearch, searchOfFilter } from './filter-search.ts';
import { parseSearch } from './search-query.ts';

const NOW = Date.UTC(2026, 10, 27, 12);
const DISTROS = new Set(['debian-12', 'fedora-43']);
const none: BuildsFilter = { facets: {}, words: [], fromMs: null, toMs: null };
const of = (q: string) => filterOfSearch(parseSearch(q), NOW, DISTROS);

describe('a search as the filter of lists and reports', () => {
  test.each<[string, BuildsFilter['facets']]>([
    ['machine:qemuarm,"" distro:poky', { machine: ['', 'qemuarm'], distro: ['poky'] }],
    ['image:a release:5.0 branch:master', { target: ['a'], release: ['5.0'], branch: ['master'] }],
    ['host:debian-12', { hostDistro: ['debian-12'] }],
    ['host:alpha,beta', { host: ['alpha', 'beta'] }],
    ['status:failed', { outcome: ['failed'] }],
    ['status:succeeded', { outcome: ['succeeded', 'succeeded-with-errors'] }],
    ['outcome:lost kind:clean', { outcome: ['lost'], kind: ['clean'] }],
  ])('%s', (q, facets) => {
    expect(of(q)).toEqual({ filter: { ...none, facets }, left: [] });
  });

  test.each<[string, readonly string[]]>([
    ['machine:qemu*', ['machine:qemu*']],
    ['-machine:a', ['-machine:a']],
    ['machine:a machine:b', ['machine:b']],
    ['machine:"a,b"', ['machine:"a,b"']],
    ['recipe:gcc status:failed', ['recipe:gcc', 'status:failed']],
    ['status:failed outcome:lost', ['outcome:lost']],
    ['status:not-executed', ['status:not-executed']],
    ['host:alpha,debian-12', ['host:alpha,debian-12']],
    ['host:""', ['host:""']],
    ['"two words" -x', ['"two words"', '-x']],
    ['layer:meta@abcd task:do_fetch log:x build:2026', ['task:do_fetch', 'log:x', 'layer:meta@abcd', 'build:2026']],
  ])('of %s is left: %s', (q, left) => {
    expect(of(q).left).toEqual(left);
  });

  test('dates and ages are times', () => {
    expect(of('since:2026-11-20 until:2026-11-21 x').filter).toEqual({
      facets: {},
      words: ['x'],
      fromMs: Date.UTC(2026, 10, 20),
      toMs: Date.UTC(2026, 10, 22) - 1,
    });
    expect(of('since:7d since:2026').filter.fromMs).toBe(NOW - 7 * 86_400_000);
  });
});

test('a filter comes back from the search as it was, to the minute', () => {
  const value = fc.string({ maxLength: 8 }).filter((text) => !text.includes(','));
  const values = fc.uniqueArray(value, { minLength: 1, maxLength: 3 }).map((list) => list.sort());
  const minute = fc.integer({ min: 0, max: 30_000_000 }).map((n) => n * 60_000);
  const filter = fc.record({
    facets: fc.record(
      { machine: values, target: values, release: values, kind: fc.constant(['clean']) },
      { requiredKeys: [] },
    ),
    words: fc.uniqueArray(fc.stringMatching(/^[a-z:"*-]{1,6}$/), { maxLength: 3 }),
    fromMs: fc.option(minute),
    toMs: fc.option(minute.map((ms) => ms + 59_999)),
  });
  fc.assert(
    fc.property(filter, (wanted) => {
      const back = filterOfSearch(parseSearch(searchOfFilter(wanted)), NOW, DISTROS);
      expect(back.left).toEqual([]);
      // The search puts values and words in an order of its own.
      const sorted = ({ facets, words, ...dates }: BuildsFilter) => ({
        ...dates,
        words: [...words].sort(),
        facets: Object.fromEntries(Object.entries(facets).map(([key, list]) => [key, [...list].sort()])),
      });
      expect(sorted(back.filter)).toEqual(sorted(wanted));
    }),
  );
});

test('the list names a host and its distribution apart, the search does not', () => {
  expect(searchOfFilter({ ...none, facets: { host: ['alpha'], hostDistro: ['debian-12'] } })).toBe(
    'host:alpha host:debian-12',
  );
});
