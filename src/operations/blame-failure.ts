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
import { inRevisionOrder, varyingCommits } from '../analysis/revision-order.ts';
import { TASK_FAILED, TASK_RUNNING, TASK_SUCCEEDED, TASK_UNFINISHED } from '../model/task-table.ts';
import type { TaskHistory } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { addressesIn } from './failure-address.ts';
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
  /** Of them those that were made of older revisions than one that began before them; all are told in the order of revisions, an estimate. */
  readonly late: number;
  readonly firstFailure: BlameEnd;
  readonly lastFailure: BlameEnd;
  readonly failures: number;
  readonly broke: BlameStretch | null;
  readonly sinceCause: BlameStretch | null;
  readonly fixed: BlameStretch | null;
}

export interface RangeEnd {
  readonly build: string;
  readonly startedMs: number | null;
  /** Address of the failure there; null: it passed. */
  readonly failure: string | null;
  readonly hostDistro: string | null;
}

export interface ShownRange extends Omit<BlameStretch, 'from' | 'to'> {
  readonly from: RangeEnd;
  readonly to: RangeEnd;
}

export interface ShownBlame {
  readonly builds: number;
  readonly late: number;
  readonly firstFailure: RangeEnd;
  readonly lastFailure: RangeEnd;
  readonly failures: number;
  readonly broke: ShownRange | null;
  /** Where it failed in other words before: since when in these. */
  readonly sinceCause: ShownRange | null;
  readonly fixed: ShownRange | null;
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

/** A range as it was found, with the builds whole. */
export interface FoundBlame {
  readonly range: BlameRange<Run>;
  readonly builds: number;
  readonly late: number;
}

/** `build` is an id. */
export async function findBlame({ store }: OperationContext, input: BlameInput): Promise<FoundBlame | null> {
  const { build, mc, pn, task } = input;
  const history = await store.readTaskHistory({ mc, pn, task, like: build, builds: BLAME_BUILDS_MAX });
  const { runs, late } = inRevisionOrder(history.map(historyRun), await store.readFirstSeen(varyingCommits(history)));
  const range = blameRange(runs, build);
  return range === null ? null : { range, builds: history.length, late };
}

/** `build` is an id. */
export async function readBlame(context: OperationContext, input: BlameInput): Promise<Blame | null> {
  const found = await findBlame(context, input);
  if (found === null) return null;
  const { range, ...counts } = found;
  return { ...counts, ...told(range, context.layerPages ?? new Map()) };
}

/** As the pages of failures and recipes have it. Null: it is of no recipe's task, or no failure of the source. */
export async function showBlame(
  context: OperationContext,
  build: string,
  of: { readonly mc: string; readonly pn: string | null; readonly task: string | null },
): Promise<ShownBlame | null> {
  const { pn, mc, task } = of;
  if (pn === null || task === null) return null;
  const found = await findBlame(context, { build, mc, pn, task });
  return found === null ? null : showFound(context, found);
}

/** With addresses where something failed. */
export async function showFound(context: OperationContext, { range, ...counts }: FoundBlame): Promise<ShownBlame> {
  const { firstFailure, lastFailure, failures, broke, sinceCause, fixed } = told(
    range,
    context.layerPages ?? new Map(),
  );
  const stretches = [broke, sinceCause, fixed].flatMap((range) => (range === null ? [] : [range.from, range.to]));
  const failed = [firstFailure, lastFailure, ...stretches].filter(({ key }) => key !== null);
  const address = await addressesIn(
    context.store,
    failed.map((end) => end.build),
  );
  const end = ({ build: at, startedMs, key, hostDistro }: BlameEnd): RangeEnd => ({
    build: at,
    startedMs,
    failure: key === null ? null : address(at, key),
    hostDistro,
  });
  const shown = (range: BlameStretch | null): ShownRange | null =>
    range === null ? null : { ...range, from: end(range.from), to: end(range.to) };
  return {
    ...counts,
    failures,
    firstFailure: end(firstFailure),
    lastFailure: end(lastFailure),
    broke: shown(broke),
    sinceCause: shown(sinceCause),
    fixed: shown(fixed),
  };
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

function told(range: BlameRange<Run>, pages: ReadonlyMap<string, LayerPage>): Omit<Blame, 'builds' | 'late'> {
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
