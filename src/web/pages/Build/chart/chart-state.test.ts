import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHAIN_KINDS } from '../../../../chart/chain.ts';
import { GROUP_BYS } from '../../../../chart/layout.ts';
import { COLOUR_BYS } from '../../../../chart/palette.ts';
import { drawBuild } from '../../../../model/draw-build.ts';
import {
  type ChartState,
  DEFAULT_STATE,
  formatChartState,
  parseChartState,
  parseRange,
  rowOfKey,
  runKey,
} from './chart-state.ts';

const defined = (search: object) => Object.fromEntries(Object.entries(search).filter(([, v]) => v !== undefined));

describe('the address of a chart', () => {
  it('is readable, and empty at the defaults', () => {
    expect(defined(formatChartState(DEFAULT_STATE))).toEqual({});
    expect(parseChartState({})).toEqual(DEFAULT_STATE);
    const search = {
      t: '120-900',
      min: '8',
      grp: 'recipe',
      col: 'classic',
      q: 'gcc',
      strips: 'cpu.user+pressure.cpu.avg10,disk.read',
      sel: 'gcc-13.2-r0:do_compile',
      area: '130-150',
      chain: 'waited',
      axis: 'clock',
      view: 'table',
    };
    const state = parseChartState(search);
    expect(state).toMatchObject({
      range: { fromMs: 120_000, toMs: 900_000 },
      minMs: 8000,
      strips: [['cpu.user', 'pressure.cpu.avg10'], ['disk.read']],
      chain: 'waited',
    });
    expect(defined(formatChartState(state))).toEqual(search);
  });

  it('takes what a router made of it: numbers, lists; and drops what does not parse', () => {
    expect(parseChartState({ min: 2.5, q: 123 })).toMatchObject({ minMs: 2500, query: '123' });
    expect(parseChartState({ q: ['gcc', 'x'] })).toMatchObject({ query: 'gcc' });
    const junk = {
      t: '9-1',
      min: '-3',
      grp: 'nope',
      col: 7,
      strips: ',',
      area: 'NaN-Infinity',
      chain: 'off',
      q: { a: 1 },
      axis: 'x',
    };
    expect(parseChartState(junk)).toEqual({ ...DEFAULT_STATE, strips: [] });
    expect(parseRange('-4.5-12')).toEqual({ fromMs: -4500, toMs: 12_000 });
    for (const bad of ['', '1', '1-', '-1', 'a-b', '1-2-3', '1e9-2e9', null]) expect(parseRange(bad)).toBeNull();
  });

  it('goes there and back', () => {
    const seconds = fc.integer({ min: -100, max: 100_000 });
    const range = fc.option(
      fc
        .tuple(seconds, fc.integer({ min: 1, max: 9000 }))
        .map(([s, d]) => ({ fromMs: s * 1000, toMs: (s + d) * 1000 })),
    );
    const id = fc.stringMatching(/^[a-z0-9._/-]{1,12}$/);
    const state: fc.Arbitrary<ChartState> = fc.record({
      range,
      minMs: fc.option(fc.integer({ min: 0, max: 100 }).map((s) => s * 500)),
      groupBy: fc.constantFrom(...GROUP_BYS),
      colourBy: fc.constantFrom(...COLOUR_BYS),
      query: fc.string({ maxLength: 30 }),
      strips: fc.option(
        fc.array(
          fc.array(
            id.filter((i) => i !== 'none'),
            { minLength: 1, maxLength: 3 },
          ),
          { maxLength: 4 },
        ),
      ),
      selected: fc.option(fc.string({ minLength: 1, maxLength: 30 })),
      area: range,
      chain: fc.option(fc.constantFrom(...CHAIN_KINDS)),
      clock: fc.boolean(),
      table: fc.boolean(),
    });
    fc.assert(
      fc.property(state, (s) => {
        expect(parseChartState(formatChartState(s))).toEqual(s);
      }),
    );
  });
});

describe('names of runs', () => {
  it('find their row again, the second execution too', () => {
    const build = drawBuild(`
      gcc_13.2:do_compile           ====
      gcc_13.2:do_compile                 ===
      mc:musl:gcc_13.2:do_compile   ==
      zlib:do_install                 =
    `);
    const keys = Array.from({ length: build.tasks.length }, (_, row) => runKey(build, row));
    expect(keys).toContain('gcc-13.2-r0:do_compile');
    expect(keys).toContain('gcc-13.2-r0:do_compile~2');
    expect(keys).toContain('mc:musl:gcc-13.2-r0:do_compile');
    expect(keys.map((key) => rowOfKey(build, key))).toEqual([0, 1, 2, 3]);
    expect(rowOfKey(build, 'gone-1-r0:do_compile')).toBeNull();
    expect(rowOfKey(build, null)).toBeNull();
  });
});
