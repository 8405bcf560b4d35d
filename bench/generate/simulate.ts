/**
 * A plan becomes a build: tasks start when what they wait for has ended and one of N slots is free, longest remaining
 * path first, as bitbake's scheduler does. Each task's numbers hang together: compile is hungry, fetch is idle, what
 * writes much has a high oublock.
 */
import type { GenerateOptions } from './options.ts';
import { buildNameOf } from './options.ts';
import { type Plan, type PlannedRecipe, planBuild } from './plan.ts';
import { hashText, Random } from './random.ts';

/** The 29 numbers of a task file of today between `Elapsed time` and `Status`, in the file's order. */
export const FILE_METRICS = [
  'utime',
  'stime',
  'cutime',
  'cstime',
  'IO rchar',
  'IO wchar',
  'IO syscr',
  'IO syscw',
  'IO read_bytes',
  'IO write_bytes',
  'IO cancelled_write_bytes',
  'rusage ru_utime',
  'rusage ru_stime',
  'rusage ru_maxrss',
  'rusage ru_minflt',
  'rusage ru_majflt',
  'rusage ru_inblock',
  'rusage ru_oublock',
  'rusage ru_nvcsw',
  'rusage ru_nivcsw',
  'Child rusage ru_utime',
  'Child rusage ru_stime',
  'Child rusage ru_maxrss',
  'Child rusage ru_minflt',
  'Child rusage ru_majflt',
  'Child rusage ru_inblock',
  'Child rusage ru_oublock',
  'Child rusage ru_nvcsw',
  'Child rusage ru_nivcsw',
] as const;

/** Positions in FILE_METRICS of the numbers that samples and events are made from. */
export const READ_BYTES = 8;
export const WRITE_BYTES = 9;
export const SELF_UTIME = 11;
export const SELF_STIME = 12;
export const CHILD_UTIME = 20;
export const CHILD_STIME = 21;
export const CHILD_MAXRSS = 22;

export type RunOutcome = 'succeeded' | 'failed' | 'unfinished';

export interface SimulatedRun {
  readonly recipe: number;
  /** Index in the plan's tasks; for a setscene run that of the task it stands for. */
  readonly planned: number;
  readonly name: string;
  readonly outcome: RunOutcome;
  /** Epoch seconds, to the microsecond: what the events carry. Files round to 0.01. */
  readonly queuedS: number;
  readonly startedS: number;
  /** NaN when unfinished. */
  readonly endedS: number;
  readonly pid: number;
  /** FILE_METRICS of the run; empty when unfinished. */
  readonly metrics: Float64Array;
  /** Bytes from the network: do_fetch only. */
  readonly downloaded: number;
}

export interface SimulatedBuild {
  readonly options: GenerateOptions;
  readonly name: string;
  readonly plan: Plan;
  /** In the order of their start. */
  readonly runs: readonly SimulatedRun[];
  readonly startedS: number;
  /** When the build ended or was killed. */
  readonly endedS: number;
  readonly killed: boolean;
  /** Recipes whose results came from sstate. */
  readonly restored: ReadonlySet<number>;
  /** Planned tasks that did not run because something they wait for failed. */
  readonly notRun: ReadonlySet<number>;
  readonly random: Random;
}

interface Profile {
  /** CPU seconds for a recipe of weight w. */
  cpu(w: number): number;
  /** Processes that can run at once: wall = cpu / min(cores, this). */
  width(w: number): number;
  /** Wall seconds beyond the CPU time: waiting for network, disk, locks. */
  idle: number;
  /** Part of the CPU time that the task's own process uses; Python tasks do all themselves. */
  own: number;
  /** Bytes written per CPU second. */
  writes: number;
  childRssKib(w: number): number;
}

const shell = (cpu: Profile['cpu'], idle: number, writes: number): Profile => ({
  cpu,
  width: () => 1,
  idle,
  own: 0.1,
  writes,
  childRssKib: (w) => 24_000 + 900 * Math.sqrt(w),
});
const python = (cpu: Profile['cpu'], idle: number, writes: number): Profile => ({
  ...shell(cpu, idle, writes),
  own: 0.75,
});

