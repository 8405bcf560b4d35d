import { describe, expect, it } from 'vitest';
import type { BuildOutcome } from '../model/build.ts';
import { PALETTES } from './palette.ts';
import { RecordPainter } from './record-painter.ts';
import { SvgPainter } from './svg.ts';
import {
  drawWaterfall,
  layoutWaterfall,
  stepWaterfall,
  timeOfY,
  WATERFALL_AXIS_PX,
  type WaterfallBar,
  type WaterfallInput,
  type WaterfallLayout,
  type WaterfallOptions,
  waterfallBarAt,
  waterfallCellAt,
  waterfallTicks,
  yOf,
} from './waterfall.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 0, 1);

/** A row a build, a character an hour: `=` it ran, `F` and it failed in the end, `>` and it still runs, `?` and nobody knows its end. */
function drawn(text: string): WaterfallInput {
  const names: string[] = [];
  const bars = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line): WaterfallBar => {
      const [, name = '', run = ''] = /^\s*(\S+) (.*)$/.exec(line) ?? [];
      if (!names.includes(name)) names.push(name);
      const from = run.length - run.trimStart().length;
      const last = run.trimEnd().at(-1);
      const outcome: BuildOutcome =
        last === 'F' ? 'failed' : last === '>' ? 'running' : last === '?' ? 'lost' : 'succeeded';
      return {
        column: names.indexOf(name),
        startMs: START + from * HOUR,
        endMs: last === '>' || last === '?' ? null : START + run.trimEnd().length * HOUR,
        outcome,
        label: last === 'F' ? 'gcc:do_compile' : 'image',
        usualMs: last === '>' ? 6 * HOUR : null,
      };
    });
  return { columns: names.map((label) => ({ label, last: null })), bars, cells: null };
}

/** A line an hour, ten pixels high, and a character for each ten pixels of a column; lanes beside each other. */
const OPTIONS: WaterfallOptions = {
  view: { fromMs: START, toMs: START + 8 * HOUR },
  heightPx: 80,
  columnPx: 46,
  nowMs: START + 7 * HOUR,
  upwards: false,
};

function seen(layout: WaterfallLayout): string[] {
  const glyphs: Partial<Record<BuildOutcome, string>> = { succeeded: '#', failed: 'F', running: '>', lost: '?' };
  return Array.from({ length: 8 }, (_, hour) =>
    layout.input.columns
      .map((_, column) =>
        [0, 1, 2, 3]
          .map((part) => {
            const at = waterfallBarAt(layout, column * 46 + 3 + part * 10 + 5, hour * 10 + 5);
            return at < 0 ? '.' : (glyphs[layout.input.bars[at]!.outcome] ?? '-');
          })
          .join(''),
      )
      .join(' '),
  );
}

const BUSY = `
  a ==
  b  ===F
  a    ====
  a     ==
  b       =>
`;

