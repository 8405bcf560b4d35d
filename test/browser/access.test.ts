/**
 * What a screen reader and a keyboard find: names of controls, one title a page, a focus that is seen, dialogs that keep it and give it
 * back, text that stands out from its ground in both schemes.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningServer } from '../../src/server/index.ts';
import { hasChromium } from '../real-parts.ts';
import { beyondWindow, buildPages, launch, openPage, startPages } from './browser.ts';

/** WCAG 2.2, 1.4.3: text of ordinary size. */
const CONTRAST_MIN = 4.5;

/** Roles that mean nothing to a listener without a name. */
const NAMED_ROLES: ReadonlySet<string> = new Set(
  'button link textbox searchbox combobox checkbox radio slider spinbutton switch tab menu menuitem option listbox grid table columnheader rowheader image dialog alertdialog progressbar application figure'.split(
    ' ',
  ),
);

/**
 * Run in the page: pieces of text that stand out by less than CONTRAST_MIN from all that lies behind them, opacity included (formula:
 * WCAG 2.2, relative luminance). Text that is switched off or only adorns is exempt there as here.
 */
const FAINT_TEXTS = `(() => {
  const pixel = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a), 1];
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = new Set();
  let seen = 0;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    const text = texts.currentNode.data.trim();
    if (text === '' || element.closest('[aria-hidden=true], [disabled], script, style, noscript, option, .skeleton, .hidden-text')) continue;
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2 || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    seen++;
    const chain = [];
    let opacity = 1;
    for (let at = element; at !== null; at = at.parentElement) {
      const style = getComputedStyle(at);
      chain.push(rgba(style.backgroundColor));
      opacity *= Number(style.opacity);
    }
    const ground = chain.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
    const [r, g, b, a] = rgba(getComputedStyle(element).color);
    const [dark, light] = [luminance(over([r, g, b, a * opacity], ground)), luminance(ground)].sort((x, y) => x - y);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < ${CONTRAST_MIN}) faint.add(element.tagName + '.' + element.className + ' ' + ratio.toFixed(2) + ' ' + text.slice(0, 40));
  }
  return { seen, faint: [...faint] };
})()`;

/** What has the focus, and whether one sees that it has. */
const FOCUSED = `(() => {
  const at = document.activeElement;
  if (at === null || at === document.body) return null;
  const style = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  const name = at.tagName + ' ' + (at.getAttribute('aria-label') ?? at.textContent.trim().slice(0, 40));
  return { name, seen: (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none', inSight: box.width > 0 && box.height > 0, modal: at.closest('[role=dialog]') !== null };
})()`;

interface Focused {
  readonly name: string;
  readonly seen: boolean;
  readonly inSight: boolean;
  readonly modal: boolean;
}

async function unnamed(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  const found: string[] = [];
  for (const node of nodes) {
    const role = String(node.role?.value ?? '');
    if (node.ignored || !NAMED_ROLES.has(role) || String(node.name?.value ?? '').trim() !== '') continue;
    const { node: element } = await session.send('DOM.describeNode', { backendNodeId: node.backendDOMNodeId ?? 0 });
    found.push(`${role}: <${element.localName} ${(element.attributes ?? []).join(' ').slice(0, 120)}>`);
  }
  await session.detach();
  // A tree of nothing would be without fault.
  expect(nodes.length).toBeGreaterThan(20);
  return found;
}

