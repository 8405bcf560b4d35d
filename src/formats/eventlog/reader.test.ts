import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasSharedData, requirePart } from '../../../test/real-parts.ts';
import type { Build } from '../../model/build.ts';
import { TASK_OUTCOMES } from '../../model/task-table.ts';
import { EventLogReader, readEventLog } from './reader.ts';
import { eventLine, type Picklable, PickledObject, variablesLine } from './write-events.ts';

/** Second 0 of the logs below: 2026-01-01T00:00:00Z. */
const T0 = Date.UTC(2026, 0, 1) / 1000;
const PATH = '/layers/meta/recipes/';

const init = (...targets: string[]) =>
  eventLine('bb.event.BuildInit', { _name: null, _pkgs: targets, pid: 0, _failures: 0 });
const started = (...targets: string[]) =>
  // biome-ignore lint/suspicious/noTemplateCurlyInString: BitBake writes the name before it is expanded.
  eventLine('bb.event.BuildStarted', { pid: 0, _name: '${DATE}${TIME}', _pkgs: targets, _failures: 0 });
const completed = (failures = 0, interrupted = 0) =>
  eventLine('bb.event.BuildCompleted', {
    pid: 0,
    total: 1,
    _interrupted: interrupted,
    _name: '',
    _pkgs: [],
    _failures: failures,
  });
const commandCompleted = eventLine('bb.command.CommandCompleted', { pid: 0 });
const commandFailed = (error: string) => eventLine('bb.command.CommandFailed', { error, pid: 0, exitcode: 1 });
const heartbeat = (second: number) => eventLine('bb.event.HeartbeatEvent', { pid: 0, time: T0 + second });
const log = (second: number, level: number, text: string, over: { [key: string]: Picklable } = {}) =>
  eventLine('logging.LogRecord', {
    name: 'BitBake.Main',
    msg: text,
    args: [],
    levelname: 'X',
    levelno: level,
    pathname: 'x',
    created: T0 + second,
    relativeCreated: 4000.5,
    taskpid: 0,
    ...over,
  });

let pids = 100;
/** A task's event as its process sends it; `over` for older releases. */
const task = (kind: string, second: number, pn: string, name: string, over: { [key: string]: Picklable } = {}) =>
  eventLine(`bb.build.${kind}`, {
    _task: name,
    _fn: `${PATH}${pn}_1.0.bb`,
    _package: `${pn}-1.0-r0`,
    _mc: '',
    taskfile: `${PATH}${pn}_1.0.bb`,
    taskname: name,
    logfile: `/tmp/work/${pn}/1.0/temp/log.${name}.1`,
    time: T0 + second,
    pn,
    pv: '1.0',
    pid: pids,
    _message: `recipe ${pn}-1.0-r0: task ${name}: ${kind}`,
    ...over,
  });
const queue = (kind: string, pn: string, name: string, over: { [key: string]: Picklable } = {}) =>
  eventLine(`bb.runqueue.${kind}`, {
    taskid: `${PATH}${pn}_1.0.bb:${name}`,
    taskstring: `${PATH}${pn}_1.0.bb:${name}`,
    taskname: name,
    taskfile: `${PATH}${pn}_1.0.bb`,
    taskhash: '0123456789abcdef0123456789abcdef',
    stats: new PickledObject('bb.runqueue.RunQueueStats', { completed: 0, total: 1 }),
    pid: 0,
    ...over,
  });
/** A task from the queue to its end. */
const run = (pn: string, name: string, from: number, to: number, end = 'TaskSucceeded') => {
  pids++;
  return [
    heartbeat(from),
    queue('runQueueTaskStarted', pn, name, { noexec: false }),
    task('TaskStarted', from + 0.25, pn, name),
    task(end, to, pn, name),
    queue(end === 'TaskSucceeded' ? 'runQueueTaskCompleted' : 'runQueueTaskFailed', pn, name, { exitcode: 1 }),
  ].join('');
};
const tree = (recipes: { [pn: string]: { [task: string]: string[] } }) =>
  eventLine('bb.event.DepTreeGenerated', {
    pid: 0,
    _depgraph: {
      pn: Object.fromEntries(
        Object.keys(recipes).map((pn) => [pn, { filename: `${PATH}${pn}_1.0.bb`, version: ':1.0-r0', inherits: [] }]),
      ),
      tdepends: Object.fromEntries(
        Object.entries(recipes).flatMap(([pn, tasks]) =>
          Object.entries(tasks).map(([name, on]) => [`${pn}.${name}`, on]),
        ),
      ),
      'layer-priorities': [['core', '^/layers/meta/', null, 5]],
    },
  });

