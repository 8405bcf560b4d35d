/**
 * Entry of the release's server.mjs, and of its threads. As a module it is what the command line loads for `serve`; started by itself it
 * is a server whose settings come from the environment and from the arguments as paths.
 *
 * Everything is imported when its role is known: a thread evaluates no web server and the main thread no database (measured: 10 MB and
 * 40 ms each), although all of it is one file.
 */
import { enableCompileCache } from 'node:module';
import { isMainThread, workerData } from 'node:worker_threads';
import { BakehouseError } from '../model/errors.ts';
import type { RunningServer, StartOptions } from './index.ts';
import type { Settings, SettingsInput } from './settings.ts';
import { isThreadData } from './threads/protocol.ts';

export type { RunningServer, StartOptions } from './index.ts';
export type { Flags, Settings, SettingsInput } from './settings.ts';

export async function readSettings(input: SettingsInput): Promise<Settings> {
  return (await import('./settings.ts')).readSettings(input);
}

export async function startServer(settings: Settings, options: StartOptions = {}): Promise<RunningServer> {
  return (await import('./index.ts')).startServer(settings, options);
}

/** What the command line uses beside the server. */
export function loadLibrary(): Promise<typeof import('./library.ts')> {
  return import('./library.ts');
}

/** Closes on the first signal and lets the process end by itself; a second signal ends it at once. */
export async function stopOnSignal(close: () => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  await close();
}

async function main(): Promise<void> {
  enableCompileCache();
  const paths = process.argv.slice(2);
  const option = paths.find((path) => path.startsWith('-'));
  if (option !== undefined)
    throw new BakehouseError(
      'invalid',
      `${option}: this file takes paths only; its settings are environment variables (BAKEHOUSE_PORT …). \`bakehouse serve\` takes flags.`,
    );
  const settings = await readSettings({
    flags: { paths },
    environment: process.env,
    folder: process.cwd(),
    terminal: process.stdout.isTTY === true,
  });
  const server = await startServer(settings);
  process.stdout.write(`Bakehouse is at ${server.url}\n`);
  await stopOnSignal(() => server.close());
}

if (!isMainThread && isThreadData(workerData)) {
  const { runThread } = await import('./threads/run-thread.ts');
  await runThread(workerData);
} else if (isMainThread && import.meta.main) {
  main().catch((error: unknown) => {
    process.exitCode = error instanceof BakehouseError ? 2 : 1;
    console.error(error instanceof BakehouseError ? error.message : error);
  });
}
