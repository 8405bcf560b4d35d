/**
 * Turns the streams of uploads into builds, beside whoever sends them: at once when a stream is complete, else so often that its page is
 * alive. What is not stored yet when the process ends is found again by its rows.
 */
import { NATIVE_PACKING } from '../formats/open/native-packing.ts';
import { RecordReader } from '../formats/record/reader.ts';
import type { Build } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import { GRAPH_BYTES_MAX } from '../model/limits.ts';
import { TASK_RUNNING, TASK_UNFINISHED } from '../model/task-table.ts';
import { namedBlobs } from '../store/blob-index.ts';
import type { BlobStore } from '../store/blobs/index.ts';
import type { SavedBuild, Store } from '../store/store.ts';
import type { StoredAs, Upload } from '../store/uploads.ts';
import { FreshPieces, type Piece } from './fresh-pieces.ts';
import { saveAccount } from './import.ts';
import { joinRule } from './may-join.ts';
import { bytesOf } from './upload.ts';

export interface IngestOptions {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly now: () => number;
  /** Builds that began so many days before they were announced are not kept; null: any. */
  readonly ageDays?: number | null;
  readonly onSaved?: ((saved: SavedBuild) => void) | undefined;
  /** Something failed that is no fault of the upload (the database is away): it is tried again. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** There is something to do, or no more: whoever runs this stays for as long. */
  readonly onBusy?: ((busy: boolean) => void) | undefined;
}

/** Most streams are whole a moment after they began: those are stored once. */
const FIRST_MS = 1000;
/** A stream that grows is shown anew at most this often, and takes at most a tenth of the time for it. */
const GROWING_MS = 2000;
const GROWING_SHARE = 10;
/** A stream that is not complete and was not added to for so long is of a client that was killed, or went offline. */
export const SILENT_MS = 15 * 60_000;
/** How often is looked for what was left: by another controller that died, or by this one when the database was away. */
const SWEEP_MS = 30_000;
const SWEEP_UPLOADS_MAX = 100;
/** An upload that ends the thread, or meets a defect of ours, this often is put aside. */
const ATTEMPTS_MAX = 5;
/** Bytes that the readers of streams that grow may hold for the next piece; a build of 10,000 tasks is some 5 MB. */
const READERS_BYTES_MAX = 128 << 20;

interface Reading {
  readonly generation: number;
  readonly reader: RecordReader;
  bytes: number;
}

export class IngestUploads {
  readonly #options: IngestOptions;
  /** Uploads by their build's id, and when each may be read again. */
  readonly #waiting = new Map<string, number>();
  /** Of these it is not known why they were left over. */
  readonly #leftOver = new Set<string>();
  /** Until when a stream that grows is not shown again. */
  readonly #notBeforeMs = new Map<string, number>();
  /** By number of the upload, the longest unused first. */
  readonly #readings = new Map<number, Reading>();
  readonly #fresh = new FreshPieces();
  #working: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #sweepTimer: NodeJS.Timeout | null = null;
  #busy = false;
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

