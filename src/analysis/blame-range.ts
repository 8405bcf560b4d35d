/**
 * Since when something fails, and between which revisions it broke: of one recipe and task in one configuration, the last build that executed
 * it and passed, and the first that failed after it. A range, never a culprit: what else changed between the two builds is in it as well.
 *
 *     core     a  a  b  b  c  c
 *     task     P  -  I  P  F  F      P passed, F failed, - restored or current, I failed for want of space
 *                       └──┘         broke between b and c
 *
 * Only what was executed counts. A build that restored the task from sstate did not check it, and one whose disk was full says nothing of the
 * source: neither ends a range, and the range tells how many such lie inside it. The runs come in the order of their revisions (revision-order.ts),
 * so that an old revision that is built late, by a developer or for a bisection, neither breaks nor mends anything.
 */
import type { LayerRevision } from '../model/build.ts';
import { sameCommit } from '../model/layer-commit.ts';
import type { EpochMs } from '../model/units.ts';

/** `not-executed`: restored from sstate, current, or not part of the build. `unfinished`: begun, and no end is known. */
export type HistoryOutcome = 'passed' | 'failed' | 'not-executed' | 'unfinished';

/** What one build says of one task of one recipe. */
export interface HistoryRun {
  readonly build: string;
  readonly startedMs: EpochMs | null;
  readonly outcome: HistoryOutcome;
  /** Task hash; null: not recorded. */
  readonly hash: string | null;
  /** Kind of machine that built; null: not recorded. */
  readonly hostClass: string | null;
  /** Of the failure; null: it passed, or nobody knows. */
  readonly fingerprint: string | null;
  /** The failure is of the machine or the network, not of the source. */
  readonly infrastructure: boolean;
  readonly layers: readonly LayerRevision[];
  /** It is made of a mixture of older and newer revisions, so it ends no range but its own. */
  readonly aside?: boolean;
}

/**
 * `moved`: another commit. `modified`: a working copy with changes that no commit names stands at one end, so the commits are not the whole
 * difference. `not-recorded`: one end does not tell its commit.
 */
export type LayerChange = 'moved' | 'added' | 'removed' | 'modified' | 'not-recorded';

/** One layer of which the two ends of a range differ, or may. */
export interface LayerRange {
  readonly name: string;
  readonly change: LayerChange;
  /** Commits, the older build's first; null: not recorded, or not there. */
  readonly from: string | null;
  readonly to: string | null;
  readonly fromBranch: string | null;
  readonly toBranch: string | null;
}

/**
 * What a range is worth. `revisions`: layers differ, the cause may be among them. `same-revisions`: every layer is recorded on both ends and
 * none differs, so the cause lies outside: configuration, host, network, or chance. `not-recorded`: an end tells no layers.
 */
export type RangeWorth = 'revisions' | 'same-revisions' | 'not-recorded';

export interface RevisionRange<R extends HistoryRun = HistoryRun> {
  readonly from: R;
  readonly to: R;
  readonly worth: RangeWorth;
  /** Layers that differ, in the order of the newer build, those that are gone last. */
  readonly layers: readonly LayerRange[];
  /** Builds between that did not execute it, or failed for a reason that is not of the source. */
  readonly unchecked: number;
  /** Both ends ran the task with one and the same hash: nothing that it is made of changed. Null: a hash is not recorded. */
  readonly sameHash: boolean | null;
  /** Ends of two kinds of machine. Null: one is not recorded. */
  readonly otherHost: boolean | null;
}

export interface BlameRange<R extends HistoryRun = HistoryRun> {
  readonly firstFailure: R;
  /** Failed builds without a pass between them, up to the fix or to the newest. */
  readonly failures: number;
  /** The last of them. */
  readonly lastFailure: R;
  /** Null: nothing before the first failure executed it and passed. */
  readonly broke: RevisionRange<R> | null;
  /**
   * Where it failed in other words before: the first failure in these words, since the one before it. Null: the first failure has them, or
   * the failure in question has no fingerprint.
   */
  readonly sinceCause: RevisionRange<R> | null;
  /** The first pass after the last failure. Null: it still fails. */
  readonly fixed: RevisionRange<R> | null;
}

