/**
 * What of a build's head is also kept as rows and columns, because it is searched, grouped and counted by: failures, layers, QA issues, and the
 * words that say what kind of build it was. Made from the head alone, so that builds of an older schema can be brought up.
 */
import { createHash } from 'node:crypto';
import type { Transaction } from 'kysely';
import type { Build, Failure, LayerRevision } from '../model/build.ts';
import { TASK_FAILED, TASK_SUCCEEDED, type TaskTable } from '../model/task-table.ts';
import type { Dialect } from './dialect.ts';
import { insertRows } from './insert-rows.ts';
import { versionOf } from './recipe-runs.ts';
import type { BuildsTable, Database } from './schema.ts';
import { storable } from './storable.ts';
import type { BuildHead } from './store.ts';

/** The layer that all others stand on, by the names it has had: BBFILE_COLLECTIONS, its folder, and that of the combined repository. */
const CORE_LAYERS = ['core', 'meta', 'openembedded-core', 'oe-core', 'poky'];
const FAILURE_KEY_DIGITS = 6;

export type FactColumns = Pick<BuildsTable, 'host_distro' | 'branch' | 'core_commit' | 'bitbake' | 'distro_version'>;

/** The layer whose branch and commit stand for a whole build where one word has to. */
export function coreLayer(layers: readonly LayerRevision[]): LayerRevision | null {
  for (const name of CORE_LAYERS) {
    const found = layers.find((layer) => layer.name === name);
    if (found !== undefined) return found;
  }
  return layers.find(({ branch, commit }) => branch !== null || commit !== null) ?? null;
}

export function factColumns(build: Pick<Build, 'host' | 'layers' | 'bitbakeVersion' | 'distroVersion'>): FactColumns {
  const core = coreLayer(build.layers);
  const text = (value: string | null | undefined) => (value === null || value === undefined ? null : storable(value));
  return {
    host_distro: text(build.host.distro),
    branch: text(core?.branch),
    core_commit: text(core?.commit),
    bitbake: text(build.bitbakeVersion),
    distro_version: text(build.distroVersion),
  };
}

/**
 * Executed do_package_qa runs: a build that restored its packages from sstate checked nothing, which is not the same as having no issue. Null:
 * there is no task table to tell.
 */
export function qaChecks(tasks: TaskTable): number | null {
  if (tasks.length === 0) return null;
  const qa = tasks.taskNames.indexOf('do_package_qa');
  let checks = 0;
  for (let row = 0; row < tasks.length; row++) {
    const outcome = tasks.outcome[row];
    if (tasks.task[row] === qa && (outcome === TASK_SUCCEEDED || outcome === TASK_FAILED)) checks++;
  }
  return checks;
}

/**
 * Names of failures within their build: 6 hex digits made of what failed, so that an address of one still leads to it when the build was stored
 * again with more in it. Of a failure outside tasks the words are all there is to make it of. A task that failed twice in one build gets `-2`.
 */
export function failureKeys(failures: readonly Failure[]): string[] {
  const times = new Map<string, number>();
  return failures.map(({ mc, pf, task, cause }) => {
    const parts = pf === null ? [mc, '', task ?? '', cause ?? ''] : [mc, pf, task ?? ''];
    const key = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, FAILURE_KEY_DIGITS);
    const time = (times.get(key) ?? 0) + 1;
    times.set(key, time);
    return time === 1 ? key : `${key}-${time}`;
  });
}

export async function insertFacts(
  trx: Transaction<Database>,
  dialect: Dialect,
  number: number,
  build: Pick<BuildHead, 'recipes' | 'failures' | 'logs' | 'layers' | 'qaIssues'>,
): Promise<void> {
  const { failures, logs, layers, qaIssues } = build;
  const recipes = new Map(build.recipes.map((recipe) => [`${recipe.mc}\n${recipe.pf}`, recipe]));
  const recipeOf = (of: { readonly mc: string; readonly pf: string | null }) => recipes.get(`${of.mc}\n${of.pf}`);
  // A QA issue does not say of which multiconfig it is: the recipe is the same in all.
  const byPf = new Map(build.recipes.map((recipe) => [recipe.pf, recipe]));
  const logOf = new Map(
    logs.filter(({ kind }) => kind === 'failure').map((log) => [`${log.mc}\n${log.pf}\n${log.task}`, log.blob]),
  );
  const keys = failureKeys(failures);
  await insertRows(
    trx,
    dialect,
    'failures',
    ['build', 'ordinal', 'pn', 'mc', 'task', 'cause', 'key', 'version', 'blob'],
    failures.map((failure, ordinal) => {
      const recipe = recipeOf(failure);
      return [
        number,
        ordinal,
        recipe?.pn ?? failure.pf,
        failure.mc,
        failure.task,
        failure.cause,
        keys[ordinal],
        recipe === undefined ? null : versionOf(recipe),
        logOf.get(`${failure.mc}\n${failure.pf}\n${failure.task}`) ?? null,
      ];
    }),
  );
  await insertRows(
    trx,
    dialect,
    'build_layers',
    ['build', 'ordinal', 'name', 'branch', 'commit_hash', 'modified'],
    layers.map(({ name, branch, commit, modified }, ordinal) => [
      number,
      ordinal,
      name,
      branch,
      commit,
      modified === null ? null : Number(modified),
    ]),
  );
  await insertRows(
    trx,
    dialect,
    'qa_issues',
    ['build', 'ordinal', 'qa_class', 'severity', 'pn', 'task', 'mc', 'message'],
    qaIssues.map(({ qaClass, severity, pf, task, message }, ordinal) => {
      const recipe = pf === null ? undefined : byPf.get(pf);
      return [number, ordinal, qaClass, severity, recipe?.pn ?? pf, task, recipe?.mc ?? '', message];
    }),
  );
}
