/** Since when a task of a recipe fails in one configuration, and what changed in the layers between: for failures, recipes and the rota. */
import {
  type BlameRange,
  blameRange,
  type HistoryOutcome,
  type HistoryRun,
  type LayerRange,
  type RevisionRange,
} from '../analysis/blame-range.ts';
import { type LayerPage, layerPage, rangeLink } from '../analysis/revision-links.ts';
import { TASK_FAILED, TASK_RUNNING, TASK_SUCCEEDED, TASK_UNFINISHED } from '../model/task-table.ts';
import type { TaskHistory } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { resolveBuildId } from './resolve-build-id.ts';

export interface BlameInput {
  readonly build: string;
  readonly mc: string;
  readonly pn: string;
  readonly task: string;
}

/** A build at an end of a range. */
export interface BlameEnd {
  readonly build: string;
  readonly startedMs: number | null;
  /** Of the failure within the build; null: it passed. */
  readonly key: string | null;
  readonly hostDistro: string | null;
  readonly fingerprint: string | null;
}

export interface BlameLayer extends LayerRange {
  /** The repository's page of the commits between; null: nobody told where it lies, or there is no commit. */
  readonly link: string | null;
}

export interface BlameStretch extends Omit<RevisionRange, 'from' | 'to' | 'layers'> {
  readonly from: BlameEnd;
  readonly to: BlameEnd;
  readonly layers: readonly BlameLayer[];
}

export interface Blame {
  /** Builds of the configuration that were looked at. */
  readonly builds: number;
  readonly firstFailure: BlameEnd;
  readonly lastFailure: BlameEnd;
  readonly failures: number;
  readonly broke: BlameStretch | null;
  readonly sinceCause: BlameStretch | null;
  readonly fixed: BlameStretch | null;
}

/** On each side of the build; a range that is wider is told from the oldest of them on. */
export const BLAME_BUILDS_MAX = 300;

/** Null inside: the task did not fail there for a reason of the source. */
export interface BlameAnswer {
  readonly blame: Blame | null;
}

export async function blameFailure(context: OperationContext, input: BlameInput): Promise<BlameAnswer> {
  const build = await resolveBuildId(context.store, input.build);
  return { blame: await readBlame(context, { ...input, build }) };
}

/** `build` is an id. */
export async function readBlame(
  { store, layerPages = new Map() }: OperationContext,
  input: BlameInput,
): Promise<Blame | null> {
  const { build, mc, pn, task } = input;
  const history = await store.readTaskHistory({ mc, pn, task, like: build, builds: BLAME_BUILDS_MAX });
  const found = blameRange(history.map(historyRun), build);
  return found === null ? null : told(found, history.length, layerPages);
}

type Run = HistoryRun & { readonly key: string | null };

/** Running and unfinished are neither; covered, current and the like are not executed. */
function outcomeOf(outcome: number | null): HistoryOutcome {
  switch (outcome) {
    case TASK_SUCCEEDED:
      return 'passed';
    case TASK_FAILED:
      return 'failed';
    case TASK_UNFINISHED:
    case TASK_RUNNING:
      return 'unfinished';
    default:
      return 'not-executed';
  }
}

export function historyRun({ outcome, hostDistro, ...run }: TaskHistory[number]): Run {
  return { ...run, outcome: outcomeOf(outcome), hostClass: hostDistro };
}

function told(range: BlameRange<Run>, builds: number, pages: ReadonlyMap<string, LayerPage>): Blame {
  const end = ({ build, startedMs, key, hostClass, fingerprint }: Run): BlameEnd => ({
    build,
    startedMs,
    key,
    hostDistro: hostClass,
    fingerprint,
  });
  const stretch = (of: RevisionRange<Run> | null): BlameStretch | null => {
    if (of === null) return null;
    return {
      ...of,
      from: end(of.from),
      to: end(of.to),
      layers: of.layers.map((layer) => {
        const page = layerPage(pages, layer, beside(of));
        return { ...layer, link: page === null ? null : rangeLink(page, layer) };
      }),
    };
  };
  return {
    builds,
    firstFailure: end(range.firstFailure),
    lastFailure: end(range.lastFailure),
    failures: range.failures,
    broke: stretch(range.broke),
    sinceCause: stretch(range.sinceCause),
    fixed: stretch(range.fixed),
  };
}

/** All layers at the newer end: two of one commit are of one repository, whether they moved or not. */
function beside({ to }: RevisionRange<Run>) {
  return to.layers.map(({ name, commit }) => ({ name, from: null, to: commit }));
}
