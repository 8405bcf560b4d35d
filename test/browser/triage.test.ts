/** Triage as the rota does it: kinds are picked and something is said of them, a known issue recognises others, a stranger reads, the week tells. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { indexFailures } from '../../src/collector/index-failures.ts';
import { drawBuild } from '../../src/model/draw-build.ts';
import type { OperationContext } from '../../src/operations/context.ts';
import { runOperation } from '../../src/operations/run.ts';
import type { RunningServer } from '../../src/server/index.ts';
import { memoryBlobs } from '../../src/store/blobs/index.ts';
import { openStore } from '../../src/store/index.ts';
import { CONSOLE } from '../../src/store/store.ts';
import { hasChromium } from '../real-parts.ts';
import { buildPages, launch, openPage, startData } from './browser.ts';

const PASSWORD = 'correct horse battery';
/** Of one build each, an hour apart. */
const CAUSES = {
  zlib: "zlib.c:7:3: error: 'x' undeclared",
  openssl: "ld: undefined reference to `SSL_get1_curve_name'",
  curl: 'configure: error: crypt() was not found',
};

async function prepare(folder: string): Promise<void> {
  const store = await openStore(`sqlite:${join(folder, 'bakehouse.db')}`);
  const blobs = memoryBlobs();
  const context = { store, wholeStore: store, blobs, viewer: CONSOLE, now: Date.now } as unknown as OperationContext;
  await runOperation(context, 'add-account', { name: 'eva', role: 'member', password: PASSWORD });
  for (const [n, [pn, cause]] of Object.entries(CAUSES).entries()) {
    const drawn = drawBuild(`${pn}:do_compile ==F`);
    const startedMs = Date.now() - (n + 1) * 60_000;
    await store.saveBuild(`${n + 1}0000000-0000-4000-8000-000000000000`, {
      ...drawn,
      name: `build-${pn}`,
      targets: [pn],
      machine: 'qemux86-64',
      startedMs,
      endedMs: startedMs + 3000,
      outcome: 'failed',
      failures: drawn.failures.map((failure) => ({ ...failure, cause })),
    });
  }
  await indexFailures({ store, blobs });
  await store.close();
}

