import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasSharedData, requirePart } from '../../test/real-parts.ts';
import { readEventLog } from '../formats/eventlog/reader.ts';
import { readBuildstatsDirectory } from '../formats/open/index.ts';
import type { Build } from '../model/build.ts';
import { DRAWING_START_MS, drawBuild } from '../model/draw-build.ts';
import { assembleTasks, graphOf, type TaskRow } from '../model/task-rows.ts';
import { TASK_NOT_RUN, TASK_OUTCOMES, TASK_SUCCEEDED } from '../model/task-table.ts';
import { mergeBuilds, mergeSameOrigins, sameOrigin } from './merge-builds.ts';

/** A drawing as buildstats tells it: no multiconfigs, graph, hash; PN guessed; only rows that ran. */
function asBuildstats(build: Build, over: Partial<Build> = {}): Build {
  const recipes = build.recipes.map((r) => ({ ...r, mc: '', guessed: true, layer: null, file: null }));
  const { tasks } = build;
  const ran = Array.from({ length: tasks.length }, (_, r) => r).filter((r) => !Number.isNaN(tasks.startMs[r]));
  const rows = ran.map(
    (r): TaskRow => ({
      recipe: tasks.recipe[r]!,
      task: tasks.taskNames[tasks.task[r]!]!,
      outcome: tasks.outcome[r]!,
      // Two decimals of a second.
      startMs: Math.round(tasks.startMs[r]! / 10) * 10,
      endMs: Math.round(tasks.endMs[r]! / 10) * 10,
      queuedMs: Number.NaN,
      hash: '',
      pid: Number.NaN,
    }),
  );
  const values = new Map([...tasks.values].map(([id, column]) => [id, Float64Array.from(ran, (r) => column[r]!)]));
  const used = [...new Set(rows.map((row) => row.recipe))];
  const assembled = assembleTasks(
    used.map((i) => recipes[i]!),
    rows.map((row) => ({ ...row, recipe: used.indexOf(row.recipe) })),
    tasks.metrics,
    values,
  );
  return {
    ...build,
    sources: [{ kind: 'buildstats', location: '/b/tmp/buildstats/20260101000000' }],
    graph: null,
    recipes: assembled.recipes,
    tasks: assembled.table,
    failures: [],
    ...over,
  };
}

/** A drawing as an event log tells it: nothing measured, and the build's own times estimated. */
function asEventLog(build: Build, over: Partial<Build> = {}): Build {
  return {
    ...build,
    sources: [{ kind: 'eventlog', location: '/b/tmp/log/eventlog/20260101000000.json' }],
    startedMs: build.startedMs === null ? null : build.startedMs - 700,
    endEstimated: build.endedMs !== null,
    machine: 'qemux86-64',
    tasks: { ...build.tasks, metrics: [], values: new Map() },
    ...over,
  };
}

function rowsOf(build: Build): string[] {
  const { tasks, recipes } = build;
  return Array.from({ length: tasks.length }, (_, r) => {
    const { mc, pn } = recipes[tasks.recipe[r]!]!;
    const start = (tasks.startMs[r]! - DRAWING_START_MS) / 1000;
    return `${mc === '' ? '' : `mc:${mc}:`}${pn}:${tasks.taskNames[tasks.task[r]!]} ${TASK_OUTCOMES[tasks.outcome[r]!]} ${start}`;
  });
}

const DRAWN = drawBuild(`
  a:do_compile           ===             cputime=2.5
  a:do_install              ==           cputime=1    <- a:do_compile
  mc:x:a:do_compile         ====         cputime=3
  mc:x:a:do_install             =F       <- mc:x:a:do_compile
  b:do_compile           noexec
  b:do_install           not-run         <- a:do_install
`);