function read(...lines: string[]): Build[] {
  return readEventLog(new TextEncoder().encode(lines.join('')), '/b/tmp/log/eventlog/20260101000000.json');
}
function rowsOf(build: Build): string[] {
  const { tasks, recipes } = build;
  const second = (ms: number | undefined) => (ms === undefined || Number.isNaN(ms) ? '-' : (ms - T0 * 1000) / 1000);
  return Array.from({ length: tasks.length }, (_, r) => {
    const { mc, pf } = recipes[tasks.recipe[r]!]!;
    return `${mc === '' ? '' : `mc:${mc}:`}${pf}:${tasks.taskNames[tasks.task[r]!]} ${TASK_OUTCOMES[tasks.outcome[r]!]} ${second(tasks.startMs[r])}..${second(tasks.endMs[r])} queued ${second(tasks.queuedMs?.[r])}`;
  });
}

describe('one build', () => {
  const lines = [
    log(1, 20, 'Resolving'),
    init('a:do_build'),
    log(
      2,
      21,
      '\nBuild Configuration:\nBB_VERSION = "2.8.0"\nMACHINE = "qemuarm"\nmeta = "main:0123456789abcdef0123456789abcdef01234567"\n',
    ),
    started('a:do_build'),
    variablesLine({
      MACHINE: 'qemuarm',
      BUILDNAME: '20260101000002',
      SECRET_TOKEN: 'hunter2',
      http_proxy: 'http://u:p@x',
      TUNE_FEATURES: 'None',
    }),
    tree({
      a: { do_compile: [], do_install: ['a.do_compile'], do_build: ['a.do_install', 'b.do_build'] },
      b: { do_build: [] },
    }),
    log(3, 21, 'Sstate summary: Wanted 1 Local 0 Mirrors 0 Missed 1 Current 0 (0% match, 0% complete)'),
    queue('runQueueTaskSkipped', 'b', 'do_build', { reason: 'covered' }),
    run('a', 'do_compile', 4, 8.5),
    run('a', 'do_install', 9, 10),
    queue('runQueueTaskStarted', 'a', 'do_build', { noexec: true }),
    heartbeat(12),
    completed(),
    commandCompleted,
  ];

  test('has its tasks with outcomes, times, hashes and the graph', () => {
    const [build, ...more] = read(...lines);
    expect(more).toEqual([]);
    expect(rowsOf(build!)).toEqual([
      'a-1.0-r0:do_build noexec -..- queued 10',
      'a-1.0-r0:do_compile succeeded 4.25..8.5 queued 4',
      'a-1.0-r0:do_install succeeded 9.25..10 queued 9',
      'b-1.0-r0:do_build covered -..- queued -',
    ]);
    expect(build!.tasks.hash).toEqual(Array(4).fill('0123456789abcdef'));
    expect([...build!.graph!.offsets]).toEqual([0, 2, 2, 3, 3]);
    expect([...build!.graph!.targets]).toEqual([2, 3, 1]);
    expect(build!.recipes[0]).toEqual({
      pf: 'a-1.0-r0',
      pn: 'a',
      pe: null,
      pv: '1.0',
      pr: 'r0',
      guessed: false,
      mc: '',
      layer: 'meta',
      file: `${PATH}a_1.0.bb`,
    });
    expect([...build!.tasks.values.get('walltime')!]).toEqual([NaN, 4.25, 0.75, NaN]);
  });

  test('has a name, a machine, targets, an outcome, and no secret', () => {
    const [build] = read(...lines);
    expect(build).toMatchObject({
      name: '20260101000002',
      machine: 'qemuarm',
      targets: ['a'],
      outcome: 'succeeded',
      startedMs: (T0 + 2) * 1000,
      endedMs: (T0 + 12) * 1000,
      endEstimated: true,
      bitbakeVersion: '2.8.0',
      type: { kind: 'clean', estimated: false },
      layers: [{ name: 'meta', branch: 'main' }],
      variables: { MACHINE: 'qemuarm', BUILDNAME: '20260101000002' },
      problems: [],
    });
    expect(JSON.stringify(build)).not.toMatch(/hunter2|u:p@x/);
    expect(build!.phases.map((p) => `${p.id} ${(p.endMs - p.startMs) / 1000}`)).toEqual([
      'resolve 1',
      'sstate-check 1',
      'worker-start 1.25',
      'final-handlers 2',
    ]);
  });

  test('is the same in pieces of any size', () => {
    const bytes = new TextEncoder().encode(lines.join(''));
    const whole = readEventLog(bytes, '/x.json');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1 }), (sizes) => {
        const reader = new EventLogReader({ location: '/x.json' });
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = sizes[i % sizes.length]!;
          reader.push(bytes.subarray(at, at + size));
          at += size;
        }
        reader.end();
        expect(reader.snapshot()).toEqual(whole);
      }),
      { numRuns: 50 },
    );
  });

  test('can be followed while it grows', () => {
    const reader = new EventLogReader({ location: '/x.json' });
    const push = (...some: string[]) => reader.push(new TextEncoder().encode(some.join('')));
    const at = (second: number) => reader.snapshot((T0 + second) * 1000);
    push(...lines.slice(0, 2));
    expect(at(2)).toMatchObject([{ outcome: 'running', targets: ['a'] }]);
    push(...lines.slice(2, 8), heartbeat(4), task('TaskStarted', 4, 'a', 'do_compile'));
    const next = task('TaskSucceeded', 8, 'a', 'do_compile');
    push(next.slice(0, 100));
    expect(at(5)).toMatchObject([{ outcome: 'running', endedMs: null, problems: [] }]);
    expect(rowsOf(at(5)[0]!)[1]).toBe('a-1.0-r0:do_compile running 4..- queued -');
    // Silent for more than a minute: nobody writes any more.
    expect(at(70)).toMatchObject([{ outcome: 'lost', endedMs: (T0 + 4) * 1000, endEstimated: true }]);
    push(next.slice(100), heartbeat(9), completed(), commandCompleted);
    expect(at(9)).toMatchObject([{ outcome: 'succeeded' }]);
    expect(rowsOf(at(9)[0]!)[1]).toContain('succeeded 4..8');
  });
});

