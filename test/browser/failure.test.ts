/** A failure on its page and the log that came with it: the line that says why, any line of a long log, words in it, all of it to keep. */
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

describe.skipIf(!hasChromium)('a failure in a browser', () => {
  let folder: string;
  let pages: Awaited<ReturnType<typeof buildPages>>;
  let browser: Browser;
  let server: RunningServer;
  // Longer than browsers make an element high: 900,000 lines would do.
  const lines = Array.from({ length: 1_200_000 }, (_, n) => `line ${n + 1}`);
  lines[399] = '\u001b[32mgreen from here';
  lines[402] = 'to here\u001b[m, and here';
  lines[999_990] = "\u001b[01;31mzlib.c:12:3: error: 'x' undeclared\u001b[m";
  lines[999_995] = `a long one ${'of many words '.repeat(400)}`;
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
    if (folder !== undefined) rmSync(folder, { recursive: true });
  });

  test('leads to the line that says why, and to any other', { timeout: 120_000 }, async () => {
    const { page, complaints } = await openPage(browser, server);
    page.setDefaultTimeout(30_000);
    await page.goto(`${server.url}/b/${ID}/problems?log=0`);
    const log = page.getByRole('region', { name: 'Lines of the log' });
    await log.getByText("error: 'x' undeclared").waitFor();
    await page.getByText('1,200,000 lines').waitFor();
    // Lines that are nowhere near the screen are not in the page.
    expect(await log.getByRole('link').count()).toBeLessThan(120);

    // Pointed at: in the address, with a neighbour by shift.
    await log.getByRole('link', { name: 'Line 999989' }).click();
    await log.getByRole('link', { name: 'Line 999991' }).click({ modifiers: ['Shift'] });
    await page.waitForURL(/#L999989-L999991$/);
    await page.getByRole('button', { name: 'Copy 3 lines' }).waitFor();

    // To both ends by the bar, and past where an element of the page would end.
    await log.evaluate((box) => box.scrollTo(0, box.scrollHeight));
    await log.getByText('line 1200000', { exact: true }).waitFor();
    await log.evaluate((box) => box.scrollTo(0, 0));
    await log.getByText('line 1', { exact: true }).waitFor();
    await log.focus();
    await page.keyboard.press('End');
    await log.getByText('line 1200000', { exact: true }).waitFor();

    // Words, in all of it.
    await page.getByRole('searchbox', { name: 'Find in the log' }).fill('LINE 77777');
    await page.getByText('11 lines').waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('n');
    await page.waitForURL(/find=LINE\+77777#L77777$/);
    await log.locator('mark').first().waitFor();
    await page.keyboard.press('n');
    await page.waitForURL(/#L777770$/);
    await page.keyboard.press('e');
    await page.waitForURL(/#L999991$/);
    await log.getByText("error: 'x' undeclared").waitFor();
    await page.keyboard.press('w');
    await page.waitForURL(/wrap=1/);
    await log.getByText('of many words of many words').waitFor();
    expect(await log.evaluate((box) => box.scrollWidth <= box.clientWidth)).toBe(true);

    // A link to lines leads to them; colours come along from lines above.
    await page.goto(`${server.url}/b/${ID}/problems?log=0#L402`);
    const green = log.getByText('line 402', { exact: true });
    await green.waitFor();
    expect(await green.locator('xpath=ancestor-or-self::span[contains(@class,"ink2")]').count()).toBe(1);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).last().click(),
    ]);
    expect(download.suggestedFilename()).toBe('zlib-1.3-r0.log.do_compile.txt');
    expect(readFileSync((await download.path())!, 'utf8') === text).toBe(true);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('has a page that a build leads to, on a phone and without scripts', { timeout: 120_000 }, async () => {
    const { page, complaints } = await openPage(browser, server, { width: 400, height: 800 });
    page.setDefaultTimeout(30_000);
    await page.goto(`${server.url}/b/${ID}/problems`);
    await page.getByRole('link', { name: 'Where else' }).click();
    await page.waitForURL(/\/buildstats\/f\/00000001\.[0-9a-f]{6}$/);
    await page.getByRole('heading', { name: 'zlib-1.3-r0 do_compile failed' }).waitFor();
    await page.locator('pre strong', { hasText: "error: 'x' undeclared" }).waitFor();
    await page.getByRole('region', { name: 'Lines of the log' }).getByText("error: 'x' undeclared").waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(400);
    expect(await page.title()).toMatch(/^zlib-1\.3-r0 do_compile failed: zlib\.c:12:3: error: 'x' undeclared/);
    expect(complaints).toEqual([]);

    const still = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 400, height: 800 } });
    const words = await still.newPage();
    await words.goto(page.url().replace('/buildstats/f/', '/f/'));
    await words.getByRole('heading', { name: /do_compile failed: zlib\.c:12:3/ }).waitFor();
    expect(await words.locator('pre').last().innerText()).toContain("999991 zlib.c:12:3: error: 'x' undeclared");
    await still.close();
    await page.close();
  });
});