describe('an event log and a buildstats directory', () => {
  const log = asEventLog(DRAWN);
  const stats = asBuildstats(DRAWN);
  const merged = mergeBuilds(stats, log);

  test('are of one origin, and become one build with what each knows', () => {
    expect(sameOrigin(log, stats) && sameOrigin(stats, log)).toBe(true);
    expect(rowsOf(merged)).toEqual([
      'a:do_compile succeeded 0',
      'a:do_install succeeded 3',
      'b:do_compile noexec NaN',
      'b:do_install not-run NaN',
      'mc:x:a:do_compile succeeded 3',
      'mc:x:a:do_install failed 7',
    ]);
    expect([...merged.tasks.values.get('cputime')!]).toEqual([2.5, 1, NaN, NaN, 3, NaN]);
    expect([...merged.tasks.values.get('walltime')!]).toEqual([3, 2, NaN, NaN, 4, 2]);
    expect([...merged.graph!.offsets]).toEqual([0, 0, 1, 1, 2, 2, 3]);
    expect([...merged.graph!.targets]).toEqual([0, 1, 4]);
    expect(merged.failures).toMatchObject([{ row: 5, task: 'do_install', mc: 'x' }]);
    expect(merged).toMatchObject({ machine: 'qemux86-64', startedMs: DRAWN.startedMs, endEstimated: false });
    expect(merged.sources.map((source) => source.kind)).toEqual(['eventlog', 'buildstats']);
  });

  test('in either order, and once more, give the same', () => {
    expect(mergeBuilds(log, stats)).toEqual(merged);
    expect(mergeBuilds(merged, log)).toEqual(merged);
    expect(mergeBuilds(stats, merged)).toEqual(merged);
  });
});

test('a log that was cut takes the ends and the runs that buildstats saw', () => {
  const whole = drawBuild(`
    a:do_compile   ===
    a:do_install      ==
    a:do_package        ==
  `);
  const cut = drawBuild(`
    a:do_compile   ===
    a:do_install      =?
    a:do_package   not-run
  `);
  const merged = mergeBuilds(asEventLog(cut, { outcome: 'lost' }), asBuildstats(whole));
  expect(rowsOf(merged)).toEqual(['a:do_compile succeeded 0', 'a:do_install succeeded 3', 'a:do_package succeeded 5']);
  expect(merged.outcome).toBe('succeeded');
});

test('a build that is over has no running task and one that runs has no end', () => {
  const running = drawBuild('a:do_compile   ==>');
  const failed = drawBuild('a:do_compile   ==F');
  const over = mergeBuilds(asEventLog(running), asBuildstats(failed));
  expect([over.outcome, rowsOf(over)]).toEqual(['failed', ['a:do_compile failed 0']]);
  const live = mergeBuilds(
    asEventLog(running),
    asBuildstats(running, { endedMs: 1, endEstimated: true, outcome: 'lost' }),
  );
  expect([live.outcome, live.endedMs, rowsOf(live)]).toEqual(['running', null, ['a:do_compile running 0']]);
});

test('an interrupted build is what the event log says, though buildstats ends like a success', () => {
  const drawn = drawBuild('a:do_compile   ===');
  expect(mergeBuilds(asBuildstats(drawn), asEventLog(drawn, { outcome: 'interrupted' })).outcome).toBe('interrupted');
});

describe('accounts of different builds are told apart', () => {
  const drawn = drawBuild('a:do_compile   ===\nb:do_compile      ==');
  const later = (ms: number, over: Partial<Build> = {}): Build => ({
    ...drawn,
    startedMs: drawn.startedMs! + ms,
    tasks: { ...drawn.tasks, startMs: drawn.tasks.startMs.map((start) => start + ms) },
    ...over,
  });
  const host = (id: string) => ({ ...drawn.host, id });

  test.each([
    ['the same tasks at the same moments, under another name', later(0, { name: 'mine' }), true],
    ['another host', { ...drawn, host: host('h2') }, false],
    ['the next day', later(86_400_000), false],
    ['a minute later, of a name set in local.conf', later(60_000, { name: 'mine' }), false],
    ['no tasks, the same name', asEventLog(drawBuild('a:do_x noexec', { startedMs: drawn.startedMs })), true],
    [
      'no tasks, another name',
      asEventLog(drawBuild('a:do_x noexec', { startedMs: drawn.startedMs, name: 'x' })),
      false,
    ],
    ['the same name at an unknown time', later(0, { startedMs: null }), true],
    ['another multiconfig of the build: same host and BUILDNAME', later(2_000, { host: host('h1') }), true],
  ] as const)('%s', (_, other, same) => {
    const first = { ...drawn, host: host('h1'), ...(other.name === 'mine' && !same ? { name: 'mine' } : {}) };
    expect(sameOrigin(first, other)).toBe(same);
    expect(sameOrigin(other, first)).toBe(same);
  });
});

