/**
 * Units as types. Aliases, not brands: they cost nothing and every signature reads like physics.
 * A name carries its unit last (`durationMs`, `rssBytesMax`); a number with no unit in its name has none.
 */

/** Milliseconds since 1970-01-01 UTC. Integer. NaN inside a column means "not recorded". */
export type EpochMs = number;
/** A length of time in milliseconds. Integer where it comes from a file, may be fractional when computed. */
export type DurationMs = number;
/** Bytes; never KiB or blocks. Readers convert at the edge. */
export type Bytes = number;
/** Seconds, as rusage counts them (fractional). */
export type Seconds = number;

/**
 * What a metric or a sample is measured in.
 * `share` is a fraction 0..1, `percent` 0..100 as the kernel's pressure files print it, `ticks` are 1/100 s.
 */
export const UNITS = [
  'ms',
  's',
  'us',
  'ticks',
  'B',
  'B/s',
  'KiB',
  'count',
  'share',
  'percent',
  'cores',
  'none',
] as const;
export type Unit = (typeof UNITS)[number];
