/** The search as people use it: the box of the frame and its page, by keys, by mouse, on a phone. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawBuild } from '../../src/model/draw-build.ts';
import type { OperationContext } from '../../src/operations/context.ts';
import { runOperation } from '../../src/operations/run.ts';
import type { RunningServer } from '../../src/server/index.ts';
import { memoryBlobs } from '../../src/store/blobs/index.ts';
import { openStore } from '../../src/store/index.ts';
import { CONSOLE } from '../../src/store/store.ts';
import { hasChromium } from '../real-parts.ts';
import { beyondWindow, buildPages, launch, openPage, startData } from './browser.ts';

const PASSWORD = 'correct horse battery';
const CAUSE = "a.c:1: error: no 'x'";

/** gcc fails in two of four builds; busybox in none. */
async function prepare(folder: string): Promise<void> {
  const store = await openStore(`sqlite:${join(folder, 'bakehouse.db')}`);
  const context: OperationContext = {
    store,
    wholeStore: store,
    blobs: memoryBlobs(),
    viewer: CONSOLE,
    collector: null,
    now: Date.now,
    version: '1',
    logRoots: [],
    sample: null,
    reportTemplate: null,
  };
  await runOperation(context, 'add-account', { name: 'ada', role: 'member', password: PASSWORD });
  const startedMs = Date.now() - 3_600_000;
  for (let n = 1; n <= 4; n++) {
    const failed = n % 2 === 0;
    const drawn = drawBuild(`gcc:do_compile ==${failed ? 'F' : ''}\nbusybox:do_compile ==`);
    await store.saveBuild(`a111111${n}-1111-4111-8111-11111111111${n}`, {
      ...drawn,
      name: `2026112709000${n}`,
      targets: [n < 4 ? 'core-image-minimal' : 'core-image-sato'],
      machine: n < 3 ? 'qemuarm' : 'qemux86-64',
      distro: 'poky',
      startedMs: startedMs + n * 60_000,
      endedMs: startedMs + n * 60_000 + 40_000,
      outcome: failed ? 'failed' : 'succeeded',
      failures: drawn.failures.map((failure) => ({ ...failure, cause: CAUSE })),
    });
  }
  await store.close();
}

