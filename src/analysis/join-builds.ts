/**
 * Which task of one build is which task of another: the join by (multiconfig, PN, task).
 *
 * Two recipes of one PN in the same build (two versions of a kernel) cannot both be "the" recipe of that name: where any of the
 * builds has such a pair, that PN is joined by PF in all of them, so that nothing is added up that does not belong together.
 * A PN that was guessed from a PF gives way to one that a source told for the same PF in another build.
 */
import type { Build, Recipe } from '../model/build.ts';
import type { TaskTable } from '../model/task-table.ts';
import { TASK_COVERED, TASK_EXISTING, TASK_NOEXEC, TASK_NOT_RUN, TASK_SUCCEEDED } from '../model/task-table.ts';

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

/** The tasks of all builds, as columns: a task is a number t below `length`. */
export interface Join {
  readonly recipes: readonly JoinedRecipe[];
  readonly taskNames: readonly string[];
  readonly length: number;
  /** Index into `recipes`. */
  readonly recipe: Int32Array;
  /** Index into `taskNames`. */
  readonly task: Int32Array;
  /** Per build: the task's first row in its table; -1: none. */
  readonly firstRow: readonly Int32Array[];
  /** Per build: further rows of tasks that ran more than once in it. Rare, so not a column. */
  readonly moreRows: readonly ReadonlyMap<number, readonly number[]>[];
  /** Per task name: the index of `<name>_setscene`, and of the name without it; -1: none. */
  readonly setsceneOf: Int32Array;
  readonly realOf: Int32Array;
  /** The task of (recipe, task name), or -1. */
  find(recipe: number, taskName: number): number;
}

/** Succeeded, failed, unfinished, running: the task was started, so it can have a value. */
export function wasExecuted(outcome: number): boolean {
  return outcome !== TASK_COVERED && outcome !== TASK_EXISTING && outcome !== TASK_NOEXEC && outcome !== TASK_NOT_RUN;
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
  const most = inputs.reduce((sum, { tasks }) => sum + tasks.length, 0);
  const recipeColumn = new Int32Array(most);
  const taskColumn = new Int32Array(most);
  const firstRow = inputs.map(() => new Int32Array(most).fill(-1));
  const moreRows = inputs.map(() => new Map<number, number[]>());
  let length = 0;

  const joinedRecipe = inputs.map(({ head }, b) =>
    Int32Array.from(head.recipes, (r) => {
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
    }),
  );
  const joinedName = inputs.map(({ tasks }) =>
    Int32Array.from(tasks.taskNames, (name) => {
      let index = taskIndex.get(name);
      if (index === undefined) {
        index = taskNames.length;
        taskIndex.set(name, index);
        taskNames.push(name);
      }
      return index;
    }),
  );
  const slots = slotTable(recipes.length, taskNames.length);

  inputs.forEach(({ tasks: table }, b) => {
    const recipeOf = joinedRecipe[b]!;
    const nameOf = joinedName[b]!;
    const isSetscene = table.taskNames.map((name) => name.endsWith(SETSCENE));
    const first = firstRow[b]!;
    const more = moreRows[b]!;
    for (let row = 0; row < table.length; row++) {
      const recipe = recipeOf[table.recipe[row]!]!;
      const name = nameOf[table.task[row]!]!;
      let t = slots.get(recipe, name);
      if (t === -1) {
        t = length++;
        slots.set(recipe, name, t);
        recipeColumn[t] = recipe;
        taskColumn[t] = name;
      }
      if (first[t] === -1) first[t] = row;
      else {
        const rows = more.get(t);
        if (rows === undefined) more.set(t, [row]);
        else rows.push(row);
      }
      if (isSetscene[table.task[row]!] === true && table.outcome[row] === TASK_SUCCEEDED)
        recipes[recipe]!.restored[b] = true;
    }
  });

  const setsceneOf = new Int32Array(taskNames.length).fill(-1);
  const realOf = new Int32Array(taskNames.length).fill(-1);
  taskNames.forEach((name, real) => {
    const setscene = taskIndex.get(name + SETSCENE);
    if (setscene === undefined) return;
    setsceneOf[real] = setscene;
    realOf[setscene] = real;
  });
  return {
    recipes,
    taskNames,
    length,
    recipe: recipeColumn,
    task: taskColumn,
    firstRow,
    moreRows,
    setsceneOf,
    realOf,
    find: slots.get,
  };
}

/** 4 bytes each: 32 MiB. Real builds need 600 recipes x 100 task names. */
const DENSE_SLOTS_MAX = 8 << 20;

/** The task of each (recipe, task name), -1 where there is none: a plain array, or a map when hostile names would make it huge. */
function slotTable(recipes: number, names: number) {
  if (recipes * names <= DENSE_SLOTS_MAX) {
    const dense = new Int32Array(recipes * names).fill(-1);
    return {
      get: (recipe: number, name: number): number => dense[recipe * names + name]!,
      set: (recipe: number, name: number, t: number): void => {
        dense[recipe * names + name] = t;
      },
    };
  }
  const sparse = new Map<number, number>();
  return {
    get: (recipe: number, name: number): number => sparse.get(recipe * names + name) ?? -1,
    set: (recipe: number, name: number, t: number): void => {
      sparse.set(recipe * names + name, t);
    },
  };
}

/** Calls `see` with each row of task t in the build. */
export function forEachRow(join: Join, t: number, build: number, see: (row: number) => void): void {
  const first = join.firstRow[build]![t]!;
  if (first === -1) return;
  see(first);
  const more = join.moreRows[build]!;
  if (more.size > 0) for (const row of more.get(t) ?? []) see(row);
}
