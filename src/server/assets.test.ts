import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { folderAssets } from './assets.ts';

const folder = mkdtempSync(join(tmpdir(), 'bakehouse-assets-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('files of the pages: what was read is kept, what a new build took away is not there, nothing else can be named', () => {
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'assets/old-1.js'), 'old');
  writeFileSync(join(folder, 'assets/kept-1.js'), 'kept');
  const assets = folderAssets(folder);
  expect(assets.get('assets/kept-1.js')).toMatchObject({ type: 'text/javascript; charset=utf-8', immutable: true });
  rmSync(join(folder, 'assets'), { recursive: true });
  expect(Buffer.from(assets.get('assets/kept-1.js')!.bytes).toString()).toBe('kept');
  expect(assets.get('assets/old-1.js')).toBeNull();
  expect(assets.get('index.html')).toMatchObject({ immutable: false });
  expect(assets.get('../index.html')).toBeNull();
});
