/**
 * Small buildstats trees, written the way the class writes them, for holding our --compat output against upstream's. Each is made for
 * what printing can get wrong: rounding ties, epochs, versions with dashes, zeros, values past a power of 1000 or 1024, tasks
 * that came, went or were restored, equal names at different versions.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TreeTask {
  readonly pf: string;
  readonly task: string;
  /** Seconds after the build's start; null end: unfinished. */
  readonly start: number;
  readonly end: number | null;
  /** [utime, stime] of the task, seconds as the class prints them. */
  readonly own: readonly [string, string];
  /** Null: the class left the children's numbers out. */
  readonly children: readonly [string, string] | null;
  readonly io: readonly [read: number, write: number];
  /** [inblock, oublock] of the task; children have twice as many. */
  readonly blocks: readonly [number, number];
}

export interface Tree {
  readonly startedS: number;
  /** Null: the build was killed. */
  readonly elapsedS: number | null;
  readonly tasks: readonly TreeTask[];
}

const STARTED_S = 1_795_219_534.75;

export function writeTree(folder: string, tree: Tree): void {
  mkdirSync(folder, { recursive: true });
  const lines = ['Host Info: Linux vm 6.18.0 #1 SMP x86_64 ', `Build Started: ${tree.startedS.toFixed(2)} `];
  if (tree.elapsedS !== null) lines.push(`Elapsed time: ${tree.elapsedS.toFixed(2)} seconds `, 'CPU usage: 20.9% ');
  writeFileSync(join(folder, 'build_stats'), `${lines.join('\n')}\n`);
  for (const task of tree.tasks) {
    mkdirSync(join(folder, task.pf), { recursive: true });
    writeFileSync(join(folder, task.pf, task.task), taskFile(tree, task));
  }
}

function taskFile(tree: Tree, t: TreeTask): string {
  const out = ['Event: TaskStarted ', `Started: ${(tree.startedS + t.start).toFixed(2)} `];
  if (t.end !== null) {
    const usage = (group: string, [user, system]: readonly [string, string], factor: number): string[] => [
      `${group} ru_utime: ${user}`,
      `${group} ru_stime: ${system}`,
      `${group} ru_maxrss: 46096`,
      `${group} ru_inblock: ${t.blocks[0] * factor}`,
      `${group} ru_oublock: ${t.blocks[1] * factor}`,
    ];
    out.push(
      `${t.pf}: ${t.task}`,
      `Elapsed time: ${(t.end - t.start).toFixed(2)} seconds`,
      'utime: 11',
      'stime: 2',
      'cutime: 0',
      'cstime: 5',
      'IO rchar: 21082709',
      `IO read_bytes: ${t.io[0]}`,
      `IO write_bytes: ${t.io[1]}`,
      ...usage('rusage', t.own, 1),
      ...(t.children === null ? [] : usage('Child rusage', t.children, 2)),
      'Status: PASSED ',
      `Ended: ${(tree.startedS + t.end).toFixed(2)} `,
    );
  }
  return `${out.join('\n')}\n`;
}

function task(pf: string, name: string, start: number, seconds: number | null, over: Partial<TreeTask> = {}): TreeTask {
  return {
    pf,
    task: name,
    start,
    end: seconds === null ? null : start + seconds,
    own: ['0.116009', '0.025382'],
    children: ['0.000956', '0.056096'],
    io: [8192, 20_992_000],
    blocks: [0, 40],
    ...over,
  };
}

/** Numbers that are the same on every machine: no Math.random in a golden. */
function* numbers(seed: number): Generator<number, never> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

/** 30 recipes of six tasks; `factor` stretches them, `version` is the last digit of every third recipe's version. */
function ordinary(seed: number, factor: number, version: string): Tree {
  const random = numbers(seed);
  const next = (): number => random.next().value;
  const tasks: TreeTask[] = [];
  let start = 0.25;
  for (let r = 0; r < 30; r++) {
    const pv = r % 3 === 0 ? `1.${r}.${version}` : `2.${r}`;
    const pf = `${r % 5 === 0 ? 'lib32-' : ''}recipe-${r}-native-${r % 7 === 0 ? '1_' : ''}${pv}-r0`;
    for (const name of ['do_fetch', 'do_unpack', 'do_configure', 'do_compile', 'do_install', 'do_package']) {
      const seconds = Math.round(next() ** 4 * 9000 * factor) / 100;
      const cpu = (share: number): string => (seconds * share * next()).toFixed(6);
      tasks.push(
        task(pf, name, start, seconds, {
          own: [cpu(0.2), cpu(0.1)],
          children: next() < 0.1 ? null : [cpu(3), cpu(0.5)],
          io: [Math.floor(next() ** 6 * 3e9), Math.floor(next() ** 6 * 9e9)],
          blocks: [Math.floor(next() ** 5 * 4e6), Math.floor(next() ** 5 * 9e6)],
        }),
      );
      // Hundredths, all different, so that the order by start is total.
      start = Math.round((start + 0.01 + next()) * 100) / 100;
    }
  }
  return { startedS: STARTED_S, elapsedS: start + 100, tasks };
}