  /** More of this upload is durable; `piece`: what it is, where its reader need not look it up. */
  poke(upload: Upload, piece: Piece | null = null): void {
    const { id, complete } = upload;
    if (piece !== null) this.#fresh.hold(upload, piece);
    if (complete) this.#waiting.set(id, 0);
    else if (!this.#waiting.has(id)) this.#waiting.set(id, this.#notBeforeMs.get(id) ?? this.#options.now() + FIRST_MS);
    this.#leftOver.delete(id);
    this.#work();
  }

  /** Reads it once more although no more of it came: something that belongs to it arrived beside it. Its chunks may be gone by then. */
  async again(upload: Upload): Promise<void> {
    await this.#options.store.uploads.forgetStored(upload);
    this.poke(upload);
  }

  /** Stores what is durable of it before anything else happens to it. */
  async settle(upload: Upload, piece: Piece | null = null): Promise<void> {
    if (piece !== null) this.#fresh.hold(upload, piece);
    await this.#ingest(upload.id, false);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#sweepTimer !== null) clearInterval(this.#sweepTimer);
    await this.#working;
  }

  async #sweep(): Promise<void> {
    if (this.#closed) return;
    const { store, now } = this.#options;
    try {
      for (const { id } of await store.uploads.unstored(now() - SILENT_MS, SWEEP_UPLOADS_MAX)) {
        if (this.#waiting.has(id)) continue;
        this.#waiting.set(id, this.#notBeforeMs.get(id) ?? 0);
        this.#leftOver.add(id);
      }
      this.#work();
      for (const [id, untilMs] of this.#notBeforeMs) if (untilMs < now()) this.#notBeforeMs.delete(id);
    } catch (error) {
      this.#warn(error);
    }
  }

  #work(): void {
    if (this.#working !== null || this.#closed) return;
    this.#tellBusy(true);
    this.#working = this.#workOn().finally(() => {
      this.#working = null;
      this.#tellBusy(this.#waiting.size > 0);
      this.#sleep();
    });
  }

  #tellBusy(busy: boolean): void {
    if (busy === this.#busy) return;
    this.#busy = busy;
    this.#options.onBusy?.(busy);
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
      let id: string | null = null;
      for (const [waiting, notBeforeMs] of this.#waiting)
        if (notBeforeMs <= nowMs) {
          id = waiting;
          break;
        }
      if (id === null || this.#closed) return;
      this.#waiting.delete(id);
      try {
        await this.#ingest(id, this.#leftOver.delete(id));
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
  async #ingest(id: string, leftOver: boolean): Promise<void> {
    const { store, now } = this.#options;
    const upload = await store.uploads.find(id);
    if (upload === null || !hasMore(upload, now())) return;
    if (leftOver) {
      // Noted before it is read: it may be what ended the process that left it.
      if (upload.attempts >= ATTEMPTS_MAX) return this.#putAside(upload);
      await store.uploads.noteAttempt(upload, upload.attempts + 1);
    }
    const as = asWhat(upload, now());
    const begunMs = now();
    try {
      if (tellsLess(upload)) await this.#giveUp(upload);
      else await this.#store(upload, as, leftOver);
    } catch (error) {
      this.#readings.delete(upload.number);
      this.#fresh.drop(upload.number);
      if (!(error instanceof BakehouseError)) throw error;
      if (error.code === 'conflict' && (await this.#isSeenTo(id))) return;
      if (error.code === 'unavailable' || error.code === 'conflict') {
        if (leftOver && error.code === 'unavailable') await store.uploads.noteAttempt(upload, null);
        throw error;
      }
      // A stream that cannot be read today cannot be read tomorrow: its client hears of it, and may send another.
      await store.uploads.refuse({ upload, as, keepChunks: false }, error.message);
    } finally {
      if (as === 'growing') this.#notBeforeMs.set(id, now() + Math.max(GROWING_MS, GROWING_SHARE * (now() - begunMs)));
      else this.#notBeforeMs.delete(id);
    }
  }

  async #store(upload: Upload, as: StoredAs, leftOver: boolean): Promise<void> {
    const { store, blobs, now } = this.#options;
    const reader = await this.#read(upload, as);
    const named = reader.isNamed;
    if (as === 'growing' && !named) {
      // Nothing that could be shown yet.
      if (leftOver) await store.uploads.noteAttempt(upload, null);
      return;
    }
    if (!reader.isRecord) throw new BakehouseError('unreadable', 'The stream is no record that this server can read.');
    if (as === 'silent' && !named)
      throw new BakehouseError('unreadable', 'The stream ended before it said which build it tells of.');
    const { graph } = reader;
    const graphBytes = graph === null ? null : await readWhole(blobs, graph.blob, GRAPH_BYTES_MAX);
    const build = reader.snapshot({ running: as === 'growing', graph: graphBytes });
    this.#assertYoungEnough(build.startedMs, upload.createdMs);
    const missing = graph !== null && graphBytes === null;
    const bearer = { client: upload.client, secret: upload.secret, nowMs: now() };
    const saved = await saveAccount(store, build, {
      id: upload.id,
      access: { visibility: upload.visibility, owner: upload.account, receivedMs: upload.createdMs },
      // Without name and start it cannot be told from other builds, and becomes part of none.
      mayJoin: named ? joinRule(store, bearer) : async () => false,
      receipt: {
        upload,
        as,
        keepChunks: missing,
        uses: [...namedBlobs(build), ...(graph === null ? [] : [{ hash: graph.blob, class: 'graph' as const }])],
      },
    });
    if (saved.changed) this.#options.onSaved?.(saved);
    // It came while the rest was written: whoever brought it could not see that it was waited for.
    if (missing && (await blobs.has(graph.blob))) await this.again(upload);
  }

  /** Its client began anew and fell silent before it came as far as before: what is stored stays, as of a build that was lost. */
  async #giveUp(upload: Upload): Promise<void> {
    const { store } = this.#options;
    const head = await store.readHead(upload.build ?? upload.id);
    const build = head === null ? null : await store.readBuild(head.id);
    const as = { upload: { ...upload, ...upload.stored }, as: 'silent', keepChunks: true } as const;
    if (head === null || build === null) return store.uploads.refuse(as, 'The build was deleted.');
    const { tasks } = build;
    const lost: Build = {
      ...build,
      outcome: build.outcome === 'running' ? 'lost' : build.outcome,
      tasks: { ...tasks, outcome: tasks.outcome.map((one) => (one === TASK_RUNNING ? TASK_UNFINISHED : one)) },
    };
    const saved = await store.saveBuild(head.id, lost, { replacing: head.revision, receipt: { ...as, uses: [] } });
    if (saved.changed) this.#options.onSaved?.(saved);
  }

  /** The reader at the end of what is durable: the one that was there before, where the stream only went on. */
  async #read(upload: Upload, as: StoredAs): Promise<RecordReader> {
    const { store } = this.#options;
    const { number, generation } = upload;
    const known = this.#readings.get(number);
    this.#readings.delete(number);
    const reading: Reading =
      known !== undefined && known.generation === generation && known.bytes <= upload.bytes
        ? known
        : {
            generation,
            reader: new RecordReader({ location: `report ${upload.id}`, packing: NATIVE_PACKING }),
            bytes: 0,
          };
    while (reading.bytes < upload.bytes) {
      const piece = this.#fresh.take(upload, reading.bytes);
      if (piece === null) break;
      reading.reader.push(piece.bytes);
      reading.bytes += piece.bytes.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    const rest = reading.bytes < upload.bytes ? await store.uploads.chunks(upload, reading.bytes) : [];
    for (const chunk of rest) {
      // One that came after the row was read is the next reading's.
      if (chunk.at >= upload.bytes) break;
      if (chunk.at !== reading.bytes) throw new Error(`The chunks of upload ${number} do not follow each other.`);
      reading.reader.push(bytesOf(chunk));
      reading.bytes += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (reading.bytes !== upload.bytes)
      throw new BakehouseError('conflict', 'The chunks of this upload were taken away by another controller.');
    if (as !== 'growing') reading.reader.end();
    else this.#keep(number, reading);
    return reading.reader;
  }

  #keep(number: number, reading: Reading): void {
    this.#readings.set(number, reading);
    let held = 0;
    for (const kept of this.#readings.values()) held += kept.bytes + 8 * kept.reader.cells;
    for (const [oldest, kept] of this.#readings) {
      if (held <= READERS_BYTES_MAX) return;
      held -= kept.bytes + 8 * kept.reader.cells;
      this.#readings.delete(oldest);
    }
  }

  /** Another controller has stored it, or its client began anew. */
  async #isSeenTo(id: string): Promise<boolean> {
    const upload = await this.#options.store.uploads.find(id);
    return upload === null || !hasMore(upload, this.#options.now());
  }

  async #putAside(upload: Upload): Promise<void> {
    this.#options.onWarning?.(
      `The upload of build ${upload.id} was put aside: ${ATTEMPTS_MAX} attempts to store it ended without a result.`,
    );
    await this.#options.store.uploads.refuse(
      { upload, as: asWhat(upload, this.#options.now()), keepChunks: true },
      'This server could not store the build: the log of the server has more. It stays where it was recorded, and may be pushed again.',
    );
  }

  /** The client said when it began, in words of its own; this is what its record says. */
  #assertYoungEnough(startedMs: number | null, announcedMs: number): void {
    const { ageDays = null } = this.#options;
    if (ageDays === null || startedMs === null) return;
    if (announcedMs - startedMs > (ageDays + 1) * 86_400_000)
      throw new BakehouseError('forbidden', `This server takes builds of the last ${ageDays} days only.`);
  }
}

function asWhat({ complete, touchedMs }: Upload, nowMs: number): StoredAs {
  if (complete) return 'complete';
  return nowMs - touchedMs > SILENT_MS ? 'silent' : 'growing';
}

/** A new generation that ends, for the time being, before what the last one told. */
function tellsLess({ complete, generation, bytes, stored }: Upload): boolean {
  return !complete && stored !== null && generation !== stored.generation && bytes < stored.bytes;
}

/** Whether anything of it is not in the store, or its silence is not yet told there (the same as SQL: store/uploads.ts). */
export function hasMore({ stored, generation, bytes, complete, touchedMs }: Upload, nowMs: number): boolean {
  if (stored === null) return bytes > 0 || complete;
  if (generation === stored.generation)
    return (
      bytes !== stored.bytes ||
      (complete && stored.as !== 'complete') ||
      (!complete && stored.as === 'growing' && nowMs - touchedMs > SILENT_MS)
    );
  // A new generation takes the place of the old one when it is whole, or tells no less of a build that still runs.
  return complete || (stored.as === 'growing' && (bytes >= stored.bytes || nowMs - touchedMs > SILENT_MS));
}

async function readWhole(blobs: BlobStore, hash: string, bytesMax: number): Promise<Uint8Array | null> {
  const size = await blobs.size(hash);
  if (size === null || size.bytes > bytesMax) return null;
  return blobs.readBytes(hash, 0, size.bytes);
}
