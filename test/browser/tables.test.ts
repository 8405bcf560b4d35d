/** Tables as a person takes them along: the testing table into a wiki, tests of a build and what regressed, what QA found that is new. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FarmBuild, farmHistory } from '../../bench/generate/farm-history.ts';
import { type StoredFarmBuild, storeFarm } from '../../bench/generate/store-farm.ts';
import type { NewQaIssues, TestingTable } from '../../src/api/contract.ts';
import { TASK_SUCCEEDED } from '../../src/model/task-table.ts';
import type { OperationContext } from '../../src/operations/context.ts';
import { importTests } from '../../src/operations/import-tests.ts';
import { folderAssets } from '../../src/server/assets.ts';
import { type RunningServer, readSettings, startServer } from '../../src/server/index.ts';
import { openBlobs } from '../../src/store/blobs/index.ts';
import { openStore } from '../../src/store/index.ts';
import { CONSOLE } from '../../src/store/store.ts';
import { hasChromium } from '../real-parts.ts';
import { beyondWindow, buildPages, exported, launch, openPage } from './browser.ts';

/** The last build that succeeded finds something in whatever it checked. */
function withNewIssues(farm: FarmBuild[]): FarmBuild[] {
  const at = farm.findLastIndex(({ build }) => build.outcome === 'succeeded');
  const { build } = farm[at]!;
  const { tasks, recipes } = build;
  const checked = [...tasks.task.keys()].filter(
    (row) => tasks.taskNames[tasks.task[row]!] === 'do_package_qa' && tasks.outcome[row] === TASK_SUCCEEDED,
  );
  const qaIssues = checked.map((row) => ({
    qaClass: 'installed-vs-shipped',
    severity: 'warning' as const,
    pf: recipes[tasks.recipe[row]!]!.pf,
    task: 'do_package_qa',
    message: 'Files/directories were installed but not shipped in any package: /usr/share/odd [installed-vs-shipped]',
  }));
  return farm.with(at, { ...farm[at]!, build: { ...build, qaIssues: [...build.qaIssues, ...qaIssues] } });
}

