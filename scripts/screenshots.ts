/**
 * The pictures of README.md, taken of the real thing: `node scripts/screenshots.ts PATH…` reads the paths into a throw-away store, opens the
 * pages in Chromium and writes docs/images/*.png. Needs `npm run build` first.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { createClient } from '../src/api/client.ts';

const root = resolve(import.meta.dirname, '..');
const images = join(root, 'docs/images');
const paths = process.argv.slice(2);
if (paths.length === 0) throw new Error('Say which builds to show: node scripts/screenshots.ts PATH…');

const server = spawn(
  process.execPath,
  [
    join(root, 'dist/bakehouse.mjs'),
    'serve',
    '--temporary',
    '--port',
    '0',
    '--json',
    '--log-level',
    'silent',
    ...paths,
  ],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const url = await new Promise<string>((told) => {
  server.stdout.once('data', (line: Buffer) => told((JSON.parse(line.toString()) as { url: string }).url));
});
const api = createClient(fetch, new URL('/api/v1', url).href);
while ((await api.server()).reading !== null || (await api.server()).builds === 0)
  await new Promise((go) => setTimeout(go, 300));
const { builds } = await api.builds({ limit: 100 });
const most = builds.reduce((a, b) => (b.tasks > a.tasks ? b : a));
const failed = builds.find(({ outcome }) => outcome === 'failed') ?? most;
const other =
  builds.find(
    ({ id, tasks, outcome, machine }) =>
      id !== most.id && tasks > 0 && outcome === 'succeeded' && machine === most.machine,
  ) ?? failed;

const pictures: readonly [string, string, 'light' | 'dark', number, number][] = [
  ['builds', '', 'light', 1400, 560],
  ['build-chart', `/b/${most.id}/chart`, 'light', 1400, 760],
  ['build-chart-dark', `/b/${most.id}/chart?grp=task`, 'dark', 1400, 900],
  ['tasks', `/b/${most.id}/tasks`, 'light', 1400, 700],
  ['failure', `/b/${failed.id}/problems`, 'dark', 1400, 700],
  ['compare', `/compare?b=${most.id}&b=${other.id}`, 'light', 1400, 1000],
  ['explore', `/explore?b=${most.id}`, 'light', 1400, 800],
  ['phone-chart', `/b/${most.id}/chart`, 'dark', 400, 800],
  ['phone-builds', '', 'light', 400, 800],
];

mkdirSync(images, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.BAKEHOUSE_TEST_CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
  ],
});
for (const [name, path, colorScheme, width, height] of pictures) {
  const phone = width < 500;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, isMobile: phone, hasTouch: phone });
  page.on('pageerror', (error) => {
    console.log(`${name}: ${error.message}`);
    process.exitCode = 1;
  });
  await page.goto(url + path, { waitUntil: 'load' });
  await page.waitForTimeout(2500);
  await page.screenshot({ path: join(images, `${name}.png`) });
  await page.close();
  console.log(`docs/images/${name}.png`);
}
await browser.close();
server.kill('SIGTERM');