/**
 * Of runs of one recipe, task and configuration, oldest revision first: the failure of build `at` (default: the newest), from where it broke to where it
 * was fixed. Null: there is no such failure. A failure of the machine has no range, as no revision made it.
 */
export function blameRange<R extends HistoryRun>(all: readonly R[], at: string | null = null): BlameRange<R> | null {
  const runs = all.filter(({ aside, build }) => aside !== true || build === at);
  const asked = runs.findLastIndex((run) => isSourceFailure(run) && (at === null || run.build === at));
  if (asked < 0) return null;
  const passBefore = runs.findLastIndex((run, i) => i < asked && run.outcome === 'passed');
  const passAfter = runs.findIndex((run, i) => i > asked && run.outcome === 'passed');
  const end = passAfter < 0 ? runs.length : passAfter;
  const first = runs.findIndex((run, i) => i > passBefore && isSourceFailure(run));
  const last = runs.findLastIndex((run, i) => i < end && isSourceFailure(run));
  let failures = 0;
  for (let i = first; i <= last; i++) if (isSourceFailure(runs[i]!)) failures++;
  const cause = causeIn(runs, first, asked);
  return {
    firstFailure: runs[first]!,
    failures,
    lastFailure: runs[last]!,
    broke: passBefore < 0 ? null : rangeBetween(runs, passBefore, first),
    sinceCause: cause === null ? null : rangeBetween(runs, cause.before, cause.since),
    fixed: passAfter < 0 ? null : rangeBetween(runs, last, passAfter),
  };
}

export function isSourceFailure({ outcome, infrastructure }: HistoryRun): boolean {
  return outcome === 'failed' && !infrastructure;
}

/** Where within one row of failures the words of the asked one began. */
function causeIn(
  runs: readonly HistoryRun[],
  first: number,
  asked: number,
): { readonly before: number; readonly since: number } | null {
  const { fingerprint } = runs[asked]!;
  if (fingerprint === null) return null;
  let since = asked;
  for (let i = asked - 1; i >= first; i--) {
    const run = runs[i]!;
    if (!isSourceFailure(run)) continue;
    // A failure nobody looked at yet is no evidence of other words.
    if (run.fingerprint !== fingerprint && run.fingerprint !== null) return { before: i, since };
    since = i;
  }
  return null;
}

function rangeBetween<R extends HistoryRun>(runs: readonly R[], before: number, after: number): RevisionRange<R> {
  const from = runs[before]!;
  const to = runs[after]!;
  const layers = layerRanges(from.layers, to.layers);
  const told = from.layers.length > 0 && to.layers.length > 0;
  const sameHash = from.hash === null || to.hash === null ? null : from.hash === to.hash;
  const otherHost = from.hostClass === null || to.hostClass === null ? null : from.hostClass !== to.hostClass;
  return {
    from,
    to,
    worth: !told ? 'not-recorded' : layers.length > 0 ? 'revisions' : 'same-revisions',
    // Where one end tells no layers, all of the other would stand there as added.
    layers: told ? layers : [],
    // What lies between the ends of a range is neither pass nor failure of the source, whichever range it is.
    unchecked: after - before - 1,
    sameHash,
    otherHost,
  };
}

/** Layers of which two builds differ, or may. */
export function layerRanges(from: readonly LayerRevision[], to: readonly LayerRevision[]): LayerRange[] {
  const before = new Map(from.map((layer) => [layer.name, layer]));
  const after = new Set(to.map(({ name }) => name));
  const ranges: LayerRange[] = [];
  const add = (name: string, change: LayerChange, a: LayerRevision | undefined, b: LayerRevision | undefined) =>
    ranges.push({
      name,
      change,
      from: a?.commit ?? null,
      to: b?.commit ?? null,
      fromBranch: a?.branch ?? null,
      toBranch: b?.branch ?? null,
    });
  for (const layer of to) {
    const old = before.get(layer.name);
    if (old === undefined) add(layer.name, 'added', undefined, layer);
    else if (old.commit === null || layer.commit === null) add(layer.name, 'not-recorded', old, layer);
    else if (!sameCommit(old.commit, layer.commit)) add(layer.name, 'moved', old, layer);
    else if (old.modified === true || layer.modified === true) add(layer.name, 'modified', old, layer);
  }
  for (const layer of from) if (!after.has(layer.name)) add(layer.name, 'removed', layer, undefined);
  return ranges;
}
