/** A simulated build written as the buildstats class of each era writes it: blanks at line ends, order of keys, float tails. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from './random.ts';
import { pyFloat, sampleFiles } from './samples.ts';
import { FILE_METRICS, type SimulatedBuild, type SimulatedRun } from './simulate.ts';

const FLOATS: ReadonlySet<number> = new Set([11, 12, 20, 21]);
/** The order in which Python before 3.7 printed the IO dictionary in one real tree of 2017. */
const IO_ORDER_2017 = [10, 7, 6, 8, 9, 5, 4];

/** Folder of the build below the buildstats folder: `20260101000008`, in 2011 `core-image-sato-qemux86/201101010000`. */
export function buildFolder(build: SimulatedBuild): string {
  return build.options.era === '2011' ? join(`${build.plan.target}-${build.options.machine}`, build.name) : build.name;
}

/** Paths relative to the build's folder -> text, build_stats first, then tasks in the order of their start, then samples. */
export function* buildstatsFiles(build: SimulatedBuild): Generator<[path: string, text: string]> {
  yield ['build_stats', buildStatsText(build)];
  const random = new Random(`files ${build.options.seed}`);
  for (const run of build.runs) {
    const recipe = build.plan.recipes[run.recipe]!;
    yield [`${recipe.pf}/${run.name}`, taskText(build, run, recipe.pf, random)];
  }
  for (const [path, rows] of sampleFiles(build)) {
    // monitor_disk and the rest share one framing: second, values, blank line.
    yield [path, rows.map((row) => `${row.timeS}\n${row.lines.join('\n')}\n\n`).join('')];
  }
}

function buildStatsText(build: SimulatedBuild): string {
  const { options } = build;
  const kernel = { '2011': '2.6.35-28-generic', '2017': '4.9.0-4-amd64', today: '6.12.57-amd64' }[options.era];
  const lines = [
    `Host Info: Linux builder1 ${kernel} #1 SMP PREEMPT_DYNAMIC Debian x86_64 `,
    `Build Started: ${build.startedS.toFixed(2)} `,
  ];
  for (const run of build.runs) {
    if (run.outcome === 'failed') lines.push(`Failed at: ${build.plan.recipes[run.recipe]!.pf} at task: ${run.name} `);
  }
  const rootfs = build.runs.find((run) => run.name === 'do_rootfs' && run.outcome === 'succeeded');
  if (rootfs !== undefined) {
    lines.push(
      `Uncompressed Rootfs size: 486M\t/srv/build/tmp/work/${options.machine}-oe-linux/${build.plan.target}/1.0/rootfs`,
    );
  }
  if (!build.killed) {
    lines.push(`Elapsed time: ${(build.endedS - build.startedS).toFixed(2)} seconds `, 'CPU usage: 12.4% ');
    if (options.era === '2011') lines.push(...diskCounters(new Random(`disk ${options.seed}`)));
  }
  return `${lines.join('\n')}\n`;
}

const COUNTERS = [
  'IOinProgress',
  'ReadsComp',
  'ReadsMerged',
  'SectRead',
  'SectWrite',
  'TimeIO',
  'TimeReads',
  'TimeWrite',
  'WTimeIO',
  'WritesComp',
];

function diskCounters(random: Random): string[] {
  const start = COUNTERS.map((key): [string, number] => [
    key,
    key === 'IOinProgress' ? 0 : 1000 + random.below(4_000_000),
  ]);
  return [
    ...start.map(([key, value]) => `End${key}: ${key === 'IOinProgress' ? 0 : value + random.below(90_000)} `),
    ...start.map(([key, value]) => `Start${key}: ${value} `),
  ];
}

function taskText(build: SimulatedBuild, run: SimulatedRun, pf: string, random: Random): string {
  const started = run.startedS.toFixed(2);
  if (run.outcome === 'unfinished') return `Event: TaskStarted \nStarted: ${started} \n`;
  const elapsed = (run.endedS - run.startedS).toFixed(2);
  const status = run.outcome === 'failed' ? 'FAILED' : 'PASSED';
  if (build.options.era === '2011') {
    return [
      'Event: TaskStarted ',
      `Started: ${started} `,
      `${pf}: ${run.name}: Elapsed time: ${elapsed} seconds `,
      `CPU usage: ${(random.next() * 30).toFixed(1)}% `,
      ...diskCounters(random),
      `Status: ${status} `,
      `Ended: ${run.endedS.toFixed(2)} `,
      '',
    ].join('\n');
  }
  let text = `Event: TaskStarted \nStarted: ${started} \n${pf}: ${run.name}\nElapsed time: ${elapsed} seconds\n`;
  const line = (i: number): string => {
    const value = run.metrics[i]!;
    return `${FILE_METRICS[i]}: ${FLOATS.has(i) ? pyFloat(value) : value}\n`;
  };
  for (let i = 0; i < 4; i++) text += line(i);
  if (build.options.era === '2017') for (const i of IO_ORDER_2017) text += line(i);
  else for (let i = 4; i < 11; i++) text += line(i);
  for (let i = 11; i < FILE_METRICS.length; i++) text += line(i);
  return `${text}Status: ${status} \nEnded: ${run.endedS.toFixed(2)} \n`;
}

/** Writes the build below `root` (a `tmp/buildstats`) and answers its folder. Refuses nothing: the caller chose the place. */
export function writeBuildstats(build: SimulatedBuild, root: string): string {
  const folder = join(root, buildFolder(build));
  const made = new Set<string>();
  for (const [path, text] of buildstatsFiles(build)) {
    const slash = path.indexOf('/');
    const dir = slash < 0 ? folder : join(folder, path.slice(0, slash));
    if (!made.has(dir)) {
      mkdirSync(dir, { recursive: true });
      made.add(dir);
    }
    writeFileSync(join(folder, path), text);
  }
  if (build.options.era === '2011') {
    writeFileSync(join(root, '.buildname'), `${buildFolder(build)}\n`);
    writeFileSync(join(root, '.device'), 'sda\n');
  }
  return folder;
}