/** By task name; the rest is DEFAULT_PROFILE. Figures are read off real builds, to a factor of two. */
const PROFILES: Readonly<Record<string, Profile>> = {
  do_fetch: { ...python((w) => 0.15 + w * 0.0008, 1.6, 0), own: 0.8 },
  do_unpack: shell((w) => 0.25 + w * 0.004, 0.2, 22e6),
  do_patch: python((w) => 0.3 + w * 0.0006, 0.1, 0.4e6),
  do_prepare_recipe_sysroot: python((w) => 0.5 + Math.sqrt(w) * 0.12, 0.3, 9e6),
  do_configure: shell((w) => 1.5 + w ** 0.55 * 1.1, 0.3, 0.7e6),
  do_compile: {
    cpu: (w) => 0.3 + w,
    width: (w) => 1 + Math.min(30, w / 12),
    idle: 0.2,
    own: 0.004,
    writes: 1.1e6,
    childRssKib: (w) => 70_000 + 14_000 * Math.sqrt(w),
  },
  do_compile_kernelmodules: {
    cpu: (w) => w * 1.3,
    width: () => 24,
    idle: 0.3,
    own: 0.004,
    writes: 1.4e6,
    childRssKib: () => 320_000,
  },
  do_compile_ptest_base: shell((w) => 0.3 + w * 0.12, 0.1, 1e6),
  do_install: shell((w) => 0.3 + w ** 0.7 * 0.1, 0.15, 18e6),
  do_package: { ...python((w) => 0.6 + w ** 0.72 * 0.35, 0.3, 24e6), width: (w) => 1 + Math.min(7, w / 40) },
  do_packagedata: python((w) => 0.2 + w * 0.0004, 0.1, 1e6),
  do_package_qa: python((w) => 0.4 + w ** 0.6 * 0.12, 0.1, 0.2e6),
  do_package_write_ipk: { ...python((w) => 0.4 + w ** 0.7 * 0.28, 0.2, 9e6), width: () => 2 },
  do_package_write_rpm: { ...python((w) => 0.5 + w ** 0.7 * 0.34, 0.2, 9e6), width: () => 2 },
  do_populate_sysroot: python((w) => 0.4 + w ** 0.6 * 0.08, 0.2, 14e6),
  do_populate_lic: python((w) => 0.3 + w * 0.0002, 0.1, 0.6e6),
  do_create_spdx: python((w) => 0.7 + w ** 0.7 * 0.2, 0.1, 1.2e6),
  do_rootfs: { ...python(() => 75, 8, 16e6), width: () => 1.4 },
  do_image_ext4: shell(() => 9, 2, 60e6),
  do_image_tar: shell(() => 22, 1, 18e6),
  do_image_wic: shell(() => 7, 3, 70e6),
};
const DEFAULT_PROFILE: Profile = python((w) => 0.18 + Math.sqrt(w) * 0.01, 0.05, 0.5e6);

/** What bitbake's own fork costs inside every task: parsing the recipe again. */
const FORK_CPU_S = 0.09;

/** Whole microseconds as getrusage gives them; `sec + usec * 1e-6` makes the tails that real files have. */
export function rusageSeconds(seconds: number): number {
  // NaN, not recorded, stays NaN.
  const us = Math.max(0, Math.round(seconds * 1e6));
  return Math.floor(us / 1e6) + (us % 1e6) * 1e-6;
}

const blocks = (bytes: number): number => Math.max(0, Math.round(bytes / 4096)) * 4096;

interface Work {
  readonly cpuS: number;
  /** Cores it uses when they are free. */
  readonly width: number;
  readonly idleS: number;
  readonly metrics: Float64Array;
  readonly downloaded: number;
}