describe('layoutWaterfall', () => {
  it('puts time downwards and a column to each name; builds of one time stand beside each other, a lone one is as wide as its column', () => {
    expect(seen(layoutWaterfall(drawn(BUSY), OPTIONS))).toEqual([
      '#### ....',
      '#### FFFF',
      '.... FFFF',
      '##.. FFFF',
      '#### FFFF',
      '#### ....',
      '##.. >>>>',
      '.... ....',
    ]);
  });

  it('turned over, the newest is on top', () => {
    const down = seen(layoutWaterfall(drawn(BUSY), OPTIONS));
    expect(seen(layoutWaterfall(drawn(BUSY), { ...OPTIONS, upwards: true }))).toEqual(down.reverse());
  });

  it('a running build grows to now and shows where its like usually end', () => {
    const input = drawn('a  ==>');
    const early = layoutWaterfall(input, { ...OPTIONS, nowMs: START + 2 * HOUR }).bars[0]!;
    const late = layoutWaterfall(input, OPTIONS).bars[0]!;
    expect([early.y, early.height, early.expectedPx]).toEqual([10, 10, 70]);
    expect([late.y, late.height, late.expectedPx]).toEqual([10, 60, 70]);
  });

  it('no end recorded is a mark at the start, and a build of seconds is still seen', () => {
    const input = drawn('a   ====?');
    expect(layoutWaterfall(input, OPTIONS).bars[0]).toMatchObject({ y: 20, height: 3 });
    const short = { ...input, bars: [{ ...input.bars[0]!, endMs: START + 2 * HOUR + 10_000 }] };
    expect(layoutWaterfall(short, OPTIONS).bars[0]).toMatchObject({ y: 20, height: 3 });
  });

  it('the lanes of a build do not change when one that ran beside it leaves the screen', () => {
    const input = drawn('a ====\na   ======');
    const at = (hours: number) =>
      layoutWaterfall(input, {
        ...OPTIONS,
        view: { fromMs: START + hours * HOUR, toMs: START + (hours + 8) * HOUR },
      }).bars.find(({ bar }) => bar === 1)!;
    expect(at(5).x).toBe(at(0).x);
    expect(at(5).width).toBe(at(0).width);
  });

  it('names the failing task on the bar, beside it where the bar is too short, and nowhere where neither has room', () => {
    const texts = (text: string) =>
      layoutWaterfall(drawn(text), OPTIONS).texts.map(({ bar, inside, y }) => [bar, inside, y]);
    expect(texts('a ==F')).toEqual([[0, true, 7]]);
    expect(texts('a F')).toEqual([[0, false, 16]]);
    // The next begins ten pixels below, and a line of text needs twelve.
    expect(texts('a F\na   =')).toEqual([]);
    expect(texts('a F\na    =')).toEqual([[0, false, 16]]);
    // What went well needs no name that hides others.
    expect(texts('a =')).toEqual([]);
  });

  it('keeps fifty builds of one moment within their column', () => {
    const input = drawn(Array.from({ length: 50 }, () => 'a ====').join('\n'));
    const { bars } = layoutWaterfall(input, OPTIONS);
    expect(bars).toHaveLength(50);
    for (const { x, width } of bars) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(46);
      expect(width).toBeGreaterThan(3);
    }
  });
});

describe('stepWaterfall', () => {
  const input = drawn(BUSY);
  it('goes along a column by start and stops at its ends', () => {
    expect(stepWaterfall(input, -1, 'later')).toBe(4);
    expect(stepWaterfall(input, 0, 'later')).toBe(2);
    expect(stepWaterfall(input, 2, 'later')).toBe(3);
    expect(stepWaterfall(input, 3, 'later')).toBe(3);
    expect(stepWaterfall(input, 2, 'earlier')).toBe(0);
  });

  it('goes to what began nearest in the column beside', () => {
    expect(stepWaterfall(input, 3, 'right')).toBe(4);
    expect(stepWaterfall(input, 1, 'left')).toBe(0);
    expect(stepWaterfall(input, 1, 'right')).toBe(1);
  });

  it('reaches both of two builds that began in one moment', () => {
    const twins = drawn('a ==\na ==\na   =');
    expect(stepWaterfall(twins, 0, 'later')).toBe(1);
    expect(stepWaterfall(twins, 1, 'later')).toBe(2);
    expect(stepWaterfall(twins, 2, 'earlier')).toBe(1);
    expect(stepWaterfall(twins, 1, 'earlier')).toBe(0);
  });

  it('leads nowhere where there is nothing', () => {
    expect(stepWaterfall({ columns: [], bars: [], cells: null }, -1, 'later')).toBe(-1);
  });
});

