/** `bakehouse serve` and `watch`: the controller, in this process. Its code is in a file of its own that only these two load. */
import { loadController } from '../controller.ts';
import { EXIT_OK } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag, text } from '../options.ts';
import type { Options } from '../program.ts';

export async function serve(io: CliIo, args: readonly string[], options: Options): Promise<number> {
  const { readSettings, startServer, stopOnSignal } = await loadController();
  const settings = await readSettings({
    flags: {
      host: text(options, 'host'),
      port: text(options, 'port'),
      allowedHosts: text(options, 'allowedHosts'),
      data: text(options, 'data'),
      database: text(options, 'database'),
      config: text(options, 'config'),
      temporary: flag(options, 'temporary') ? true : undefined,
      watch: options.watch === false ? false : undefined,
      logLevel: text(options, 'logLevel'),
      paths: args,
    },
    environment: io.environment,
    folder: io.folder,
    terminal: io.errIsTerminal,
  });
  const warned: string[] = [];
  const server = await startServer(settings, { onWarning: (message) => warned.push(message) });
  const stopped = stopOnSignal(() => server.close());
  if (flag(options, 'json')) io.out(`${JSON.stringify({ url: server.url })}\n`);
  else {
    io.out(`Bakehouse is at ${server.url}\n`);
    if (io.errIsTerminal) io.err('Ctrl-C ends it.\n');
  }
  await stopped;
  return EXIT_OK;
}
