/** A log that came with a build, on its page: head and tail, the line that says why, the middle as it is asked for, all of it to keep. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawBuild } from '../../src/model/draw-build.ts';
import { folderAssets } from '../../src/server/assets.ts';
import { type RunningServer, readSettings, startServer } from '../../src/server/index.ts';
import { openBlobs } from '../../src/store/blobs/index.ts';
import { openStore } from '../../src/store/index.ts';
import { hashOf } from '../blob-store-promise.ts';
import { hasChromium } from '../real-parts.ts';
import { buildPages, launch, openPage } from './browser.ts';

const ID = '00000001-0000-4000-8000-000000000000';

describe.skipIf(!hasChromium)('a log in a browser', () => {
  let folder: string;
  let pages: Awaited<ReturnType<typeof buildPages>>;
  let browser: Browser;
  let server: RunningServer;
  const lines = Array.from({ length: 30_000 }, (_, n) => `line ${n + 1} ${'of a long log '.repeat(n % 9)}`);
  lines[29_990] = "zlib.c:12:3: error: 'x' undeclared";
  const text = `${lines.join('\n')}\n`;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'logs-'));
    const settings = await readSettings({
      flags: { port: 0, data: join(folder, 'data'), logLevel: 'error' },
      environment: {},
      folder,
      terminal: false,
    });
    mkdirSync(join(folder, 'data'));
    const store = await openStore(settings.database);
    const blob = hashOf(Buffer.from(text));
    await openBlobs(settings.blobs).put(blob, [Buffer.from(text)], 1e9);
    const failed = { row: 0, pf: 'zlib-1.3-r0', task: 'do_compile', mc: '' };
    await store.saveBuild(ID, {
      ...drawBuild('zlib_1.3:do_compile ===F'),
      outcome: 'failed',
      failures: [{ ...failed, cause: null, logPath: null }],
      logs: [{ ...failed, kind: 'failure', blob, bytes: text.length, originalBytes: null }],
    });
    await store.close();
    pages = await buildPages();
    [browser, server] = await Promise.all([launch(), startServer(settings, { assets: folderAssets(pages.folder) })]);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    pages?.remove();
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  test('is read to the middle, and kept', { timeout: 120_000 }, async () => {
    const { page, complaints } = await openPage(browser, server);
    page.setDefaultTimeout(30_000);
    await page.goto(`${server.url}/b/${ID}/problems?log=0`);
    const log = page.locator('pre', { hasText: 'line 1 ' }).last();
    await log.waitFor();
    // The cause was found in the log, and its line is where the reader is led.
    expect(await page.getByText("error: 'x' undeclared").count()).toBeGreaterThan(1);
    await page.getByText(/30,000 lines, the middle left out/).waitFor();
    expect(await log.innerText()).not.toContain('line 15000 ');
    const more = page.getByRole('button', { name: /^Show more of [\d,]+ lines left out here$/ });
    for (let n = 0; (await more.count()) > 0; n++) {
      expect(n).toBeLessThan(10);
      const left = await more.innerText();
      await more.click();
      await page.getByText(left, { exact: true }).waitFor({ state: 'detached' });
    }
    expect((await log.innerText()).trimEnd()).toBe(text.trimEnd());
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).last().click(),
    ]);
    expect(download.suggestedFilename()).toBe('zlib-1.3-r0.log.do_compile.txt');
    expect(readFileSync((await download.path())!, 'utf8')).toBe(text);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
