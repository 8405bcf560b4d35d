/**
 * A task that passes and fails without a change in what it is made of. The task hash covers the recipe, its variables, and the hashes of all it
 * depends on, so this is said of equal hashes and not of equal commits, as other systems have to: a push that touches the recipe is no flake, and
 * one that does not touch it is no excuse.
 *
 *     hash 7f3a   debian-12   P F P     flaky: one kind of host saw both
 *     hash 7f3a   debian-12   P P       host-dependent: each kind of host
 *                 fedora-41   F F       saw one of the two only
 *
 * Left out are runs of which equal hashes say nothing: forced ones (`-f` and `-C` write a random taint that stays in the stamps), tasks that have
 * no stamp and run every time whatever they find, and failures of the machine (no space, killed, no network), which are told of themselves.
 */
import type { Message } from '../model/build.ts';
import type { EpochMs } from '../model/units.ts';

export interface ExecutedRun {
  readonly build: string;
  readonly startedMs: EpochMs | null;
  readonly pn: string;
  readonly task: string;
  /** Null or '': not recorded. */
  readonly hash: string | null;
  /** What may make a difference of hosts: distribution with release, and architecture. Null: not recorded. */
  readonly hostClass: string | null;
  readonly passed: boolean;
  readonly forced: boolean;
  /** Of a failure: it is of the machine and not of the source. */
  readonly infrastructure: boolean;
}

export interface HostClassRuns {
  readonly hostClass: string | null;
  readonly passed: number;
  readonly failed: number;
}

/** `host-unknown`: both were seen, and a run does not tell its host, so neither of the two can be said. */
export type Unsteadiness = 'flaky' | 'host-dependent' | 'host-unknown';

export interface UnsteadyTask {
  readonly pn: string;
  readonly task: string;
  readonly hash: string;
  readonly kind: Unsteadiness;
  readonly passed: number;
  readonly failed: number;
  readonly hosts: readonly HostClassRuns[];
  readonly firstMs: EpochMs | null;
  readonly lastMs: EpochMs | null;
  /** The newest run of each. */
  readonly lastPass: string;
  readonly lastFailure: string;
}

/**
 * Tasks of OE-Core's classes that are `nostamp`. Most get a new random hash each time, which keeps them out by itself; those of releases before
 * 2.4 do not, and a test run that fails now and then is news of the image, not of the task.
 */
const NO_STAMP: ReadonlySet<string> = new Set(
  (
    'build clean cleansstate cleanall listtasks devshell pydevshell devpyshell menuconfig diffconfig savedefconfig checkuri checkpkg ' +
    'testimage testimage_auto testsdk testsdkext testexport cve_check'
  )
    .split(' ')
    .map((task) => `do_${task}`),
);

export function hasNoStamp(task: string): boolean {
  return NO_STAMP.has(task);
}

const TAINT_SAID = 'is tainted from a forced run';
const TAINTED = /^(\S{0,1500}?)([^/:\s]{1,300})\.bb:(do_\w{1,200}) is tainted from a forced run/;

/**
 * What bitbake's warning `…/busybox_1.36.bb:do_compile is tainted from a forced run` names, as `pn:do_x`. What depends on such a task has a hash
 * made of the taint as well, which no other build has.
 */
export function forcedTasks(messages: readonly Message[]): Set<string> {
  const forced = new Set<string>();
  for (const { text } of messages) {
    if (!text.includes(TAINT_SAID)) continue;
    const found = TAINTED.exec(text);
    if (found === null) continue;
    const [, place, file, task] = found;
    let pn = file!.split('_')[0]!;
    // `mc:musl:virtual:native:/layers/…`: the variants of one file are recipes of their own.
    for (const [, variant, library] of place!.matchAll(/(?:^|:)(native|nativesdk|multilib:([\w-]{1,40}))(?=:)/g)) {
      pn = variant === 'native' ? `${pn}-native` : `${library ?? variant}-${pn}`;
    }
    forced.add(`${pn}:${task}`);
  }
  return forced;
}

/** Runs in any order -> hashes that both passed and failed, the most often failed first. */
export function findUnsteady(runs: readonly ExecutedRun[]): UnsteadyTask[] {
  const byHash = new Map<string, ExecutedRun[]>();
  for (const run of runs) {
    if (run.hash === null || run.hash === '' || run.forced || hasNoStamp(run.task)) continue;
    if (!run.passed && run.infrastructure) continue;
    const key = `${run.pn}\n${run.task}\n${run.hash}`;
    const list = byHash.get(key);
    if (list === undefined) byHash.set(key, [run]);
    else list.push(run);
  }
  const found: UnsteadyTask[] = [];
  for (const list of byHash.values()) {
    const unsteady = judge(list);
    if (unsteady !== null) found.push(unsteady);
  }
  return found.sort(
    (a, b) =>
      b.failed - a.failed ||
      (b.lastMs ?? 0) - (a.lastMs ?? 0) ||
      (`${a.pn}:${a.task}:${a.hash}` < `${b.pn}:${b.task}:${b.hash}` ? -1 : 1),
  );
}

function judge(runs: readonly ExecutedRun[]): UnsteadyTask | null {
  const byHost = new Map<string | null, { passed: number; failed: number }>();
  let pass: ExecutedRun | null = null;
  let failure: ExecutedRun | null = null;
  let firstMs: number | null = null;
  let lastMs: number | null = null;
  let passed = 0;
  for (const run of runs) {
    const host = byHost.get(run.hostClass) ?? { passed: 0, failed: 0 };
    byHost.set(run.hostClass, host);
    if (run.passed) {
      host.passed++;
      passed++;
      if (pass === null || (run.startedMs ?? 0) >= (pass.startedMs ?? 0)) pass = run;
    } else {
      host.failed++;
      if (failure === null || (run.startedMs ?? 0) >= (failure.startedMs ?? 0)) failure = run;
    }
    if (run.startedMs === null) continue;
    if (firstMs === null || run.startedMs < firstMs) firstMs = run.startedMs;
    if (lastMs === null || run.startedMs > lastMs) lastMs = run.startedMs;
  }
  if (pass === null || failure === null) return null;
  const hosts = [...byHost].map(([hostClass, counts]) => ({ hostClass, ...counts }));
  return {
    pn: failure.pn,
    task: failure.task,
    hash: failure.hash!,
    // Two hosts that do not tell what they are may be two kinds: their passes and failures together prove nothing.
    kind: hosts.some(({ hostClass, ...host }) => hostClass !== null && host.passed > 0 && host.failed > 0)
      ? 'flaky'
      : byHost.has(null)
        ? 'host-unknown'
        : 'host-dependent',
    passed,
    failed: runs.length - passed,
    hosts: hosts.sort((a, b) => ((a.hostClass ?? '') < (b.hostClass ?? '') ? -1 : 1)),
    firstMs,
    lastMs,
    lastPass: pass.build,
    lastFailure: failure.build,
  };
}
