/**
 * Turns the streams of uploads into builds, beside whoever sends them: at once when a stream is complete, else so often that its page is
 * alive. What is not stored yet when the process ends is found again by its rows.
 */
import { NATIVE_PACKING } from '../formats/open/native-packing.ts';
import { RecordReader } from '../formats/record/reader.ts';
import type { Build } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import { GRAPH_BYTES_MAX } from '../model/limits.ts';
import type { BlobUse } from '../store/blob-index.ts';
import type { BlobStore } from '../store/blobs/index.ts';
import type { SavedBuild, Store } from '../store/store.ts';
import type { Upload } from '../store/uploads.ts';
import { saveAccount } from './import.ts';
import { joinRule } from './may-join.ts';
import { bytesOf } from './upload.ts';

export interface IngestOptions {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly now: () => number;
  readonly onSaved?: ((saved: SavedBuild) => void) | undefined;
  /** Something failed that is no fault of the upload (the database is away): it is tried again. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** A stream that grows is shown anew at most this often. */
const GROWING_MS = 2000;
/** A stream that is not complete and was not added to for so long is of a client that was killed, or went offline. */
export const SILENT_MS = 15 * 60_000;
/** How often is looked for what was left: by another controller that died, or by this one when the database was away. */
const SWEEP_MS = 30_000;
const SWEEP_UPLOADS_MAX = 100;

export class IngestUploads {
  readonly #options: IngestOptions;
  /** Uploads by their build's id, and when each may be read again. */
  readonly #waiting = new Map<string, number>();
  readonly #shownMs = new Map<string, number>();
  #working: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #sweepTimer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: IngestOptions) {
    this.#options = options;
  }

  /** Finds what was left by a process that ended, and goes on looking. */
  start(): void {
    void this.#sweep();
    this.#sweepTimer = setInterval(() => void this.#sweep(), SWEEP_MS);
    this.#sweepTimer.unref();
  }

  /** Uploads that wait to be read. */
  get backlog(): number {
    return this.#waiting.size;
  }

  /** More of this upload is durable. */
  poke(upload: Upload): void {
    const nowMs = this.#options.now();
    const last = this.#shownMs.get(upload.id) ?? 0;
    this.#waiting.set(upload.id, upload.complete ? 0 : Math.max(nowMs, last + GROWING_MS));
    this.#work();
  }

  /** Reads it once more although no more of it came: something that belongs to it arrived beside it. Its chunks may be gone by then. */
  async again(upload: Upload): Promise<void> {
    await this.#options.store.uploads.forgetStored(upload);
    this.poke(upload);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#sweepTimer !== null) clearInterval(this.#sweepTimer);
    await this.#working;
  }

  async #sweep(): Promise<void> {
    if (this.#closed) return;
    try {
      const silentMs = this.#options.now() - SILENT_MS;
      for (const upload of await this.#options.store.uploads.unstored(silentMs, SWEEP_UPLOADS_MAX))
        if (!this.#waiting.has(upload.id)) this.#waiting.set(upload.id, 0);
      this.#work();
    } catch (error) {
      this.#warn(error);
    }
  }

  #work(): void {
    if (this.#working !== null || this.#closed) return;
    this.#working = this.#workOn().finally(() => {
      this.#working = null;
      this.#sleep();
    });
  }

  /** Until the next upload that grows may be shown. */
  #sleep(): void {
    if (this.#closed || this.#waiting.size === 0) return;
    const soonest = Math.min(...this.#waiting.values());
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#work(), Math.max(1, soonest - this.#options.now()));
    this.#timer.unref();
  }

  async #workOn(): Promise<void> {
    for (;;) {
      const nowMs = this.#options.now();
      const next = [...this.#waiting].find(([, notBeforeMs]) => notBeforeMs <= nowMs);
      if (next === undefined || this.#closed) return;
      const [id] = next;
      this.#waiting.delete(id);
      try {
        await this.#ingest(id);
      } catch (error) {
        // The next sweep finds it again.
        this.#warn(error);
      }
      // Chunks that arrived meanwhile are answered before the next stream is read.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #warn(error: unknown): void {
    this.#options.onWarning?.(
      `An upload could not be stored and is tried again: ${error instanceof Error ? error.message : String(error)}`,
    );
  }

  /** Reads what is durable of one upload and saves the build it tells of. */
  async #ingest(id: string): Promise<void> {
    const { store, now } = this.#options;
    const upload = await store.uploads.find(id);
    if (upload === null || !hasMore(upload, now())) return;
    const silent = now() - upload.touchedMs > SILENT_MS;
    const over = upload.complete || silent;
    this.#shownMs.delete(id);
    if (!over) this.#shownMs.set(id, now());
    try {
      const { build, blobs, incomplete } = await this.#read(upload, over);
      const saved = await saveAccount(store, build, {
        id,
        access: { visibility: upload.visibility, owner: upload.account, receivedMs: upload.createdMs },
        mayJoin: joinRule(store, { client: upload.client, secret: upload.secret, nowMs: now() }),
      });
      await store.blobIndex.addUses(saved.id, blobs);
      await store.uploads.markStored(upload, { build: saved.id, problem: null, over, incomplete });
      if (saved.changed) this.#options.onSaved?.(saved);
    } catch (error) {
      if (!(error instanceof BakehouseError) || error.code === 'unavailable' || error.code === 'conflict') throw error;
      // A stream that cannot be read today cannot be read tomorrow: its client hears of it, and may send another.
      await store.uploads.markStored(upload, { build: null, problem: error.message, over, incomplete: false });
    }
  }

  async #read(
    upload: Upload,
    over: boolean,
  ): Promise<{ build: Build; blobs: readonly BlobUse[]; incomplete: boolean }> {
    const { store, blobs } = this.#options;
    const reader = new RecordReader({ location: `report ${upload.id}`, packing: NATIVE_PACKING });
    for (const chunk of await store.uploads.chunks(upload)) {
      reader.push(bytesOf(chunk));
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (over) reader.end();
    if (!reader.isRecord) throw new BakehouseError('unreadable', 'The stream is no record that this server can read.');
    const { graph } = reader;
    const graphBytes = graph === null ? null : await readWhole(blobs, graph.blob, GRAPH_BYTES_MAX);
    const build = reader.snapshot({ running: !over, graph: graphBytes });
    const used: BlobUse[] = build.logs.map(({ blob, kind }) => ({
      hash: blob,
      class: kind === 'failure' ? 'failure-log' : 'log',
    }));
    if (graph !== null) used.push({ hash: graph.blob, class: 'graph' });
    for (const { fileList } of build.sizes) if (fileList !== null) used.push({ hash: fileList, class: 'files' });
    return { build, blobs: used, incomplete: graph !== null && graphBytes === null };
  }
}

/** Whether anything of it is not in the store, or its silence is not yet told there. */
function hasMore({ stored, generation, bytes, complete, touchedMs }: Upload, nowMs: number): boolean {
  if (stored === null) return bytes > 0 || complete;
  if (generation === stored.generation)
    return (
      bytes !== stored.bytes ||
      (complete !== stored.complete && complete) ||
      (!stored.complete && nowMs - touchedMs > SILENT_MS)
    );
  // A new generation takes the place of the old one when it is whole, or tells no less of a build that still runs.
  return complete || (!stored.complete && bytes >= stored.bytes);
}

async function readWhole(blobs: BlobStore, hash: string, bytesMax: number): Promise<Uint8Array | null> {
  const size = await blobs.size(hash);
  if (size === null || size.bytes > bytesMax) return null;
  return blobs.readBytes(hash, 0, size.bytes);
}
