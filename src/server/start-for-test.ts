/** A server of this process for tests that speak HTTP: any port, no pages, nothing on the terminal. */

import { embeddedAssets } from './assets.ts';
import { type RunningServer, readSettings, startServer } from './index.ts';
import type { Flags } from './settings.ts';

export interface TestServer extends RunningServer {
  /** `http://localhost:12345`, without a path. */
  readonly base: string;
}

/** `folder`: what its data and relative paths are below. */
export async function startForTest(folder: string, flags: Flags = {}): Promise<TestServer> {
  const settings = await readSettings({
    flags: { data: folder, port: '0', logLevel: 'silent', ...flags },
    environment: {},
    folder,
    terminal: false,
  });
  const server = await startServer(settings, { assets: embeddedAssets({}) });
  return { ...server, base: server.url.replace('/buildstats', '') };
}