describe('how it went', () => {
  const begun = [init('a:do_build'), heartbeat(1), started('a:do_build'), variablesLine({})];
  test.each<[string, string[], string]>([
    ['succeeded', [completed(), commandCompleted], 'succeeded'],
    ['an error was logged', [log(2, 40, 'QA Issue: bad'), completed(), commandCompleted], 'succeeded-with-errors'],
    ['the command failed all the same', [completed(), commandFailed('')], 'succeeded-with-errors'],
    ['a task failed', [run('a', 'do_compile', 2, 3, 'TaskFailed'), completed(1), commandCompleted], 'failed'],
    ['Ctrl-C', [completed(0, 1), commandFailed('Stopped build')], 'interrupted'],
    [
      'killed by a second Ctrl-C',
      [run('a', 'do_compile', 2, 3, 'TaskFailed'), completed(1, 2), commandFailed('Forced shutdown')],
      'interrupted',
    ],
    ['forced down before the end was told', [commandFailed('Forced shutdown')], 'interrupted'],
    ['the run queue broke', [commandFailed('Traceback')], 'failed'],
    ['nothing more', [], 'lost'],
  ])('%s', (_, lines, outcome) => {
    expect(read(...begun, ...lines).map((build) => build.outcome)).toEqual([outcome]);
  });

  test('it never started: nothing provides a target', () => {
    const [build] = read(
      log(1, 30, 'a warning'),
      init('no-such:do_build'),
      eventLine('bb.event.NoProvider', {
        pid: 0,
        _item: 'no-such',
        _runtime: false,
        _dependees: ['a'],
        _reasons: ['no-such was skipped: no'],
        _close_matches: ['no-such-thing'],
      }),
      commandFailed(''),
    );
    expect(build).toMatchObject({
      outcome: 'never-started',
      targets: ['no-such'],
      failures: [{ row: null, cause: "Nothing PROVIDES 'no-such' (needed by a). Close matches: no-such-thing." }],
    });
    expect(build!.messages.map((m) => m.level)).toEqual(['warning', 'error']);
  });

  test('it never started: a recipe cannot be parsed', () => {
    const [build] = read(
      eventLine('bb.event.ParseError', { pid: 0, _msg: 'syntax error in x.bb' }),
      commandFailed('1'),
    );
    expect(build).toMatchObject({
      outcome: 'never-started',
      targets: null,
      failures: [{ cause: 'syntax error in x.bb' }],
    });
  });

  test('it was no build', () => {
    expect(read(log(1, 20, 'x'), commandCompleted, commandCompleted)).toEqual([]);
    expect(read('')).toEqual([]);
  });
});

