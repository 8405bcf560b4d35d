import type { Unit } from './units.ts';

/** One number over the time of a build. */
export interface SampleSeries {
  /** `cpu.user`, `memory.free`, `disk.read`, `net.eth0.rx`, `pressure.cpu.avg10`; of an unknown file `<file>.<column>`. */
  readonly id: string;
  readonly label: string;
  readonly unit: Unit;
  /** One value per entry of the table's `timeMs`; NaN: not recorded at that moment. */
  readonly values: Float64Array;
  /** Fixed top of the axis where the unit alone does not say (MemTotal for memory series), else null. */
  readonly limit: number | null;
  /**
   * What was done to the number or must be known about it: `corrected` (upstream writes throughput 100 times too high),
   * `saturated` (utilisation is a floor), `may-double-count`, `not-recorded` (all zeros of a kernel the class could not read).
   */
  readonly marks: readonly SampleMark[];
  /** The marks in words, or null. */
  readonly note: string | null;
  /** True when the program has no table entry for the file and guessed names and units. */
  readonly guessed: boolean;
}

export type SampleMark = 'corrected' | 'saturated' | 'may-double-count' | 'not-recorded';

/** The series that share one time axis: one sample file. */
export interface SampleTable {
  /** Path of the file inside the build directory: `reduced_proc_stat.log`, `reduced_proc_pressure/cpu.log`. */
  readonly source: string;
  /** Epoch ms, ascending, distinct. */
  readonly timeMs: Float64Array;
  readonly series: readonly SampleSeries[];
}
