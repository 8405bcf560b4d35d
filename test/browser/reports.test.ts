/** Waterfall and matrix as a person uses them: by mouse, by keys, on a phone, on the wall, while builds come in. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../src/server/index.ts';
import { hasChromium } from '../real-parts.ts';
import { beyondWindow, buildPages, exported, launch, openPage, startPages } from './browser.ts';

describe.skipIf(!hasChromium)('reports in a browser', () => {
  const watched = mkdtempSync(join(tmpdir(), 'bakehouse-reports-'));
  const stats = join(watched, 'tmp', 'buildstats');
  let pages: Awaited<ReturnType<typeof buildPages>>;
  let browser: Browser;
  let server: RunningServer;

  beforeAll(async () => {
    mkdirSync(stats, { recursive: true });
    pages = await buildPages();
    [browser, server] = await Promise.all([launch(), startPages(pages.folder, ['fixtures/sample', stats], true)]);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(watched, { recursive: true, force: true });
  });

  const download = async (page: Page, kind: string): Promise<string> => (await exported(page, kind)).toString('latin1');

  test('waterfall: from build to build by keys, one opened; nearer, all the time, and the address brings it back', async () => {
    const { page, complaints } = await openPage(browser, server);
    await page.goto(server.url);
    await page.getByRole('button', { name: 'Reports' }).click();
    await page.getByRole('link', { name: 'Waterfall' }).click();
    await page.getByRole('application', { name: /time downwards/ }).waitFor();
    await page.keyboard.press('0');
    await page.waitForURL(/span=\d+/);
    await page.keyboard.press('w');
    await page.keyboard.press('0');
    await page.keyboard.press('ArrowDown');
    const said = page.getByRole('status').getByText(/succeeded|failed/);
    await said.waitFor();
    const newest = await said.innerText();
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => said.innerText()).not.toBe(newest);
    expect(await download(page, 'SVG')).toMatch(/^<svg [\s\S]*<title>Builds by builder/);
    expect((await download(page, 'PNG')).slice(1, 4)).toBe('PNG');
    await page.keyboard.press('u');
    await page.waitForURL(/up=1/);
    await page.reload();
    await page.getByRole('application', { name: /time upwards/ }).waitFor();
    await page.keyboard.press('ArrowDown');
    await said.waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/b\/[0-9a-f-]{36}/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('waterfall: a build that comes in appears by itself; on a phone nothing runs out of the screen', async () => {
    const { page, complaints } = await openPage(browser, server, { width: 400, height: 800 });
    await page.goto(`${server.url}/waterfall?by=machine&table=1&at=1900000000000&span=600000000`);
    const grid = page.getByRole('grid', { name: 'Builds of the waterfall' });
    await grid.getByRole('row').first().waitFor();
    const before = await grid.locator('[role=row][aria-rowindex]').count();
    cpSync(resolve(import.meta.dirname, '../../fixtures/buildstats/real-04-sstate/buildstats'), stats, {
      recursive: true,
    });
    await expect
      .poll(() => grid.locator('[role=row][aria-rowindex]').count(), { timeout: 30_000 })
      .toBeGreaterThan(before);
    expect(await beyondWindow(page)).toBe(0);
    await page.keyboard.press('t');
    await page.getByRole('application', { name: /Builds by machine/ }).waitFor();
    expect(await beyondWindow(page)).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  }, 60_000);

  test('on a phone: from the list of recipes to one, by keys; the tables of failures, QA, testing and cube are no wider than it', async () => {
    const { page, complaints } = await openPage(browser, server, { width: 400, height: 800 });
    await page.goto(`${server.url}/recipes`);
    await page.getByRole('grid', { name: 'Recipes' }).getByRole('row').first().waitFor();
    expect(await beyondWindow(page)).toBe(0);
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/recipes\/[^/?]+/);
    await page.getByRole('heading', { name: 'Where it builds' }).waitFor();
    expect(await page.getByRole('table').first().getByText('succeeded', { exact: true }).count()).toBeGreaterThan(0);
    expect(await beyondWindow(page)).toBe(0);
    for (const [address, heading] of [
      ['failures', 'Failures'],
      ['qa', 'Package QA'],
      ['testing', 'Testing'],
      ['cube?rows=recipe&columns=outcome&measure=runs', 'Cube'],
      ['recipe-runs?by=outcome&at=succeeded&part=executed', 'Recipe runs'],
      ['search?q=status:succeeded', 'Search'],
    ] as const) {
      await page.goto(`${server.url}/${address}`);
      await page.getByRole('heading', { name: heading, level: 1 }).waitFor();
      await page.waitForLoadState('networkidle');
      expect(await beyondWindow(page), address).toBe(0);
    }
    expect(complaints).toEqual([]);
    await page.close();
  }, 60_000);

  test('cube: a cell leads to as many recipe runs as it says, and on to the recipe; the table goes out as it is counted', async () => {
    const { page, complaints } = await openPage(browser, server);
    await page.goto(`${server.url}/cube?rows=recipe&columns=outcome&measure=runs`);
    const table = page.getByRole('table');
    await table.getByRole('row').nth(1).waitFor();
    const csv = (await download(page, 'CSV')).trim().split('\r\n');
    expect(csv[0]).toBe('recipe,outcome,runs,executed,failed,busy_s,busy_runs');
    const runs = csv.slice(1).reduce((sum, line) => sum + Number(line.split(',')[2]), 0);
    const all = await table.locator('tfoot td').last().textContent();
    expect(Number(all?.replaceAll(/\D/g, ''))).toBe(runs);
    const recipe = await table.locator('tbody th').first().textContent();
    const cell = table.locator('tbody td a').first();
    const number = Number(await cell.textContent());
    await cell.click();
    await page.waitForURL(/\/recipe-runs\?by=recipe%2Coutcome&at=/);
    const listed = page.getByRole('grid', { name: 'Recipe runs' });
    await listed.locator('[role=row][aria-rowindex="2"]').waitFor();
    expect(await page.getByRole('button', { name: /^all \d/ }).textContent()).toBe(`all ${number}`);
    expect((await download(page, 'CSV')).trim().split('\r\n').length - 1).toBe(number);
    await listed
      .getByRole('link', { name: recipe ?? '', exact: true })
      .first()
      .click();
    await page.getByRole('heading', { name: recipe ?? '', level: 1 }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  }, 60_000);

  test('matrix: a cell opens the builds behind it, a key transposes, the wall fills the screen and is left again', async () => {
    const { page, complaints } = await openPage(browser, server);
    await page.goto(`${server.url}/matrix`);
    const grid = page.getByRole('grid', { name: /Last results/ });
    const cell = grid.getByRole('button').first();
    await cell.waitFor();
    const label = (await cell.getAttribute('aria-label')) ?? '';
    await cell.click();
    const panel = page.getByRole('complementary', { name: /Builds of/ });
    await panel.getByRole('list', { name: 'Last builds' }).getByRole('link').first().waitFor();
    expect(await download(page, 'CSV')).toMatch(/^target,machine,outcome,failing,/);
    await page.keyboard.press('t');
    await page.waitForURL(/rows=machine/);
    // The cell stays open on its other side.
    const [row, column] = label.split(': ')[0]!.split(', ');
    await page.getByRole('complementary', { name: `Builds of ${column} · ${row}` }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => panel.count()).toBe(0);
    await page.keyboard.press('b');
    const wall = page.getByRole('region', { name: /for the wall/ });
    await wall.getByRole('img').waitFor();
    expect(page.url()).toContain('wall=1');
    await wall.getByRole('button', { name: /Leave the wall/ }).click();
    await grid.waitFor();
    await page.getByRole('combobox', { name: 'rows' }).selectOption('recipe');
    await page.waitForURL(/rows=recipe/);
    await expect.poll(() => grid.getByRole('rowheader').count()).toBeGreaterThan(5);
    await grid.getByRole('button').first().click();
    await page.getByRole('link', { name: 'Open its tasks in the build' }).click();
    await page.waitForURL(/\/b\/[0-9a-f-]{36}\/tasks\?q=recipe/);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