describe('tasks that end otherwise', () => {
  const begun = [init('a:do_build'), started('a:do_build'), variablesLine({})];

  test('a process that dies without a word is a failure with its exit code', () => {
    const [build] = read(
      ...begun,
      task('TaskStarted', 1, 'a', 'do_compile'),
      queue('runQueueTaskFailed', 'a', 'do_compile', { exitcode: 137 }),
      completed(1),
    );
    expect(rowsOf(build!)).toEqual(['a-1.0-r0:do_compile failed 1..- queued -']);
    expect(build!.failures).toMatchObject([{ row: 0, cause: "The task's process ended with exit code 137." }]);
  });

  test('a setscene task that fails does so silently: its row failed, the build did not', () => {
    const [build] = read(
      ...begun,
      queue('sceneQueueTaskStarted', 'a', 'do_package_setscene', { noexec: false }),
      task('TaskStarted', 1, 'a', 'do_package_setscene'),
      task('TaskFailedSilent', 2, 'a', 'do_package_setscene'),
      queue('sceneQueueTaskFailed', 'a', 'do_package_setscene', { exitcode: 1 }),
      run('a', 'do_package', 3, 4),
      completed(),
    );
    expect(rowsOf(build!)).toEqual([
      'a-1.0-r0:do_package succeeded 3.25..4 queued 3',
      'a-1.0-r0:do_package_setscene failed 1..2 queued -',
    ]);
    expect([build!.failures, build!.outcome]).toEqual([[], 'succeeded']);
  });

  test('the cause of a failure is what its process logged first, and its log is named', () => {
    pids = 500;
    const [build] = read(
      ...begun,
      task('TaskStarted', 1, 'a', 'do_compile'),
      log(1.5, 40, "Execution of '/tmp/run.do_compile.500' failed with exit code 1", { taskpid: 500 }),
      log(1.6, 40, 'main.c:1: error: no', { taskpid: 500 }),
      log(1.7, 40, 'of another process', { taskpid: 501 }),
      log(1.8, 30, 'QA Issue: a: odd [patch-fuzz]', { taskpid: 500 }),
      task('TaskFailed', 2, 'a', 'do_compile'),
      completed(1),
    );
    expect(build!.failures).toEqual([
      {
        row: 0,
        pf: 'a-1.0-r0',
        task: 'do_compile',
        mc: '',
        cause: 'main.c:1: error: no',
        logPath: '/tmp/work/a/1.0/temp/log.do_compile.1',
      },
    ]);
    expect(build!.qaIssues).toEqual([
      {
        qaClass: 'patch-fuzz',
        severity: 'warning',
        pf: 'a-1.0-r0',
        task: 'do_compile',
        message: 'a: odd [patch-fuzz]',
      },
    ]);
  });

  test('a task that runs twice has two rows', () => {
    const [build] = read(...begun, run('a', 'do_compile', 1, 2), run('a', 'do_compile', 5, 6), completed());
    expect(rowsOf(build!)).toEqual([
      'a-1.0-r0:do_compile succeeded 1.25..2 queued 1',
      'a-1.0-r0:do_compile succeeded 5.25..6 queued 5',
    ]);
  });

  test('a build that was killed leaves them unfinished', () => {
    const [build] = read(...begun, task('TaskStarted', 1, 'a', 'do_compile'));
    expect([build!.outcome, rowsOf(build!)]).toEqual(['lost', ['a-1.0-r0:do_compile unfinished 1..- queued -']]);
  });
});

