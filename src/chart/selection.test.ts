import { describe, expect, it } from 'vitest';
import { drawBuild } from '../model/draw-build.ts';
import { matchedRows, stepBar } from './cursor.ts';
import { layoutChart, prepareChart, taskRunName } from './layout.ts';
import { matchRuns } from './search.ts';
import { areaTotals, measureRuns } from './selection.ts';
import { chartSeries } from './strips.ts';

const BUILD = drawBuild(`
  gcc:do_compile        ==========          cputime=20
  gcc:do_install                  ==        cputime=1
  glibc:do_compile          ========
  busybox:do_compile            ==F         cputime=3
  late:do_compile                     ==?
  quiet:do_compile      covered
`);
const DATA = prepareChart(BUILD);
const rowOf = (name: string) => BUILD.tasks.recipe.findIndex((_, row) => taskRunName(BUILD, row) === name);

describe('areaTotals', () => {
  it('sums what lies inside; parts are estimated, what has no cpu time is counted apart', () => {
    const totals = areaTotals(DATA, 5000, 11_000, chartSeries(DATA));
    expect(totals).toMatchObject({ tasks: 4, wallMs: 15_000, cpuMissing: 1, cpuEstimated: true });
    // gcc 5 of 10 s of 20 cpu s, install 1 of 2 s of 1 cpu s, busybox whole.
    expect(totals.cpuS).toBeCloseTo(10 + 0.5 + 3, 9);
    expect(totals.meanRunning).toBeCloseTo(15 / 6, 9);
    expect(totals.topRecipes.map((r) => [r.name, r.wallMs, r.tasks])).toEqual([
      ['gcc', 6000, 2],
      ['glibc', 6000, 1],
      ['busybox', 3000, 1],
    ]);
    expect(totals.means[0]?.mean).toBeCloseTo(15 / 6, 9);
  });

  it('of the whole build is exact', () => {
    const totals = areaTotals(DATA, DATA.bounds.fromMs, DATA.bounds.toMs);
    expect(totals).toMatchObject({ tasks: 5, cpuS: 24, cpuEstimated: false });
  });

  it('says not recorded where no run has a cpu time', () => {
    expect(areaTotals(prepareChart(drawBuild('a:do_x ====')), 0, 4000).cpuS).toBeNull();
  });
});

describe('measureRuns', () => {
  it('is the gap between two runs, or between their starts where they overlap', () => {
    expect(measureRuns(DATA, rowOf('late:do_compile'), rowOf('busybox:do_compile'))).toEqual({
      fromMs: 11_000,
      toMs: 14_000,
      words: 'from the end of busybox:do_compile to the start of late:do_compile',
    });
    expect(measureRuns(DATA, rowOf('gcc:do_compile'), rowOf('glibc:do_compile'))).toMatchObject({
      fromMs: 0,
      toMs: 4000,
    });
  });
});

describe('search', () => {
  const found = (query: string) => {
    const match = matchRuns(BUILD, query);
    return match === null ? null : [...match].flatMap((m, row) => (m === 1 ? [taskRunName(BUILD, row)] : []));
  };
  it('wants every word, anywhere in name, version and outcome', () => {
    expect(found('  ')).toBeNull();
    expect(found('GCC inst')).toEqual(['gcc:do_install']);
    expect(found('failed')).toEqual(['busybox:do_compile']);
    expect(found('sstate')).toEqual(['quiet:do_compile']);
    expect(found('gcc:do_comp')).toEqual(['gcc:do_compile']);
    expect(found('nothing here')).toEqual([]);
  });

  it('steps through those that have a bar, by start', () => {
    const layout = layoutChart(DATA, { groupBy: 'slots', colourBy: 'kind', minMs: 3000 });
    const rows = matchedRows(layout, matchRuns(BUILD, 'do_')!);
    expect(rows.map((row) => taskRunName(BUILD, row))).toEqual([
      'gcc:do_compile',
      'glibc:do_compile',
      'busybox:do_compile',
      'late:do_compile',
    ]);
  });
});

describe('stepBar', () => {
  const layout = layoutChart(DATA, { groupBy: 'slots', colourBy: 'kind', minMs: 0 });
  const name = (bar: number) => taskRunName(BUILD, layout.bars.row[bar]!);
  it('goes along the lane and to the nearest bar of the next', () => {
    const first = stepBar(layout, -1, 'next');
    expect(name(first)).toBe('gcc:do_compile');
    expect(stepBar(layout, first, 'previous')).toBe(first);
    expect(name(stepBar(layout, first, 'next'))).toBe('gcc:do_install');
    expect(name(stepBar(layout, first, 'down'))).toBe('glibc:do_compile');
    const failed = layout.barOfRow[rowOf('busybox:do_compile')]!;
    expect(stepBar(layout, failed, 'down')).toBe(failed);
    expect(name(stepBar(layout, failed, 'up'))).toBe('glibc:do_compile');
  });
});