function workOf(recipe: PlannedRecipe, name: string, options: GenerateOptions, random: Random, failed: boolean): Work {
  const setscene = name.endsWith('_setscene');
  const base = setscene ? DEFAULT_PROFILE : (PROFILES[name] ?? DEFAULT_PROFILE);
  // The recipe's own character: the same in every build.
  const own = new Random(`${recipe.fact.pn} ${recipe.variant} ${name}`);
  const character = own.logNormal(0.3);
  const noise = Math.exp(options.drift * random.normal());
  const share = failed ? random.between(0.05, 0.9) : 1;
  const w = recipe.weight * options.workScale;
  const slow = name === 'do_compile' ? options.slowCompile : 1;
  const cpuS = FORK_CPU_S * own.between(0.8, 1.6) + base.cpu(w) * character * noise * share * slow;
  const width = Math.min(options.cores, Math.max(1, base.width(w)));
  const idleS = base.idle * own.logNormal(0.8) * Math.exp(options.drift * random.normal());

  const userShare = own.between(0.72, 0.9);
  const ownCpu = FORK_CPU_S + (cpuS - FORK_CPU_S) * base.own;
  const childCpu = Math.max(0.0006, cpuS - ownCpu);
  const downloaded = name === 'do_fetch' ? Math.round(2e5 + w * 9e5 * own.logNormal(0.6)) : 0;
  const written = blocks(30_000 + base.writes * cpuS * own.logNormal(0.5) + downloaded);
  const read = random.next() < 0.45 ? 0 : blocks(4096 * random.below(40) + written * 0.12 * own.next());
  const rchar = Math.round(300_000 + cpuS * 3.1e6 * own.logNormal(0.4) + read);
  const wchar = Math.round(written * own.between(0.85, 1.05));
  const selfRss = Math.round(own.between(45_000, 62_000) + (base.own > 0.5 ? w * 2 : 0));
  const m = new Float64Array(FILE_METRICS.length);
  const selfUser = rusageSeconds(ownCpu * userShare);
  const selfSystem = rusageSeconds(ownCpu * (1 - userShare));
  const childUser = rusageSeconds(childCpu * userShare);
  const childSystem = rusageSeconds(childCpu * (1 - userShare));
  m[0] = Math.floor(selfUser * 100);
  m[1] = Math.floor(selfSystem * 100);
  m[2] = Math.floor(childUser * 100);
  m[3] = Math.floor(childSystem * 100);
  m[4] = rchar;
  m[5] = wchar;
  m[6] = Math.round(60 + rchar / own.between(4000, 30_000));
  m[7] = Math.round(40 + wchar / own.between(4000, 60_000));
  m[READ_BYTES] = read;
  m[WRITE_BYTES] = written;
  m[10] = random.next() < 0.8 ? 0 : blocks(written * 0.1 * random.next());
  m[SELF_UTIME] = selfUser;
  m[SELF_STIME] = selfSystem;
  m[13] = selfRss;
  m[14] = Math.round(5000 + ownCpu * 11_000 * own.logNormal(0.2));
  m[15] = 0;
  m[16] = Math.round((read * base.own) / 512);
  m[17] = Math.round((written * base.own) / 512);
  m[18] = 3 + random.below(8 + Math.round(ownCpu * 20));
  m[19] = 20 + random.below(40 + Math.round(ownCpu * 60));
  m[CHILD_UTIME] = childUser;
  m[CHILD_STIME] = childSystem;
  m[CHILD_MAXRSS] = Math.round(Math.min(6e6, base.childRssKib(w) * own.logNormal(0.25)));
  m[23] = Math.round(700 + childCpu * 9000 * own.logNormal(0.3));
  m[24] = read > 0 ? random.below(6) : 0;
  m[25] = Math.round((read * (1 - base.own)) / 512);
  m[26] = Math.round((written * (1 - base.own)) / 512);
  m[27] = 8 + Math.round(childCpu * 90 * own.logNormal(0.5));
  m[28] = 6 + Math.round(childCpu * 55 * own.logNormal(0.5));
  return { cpuS, width, idleS, metrics: m, downloaded };
}

const TOOLCHAIN = /^(?:(?:lib)?gcc|glibc|binutils|linux-libc-headers)/;

/** Tasks that sstate holds the result of, and so have a setscene form. */
const SSTATE_TASKS: ReadonlySet<string> = new Set([
  'do_populate_sysroot',
  'do_package',
  'do_packagedata',
  'do_package_qa',
  'do_package_write_ipk',
  'do_package_write_rpm',
  'do_package_write_deb',
  'do_populate_lic',
  'do_deploy_source_date_epoch',
  'do_create_spdx',
  'do_create_package_spdx',
  'do_recipe_qa',
]);

