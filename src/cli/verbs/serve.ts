/** `bakehouse serve` and `watch`: the controller, in this process. Its code is in a file of its own that only these two load. */
import { loadController } from '../controller.ts';
import { EXIT_OK } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag, text } from '../options.ts';
import type { Options } from '../program.ts';
import { printable } from '../style.ts';

export async function serve(io: CliIo, args: readonly string[], options: Options): Promise<number> {
  const { readSettings, startServer, stopOnSignal } = await loadController();
  const settings = await readSettings({
    flags: {
      host: text(options, 'host'),
      port: text(options, 'port'),
      allowedHosts: text(options, 'allowedHosts'),
      data: text(options, 'data'),
      database: text(options, 'database'),
      blobs: text(options, 'blobs'),
      blobsEndpoint: text(options, 'blobsEndpoint'),
      blobsRegion: text(options, 'blobsRegion'),
      config: text(options, 'config'),
      temporary: flag(options, 'temporary') ? true : undefined,
      watch: options.watch === false ? false : undefined,
      logLevel: text(options, 'logLevel'),
      publicUrl: text(options, 'publicUrl'),
      trustProxy: text(options, 'trustProxy'),
      layerPages: text(options, 'layerPages'),
      push: text(options, 'push'),
      visibility: text(options, 'visibility'),
      visibilities: text(options, 'visibilities'),
      pushAgeDays: text(options, 'pushAgeDays'),
      pushStreamMegabytes: text(options, 'pushStreamMegabytes'),
      pushBlobMegabytes: text(options, 'pushBlobMegabytes'),
      pushBlobs: text(options, 'pushBlobs'),
      pushRefusedKinds: text(options, 'pushRefusedKinds'),
      pushBuildsPerHour: text(options, 'pushBuildsPerHour'),
      pushMegabytesPerHour: text(options, 'pushMegabytesPerHour'),
      keepBuildsDays: text(options, 'keepBuildsDays'),
      keepFailureLogsDays: text(options, 'keepFailureLogsDays'),
      keepLogsDays: text(options, 'keepLogsDays'),
      keepReportsDays: text(options, 'keepReportsDays'),
      keepUploadsDays: text(options, 'keepUploadsDays'),
      keepBlobsGigabytes: text(options, 'keepBlobsGigabytes'),
      paths: args,
    },
    environment: io.environment,
    folder: io.folder,
    terminal: io.errIsTerminal,
  });
  // A person at the terminal reads sentences; where the output is kept, the log has them as JSON lines.
  const person = io.errIsTerminal && settings.logLevel === 'warn';
  const server = await startServer(settings, {
    ...(person ? { onWarning: (message: string) => io.err(`bakehouse: ${printable(message)}\n`) } : {}),
  });
  const stopped = stopOnSignal(() => server.close());
  if (flag(options, 'json')) io.out(`${JSON.stringify({ url: server.url })}\n`);
  else {
    io.out(`Bakehouse is at ${server.url}\n`);
    if (io.errIsTerminal) io.err('Ctrl-C ends it.\n');
  }
  if (person && args.length > 0) {
    // A store that cannot be opened is in the log already.
    server.firstReading.then(
      () => io.err(`Everything was read.${settings.watch ? ' What changes is read again.' : ''}\n`),
      () => {},
    );
  }
  await stopped;
  return EXIT_OK;
}