describe.skipIf(!hasChromium)('for everyone', () => {
  let pages: Awaited<ReturnType<typeof buildPages>>;
  let browser: Browser;
  let server: RunningServer;
  let empty: RunningServer;
  let places: readonly string[];

  beforeAll(async () => {
    pages = await buildPages();
    [browser, server, empty] = await Promise.all([
      launch(),
      startPages(pages.folder, ['fixtures/sample']),
      startPages(pages.folder, []),
    ]);
    const answer = (await (await fetch(new URL('/api/v1/builds', server.url))).json()) as {
      builds: { id: string; outcome: string }[];
    };
    const [first, second] = answer.builds;
    const failed = answer.builds.find((b) => b.outcome === 'failed') ?? first;
    const listed = (await (await fetch(new URL('/api/v1/failures/list', server.url))).json()) as {
      failures: { address: string; pn: string }[];
    };
    const { address: failure, pn: recipe } = listed.failures[0]!;
    places = [
      '',
      `/b/${first!.id}/chart`,
      `/b/${first!.id}/tasks?sort=-walltime`,
      `/b/${first!.id}/tasks?by=task`,
      `/b/${first!.id}/recipes`,
      `/b/${first!.id}/config`,
      `/b/${failed!.id}/problems`,
      `/compare?b=${first!.id}&b=${second!.id}&same=1`,
      '/compare',
      '/explore',
      '/explore?kind=bar&table=1',
      '/b/00000000-0000-4000-8000-000000000000',
      '/nonsense',
      '/failures',
      '/failures?view=week',
      '/failures?view=issues',
      `/f/${failure}`,
      '/recipes',
      `/recipes/${encodeURIComponent(recipe)}`,
      '/qa',
      `/search?q=${encodeURIComponent('status:failed')}`,
      '/waterfall',
      '/matrix',
      '/testing',
      '/cube',
      `/b/${first!.id}/tests`,
    ].map((path) => server.url + path);
    places = [empty.url, ...places];
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await Promise.all([server?.close(), empty?.close()]);
  });

  const settled = async (page: Page, place: string): Promise<void> => {
    await page.goto(place);
    await page.locator('h1').first().waitFor();
    await page.locator('[aria-busy=true], .skeleton').first().waitFor({ state: 'detached' });
    await page.waitForTimeout(100);
  };

  test.each([
    ['light', 1400],
    ['dark', 400],
  ] as const)(
    '%s, %i pixels: controls have names, pages one title, text stands out from its ground, nothing is too wide',
    async (scheme, width) => {
      const { page } = await openPage(browser, server, { scheme, width });
      // All of them before the first complaint: a palette is mended once.
      const wrong: [string, unknown][] = [];
      for (const place of places) {
        await settled(page, place);
        const nameless = await unnamed(page);
        if (nameless.length > 0) wrong.push([place, nameless]);
        const titles = await page.locator('h1:visible').count();
        if (titles !== 1) wrong.push([place, `${titles} titles`]);
        const { seen, faint } = await page.evaluate<{ seen: number; faint: string[] }>(FAINT_TEXTS);
        if (seen <= 4) wrong.push([place, `${seen} texts`]);
        if (faint.length > 0) wrong.push([place, faint]);
        // As wide as it is, and twice as large: 200 % of a window of 1280 pixels is one of 640.
        for (const wide of [width, 640]) {
          await page.setViewportSize({ width: wide, height: 900 });
          // A picture that is drawn anew for its new width takes a moment.
          let beyond = await beyondWindow(page);
          for (let tries = 0; beyond !== 0 && tries < 50; tries++) {
            await page.waitForTimeout(100);
            beyond = await beyondWindow(page);
          }
          if (beyond !== 0) wrong.push([place, `${beyond} pixels wider than ${wide}`]);
        }
        await page.setViewportSize({ width, height: 900 });
      }
      expect(wrong).toEqual([]);
      await page.close();
    },
    120_000,
  );

  test('the contrast check sees what is faint', async () => {
    const { page } = await openPage(browser, server);
    await settled(page, server.url);
    await page.evaluate("document.querySelector('h1').style.color = 'rgb(0 0 0 / 40%)'");
    const { faint } = await page.evaluate<{ faint: string[] }>(FAINT_TEXTS);
    expect(faint).toHaveLength(1);
    expect(faint[0]).toMatch(/^H1/);
    await page.close();
  });

  test('Tab goes through every other page and shows where it is', async () => {
    const { page } = await openPage(browser, server);
    const wrong: [string, string[]][] = [];
    for (const place of places.filter((_, i) => i % 2 === 1)) {
      await settled(page, place);
      const visited: string[] = [];
      const unseen: string[] = [];
      for (let i = 0; i < 30; i++) {
        await page.keyboard.press('Tab');
        const at = await page.evaluate<Focused | null>(FOCUSED);
        if (at === null) break;
        visited.push(at.name);
        if (!at.seen || !at.inSight) unseen.push(at.name);
      }
      if (unseen.length > 0) wrong.push([place, unseen]);
      expect(visited[0]).toMatch(/Skip to the page/);
      expect(visited.length).toBeGreaterThan(5);
    }
    expect(wrong).toEqual([]);
    await page.close();
  }, 120_000);

  test('the skip link leads past the bar', async () => {
    const { page } = await openPage(browser, server);
    await settled(page, server.url);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate("document.activeElement.closest('main') !== null")).toBe(true);
    expect(new URL(page.url()).hash).toBe('');
    await page.close();
  });

  test('dialogs and menus have names, keep the focus and give it back', async () => {
    const { page } = await openPage(browser, server);
    await settled(page, server.url);
    for (const key of ['Control+k', 'Enter']) {
      const button = page.getByRole('button', { name: /Show the keys/ });
      await button.focus();
      await page.keyboard.press(key);
      const dialog = page.getByRole('dialog');
      await dialog.waitFor();
      const focused = async (): Promise<boolean | undefined> => (await page.evaluate<Focused | null>(FOCUSED))?.modal;
      await expect.poll(focused).toBe(true);
      expect(await unnamed(page)).toEqual([]);
      const { faint } = await page.evaluate<{ faint: string[] }>(FAINT_TEXTS);
      expect(faint).toEqual([]);
      for (let i = 0; i < 12; i++) {
        await page.keyboard.press('Tab');
        expect(await focused()).toBe(true);
      }
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
      await expect.poll(() => button.evaluate((element) => element.matches(':focus'))).toBe(true);
    }
    for (const opener of [/^Export/, /^date/]) {
      const button = page.getByRole('button', { name: opener });
      await button.focus();
      await page.keyboard.press('Enter');
      await expect.poll(() => button.getAttribute('aria-expanded')).toBe('true');
      expect(await unnamed(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await expect.poll(() => button.getAttribute('aria-expanded')).toBe('false');
      await expect.poll(() => button.evaluate((element) => element.matches(':focus'))).toBe(true);
    }
    await page.close();
  });

  test('the row that the keys are on is announced', async () => {
    const { page } = await openPage(browser, server);
    await settled(page, server.url);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    const grid = page.getByRole('grid', { name: 'Builds' });
    const active = await grid.getAttribute('aria-activedescendant');
    expect(await grid.evaluate((element) => element.matches(':focus'))).toBe(true);
    expect(await page.locator(`[id="${active}"]`).getAttribute('aria-rowindex')).toBe('3');
    await page.close();
  });
});