/** A binary heap of task numbers, smallest key first. */
class Heap {
  readonly #items: number[] = [];
  readonly #key: (item: number) => number;

  constructor(key: (item: number) => number) {
    this.#key = key;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: number): void {
    const items = this.#items;
    let i = items.push(item) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (this.#key(items[up]!) <= this.#key(item)) break;
      items[i] = items[up]!;
      i = up;
    }
    items[i] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#key(items[child + 1]!) < this.#key(items[child]!)) child++;
      if (this.#key(items[child]!) >= this.#key(last)) break;
      items[i] = items[child]!;
      i = child;
    }
    items[i] = last;
    return top;
  }
}

function wallOf(work: Work, width: number): number {
  return Math.max(0.02, work.cpuS / width + work.idleS);
}

interface Job {
  readonly planned: number;
  readonly name: string;
  readonly work: Work;
  readonly failed: boolean;
  readonly waits: number[];
}

export function simulateBuild(options: GenerateOptions): SimulatedBuild {
  const plan = planBuild(options.tasks, options.upgrades);
  const random = new Random(options.seed);
  const name = options.name ?? buildNameOf(options.startMs, options.era);

  const restored = new Set<number>();
  if (options.sstate > 0) {
    // By name, so that the same recipes miss in every build of one size; the seed only moves the edge a little.
    plan.recipes.forEach((recipe, index) => {
      if (recipe.variant !== 'image' && (hashText(`sstate ${recipe.pn}`) % 1000) / 1000 < options.sstate)
        restored.add(index);
    });
  }

  // Which fail: compile mostly, as in life, never the toolchain (nothing would be left to see).
  const failing = new Set<number>();
  const candidates = plan.tasks
    .map((_, i) => i)
    .filter((i) => {
      const task = plan.tasks[i]!;
      const recipe = plan.recipes[task.recipe]!;
      if (restored.has(task.recipe) || recipe.variant !== 'target' || TOOLCHAIN.test(recipe.pn)) return false;
      return (
        task.name === 'do_compile' ||
        (task.name === 'do_package_qa' && task.recipe % 3 === 0) ||
        (task.name === 'do_fetch' && task.recipe % 7 === 0)
      );
    });
  while (failing.size < options.failures && candidates.length > 0) {
    failing.add(candidates.splice(random.below(candidates.length), 1)[0]!);
  }

  const jobs: Job[] = [];
  const jobOf = new Int32Array(plan.tasks.length).fill(-1);
  plan.tasks.forEach((task, planned) => {
    const recipe = plan.recipes[task.recipe]!;
    let jobName = task.name;
    if (restored.has(task.recipe)) {
      if (!SSTATE_TASKS.has(task.name)) return;
      jobName = `${task.name}_setscene`;
    }
    const failed = failing.has(planned);
    const waits: number[] = [];
    // A setscene task waits for nothing; a real one waits for what is left of its dependencies.
    if (jobName === task.name) {
      for (const d of task.depends) {
        const job = jobOf[d]!;
        if (job >= 0) waits.push(job);
      }
    }
    jobOf[planned] = jobs.length;
    jobs.push({ planned, name: jobName, work: workOf(recipe, jobName, options, random, failed), failed, waits });
  });

  const users: number[][] = jobs.map(() => []);
  const missing = new Int32Array(jobs.length);
  jobs.forEach((job, i) => {
    missing[i] = job.waits.length;
    for (const w of job.waits) users[w]!.push(i);
  });
  const remaining = new Float64Array(jobs.length);
  for (let i = jobs.length - 1; i >= 0; i--) {
    let longest = 0;
    for (const u of users[i]!) longest = Math.max(longest, remaining[u]!);
    remaining[i] = longest + wallOf(jobs[i]!.work, jobs[i]!.work.width);
  }

  const startedS = options.startMs / 1000;
  const ready = new Heap((i) => -remaining[i]! + (jobs[i]!.name.endsWith('_setscene') ? -1e9 : 0));
  const ends = new Float64Array(jobs.length);
  const uses = new Float64Array(jobs.length);
  const running = new Heap((i) => ends[i]!);
  for (let i = 0; i < jobs.length; i++) if (missing[i] === 0) ready.push(i);
  const runs: SimulatedRun[] = [];
  const dead = new Set<number>();
  // Runqueue, setscene checks and worker start come before the first task.
  let nowS = startedS + random.between(1.2, 2.4);
  let pid = 20_000 + random.below(2000);
  let coresUsed = 0;
  while (ready.size > 0 || running.size > 0) {
    while (ready.size > 0 && running.size < options.threads) {
      const i = ready.pop()!;
      const job = jobs[i]!;
      const queuedS = nowS;
      // Fork and parse again: median 0.16 s in real builds, with a long tail.
      const begin = Math.round((nowS + 0.14 * random.logNormal(0.45)) * 1e6) / 1e6;
      // What is free when it starts is what it gets, and a sixth of the machine at least, because the kernel shares. Real
      // tasks would widen when others end; with less than a sixth, one that starts in a crowd would last for hours.
      const width = Math.min(job.work.width, Math.max(options.cores / 6, options.cores * 0.97 - coresUsed));
      const end = Math.round((begin + wallOf(job.work, width)) * 1e6) / 1e6;
      const used = job.work.cpuS / (end - begin);
      coresUsed += used;
      uses[i] = used;
      ends[i] = end;
      pid += 1 + random.below(90);
      runs.push({
        recipe: plan.tasks[job.planned]!.recipe,
        planned: job.planned,
        name: job.name,
        outcome: job.failed ? 'failed' : 'succeeded',
        queuedS,
        startedS: begin,
        endedS: end,
        pid,
        metrics: job.work.metrics,
        downloaded: job.work.downloaded,
      });
      running.push(i);
      // The runqueue starts one task after the other.
      nowS += 0.004 + 0.008 * random.next();
    }
    const done = running.pop();
    if (done === undefined) break;
    coresUsed -= uses[done]!;
    nowS = Math.max(nowS, ends[done]! + 0.02 + 0.03 * random.next());
    if (jobs[done]!.failed) {
      const stack = [...users[done]!];
      for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
        if (dead.has(next)) continue;
        dead.add(next);
        stack.push(...users[next]!);
      }
    }
    for (const u of users[done]!) if (--missing[u]! === 0 && !dead.has(u)) ready.push(u);
  }

  const notRun = new Set([...dead].map((i) => jobs[i]!.planned));
  const lastEndS = runs.reduce((last, run) => Math.max(last, run.endedS), nowS);
  const whole: SimulatedBuild = {
    options,
    name,
    plan,
    runs,
    startedS,
    endedS: Math.round((lastEndS + random.between(0.8, 3)) * 1e6) / 1e6,
    killed: false,
    restored,
    notRun,
    random,
  };
  return options.unfinished > 0 ? kill(whole, options.unfinished) : whole;
}