describe.skipIf(!hasChromium)('the search in a browser', () => {
  let pages: Awaited<ReturnType<typeof buildPages>>;
  let browser: Browser;
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bakehouse-search-'));
    await prepare(folder);
    pages = await buildPages();
    [browser, server] = await Promise.all([launch(), startData(pages.folder, folder)]);
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const box = (page: Page) => page.getByRole('combobox', { name: /^Search builds/ });
  const asked = (page: Page): string | null => new URL(page.url()).searchParams.get('q');
  const focused = (page: Page): Promise<string | null> =>
    page.evaluate('document.activeElement?.getAttribute("aria-label")');

  test('from another page by / alone: hits while one types, Enter for all of them, Escape leaves', async () => {
    const { page, complaints } = await openPage(browser, server);
    await page.goto(`${server.url}/recipes`);
    await page.getByRole('heading', { name: 'Recipes' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('gcc');
    await page
      .getByRole('option', { name: /gcc.*do_compile/ })
      .first()
      .waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByRole('option').count()).toBe(0);
    // No longer in the box: this is the key of the list.
    await page.keyboard.press('i');
    await expect.poll(() => focused(page)).toMatch(/recipe/i);
    await page.keyboard.press('Control+/');
    await expect.poll(() => focused(page)).toMatch(/^Search builds/);
    await box(page).fill('gcc');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/search\?q=gcc/);
    await page.getByRole('region', { name: 'Failures' }).getByText(CAUSE).first().waitFor();
    // One box, that of the page.
    expect(await box(page).count()).toBe(1);

    await page.goto(server.url);
    await page.getByRole('heading', { name: 'Builds' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('busy');
    await page.getByRole('option', { name: /^busybox/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/recipes\/busybox/);
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: /^Find builds/ }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('an answer that comes late is not shown for what was typed since', async () => {
    const { page } = await openPage(browser, server);
    await page.goto(`${server.url}/recipes`);
    await page.getByRole('heading', { name: 'Recipes' }).waitFor();
    let late = 0;
    await page.route(/\/api\/v1\/search\?q=gcc&/, async (route) => {
      late++;
      await new Promise((resolve) => setTimeout(resolve, 1500));
      // Broken off by then.
      await route.continue().catch(() => undefined);
    });
    const broken = page.waitForEvent('requestfailed', (request) => request.url().includes('q=gcc&'));
    await page.keyboard.press('/');
    await page.keyboard.type('gcc');
    await expect.poll(() => late).toBe(1);
    await box(page).fill('busybox');
    await broken;
    await page.getByRole('option', { name: /^busybox/ }).waitFor();
    expect(await page.getByRole('option', { name: /gcc/ }).count()).toBe(0);
    await page.close();
  });

  test('keys and values are offered, a facet is a part of the text, and what is wrong says where', async () => {
    const { page, complaints } = await openPage(browser, server);
    await page.goto(`${server.url}/search`);
    await box(page).click();
    await page.keyboard.type('mach');
    await page.getByRole('option', { name: /^machine:/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await box(page).inputValue()).toBe('machine:');
    await page.keyboard.type('x86');
    await page.getByRole('option', { name: /^qemux86-64/ }).click();
    expect(await box(page).inputValue()).toBe('machine:qemux86-64 ');
    await page.keyboard.press('Enter');
    await expect.poll(() => asked(page)).toBe('machine:qemux86-64');
    await page.getByRole('tab', { name: 'Builds 2' }).waitFor();

    await page.getByRole('button', { name: /^machine: qemux86-64/ }).click();
    await page.getByRole('checkbox', { name: /qemuarm/ }).check();
    await expect.poll(() => asked(page)).toBe('machine:qemuarm,qemux86-64');
    expect(await box(page).inputValue()).toBe('machine:qemuarm,qemux86-64');
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: /^Show in/ }).click();
    await page.getByRole('list', { name: 'Pages' }).getByRole('link', { name: 'List' }).click();
    await page.waitForURL(/machine=qemuarm(,|%2C)qemux86-64/);
    await page.getByRole('link', { name: 'Search for these builds' }).click();
    await expect.poll(() => asked(page)).toBe('machine:qemuarm,qemux86-64');
    await page.goto(`${server.url}/search?q=recipe:gcc`);
    await page.getByRole('button', { name: /^Show in/ }).click();
    await page.getByText('No other page can show this search').waitFor();
    await page.keyboard.press('Escape');

    await box(page).fill('recpe:gcc x');
    await page.getByText('is recipe: meant?').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a search is kept by name, opened again and forgotten; its feed and its files answer', async () => {
    const { page, complaints } = await openPage(browser, server);
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'ada' }).waitFor();
    await page.goto(`${server.url}/search?q=status:failed&kind=failures`);
    await page.getByRole('button', { name: /^Saved/ }).click();
    await page.getByLabel('Name of this search').fill('red');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Delete red' }).waitFor();

    await page.goto(`${server.url}/search`);
    await page.getByRole('button', { name: /^Saved 1/ }).click();
    await page.getByRole('link', { name: 'red' }).click();
    await page.waitForURL(/q=status(:|%3A)failed&kind=failures/);
    await page.getByRole('tab', { name: 'Failures 2' }).waitFor();

    const feed = await page.getByRole('link', { name: 'Feed' }).getAttribute('href');
    await page.getByRole('button', { name: /^Export/ }).click();
    const csv = await page.getByRole('menuitem', { name: /^CSV/ }).getAttribute('href');
    await page.keyboard.press('Escape');
    const [atom, file] = await Promise.all(
      [feed, csv].map((href) => page.request.get(new URL(href ?? '', page.url()).href)),
    );
    expect([atom!.status(), atom!.headers()['content-type']]).toEqual([200, 'application/atom+xml; charset=utf-8']);
    expect((await atom!.text()).match(/<entry>/g)).toHaveLength(2);
    expect((await file!.text()).trim().split('\r\n')).toHaveLength(3);

    await page.getByRole('button', { name: /^Saved 1/ }).click();
    await page.getByRole('button', { name: 'Delete red' }).click();
    await page.getByText('No search is kept yet.').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('on a phone the box comes out of its icon, over the bar', async () => {
    const { page, complaints } = await openPage(browser, server, { width: 400, height: 800 });
    await page.goto(`${server.url}/recipes`);
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await expect.poll(() => focused(page)).toMatch(/^Search builds/);
    await page.keyboard.type('gcc');
    const hit = page.getByRole('option', { name: /do_compile/ }).first();
    await hit.waitFor();
    expect(await beyondWindow(page)).toBeLessThanOrEqual(0);
    await hit.click();
    await page.waitForURL(/\/f\//);
    await page.goto(`${server.url}/search?q=gcc`);
    await page.getByRole('region', { name: 'Causes' }).getByText(CAUSE).waitFor();
    expect(await beyondWindow(page)).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
