import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { drawBuild } from '../../model/draw-build.ts';
import { openStore } from '../../store/index.ts';
import { runForTest } from '../run-for-test.ts';

const ID = '00000001-0000-4000-8000-000000000000';
let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keeping-'));
  const store = await openStore(`sqlite:${join(folder, 'bakehouse.db')}`);
  await store.saveBuild(ID, drawBuild('gcc:do_compile ===='), {
    access: { visibility: 'public', owner: null, receivedMs: Date.UTC(2026, 0, 1) },
  });
  await store.close();
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (...argv: string[]) => runForTest([...argv, '--data', folder], { folder });

test('retention says what would go, takes it, and leaves what is pinned', async () => {
  expect(await run('retention', '--dry-run')).toMatchObject({ code: 0, out: 'Nothing would go.\n' });
  const old = ['--keep-builds-days', '30'];
  expect((await run('retention', '--dry-run', ...old)).out).toMatch(/^Would go:\n +1 +[\d.]+ \w+ +builds\n$/);
  expect((await run('pin', '00000001')).out).toBe(`${ID} is kept whatever its age.\n`);
  expect((await run('retention', ...old)).out).toBe('Nothing had to go.\n');
  expect((await run('unpin', ID)).code).toBe(0);
  expect(JSON.parse((await run('retention', '--json', ...old)).out)).toMatchObject({
    dryRun: false,
    items: [{ kind: 'builds', count: 1 }],
  });
  expect((await run('pin', ID)).code).toBe(3);
  expect((await run('retention', '--keep-logs-days', 'soon')).code).toBe(2);
});

test('backup and restore, in words', async () => {
  const { code, out } = await run('backup', 'saved');
  expect(code).toBe(0);
  expect(out).toMatch(/saved holds the database \([\d.]+ \w+\) and 0 blobs, 0 of them new\.\n$/);
  expect((await run('restore', 'saved')).err).toContain('There is a store at');
  const other = join(folder, 'other');
  expect((await runForTest(['restore', 'saved', '--data', other], { folder })).out).toBe(
    'Restored what was backed up at 2026-11-21 00:00:00 UTC, with 0 blobs.\n',
  );
  expect(existsSync(join(other, 'bakehouse.db'))).toBe(true);
  expect((await runForTest(['list', '--data', other], { folder })).out).toContain('00000001');
});