test('two directories of one build, one a multiconfig, become one build with all tasks', () => {
  const one = asBuildstats(drawBuild('a:do_compile   ===\nz:do_compile      ===='));
  const two = asBuildstats(drawBuild('b:do_compile   ==='), {
    sources: [{ kind: 'buildstats', location: '/b/tmp-x/buildstats/20260101000000' }],
  });
  expect(sameOrigin(one, two)).toBe(true);
  expect(rowsOf(mergeBuilds(one, two))).toEqual([
    'a:do_compile succeeded 0',
    'b:do_compile succeeded 0',
    'z:do_compile succeeded 3',
  ]);
  expect(mergeBuilds(two, one)).toEqual(mergeBuilds(one, two));
});

test('accounts of many builds find each other', () => {
  const day = 86_400_000;
  const builds = Array.from({ length: 40 }, (_, i) => {
    const shift = (build: Build): Build => ({
      ...build,
      name: `b${i}`,
      startedMs: build.startedMs! + i * day,
      tasks: { ...build.tasks, startMs: build.tasks.startMs.map((ms) => ms + i * day) },
    });
    return { log: shift(asEventLog(DRAWN)), stats: shift(asBuildstats(DRAWN)) };
  });
  const merged = mergeSameOrigins([...builds.map((b) => b.stats), ...builds.map((b) => b.log)]);
  expect(merged.map((build) => [build.name, build.sources.length])).toEqual(builds.map((_, i) => [`b${i}`, 2]));
});

/** Any build of a few recipes and tasks, as two accounts with jitter, losses and rows that only one of them has. */
const accounts = fc
  .uniqueArray(
    fc.record({
      recipe: fc.constantFrom('a', 'b', 'c'),
      mc: fc.constantFrom('', 'x'),
      task: fc.constantFrom('do_compile', 'do_install', 'do_compile_setscene'),
      startS: fc.nat(50),
      lengthS: fc.integer({ min: 1, max: 9 }),
      in: fc.constantFrom('both', 'log', 'stats'),
      outcome: fc.nat(TASK_OUTCOMES.length - 1),
      cpu: fc.nat(9),
    }),
    // Two runs of one task that start together are told apart by nothing: which of them is whose would be a guess.
    { minLength: 1, maxLength: 12, selector: (t) => `${t.recipe}:${t.task} ${t.startS}` },
  )
  .map((drawn): [Build, Build] => {
    const account = (kind: 'eventlog' | 'buildstats', own: typeof drawn): Build => {
      const names = [...new Set(own.map((t) => (kind === 'eventlog' ? `${t.mc}:${t.recipe}` : `:${t.recipe}`)))];
      const recipes = names.map((name) => {
        const [mc = '', pn = ''] = name.split(':');
        const guessed = kind === 'buildstats';
        return { pf: `${pn}-1-r0`, pn, pe: null, pv: '1', pr: 'r0', guessed, mc, layer: null, file: null };
      });
      const rows = own.map((t): TaskRow => {
        const startMs = DRAWING_START_MS + t.startS * 1000;
        return {
          recipe: names.indexOf(kind === 'eventlog' ? `${t.mc}:${t.recipe}` : `:${t.recipe}`),
          task: t.task,
          outcome: kind === 'eventlog' ? t.outcome : TASK_SUCCEEDED,
          startMs:
            kind === 'eventlog' && t.outcome === TASK_NOT_RUN ? Number.NaN : startMs + (kind === 'eventlog' ? 4 : 0),
          endMs: startMs + t.lengthS * 1000,
          queuedMs: Number.NaN,
          hash: kind === 'eventlog' ? 'abc' : '',
          pid: Number.NaN,
        };
      });
      const metric = DRAWN.tasks.metrics[0]!;
      const values = new Map([[metric.id, Float64Array.from(own, (t) => t.cpu)]]);
      const stats = kind === 'buildstats';
      const assembled = assembleTasks(recipes, rows, stats ? [metric] : [], stats ? values : new Map());
      return {
        ...DRAWN,
        sources: [{ kind, location: kind }],
        recipes: assembled.recipes,
        tasks: assembled.table,
        failures: [],
        graph: stats
          ? null
          : graphOf(
              rows.length,
              own.slice(1).map((_, i): [number, number] => [i + 1, i]),
            ),
      };
    };
    return [
      account(
        'eventlog',
        drawn.filter((t) => t.in !== 'stats'),
      ),
      account(
        'buildstats',
        drawn.filter((t) => t.in !== 'log'),
      ),
    ];
  });

