/** A real Chromium against a real server with freshly built pages: what the tests of the pages stand on. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { folderAssets } from '../../src/server/assets.ts';
import { type RunningServer, readSettings, startServer } from '../../src/server/index.ts';
import { requirePart } from '../real-parts.ts';

const root = resolve(import.meta.dirname, '../..');

/** What the pages are made of (vite.config.ts). */
const PAGE_SOURCES = [
  'src/web',
  'src/model',
  'src/analysis',
  'src/chart',
  'src/api',
  'vite.config.ts',
  'package-lock.json',
];
const CACHE = join(root, 'node_modules/.cache/bakehouse-tests');
const OLD_PAGES_MS = 24 * 3600_000;

/**
 * The pages, built from the sources as they are, into a folder of their own: what another run serves from dist/web stays as it is. Files of
 * tests that find the same sources share it: building takes 6 s of the processor, and there are many of them.
 */
export async function buildPages(): Promise<{ folder: string }> {
  const hash = createHash('sha256');
  for (const source of PAGE_SOURCES) {
    const path = join(root, source);
    const files = statSync(path).isDirectory() ? readdirSync(path, { recursive: true, encoding: 'utf8' }).sort() : [''];
    for (const file of files) {
      const stat = statSync(join(path, file));
      if (stat.isFile() && !/\.test\.tsx?$/.test(file))
        hash.update(`${source}/${file} ${stat.size}\n`).update(readFileSync(join(path, file)));
    }
  }
  const folder = join(CACHE, `pages-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(folder)) return { folder };
  mkdirSync(CACHE, { recursive: true });
  for (const name of readdirSync(CACHE)) {
    const old = join(CACHE, name);
    if (name.startsWith('pages-') && statSync(old).mtimeMs < Date.now() - OLD_PAGES_MS)
      rmSync(old, { recursive: true, force: true });
  }
  const making = mkdtempSync(join(CACHE, 'pages-making-'));
  await build({ configFile: join(root, 'vite.config.ts'), build: { outDir: making }, logLevel: 'error' });
  try {
    renameSync(making, folder);
  } catch (error) {
    // Another file of tests was as far at the same time: its pages are these.
    rmSync(making, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return { folder };
}

/** A server on a free port with a throw-away store that holds the builds of the paths. */
export async function startPages(folder: string, paths: readonly string[], watch = false): Promise<RunningServer> {
  const settings = await readSettings({
    flags: { port: 0, temporary: true, watch, paths: paths.map((p) => resolve(root, p)), logLevel: 'error' },
    environment: {},
    folder: root,
    terminal: false,
  });
  const server = await startServer(settings, { assets: folderAssets(folder) });
  await server.firstReading;
  return server;
}

/** A server on a free port over a data folder that a test has filled; who pushes needs a token. */
export async function startData(pages: string, data: string): Promise<RunningServer> {
  const settings = await readSettings({
    flags: { port: 0, data, push: 'token', logLevel: 'error' },
    environment: {},
    folder: data,
    terminal: false,
  });
  return startServer(settings, { assets: folderAssets(pages) });
}

/** By how many pixels the page is wider than its window. */
export const beyondWindow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** What the page's menu of exports gives of a kind. */
export async function exported(page: Page, kind: string): Promise<Buffer> {
  await page.getByRole('button', { name: /^Export/ }).click();
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: new RegExp(`^${kind}`) }).click(),
  ]);
  return readFileSync(await file.path());
}

/** No sandbox because tests may run as root; the rest keeps Chromium from calling its maker. */
const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: requirePart('chromium'), headless: true, args: CHROMIUM_FLAGS });
}

export interface Watched {
  readonly page: Page;
  /** Errors and warnings of the console, uncaught exceptions, requests that leave the origin. Must stay empty. */
  readonly complaints: string[];
  /** Gzipped bytes of the scripts and styles that were loaded so far. */
  readonly loadedBytes: () => Promise<number>;
}

export async function openPage(
  browser: Browser,
  server: RunningServer,
  options: { width?: number; height?: number; scheme?: 'light' | 'dark' } = {},
): Promise<Watched> {
  const origin = new URL(server.url).origin;
  const page = await browser.newPage({
    viewport: { width: options.width ?? 1400, height: options.height ?? 900 },
    colorScheme: options.scheme ?? 'light',
  });
  const complaints: string[] = [];
  const sizes: Promise<number>[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.stack ?? error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) complaints.push(`left the origin: ${url}`);
  });
  page.on('response', (response) => {
    // 304: from the browser's own store, counted when it first came.
    if (response.status() !== 200 || !/\.(js|css)$/.test(new URL(response.url()).pathname)) return;
    const size = response.body().then((body) => gzipSync(body, { level: 9 }).length);
    // A page that was left takes its bodies along: that only matters to whoever asks for the sum, who still gets the error.
    size.catch(() => undefined);
    sizes.push(size);
  });
  page.setDefaultTimeout(10_000);
  return {
    page,
    complaints,
    loadedBytes: async () => (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0),
  };
}
