/**
 * Which lane a bar goes to. Two bars of one lane never share a moment; a bar may start in the instant another ends.
 *
 *     a ====            lane 0  a ====  d ===
 *     b   ======        lane 1  b   ======
 *     c      ==         lane 2  c      ==       (a has ended: c could go to lane 0, and does)
 *     d        ===
 *
 * First fit by lowest free lane: the number of lanes is the largest number of bars at one moment (an interval graph's colouring is
 * optimal when taken by start), and the picture is stable: bars of a build that grows never move.
 */

/**
 * Bars that last no time still take this much room, so that two of them in one instant do not hide each other.
 * buildstats resolves 10 ms; 1 ms cannot push a real bar to another lane there.
 */
const ROOM_MS_MIN = 1;

/** Order of `items` by start, then by end (longest first), then by position: equal input gives an equal picture. */
export function byStart(items: Uint32Array, startMs: Float64Array, endMs: Float64Array): Uint32Array {
  return items.sort((a, b) => startMs[a]! - startMs[b]! || endMs[b]! - endMs[a]! || a - b);
}

/**
 * Lane of each entry of `ordered` (positions in startMs and endMs, sorted by start), into `lane` at the same position as in `ordered`.
 * Returns the number of lanes. O(n log lanes).
 */
export function packLanes(
  ordered: Uint32Array,
  startMs: Float64Array,
  endMs: Float64Array,
  lane: Uint32Array,
  first = 0,
  last = ordered.length,
): number {
  // Two heaps: lanes in use by the time they fall free, free lanes by number.
  const busy = new LaneHeap();
  const free = new LaneHeap();
  let lanes = 0;
  for (let i = first; i < last; i++) {
    const item = ordered[i]!;
    const start = startMs[item]!;
    while (busy.size > 0 && busy.topKey() <= start) {
      const freed = busy.pop();
      free.push(freed, freed);
    }
    const chosen = free.size > 0 ? free.pop() : lanes++;
    lane[i] = chosen;
    busy.push(Math.max(endMs[item]!, start + ROOM_MS_MIN), chosen);
  }
  return lanes;
}

/** A binary heap of lanes by key, smallest first. As large as the largest number of bars at one moment, so it stays small. */
class LaneHeap {
  readonly #keys: number[] = [];
  readonly #lanes: number[] = [];

  get size(): number {
    return this.#keys.length;
  }

  topKey(): number {
    return this.#keys[0]!;
  }

  push(key: number, lane: number): void {
    const keys = this.#keys;
    const lanes = this.#lanes;
    let i = keys.length;
    keys.push(key);
    lanes.push(lane);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[i] = keys[parent]!;
      lanes[i] = lanes[parent]!;
      i = parent;
    }
    keys[i] = key;
    lanes[i] = lane;
  }

  pop(): number {
    const keys = this.#keys;
    const lanes = this.#lanes;
    const top = lanes[0]!;
    const key = keys.pop()!;
    const lane = lanes.pop()!;
    const size = keys.length;
    if (size === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[i] = keys[child]!;
      lanes[i] = lanes[child]!;
      i = child;
    }
    keys[i] = key;
    lanes[i] = lane;
    return top;
  }
}
