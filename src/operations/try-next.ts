/** What to try next where something fails and several revisions lie between its last pass and its first failure (analysis/bisect.ts). */
import { commitsOfLayers, type ElsewhereRun, nextToTry } from '../analysis/bisect.ts';
import { commitLink, layerPage } from '../analysis/revision-links.ts';
import { commitKey, type LayerCommit } from '../model/layer-commit.ts';
import { type BlameInput, type FoundBlame, historyRun } from './blame-failure.ts';
import type { OperationContext } from './context.ts';
import { addressesIn } from './failure-address.ts';

/** Of all configurations of the branch, from the first that had the older end on: two days of a farm, a month of most. */
const ELSEWHERE_BUILDS_MAX = 300;

export interface ToldElsewhere {
  readonly build: string;
  readonly startedMs: number | null;
  /** Address of the failure there; null: it passed. */
  readonly failure: string | null;
  readonly machine: string | null;
  readonly distro: string | null;
}

export interface ShownNext {
  /** Builds that were looked at. */
  readonly builds: number;
  readonly between: number;
  readonly middle: {
    readonly layers: readonly (LayerCommit & { readonly link: string | null })[];
    readonly firstMs: number | null;
    readonly builds: number;
    readonly told: readonly ToldElsewhere[];
  } | null;
  readonly commands: readonly { readonly layers: readonly string[]; readonly command: string }[];
}

/** Null: it was fixed, or no commit is to be tried. */
export async function tryNext(
  context: OperationContext,
  found: FoundBlame,
  { build, mc, pn, task }: BlameInput,
): Promise<ShownNext | null> {
  const { store, layerPages = new Map() } = context;
  const { broke, fixed } = found.range;
  if (broke === null || fixed !== null || broke.worth !== 'revisions') return null;
  const ends = commitsOfLayers(broke, []);
  const seenEnds = await store.readFirstSeen(ends);
  const fromMs = Math.min(...[...seenEnds.values()], broke.from.startedMs ?? Number.POSITIVE_INFINITY);
  const elsewhere = Number.isFinite(fromMs)
    ? await store.readTaskElsewhere({ mc, pn, task, like: build, fromMs, builds: ELSEWHERE_BUILDS_MAX })
    : [];
  const runs = elsewhere.map((run): ElsewhereRun & { readonly key: string | null } => ({
    ...historyRun(run),
    machine: run.machine,
    distro: run.distro,
  }));
  const missing = commitsOfLayers(broke, runs).filter((one) => !seenEnds.has(commitKey(one)));
  const next = nextToTry(broke, runs, new Map([...seenEnds, ...(await store.readFirstSeen(missing))]));
  if (next === null) return null;
  const { middle, ...rest } = next;
  const address = await addressesIn(store, middle === null ? [] : middle.told.map((run) => run.build));
  return {
    ...rest,
    builds: runs.length,
    middle:
      middle === null
        ? null
        : {
            ...middle,
            layers: middle.layers.map((layer) => {
              const page = layerPage(
                layerPages,
                { name: layer.name, from: null, to: layer.commit },
                middle.layers.map(({ name, commit }) => ({ name, from: null, to: commit })),
              );
              return { ...layer, link: page === null ? null : commitLink(page, layer.commit) };
            }),
            told: middle.told.map((run) => ({
              build: run.build,
              startedMs: run.startedMs,
              failure: run.key === null || run.outcome !== 'failed' ? null : address(run.build, run.key),
              machine: run.machine,
              distro: run.distro,
            })),
          },
  };
}
