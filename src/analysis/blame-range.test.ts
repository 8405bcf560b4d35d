import { describe, expect, test } from 'vitest';
import { blameRange, layerRanges, type RevisionRange } from './blame-range.ts';
import { drawHistory } from './draw-history.ts';

/** `b1..b3 core a..b` */
function told(range: RevisionRange | null | undefined): string {
  if (range === null || range === undefined) return 'none';
  const layers = range.layers.map(({ name, change, from, to }) =>
    change === 'moved' ? `${name} ${from}..${to}` : `${name} ${change}`,
  );
  return [
    `${range.from.build}..${range.to.build}`,
    ...(layers.length > 0 ? layers : [range.worth]),
    ...(range.unchecked > 0 ? [`${range.unchecked} unchecked`] : []),
  ].join(', ');
}

function blame(history: string, at: string | null = null) {
  const found = blameRange(drawHistory(history), at);
  if (found === null) return null;
  return {
    broke: told(found.broke),
    fixed: told(found.fixed),
    failures: found.failures,
    ...(found.sinceCause === null ? {} : { sinceCause: told(found.sinceCause) }),
  };
}

describe('blame range', () => {
  test('from the last executed pass to the first failure, with the layers that moved', () => {
    expect(
      blame(`
        core   a a b b c
        meta-x 1 1 1 2 2
        task   P P F F P`),
    ).toEqual({ broke: 'b1..b2, core a..b', fixed: 'b3..b4, core b..c', failures: 2 });
  });

  test('what was restored from sstate, is current or was no part of a build checked nothing', () => {
    expect(
      blame(`
        core a b c d e
        task P - - U F`),
    ).toEqual({ broke: 'b0..b4, core a..e, 3 unchecked', fixed: 'none', failures: 1 });
  });

  test('a full disk neither begins nor ends a range, and has none of its own', () => {
    expect(
      blame(`
        core a b c d e
        task P I F I P`),
    ).toEqual({ broke: 'b0..b2, core a..c, 1 unchecked', fixed: 'b2..b4, core c..e, 1 unchecked', failures: 1 });
    expect(blame('task P I P')).toBeNull();
    expect(blame('task P I F', 'b1')).toBeNull();
  });

  test('what failed from its first build on has no range', () => {
    expect(blame('core a b\ntask F F')).toEqual({ broke: 'none', fixed: 'none', failures: 2 });
    expect(blame('core a b\ntask P P')).toBeNull();
    expect(blame('')).toBeNull();
  });

  test('each failure is asked for in its own row of failures', () => {
    const history = `
      core a b c d e f
      task P F P P F F`;
    expect(blame(history, 'b1')).toEqual({ broke: 'b0..b1, core a..b', fixed: 'b1..b2, core b..c', failures: 1 });
    expect(blame(history, 'b5')).toEqual({ broke: 'b3..b4, core d..e', fixed: 'none', failures: 2 });
    expect(blame(history, 'b2')).toBeNull();
  });

  test('where the words changed while it failed, both places are told', () => {
    expect(
      blame(`
        core a b c d e
        task P G G F F`),
    ).toEqual({ broke: 'b0..b1, core a..b', fixed: 'none', failures: 4, sinceCause: 'b2..b3, core c..d' });
    // Asked for the first words, there is one range.
    expect(blame('core a b c\ntask P G F', 'b1')).toEqual({ broke: 'b0..b1, core a..b', fixed: 'none', failures: 2 });
  });

  test('the same revisions on both ends are said to be the same, and those not recorded not', () => {
    expect(blame('core a a\ntask P F')?.broke).toBe('b0..b1, same-revisions');
    expect(blame('task P F')?.broke).toBe('b0..b1, not-recorded');
    expect(blame('core . a\ntask P F')?.broke).toBe('b0..b1, not-recorded');
    expect(blame('core ? a\nmeta-x 1 2\ntask P F')?.broke).toBe('b0..b1, core not-recorded, meta-x 1..2');
  });

  test('layers that came, went, or have changes of their own', () => {
    expect(
      blame(`
        core   a  a
        meta-x 1  .
        meta-y .  7
        meta-z 5  5*
        task   P  F`)?.broke,
    ).toBe('b0..b1, meta-y added, meta-z modified, meta-x removed');
  });

  test('equal hashes and other hosts at the ends are told', () => {
    const of = (history: string) => {
      const { sameHash, otherHost } = blameRange(drawHistory(history))!.broke!;
      return { sameHash, otherHost };
    };
    expect(of('hash 7 7\nhost d f\ntask P F')).toEqual({ sameHash: true, otherHost: true });
    expect(of('hash 7 8\nhost d d\ntask P F')).toEqual({ sameHash: false, otherHost: false });
    expect(of('hash ? 8\nhost d ?\ntask P F')).toEqual({ sameHash: null, otherHost: null });
  });

  test('a commit told short is the one told long', () => {
    const layer = (commit: string) => [{ name: 'core', branch: null, commit, modified: false }];
    expect(layerRanges(layer('0123456789'), layer('0123456789abcdef0123456789abcdef01234567'))).toEqual([]);
    expect(layerRanges(layer('0123'), layer('0123456789'))).toHaveLength(1);
  });

  test('a year of builds every ten minutes takes a moment', () => {
    const runs = drawHistory(`core ${'a '.repeat(50_000)}\ntask ${'P F '.repeat(25_000)}`);
    const begun = performance.now();
    expect(blameRange(runs)?.failures).toBe(1);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});
