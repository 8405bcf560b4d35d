/** Addresses for who looks after the server: `/health` for a supervisor, `/health?ready` for a proxy, `/metrics` for Prometheus. */
import { statfs } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { isLocalPeer } from '../api/security.ts';
import { BakehouseError } from '../model/errors.ts';
import type { OperationRunner } from '../operations/run.ts';
import type { StoreFigures } from '../operations/store-figures.ts';
import { CONSOLE } from '../store/store.ts';
import { figuresText, METRICS_MEDIA_TYPE, type Metrics } from './metrics.ts';

/** A store that does not answer in this time is not ready, whatever it does. */
const STORE_TIMEOUT_MS = 5000;
/** Whoever asks more often than this gets the answer of before: asking must not be a load of its own. */
const KEPT_MS = 2000;
/** Below this a database cannot grow, and an upload is better sent elsewhere or later. */
const DISK_FREE_BYTES_MIN = 256 << 20;

export interface WatchingOptions {
  readonly runner: OperationRunner;
  readonly version: string;
  readonly metrics: Metrics;
  /** Folders whose disks must not fill up; none where everything lies elsewhere. */
  readonly folders: readonly string[];
}

interface Health {
  readonly status: 'ok' | 'failing';
  readonly version: string;
  readonly store: 'ok' | 'unreachable';
  /** Least of the disks, or null where there is none of ours. */
  readonly diskFreeBytes: number | null;
  /** Reports that are here and not stored yet; null: the store does not tell. */
  readonly ingestBacklog: number | null;
}

async function diskFree(folders: readonly string[]): Promise<number | null> {
  let least: number | null = null;
  for (const folder of folders) {
    const disk = await statfs(folder).catch(() => null);
    // Not made yet: it is when something is first put into it.
    if (disk !== null) least = Math.min(least ?? Number.POSITIVE_INFINITY, disk.bavail * disk.bsize);
  }
  return least;
}

export function registerWatching(app: FastifyInstance, options: WatchingOptions): void {
  const { runner, metrics } = options;
  let kept: { readonly atMs: number; readonly figures: Promise<StoreFigures | null> } | null = null;

  async function read(): Promise<StoreFigures | null> {
    const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), STORE_TIMEOUT_MS).unref());
    const asked = runner.run('store-figures', {}, CONSOLE).then(
      (answer) =>
        answer.kind === 'json' ? (JSON.parse(new TextDecoder().decode(answer.bytes)) as StoreFigures) : null,
      (error: unknown) => {
        app.log.warn({ err: error }, 'the store does not answer');
        return null;
      },
    );
    return Promise.race([asked, late]);
  }

  function figures(): Promise<StoreFigures | null> {
    if (kept === null || Date.now() - kept.atMs > KEPT_MS) kept = { atMs: Date.now(), figures: read() };
    return kept.figures;
  }

  // Without `ready` it only says that the process lives: a supervisor must not end it because a disk or a database is away.
  app.get<{ Querystring: { ready?: string } }>('/health', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    if (request.query.ready === undefined) return reply.send({ status: 'ok', version: options.version });
    const [store, diskFreeBytes] = await Promise.all([figures(), diskFree(options.folders)]);
    const full = diskFreeBytes !== null && diskFreeBytes < DISK_FREE_BYTES_MIN;
    const health: Health = {
      status: store === null || full ? 'failing' : 'ok',
      version: options.version,
      store: store === null ? 'unreachable' : 'ok',
      diskFreeBytes,
      ingestBacklog: store?.backlog ?? null,
    };
    return reply.code(health.status === 'ok' ? 200 : 503).send(health);
  });

  app.get('/metrics', async (request, reply) => {
    if (!isLocalPeer(request) && !request.viewer.admin)
      throw new BakehouseError('forbidden', 'Metrics are for programs on the machine of the server, and for admins.');
    const [store, diskFreeBytes] = await Promise.all([figures(), diskFree(options.folders)]);
    const gauge = (name: string, help: string, value: number | null) =>
      ({ name: `bakehouse_${name}`, help, type: 'gauge', value }) as const;
    const memory = process.memoryUsage();
    const text = figuresText([
      gauge('store_up', 'Whether database and blob store answer.', store === null ? 0 : 1),
      gauge('builds', 'Builds in the store.', store?.builds ?? null),
      gauge('uploads', 'Reports that clients send or sent in pieces.', store?.uploads ?? null),
      gauge('ingest_backlog', 'Reports of which more is here than is stored.', store?.backlog ?? null),
      gauge('blobs', 'Logs, graphs and others in the blob store.', store?.blobs ?? null),
      gauge('blob_bytes', 'What they take where they are stored.', store?.blobBytes ?? null),
      gauge('database_bytes', 'Size of the database.', store?.databaseBytes ?? null),
      gauge('disk_free_bytes', 'Free on the fullest disk of ours.', diskFreeBytes),
      {
        name: 'bakehouse_received_bytes_total',
        help: 'Bytes of bodies as they came over the line.',
        type: 'counter',
        value: metrics.receivedBytes,
      },
      { name: 'process_resident_memory_bytes', help: 'Resident memory.', type: 'gauge', value: memory.rss },
      {
        name: 'process_start_time_seconds',
        help: 'When the process started, seconds since 1970.',
        type: 'gauge',
        value: Math.round(Date.now() / 1000 - process.uptime()),
      },
    ]);
    return reply
      .type(METRICS_MEDIA_TYPE)
      .header('cache-control', 'no-store')
      .send(text + metrics.http.text() + metrics.operations.text());
  });
}
