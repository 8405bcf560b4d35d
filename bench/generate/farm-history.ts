/**
 * The history of a farm: months of builds by a few builders, of several machines and branches, with failures that come with a commit and go with
 * another, that strike at random, or that are one host's own. What is true of it is told beside each build, so that what is found out by
 * grouping, blaming and searching can be compared with it.
 *
 *     for (const { build, logs, truth } of farmHistory({ builds: 240, seed: 1 })) …
 */
import { createHash } from 'node:crypto';
import type { Build, Failure, QaIssue, Recipe, TaskLog } from '../../src/model/build.ts';
import { blankBuild } from '../../src/model/draw-build.ts';
import { assembleTasks, type TaskRow } from '../../src/model/task-rows.ts';
import { TASK_COVERED, TASK_FAILED, TASK_NOT_RUN, TASK_SUCCEEDED } from '../../src/model/task-table.ts';
import { Random } from './random.ts';
import { logOf, STORIES, type Story } from './stories.ts';

export interface FarmOptions {
  readonly builds: number;
  readonly seed: number;
  /** The first build's start, epoch ms. */
  readonly startMs: number;
}

export interface FarmFailure {
  readonly pf: string;
  readonly task: string;
  readonly story: string;
  readonly causeClass: string;
  readonly infrastructure: boolean;
  /** The line a person would choose, and its 0-based place in the log. */
  readonly cause: string;
  readonly causeLine: number;
}

export interface FarmBuild {
  readonly build: Build;
  /** SHA-256 of a log -> its text. */
  readonly logs: ReadonlyMap<string, string>;
  readonly truth: readonly FarmFailure[];
}

export const HISTORY_START_MS = Date.UTC(2026, 7, 1, 1, 0, 0);
const DAY_MS = 86_400_000;

/** Names of the real layers, commits of our own; how many days lie between two commits of each. */
const LAYERS = [
  { name: 'core', everyDays: 0.8 },
  { name: 'meta-oe', everyDays: 2.5 },
  { name: 'meta-acme', everyDays: 9 },
];

const BUILDERS = [
  {
    name: 'alma-bld1',
    distro: 'almalinux-9.4',
    cores: 32,
    memoryGib: 128,
    speed: 1,
    share: 5,
    topdir: '/srv/bld/alma',
  },
  {
    name: 'deb-bld2',
    distro: 'debian-12',
    cores: 16,
    memoryGib: 64,
    speed: 1.7,
    share: 4,
    topdir: '/home/pokybuild/deb-bld2',
  },
  { name: 'ubu-bld3', distro: 'ubuntu-24.04', cores: 64, memoryGib: 256, speed: 0.6, share: 5, topdir: '/data/ubu3' },
  {
    name: 'night-volunteer',
    distro: 'fedora-41',
    cores: 24,
    memoryGib: 64,
    speed: 1.1,
    share: 2,
    topdir: '/home/eva/bakehouse',
  },
  {
    name: 'dev-laptop',
    distro: 'debian-12',
    cores: 8,
    memoryGib: 16,
    speed: 3.1,
    share: 2,
    topdir: '/home/jo/poky/build',
  },
] as const;

const MACHINES = ['qemux86-64', 'qemuarm64', 'qemuriscv64', 'beaglebone-yocto'];
const NATIVES = ['quilt-native', 'm4-native', 'perl-native', 'cmake-native', 'pkgconfig-native'];
const MINIMAL = [
  ...NATIVES,
  'linux-libc-headers',
  'binutils-cross',
  'gcc-cross',
  'glibc',
  'libgcc',
  'busybox',
  'zlib',
  'openssl',
  'linux-yocto',
  'base-files',
  'netbase',
  'init-ifupdown',
  'opkg-utils',
];
const SATO = [
  ...MINIMAL,
  'python3',
  'dbus',
  'glib-2.0',
  'systemd',
  'mesa',
  'gtk+3',
  'librsvg',
  'llvm',
  'cairo',
  'pango',
  'wayland',
  'weston',
  'gstreamer1.0',
  'alsa-lib',
  'libx11',
  'xserver-xorg',
  'matchbox-wm',
  'connman',
  'ofono',
  'avahi',
  'curl',
  'sqlite3',
  'bash',
  'vim',
  'git',
  'qemu',
];
const IMAGES: Readonly<Record<string, readonly string[]>> = {
  'core-image-minimal': MINIMAL,
  'core-image-full-cmdline': SATO.slice(0, 34),
  'core-image-sato': SATO,
};
const TASKS = [
  'do_fetch',
  'do_unpack',
  'do_patch',
  'do_configure',
  'do_compile',
  'do_install',
  'do_package',
  'do_package_qa',
];
const IMAGE_TASKS = ['do_rootfs', 'do_image', 'do_image_complete'];

function hex(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}

