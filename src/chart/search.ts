/** Which task runs a search means. Words in any order, each somewhere in `mc:pn:task`, the version or the outcome; case does not matter. */
import { TASK_OUTCOMES } from '../model/task-table.ts';
import { type ChartBuild, taskRunName } from './layout.ts';
import { OUTCOME_LABELS } from './palette.ts';

/** By row: 1 is meant. Null: the search is empty. */
export function matchRuns(build: Pick<ChartBuild, 'recipes' | 'tasks'>, query: string): Uint8Array | null {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return null;
  const { tasks, recipes } = build;
  const match = new Uint8Array(tasks.length);
  const outcomes = TASK_OUTCOMES.map((outcome) => ` ${outcome} ${OUTCOME_LABELS[outcome]}`);
  for (let row = 0; row < tasks.length; row++) {
    const text = `${taskRunName(build, row)} ${recipes[tasks.recipe[row]!]?.pf ?? ''}${outcomes[tasks.outcome[row]!]}`;
    const haystack = text.toLowerCase();
    match[row] = words.every((word) => haystack.includes(word)) ? 1 : 0;
  }
  return match;
}
