import { type ChainFigures, chainFigures } from '../analysis/critical-path.ts';
import { estimateProgress, type PastBuild, type Progress } from '../analysis/progress.ts';
import { TEST_STATES, type TestCounts } from '../model/test-run.ts';
import { failureKeys } from '../store/facts.ts';
import type { BuildRelations } from '../store/farms.ts';
import type { BuildContents, BuildHead, Store, Visibility } from '../store/store.ts';
import { mayChange } from './build-rights.ts';
import { type BuildRow, buildRows } from './build-row.ts';
import type { OperationContext } from './context.ts';
import { failureAddresses } from './failure-address.ts';
import { withCauses } from './failure-causes.ts';
import { graphOfBuild } from './graph-of-build.ts';
import { logRootOf } from './log-roots.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

/** Medians of three tell a slow day from a slow task; more tables cost the page of a running build 5 ms each. */
const PROGRESS_BUILDS_MAX = 3;
/** Failed and interrupted builds are passed over, but not without end. */
const PROGRESS_LOOK_BACK_MAX = 10;

/** Who may see it, as the one who asks may know it. */
export interface ShownAccess {
  readonly visibility: Visibility;
  /** Name of the account it belongs to; null: nobody's, or not for this viewer to know. */
  readonly owner: string | null;
  readonly pinned: boolean;
  /** Whether who asks may change it. */
  readonly mayChange: boolean;
}

async function accessOf(context: OperationContext, id: string): Promise<ShownAccess | null> {
  const access = await context.store.readAccess(id);
  if (access === null) return null;
  const may = mayChange(context.viewer, access);
  const { accounts, retention } = context.wholeStore;
  return {
    visibility: access.visibility,
    // Names of accounts are what one signs in with.
    owner: may && access.owner !== null ? await accounts.nameOf(access.owner) : null,
    pinned: await retention.isPinned(id),
    mayChange: may,
  };
}

export interface BuildDetail
  extends BuildRow,
    Pick<
      BuildHead,
      | 'distroVersion'
      | 'bitbakeVersion'
      | 'builderId'
      | 'jobId'
      | 'images'
      | 'logs'
      | 'sizes'
      | 'sources'
      | 'layers'
      | 'variables'
      | 'extras'
      | 'rootfsSizes'
      | 'recipes'
      | 'phases'
      | 'messages'
    >,
    BuildContents {
  readonly access: ShownAccess;
  readonly host: Omit<BuildHead['host'], 'id'>;
  readonly failureList: BuildHead['failures'];
  /** Addresses of their pages, in the same order. */
  readonly failureAddresses: readonly string[];
  readonly qaIssueList: BuildHead['qaIssues'];
  readonly problemList: BuildHead['problems'];
  readonly longestChain: ChainFigures | null;
  readonly logsAvailable: boolean;
  readonly previousId: string | null;
  readonly nextId: string | null;
  readonly progress: Progress | null;
  readonly links: BuildRelations['links'];
  readonly parents: readonly BuildRow[];
  readonly children: readonly BuildRow[];
  readonly childrenTotal: number;
  readonly tests: TestCounts & { readonly runs: number };
}

async function pastBuilds(store: Store, previousId: string | null): Promise<PastBuild[]> {
  const past: PastBuild[] = [];
  let id = previousId;
  for (let looked = 0; id !== null && looked < PROGRESS_LOOK_BACK_MAX && past.length < PROGRESS_BUILDS_MAX; looked++) {
    const head = await store.readHead(id);
    if (head?.outcome === 'succeeded' && head.startedMs !== null && head.endedMs !== null) {
      const tasks = await store.readTaskTable(id, []);
      if (tasks !== null) past.push({ recipes: head.recipes, tasks, durationMs: head.endedMs - head.startedMs });
    }
    id = (await store.readNeighbours(id)).previousId;
  }
  return past;
}

async function progressOf(
  context: OperationContext,
  head: BuildHead,
  id: string,
  previousId: string | null,
): Promise<Progress | null> {
  if (head.outcome !== 'running') return null;
  const past = await pastBuilds(context.store, previousId);
  const tasks = past.length === 0 ? null : await context.store.readTaskTable(id, []);
  return tasks === null ? null : estimateProgress(context.now(), { recipes: head.recipes, tasks }, past);
}

/** Worked out when asked: two reads and 2 ms at 7,000 tasks, and nothing to keep true in the store. */
async function chainOfBuild(
  store: Store,
  id: string,
  head: { readonly revision: string },
): Promise<ChainFigures | null> {
  const tasks = await store.readTaskTable(id, []);
  const graph = tasks === null ? null : await graphOfBuild(store, id, head, tasks);
  return tasks === null ? null : chainFigures({ tasks, graph });
}

async function testsOf(store: Store, id: string): Promise<BuildDetail['tests']> {
  const sum = { runs: 0, passed: 0, failed: 0, skipped: 0, other: 0 };
  for (const run of (await store.tests.runsOf(id)) ?? []) {
    sum.runs++;
    for (const state of TEST_STATES) sum[state] += run[state];
  }
  return sum;
}

async function relatedBuilds(
  store: Store,
  id: string,
): Promise<Pick<BuildDetail, 'links' | 'parents' | 'children' | 'childrenTotal'>> {
  const relations = await store.readRelations(id);
  if (relations === null) throw noSuchBuild(id);
  const rows = async (ids: readonly string[]): Promise<BuildRow[]> => {
    const summaries = await Promise.all(ids.map((one) => store.readSummary(one)));
    return buildRows(
      store,
      summaries.filter((summary) => summary !== null),
    );
  };
  const { links, parents, children, childrenTotal } = relations;
  return { links, parents: await rows(parents), children: await rows(children), childrenTotal };
}

/** Everything of a build but its task table and samples. */
export async function showBuild(context: OperationContext, input: { readonly build: string }): Promise<BuildDetail> {
  const { store } = context;
  const id = await resolveBuildId(store, input.build);
  const [head, summary, contents] = await Promise.all([
    store.readHead(id),
    store.readSummary(id),
    store.readContents(id),
  ]);
  if (head === null || summary === null || contents === null) throw noSuchBuild(id);
  const [row] = await buildRows(store, [summary]);
  if (row === undefined) throw noSuchBuild(id);
  const access = await accessOf(context, id);
  if (access === null) throw noSuchBuild(id);
  const neighbours = await store.readNeighbours(id);
  const related = await relatedBuilds(store, id);
  const { id: _, ...host } = head.host;
  const locations = head.sources.map((source) => source.location);
  const logsAvailable = head.logs.length > 0 || logRootOf(locations, context.logRoots) !== null;
  return {
    ...row,
    access,
    distroVersion: head.distroVersion,
    bitbakeVersion: head.bitbakeVersion,
    builderId: head.builderId,
    jobId: head.jobId,
    images: head.images,
    logs: head.logs,
    sizes: head.sizes,
    host,
    sources: head.sources,
    layers: head.layers,
    variables: head.variables,
    extras: head.extras,
    rootfsSizes: head.rootfsSizes,
    recipes: head.recipes,
    phases: head.phases,
    messages: head.messages,
    failureList: logsAvailable ? await withCauses(context, id, head) : head.failures,
    failureAddresses: await failureAddresses(store, id, failureKeys(head.failures)),
    qaIssueList: head.qaIssues,
    problemList: head.problems,
    ...contents,
    longestChain: contents.hasGraph ? await chainOfBuild(store, id, head) : null,
    logsAvailable,
    ...neighbours,
    progress: await progressOf(context, head, id, neighbours.previousId),
    ...related,
    tests: await testsOf(store, id),
  };
}
