import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byStart, packLanes } from './lanes.ts';

function pack(intervals: readonly (readonly [number, number])[]) {
  const start = Float64Array.from(intervals, (i) => i[0]);
  const end = Float64Array.from(intervals, (i) => i[1]);
  const order = byStart(
    Uint32Array.from(intervals, (_, i) => i),
    start,
    end,
  );
  const lane = new Uint32Array(order.length);
  const lanes = packLanes(order, start, end, lane);
  const byItem: number[] = [];
  for (const [i, item] of order.entries()) byItem[item] = lane[i]!;
  return { lanes, byItem };
}

/** Tasks as real ones: a start within a day, lengths from nothing to hours, many that touch. */
const intervals = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 60 }))
    .map(([s, d]) => [s * 10, (s + d) * 10] as const),
  { maxLength: 120 },
);

describe('packLanes', () => {
  it('gives the lowest free lane, and the lane of one that ended to the next', () => {
    expect(
      pack([
        [0, 4000],
        [2000, 8000],
        [4000, 6000],
        [5000, 7000],
        [6000, 9000],
      ]),
    ).toEqual({ lanes: 3, byItem: [0, 1, 0, 2, 0] });
  });

  it('keeps two runs that last no time in one instant apart', () => {
    expect(
      pack([
        [1000, 1000],
        [1000, 1000],
      ]).lanes,
    ).toBe(2);
  });

  it('never overlaps and never uses more lanes than runs at one moment', () => {
    fc.assert(
      fc.property(intervals, (list) => {
        const { lanes, byItem } = pack(list);
        const room = (i: number) => Math.max(list[i]![1], list[i]![0] + 1);
        let most = 0;
        for (let a = 0; a < list.length; a++) {
          let together = 0;
          for (let b = 0; b < list.length; b++) {
            if (list[b]![0] <= list[a]![0] && room(b) > list[a]![0]) together++;
            if (a === b || byItem[a] !== byItem[b]) continue;
            const apart = room(a) <= list[b]![0] || room(b) <= list[a]![0];
            expect(apart).toBe(true);
          }
          most = Math.max(most, together);
        }
        expect(lanes).toBe(most);
      }),
    );
  });
});
