/** The controller: wires store threads, events, API and pages into one process. `bakehouse serve` and the release's own entry call this. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServerEvent } from '../api/contract.ts';
import { isLoopbackName } from '../api/security.ts';
import { BakehouseError } from '../model/errors.ts';
import { logRoot } from '../operations/log-roots.ts';
import type { Answer, OperationRunner } from '../operations/run.ts';
import type { ServerState } from '../operations/show-server.ts';
import type { BlobPlace } from '../store/blobs/index.ts';
import { CONSOLE } from '../store/store.ts';
import { type AssetSource, embeddedAssets, folderAssets } from './assets.ts';
import { embedded } from './embedded.ts';
import { createEventHub } from './event-hub.ts';
import { createHttp } from './http.ts';
import { createLogger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import { isRetentionDue } from './retention-times.ts';
import type { Settings } from './settings.ts';
import { createThreadClient, threadEntry } from './threads/thread-client.ts';
import { VERSION } from './version.ts';

export { readSettings, type Settings } from './settings.ts';

export interface StartOptions {
  /** Builds as they come and change, paths as they are read: for a line on the terminal. */
  readonly onEvent?: (event: ServerEvent) => void;
  /** What could not be read of the given paths, in a sentence. Without it the log says so. */
  readonly onWarning?: (message: string) => void;
  readonly assets?: AssetSource;
}

export interface RunningServer {
  /** Address of the first page. */
  readonly url: string;
  /** Resolves when the given paths were read once; rejects when the store cannot be opened. Watching goes on. */
  readonly firstReading: Promise<void>;
  close(): Promise<void>;
}

const RESTARTS_MAX = 3;
const RESTART_MS = 5000;

/** Operations that write: they belong to the ingest thread. */
const WRITES: ReadonlySet<string> = new Set([
  'import-sample',
  'import-path',
  'meet-upload',
  'append-chunk',
  'offer-blobs',
  'put-blob',
  'may-push',
  'take-files',
  'take-error-report',
  'take-oestats',
  'apply-retention',
  'pin-build',
  'note-use',
  'sign-in',
  'sign-out',
  'make-token',
  'revoke-token',
  'change-password',
  'add-account',
  'change-account',
  'set-visibility',
  'delete-build',
  // Reads: the rules for reports are known to the thread that takes them.
  'show-server',
]);

/** What another controller, or this one before it was killed, left unstored is found within this time. */
const LOOK_FOR_UPLOADS_MS = 10 * 60_000;
/** The look takes milliseconds; a thread that found nothing holds 45 MB for nothing. */
const LOOKED_MS = 1500;

/** How often is looked whether it is night. */
const RETENTION_LOOK_MS = 20 * 60_000;

function defaultAssets(): AssetSource {
  if (embedded !== null) return embeddedAssets(embedded.web);
  return folderAssets(fileURLToPath(new URL('../../dist/web', import.meta.url)));
}

/** What is left for the thread that takes reports, by the answer of `show-server`. */
function leftOverOf(answer: Answer): number {
  if (answer.kind !== 'json') throw new Error('show-server gives JSON');
  const { unstored, unindexed, uncounted } = JSON.parse(new TextDecoder().decode(answer.bytes)) as ServerState;
  return unstored + unindexed + uncounted;
}

function publicName(url: string | null): string[] {
  return url === null ? [] : [new URL(url).hostname];
}

/** Nothing says that others reach it: no address of the network, no name, no proxy. */
function isStandalone({ host, allowedHosts, publicUrl, trustProxy }: Settings): boolean {
  return isLoopbackName(host) && allowedHosts.length === 0 && publicUrl === null && trustProxy.length === 0;
}

