/**
 * Builds in the order of what they were made of. There is no git here, so a commit of a layer is as old as its first sight: when the first build of
 * all that are here, of whatever configuration, had it on that branch. (`contains:` of the search orders commits by the same, store/queries/first-seen.ts.)
 * A build is as new as the newest of its commits; of two alike, the next newest decides, and then the start.
 *
 *     started  day 1  day 2  day 3  day 4  day 9           in this order
 *     core     a      b      c      d      b               a  b  b' c  d
 *     task     P      P      F      F      P               P  P  P  F  F       b' was built for a bisection and mended nothing
 *
 * It is an estimate: a layer that was set back for good looks old until one of the others moves, and a commit that nobody built when it came looks
 * as new as the build that had it first.
 */
import type { LayerRevision } from '../model/build.ts';
import { commitKey, type FirstSeen, type LayerCommit } from '../model/layer-commit.ts';
import type { EpochMs } from '../model/units.ts';

interface Made {
  readonly startedMs: EpochMs | null;
  readonly layers: readonly LayerRevision[];
}

/** The commits that tell builds apart: those of all of them say nothing of their order. */
export function varyingCommits(runs: readonly Made[]): LayerCommit[] {
  const commits = new Map<string, { readonly of: LayerCommit; builds: number }>();
  for (const { layers } of runs)
    for (const { name, branch, commit } of layers) {
      if (commit === null) continue;
      const of = { name, branch, commit };
      const known = commits.get(commitKey(of));
      if (known === undefined) commits.set(commitKey(of), { of, builds: 1 });
      else known.builds++;
    }
  return [...commits.values()].filter(({ builds }) => builds < runs.length).map(({ of }) => of);
}

interface Placed<R> {
  readonly run: R;
  /** Of each layer when its commit was first seen; those that all builds have alike left out. */
  readonly layers: ReadonlyMap<string, EpochMs>;
  /** The same, the newest first. */
  readonly newest: readonly EpochMs[];
  /** In the order of starts. */
  readonly at: number;
}

export interface RevisionOrder<R> {
  /** Oldest revisions first. `aside`: made of a mixture that lies on no way from older to newer. */
  readonly runs: readonly (R & { readonly aside: boolean })[];
  /** Builds that were made of older revisions than a build that began before them. */
  readonly late: number;
}

/** `runs`: in the order of their starts. */
export function inRevisionOrder<R extends Made>(runs: readonly R[], firstSeen: FirstSeen): RevisionOrder<R> {
  const varying = new Set(varyingCommits(runs).map(({ name }) => name));
  const placed = placesOf(runs, varying, firstSeen);
  let late = 0;
  let newest: Placed<R> | undefined;
  for (const one of placed) {
    if (newest !== undefined && compare(one, newest) < 0) late++;
    else newest = one;
  }
  const ordered = [...placed].sort((a, b) => compare(a, b) || a.at - b.at);
  const behind = asideIn(ordered);
  return { runs: ordered.map((one) => ({ ...one.run, aside: behind.has(one) })), late };
}

/** What is not recorded is taken for as new as what was built before. */
function placesOf<R extends Made>(
  runs: readonly R[],
  varying: ReadonlySet<string>,
  firstSeen: FirstSeen,
): readonly Placed<R>[] {
  const so = new Map<string, EpochMs>();
  return runs.map((run, at) => {
    const layers = new Map<string, EpochMs>();
    const started = run.startedMs ?? Number.NEGATIVE_INFINITY;
    if (run.layers.length === 0) for (const [name, ms] of so) layers.set(name, ms);
    for (const { name, branch, commit } of run.layers) {
      if (!varying.has(name)) continue;
      const seen = commit === null ? so.get(name) : firstSeen.get(commitKey({ name, branch, commit }));
      // Its own build had it, though perhaps in no list.
      const ms = Math.min(seen ?? started, started);
      layers.set(name, ms);
      if (ms > (so.get(name) ?? Number.NEGATIVE_INFINITY)) so.set(name, ms);
    }
    return { run, layers, newest: [...layers.values()].sort((a, b) => b - a), at };
  });
}

function compare({ newest: a }: Placed<unknown>, { newest: b }: Placed<unknown>): number {
  const length = Math.min(a.length, b.length);
  // Two that have nothing recorded are of one age, not of NaN.
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return 0;
}

/**
 * A bisection of one layer with the newest of another: core was set back and meta-oe was not, so of the builds with that commit of meta-oe one is
 * newer in core and none older, and builds before it had newer ones of core already. A layer that was set back for good is not taken for this as
 * soon as another has moved.
 */
function asideIn<R>(ordered: readonly Placed<R>[]): ReadonlySet<Placed<R>> {
  const aside = new Set<Placed<R>>();
  /** Of each layer the newest of all builds with an older newest commit. */
  const before = new Map<string, EpochMs>();
  for (let from = 0; from < ordered.length; ) {
    let to = from + 1;
    while (to < ordered.length && ordered[to]!.newest[0] === ordered[from]!.newest[0]) to++;
    const group = ordered.slice(from, to);
    for (const one of group)
      if (
        [...one.layers].some(([name, ms]) => ms < (before.get(name) ?? ms)) &&
        group.some((other) => isNewer(other, one))
      )
        aside.add(one);
    for (const one of group)
      if (!aside.has(one))
        for (const [name, ms] of one.layers)
          if (ms > (before.get(name) ?? Number.NEGATIVE_INFINITY)) before.set(name, ms);
    from = to;
  }
  return aside;
}

/** In one layer, and in none older. */
function isNewer<R>({ layers: a }: Placed<R>, { layers: b }: Placed<R>): boolean {
  let newer = false;
  for (const [name, ms] of b) {
    const other = a.get(name);
    if (other === undefined) continue;
    if (other < ms) return false;
    if (other > ms) newer = true;
  }
  return newer;
}
