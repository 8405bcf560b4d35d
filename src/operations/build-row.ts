/** A line of the list of builds with what is computed from the stored summary: durations and the usual. */
import { median } from '../analysis/median.ts';
import type { BuildSummary, Store } from '../store/store.ts';

/** The usual is the median of the last 20 succeeded builds of the same configuration, at least 3 (product.md). */
export const USUAL_BUILDS_MAX = 20;
export const USUAL_BUILDS_MIN = 3;

export interface Usual {
  readonly builds: number;
  readonly medianMs: number | null;
  readonly ratio: number | null;
  readonly historyMs: readonly number[];
}

export interface BuildRow extends Omit<BuildSummary, 'configuration'> {
  readonly durationMs: number | null;
  readonly parallelism: number | null;
  readonly usual: Usual;
}

/** `durationMs` null (running, no end recorded): no ratio, but the usual all the same. */
export function usualOf(historyMs: readonly number[], durationMs: number | null): Usual {
  const last = historyMs.slice(-USUAL_BUILDS_MAX);
  const medianMs = last.length < USUAL_BUILDS_MIN ? null : median(last);
  const ratio = medianMs === null || medianMs === 0 || durationMs === null ? null : durationMs / medianMs - 1;
  return { builds: last.length, medianMs, ratio, historyMs: last };
}

export function buildRow(summary: BuildSummary, historyMs: readonly number[]): BuildRow {
  const { configuration: _, ...row } = summary;
  const durationMs = row.startedMs === null || row.endedMs === null ? null : Math.max(0, row.endedMs - row.startedMs);
  return {
    ...row,
    durationMs,
    parallelism:
      row.cpuTimeS === null || durationMs === null || durationMs === 0 ? null : row.cpuTimeS / (durationMs / 1000),
    usual: usualOf(historyMs, durationMs),
  };
}

/** Rows of many builds with one question for all their histories. */
export async function buildRows(store: Store, summaries: readonly BuildSummary[]): Promise<BuildRow[]> {
  const histories = await store.readHistories(
    summaries.map((s) => s.id),
    USUAL_BUILDS_MAX,
  );
  return summaries.map((summary) => buildRow(summary, histories.get(summary.id) ?? []));
}
