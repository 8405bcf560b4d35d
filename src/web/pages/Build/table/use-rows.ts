import { useMemo } from 'react';
import { matchesQuery, parseQuery } from './query.ts';
import { filterRows } from './rows.ts';
import type { TableModel } from './task-model.ts';
import { parseThreshold, passes, type Threshold } from './threshold.ts';

/** Thresholds typed into the search (`gcc walltime>4`) and those of the heads; the rest of the search is words. */
export function splitSearch(
  model: TableModel | undefined,
  q: string | undefined,
  where: readonly string[] | undefined,
) {
  const unitOf = (id: string): string | undefined => model?.numbers.find((c) => c.id === id)?.unit;
  const thresholds: Threshold[] = [];
  const rest: string[] = [];
  for (const word of (q ?? '').split(/\s+/)) {
    const threshold = parseThreshold(word, unitOf);
    if (threshold === null) rest.push(word);
    else thresholds.push(threshold);
  }
  const set = (where ?? []).map((text) => parseThreshold(text, unitOf)).filter((t) => t !== null);
  return { typed: thresholds, set, words: rest.join(' ').trim() };
}

/** Rows that the search, the thresholds and the outcomes leave. */
export function useRows(
  model: TableModel | undefined,
  q: string | undefined,
  where: readonly string[] | undefined,
  outcomes: readonly string[] | undefined,
): { rows: Uint32Array; set: readonly Threshold[] } {
  return useMemo(() => {
    if (model === undefined) return { rows: new Uint32Array(0), set: [] };
    const { typed, set, words } = splitSearch(model, q, where);
    const limits = [...typed, ...set].map((t) => ({ t, values: model.numbers.find((c) => c.id === t.column)!.values }));
    const parsed = parseQuery(
      words,
      model.words.map((w) => w.id),
    );
    const text = (id: string, row: number): string => {
      const column = model.words.find((w) => w.id === id);
      return column?.words[column.index[row]!] ?? '';
    };
    const outcome = model.words.find((w) => w.id === 'outcome');
    const wanted = outcomes === undefined ? null : new Set(outcomes);
    const rows = filterRows(model.length, (row) => {
      if (wanted !== null && !wanted.has(outcome?.words[outcome.index[row]!] ?? '')) return false;
      for (const { t, values } of limits) if (!passes(values[row]!, t)) return false;
      return (
        parsed.length === 0 || matchesQuery(parsed, (f) => text(f, row), `${text('recipe', row)}:${text('task', row)}`)
      );
    });
    return { rows, set };
  }, [model, q, where, outcomes]);
}
