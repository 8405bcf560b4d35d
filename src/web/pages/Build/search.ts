import { LOG_WORDS_CHARS_MAX } from '../../../model/limits.ts';
import { TEST_STATES, type TestState } from '../../../model/test-run.ts';
import { compact, type RawSearch, readChoice, readFlag, readList, readNumber, readText } from '../../state/search.ts';

/** What rows of Tasks can be put together by. */
export const GROUP_BYS = ['recipe', 'task', 'layer', 'outcome'] as const;
export type GroupBy = (typeof GROUP_BYS)[number];

/** Tasks tab. */
export interface TasksSearch {
  readonly q?: string | undefined;
  /** Column id, with `-` before it for largest first. */
  readonly sort?: string | undefined;
  /** Columns shown, where they are not the usual ones. */
  readonly cols?: readonly string[] | undefined;
  /** Thresholds: `walltime>4`. */
  readonly where?: readonly string[] | undefined;
  readonly by?: GroupBy | undefined;
  readonly outcome?: readonly string[] | undefined;
  /** The task run whose drawer is open, as run-key.ts calls it. */
  readonly sel?: string | undefined;
}

export function tasksSearch(raw: RawSearch): TasksSearch {
  return compact({
    q: readText(raw, 'q'),
    sort: readText(raw, 'sort'),
    cols: readList(raw, 'cols', 300),
    where: readList(raw, 'where', 20),
    by: readChoice(raw, 'by', GROUP_BYS),
    outcome: readList(raw, 'outcome', 10),
    sel: readText(raw, 'sel'),
  });
}

export interface RecipesSearch {
  readonly q?: string | undefined;
  readonly sort?: string | undefined;
  readonly cols?: readonly string[] | undefined;
  readonly where?: readonly string[] | undefined;
}

export function recipesSearch(raw: RawSearch): RecipesSearch {
  return compact({
    q: readText(raw, 'q'),
    sort: readText(raw, 'sort'),
    cols: readList(raw, 'cols', 300),
    where: readList(raw, 'where', 20),
  });
}

export interface ConfigSearch {
  readonly q?: string | undefined;
}

export function configSearch(raw: RawSearch): ConfigSearch {
  return compact({ q: readText(raw, 'q') });
}

export interface ProblemsSearch {
  readonly q?: string | undefined;
  /** Row of the task table whose log is open. */
  readonly log?: number | undefined;
  readonly wrap?: 1 | undefined;
  /** Words that are looked for in that log. */
  readonly find?: string | undefined;
}

export function problemsSearch(raw: RawSearch): ProblemsSearch {
  return compact({
    q: readText(raw, 'q'),
    log: readNumber(raw, 'log'),
    wrap: readFlag(raw, 'wrap'),
    find: readText(raw, 'find')?.slice(0, LOG_WORDS_CHARS_MAX),
  });
}

export interface TestsSearch {
  readonly q?: string | undefined;
  /** Number of the test run. */
  readonly run?: number | undefined;
  readonly state?: readonly (TestState | 'all')[] | undefined;
  /** Name of the case that is open. */
  readonly open?: string | undefined;
}

export function testsSearch(raw: RawSearch): TestsSearch {
  const state = readList(raw, 'state', 5);
  const states = ['all', ...TEST_STATES] as const;
  return compact({
    q: readText(raw, 'q'),
    run: readNumber(raw, 'run'),
    state: state === undefined ? undefined : states.filter((one) => state.includes(one)),
    open: readText(raw, 'open'),
  });
}