describe('other forms of the log', () => {
  test('several builds of a resident server, the first killed in its middle and appended to', () => {
    const one = [
      init('a:do_build'),
      heartbeat(1),
      started('a:do_build'),
      variablesLine({ BUILDNAME: 'one' }),
      task('TaskStarted', 2, 'a', 'do_compile'),
    ];
    const other = (name: string, at: number) => [
      eventLine('bb.event.SanityCheck', { pid: 0, generateevents: false }),
      log(at, 20, 'x'),
      init('b:do_build'),
      started('b:do_build'),
      variablesLine({ BUILDNAME: name }),
      run('b', 'do_compile', at + 1, at + 2),
      completed(),
      commandCompleted,
    ];
    const builds = read(...one, ...other('two', 100), ...other('three', 200));
    expect(builds.map((b) => `${b.name} ${b.outcome} ${b.tasks.length} ${b.startedMs! / 1000 - T0}`)).toEqual([
      'one lost 1 1',
      'two succeeded 1 100',
      'three succeeded 1 200',
    ]);
  });

  test('multiconfig: one build, task runs with their mc, the variables that differ', () => {
    const x = { _fn: `mc:x:${PATH}a_1.0.bb`, _mc: 'x' };
    const [build, ...more] = read(
      init('mc:x:a', 'a:do_build'),
      heartbeat(1),
      started('mc:x:a:do_build', 'a:do_build'),
      variablesLine({ MACHINE: 'one', DISTRO: 'poky', BUILDNAME: 'n' }),
      started('mc:x:a:do_build', 'a:do_build'),
      variablesLine({ MACHINE: 'two', DISTRO: 'poky', BUILDNAME: 'n', BB_CURRENT_MC: 'x' }),
      run('a', 'do_compile', 2, 3),
      task('TaskStarted', 4, 'a', 'do_compile', { ...x, pid: 7 }),
      task('TaskSucceeded', 5, 'a', 'do_compile', { ...x, pid: 7 }),
      completed(),
      heartbeat(6),
      completed(),
    );
    expect(more).toEqual([]);
    expect(rowsOf(build!)).toEqual([
      'a-1.0-r0:do_compile succeeded 2.25..3 queued 2',
      'mc:x:a-1.0-r0:do_compile succeeded 4..5 queued -',
    ]);
    expect(build).toMatchObject({
      machine: 'one',
      outcome: 'succeeded',
      targets: ['mc:x:a', 'a'],
      endedMs: (T0 + 6) * 1000,
    });
    expect(build!.variables).toMatchObject({ MACHINE: 'one', 'mc:x:MACHINE': 'two' });
    expect(build!.variables).not.toHaveProperty('mc:x:DISTRO');
    expect(build!.recipes[1]!.file).toBe(`${PATH}a_1.0.bb`);
  });

  test('up to 2.6: allvariables is the first line', () => {
    const builds = read(
      variablesLine({ BUILDNAME: 'old', MACHINE: 'm' }),
      log(1, 20, 'x'),
      init('a:do_build'),
      started('a:do_build'),
      completed(),
    );
    expect(builds.map((b) => [b.name, b.machine])).toEqual([['old', 'm']]);
  });

  test('before 1.46: task events have no name but PF, and meet the recipe that the tree described', () => {
    const old = { _fn: null, pn: null, pv: null };
    const [build] = read(
      init('a:do_build'),
      started('a:do_build'),
      tree({ a: { do_compile: [] } }),
      task('TaskStarted', 1, 'a', 'do_compile', old),
      task('TaskSucceeded', 2, 'a', 'do_compile', old),
      task('TaskStarted', 3, 'stray', 'do_fetch', old),
      completed(),
    );
    expect(rowsOf(build!)).toEqual([
      'a-1.0-r0:do_compile succeeded 1..2 queued -',
      'stray-1.0-r0:do_fetch unfinished 3..- queued -',
    ]);
    expect(build!.recipes.map((r) => [r.pn, r.guessed])).toEqual([
      ['a', false],
      ['stray-1.0-r0', true],
    ]);
  });

  test('1.30 and older are refused with a sentence', () => {
    const reader = new EventLogReader({ location: '/b/old.json' });
    reader.push(
      new TextEncoder().encode(
        `{"class": "bb.event.BuildStarted", "vars": "\\"(ibb.event\\\\nBuildStarted\\\\n\\""}\n${completed()}`,
      ),
    );
    reader.end();
    expect([reader.snapshot(), reader.refused]).toEqual([[], true]);
    expect(reader.problems()).toMatchObject([{ severity: 'error', code: 'eventlog-too-old', file: 'old.json' }]);
  });

  test('other spacing of the JSON, and Windows line ends', () => {
    const lines = [init('a:do_build'), started('a:do_build'), completed()].join('');
    const tight = lines.replaceAll('": "', '":"').replaceAll('", "', '","');
    expect(read(tight)).toEqual(read(lines));
    expect(read(lines.replaceAll('\n', '\r\n'))).toEqual(read(lines));
  });
});

