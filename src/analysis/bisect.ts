/**
 * What to try next where a range of blame is wide: of the revisions between its ends that builds here had, of whatever configuration, the middle
 * one, with what those builds say of the same task; and the commands that begin a bisection in each layer's repository.
 *
 *     core              a  b  c  d  e
 *     this one          P           F
 *     qemuarm64            P  F  P            c is the middle of three: it failed there on qemuarm64
 *
 * The order is an estimate (revision-order.ts), and only commits that somebody built are known here: git knows the others.
 */
import type { LayerRevision } from '../model/build.ts';
import { commitKey, type FirstSeen, type LayerCommit, sameCommit } from '../model/layer-commit.ts';
import type { EpochMs } from '../model/units.ts';
import type { HistoryRun, LayerRange, RevisionRange } from './blame-range.ts';

export interface ElsewhereRun extends HistoryRun {
  readonly machine: string | null;
  readonly distro: string | null;
}

/** A state of the layers that moved. */
export interface TriedRevision<R> {
  readonly layers: readonly LayerCommit[];
  /** When the first build had it. */
  readonly firstMs: EpochMs | null;
  readonly builds: number;
  /** Builds that executed the task, the newest of each machine and distribution. */
  readonly told: readonly R[];
}

export interface BisectCommand {
  /** Of one repository, where they are told at the same commits. */
  readonly layers: readonly string[];
  readonly command: string;
}

export interface NextToTry<R> {
  /** States between the ends that builds here had. */
  readonly between: number;
  /** The middle one; of an even number the older. Null: there is none. */
  readonly middle: TriedRevision<R> | null;
  readonly commands: readonly BisectCommand[];
}

function movedIn(range: Pick<RevisionRange, 'layers'>): readonly (LayerRange & { from: string; to: string })[] {
  return range.layers.filter(
    (layer): layer is LayerRange & { from: string; to: string } =>
      layer.change === 'moved' && layer.from !== null && layer.to !== null,
  );
}

/** Commits whose first sight is needed, of the ends and of builds that may lie between. */
export function commitsOfLayers(
  range: Pick<RevisionRange, 'layers' | 'from' | 'to'>,
  runs: readonly Pick<HistoryRun, 'layers'>[],
): LayerCommit[] {
  const moved = new Set(movedIn(range).map(({ name }) => name));
  const commits = new Map<string, LayerCommit>();
  for (const { layers } of [range.from, range.to, ...runs])
    for (const { name, branch, commit } of layers)
      if (moved.has(name) && commit !== null)
        commits.set(commitKey({ name, branch, commit }), { name, branch, commit });
  return [...commits.values()];
}

/** Null: no layer moved from one commit to another, so no commit is to be tried. */
export function nextToTry<R extends ElsewhereRun>(
  range: RevisionRange,
  runs: readonly R[],
  firstSeen: FirstSeen,
): NextToTry<R> | null {
  const moved = movedIn(range);
  if (moved.length === 0) return null;
  const seen = (layer: LayerRevision): EpochMs | undefined =>
    layer.commit === null ? undefined : firstSeen.get(commitKey({ ...layer, commit: layer.commit }));
  const of = (layers: readonly LayerRevision[], name: string) => layers.find((layer) => layer.name === name);
  const ends = moved.map(({ name }) => ({
    name,
    from: of(range.from.layers, name)!,
    to: of(range.to.layers, name)!,
  }));
  const states = new Map<string, { readonly layers: LayerCommit[]; readonly newest: EpochMs[]; readonly runs: R[] }>();
  for (const run of runs) {
    const layers: LayerCommit[] = [];
    const newest: EpochMs[] = [];
    let [atFrom, atTo, within] = [true, true, true];
    for (const { name, from, to } of ends) {
      const layer = of(run.layers, name);
      const ms = layer === undefined ? undefined : seen(layer);
      const [first, last] = [seen(from), seen(to)];
      // One that does not tell where it stands, or lies before or behind, is not between.
      if (layer?.commit == null || ms === undefined || first === undefined || last === undefined) within = false;
      else if (ms < first || ms > last) within = false;
      else {
        if (!sameCommit(layer.commit, from.commit!)) atFrom = false;
        if (!sameCommit(layer.commit, to.commit!)) atTo = false;
        layers.push({ name, branch: layer.branch, commit: layer.commit });
        newest.push(ms);
      }
    }
    if (!within || atFrom || atTo) continue;
    const key = layers.map(({ commit }) => commit).join('\n');
    const state = states.get(key);
    if (state === undefined) states.set(key, { layers, newest: newest.sort((a, b) => b - a), runs: [run] });
    else state.runs.push(run);
  }
  const ordered = [...states.values()].sort((a, b) => {
    for (const [i, ms] of a.newest.entries()) if (ms !== b.newest[i]) return ms - b.newest[i]!;
    return 0;
  });
  const middle = ordered[(ordered.length - 1) >> 1];
  return {
    between: ordered.length,
    middle:
      middle === undefined
        ? null
        : {
            layers: middle.layers,
            firstMs: middle.runs.reduce<EpochMs | null>(
              (first, { startedMs: ms }) => (ms !== null && (first === null || ms < first) ? ms : first),
              null,
            ),
            builds: middle.runs.length,
            told: toldBy(middle.runs),
          },
    commands: bisectCommands(moved),
  };
}

/** Of each configuration the newest build that passed, or failed for a reason of the source. */
function toldBy<R extends ElsewhereRun>(runs: readonly R[]): readonly R[] {
  const newest = new Map<string, R>();
  for (const run of runs) {
    if (run.outcome !== 'passed' && (run.outcome !== 'failed' || run.infrastructure)) continue;
    const key = JSON.stringify([run.machine, run.distro]);
    const other = newest.get(key);
    if (other === undefined || (run.startedMs ?? 0) >= (other.startedMs ?? 0)) newest.set(key, run);
  }
  return [...newest.values()];
}

/** As git itself shortens commits of the kernel: no repository of a layer has two that begin so, and the line fits. */
const COMMAND_DIGITS = 12;
/** Names and commits come from builds of strangers and are meant to be pasted: only what is a commit is put in a command. */
const COMMIT = /^[0-9a-f]{7,64}$/;

function bisectCommands(moved: readonly { name: string; from: string; to: string }[]): BisectCommand[] {
  const commands = new Map<string, string[]>();
  for (const { name, from, to } of moved) {
    if (!COMMIT.test(from) || !COMMIT.test(to)) continue;
    // Bad first, as git has it; the dashes say that neither of them is a path.
    const command = `git bisect start ${to.slice(0, COMMAND_DIGITS)} ${from.slice(0, COMMAND_DIGITS)} --`;
    const layers = commands.get(command);
    if (layers === undefined) commands.set(command, [name]);
    else layers.push(name);
  }
  return [...commands].map(([command, layers]) => ({ layers, command }));
}
