/**
 * What goes wrong on the generated farm, and the truth about it: which words say why, of what kind it is, when it came and when it was mended.
 * Logs differ from build to build in everything that is no part of the cause (paths, process numbers, line numbers, clocks), as real ones do.
 */
import type { Random } from './random.ts';

export interface StoryPlace {
  readonly pn: string;
  readonly pf: string;
  readonly task: string;
  readonly machine: string;
  readonly builder: string;
  readonly topdir: string;
  readonly pid: number;
}

export interface Story {
  readonly id: string;
  /** Null: any recipe of the build. */
  readonly pn: string | null;
  readonly task: string;
  /** As analysis/fingerprint.ts calls it. */
  readonly causeClass: string;
  readonly infrastructure: boolean;
  /** The layer whose commits bring and mend it; null: the machine's fault, by days. */
  readonly layer: string | null;
  /** From the commit with this index (it is bad) to the one with the other (it is good again), or days of the history. */
  readonly from: number;
  readonly to: number;
  /** How often it fails where it can; 1: always. */
  readonly chance: number;
  readonly machines: readonly string[] | null;
  readonly distros: readonly string[] | null;
  readonly builders: readonly string[] | null;
  /** The line a person would choose. */
  cause(place: StoryPlace, random: Random): string;
  /** What stands before and after it. */
  before(place: StoryPlace, random: Random): readonly string[];
  after(place: StoryPlace, random: Random): readonly string[];
}

const work = ({ topdir, machine, pn, pf }: StoryPlace): string =>
  `${topdir}/tmp/work/${machine.replaceAll('-', '_')}-poky-linux/${pn}/${pf.slice(pn.length + 1).replace(/-r\d+$/, '')}`;

/** What every failed shell task ends in. */
function shellEnd(place: StoryPlace, said: string): string[] {
  const { topdir, pid, pf, task } = place;
  const script = `${work(place)}/temp/run.${task}.${pid}`;
  return [
    `WARNING: exit code 1 from a shell command.`,
    `ERROR: ${pf} ${task}: ${said}`,
    `ERROR: ${pf} ${task}: ExecutionError('${script}', 1, None, None)`,
    `ERROR: Logfile of failure stored in: ${work(place)}/temp/log.${task}.${pid}`,
    `NOTE: cwd ${topdir}`,
  ];
}

/** Lines of a compiler at work: what makes logs long. */
function noise(place: StoryPlace, random: Random, lines: number): string[] {
  const gcc = `${place.machine.split('-')[0]}-poky-linux-gcc`;
  return Array.from({ length: lines }, (_, i) =>
    i % 7 === 3
      ? `../src/part${random.below(40)}.c:${random.below(900) + 1}:${random.below(70) + 1}: warning: unused variable 'n' [-Wunused-variable]`
      : `${gcc} -O2 -pipe -I${work(place)}/recipe-sysroot/usr/include -c part${i}.c -o part${i}.o`,
  );
}

type Told = Omit<Story, 'from' | 'to' | 'chance' | 'machines' | 'distros' | 'builders' | 'layer' | 'before' | 'after'> &
  Partial<Pick<Story, 'from' | 'to' | 'chance' | 'machines' | 'distros' | 'builders' | 'layer' | 'before' | 'after'>>;

function story(told: Told): Story {
  return {
    layer: null,
    from: 0,
    to: Number.POSITIVE_INFINITY,
    chance: 1,
    machines: null,
    distros: null,
    builders: null,
    before: (place, random) => noise(place, random, 20 + random.below(60)),
    after: (place) => [
      `make[2]: *** [Makefile:${place.pid % 900}: all] Error 1`,
      ...shellEnd(place, 'oe_runmake failed'),
    ],
    ...told,
  };
}