describe.skipIf(!hasChromium)('triage in a browser', () => {
  let folder: string;
  let pages: Awaited<ReturnType<typeof buildPages>>;
  let browser: Browser;
  let server: RunningServer;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bakehouse-triage-'));
    await prepare(folder);
    pages = await buildPages();
    [browser, server] = await Promise.all([launch(), startData(pages.folder, folder)]);
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Lines of the list, by the recipe that they are of. */
  const kind = (page: Page, pn: string) =>
    page
      .getByRole('list', { name: 'Kinds of failures' })
      .getByRole('listitem')
      .filter({ hasText: `${pn} do_compile` });
  const state = (page: Page, pn: string) => kind(page, pn).locator('[class*=state]').first().innerText();

  test('two kinds are said to be known, with an owner and a note; a rule knows the third; who does not sign in reads it', {
    timeout: 120_000,
  }, async () => {
    const { page, complaints } = await openPage(browser, server);
    page.setDefaultTimeout(30_000);
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Name').fill('eva');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => !url.pathname.endsWith('/sign-in'));

    // Two at once.
    await page.goto(`${server.url}/failures`);
    for (const pn of ['zlib', 'openssl'])
      await kind(page, pn)
        .getByRole('checkbox', { name: `Pick ${pn} do_compile` })
        .click();
    const bulk = page.getByRole('region', { name: 'Of all that are picked' });
    await bulk.getByText('2 kinds picked').waitFor();
    await bulk.getByLabel('State').selectOption('known');
    await bulk.getByRole('button', { name: 'Owner: me' }).click();
    expect(await bulk.getByLabel('Owner', { exact: true }).inputValue()).toBe('eva');
    await bulk.getByLabel('Note').fill('Asked upstream.');
    await bulk.getByRole('button', { name: /^Say it of 2/ }).click();
    await bulk.waitFor({ state: 'detached' });
    await expect.poll(() => state(page, 'zlib')).toContain('Known');
    expect([await state(page, 'openssl'), await state(page, 'curl')]).toEqual([
      expect.stringContaining('Known'),
      expect.stringContaining('New'),
    ]);
    for (const pn of ['zlib', 'openssl']) {
      await kind(page, pn).getByText('owner eva').waitFor();
      await kind(page, pn).getByText('1 note').waitFor();
    }

    // Who said it is in the journal of each.
    await kind(page, 'openssl').getByRole('button', { name: 'openssl do_compile' }).click();
    const journal = kind(page, 'openssl').getByRole('list').filter({ hasText: 'Asked upstream.' });
    await journal.getByText('new → known').waitFor();
    await journal.getByText('owner nobody → eva').waitFor();
    expect(await journal.innerText()).toContain('eva');

    // A rule for the third, which says what it matches while it is written.
    await page.getByRole('button', { name: 'Known issues' }).click();
    await page.getByRole('button', { name: 'New known issue' }).click();
    const form = page.getByRole('form', { name: 'A new known issue' });
    await form.getByLabel('Title').fill('libcrypt is gone');
    await form.getByLabel('State').selectOption('infrastructure');
    await form.getByLabel('Expression').fill('crypt\\(\\) was (not');
    await form.getByText(/not closed/).waitFor();
    await form.getByLabel('Expression').fill('crypt\\(\\) was not found');
    await form.getByText('1 kind of the failures that you see matches: curl do_compile').waitFor();
    await form.getByRole('button', { name: 'Add' }).click();
    const issues = page.getByRole('table', { name: 'Known issues' });
    await issues.getByRole('link', { name: '1 kind' }).click();
    await expect.poll(() => state(page, 'curl')).toContain('Infrastructure');
    await kind(page, 'curl').getByText('libcrypt is gone').waitFor();
    expect(await page.getByRole('list', { name: 'Kinds of failures' }).getByRole('listitem').count()).toBe(1);

    // Somebody else: the same to read, and nothing to write with.
    const stranger = await openPage(browser, server, { width: 400, height: 800, scheme: 'dark' });
    stranger.page.setDefaultTimeout(30_000);
    await stranger.page.goto(`${server.url}/failures`);
    await expect.poll(() => state(stranger.page, 'zlib')).toContain('Known');
    await kind(stranger.page, 'zlib').getByRole('button', { name: 'zlib do_compile' }).click();
    await kind(stranger.page, 'zlib').getByText('Asked upstream.').waitFor();
    await kind(stranger.page, 'zlib').getByRole('link', { name: 'Sign in' }).waitFor();
    expect(await stranger.page.getByRole('button', { name: /^Say it/ }).count()).toBe(0);
    await stranger.page.goto(`${server.url}/failures?view=issues`);
    await stranger.page.getByText('libcrypt is gone').waitFor();
    expect(await stranger.page.getByRole('button', { name: /^(New known issue|Change|Remove)/ }).count()).toBe(0);
    const refused = await stranger.page.request.post(`${new URL(server.url).origin}/api/v1/triage`, {
      data: { fingerprints: ['0'.repeat(16)], state: 'fixed' },
    });
    expect([401, 403]).toContain(refused.status());

    // The week tells all of it, and where its feed is.
    await page.goto(`${server.url}/failures?view=week`);
    await page.getByRole('heading', { name: /^New 3/ }).waitFor();
    const said = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Said in this week' }) });
    await said.getByText('Asked upstream.').first().waitFor();
    expect(await said.innerText()).toContain('libcrypt is gone');
    const feed = await page.locator('link[type="application/atom+xml"]').getAttribute('href');
    expect(await (await page.request.get(new URL(feed!, server.url).href)).text()).toContain(
      '<title>New: zlib do_compile failed',
    );
    expect(complaints).toEqual([]);
    expect(stranger.complaints).toEqual([]);
    await stranger.page.close();
    await page.close();
  });
});
