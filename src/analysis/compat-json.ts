/**
 * The JSON form of buildstats that oe-core's tools read beside directories (made by oe-build-perf-test): an array of recipes
 * `{name, epoch, version, revision, tasks: {do_x: {start_time, elapsed_time, status, iostat: {}, rusage: {}, child_rusage: {}}}}`.
 */
import { BakehouseError } from '../model/errors.ts';
import type { CompatAttribute, CompatBuild, CompatRecipe, CompatTask } from './compat.ts';

/** `file` names it in errors. Two versions of one recipe are kept under `name-version-revision`. */
export function compatFromJson(value: unknown, file: string): CompatBuild {
  const wrong = (what: string): never => {
    throw new BakehouseError('unreadable', `${file}: is no buildstats JSON: ${what}.`, { file });
  };
  if (!Array.isArray(value)) return wrong('it should be a list of recipes');
  const recipes: CompatRecipe[] = value.map((entry: unknown, at): CompatRecipe => {
    const recipe = fields(entry);
    if (recipe === null) return wrong(`entry ${at + 1} is no recipe`);
    const name = textOf(recipe.name);
    const tasks = fields(recipe.tasks);
    if (name === null) return wrong(`entry ${at + 1} has no name`);
    if (tasks === null) return wrong(`${name} has no tasks`);
    return {
      name,
      pn: name,
      epoch: textOf(recipe.epoch),
      version: textOf(recipe.version) ?? 'None',
      revision: textOf(recipe.revision) ?? 'None',
      tasks: new Map(
        Object.entries(tasks).map(([task, data]) => {
          const run = fields(data);
          return [task, run === null ? wrong(`${name}:${task} is no task`) : compatTask(run)];
        }),
      ),
    };
  });
  const count = new Map<string, number>();
  for (const { name } of recipes) count.set(name, (count.get(name) ?? 0) + 1);
  return new Map(
    recipes.map((recipe) => {
      const name =
        (count.get(recipe.name) ?? 0) > 1 ? `${recipe.name}-${recipe.version}-${recipe.revision}` : recipe.name;
      return [name, { ...recipe, name }];
    }),
  );
}

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Own numbers plus the children's, where these were not left out of the file. In upstream's order of addition. */
function sumOf(own: Fields, children: Fields, keys: readonly string[]): number | null {
  let sum = 0;
  for (const group of Object.keys(children).length === 0 ? [own] : [own, children]) {
    for (const key of keys) {
      const value = numberOf(group[key]);
      if (value === null) return null;
      sum += value;
    }
  }
  return sum;
}

function compatTask(run: Fields): CompatTask {
  const own = fields(run.rusage) ?? {};
  const children = fields(run.child_rusage) ?? {};
  const io = fields(run.iostat) ?? {};
  return {
    startS: numberOf(run.start_time),
    value(attribute: CompatAttribute): number | null {
      switch (attribute) {
        case 'walltime':
          return numberOf(run.elapsed_time);
        case 'cputime':
          return sumOf(own, children, ['ru_stime', 'ru_utime']);
        case 'read_bytes':
        case 'write_bytes':
          return numberOf(io[attribute]);
        case 'read_ops':
          return sumOf(own, children, ['ru_inblock']);
        case 'write_ops':
          return sumOf(own, children, ['ru_oublock']);
      }
    },
  };
}
