/**
 * Sums that add up exactly. In floating point (a + b) + c is not a + (b + c), so the parts of a total, summed another way, miss
 * it by some ulps and "the parts add up" would be a lie in the last digits.
 *
 * All values are first rounded to one grid, a power of two so coarse that every partial sum of them is a multiple of the grid below
 * 2^53 grids, hence exactly representable; then addition is exact in any order. The grid is as fine as that allows: the
 * error per value is at most half an ulp of the sum of all magnitudes, what plain summation would lose anyway.
 * Whole numbers whose magnitudes sum below 2^52 (bytes, counts, milliseconds) are not changed at all.
 */
export interface SumGrid {
  /** The power of two that values are rounded to; 0 when there is nothing to sum. */
  readonly step: number;
  round(value: number): number;
}

/** `grid.round` for loops: one function for all grids is compiled once, a closure a grid is thrown away with each. */
export function onGrid(value: number, step: number): number {
  return step === 0 ? value : Math.round(value / step) * step;
}

/** `magnitude`: the sum of |value| over all values that will be added, rounding errors in it are harmless. */
export function sumGrid(magnitude: number): SumGrid {
  if (!(magnitude > 0) || !Number.isFinite(magnitude)) return { step: 0, round: (value) => value };
  // One bit in reserve: rounding may push the sum of magnitudes past the next power of two.
  const exponent = Math.ceil(Math.log2(magnitude)) + 1;
  const step = 2 ** Math.max(-1022, exponent - 52);
  return { step, round: (value) => onGrid(value, step) };
}