function pageUrl(host: string, port: number): string {
  const everywhere = host === '0.0.0.0' || host === '::';
  const name =
    everywhere || host === '127.0.0.1' || host === '::1' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}/buildstats`;
}

/** The database and the blobs as the threads open them, and what to delete at the end. */
function prepareDatabase(settings: Settings): { database: string; blobs: BlobPlace; remove: (() => void) | null } {
  if (settings.temporary) {
    const folder = mkdtempSync(join(tmpdir(), 'bakehouse-'));
    return {
      database: `sqlite:${join(folder, 'bakehouse.db')}`,
      blobs: { kind: 'disk', folder: join(folder, 'blobs') },
      remove: () => rmSync(folder, { recursive: true, force: true }),
    };
  }
  const file = settings.database.startsWith('sqlite:') ? settings.database.slice('sqlite:'.length) : null;
  if (file === ':memory:')
    throw new BakehouseError('invalid', 'A store in memory cannot be shared between threads: use --temporary.');
  if (file !== null) {
    try {
      // The data of builds is the user's own: names of hosts, paths and layers are in it.
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new BakehouseError(
        'unavailable',
        `The data folder ${dirname(file)} cannot be made: give another with --data.`,
        { cause },
      );
    }
  }
  return { database: settings.database, blobs: settings.blobs, remove: null };
}

export async function startServer(settings: Settings, options: StartOptions = {}): Promise<RunningServer> {
  const { database, blobs, remove } = prepareDatabase(settings);
  const logger = createLogger(settings.logLevel);
  const hub = createEventHub();
  if (options.onEvent !== undefined) hub.subscribe(options.onEvent);
  const warn = (message: string): void => {
    if (options.onWarning === undefined) logger.warn(message);
    else options.onWarning(message);
  };
  const logRoots = [...new Set(settings.paths.map(logRoot).filter((root) => root !== null))];

  const { pushing } = settings;
  const collect = pushing.push === 'closed' ? null : { rules: pushing, publicUrl: settings.publicUrl };

  let closing: Promise<void> | null = null;
  /** The thread that opens its store first; the other waits for it. */
  let opening: Promise<unknown> = Promise.resolve();
  const thread = (role: 'query' | 'ingest') => {
    const client = createThreadClient({
      data: {
        bakehouseThread: role,
        database,
        blobs,
        version: VERSION,
        logRoots,
        layerPages: settings.layerPages,
        collect: role === 'ingest' ? collect : null,
      },
      entry: threadEntry(),
      onEvent: hub.publish,
      onWarning: warn,
      onDeath: (error) => {
        logger.error({ err: error }, `the ${role} thread died; it is started again when it is next needed`);
        if (role === 'ingest') {
          hub.publish({ type: 'idle' });
          watchAgain();
        }
      },
      before: () => {
        const turn = opening;
        opening = turn.then(() => client.start()).catch(() => {});
        return turn.then(() => {});
      },
    });
    return client;
  };
  let restarts = 0;
  /** The watch is started again by itself, but not for ever: what killed it three times will kill it again. */
  function watchAgain(): void {
    if (closing !== null || settings.paths.length === 0 || !settings.watch || ++restarts > RESTARTS_MAX) return;
    const timer = setTimeout(() => {
      ingest.read(settings.paths, true).catch((error: unknown) => logger.error({ err: error }, 'watching ended'));
    }, RESTART_MS);
    timer.unref();
  }
  const query = thread('query');
  const ingest = thread('ingest');
  const metrics = createMetrics();
  const runner: OperationRunner = {
    run: async (name, input, viewer) => {
      const thread = WRITES.has(name) ? 'ingest' : 'query';
      const begin = performance.now();
      let result = 'failed';
      try {
        const answer = await (thread === 'ingest' ? ingest : query).run(name, input, viewer);
        result = 'ok';
        return answer;
      } finally {
        metrics.operations.observe({ operation: name, thread, result }, (performance.now() - begin) / 1000);
      }
    },
  };

  /** What takes reports looks, when it starts, for those that are not stored yet, and for failures that nobody looked at. */
  const lookForUploads = (): void => {
    ingest.start(LOOKED_MS).catch((error: unknown) => logger.error({ err: error }, 'the store cannot be opened'));
  };
  const looking = collect === null ? null : setInterval(lookForUploads, LOOK_FOR_UPLOADS_MS);
  looking?.unref();

  let tidiedMs: number | null = null;
  const startedMs = Date.now();
  const tidying = setInterval(() => {
    if (!isRetentionDue(new Date(), tidiedMs, startedMs)) return;
    tidiedMs = Date.now();
    runner.run('apply-retention', { rules: settings.keeping }, CONSOLE).then(
      (done) =>
        logger.info(
          { retention: done.kind === 'json' ? JSON.parse(new TextDecoder().decode(done.bytes)) : null },
          'tidied',
        ),
      (error: unknown) => logger.error({ err: error }, 'the store could not be tidied'),
    );
  }, RETENTION_LOOK_MS);
  tidying.unref();

  const watching = settings.watch ? settings.paths : [];
  const app = await createHttp({
    runner,
    events: hub,
    activity: () => ({ watching, reading: hub.reading() }),
    assets: options.assets ?? defaultAssets(),
    version: VERSION,
    hosts: { host: settings.host, allowedHosts: [...settings.allowedHosts, ...publicName(settings.publicUrl)] },
    trustProxy: settings.trustProxy,
    metrics,
    folders: [
      ...(database.startsWith('sqlite:') ? [dirname(database.slice('sqlite:'.length))] : []),
      ...(blobs.kind === 'disk' ? [blobs.folder] : []),
    ],
    publicUrl: settings.publicUrl,
    standalone: isStandalone(settings),
    logger: settings.logLevel === 'silent' ? undefined : logger,
    // The page's questions follow in a tenth of a second; the thread needs about as long to start.
    onPage: () =>
      void query.start().catch((error: unknown) => logger.error({ err: error }, 'the store cannot be opened')),
  });

  try {
    await app.listen({ host: settings.host, port: settings.port });
  } catch (error) {
    remove?.();
    await app.close();
    if (error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES'))
      throw new BakehouseError(
        'unavailable',
        error.code === 'EADDRINUSE'
          ? `Port ${settings.port} of ${settings.host} is in use: give another with --port, or 0 for any.`
          : `Port ${settings.port} of ${settings.host} may not be used: give another with --port.`,
        { cause: error },
      );
    throw error;
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.port;

  const [first] = settings.paths;
  // Before the thread is up: a page that is opened at once must say "reading" and not "there is nothing".
  if (first !== undefined) hub.publish({ type: 'reading', location: first, done: 0, total: null });
  const firstReading = settings.paths.length === 0 ? Promise.resolve() : ingest.read(settings.paths, settings.watch);
  // The caller may look at it or not; the log has it.
  firstReading.catch((error: unknown) => {
    hub.publish({ type: 'idle' });
    if (closing === null) logger.error({ err: error }, 'the given paths could not be read');
  });

  if (collect !== null) {
    // At the start the query thread is asked, which the first page needs in any case: the ingest thread takes as long to start as
    // the page does, and keeps 45 MB of the process when it found nothing to do.
    query
      .run('show-server', {}, CONSOLE)
      .then((answer) => {
        if (closing === null && leftOverOf(answer) > 0) lookForUploads();
      })
      .catch((error: unknown) => {
        if (closing === null) logger.error({ err: error }, 'the store cannot be opened');
      });
  }

  async function close(): Promise<void> {
    clearInterval(tidying);
    if (looking !== null) clearInterval(looking);
    await app.close();
    hub.close();
    await Promise.all([query.close(), ingest.close()]);
    remove?.();
  }
  return {
    url: pageUrl(settings.host, port),
    firstReading,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
