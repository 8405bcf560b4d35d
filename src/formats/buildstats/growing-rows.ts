import { METRICS_MAX, TASK_RUNS_MAX } from '../../model/limits.ts';
import type { Metric } from '../../model/metric.ts';
import { metricFor } from '../../model/metric-registry.ts';

/**
 * Task runs in the order they are found, as columns that grow. Row `length` is the pending one: a reader fills its metrics
 * first and either commits or clears it. Every float cell starts as NaN.
 */
export class GrowingRows {
  length = 0;
  recipe = new Uint32Array(1024);
  task = new Uint16Array(1024);
  outcome = new Uint8Array(1024);
  startMs = new Float64Array(1024).fill(Number.NaN);
  endMs = new Float64Array(1024).fill(Number.NaN);
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
    if (this.length === this.startMs.length) this.#grow();
    return true;
  }

  clearPending(): void {
    for (const column of this.columns) column[this.length] = Number.NaN;
  }

  #grow(): void {
    const capacity = this.startMs.length * 2;
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
