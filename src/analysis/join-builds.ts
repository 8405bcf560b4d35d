/**
 * Which task of one build is which task of another: the join by (multiconfig, PN, task).
 *
 * Two recipes of one PN in the same build (two versions of a kernel) cannot both be "the" recipe of that name: where any of the
 * builds has such a pair, that PN is joined by PF in all of them, so that nothing is added up that does not belong together.
 * A PN that was guessed from a PF gives way to one that a source told for the same PF in another build.
 */
import type { Build, Recipe } from '../model/build.ts';
import type { TaskTable } from '../model/task-table.ts';
import { TASK_COVERED, TASK_EXISTING, TASK_NOEXEC, TASK_NOT_RUN } from '../model/task-table.ts';

/** Everything of a build but its task table, samples and graph. */
export type CompareHead = Omit<Build, 'tasks' | 'samples' | 'graph'>;

export interface CompareInput {
  readonly head: CompareHead;
  readonly tasks: TaskTable;
}

/** A recipe over all builds. */
export interface JoinedRecipe {
  readonly mc: string;
  /** PN; the PF for a PN that one of the builds has twice. */
  readonly name: string;
  readonly pn: string;
  /** Per build; null: the build has no such recipe. */
  readonly recipes: (Recipe | null)[];
  /** Per build: whether a setscene task of it was executed, so that its other tasks were covered. */
  readonly restored: boolean[];
}

/** A task over all builds: `rows[b]` are its rows in build b's table (several: it ran more than once in that build). */
export interface JoinedTask {
  readonly recipe: number;
  readonly task: string;
  /** First row per build, -1: none. */
  readonly firstRow: Int32Array;
  /** Further rows per build; null where no build has any, which is nearly always. */
  moreRows: number[][] | null;
}

export interface Join {
  readonly recipes: readonly JoinedRecipe[];
  readonly tasks: readonly JoinedTask[];
  /** Position in `tasks` of (recipe, task name), or -1. */
  find(recipe: number, task: string): number;
}

/** Succeeded, failed, unfinished, running: the task was started, so it can have a value. */
export function wasExecuted(outcome: number): boolean {
  return (
    outcome !== TASK_COVERED && outcome !== TASK_EXISTING && outcome !== TASK_NOEXEC && outcome !== TASK_NOT_RUN
  );
}

export const SETSCENE = '_setscene';

export function joinBuilds(inputs: readonly CompareInput[]): Join {
  const toldPn = new Map<string, string>();
  for (const { head } of inputs) for (const r of head.recipes) if (!r.guessed) toldPn.set(`${r.mc}\n${r.pf}`, r.pn);
  const pnOf = (r: Recipe): string => (r.guessed ? (toldPn.get(`${r.mc}\n${r.pf}`) ?? r.pn) : r.pn);

  const twice = new Set<string>();
  for (const { head } of inputs) {
    const seen = new Map<string, string>();
    for (const r of head.recipes) {
      const key = `${r.mc}\n${pnOf(r)}`;
      const before = seen.get(key);
      if (before === undefined) seen.set(key, r.pf);
      else if (before !== r.pf) twice.add(key);
    }
  }

  const recipes: JoinedRecipe[] = [];
  const recipeIndex = new Map<string, number>();
  const taskIndex = new Map<string, number>();
  const taskNames: string[] = [];
  const tasks: JoinedTask[] = [];
  // One number per (recipe, task name); 2^16 task names at most, so the product stays far below 2^53.
  const slots = new Map<number, number>();
  const SPAN = 65_536;

  inputs.forEach(({ head, tasks: table }, b) => {
    const joinedOf = Int32Array.from(head.recipes, (r) => {
      const pn = pnOf(r);
      const byPn = `${r.mc}\n${pn}`;
      const name = twice.has(byPn) ? r.pf : pn;
      const key = `${r.mc}\n${name}`;
      let index = recipeIndex.get(key);
      if (index === undefined) {
        index = recipes.length;
        recipeIndex.set(key, index);
        recipes.push({
          mc: r.mc,
          name,
          pn,
          recipes: new Array<Recipe | null>(inputs.length).fill(null),
          restored: new Array<boolean>(inputs.length).fill(false),
        });
      }
      recipes[index]!.recipes[b] ??= r;
      return index;
    });
    const nameOf = Int32Array.from(table.taskNames, (name) => {
      let index = taskIndex.get(name);
      if (index === undefined) {
        index = taskNames.length;
        taskIndex.set(name, index);
        taskNames.push(name);
      }
      return index;
    });
    const isSetscene = table.taskNames.map((name) => name.endsWith(SETSCENE));
    for (let row = 0; row < table.length; row++) {
      const recipe = joinedOf[table.recipe[row]!]!;
      const name = nameOf[table.task[row]!]!;
      const slot = recipe * SPAN + name;
      const at = slots.get(slot);
      if (at === undefined) {
        slots.set(slot, tasks.length);
        const firstRow = new Int32Array(inputs.length).fill(-1);
        firstRow[b] = row;
        tasks.push({ recipe, task: taskNames[name]!, firstRow, moreRows: null });
      } else {
        const joined = tasks[at]!;
        if (joined.firstRow[b] === -1) joined.firstRow[b] = row;
        else {
          joined.moreRows ??= inputs.map(() => []);
          joined.moreRows[b]!.push(row);
        }
      }
      if (isSetscene[table.task[row]!] === true && table.outcome[row] === 0) recipes[recipe]!.restored[b] = true;
    }
  });

  return {
    recipes,
    tasks,
    find(recipe, task) {
      const name = taskIndex.get(task);
      return name === undefined ? -1 : (slots.get(recipe * SPAN + name) ?? -1);
    },
  };
}
