/**
 * Which build a test run belongs to, by what both say of themselves. oeqa writes when its bitbake started (STARTTIME), the machine, the image and
 * the revisions of the layers, and no name of a build:
 *
 *     the machine and, where both are told, the image are the same, and no layer is at another commit; then
 *     a build in which STARTTIME lies: the run of bitbake that tested; else
 *     the last build that was over before, at the same commits: the one that made the image.
 */
import type { LayerRevision } from '../model/build.ts';
import type { TestRun } from '../model/test-run.ts';

export interface TestedCandidate {
  readonly id: string;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly machine: string | null;
  readonly targets: readonly string[] | null;
  readonly layers: readonly LayerRevision[];
}

/** DATETIME is taken while bitbake reads its configuration, and the build begins after all recipes are parsed. */
export const BEFORE_START_MS = 15 * 60_000;
/** An image is tested within a week of being built, or its build is not looked for. */
export const LOOK_BACK_MS = 7 * 86_400_000;
/** Of a build whose end nobody told. */
const UNKNOWN_LENGTH_MS = 12 * 3_600_000;

export function testedBuild(run: TestRun, candidates: readonly TestedCandidate[]): string | null {
  const { startedMs } = run;
  if (startedMs === null) return null;
  let best: { id: string; rank: number; far: number } | null = null;
  for (const candidate of candidates) {
    const { id, startedMs: began, endedMs } = candidate;
    if (began === null || !fits(run, candidate)) continue;
    const same = commonCommits(run, candidate);
    if (same === 'differ') continue;
    const within = startedMs >= began - BEFORE_START_MS && startedMs <= (endedMs ?? began + UNKNOWN_LENGTH_MS);
    const after = endedMs !== null && endedMs < startedMs && startedMs - endedMs <= LOOK_BACK_MS;
    // A build that was over before is that of the image only where its name or its commits say so.
    if (!within && !(after && run.image !== null && candidate.targets !== null && same === 'same')) continue;
    const rank = within ? 0 : 1;
    const far = Math.abs(startedMs - began);
    if (best === null || rank < best.rank || (rank === best.rank && far < best.far)) best = { id, rank, far };
  }
  return best?.id ?? null;
}

function fits(run: TestRun, { machine, targets }: TestedCandidate): boolean {
  if (run.machine === null || machine === null || run.machine !== machine) return false;
  return run.image === null || targets === null || targets.some((target) => imageOf(target) === run.image);
}

/** `mc:qemuarm:core-image-minimal:do_testimage` asks for core-image-minimal. */
function imageOf(target: string): string {
  return target.replace(/^(?:mc|multiconfig):[^:]*:/, '').replace(/:\w+$/, '');
}

function commonCommits(run: TestRun, { layers }: TestedCandidate): 'same' | 'differ' | 'unknown' {
  const own = new Map(layers.map(({ name, commit }) => [name, commit]));
  let same = false;
  for (const { name, commit } of run.layers) {
    const other = own.get(name);
    if (commit === null || other === null || other === undefined) continue;
    if (!commit.startsWith(other) && !other.startsWith(commit)) return 'differ';
    same = true;
  }
  return same ? 'same' : 'unknown';
}
