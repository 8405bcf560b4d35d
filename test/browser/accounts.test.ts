/** Signing in, tokens, who sees a build, and the page of admins, as people use them: by mouse, by keys, on a phone. */
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
import { beyondWindow, buildPages, launch, openPage, startData, startPages } from './browser.ts';

const PASSWORD = 'correct horse battery';
const PRIVATE = 'c3333333-3333-4333-8333-333333333333';

/** A data folder with an admin, a member and a robot, a public build and a private one of the member. */
async function prepareAccounts(folder: string): Promise<void> {
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
  await runOperation(context, 'add-account', { name: 'ada', role: 'admin', password: PASSWORD });
  await runOperation(context, 'add-account', { name: 'mike', role: 'member', password: PASSWORD });
  await runOperation(context, 'add-account', { name: 'ci', role: 'robot', password: null });
  const mike = await store.accounts.find('mike');
  const startedMs = Date.now() - 3_600_000;
  const drawn = drawBuild(`
    gcc-cross:do_compile  ====        cputime=2.5
    glibc:do_compile      ..  ====    cputime=8
  `);
  const saved = (target: string, n: number) => ({
    ...drawn,
    name: `2026112709000${n}`,
    targets: [target],
    machine: 'qemux86-64',
    distro: 'poky',
    startedMs: startedMs + n * 60_000,
    endedMs: startedMs + n * 60_000 + 40_000,
    outcome: 'succeeded' as const,
  });
  await store.saveBuild('a1111111-1111-4111-8111-111111111111', saved('core-image-minimal', 1), {
    access: { visibility: 'public', owner: null, receivedMs: startedMs },
  });
  await store.saveBuild(PRIVATE, saved('secret-product', 2), {
    access: { visibility: 'private', owner: mike?.number ?? null, receivedMs: startedMs },
  });
  await store.close();
}