describe('damage', () => {
  const build = [init('a:do_build'), started('a:do_build'), run('a', 'do_compile', 1, 2), completed()];

  test('a line that is no JSON, an event that is no pickle, a line that is cut: each told with its line, the rest is read', () => {
    const cut = task('TaskStarted', 3, 'a', 'do_install').slice(0, 300);
    const [read1] = read(
      build[0]!,
      'no json at all\n',
      build[1]!,
      '{"class": "bb.build.TaskStarted", "vars": "gASVMQAA####"}\n',
      '{"class": "bb.build.TaskStarted", "vars": "gASVMQAAAAAA\\n"}\n',
      build[2]!,
      cut,
    );
    expect(read1!.problems.map((p) => `${p.code} ${p.line}`)).toEqual([
      'eventlog-line-broken 2',
      'eventlog-event-broken 4',
      'eventlog-event-broken 5',
      'eventlog-truncated 11',
    ]);
    expect(rowsOf(read1!)).toEqual(['a-1.0-r0:do_compile succeeded 1.25..2 queued 1']);
  });

  test('a last line without its newline counts', () => {
    expect(read(build.join('').trimEnd())).toEqual(read(...build));
  });

  test('a time that is none does not move the clock', () => {
    const [read1] = read(
      init('a:do_build'),
      heartbeat(1),
      started('a:do_build'),
      heartbeat(1e300),
      heartbeat(-1e12),
      completed(),
    );
    expect([read1!.startedMs, read1!.endedMs]).toEqual([(T0 + 1) * 1000, (T0 + 1) * 1000]);
  });

  test('some bytes of a log changed are read or told, never thrown', () => {
    const fixture = new Uint8Array(
      gunzipSync(readFileSync(join(import.meta.dirname, '../../../fixtures/eventlog/qa.json.gz'))),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(fixture.length - 1), fc.nat(255)), { minLength: 1, maxLength: 30 }),
        (changes) => {
          const bytes = fixture.slice();
          for (const [at, byte] of changes) bytes[at] = byte;
          for (const one of readEventLog(bytes, '/x.json')) expect(one.tasks.length).toBeGreaterThanOrEqual(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a log of pickle bombs ends, with problems', () => {
    const bomb = `{"class": "bb.event.BuildStarted", "vars": "${Buffer.from(new Uint8Array(3 << 20).fill(0x7d)).toString('base64')}"}\n`;
    const [read1] = read(init('a:do_build'), bomb, bomb, started('a:do_build'), completed());
    expect(read1!.problems.map((p) => p.code)).toEqual(['eventlog-event-broken', 'eventlog-event-broken']);
    expect(read1!.outcome).toBe('succeeded');
  });
});

describe.skipIf(!hasSharedData)('real logs', () => {
  const data = hasSharedData ? requirePart('shared-data') : '';
  test.each([
    ['01-clean', 'succeeded', 'clean', { succeeded: 664, noexec: 6 }],
    ['02-uptodate', 'succeeded', 'incremental', { existing: 4, covered: 666 }],
    ['03-incremental', 'succeeded', 'incremental', { succeeded: 67, noexec: 1, covered: 584, existing: 18 }],
    ['04-sstate', 'succeeded', 'sstate', { succeeded: 200, noexec: 1, covered: 666 }],
    [
      '05-failed-k',
      'failed',
      'incremental',
      { succeeded: 49, failed: 4, noexec: 1, covered: 666, existing: 4, 'not-run': 42 },
    ],
    ['07-noprovider', 'never-started', 'not-recorded', {}],
    ['09-interrupted-sigterm', 'lost', 'clean', { succeeded: 227, unfinished: 2, noexec: 2, 'not-run': 439 }],
    ['09b-interrupted-sigint', 'interrupted', 'clean', { succeeded: 183, noexec: 2, 'not-run': 485 }],
    ['14-qa', 'failed', 'clean', { succeeded: 62, failed: 3, noexec: 3, 'not-run': 18 }],
  ])('%s', (name, outcome, kind, counts) => {
    const file = join(data, 'bitbake-real', name, 'eventlog-w.json');
    const [build, ...more] = readEventLog(readFileSync(file), file);
    expect([more, build!.problems]).toEqual([[], []]);
    const counted: Record<string, number> = {};
    for (const task of build!.tasks.outcome) counted[TASK_OUTCOMES[task]!] = (counted[TASK_OUTCOMES[task]!] ?? 0) + 1;
    expect([build!.outcome, build!.type.kind, counted]).toEqual([outcome, kind, counts]);
  });

  test('of bitbake-getvar, -e and -p hold no build and no problem', () => {
    const folders = ['c08yyl-embed-power', 'eventlog-asaph-avanet'].map((name) =>
      join(data, 'public', name, 'build/tmp/log/eventlog'),
    );
    const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
    expect(files.length).toBe(13);
    for (const file of files) {
      const reader = new EventLogReader({ location: file });
      reader.push(readFileSync(file));
      reader.end();
      expect([file, reader.snapshot(), reader.problems()]).toEqual([file, [], []]);
    }
  });
});
