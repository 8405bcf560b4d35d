/** `bakehouse watch`: the page of `serve`, and with --push a server that hears of every build while it runs. */
import { resolve } from 'node:path';
import { BakehouseError } from '../../model/errors.ts';
import { loadLibrary } from '../controller.ts';
import type { CliIo } from '../io.ts';
import { number, text } from '../options.ts';
import type { Options } from '../program.ts';
import { destination, prepareOptions } from '../push-settings.ts';
import { printable } from '../style.ts';
import { serve } from './serve.ts';

/** What a page of a build folder is looked at for; each push of a running build is all of it. */
const EVERY_S = 30;

export async function watch(io: CliIo, args: readonly string[], options: Options): Promise<number> {
  const pushing = text(options, 'push') === undefined ? null : await startPushing(io, args, options);
  try {
    // Of the same name, and another thing: who may push to this page's own server.
    return await serve(io, args, { ...options, push: undefined, visibility: undefined });
  } finally {
    await pushing?.close();
  }
}

async function startPushing(
  io: CliIo,
  paths: readonly string[],
  options: Options,
): Promise<{ close: () => Promise<void> }> {
  const { openTransport, PushWatch } = await loadLibrary();
  const { server, token, proxies } = await destination(io, options, 'push');
  const everyS = number(options, 'every') ?? EVERY_S;
  if (!(everyS >= 1 && everyS <= 86_400)) throw new BakehouseError('invalid', '--every is 1 to 86400 seconds.');
  const transport = openTransport(server, proxies);
  const watch = new PushWatch(
    paths.map((path) => resolve(io.folder, path)),
    {
      prepare: await prepareOptions(io, options),
      client: { server, send: transport.send, token },
      everyMs: everyS * 1000,
      onAddress: ({ name }, url) => io.out(`${printable(name)}: ${printable(url)}\n`),
      onWarning: (message) => io.err(`bakehouse: ${printable(message)}\n`),
      now: io.nowMs,
    },
  );
  watch.start();
  return {
    close: async () => {
      await watch.close();
      transport.close();
    },
  };
}
