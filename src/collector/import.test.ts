import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasSharedData, requirePart } from '../../test/real-parts.ts';
import { drawBuild } from '../model/draw-build.ts';
import { BakehouseError } from '../model/errors.ts';
import { openStore } from '../store/index.ts';
import type { Store } from '../store/store.ts';
import { importPath, saveAccount } from './import.ts';
import { buildId, hostId, uuidV5, withHostId } from './origin.ts';

describe('origin', () => {
  const build = drawBuild('a:do_compile ===', {
    name: '20261101000000',
    sources: [{ kind: 'buildstats', location: '/a/20261101000000' }],
  });
  const alpha = { ...build.host, name: 'alpha' };

  test('a version 5 UUID as the standard makes it', () => {
    // RFC 9562, A.4.
    expect(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });

  test('host, name and start make the id; where it was found does not', () => {
    const id = buildId({ ...build, host: alpha });
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(buildId({ ...build, host: alpha, sources: [] })).toBe(id);
    expect(buildId(withHostId({ ...build, host: alpha }))).toBe(id);
    expect(buildId({ ...build, host: { ...alpha, name: 'beta' } })).not.toBe(id);
    expect(buildId({ ...build, host: alpha, name: 'x' })).not.toBe(id);
    expect(buildId({ ...build, host: alpha, startedMs: 1 })).not.toBe(id);
    expect(hostId('alpha')).not.toContain('alpha');
  });

  test('without a host the place stands for it', () => {
    const id = buildId(build);
    expect(buildId(build)).toBe(id);
    expect(buildId({ ...build, sources: [{ kind: 'buildstats', location: '/b/20261101000000' }] })).not.toBe(id);
  });
});

describe('import', () => {
  let folder: string;
  let store: Store;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bakehouse-import-'));
    store = await openStore('sqlite::memory:');
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  function write(name: string, tasks: Readonly<Record<string, readonly [number, number | null]>>): string {
    const dir = join(folder, 'buildstats', name);
    mkdirSync(join(dir, 'busybox-1.36.1-r0'), { recursive: true });
    const started = 1_795_222_800;
    const ends = Object.values(tasks).map(([, end]) => end);
    const lines = ['Host Info: Linux alpha 6.1.0 #1 SMP x86_64 x86_64', `Build Started: ${started}.00`];
    if (!ends.includes(null)) lines.push(`Build Ended: ${started + 100}.00`, 'Elapsed time: 100.00 seconds');
    writeFileSync(join(dir, 'build_stats'), `${lines.join('\n')}\n`);
    for (const [task, [from, to]] of Object.entries(tasks)) {
      const text = [`Event: TaskStarted `, `Started: ${started + from}.00 `];
      if (to !== null) {
        text.push(`busybox-1.36.1-r0: ${task}`, `Elapsed time: ${to - from}.00 seconds`, 'utime: 7');
        text.push('Status: PASSED ', `Ended: ${started + to}.00 `);
      }
      writeFileSync(join(dir, 'busybox-1.36.1-r0', task), `${text.join('\n')}\n`);
    }
    return dir;
  }

  test('reading twice changes nothing', async () => {
    write('20261121010000', { do_fetch: [0, 10], do_compile: [10, 90] });
    const first = await importPath(store, folder);
    expect(first).toMatchObject({ imported: 1, unchanged: 0, failed: 0, problems: [] });
    const again = await importPath(store, folder);
    expect(again).toMatchObject({ imported: 0, unchanged: 1, failed: 0 });
    expect(again.builds[0]).toEqual({ ...first.builds[0], changed: false });
    expect(await store.countBuilds()).toBe(1);
    expect((await store.readHead(first.builds[0]!.id))?.host).toMatchObject({ name: 'alpha', id: hostId('alpha') });
  });

  test('a build that grew is the same build; what is gone from it is gone', async () => {
    write('20261121010000', { do_fetch: [0, 10], do_compile: [10, null] });
    const [first] = (await importPath(store, folder)).builds;
    const dir = write('20261121010000', { do_compile: [10, 90], do_install: [90, 95] });
    rmSync(join(dir, 'busybox-1.36.1-r0', 'do_fetch'));
    const second = await importPath(store, folder);
    expect(second).toMatchObject({ imported: 1, unchanged: 0 });
    expect(second.builds[0]!.id).toBe(first!.id);
    expect((await store.readTaskTable(first!.id, []))?.taskNames).toEqual(['do_compile', 'do_install']);
  });

  test('the copy of a build is that build, known from two places', async () => {
    const dir = write('20261121010000', { do_compile: [10, 90] });
    await importPath(store, dir);
    cpSync(dir, join(folder, 'elsewhere', '20261121010000'), { recursive: true });
    const copied = await importPath(store, join(folder, 'elsewhere'));
    expect(await store.countBuilds()).toBe(1);
    expect((await store.readHead(copied.builds[0]!.id))?.sources).toHaveLength(2);
    expect((await importPath(store, folder)).imported).toBe(0);
  });

  test('an account without a host joins the build it tells of, whichever comes first', async () => {
    const directory = withHostId(
      drawBuild('a:do_compile ===  cputime=2\nb:do_compile  ====', {
        name: '20261121010000',
        host: { ...drawBuild('a:do_x =').host, name: 'alpha' },
        sources: [{ kind: 'buildstats', location: '/x/20261121010000' }],
      }),
    );
    const log = drawBuild('a:do_compile ===\nb:do_compile  ====', {
      name: '20261121010000',
      machine: 'qemux86-64',
      sources: [{ kind: 'eventlog', location: '/x/log.json' }],
      startedMs: directory.startedMs! + 2000,
    });
    for (const accounts of [
      [directory, log],
      [log, directory],
    ]) {
      const saved = [];
      for (const account of [...accounts, ...accounts]) saved.push(await saveAccount(store, account));
      expect(new Set(saved.map((s) => s.id)).size).toBe(1);
      expect(saved.map((s) => s.changed)).toEqual([true, true, false, false]);
      const { id } = saved[0]!;
      const summary = await store.readSummary(id);
      expect(summary).toMatchObject({ machine: 'qemux86-64', hostName: 'alpha', cpuTimeS: 2 });
      await store.deleteBuild(id);
    }
  });

  test('two accounts of a new build that are imported at the same instant become one build', async () => {
    const directory = withHostId(
      drawBuild('a:do_compile ===  cputime=2\nb:do_compile  ====', {
        name: '20261121010000',
        host: { ...drawBuild('a:do_x =').host, name: 'alpha' },
        sources: [{ kind: 'buildstats', location: '/x/20261121010000' }],
      }),
    );
    const log = drawBuild('a:do_compile ===\nb:do_compile  ====', {
      name: '20261121010000',
      machine: 'qemux86-64',
      sources: [{ kind: 'eventlog', location: '/x/log.json' }],
    });
    // Both look for the build before either has saved; then they go on in one order and in the other, or both at once.
    for (const order of [[0], [1], []]) {
      let looked = 0;
      let both = () => {};
      const barrier = new Promise<void>((resolve) => {
        both = resolve;
      });
      const turn: Promise<unknown>[] = [];
      const save = (account: typeof log, number: number) => {
        let first = true;
        return saveAccount(
          {
            ...store,
            findByOrigin: async (question) => {
              const found = await store.findByOrigin(question);
              if (!first) return found;
              first = false;
              if (++looked === 2) both();
              await barrier;
              if (order.length > 0 && order[0] !== number) await turn[order[0]!];
              return found;
            },
          },
          account,
        );
      };
      turn.push(save(directory, 0));
      turn.push(save(log, 1));
      await Promise.all(turn);
      expect(await store.countBuilds()).toBe(1);
      const id = buildId(directory);
      expect(await store.readSummary(id)).toMatchObject({ machine: 'qemux86-64', hostName: 'alpha', cpuTimeS: 2 });
      expect((await store.readHead(id))?.sources).toHaveLength(2);
      await store.deleteBuild(id);
    }
  });

  test('an account that cannot be saved does not stop the others', async () => {
    write('20261121010000', { do_compile: [10, 90] });
    write('20261121020000', { do_install: [10, 90] });
    const refusing: Store = {
      ...store,
      saveBuild: async (id, build, options) => {
        if (build.name === '20261121010000') throw new BakehouseError('too-large', 'Refused.');
        return store.saveBuild(id, build, options);
      },
    };
    const result = await importPath(refusing, folder);
    expect(result).toMatchObject({ imported: 1, failed: 1 });
    expect(result.problems.map((problem) => problem.code)).toEqual(['build-not-saved']);
  });

  test('stops when told to', async () => {
    write('20261121010000', { do_compile: [10, 90] });
    await expect(importPath(store, folder, { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(await store.countBuilds()).toBe(0);
    await expect(importPath(store, join(folder, 'nothing'))).rejects.toMatchObject({ code: 'not-found' });
  });

  test.skipIf(!hasSharedData)('real builds, read twice', async () => {
    const path = join(requirePart('shared-data'), 'bitbake-real');
    const first = await importPath(store, path);
    expect(first.imported).toBeGreaterThan(0);
    expect(first.failed).toBe(0);
    const again = await importPath(store, path);
    expect(again).toMatchObject({ imported: 0, unchanged: first.builds.length });
  });
});
