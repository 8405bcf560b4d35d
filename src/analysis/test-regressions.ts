/**
 * What changed between the test runs of two builds, counted as `resulttool regression` counts: the same pairs of runs are compared, and a case
 * regressed where its word is another one now and does not begin with PASS, or where it is gone. So a case that was skipped and fails is one,
 * and so is one that failed and is skipped. A case that is `passed` in lower case where it was PASSED is one for resulttool, and is one here.
 *
 * One difference: resulttool guesses OESELFTEST_METADATA for results of before 2023, by the names of their tests. Here runs without it are compared
 * with each other.
 */
import type { TestRun } from '../model/test-run.ts';

export type ComparedRun = Pick<
  TestRun,
  'key' | 'type' | 'series' | 'machine' | 'image' | 'distro' | 'configuration' | 'withoutStatus'
> & {
  /** Name and status of each case. */
  readonly cases: ReadonlyMap<string, string>;
};

export interface ChangedCase {
  readonly name: string;
  readonly base: string;
  /** Null: it was not run. */
  readonly target: string | null;
}

export interface RunComparison {
  readonly base: string;
  readonly target: string;
  /** Sorted by name. */
  readonly regressions: readonly ChangedCase[];
  readonly nowPassing: readonly ChangedCase[];
  readonly newTests: number;
}

export interface TestComparison {
  /** Pairs with a regression. */
  readonly regressed: readonly RunComparison[];
  /** Pairs without one. */
  readonly matched: readonly RunComparison[];
  /** What of the base has no run to be compared with, by what it was. */
  readonly missing: readonly string[];
}

/** What makes two runs of one kind: the parts that resulttool matches by. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  oeselftest: ['TEST_TYPE', 'MACHINE'],
  runtime: ['TESTSERIES', 'TEST_TYPE', 'IMAGE_BASENAME', 'MACHINE', 'IMAGE_PKGTYPE', 'DISTRO', 'TCLIBC'],
  sdk: ['TESTSERIES', 'TEST_TYPE', 'IMAGE_BASENAME', 'MACHINE', 'SDKMACHINE'],
  sdkext: ['TESTSERIES', 'TEST_TYPE', 'IMAGE_BASENAME', 'MACHINE', 'SDKMACHINE'],
  manual: ['TEST_TYPE', 'TEST_MODULE', 'IMAGE_BASENAME', 'MACHINE'],
};

/** The kind of a run as text; equal texts are compared. */
export function testPath(
  run: Pick<TestRun, 'type' | 'series' | 'machine' | 'image' | 'distro' | 'configuration'>,
): string {
  const { type, series, machine, image, distro, configuration } = run;
  const own: Readonly<Record<string, string | null>> = {
    TEST_TYPE: type,
    TESTSERIES: series,
    MACHINE: machine,
    IMAGE_BASENAME: image,
    DISTRO: distro,
  };
  const parts = PARTS[type ?? ''] ?? PARTS.runtime!;
  return parts.map((part) => own[part] ?? (Object.hasOwn(configuration, part) ? configuration[part]! : '')).join('/');
}

/** Names in which a counter, a path or an address changes from run to run, cut to what stays. */
export function steadyName(name: string): string {
  const cutAt = (mark: string) => name.slice(0, name.indexOf(mark));
  if (/^ptestresult\.(?:lttng-tools\.|babeltrace\.|babeltrace2)/.test(name) && name.includes('_-_'))
    return cutAt('_-_');
  if (/^ptestresult\.(?:curl|dbus)\./.test(name) && name.includes('__')) return cutAt('__');
  if (name.startsWith('ptestresult.binutils') && name.includes('build-st-')) return name.split(' ', 1)[0]!;
  if (name.startsWith('ptestresult.gcc') && name.includes('/tmp/runtest.'))
    return name.split('.').slice(0, 2).join('.');
  return name;
}

/** Of names that become the same the last one stands, as in resulttool. */
export function steadyCases(cases: Iterable<readonly [name: string, status: string]>): Map<string, string> {
  const steady = new Map<string, string>();
  // Renamed ones come behind all others there.
  const renamed: [string, string][] = [];
  for (const [name, status] of cases) {
    const stays = steadyName(name);
    if (stays === name) steady.set(name, status);
    else renamed.push([stays, status]);
  }
  for (const [name, status] of renamed) steady.set(name, status);
  return steady;
}

const isPass = (status: string): boolean => status.startsWith('PASS');

function compareRuns(base: ComparedRun, target: ComparedRun): RunComparison {
  const regressions: ChangedCase[] = [];
  const nowPassing: ChangedCase[] = [];
  let newTests = 0;
  const comparable =
    base.cases.size + base.withoutStatus.length > 0 && target.cases.size + target.withoutStatus.length > 0;
  if (comparable) {
    for (const [name, status] of base.cases) {
      const now = target.cases.get(name) ?? null;
      if (now === status) continue;
      (now !== null && isPass(now) ? nowPassing : regressions).push({ name, base: status, target: now });
    }
    const known = new Set([...base.cases.keys(), ...base.withoutStatus]);
    for (const name of [...target.cases.keys(), ...target.withoutStatus]) if (!known.has(name)) newTests++;
  }
  const byName = (a: ChangedCase, b: ChangedCase) => (a.name < b.name ? -1 : 1);
  return {
    base: base.key,
    target: target.key,
    regressions: regressions.sort(byName),
    nowPassing: nowPassing.sort(byName),
    newTests,
  };
}

function hasLtp({ cases, withoutStatus }: ComparedRun): boolean {
  for (const name of cases.keys()) if (name.startsWith('ltpresult')) return true;
  return withoutStatus.some((name) => name.startsWith('ltpresult'));
}

function mayBeCompared(base: ComparedRun, target: ComparedRun): boolean {
  if (base.type === 'runtime' && hasLtp(base) && !(target.type === 'runtime' && hasLtp(target))) return false;
  const asked = 'OESELFTEST_METADATA';
  if (base.type === 'oeselftest' && base.configuration[asked] !== target.configuration[asked]) return false;
  return base.machine === target.machine;
}

/** Pairs that match are put together first; what is then left is compared each with each, since nothing says which belong together. */
export function compareTests(base: readonly ComparedRun[], target: readonly ComparedRun[]): TestComparison {
  const regressed: RunComparison[] = [];
  const matched: RunComparison[] = [];
  const missing: string[] = [];
  const targets = byPath(target);
  for (const [path, ofBase] of byPath(base)) {
    const ofTarget = targets.get(path);
    if (ofTarget === undefined) {
      missing.push(path);
      continue;
    }
    const left = new Set(ofTarget);
    const open: ComparedRun[] = [];
    for (const one of ofBase) {
      let found: RunComparison | null = null;
      for (const other of left) {
        if (!mayBeCompared(one, other)) continue;
        const result = compareRuns(one, other);
        if (result.regressions.length > 0) continue;
        found = result;
        left.delete(other);
        break;
      }
      if (found === null) open.push(one);
      else matched.push(found);
    }
    for (const one of open)
      for (const other of left) {
        if (!mayBeCompared(one, other)) continue;
        const result = compareRuns(one, other);
        if (result.regressions.length > 0) regressed.push(result);
      }
  }
  return { regressed, matched, missing: missing.sort() };
}

function byPath(runs: readonly ComparedRun[]): Map<string, ComparedRun[]> {
  const paths = new Map<string, ComparedRun[]>();
  for (const run of runs) {
    const path = testPath(run);
    const known = paths.get(path);
    if (known === undefined) paths.set(path, [run]);
    else known.push(run);
  }
  return paths;
}
