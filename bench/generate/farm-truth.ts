/** Whether a range of blame has the commit in it that broke or mended what it is about, as farm-history.ts names commits. */
import { createHash } from 'node:crypto';

/** The place of a commit in its layer's history on master. */
export function placeOf(layer: string, commit: string | null | undefined): number {
  for (let place = 0; place < 1000; place++) {
    const name = createHash('sha256').update(`${layer} master ${place}`).digest('hex').slice(0, 40);
    if (name === commit) return place;
  }
  return Number.NaN;
}

interface Range {
  readonly layers: readonly { readonly name: string; readonly from: string | null; readonly to: string | null }[];
}

/** `at`: place of the commit that did it. */
export function holds(range: Range | null, layer: string, at: number): boolean {
  const moved = range?.layers.find(({ name }) => name === layer);
  return moved !== undefined && placeOf(layer, moved.from) < at && at <= placeOf(layer, moved.to);
}
