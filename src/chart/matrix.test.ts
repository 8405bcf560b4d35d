import { describe, expect, it } from 'vitest';
import type { BuildOutcome } from '../model/build.ts';
import {
  blend,
  describeMark,
  drawMatrix,
  durationOpacity,
  layoutMatrix,
  type MatrixInput,
  type MatrixMark,
  markColour,
  matrixSheet,
} from './matrix.ts';
import { contrast, inkOn, PALETTES } from './palette.ts';
import { RecordPainter } from './record-painter.ts';

const HOUR = 3_600_000;
const palette = PALETTES.light;

/** Columns in the first line, then a row each: `.` no build, `+` it succeeded, `x` it failed, `>` one runs as well. */
function drawn(text: string): MatrixInput {
  const [head = '', ...lines] = text.trim().split('\n');
  const columns = head.trim().split(/\s+/);
  const marks: MatrixMark[] = [];
  const rows = lines.map((line, row) => {
    const [name = '', ...cells] = line.trim().split(/\s+/);
    for (const [column, cell] of cells.entries()) {
      if (cell === '.') continue;
      const outcome: BuildOutcome = cell.startsWith('x') ? 'failed' : 'succeeded';
      marks.push({
        row,
        column,
        outcome,
        failing: outcome === 'failed' ? 'gcc:do_compile' : null,
        ageMs: 5 * HOUR,
        ratio: null,
        running: cell.endsWith('>') ? 1 : 0,
      });
    }
    return name;
  });
  return { rows, columns, marks };
}

const FARM = drawn(`
        arm  x86
minimal +    x
sato    .    +>
`);

function paint(input: MatrixInput, widthPx: number, heightPx: number) {
  const painter = new RecordPainter();
  const layout = layoutMatrix(input, { widthPx, heightPx, palette });
  drawMatrix(painter, layout);
  return { painter, layout };
}

describe('drawMatrix', () => {
  it('puts each result at its row and column, with its failing task and its age', () => {
    const { painter, layout } = paint(FARM, 800, 110);
    const at = (text: string) => {
      const found = painter.of('text').find((t) => t.text === text);
      if (found === undefined) throw new Error(`no ${text} among ${painter.texts().join(' | ')}`);
      return [
        Math.floor((found.x - layout.sidePx) / layout.cellWidthPx),
        Math.floor((found.y - layout.headPx) / layout.cellHeightPx),
      ];
    };
    expect(at('✗ gcc:do_compile')).toEqual([1, 0]);
    expect(at('✓')).toEqual([0, 0]);
    expect(at('✓ ▸')).toEqual([1, 1]);
    expect(painter.texts().filter((text) => text === '5 h')).toHaveLength(3);
    expect(painter.of('rect').filter(({ colour }) => colour === palette.outcome.failed)).toHaveLength(1);
  });

  it('letters grow with the room, and everything stays within it', () => {
    for (const [width, height] of [
      [400, 300],
      [1920, 1080],
      [3840, 2160],
    ] as const) {
      const { painter, layout } = paint(FARM, width, height);
      expect(layout.sidePx + layout.columns * layout.cellWidthPx).toBeLessThanOrEqual(width + 0.01);
      expect(layout.headPx + layout.rows * layout.cellHeightPx).toBeLessThanOrEqual(height + 0.01);
      for (const mark of painter.of('rect')) {
        expect(mark.x + mark.width).toBeLessThanOrEqual(width + 0.01);
        expect(mark.y + mark.height).toBeLessThanOrEqual(height + 0.01);
      }
    }
    expect(paint(FARM, 1920, 1080).layout.textPx).toBeGreaterThan(2 * paint(FARM, 400, 200).layout.textPx);
  });

  it('what has no room is left for another page of the wall, and no cell of it is drawn', () => {
    const many: MatrixInput = {
      rows: Array.from({ length: 200 }, (_, i) => `recipe-${i}`),
      columns: ['a'],
      marks: Array.from({ length: 200 }, (_, row) => ({ ...FARM.marks[0]!, row, column: 0 })),
    };
    const { layout, painter } = paint(many, 600, 500);
    expect(layout.rows).toBeLessThan(30);
    expect(painter.texts().filter((text) => text === '✓ 5 h')).toHaveLength(layout.rows);
    const whole = layoutMatrix(many, matrixSheet(many, palette));
    expect(whole.rows).toBe(200);
  });
});

describe('what a cell looks like', () => {
  it('has more of its colour the longer it took, within bounds', () => {
    const all = [-0.99, -0.5, 0, 0.5, 1, 9].map(durationOpacity);
    expect([...all].sort((a, b) => a - b)).toEqual(all);
    expect(all[0]).toBe(0.25);
    expect(all.at(-1)).toBe(1);
    // Nothing to compare with looks as what is usual.
    expect(durationOpacity(null)).toBe(durationOpacity(0));
  });

  it('a build that failed early is no paler for it', () => {
    const failed = { outcome: 'failed' as const, ratio: -0.9 };
    expect(markColour(failed, palette)).toBe(markColour({ ...failed, ratio: 0 }, palette));
  });

  it('words can be read on every colour, light and dark', () => {
    for (const scheme of [PALETTES.light, PALETTES.dark])
      for (const outcome of ['succeeded', 'succeeded-with-errors', 'failed', 'running', 'interrupted', 'lost'] as const)
        for (const ratio of [null, -0.9, -0.3, 0, 0.4, 0.8, 3]) {
          const fill = markColour({ outcome, ratio }, scheme);
          expect(contrast(inkOn(fill), fill)).toBeGreaterThan(4.5);
        }
  });

  it('blends as a screen does', () => {
    expect(blend('#000000', '#ffffff', 0.5)).toBe('#808080');
    expect(blend('#102030', '#ffffff', 1)).toBe('#102030');
  });

  it('is said in a sentence', () => {
    expect(FARM.marks.map((mark) => describeMark(FARM, { ...mark, ratio: 0.38 }))).toEqual([
      'minimal, arm: succeeded, 5 h ago, +38 % against its usual time',
      'minimal, x86: failed: gcc:do_compile, 5 h ago, +38 % against its usual time',
      'sato, x86: succeeded, 5 h ago, +38 % against its usual time, 1 running',
    ]);
  });
});