/** How often the recipe changed before this commit of the core layer; a story's commits change its recipe too. */
function changesOf(pn: string, commits: Readonly<Record<string, number>>): string {
  const every = 9 + (Number.parseInt(hex(pn, 4), 16) % 25);
  const told = STORIES.filter((story) => story.pn === pn && story.layer !== null).map(
    ({ id, layer, from, to }) => `${id}${Number(commits[layer!]! >= from)}${Number(commits[layer!]! >= to)}`,
  );
  return `${Math.floor(commits.core! / every)} ${told.join(' ')}`;
}

function strikes(
  story: Story,
  at: {
    pn: string;
    machine: string;
    distro: string;
    builder: string;
    day: number;
    commits: Readonly<Record<string, number>>;
  },
  random: Random,
): boolean {
  if (story.pn !== null && story.pn !== at.pn) return false;
  if (story.machines !== null && !story.machines.includes(at.machine)) return false;
  if (story.distros !== null && !story.distros.includes(at.distro)) return false;
  if (story.builders !== null && !story.builders.includes(at.builder)) return false;
  const when = story.layer === null ? at.day : at.commits[story.layer]!;
  if (when < story.from || when >= story.to) return false;
  return story.chance >= 1 || random.next() < story.chance;
}

/** A builder, more often one that has more of the work. */
function drawn(random: Random): (typeof BUILDERS)[number] {
  const tickets = BUILDERS.flatMap((builder) => Array.from({ length: builder.share }, () => builder));
  return tickets[random.below(tickets.length)]!;
}

export function* farmHistory(over: Partial<FarmOptions> = {}): Generator<FarmBuild> {
  const { builds, seed, startMs }: FarmOptions = { builds: 240, seed: 1, startMs: HISTORY_START_MS, ...over };
  const random = new Random(`farm ${seed}`);
  /** Hashes of tasks whose output somebody built and shares. */
  const sstate = new Set<string>();
  let timeMs = startMs;
  for (let number = 0; number < builds; number++) {
    // Three builds a day or so, most of them at night.
    timeMs += Math.round(random.between(0.1, 0.5) * DAY_MS);
    yield oneBuild(number, timeMs, startMs, random, sstate);
  }
}

