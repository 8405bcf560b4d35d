import { METRICS_MAX, TASK_RUNS_MAX } from '../../model/limits.ts';
import type { Metric } from '../../model/metric.ts';
import { metricFor } from '../../model/metric-registry.ts';

/**
 * Task runs in the order they are found, as columns that grow. Row `length` is the pending one: a reader fills its metrics
 * first and either commits or clears it. Every float cell starts as NaN.
 */
export class GrowingRows {
  length = 0;
  recipe = new Uint32Array(256);
  task = new Uint16Array(256);
  outcome = new Uint8Array(256);
  startMs = new Float64Array(256).fill(Number.NaN);
  endMs = new Float64Array(256).fill(Number.NaN);
  readonly metrics: Metric[] = [];
  readonly columns: Float64Array[] = [];
  readonly #metricIndex = new Map<string, number>();

  /** Column of a metric, made when new; -1 when there are METRICS_MAX already. */
  metricColumn(id: string, writtenUnit = ''): number {
    const known = this.#metricIndex.get(id);
    if (known !== undefined) return known;
    if (this.metrics.length >= METRICS_MAX) return -1;
    const index = this.metrics.length;
    this.metrics.push(metricFor(id, writtenUnit));
    this.columns.push(new Float64Array(this.startMs.length).fill(Number.NaN));
    this.#metricIndex.set(id, index);
    return index;
  }

  /** Makes the pending row a row. False when the build has TASK_RUNS_MAX already; then the row is cleared. */
  commit(recipe: number, task: number, outcome: number, startMs: number, endMs: number): boolean {
    const row = this.length;
    if (row >= TASK_RUNS_MAX) {
      this.clearPending();
      return false;
    }
    this.recipe[row] = recipe;
    this.task[row] = task;
    this.outcome[row] = outcome;
    this.startMs[row] = startMs;
    this.endMs[row] = endMs;
    this.length = row + 1;
    if (this.length === this.startMs.length) this.#grow(this.length * 2);
    return true;
  }

  clearPending(): void {
    for (const column of this.columns) column[this.length] = Number.NaN;
  }

  /** Room for so many rows, where a reader can tell: growing 30 columns four times is a tenth of the reading. */
  reserve(rows: number): void {
    const capacity = Math.min(rows, TASK_RUNS_MAX) + 1;
    if (capacity > this.startMs.length) this.#grow(capacity);
  }

  #grow(capacity: number): void {
    const floats = (old: Float64Array) => {
      const grown = new Float64Array(capacity);
      grown.set(old);
      return grown.fill(Number.NaN, old.length);
    };
    const recipe = new Uint32Array(capacity);
    recipe.set(this.recipe);
    this.recipe = recipe;
    const task = new Uint16Array(capacity);
    task.set(this.task);
    this.task = task;
    const outcome = new Uint8Array(capacity);
    outcome.set(this.outcome);
    this.outcome = outcome;
    this.startMs = floats(this.startMs);
    this.endMs = floats(this.endMs);
    for (let m = 0; m < this.columns.length; m++) this.columns[m] = floats(this.columns[m]!);
  }
}