describe('drawWaterfall', () => {
  const palette = PALETTES.light;
  const draw = (input: WaterfallInput, options = OPTIONS, scrollPx = 0) => {
    const painter = new RecordPainter();
    const layout = layoutWaterfall(input, options);
    drawWaterfall(painter, layout, { palette, zoneMinutes: 0, cursor: -1, scrollPx, widthPx: WATERFALL_AXIS_PX + 400 });
    expect([painter.groups, painter.clips]).toEqual([0, 0]);
    return painter;
  };

  it('paints failed builds last and in their colour, hatches what has no end', () => {
    const painter = draw(drawn('a ==F\na ===\nb ==?'));
    expect(painter.of('bar').map(({ row, colour }) => [row, colour])).toEqual([
      [1, palette.outcome.succeeded],
      [0, palette.outcome.failed],
    ]);
    expect(painter.of('hatch').map(({ row }) => row)).toEqual([2]);
  });

  it('says in the head how the last build went, however old', () => {
    const input = drawn('a ==');
    const columns = [{ label: 'builder-1', last: { outcome: 'failed' as const, text: 'gcc:do_compile · 3 d ago' } }];
    const words = draw({ ...input, columns }, { ...OPTIONS, columnPx: 300 }).texts();
    expect(words).toContain('builder-1');
    expect(words).toContain('✗');
    expect(words).toContain('gcc:do_compile · 3 d ago');
  });

  it('cells are as wide as builds are many, and failed as far as they failed', () => {
    const cells = {
      stepMs: HOUR,
      rows: [
        { column: 0, startMs: START, builds: 40, failed: 10, errors: 0, succeeded: 30 },
        { column: 0, startMs: START + HOUR, builds: 4, failed: 0, errors: 0, succeeded: 2 },
      ],
    };
    const input: WaterfallInput = { columns: [{ label: 'a', last: null }], bars: [], cells };
    const rects = draw(input).of('rect');
    const ofColour = (colour: string) => rects.filter((r) => r.colour === colour).map((r) => [r.x, r.width, r.y]);
    expect(ofColour(palette.outcome.failed)).toEqual([[3, 10, 0]]);
    expect(ofColour(palette.outcome.succeeded)).toEqual([
      [13, 30, 0],
      [3, 2, 10],
    ]);
    const layout = layoutWaterfall(input, OPTIONS);
    expect([waterfallCellAt(layout, 5, 4), waterfallCellAt(layout, 5, 14), waterfallCellAt(layout, 5, 44)]).toEqual([
      0, 1, -1,
    ]);
  });

  it('leaves out columns that are scrolled away', () => {
    const input = drawn(Array.from({ length: 40 }, (_, i) => `c${i} ==`).join('\n'));
    const names = draw(input, { ...OPTIONS, columnPx: 100 }, 1000)
      .texts()
      .filter((text) => /^c\d+$/.test(text));
    expect(names).toEqual(['c10', 'c11', 'c12', 'c13', 'c14']);
  });

  it('writes names from outside into SVG as text', () => {
    const painter = new SvgPainter((bar) => `build ${bar} <script>`);
    const input = drawn('a ===');
    drawWaterfall(painter, layoutWaterfall({ ...input, columns: [{ label: '<b>&', last: null }] }, OPTIONS), {
      palette,
      zoneMinutes: 0,
      cursor: -1,
      scrollPx: 0,
      widthPx: 200,
    });
    expect(painter.content()).not.toMatch(/<script>|<b>/);
    expect(painter.content()).toContain('build 0 ');
  });
});

describe('time', () => {
  it('y and back, both ways round', () => {
    for (const upwards of [false, true])
      for (const hour of [0, 3, 8])
        expect(timeOfY({ ...OPTIONS, upwards }, yOf({ ...OPTIONS, upwards }, START + hour * HOUR))).toBe(
          START + hour * HOUR,
        );
  });

  it('ticks are at round times of the place, midnight as its date', () => {
    const view = { fromMs: START - 5 * HOUR, toMs: START + 5 * HOUR };
    expect(waterfallTicks(view, 5, 0).map(({ label }) => label)).toEqual(['20:00', '22:00', '1 Jan', '02:00', '04:00']);
    expect(waterfallTicks(view, 5, 60).map(({ label }) => label)).toEqual([
      '20:00',
      '22:00',
      '1 Jan',
      '02:00',
      '04:00',
      '06:00',
    ]);
    const years = { fromMs: START, toMs: START + 3 * 365 * 24 * HOUR };
    expect(waterfallTicks(years, 10, 0).every(({ label }) => /^\d{4}-\d\d-\d\d$/.test(label))).toBe(true);
  });
});