function oneBuild(
  number: number,
  startedMs: number,
  historyMs: number,
  random: Random,
  sstate: Set<string>,
): FarmBuild {
  const builder = drawn(random);
  const machine = MACHINES[Math.min(3, Math.floor(random.next() ** 2 * 4))]!;
  const distro = random.next() < 0.75 ? 'poky' : 'poky-altcfg';
  const image = Object.keys(IMAGES)[random.below(3)]!;
  const branch = random.next() < 0.8 ? 'master' : 'scarthgap';
  const day = (startedMs - historyMs) / DAY_MS;
  // The stable branch moves at a quarter of the speed and has none of the stories of master.
  const pace = branch === 'master' ? 1 : 0.25;
  const commits = Object.fromEntries(LAYERS.map(({ name, everyDays }) => [name, Math.floor((day * pace) / everyDays)]));
  const layers = LAYERS.map(({ name }) => ({
    name,
    branch,
    commit: hex(`${name} ${branch} ${commits[name]}`, 40),
    modified: builder.name === 'dev-laptop',
  }));

  const names = [...IMAGES[image]!, image];
  const recipes: Recipe[] = names.map((pn) => {
    const minor = Number.parseInt(hex(`${pn} version`, 2), 16) % 20;
    const pv = pn === image ? '1.0' : `${(minor % 7) + 1}.${minor}.${changesOf(pn, commits).split(' ')[0]}`;
    return {
      pf: `${pn}-${pv}-r0`,
      pn,
      pe: null,
      pv,
      pr: 'r0',
      guessed: false,
      mc: '',
      layer: pn.startsWith('matchbox') ? 'meta-oe' : 'core',
      file: null,
    };
  });
  const rows: TaskRow[] = [];
  const failures: Omit<Failure, 'row'>[] = [];
  const failedRow: number[] = [];
  const logs = new Map<string, string>();
  const taskLogs: Omit<TaskLog, 'row'>[] = [];
  const truth: FarmFailure[] = [];
  const qaIssues: QaIssue[] = [];
  const started: number[] = [];
  const slots = new Float64Array(builder.cores / 4).fill(startedMs + 40_000);
  let anyFailed = false;
  let found = 0;
  recipes.forEach(({ pn, pf }, recipe) => {
    const native = pn.endsWith('-native');
    const isImage = pn === image;
    const input = hex(
      `${pn} ${branch} ${changesOf(pn, commits)} ${native ? builder.distro : `${machine} ${distro}`}`,
      16,
    );
    const hash = (task: string): string => hex(`${input} ${task}`, 16);
    const told =
      branch === 'master'
        ? STORIES.filter((story) =>
            strikes(story, { pn, machine, distro, builder: builder.name, day, commits }, random),
          )
        : [];
    if (!isImage && sstate.has(input) && !told.some(({ layer }) => layer !== null)) {
      found++;
      rows.push({
        recipe,
        task: 'do_package_setscene',
        outcome: TASK_COVERED,
        startMs: Number.NaN,
        endMs: Number.NaN,
        queuedMs: Number.NaN,
        hash: hash('do_package'),
        pid: Number.NaN,
      });
      return;
    }
    let slot = 0;
    for (let i = 1; i < slots.length; i++) if (slots[i]! < slots[slot]!) slot = i;
    let clock = isImage ? Math.max(...slots) : slots[slot]!;
    let broken = isImage && anyFailed;
    for (const task of isImage ? IMAGE_TASKS : TASKS) {
      if (broken) {
        rows.push({
          recipe,
          task,
          outcome: TASK_NOT_RUN,
          startMs: Number.NaN,
          endMs: Number.NaN,
          queuedMs: Number.NaN,
          hash: hash(task),
          pid: Number.NaN,
        });
        continue;
      }
      const weight = task === 'do_compile' ? 1 + (Number.parseInt(hex(pn, 3), 16) % 400) : 4;
      const wallMs = Math.round(weight * 1000 * builder.speed * random.logNormal(0.1));
      const story = told.find((one) => one.task === task);
      const pid = 1000 + random.below(60_000);
      const [startMs, endMs] = [clock + 20, clock + 20 + wallMs];
      clock = endMs;
      started.push(endMs);
      rows.push({
        recipe,
        task,
        outcome: story === undefined ? TASK_SUCCEEDED : TASK_FAILED,
        startMs,
        endMs,
        queuedMs: startMs - 20,
        hash: hash(task),
        pid,
      });
      if (story === undefined) continue;
      broken = true;
      anyFailed = true;
      const log = logOf(story, { pn, pf, task, machine, builder: builder.name, topdir: builder.topdir, pid }, random);
      const blob = createHash('sha256').update(log.text).digest('hex');
      logs.set(blob, log.text);
      failedRow.push(rows.length - 1);
      // What bitbake's own event says of it: hardly ever why.
      const said = `ERROR: ${pf} ${task}: ExecutionError('run.${task}.${pid}', 1, None, None)`;
      failures.push({ pf, task, mc: '', cause: said, logPath: null });
      taskLogs.push({
        kind: 'failure',
        pf,
        task,
        mc: '',
        blob,
        bytes: Buffer.byteLength(log.text),
        originalBytes: null,
      });
      const { id, causeClass, infrastructure } = story;
      truth.push({ pf, task, story: id, causeClass, infrastructure, cause: log.cause, causeLine: log.causeLine });
    }
    slots[slot] = clock;
    if (!broken && !isImage) {
      sstate.add(input);
      if (commits.core! >= 45 && pn === 'cairo')
        qaIssues.push({
          qaClass: 'buildpaths',
          severity: 'warning',
          pf,
          task: 'do_package_qa',
          message: `File /usr/lib/debug/cairo.debug in package ${pn}-dbg contains reference to TMPDIR [buildpaths]`,
        });
      if (pn === 'git')
        qaIssues.push({
          qaClass: 'already-stripped',
          severity: 'warning',
          pf,
          task: 'do_package_qa',
          message: `File '/usr/bin/git' from ${pn} was already stripped [already-stripped]`,
        });
    }
  });
  const { recipes: sorted, table, rowOf } = assembleTasks(recipes, rows);
  const endedMs = Math.max(startedMs + 60_000, ...started) + 5000;
  const stamp = new Date(startedMs).toISOString().replaceAll(/\D/g, '').slice(0, 14);
  const wanted = recipes.length * 6;
  const build: Build = {
    ...blankBuild(stamp),
    sources: [{ kind: 'record', location: `generated/${builder.name}/${number}` }],
    startedMs,
    endedMs,
    outcome: anyFailed ? 'failed' : 'succeeded',
    targets: [image],
    images: [image],
    machine,
    distro,
    distroVersion: branch === 'master' ? '5.3+snapshot' : '5.0.4',
    builder: builder.name,
    builderId: hex(builder.name, 16),
    host: {
      name: builder.name,
      id: hex(`host ${builder.name}`, 16),
      kernel: '6.8.0',
      arch: 'x86_64',
      distro: builder.distro,
      cores: builder.cores,
      memoryBytes: builder.memoryGib * 2 ** 30,
      cpuModel: 'Generated CPU',
    },
    bitbakeVersion: branch === 'master' ? '2.15.1' : '2.8.0',
    layers,
    type: {
      kind: found === 0 ? 'clean' : 'sstate',
      estimated: false,
      sstate: { wanted, found: found * 6, local: found * 6, mirrors: 0, missed: wanted - found * 6, current: 0 },
    },
    recipes: sorted,
    tasks: table,
    failures: failures.map((failure, i) => ({ ...failure, row: rowOf[failedRow[i]!]! })),
    logs: taskLogs.map((log, i) => ({ ...log, row: rowOf[failedRow[i]!]! })),
    qaIssues,
  };
  return { build, logs, truth };
}
