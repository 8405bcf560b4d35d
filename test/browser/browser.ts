/** A real Chromium against a real server with freshly built pages: what the tests of the pages stand on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { folderAssets } from '../../src/server/assets.ts';
import { type RunningServer, readSettings, startServer } from '../../src/server/index.ts';
import { requirePart } from '../real-parts.ts';

const root = resolve(import.meta.dirname, '../..');

/** Builds the pages into a folder of their own: what another run serves from dist/web stays as it is. */
export async function buildPages(): Promise<{ folder: string; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-pages-'));
  await build({ configFile: join(root, 'vite.config.ts'), build: { outDir: folder }, logLevel: 'error' });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
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
