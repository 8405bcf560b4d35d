/**
 * Entry of the release's server.mjs, and of its threads. As a module it is what the command line loads for `serve`; started by itself it
 * is a server whose settings come from the environment and from the arguments as paths.
 */
import { enableCompileCache } from 'node:module';
import { isMainThread, workerData } from 'node:worker_threads';
import { BakehouseError } from '../model/errors.ts';
import { readSettings, startServer } from './index.ts';
import { isThreadData } from './threads/protocol.ts';
import { runThread } from './threads/run-thread.ts';

export * from './index.ts';
export * from './library.ts';

async function main(): Promise<void> {
  enableCompileCache();
  const settings = await readSettings({
    flags: { paths: process.argv.slice(2) },
    environment: process.env,
    folder: process.cwd(),
    terminal: process.stdout.isTTY === true,
  });
  const server = await startServer(settings);
  process.stdout.write(`Bakehouse is at ${server.url}\n`);
  await stopOnSignal(() => server.close());
}

/** Closes on the first signal and lets the process end by itself; a second signal ends it at once. */
export async function stopOnSignal(close: () => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
  await close();
}

if (!isMainThread && isThreadData(workerData)) {
  await runThread(workerData);
} else if (isMainThread && import.meta.main) {
  main().catch((error: unknown) => {
    process.exitCode = error instanceof BakehouseError ? 2 : 1;
    console.error(error instanceof BakehouseError ? error.message : error);
  });
}
