/** Builds over time, a column for each builder, machine, target …: each build where they are few, how many there are where they are many. */

import { median } from '../analysis/median.ts';
import type { WaterfallDimension } from '../model/build-dimension.ts';
import type { BuildSummary, WaterfallCell } from '../store/store.ts';
import { USUAL_BUILDS_MAX, USUAL_BUILDS_MIN } from './build-row.ts';
import type { OperationContext } from './context.ts';
import type { BuildListFilter } from './list-builds.ts';

/** Bars that a screen of a hundred columns can still show apart; an answer of them is some 500 KB of JSON. */
const BUILDS_MAX = 1500;

export interface ShowWaterfallInput {
  readonly filter: BuildListFilter;
  /** Null: one column for all. */
  readonly by: WaterfallDimension | null;
  /** Null: from the first build to the last, always in cells. */
  readonly window: { readonly beginMs: number; readonly endMs: number } | null;
  readonly cells: number;
}

export interface WaterfallBuild
  extends Pick<
    BuildSummary,
    | 'id'
    | 'name'
    | 'startedMs'
    | 'endedMs'
    | 'endEstimated'
    | 'outcome'
    | 'failures'
    | 'firstFailure'
    | 'targets'
    | 'machine'
    | 'distro'
    | 'builder'
    | 'hostName'
  > {
  /** Of the column; null: not recorded. */
  readonly value: string | null;
  /** How long its like usually take, of a build that runs. */
  readonly usualMs: number | null;
}

export interface WaterfallView {
  readonly beginMs: number;
  readonly endMs: number;
  readonly builds: readonly WaterfallBuild[];
  readonly cells: { readonly stepMs: number; readonly rows: readonly WaterfallCell[] } | null;
}

export async function showWaterfall({ store }: OperationContext, input: ShowWaterfallInput): Promise<WaterfallView> {
  const { window } = input;
  const { beginMs, endMs, builds, cells } = await store.readWaterfall({
    ...input,
    buildsMax: window === null ? 0 : BUILDS_MAX,
  });
  const running = new Set(builds.flatMap(({ build }) => (build.outcome === 'running' ? [build.id] : [])));
  const histories = await store.readHistories([...running], USUAL_BUILDS_MAX);
  return {
    beginMs,
    endMs,
    cells,
    builds: builds.map(({ value, build }): WaterfallBuild => {
      const history = histories.get(build.id) ?? [];
      return {
        value,
        id: build.id,
        name: build.name,
        startedMs: build.startedMs,
        endedMs: build.endedMs,
        endEstimated: build.endEstimated,
        outcome: build.outcome,
        failures: build.failures,
        firstFailure: build.firstFailure,
        targets: build.targets,
        machine: build.machine,
        distro: build.distro,
        builder: build.builder,
        hostName: build.hostName,
        usualMs: history.length < USUAL_BUILDS_MIN ? null : median(history),
      };
    }),
  };
}
