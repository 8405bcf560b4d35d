import { compact, type RawSearch, readChoice, readFlag, readList, readNumber, readText } from '../../state/search.ts';

export const COMPARE_MODES = ['any', 'all'] as const;
export const COMPARE_STATES = ['all', 'common', 'new', 'dropped'] as const;
export const SETSCENE = ['separate', 'hide'] as const;
export const COMPARE_TABLES = ['tasks', 'recipes', 'versions'] as const;

export interface CompareSearch {
  readonly b?: readonly string[] | undefined;
  readonly metric?: string | undefined;
  /** More than this, in the metric's unit. */
  readonly min?: number | undefined;
  readonly mindiff?: number | undefined;
  readonly mode?: (typeof COMPARE_MODES)[number] | undefined;
  readonly task?: string | undefined;
  readonly recipe?: string | undefined;
  readonly state?: (typeof COMPARE_STATES)[number] | undefined;
  readonly setscene?: (typeof SETSCENE)[number] | undefined;
  readonly table?: (typeof COMPARE_TABLES)[number] | undefined;
  readonly sort?: string | undefined;
  /** 1: every task, not only those that differ most. */
  readonly every?: 1 | undefined;
  /** 1: configuration that is the same in all builds is shown too. */
  readonly same?: 1 | undefined;
}

export function compareSearch(raw: RawSearch): CompareSearch {
  return compact({
    b: readList(raw, 'b', 20),
    metric: readText(raw, 'metric'),
    min: readNumber(raw, 'min'),
    mindiff: readNumber(raw, 'mindiff'),
    mode: readChoice(raw, 'mode', COMPARE_MODES),
    task: readText(raw, 'task'),
    recipe: readText(raw, 'recipe'),
    state: readChoice(raw, 'state', COMPARE_STATES),
    setscene: readChoice(raw, 'setscene', SETSCENE),
    table: readChoice(raw, 'table', COMPARE_TABLES),
    sort: readText(raw, 'sort'),
    every: readFlag(raw, 'every'),
    same: readFlag(raw, 'same'),
  });
}
