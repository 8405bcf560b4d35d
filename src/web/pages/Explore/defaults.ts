/** What each kind of picture shows until it is told otherwise, and some questions that are asked often. */
import type { ExploreSearch } from './search.ts';

type Settled = 'kind' | 'level' | 'builds' | 'x' | 'y' | 'aggregate' | 'logx' | 'logy';
export type Question = ExploreSearch & { readonly [K in Settled]: NonNullable<ExploreSearch[K]> };

type Usual = Omit<Pick<Question, Settled>, 'kind'> & { readonly colour?: string };

const USUAL: Readonly<Record<NonNullable<ExploreSearch['kind']>, Usual>> = {
  scatter: {
    level: 'task',
    builds: 1,
    x: 'walltime',
    y: 'cputime',
    aggregate: 'none',
    logx: '1',
    logy: '1',
    colour: 'task-kind',
  },
  line: { level: 'build', builds: 100, x: 'start-time', y: 'span', aggregate: 'none', logx: '0', logy: '0' },
  bar: { level: 'task', builds: 1, x: 'task', y: 'walltime', aggregate: 'sum', logx: '0', logy: '0' },
  histogram: { level: 'task', builds: 1, x: 'walltime', y: 'walltime', aggregate: 'none', logx: '1', logy: '0' },
};

/** A build of fewer executed tasks (a failed start, one recipe) makes a poor first picture: look for one of so many. */
export const TELLING_TASKS = 100;

/** Asked of one build without saying which: the last telling one is meant. `builds=1` in the address means the very last. */
export function asksTellingBuild(search: ExploreSearch): boolean {
  return search.b === undefined && search.builds === undefined && questionOf(search).builds === 1;
}

/** A metric chosen as colour can be taken away again: `none` in the address. */
export const NO_COLOUR = 'none';

export function questionOf(search: ExploreSearch): Question {
  const kind = search.kind ?? 'scatter';
  const usual = USUAL[kind];
  const level = search.level ?? usual.level;
  const x = search.x ?? (kind === 'bar' ? level : usual.x);
  // Kinds of tasks are told apart among tasks only.
  const colour = search.colour ?? (level === 'task' ? usual.colour : undefined);
  return {
    ...search,
    kind,
    level,
    builds: search.builds ?? usual.builds,
    x,
    // A histogram asks how many there are of x; a second metric has no part in it.
    y: kind === 'histogram' ? x : (search.y ?? usual.y),
    aggregate: kind === 'histogram' ? 'none' : (search.aggregate ?? usual.aggregate),
    colour: colour === NO_COLOUR ? undefined : colour,
    logx: search.logx ?? usual.logx,
    logy: search.logy ?? usual.logy,
  };
}

export const EXAMPLES: readonly { readonly label: string; readonly search: ExploreSearch }[] = [
  { label: 'Does it use its cores?', search: {} },
  { label: 'Which tasks take the time?', search: { kind: 'bar' } },
  { label: 'Which recipes?', search: { kind: 'bar', x: 'recipe', colour: 'task-kind' } },
  { label: 'How long do tasks take?', search: { kind: 'histogram' } },
  {
    label: 'Who needs memory, when?',
    search: { x: 'start-offset', y: 'child_rusage.ru_maxrss', logx: '0', logy: '0' },
  },
  { label: 'What is written, by kind of task?', search: { kind: 'bar', x: 'task-kind', y: 'write_bytes' } },
  { label: 'How do builds change?', search: { kind: 'line' } },
];