test('for any two accounts: the order does not matter, again changes nothing, no row is lost', () => {
  fc.assert(
    fc.property(accounts, ([a, b]) => {
      const merged = mergeBuilds(a, b);
      expect(mergeBuilds(b, a)).toEqual(merged);
      expect(mergeBuilds(merged, a)).toEqual(merged);
      expect(mergeBuilds(merged, b)).toEqual(merged);
      expect(merged.tasks.length).toBeGreaterThanOrEqual(Math.max(a.tasks.length, b.tasks.length));
      expect(merged.tasks.length).toBeLessThanOrEqual(a.tasks.length + b.tasks.length);
      const sum = (build: Build) => [...(build.tasks.values.get('cputime') ?? [])].reduce((x, y) => x + (y || 0), 0);
      expect(sum(merged)).toBe(sum(b));
    }),
    { numRuns: 1000 },
  );
});

const REAL = hasSharedData ? join(requirePart('shared-data'), 'bitbake-real') : '';

describe.skipIf(!hasSharedData)('real builds, buildstats and event log of each', () => {
  const both = (name: string): { log: Build; stats: Build } => {
    const buildstats = join(REAL, name, 'buildstats');
    const file = join(REAL, name, 'eventlog-w.json');
    return {
      log: readEventLog(readFileSync(file), file)[0]!,
      stats: readBuildstatsDirectory(join(buildstats, readdirSync(buildstats)[0]!)),
    };
  };

  test('agree on all 664 tasks of a clean build, to 0.02 s', () => {
    const { log, stats } = both('01-clean');
    expect(sameOrigin(log, stats)).toBe(true);
    const merged = mergeBuilds(log, stats);
    expect([merged.tasks.length, stats.tasks.length, merged.recipes.length]).toEqual([670, 664, log.recipes.length]);
    let compared = 0;
    for (let r = 0; r < merged.tasks.length; r++) {
      // Rows of the merged build are those of the log: same recipes, tasks and order.
      if (Number.isNaN(log.tasks.startMs[r])) continue;
      compared++;
      expect(Math.abs(merged.tasks.startMs[r]! - log.tasks.startMs[r]!)).toBeLessThanOrEqual(20);
      expect(Math.abs(merged.tasks.endMs[r]! - log.tasks.endMs[r]!)).toBeLessThanOrEqual(20);
      expect(merged.tasks.values.get('cputime')![r]).not.toBeNaN();
    }
    expect(compared).toBe(664);
    expect(merged.graph!.targets.length).toBe(1359);
    expect(merged.startedMs).toBe(stats.startedMs);
    const wall = (build: Build) => build.tasks.values.get('walltime')!.reduce((x, y) => x + (y || 0), 0);
    expect(wall(merged)).toBeCloseTo(wall(stats), 6);
  });

  test.each([
    ['02-uptodate', 'succeeded', 670],
    ['03-incremental', 'succeeded', 670],
    ['04-sstate', 'succeeded', 867],
    ['05-failed-k', 'failed', 766],
    ['09-interrupted-sigterm', 'lost', 670],
    ['09b-interrupted-sigint', 'interrupted', 670],
    ['14-qa', 'failed', 86],
  ])('%s is one build', (name, outcome, rows) => {
    const { log, stats } = both(name);
    expect(sameOrigin(log, stats)).toBe(true);
    const merged = mergeBuilds(stats, log);
    expect([merged.outcome, merged.tasks.length]).toEqual([outcome, rows]);
    expect(mergeBuilds(log, stats)).toEqual(merged);
    expect(merged.failures.length).toBe(log.failures.length);
  });

  test('and the eight are eight', () => {
    const names = readdirSync(REAL).filter((name) => existsSync(join(REAL, name, 'buildstats')));
    const all = names.map(both).flatMap(({ log, stats }) => [log, stats]);
    expect(mergeSameOrigins(all).map((build) => build.sources.length)).toEqual(names.map(() => 2));
  });
});