export const STORIES: readonly Story[] = [
  story({
    id: 'busybox-riscv',
    pn: 'busybox',
    task: 'do_compile',
    causeClass: 'compile',
    infrastructure: false,
    layer: 'core',
    from: 14,
    to: 31,
    machines: ['qemuriscv64'],
    cause: (_, random) =>
      `networking/tc.c:${230 + random.below(8)}:27: error: 'TCA_CBQ_MAX' undeclared (first use in this function); did you mean 'TCA_CBS_MAX'?`,
  }),
  story({
    id: 'openssl-link',
    pn: 'openssl',
    task: 'do_compile',
    causeClass: 'link',
    infrastructure: false,
    layer: 'core',
    from: 40,
    to: 52,
    distros: ['poky-altcfg'],
    cause: (place) =>
      `${work(place)}/recipe-sysroot-native/usr/bin/ld: apps/lib/s_cb.o: in function \`tlsext_cb': undefined reference to \`SSL_get1_curve_name'`,
    after: (place) => [
      'collect2: error: ld returned 1 exit status',
      `make[1]: *** [Makefile:9${place.pid % 90}: apps/openssl] Error 1`,
      ...shellEnd(place, 'oe_runmake failed'),
    ],
  }),
  story({
    id: 'kernel-patch',
    pn: 'linux-yocto',
    task: 'do_patch',
    causeClass: 'patch',
    infrastructure: false,
    layer: 'meta-acme',
    from: 3,
    to: 6,
    machines: ['qemuarm64'],
    before: (place) => [
      `DEBUG: Executing python function do_patch`,
      `Applying patch 0003-acme-dts.patch`,
      `patching file ${place.machine}/acme.dts`,
    ],
    cause: () => 'Hunk #2 FAILED at 118.',
    after: (place) => [
      '1 out of 3 hunks FAILED -- rejects in file arch/arm64/boot/dts/acme.dts',
      'Patch 0003-acme-dts.patch can be reverse-applied',
      `ERROR: Logfile of failure stored in: ${work(place)}/temp/log.do_patch.${place.pid}`,
    ],
  }),
  story({
    id: 'mesa-meson',
    pn: 'mesa',
    task: 'do_configure',
    causeClass: 'configure',
    infrastructure: false,
    layer: 'core',
    from: 60,
    to: 63,
    before: () => [
      'The Meson build system',
      'Version: 1.3.1',
      'Project name: mesa',
      'Compiler for C supports arguments -Werror=return-type: YES',
    ],
    cause: (_, random) =>
      `../mesa-24.0.2/meson.build:${800 + random.below(30)}:2: ERROR: Problem encountered: Python (3.x) mako module >= 0.8.0 required to build mesa.`,
    after: (place) => [
      `A full log can be found at ${work(place)}/build/meson-logs/meson-log.txt`,
      ...shellEnd(place, 'meson failed'),
    ],
  }),
  story({
    id: 'dbus-qa',
    pn: 'dbus',
    task: 'do_package_qa',
    causeClass: 'qa',
    infrastructure: false,
    layer: 'core',
    from: 70,
    to: 80,
    before: () => ['DEBUG: Executing python function do_package_qa', 'NOTE: DO PACKAGE QA'],
    cause: ({ pf }) =>
      `ERROR: ${pf} do_package_qa: QA Issue: dbus: Files/directories were installed but not shipped in any package: /usr/lib/sysusers.d/dbus.conf [installed-vs-shipped]`,
    after: ({ pf }) => [`ERROR: ${pf} do_package_qa: Fatal QA errors were found, failing task.`],
  }),
  story({
    id: 'librsvg-rust',
    pn: 'librsvg',
    task: 'do_compile',
    causeClass: 'rust',
    infrastructure: false,
    layer: 'core',
    from: 74,
    to: 84,
    cause: () => 'error[E0433]: failed to resolve: use of undeclared type `AtomicU64`',
    after: (place, random) => [
      `  --> rsvg/src/limits.rs:${random.below(90)}:13`,
      'error: could not compile `librsvg` (lib) due to 1 previous error',
      ...shellEnd(place, 'cargo failed'),
    ],
  }),
  story({
    id: 'sato-rootfs',
    pn: 'core-image-sato',
    task: 'do_rootfs',
    causeClass: 'rootfs',
    infrastructure: false,
    layer: 'meta-acme',
    from: 6,
    to: 8,
    before: () => ['NOTE: Installing the following packages: packagegroup-core-boot acme-agent'],
    cause: () => ' nothing provides libacme.so.2 needed by acme-agent-1.4-r0.core2_64',
    after: (place) => [`ERROR: ${place.pf} do_rootfs: Could not invoke dnf.`],
  }),
  story({
    id: 'python3-flaky',
    pn: 'python3',
    task: 'do_compile',
    causeClass: 'python',
    infrastructure: false,
    chance: 0.35,
    cause: () => "ModuleNotFoundError: No module named '_sysconfigdata__linux_'",
    before: (place, random) => [
      ...noise(place, random, 30),
      'Traceback (most recent call last):',
      '  File "<frozen runpy>", line 198, in _run_module_as_main',
    ],
  }),
  story({
    id: 'perl-host',
    pn: 'perl-native',
    task: 'do_configure',
    causeClass: 'configure',
    infrastructure: false,
    builders: ['night-volunteer'],
    before: () => ['Checking for gcc... cc', 'Checking hints...'],
    cause: () => 'configure: error: crypt() was not found in libcrypt or libxcrypt',
    after: (place) => shellEnd(place, 'configure failed'),
  }),
  story({
    id: 'dns',
    pn: null,
    task: 'do_fetch',
    causeClass: 'fetch',
    infrastructure: true,
    builders: ['ubu-bld3', 'alma-bld1'],
    from: 20,
    to: 40,
    chance: 0.12,
    before: ({ topdir }) => [
      `DEBUG: Fetcher accessed the network with the command /usr/bin/env wget --tries=2 -P ${topdir}/downloads`,
    ],
    cause: () => 'wget: unable to resolve host address: Could not resolve host: downloads.example.org',
    after: ({ pf }) => [
      `ERROR: ${pf} do_fetch: Fetcher failure for URL: 'https://downloads.example.org/${pf}.tar.gz'. Unable to fetch URL from any source.`,
    ],
  }),
  story({
    id: 'disk-full',
    pn: null,
    task: 'do_package',
    causeClass: 'no-space',
    infrastructure: true,
    builders: ['deb-bld2'],
    from: 30,
    to: 45,
    chance: 0.3,
    cause: ({ topdir }) => `OSError: [Errno 28] No space left on device: '${topdir}/tmp/pkgdata/extended'`,
    after: ({ pf }) => [
      `ERROR: ${pf} do_package: Error executing a python function in exec_func_python() autogenerated:`,
    ],
  }),
  story({
    id: 'laptop-memory',
    pn: 'llvm',
    task: 'do_compile',
    causeClass: 'out-of-memory',
    infrastructure: true,
    builders: ['dev-laptop'],
    chance: 0.9,
    cause: (place) =>
      `${place.machine.split('-')[0]}-poky-linux-g++: fatal error: Killed signal terminated program cc1plus`,
    after: (place) => [
      'compilation terminated.',
      'ninja: build stopped: subcommand failed.',
      ...shellEnd(place, 'ninja failed'),
    ],
  }),
];

/** Lines of the whole log, and which of them (0-based) says why. */
export function logOf(
  story: Story,
  place: StoryPlace,
  random: Random,
): { readonly text: string; readonly causeLine: number; readonly cause: string } {
  const before = [`DEBUG: Executing shell function ${place.task}`, ...story.before(place, random)];
  const cause = story.cause(place, random);
  const lines = [...before, cause, ...story.after(place, random)];
  return { text: `${lines.join('\n')}\n`, causeLine: before.length, cause };
}