describe.skipIf(!hasChromium)('tables in a browser', () => {
  let folder: string;
  let pages: Awaited<ReturnType<typeof buildPages>>;
  let browser: Browser;
  let server: RunningServer;
  let farm: readonly StoredFarmBuild[];
  /** The two whose tests were brought, the older first. */
  let tested: readonly [string, string];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tables-'));
    mkdirSync(join(folder, 'data'));
    const settings = await readSettings({
      flags: { port: 0, data: join(folder, 'data'), logLevel: 'error' },
      environment: {},
      folder,
      terminal: false,
    });
    const store = await openStore(settings.database);
    const blobs = openBlobs(settings.blobs);
    farm = await storeFarm(store, blobs, withNewIssues([...farmHistory({ builds: 60 })]));
    const good = farm.filter(({ build }) => build.outcome === 'succeeded' && build.machine === 'qemux86-64').slice(-2);
    tested = [good[0]!.id, good[1]!.id];
    const context = {
      store,
      wholeStore: store,
      blobs,
      viewer: CONSOLE,
      collector: null,
      now: Date.now,
    } as unknown as OperationContext;
    const bring = async (build: string, cases: Record<string, string>): Promise<void> => {
      const path = join(folder, 'testresults.json');
      const configuration = { TEST_TYPE: 'runtime', MACHINE: 'qemux86-64', IMAGE_BASENAME: 'core-image-minimal' };
      const result = Object.fromEntries(
        Object.entries(cases).map(([name, status]) => [name, { status, log: `${name} said so` }]),
      );
      writeFileSync(path, JSON.stringify({ runtime_image: { configuration, result } }));
      await importTests(context, { path, build });
    };
    await bring(tested[0], {
      'ping.PingTest.test_ping': 'PASSED',
      'ssh.SSHTest.test_ssh': 'PASSED',
      'df.DfTest.test_df': 'FAILED',
    });
    await bring(tested[1], {
      'ping.PingTest.test_ping': 'PASSED',
      'ssh.SSHTest.test_ssh': 'FAILED',
      'df.DfTest.test_df': 'PASSED',
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

  const ask = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${new URL(server.url).origin}/api/v1${path}`);
    return (await answer.json()) as T;
  };
  const download = async (page: Page, kind: string): Promise<string> => (await exported(page, kind)).toString('utf8');

  test('testing: found, narrowed and sorted as the address says, and copied so as wiki markup and Markdown', async () => {
    const { rows } = await ask<TestingTable>('/testing');
    const fail = rows.filter(({ failure }) => failure !== null);
    const machines = Map.groupBy(fail, ({ machine }) => machine ?? '');
    const [machine, failing] = [...machines].sort(([, a], [, b]) => b.length - a.length)[0]!;
    expect(failing.length).toBeGreaterThan(1);
    expect(failing.length).toBeLessThan(fail.length);
    const { page, complaints } = await openPage(browser, server);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(`${server.url}/testing`);
    const grid = page.getByRole('grid', { name: 'Testing' });
    await grid.getByRole('row').nth(3).waitFor();
    await page.getByRole('searchbox', { name: 'Find in this table' }).fill(machine);
    await page.waitForURL((url) => url.searchParams.get('find') === machine);
    await page.getByRole('heading', { name: 'Testing' }).click();
    await page.keyboard.press('f');
    await page.waitForURL(/failing=1/);
    await grid.getByRole('button', { name: 'target', exact: true }).click();
    await page.waitForURL(/sort=target/);
    await expect.poll(() => grid.locator('[role=row][aria-rowindex]').count()).toBe(failing.length);

    const csv = (await download(page, 'CSV')).trim().split('\r\n');
    expect(csv[0]).toBe(
      'machine,distro,target,branch,host_distro,builder,builds,last_success,last_success_started,last_success_revision,failure,failure_started,failure_revision,failed_task,cause',
    );
    const targets = csv.slice(1).map((line) => line.split(',')[2]);
    expect(targets).toEqual(failing.map(({ target }) => target).sort());
    expect(csv.slice(1).every((line) => line.startsWith(`${machine},`))).toBe(true);

    const copied = async (name: string, what: string): Promise<string[]> => {
      await page.getByRole('button', { name }).click();
      await page.getByTitle(`Copy the ${what}`).getByText('copied').waitFor();
      const text = await page.evaluate('navigator.clipboard.readText()');
      return String(text).trim().split('\n');
    };
    const wiki = await copied('Copy as wiki markup', 'wiki');
    expect(wiki.slice(0, 2)).toEqual([
      '{| class="wikitable sortable"',
      '! Machine !! Distro !! Target !! Branch !! Host distro !! Builder !! Last success !! Fails now',
    ]);
    const lines = wiki.filter((line) => line.startsWith('| '));
    expect(lines.map((line) => line.split(' || ')[2])).toEqual(targets);
    const first = failing.find(({ failure }) => lines[0]?.includes(`/f/${failure?.address} `));
    expect(lines[0]).toContain(`[${server.url}/f/${first?.failure?.address} `);
    expect(wiki.at(-1)).toBe('|}');
    const markdown = await copied('Copy as Markdown', 'Markdown');
    expect(markdown[1]).toBe('| --- | --- | --- | --- | --- | --- | --- | --- |');
    expect(markdown).toHaveLength(failing.length + 2);
    expect(markdown[2]).toContain(`](${server.url}/f/${first?.failure?.address})`);

    // The number of builds leads to as many.
    const builds = grid.locator('[role=row][aria-rowindex]').first().getByRole('link').last();
    const number = await builds.innerText();
    await builds.click();
    await page.getByRole('heading', { name: 'Builds' }).waitFor();
    await page.getByText(new RegExp(`^${number} of 60 builds match`)).waitFor();
    await page.goBack();

    // What was copied leads somewhere, and the address brings the table back.
    await page.reload();
    await expect.poll(() => grid.locator('[role=row][aria-rowindex]').count()).toBe(failing.length);
    await page.goto(`${server.url}/f/${first?.failure?.address}`);
    await page.getByRole('heading', { level: 1, name: /failed/ }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  }, 60_000);

  test('tests of a build: the failed ones first, a case with what it said and was before, and what regressed between two', async () => {
    const { page, complaints } = await openPage(browser, server);
    await page.goto(`${server.url}/b/${tested[1]}/tests`);
    const cases = page.getByRole('list', { name: 'Test cases' });
    await cases.getByRole('listitem').first().waitFor();
    // Of a run that failed, what failed.
    expect(await cases.getByRole('listitem').count()).toBe(1);
    await cases.getByRole('button', { name: /test_ssh/ }).click();
    await page.waitForURL(/open=ssh\.SSHTest\.test_ssh/);
    await page.getByText('ssh.SSHTest.test_ssh said so').waitFor();
    await page
      .getByText(/Last 2 runs on this machine and image, oldest first: passed in 1; failed in the last 1\./)
      .waitFor();
    await page.getByRole('button', { name: /^failed 1$/ }).click();
    await page.waitForURL(/state=all/);
    await expect.poll(() => cases.getByRole('button', { expanded: false }).count()).toBe(3);
    await page.getByRole('searchbox', { name: 'Search in the names of test cases' }).fill('df');
    await page.waitForURL(/q=df/);
    await expect.poll(() => cases.getByRole('listitem').count()).toBe(1);
    // From its history to the build in which it was otherwise.
    await cases.getByRole('button', { name: /test_df/ }).click();
    await cases.getByRole('link', { name: 'FAILED' }).click();
    await page.waitForURL(new RegExp(`/b/${tested[0]}/tests`));

    await page.goto(`${server.url}/compare?b=${tested[0]}&b=${tested[1]}`);
    await page.getByRole('heading', { name: 'Tests: 1 regression' }).waitFor();
    const regressions = page.getByRole('table', { name: /^Regressions of/ });
    expect(await regressions.getByRole('row').nth(1).innerText()).toMatch(/test_ssh\s+PASSED\s+FAILED/);
    await regressions.getByRole('link', { name: /test_ssh/ }).click();
    await page.waitForURL(new RegExp(`/b/${tested[1]}/tests\\?.*open=ssh`));
    expect(complaints).toEqual([]);
    await page.close();
  }, 60_000);

  test('QA: what is new in a build, from build to build by keys, and at home on a phone', async () => {
    let news: NewQaIssues | null = null;
    for (const { id } of farm.toReversed()) {
      news = await ask<NewQaIssues>(`/builds/${id}/qa`);
      if (news.issues.some(({ state }) => state === 'new')) break;
    }
    const brought = news!.issues.filter(({ state }) => state === 'new');
    expect(brought.length).toBeGreaterThan(0);
    const { page, complaints } = await openPage(browser, server, { width: 400, height: 800 });
    await page.goto(`${server.url}/qa?build=${news!.build}`);
    const part = page.getByRole('region', { name: /^New in build/ });
    await part.getByText(`${brought.length} new, `).waitFor();
    expect(await part.getByRole('listitem').count()).toBe(brought.length);
    expect(await part.getByRole('listitem').first().innerText()).toContain(brought[0]!.message.slice(0, 40));
    expect(await beyondWindow(page)).toBe(0);
    await page.keyboard.press('[');
    await page.waitForURL((url) => url.searchParams.get('build') !== news!.build);
    await page.keyboard.press(']');
    await page.waitForURL((url) => url.searchParams.get('build') === news!.build);
    await part.getByRole('button', { name: 'close' }).click();
    await expect.poll(() => part.count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  }, 60_000);
});
