import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { hasSharedData, requirePart } from '../../test/real-parts.ts';
import { Replay } from '../../test/replay-build.ts';
import type { Build } from '../model/build.ts';
import { TASK_OUTCOMES } from '../model/task-table.ts';
import { openStore } from '../store/index.ts';
import type { SavedBuild, Store } from '../store/store.ts';
import { importPath } from './import.ts';
import { PathWatch } from './watch.ts';

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/buildstats/${name}/buildstats`, import.meta.url));

let root: string;
let tmp: string;
let store: Store;
let saved: SavedBuild[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'watch-'));
  tmp = join(root, 'tmp');
  mkdirSync(join(tmp, 'buildstats'), { recursive: true });
  store = await openStore('sqlite::memory:');
  saved = [];
});
afterEach(async () => {
  await store.close();
  rmSync(root, { recursive: true });
});

function watchOf(path: string): PathWatch {
  return new PathWatch(store, path, {
    onSaved: (build) => saved.push(build),
    onWarning: (message) => expect.unreachable(message),
  });
}

async function theBuild(): Promise<Build> {
  const { builds } = await store.listBuilds({}, { after: null, limit: 10 });
  expect(builds, 'one build, never two').toHaveLength(1);
  const build = await store.readBuild(builds[0]!.id);
  if (build === null) throw new Error('listed but not there');
  return build;
}

/** Looks every second while the build is replayed, and `afterMs` longer; gives outcome and task outcomes at each look. */
async function follow(watch: PathWatch, replay: Replay, afterMs: number) {
  const seen: { outcome: Build['outcome']; tasks: number; running: number; doubles: number }[] = [];
  for (let now = replay.startMs; now <= replay.endMs + afterMs; now += 1000) {
    replay.advance(now);
    await watch.look(now);
    const { outcome, tasks, recipes } = await theBuild();
    const names = Array.from(tasks.task, (task, row) => `${recipes[tasks.recipe[row]!]!.pf} ${tasks.taskNames[task]}`);
    seen.push({
      outcome,
      tasks: tasks.startMs.filter((ms) => !Number.isNaN(ms)).length,
      running: tasks.outcome.filter((o) => TASK_OUTCOMES[o] === 'running').length,
      doubles: names.length - new Set(names).size,
    });
  }
  return seen;
}

/** The same directory read at once into a store of its own. */
async function importedAtOnce(nowMs: number): Promise<Build> {
  const other = await openStore('sqlite::memory:');
  try {
    const { builds } = await importPath(other, tmp, { nowMs });
    expect(builds).toHaveLength(1);
    const build = await other.readBuild(builds[0]!.id);
    if (build === null) throw new Error('not imported');
    return build;
  } finally {
    await other.close();
  }
}

describe('a build that is replayed in time', () => {
  it.each([
    ['real-04-sstate', '20261121010143', 'succeeded'],
    ['real-05-failed-k', null, 'failed'],
  ])(
    '%s grows, is never there twice, loses no task and is at last what an import gives',
    async (name, build, outcome) => {
      const source = join(fixture(name), build ?? (await onlyFolder(fixture(name))));
      const replay = new Replay(source, join(tmp, 'buildstats', build ?? '20261121000000'));
      const watch = watchOf(root);
      watch.prime();
      const seen = await follow(watch, replay, 4000);

      expect(seen[0]).toMatchObject({ outcome: 'running', tasks: 0 });
      expect(seen.at(-1)).toMatchObject({ outcome, running: 0, doubles: 0 });
      expect(seen.some(({ running }) => running > 0)).toBe(true);
      for (const [i, { tasks, doubles }] of seen.entries()) {
        expect(doubles).toBe(0);
        if (i > 0) expect(tasks).toBeGreaterThanOrEqual(seen[i - 1]!.tasks);
      }
      // Saved at most every two seconds, and no more when nothing happens.
      expect(saved.length).toBeLessThanOrEqual(seen.length / 2 + 2);
      const after = saved.length;
      await watch.look(replay.endMs + 300_000);
      expect(saved).toHaveLength(after);
      expect(await theBuild()).toEqual(await importedAtOnce(replay.endMs + 4000));
    },
  );
});

async function onlyFolder(path: string): Promise<string> {
  const { readdirSync } = await import('node:fs');
  const [name = '', ...more] = readdirSync(path);
  expect(more).toEqual([]);
  return name;
}

test.skipIf(!hasSharedData)('a build with its event log beside it is one build from the first look on', async () => {
  const real = join(requirePart('shared-data'), 'bitbake-real', '04-sstate');
  const replay = new Replay(
    join(fixture('real-04-sstate'), '20261121010143'),
    join(tmp, 'buildstats', '20261121010143'),
    {
      from: join(real, 'eventlog-w.json'),
      to: join(tmp, 'log', 'eventlog', '20261121010143.json'),
    },
  );
  const watch = watchOf(root);
  watch.prime();
  const seen = await follow(watch, replay, 15_000);
  expect(seen.at(-1)).toMatchObject({ outcome: 'succeeded', running: 0, doubles: 0 });
  const build = await theBuild();
  expect(build.sources.map((source) => source.kind).sort()).toEqual(['buildstats', 'eventlog']);
  expect(build.machine).toBe('qemux86-64');
  const { problems, ...rest } = build;
  const { problems: _, ...expected } = await importedAtOnce(replay.endMs + 15_000);
  expect(rest).toEqual(expected);
  expect(problems.filter((p) => p.severity === 'error')).toEqual([]);
});

describe('what is there already', () => {
  it('is left alone when it is over, and taken up when it changed while it was imported', async () => {
    const source = join(fixture('real-04-sstate'), '20261121010143');
    cpSync(source, join(tmp, 'buildstats', '20261121010143'), { recursive: true });
    const watch = watchOf(tmp);
    watch.prime();
    await importPath(store, tmp, {});
    await watch.look(Date.now());
    await watch.look(Date.now() + 1000);
    expect(saved).toEqual([]);
    expect(watch.running).toBe(false);
  });

  it('is taken up when it is running, whether primed before or after', async () => {
    const source = join(fixture('real-04-sstate'), '20261121010143');
    const replay = new Replay(source, join(tmp, 'buildstats', '20261121010143'));
    const half = (replay.startMs + replay.endMs) / 2;
    replay.advance(half);
    const watch = watchOf(join(tmp, 'buildstats'));
    watch.prime();
    await importPath(store, tmp, { nowMs: half });
    await watch.look(half + 1000);
    expect(watch.running).toBe(true);
    replay.advance(replay.endMs);
    await watch.look(replay.endMs + 3000);
    expect((await theBuild()).outcome).toBe('succeeded');
    expect(watch.running).toBe(false);
  });

  it('may vanish and come back: tmp is removed before a clean build', async () => {
    const watch = watchOf(root);
    watch.prime();
    rmSync(tmp, { recursive: true });
    await watch.look(1000);
    cpSync(join(fixture('real-04-sstate'), '20261121010143'), join(tmp, 'buildstats', '20261121010143'), {
      recursive: true,
    });
    await watch.look(60_000);
    expect((await theBuild()).outcome).toBe('succeeded');
    rmSync(tmp, { recursive: true });
    await watch.look(120_000);
    expect((await theBuild()).tasks.length).toBeGreaterThan(100);
  });
});

describe('a killed build', () => {
  it('is lost after ten minutes of silence', async () => {
    const source = join(fixture('real-04-sstate'), '20261121010143');
    const replay = new Replay(source, join(tmp, 'buildstats', '20261121010143'));
    const watch = watchOf(root);
    watch.prime();
    const killed = replay.startMs + 10_000;
    replay.advance(killed);
    await watch.look(killed);
    expect((await theBuild()).outcome).toBe('running');
    for (let s = 60; s <= 720; s += 60) await watch.look(killed + s * 1000);
    const build = await theBuild();
    expect(build.outcome).toBe('lost');
    expect([...build.tasks.outcome].some((o) => TASK_OUTCOMES[o] === 'running')).toBe(false);
    expect(watch.running).toBe(false);
  });
});

describe('a store that fails for a while', () => {
  it('loses nothing: the warning is said once and the build is saved later', async () => {
    const replay = new Replay(
      join(fixture('real-04-sstate'), '20261121010143'),
      join(tmp, 'buildstats', '20261121010143'),
    );
    const warnings: string[] = [];
    let broken = true;
    const failing: Store = {
      ...store,
      saveBuild: (id, build, options) =>
        broken ? Promise.reject(new Error('disk full')) : store.saveBuild(id, build, options),
    };
    const watch = new PathWatch(failing, root, { onWarning: (message) => warnings.push(message) });
    watch.prime();
    replay.advance(replay.endMs);
    for (let s = 0; s < 90; s++) await watch.look(replay.endMs + s * 1000);
    expect(warnings).toEqual(['A running build could not be saved: disk full']);
    broken = false;
    for (let s = 90; s < 130; s++) await watch.look(replay.endMs + s * 1000);
    expect((await theBuild()).outcome).toBe('succeeded');
  });
});

test('a record grows in the store while its client writes it, and a build whose client was killed is lost', async () => {
  const written = new URL('../../fixtures/record/written-failed-keep-going/record.jsonl', import.meta.url);
  const lines = readFileSync(written, 'utf8').trimEnd().split('\n');
  const told = lines.filter((line) => !line.startsWith('{"type":"end"'));
  const dir = join(root, 'bakehouse', '20261121000000-00000000');
  mkdirSync(dir, { recursive: true });
  mkdirSync(join(root, 'conf'));
  const file = join(dir, 'record.jsonl');
  const watch = watchOf(root);
  watch.prime();
  const startMs = Date.UTC(2026, 11, 1);
  const append = (text: string, now: number): void => {
    appendFileSync(file, text);
    utimesSync(file, now / 1000, now / 1000);
  };
  const outcomes: string[] = [];
  let now = startMs;
  for (const line of told) {
    // The outcome comes last: until then the build runs.
    const text = line.startsWith('{"type":"build"') ? line.replace('"outcome":"failed",', '') : line;
    append(`${text}\n`, now);
    await watch.look(now);
    if (saved.length > 0) outcomes.push((await theBuild()).outcome);
    now += 3000;
  }
  expect(new Set(outcomes)).toEqual(new Set(['running']));
  expect(watch.running).toBe(true);
  expect((await theBuild()).tasks.length).toBeGreaterThan(500);
  // Silence for two minutes, then the client is started again and ends its record.
  for (let silent = 0; silent < 170_000; silent += 10_000) await watch.look(now + silent);
  expect((await theBuild()).outcome).toBe('lost');
  now += 170_000;
  append('{"type":"build","outcome":"failed"}\n{"type":"end"}\n', now);
  await watch.look(now);
  expect((await theBuild()).outcome).toBe('failed');
});

test('of a release without event logs the cooker log tells the rest, and what could not start', async () => {
  const cooker = join(tmp, 'log', 'cooker', 'qemux86-64');
  mkdirSync(cooker, { recursive: true });
  const fixtures = fileURLToPath(new URL('../../fixtures/', import.meta.url));
  const watch = watchOf(tmp);
  watch.prime();
  const log = readFileSync(join(fixtures, 'cooker-log/20261121010121.log'), 'utf8');
  const file = join(cooker, '20261121010121.log');
  const half = log.indexOf('NOTE: Running task 219');
  const now = Date.UTC(2026, 10, 21, 1, 1, 33);
  const write = (path: string, text: string): void => {
    appendFileSync(path, text);
    utimesSync(path, now / 1000, now / 1000);
  };
  write(file, log.slice(0, half));
  cpSync(join(fixtures, 'buildstats/real-05-failed-k/buildstats'), join(tmp, 'buildstats'), { recursive: true });
  await watch.look(now);
  const early = await theBuild();
  expect(early).toMatchObject({ machine: 'qemux86-64', bitbakeVersion: '2.19.0' });
  expect(early.failures.filter(({ cause }) => cause !== null)).toHaveLength(1);
  write(file, log.slice(half));
  await watch.look(now + 5000);
  const late = await theBuild();
  expect(late.failures.filter(({ cause }) => cause !== null)).toHaveLength(3);
  expect(late.qaIssues).toHaveLength(2);
  expect(late.outcome).toBe('failed');
  // The next command does not get as far as a directory.
  write(join(cooker, '20261121010135.log'), "ERROR: Nothing PROVIDES 'no-such-recipe'\n");
  await watch.look(now + 20_000);
  const { builds } = await store.listBuilds({}, { after: null, limit: 10 });
  expect(builds.map(({ outcome }) => outcome).sort()).toEqual(['failed', 'never-started']);
});
