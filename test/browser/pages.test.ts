/** The pages as a person uses them: list, build, chart, tasks, compare, explore; by mouse, by keys, on a phone. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../src/server/index.ts';
import { hasChromium } from '../real-parts.ts';
import { beyondWindow, buildPages, launch, openPage, startPages } from './browser.ts';

const FIRST_LOAD_BYTES_MAX = 300 * 1024;

describe.skipIf(!hasChromium)('in a browser', () => {
  let pages: Awaited<ReturnType<typeof buildPages>>;
  let browser: Browser;
  let server: RunningServer;

  beforeAll(async () => {
    pages = await buildPages();
    [browser, server] = await Promise.all([launch(), startPages(pages.folder, ['fixtures/sample'])]);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const rows = (page: Page, grid: string) =>
    page.getByRole('grid', { name: grid }).locator('[role=row][aria-rowindex]');
  /** The different texts of a column, of the rows in sight. */
  const cells = async (page: Page, grid: string, column: number): Promise<string[]> => [
    ...new Set(await rows(page, grid).locator(`[role=gridcell]:nth-child(${column})`).allInnerTexts()),
  ];

  test('an empty store offers the sample builds, and one click shows it', async () => {
    const empty = await startPages(pages.folder, []);
    try {
      const { page, complaints } = await openPage(browser, empty);
      await page.goto(empty.url);
      await page.getByRole('heading', { name: 'No builds yet' }).waitFor();
      expect(await page.getByText('INHERIT += "buildstats"').count()).toBe(1);
      await page.getByRole('button', { name: 'Add the sample builds' }).click();
      await page.waitForURL(/\/b\/[0-9a-f-]{36}\/chart/);
      await page.locator('canvas').first().waitFor();
      await page.getByRole('link', { name: 'Builds', exact: true }).click();
      await rows(page, 'Builds').first().waitFor();
      expect(complaints).toEqual([]);
      await page.close();
    } finally {
      await empty.close();
    }
  });

  test('the first page loads little and says what there is', async () => {
    const { page, complaints, loadedBytes } = await openPage(browser, server);
    await page.goto(server.url);
    await rows(page, 'Builds').first().waitFor();
    // What is asked for later, a chunk that is fetched ahead for example, counts too. The stream of events never ends, so no idle network.
    await page.waitForTimeout(500);
    const bytes = await loadedBytes();
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(FIRST_LOAD_BYTES_MAX);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('from the list to a build, its tasks sorted and filtered, one task opened; the address brings all of it back', async () => {
    const { page, complaints } = await openPage(browser, server);
    await page.goto(server.url);
    await rows(page, 'Builds').first().click();
    await page.waitForURL(/\/b\/[0-9a-f-]{36}\/chart/);
    await page.locator('canvas').first().waitFor();
    await page.getByRole('link', { name: /^Tasks/ }).click();
    await rows(page, 'Tasks').first().waitFor();

    await page
      .getByRole('columnheader', { name: /CPU time/ })
      .getByRole('button')
      .first()
      .click();
    await page.waitForURL(/sort=-cputime/);
    const heads = await page.getByRole('columnheader').allInnerTexts();
    const cpu = heads.findIndex((text) => text.startsWith('CPU time'));
    const shown = async (): Promise<number[]> =>
      (
        await rows(page, 'Tasks')
          .locator(`[role=gridcell]:nth-child(${cpu + 1})`)
          .allInnerTexts()
      )
        .filter((text) => text !== '')
        .map((text) => Number(text.replaceAll(',', '')));
    const values = await shown();
    expect(values.length).toBeGreaterThan(5);
    expect(values).toEqual([...values].sort((a, b) => b - a));

    const search = page.getByRole('searchbox', { name: /Search in tasks/ });
    await search.fill('task:=do_compile walltime>1');
    await page.waitForURL(/q=task/);
    await expect.poll(() => cells(page, 'Tasks', 2)).toEqual(['do_compile']);
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('complementary');
    await drawer
      .getByText(/do_compile/)
      .first()
      .waitFor();
    await page.waitForURL(/sel=/);

    const name = await drawer.getByRole('heading').first().innerText();
    await page.reload();
    await page.getByRole('complementary').getByRole('heading').first().waitFor();
    expect(await page.getByRole('complementary').getByRole('heading').first().innerText()).toBe(name);
    expect(await search.inputValue()).toBe('task:=do_compile walltime>1');
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('tasks put together add up to the same wall time', async () => {
    const { page, complaints } = await openPage(browser, server);
    await page.goto(server.url);
    await rows(page, 'Builds').first().click();
    await page.getByRole('link', { name: /^Tasks/ }).click();
    await rows(page, 'Tasks').first().waitFor();
    const sum = page.getByText(/task runs? · .* of wall time/);
    const before = await sum.innerText();
    await page.getByRole('combobox', { name: 'Put together by' }).selectOption('task');
    await page.waitForURL(/by=task/);
    await rows(page, 'Tasks by task').first().waitFor();
    expect(await sum.innerText()).toBe(before);
    // A group opens into its runs.
    await rows(page, 'Tasks by task').first().click();
    await page.waitForURL(/q=task/);
    await rows(page, 'Tasks').first().waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('two builds picked by keys are compared: configuration, sums, then the tables', async () => {
    const { page, complaints } = await openPage(browser, server);
    await page.goto(server.url);
    await rows(page, 'Builds').first().waitFor();
    for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key);
    await page.waitForURL(/pick=.*pick=/);
    await page.keyboard.press('c');
    await page.waitForURL(/\/compare\?b=.*&b=/);
    await page
      .getByRole('heading', { name: /onfiguration/ })
      .first()
      .waitFor();
    await page.getByRole('heading', { name: 'How much it took' }).waitFor();
    await page.getByRole('heading', { name: 'Where the difference comes from' }).waitFor();
    await rows(page, 'Differences of tasks').first().waitFor();
    const headings = await page.locator('h2').allInnerTexts();
    expect(headings[0]).toMatch(/onfiguration/);

    await page
      .getByRole('textbox', { name: 'Only this task' })
      .or(page.getByRole('combobox', { name: 'Only this task' }))
      .fill('do_compile');
    await page.waitForURL(/task=do_compile/);
    await expect
      .poll(async () => (await cells(page, 'Differences of tasks', 1)).filter((name) => !name.endsWith(':do_compile')))
      .toEqual([]);
    await page.getByRole('button', { name: /^Recipes/ }).click();
    await rows(page, 'Differences of recipes').first().waitFor();
    const charts = page.locator('figure img');
    await charts.first().scrollIntoViewIfNeeded();
    await expect
      .poll(() =>
        charts.evaluateAll((images) =>
          images.map((image) => (image as unknown as { naturalWidth: number }).naturalWidth > 100),
        ),
      )
      .toEqual([true, true]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('explore draws, becomes a table, and a point leads to its task', async () => {
    const { page, complaints } = await openPage(browser, server);
    await page.goto(server.url);
    await page.getByRole('link', { name: 'Explore' }).click();
    const canvas = page.getByRole('img', { name: /Scatter/ });
    await canvas.waitFor();
    await page.keyboard.press('t');
    await rows(page, 'Numbers').first().waitFor();
    await page.keyboard.press('t');
    await canvas.waitFor();
    // Somewhere in the picture is a point: walk over it until the tip says what it is.
    const box = (await canvas.boundingBox())!;
    let found = false;
    for (let y = box.y + box.height - 60; y > box.y && !found; y -= 10) {
      for (let x = box.x + 90; x < box.x + box.width - 20 && !found; x += 10) {
        await page.mouse.move(x, y);
        found = await page.getByRole('status').getByText(/:do_/).isVisible();
      }
    }
    expect(found).toBe(true);
    await page.mouse.down();
    await page.mouse.up();
    await page.waitForURL(/\/tasks\?sel=/);
    await page.getByRole('complementary').waitFor();

    await page.goBack();
    await page.getByRole('button', { name: 'Bars' }).click();
    await page.getByRole('img', { name: /Bars/ }).waitFor();
    await page.waitForURL(/kind=bar/);
    expect(complaints).toEqual([]);
    await page.close();
  }, 60_000);

  test('keys: the palette finds, ? lists, light and dark stay chosen', async () => {
    const { page, complaints } = await openPage(browser, server);
    await page.goto(server.url);
    await rows(page, 'Builds').first().waitFor();
    await page.keyboard.press('?');
    const help = page.getByRole('dialog');
    await help.getByText('Compare the picked builds').waitFor();
    await help.getByText('Show the keys').waitFor();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });

    // Typed on without a look: no letter is lost, and none is taken for the key of a command (y copies a link).
    await page.keyboard.press('Control+k');
    await page.keyboard.type('y busybox', { delay: 30 });
    const field = page.getByRole('combobox', { name: /Find builds/ });
    await expect.poll(() => field.inputValue()).toBe('y busybox');
    await page.keyboard.press('Escape');

    await page.keyboard.press('Control+k');
    await field.fill('go to explore');
    await page.getByRole('option', { name: /Go to Explore/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/explore/);

    const scheme = (): Promise<string | null> => page.locator('html').getAttribute('data-mantine-color-scheme');
    expect(await scheme()).toBe('light');
    await page.getByRole('button', { name: /light and dark/ }).click();
    expect(await scheme()).toBe('dark');
    await page.reload();
    expect(await scheme()).toBe('dark');
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('on a phone no page is wider than the screen and a build is three lines, not twelve columns', async () => {
    const { page, complaints } = await openPage(browser, server, { width: 400, height: 800 });
    await page.goto(server.url);
    await rows(page, 'Builds').first().waitFor();
    expect(await beyondWindow(page)).toBe(0);
    await rows(page, 'Builds').first().click();
    await page.locator('canvas').first().waitFor();
    expect(await beyondWindow(page)).toBe(0);
    const id = /\/b\/([^/]+)/.exec(page.url())![1]!;
    for (const part of [
      `b/${id}/tasks`,
      `b/${id}/recipes`,
      `b/${id}/config`,
      `b/${id}/problems`,
      'explore',
      `compare?b=${id}&b=@last~1`,
    ]) {
      await page.goto(`${server.url}/${part}`);
      await page.locator('h1').waitFor();
      await page.locator('[aria-busy]').waitFor({ state: 'detached' });
      await page.waitForTimeout(200);
      expect([part, await beyondWindow(page)]).toEqual([part, 0]);
    }
    // The folded menu opens.
    await page.getByRole('button', { name: 'Pages' }).click();
    await page.getByRole('link', { name: 'Builds', exact: true }).click();
    await rows(page, 'Builds').first().waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a build that appears below a watched path appears in the list by itself', async () => {
    const watched = mkdtempSync(join(tmpdir(), 'bakehouse-watched-'));
    const stats = join(watched, 'tmp', 'buildstats');
    mkdirSync(stats, { recursive: true });
    const live = await startPages(pages.folder, [stats], true);
    try {
      const { page, complaints } = await openPage(browser, live);
      await page.goto(live.url);
      await page.getByRole('heading', { name: 'No builds yet' }).waitFor();
      cpSync(resolve(import.meta.dirname, '../../fixtures/buildstats/real-04-sstate/buildstats'), stats, {
        recursive: true,
      });
      await rows(page, 'Builds').first().waitFor({ timeout: 30_000 });
      expect(complaints).toEqual([]);
      await page.close();
    } finally {
      await live.close();
      rmSync(watched, { recursive: true, force: true });
    }
  }, 60_000);

  test('a server that stopped is said to have; what was read stays; a page that cannot be loaded says why', async () => {
    const stopping = await startPages(pages.folder, ['fixtures/sample']);
    const { page } = await openPage(browser, stopping);
    await page.goto(stopping.url);
    await rows(page, 'Builds').first().waitFor();
    const alert = page.getByRole('alert').getByText('The server does not answer');
    expect(await alert.count()).toBe(0);
    await stopping.close();
    await alert.waitFor();
    expect(await rows(page, 'Builds').count()).toBeGreaterThan(1);
    await page.getByRole('link', { name: 'Explore' }).click();
    await page.getByText('This part of the page could not be loaded').waitFor();
    await page.close();
  });

  test('an address that leads nowhere says so and keeps the frame', async () => {
    const { page } = await openPage(browser, server);
    await page.goto(`${server.url}/b/00000000-0000-4000-8000-000000000000`);
    await page.getByRole('alert').getByText('There is no such build').waitFor();
    await page.getByRole('link', { name: 'All builds' }).click();
    await rows(page, 'Builds').first().waitFor();
    await page.goto(`${server.url}/nonsense`);
    await page.getByText('There is no page at this address').waitFor();
    await page.close();
  });
});