export const TREES: Readonly<Record<string, Tree>> = {
  before: ordinary(1, 1, '0'),
  after: ordinary(2, 1.1, '1'),
  /** Differences of exactly a quarter second and a half byte of a unit: ties of rounding. */
  ties: {
    startedS: STARTED_S,
    elapsedS: 40_000,
    tasks: [
      task('quarter-1.0-r0', 'do_compile', 0.25, 7.25, {
        own: ['3.25', '0.0'],
        children: null,
        io: [1536, 524_288 * 2],
      }),
      task('three-quarters-1.0-r0', 'do_compile', 0.5, 8.75, { own: ['4.75', '1.0'], children: ['0.0', '0.0'] }),
      task('half-1.0-r0', 'do_compile', 0.75, 12.5, { own: ['12.5', '0.0'], io: [2 ** 30, 2 ** 20 * 10.25] }),
      task('minute-1.0-r0', 'do_compile', 1, 60, { own: ['59.97', '0.0'], children: null, blocks: [1000, 1_000_000] }),
      task('hour-1.0-r0', 'do_compile', 1.25, 3600, {
        own: ['3599.96', '0.0'],
        children: null,
        blocks: [999_999, 25e8],
      }),
      task('day-1.0-r0', 'do_compile', 1.5, 90_061, { own: ['100000.1', '0.000001'], io: [2 ** 40, 2 ** 41] }),
    ],
  },
  /** Versions: epoch, version, revision changed, new, dropped; names that end in digits or hold none. */
  versions: {
    startedS: STARTED_S,
    elapsedS: 50,
    tasks: [
      'alpha-2_1.2-r0',
      'beta-1.0-r0',
      'gamma-3-r1',
      'foo-git-r0',
      'dbus-1-1.14-r0',
      'kernel-5-lts-git-r0',
      'gone-1-r0',
    ].map((pf, i) => task(pf, 'do_compile', i, 6 + i, { own: [`${4 + i}.5`, '0.0'] })),
  },
  versions2: {
    startedS: STARTED_S,
    elapsedS: 50,
    tasks: [
      'alpha-3_1.2-r0',
      'beta-1.0.1-r5',
      'gamma-3-r2',
      'foo-git-r0',
      'dbus-1-1.14-r0',
      'kernel-6-lts-git-r0',
      'came-1-r0',
    ].map((pf, i) => task(pf, 'do_compile', i, 9 + 2 * i, { own: [`${9 + 2 * i}.25`, '0.0'] })),
  },
  /** Restored from sstate: setscene tasks for real ones. */
  restored: {
    startedS: STARTED_S,
    elapsedS: 9.5,
    tasks: ordinary(1, 1, '0')
      .tasks.filter(({ task: name }) => name === 'do_package')
      .map((t, i) => task(t.pf, 'do_package_setscene', i * 0.3, 0.29 + i / 100)),
  },
  /** Nothing was read, nothing written. */
  zero: {
    startedS: STARTED_S,
    elapsedS: 4,
    tasks: [
      task('beta-1.0-r0', 'do_compile', 0, 3, { own: ['0.0', '0.0'], children: null, io: [0, 0], blocks: [0, 0] }),
    ],
  },
  /** A task had not ended when the build did. */
  unfinished: {
    startedS: STARTED_S,
    elapsedS: 30,
    tasks: [task('beta-1.0-r0', 'do_compile', 2, null), task('gamma-3-r1', 'do_compile', 1, 7.5)],
  },
  /** And here the build was killed, so that nobody knows its end. */
  killed: {
    startedS: STARTED_S,
    elapsedS: null,
    tasks: [task('beta-1.0-r0', 'do_compile', 2, null), task('gamma-3-r1', 'do_compile', 1, 7.5)],
  },
  /** Two versions of one recipe. */
  twice: {
    startedS: STARTED_S,
    elapsedS: 30,
    tasks: [task('kernel-6.6-r0', 'do_compile', 2, 20), task('kernel-6.12-r0', 'do_compile', 1, 17.5)],
  },
  twice2: {
    startedS: STARTED_S,
    elapsedS: 30,
    tasks: [task('kernel-6.12-r0', 'do_compile', 1, 18.5)],
  },
};

/** The same tree as the JSON form: what oe-build-perf-test makes of it. */
export function treeJson(tree: Tree): string {
  const recipes = new Map<string, { readonly tasks: Record<string, unknown> }>();
  for (const t of tree.tasks) {
    const match = /^(.+)-(?:([0-9]+)_)?([0-9][^-]*)-(r[0-9]+)$/.exec(t.pf);
    if (match === null || t.end === null) continue;
    const [, name = '', epoch, version, revision] = match;
    const usage = ([user, system]: readonly [string, string], factor: number): object => ({
      ru_utime: Number(user),
      ru_stime: Number(system),
      ru_inblock: t.blocks[0] * factor,
      ru_oublock: t.blocks[1] * factor,
    });
    const tasks: Record<string, unknown> = recipes.get(name)?.tasks ?? {};
    const recipe = { name, epoch: epoch ?? null, version, revision, tasks };
    recipes.set(name, recipe);
    tasks[t.task] = {
      start_time: tree.startedS + t.start,
      elapsed_time: t.end - t.start,
      status: 'PASSED',
      iostat: { read_bytes: t.io[0], write_bytes: t.io[1] },
      rusage: usage(t.own, 1),
      child_rusage: t.children === null ? {} : usage(t.children, 2),
    };
  }
  return JSON.stringify([...recipes.values()]);
}
