/** The boot chart under real hands: wheel, drag, click, double click, keys, two fingers; what the address says of it; what it paints. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../src/server/index.ts';
import { hasChromium } from '../real-parts.ts';
import { beyondWindow, buildPages, launch, openPage, startPages } from './browser.ts';

/** What the page lends to tests that set `bakehouseMeasures` (ChartStage.tsx). */
interface Scene {
  readonly range: { readonly fromMs: number; readonly toMs: number };
  readonly bounds: { readonly fromMs: number; readonly toMs: number };
  readonly whole: boolean;
  readonly lastFrame: { readonly drawn: number; readonly labels: number };
}

describe.skipIf(!hasChromium)('the boot chart in a browser', () => {
  let pages: Awaited<ReturnType<typeof buildPages>>;
  let browser: Browser;
  let server: RunningServer;
  let address: string;

  beforeAll(async () => {
    pages = await buildPages();
    [browser, server] = await Promise.all([launch(), startPages(pages.folder, ['fixtures/sample'])]);
    const list = (await (await fetch(new URL('/api/v1/builds', server.url))).json()) as { builds: { id: string }[] };
    address = `${server.url}/b/${list.builds[0]?.id}/chart`;
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const open = async (query = '', options: Parameters<typeof openPage>[2] = {}) => {
    const opened = await openPage(browser, server, options);
    await opened.page.addInitScript('window.bakehouseMeasures = true');
    await opened.page.goto(`${address}${query}`);
    const lanes = opened.page.getByRole('application', { name: /Boot chart/ });
    await lanes.waitFor();
    await expect.poll(async () => (await scene(opened.page)).lastFrame.drawn).toBeGreaterThan(0);
    const box = (await lanes.boundingBox())!;
    return { ...opened, lanes, box };
  };
  const scene = (page: Page): Promise<Scene> =>
    page.evaluate(
      "(({ range, bounds, whole, lastFrame }) => ({ range, bounds, whole, lastFrame }))(document.querySelector('[role=application]').parentElement.chartScene)",
    );
  const span = async (page: Page): Promise<number> => {
    const { range } = await scene(page);
    return range.toMs - range.fromMs;
  };
  /** Where the middle of a run's bar is, in CSS pixels of the page. */
  const barOf = async (page: Page, name: string): Promise<{ x: number; y: number }> => {
    const canvas = page.getByRole('application');
    const box = (await canvas.boundingBox())!;
    for (let y = 8; y < box.height; y += 15) {
      for (let x = 70; x < box.width; x += 6) {
        await page.mouse.move(box.x + x, box.y + y);
        const tip = await page.locator('[role=presentation]').innerText();
        if (tip.startsWith(name)) return { x: box.x + x, y: box.y + y };
      }
    }
    throw new Error(`no bar of ${name} is in sight`);
  };

  test('wheel zooms around the cursor, drag moves, the address follows and brings it back', async () => {
    const { page, box, complaints } = await open('?min=0');
    const before = await scene(page);
    expect(before.whole).toBe(true);
    await page.mouse.move(box.x + box.width / 2, box.y + 30);
    await page.mouse.wheel(0, -100);
    await page.mouse.wheel(0, -100);
    await expect.poll(() => span(page)).toBeLessThan(0.7 * (before.bounds.toMs - before.bounds.fromMs));
    await page.waitForURL(/[?&]t=\d/);
    const zoomed = await scene(page);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 - 200, box.y + 30, { steps: 4 });
    await page.mouse.up();
    const moved = await scene(page);
    expect(moved.range.fromMs).toBeGreaterThan(zoomed.range.fromMs);
    expect(moved.range.toMs - moved.range.fromMs).toBeCloseTo(zoomed.range.toMs - zoomed.range.fromMs, 3);
    await expect.poll(() => page.url()).not.toContain(`t=${Math.round(zoomed.range.fromMs / 1000)}-`);
    await page.waitForTimeout(400);
    await page.reload();
    await expect.poll(async () => Math.abs((await scene(page)).range.fromMs - moved.range.fromMs)).toBeLessThan(1000);
    await page.keyboard.press('0');
    await expect.poll(async () => (await scene(page)).whole).toBe(true);
    await expect.poll(() => page.url()).not.toMatch(/[?&]t=/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('zoomed out, a further turn of the wheel is the page’s', async () => {
    const { page, box } = await open('?min=0', { height: 500 });
    await page.mouse.move(box.x + 300, box.y + 20);
    await page.mouse.wheel(0, 200);
    await expect.poll(() => page.evaluate('window.scrollY')).toBeGreaterThan(0);
    expect((await scene(page)).whole).toBe(true);
    await page.close();
  });

  test('click pins a run, keys step along its lane, a link opens the same, double click zooms to the bar that was meant', async () => {
    const { page, lanes, complaints } = await open('?min=0&grp=slots');
    await lanes.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.waitForURL(/sel=/);
    const drawer = page.getByRole('complementary');
    const first = await drawer.getByRole('heading').first().innerText();
    expect(first).toMatch(/:\s*do_/);
    await page.keyboard.press('.');
    await expect.poll(() => drawer.getByRole('heading').first().innerText()).not.toBe(first);
    const second = await drawer.getByRole('heading').first().innerText();
    await page.reload();
    await expect.poll(() => drawer.getByRole('heading').first().innerText()).toBe(second);
    await page.keyboard.press('Escape');
    await expect.poll(() => drawer.count()).toBe(0);

    const all = await span(page);
    const name = first.replace(/\s/g, '');
    const at = await barOf(page, name);
    await page.mouse.dblclick(at.x, at.y);
    await expect.poll(() => span(page)).toBeLessThan(all / 2);
    expect((await drawer.getByRole('heading').first().innerText()).replace(/\s/g, '')).toBe(name);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a selected time has totals; a search dims, counts and steps; both are in the address', async () => {
    const { page, box, complaints } = await open('?min=0');
    await page.keyboard.press('r');
    await page.mouse.move(box.x + 300, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + 600, box.y + 20, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/area=/);
    const drawer = page.getByRole('complementary', { name: 'Selected time' });
    await drawer.getByText('Mean running').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await expect.poll(() => drawer.count()).toBe(0);

    await page.keyboard.press('/');
    await page.keyboard.type('do_compile');
    await page.waitForURL(/q=do_compile/);
    await page.keyboard.press('Enter');
    await page
      .getByText(/^1 of \d+/)
      .first()
      .waitFor();
    await page.keyboard.press('Shift+Enter');
    await page
      .getByText(/^(\d+) of \1\b/)
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('the longest chain and what was waited for: by key, in the address, step by step, with slack and drag', async () => {
    const { page, complaints } = await open('?min=0');
    const status = page.getByRole('status').filter({ hasText: /Longest chain|What we waited for/ });
    const all = (await scene(page)).lastFrame.labels;
    await page.keyboard.press('k');
    await page.waitForURL(/chain=longest/);
    await expect
      .poll(() => status.innerText())
      .toMatch(/Longest chain: \d+ tasks, .* of .*More threads cannot go below/s);
    await expect.poll(async () => (await scene(page)).lastFrame.labels).toBeLessThan(all);

    await page.keyboard.press(']');
    await page.keyboard.press(']');
    await expect.poll(() => status.innerText()).toMatch(/2 of \d+/);
    await page.keyboard.press('[');
    await expect.poll(() => status.innerText()).toMatch(/1 of \d+/);
    await page.getByRole('application').focus();
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('complementary');
    // On the longest chain nothing has slack, and each task has a drag.
    await expect.poll(() => drawer.innerText()).toMatch(/Slack\s+none\s+Drag\s+[\d.]+ m?s/);
    const first = await drawer.getByRole('heading').first().innerText();
    await page.getByRole('button', { name: 'Next task of the chain' }).click();
    await expect.poll(() => drawer.getByRole('heading').first().innerText()).not.toBe(first);

    await page.keyboard.press('k');
    await page.waitForURL(/chain=waited/);
    await page.reload();
    await status.filter({ hasText: 'What we waited for' }).waitFor();
    await expect.poll(() => status.innerText()).toMatch(/What we waited for: \d+ tasks at work for .* of waits/s);
    expect(await page.getByRole('combobox', { name: 'chain' }).inputValue()).toBe('waited');
    await page.keyboard.press('k');
    await expect.poll(() => page.url()).not.toContain('chain=');
    expect(await status.count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a build without an event log says why it has no chain', async () => {
    const bare = await startPages(pages.folder, ['fixtures/buildstats']);
    try {
      const list = (await (await fetch(new URL('/api/v1/builds', bare.url))).json()) as { builds: { id: string }[] };
      const { page, complaints } = await openPage(browser, bare);
      await page.goto(`${bare.url}/b/${list.builds[0]?.id}/chart`);
      const control = page.getByRole('combobox', { name: 'chain' });
      await control.waitFor();
      expect(await control.isDisabled()).toBe(true);
      const reason = page.getByText('The event log of this build was not found');
      expect(await reason.count()).toBe(0);
      await page.keyboard.press('k');
      await reason.waitFor();
      expect(complaints).toEqual([]);
      await page.close();
    } finally {
      await bare.close();
    }
  });

  test('series are added to a strip, put on one of their own, and taken away', async () => {
    const { page, complaints } = await open('?strips=none');
    await page.getByRole('button', { name: 'A strip of its own for another series' }).click();
    await page.getByRole('checkbox', { name: /running tasks/ }).check();
    await page.waitForURL(/strips=tasks\.running/);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Remove running tasks' }).click();
    await page.waitForURL(/strips=none/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('the table twin has the same runs', async () => {
    const { page, complaints } = await open('?min=0');
    const label = await page.getByRole('application').getAttribute('aria-label');
    await page.keyboard.press('t');
    const table = page.getByRole('table', { name: 'Task runs' });
    await table.waitFor();
    const runs = Number(/([\d,]+) task run/.exec(label ?? '')?.[1]?.replaceAll(',', ''));
    expect(Number(await table.getAttribute('aria-rowcount'))).toBe(runs + 1);
    await page.keyboard.press('t');
    await page.getByRole('application').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a picture can be taken away as SVG and PNG', async () => {
    const { page, complaints } = await open();
    for (const [item, ending, head] of [
      ['SVG of this view', '.svg', '<svg'],
      ['PNG of this view', '.png', '\u0089PNG'],
    ] as const) {
      await page.getByRole('button', { name: 'share' }).click();
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByText(item).click()]);
      expect(download.suggestedFilename()).toMatch(new RegExp(`^bakehouse-.*\\${ending}$`));
      const stream = await download.createReadStream();
      const chunk: Buffer = await new Promise((resolve, reject) => stream.once('data', resolve).once('error', reject));
      expect(chunk.toString('latin1', 0, 4)).toBe(head);
    }
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('two fingers zoom on a phone, and nothing is wider than it', async () => {
    const { page, box, complaints } = await open('?min=0', { width: 400, height: 800 });
    const before = await span(page);
    const touch = await page.context().newCDPSession(page);
    const fingers = (type: string, points: number[]) =>
      touch.send('Input.dispatchTouchEvent', {
        type: type as 'touchStart',
        touchPoints: points.map((x, id) => ({ x: box.x + x, y: box.y + 30, id })),
      });
    await fingers('touchStart', [150]);
    await fingers('touchStart', [150, 200]);
    for (const spread of [20, 40, 60, 80]) await fingers('touchMove', [150 - spread, 200 + spread]);
    await fingers('touchEnd', []);
    await expect.poll(() => span(page)).toBeLessThan(before / 2);
    expect(await beyondWindow(page)).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