/** Ends the build at a moment after its middle when `wanted` tasks (or as many as ever) run at once. */
function kill(build: SimulatedBuild, wanted: number): SimulatedBuild {
  const middle = (build.startedS + build.endedS) / 2;
  let best = { count: -1, atS: middle };
  // The number of running tasks changes only at starts, so looking just after each start finds the moment.
  let running: number[] = [];
  for (const run of build.runs) {
    running = running.filter((end) => end > run.startedS);
    running.push(run.endedS);
    if (run.startedS < middle) continue;
    const count = running.length;
    if (count <= wanted && count > best.count) best = { count, atS: run.startedS + 0.001 };
    if (count === wanted) break;
  }
  const runs = build.runs
    .filter((run) => run.startedS <= best.atS)
    .map(
      (run): SimulatedRun =>
        run.endedS <= best.atS
          ? run
          : { ...run, outcome: 'unfinished', endedS: Number.NaN, metrics: new Float64Array(0), downloaded: 0 },
    );
  const ran = new Set(runs.map((run) => run.planned));
  const notRun = new Set(
    build.plan.tasks.flatMap((task, i) => (ran.has(i) || build.restored.has(task.recipe) ? [] : [i])),
  );
  return { ...build, runs, endedS: best.atS, killed: true, notRun };
}