describe.skipIf(!hasChromium)('accounts in a browser', () => {
  let pages: Awaited<ReturnType<typeof buildPages>>;
  let browser: Browser;
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bakehouse-accounts-'));
    await prepareAccounts(folder);
    pages = await buildPages();
    [browser, server] = await Promise.all([launch(), startData(pages.folder, folder)]);
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const rows = (page: Page) => page.getByRole('grid', { name: 'Builds' }).locator('[role=row][aria-rowindex]');
  /** By keys alone. */
  const signIn = async (page: Page, name: string, password = PASSWORD): Promise<void> => {
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Name').waitFor();
    await page.keyboard.type(name);
    await page.keyboard.press('Tab');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
  };
  /** Refused requests are written into the console by the browser itself. */
  const ours = (complaints: readonly string[]): string[] =>
    complaints.filter((text) => !/Failed to load resource.*40[134]/.test(text));

  test('a server of one machine without accounts has nothing to sign in to', async () => {
    const alone = await startPages(pages.folder, ['fixtures/sample']);
    try {
      const { page, complaints } = await openPage(browser, alone);
      await page.goto(alone.url);
      await rows(page).first().waitFor();
      expect(await page.getByRole('link', { name: 'Sign in' }).count()).toBe(0);
      expect(complaints).toEqual([]);
      await page.close();
    } finally {
      await alone.close();
    }
  });

  test('a stranger sees what is public, and of a private build nothing', async () => {
    const { page, complaints } = await openPage(browser, server);
    await page.goto(server.url);
    await rows(page).first().waitFor();
    expect(await rows(page).count()).toBe(1);
    expect(await page.getByText('secret-product').count()).toBe(0);
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await page.goto(`${server.url}/b/${PRIVATE}`);
    await page.getByText('There is no such build').waitFor();
    await page.goto(`${server.url}/account`);
    await page.getByText('You are not signed in').waitFor();
    await page.goto(`${server.url}/admin`);
    await page.getByText('This page is for admins').waitFor();
    expect(ours(complaints)).toEqual([]);
    await page.close();
  });

  test('signing in by keys; a wrong password is said, and the name stays', async () => {
    const { page } = await openPage(browser, server);
    await signIn(page, 'mike', 'not the password');
    await page.getByRole('alert').getByText('Name or password are not right.').waitFor();
    expect(await page.getByLabel('Name').inputValue()).toBe('mike');
    expect(await page.getByLabel('Password').inputValue()).toBe('');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await rows(page).nth(1).waitFor();
    expect(await rows(page).filter({ hasText: 'private' }).count()).toBe(1);
    await page.getByRole('link', { name: 'mike' }).click();
    await page.getByRole('heading', { name: 'mike' }).waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await page.getByRole('link', { name: 'Sign in' }).waitFor();
    await rows(page).first().waitFor();
    expect(await rows(page).count()).toBe(1);
    await page.close();
  });

  test('a token is made, shown once, and revoked after a question', async () => {
    const { page, complaints } = await openPage(browser, server);
    await signIn(page, 'mike');
    await page.getByRole('link', { name: 'mike' }).click();
    await page.getByText('There is no token yet.').waitFor();
    await page.getByLabel('New token for').fill('my laptop');
    await page.getByLabel('Good for').selectOption('90');
    await page.getByRole('button', { name: 'Make a token' }).click();
    const token = await page.locator('code', { hasText: /^bkh_[\w-]{43}$/ }).innerText();
    await page
      .getByRole('row', { name: /my laptop/ })
      .getByText('good until')
      .waitFor();
    await page.reload();
    await page.getByRole('row', { name: /my laptop/ }).waitFor();
    expect(await page.getByText(token).count()).toBe(0);
    const bearer = { headers: { authorization: `Bearer ${token}` } };
    const api = server.url.replace('/buildstats', '/api/v1');
    expect((await fetch(`${api}/account`, bearer)).status).toBe(200);
    await page.getByRole('button', { name: 'Revoke the token for my laptop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    expect((await fetch(`${api}/account`, bearer)).status).toBe(200);
    await page.getByRole('button', { name: 'Revoke the token for my laptop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('row', { name: /my laptop.*revoked/ }).waitFor();
    expect((await fetch(`${api}/account`, bearer)).status).toBe(401);
    expect(ours(complaints)).toEqual([]);
    await page.close();
  });

  test('an admin adds an account, makes a token for a robot, and disables both', async () => {
    const { page, complaints } = await openPage(browser, server);
    await signIn(page, 'ada');
    await page.getByRole('link', { name: 'Server' }).click();
    await page.getByRole('heading', { name: 'Accounts' }).waitFor();
    await page.getByText('who has a token').waitFor();
    await page.getByText('None. Every report that came is stored').waitFor();
    await page.getByLabel('New account').fill('grace');
    await page.getByLabel('First password').fill('a long enough one');
    await page.getByRole('button', { name: 'Add the account' }).click();
    await page.getByRole('row', { name: /grace/ }).waitFor();
    await page.getByLabel('New account').fill('grace');
    await page.getByLabel('First password').fill('a long enough one');
    await page.getByRole('button', { name: 'Add the account' }).click();
    await page.getByText('There is an account grace already.').waitFor();
    await page.getByRole('button', { name: 'Make a token for ci' }).click();
    await page.getByLabel('New token for').fill('runner 1');
    await page.getByRole('button', { name: 'Make a token', exact: true }).click();
    await page.locator('code', { hasText: /^bkh_/ }).waitFor();
    await page.getByRole('button', { name: 'Disable grace' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('row', { name: /grace.*disabled/ }).waitFor();
    expect(await page.getByRole('button', { name: 'Disable ada' }).count()).toBe(0);
    expect(ours(complaints).filter((text) => !/409/.test(text))).toEqual([]);
    await page.close();
  });

  test('whoever owns a build says who sees it, and deletes it after a question', async () => {
    const stranger = await openPage(browser, server);
    const { page, complaints } = await openPage(browser, server);
    await signIn(page, 'mike');
    await rows(page).filter({ hasText: 'secret-product' }).click();
    await page.getByRole('button', { name: /^private/ }).click();
    await page.getByRole('menuitem', { name: /unlisted/ }).click();
    await page.getByRole('button', { name: /^unlisted/ }).waitFor();
    await stranger.page.goto(`${server.url}/b/${PRIVATE}`);
    await stranger.page.getByRole('heading', { name: /secret-product/ }).waitFor();
    await stranger.page.getByText('unlisted', { exact: true }).waitFor();
    expect(await stranger.page.getByRole('button', { name: /^unlisted/ }).count()).toBe(0);
    await stranger.page.goto(server.url);
    await rows(stranger.page).first().waitFor();
    expect(await rows(stranger.page).count()).toBe(1);
    await page.getByRole('button', { name: /^unlisted/ }).click();
    await page.getByRole('menuitem', { name: /Delete the build/ }).click();
    await page.getByRole('dialog').getByText('cannot be brought back').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: /^unlisted/ }).click();
    await page.getByRole('menuitem', { name: /Delete the build/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await rows(page).first().waitFor();
    await expect.poll(() => rows(page).count()).toBe(1);
    await stranger.page.goto(`${server.url}/b/${PRIVATE}`);
    await stranger.page.getByText('There is no such build').waitFor();
    expect(ours(complaints)).toEqual([]);
    await page.close();
    await stranger.page.close();
  });

  test('fits on a phone', async () => {
    const { page } = await openPage(browser, server, { width: 390, height: 844, scheme: 'dark' });
    await page.goto(`${server.url}/sign-in`);
    await page.getByLabel('Name').waitFor();
    expect(await beyondWindow(page)).toBe(0);
    await signIn(page, 'ada');
    await rows(page).first().waitFor();
    for (const path of ['account', 'admin']) {
      await page.goto(`${server.url}/${path}`);
      await page.getByRole('heading', { level: 2 }).first().waitFor();
      expect(await beyondWindow(page), path).toBe(0);
    }
    await page.close();
  });
});
