/**
 * Tars of buildstats, and of a tmp with its event logs, read as they stream by: nothing is written to disk, no name in them is ever a path here, and every size
 * that an entry claims is counted, not believed.
 */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import tar from 'tar-stream';
import type { Build } from '../../model/build.ts';
import { BakehouseError } from '../../model/errors.ts';
import {
  BUILD_STATS_BYTES_MAX,
  SAMPLE_FILE_BYTES_MAX,
  TAR_BYTES_MAX,
  TAR_ENTRIES_MAX,
  TASK_FILE_BYTES_MAX,
} from '../../model/limits.ts';
import type { ProblemList } from '../../model/problem.ts';
import { isBitbakeBuildName } from '../buildstats/build-stats-file.ts';
import { BuildstatsReader } from '../buildstats/buildstats-reader.ts';
import { EventLogReader } from '../eventlog/reader.ts';

export interface ReadTarOptions {
  readonly nowMs: number;
  readonly metrics?: readonly string[] | undefined;
  readonly samples?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Problems of the tar that belong to no build. */
  readonly problems: ProblemList;
  /** Bounds, so that tests can lower them. */
  readonly bytesMax?: number;
  readonly entriesMax?: number;
}

/** Builds one tar may hold; each keeps its own tables. */
const TAR_BUILDS_MAX = 1000;

/** The builds in a tar file, plain, gzip or zstd by its first bytes. Sorted by their place in the tar. */
export async function readTarFile(path: string, options: ReadTarOptions): Promise<Build[]> {
  return readTar(createReadStream(path), path, options);
}

/** The builds in a tar that streams in. @param location path or URL, for `Build.sources` */
export async function readTar(stream: Readable, location: string, options: ReadTarOptions): Promise<Build[]> {
  const builds = new TarBuilds(location, options);
  const extract = tar.extract();
  const bytesMax = options.bytesMax ?? TAR_BYTES_MAX;
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      if (bytes > bytesMax)
        done(new BakehouseError('too-large', `${location} unpacks to more than is read.`, { file: location }));
      else done(null, chunk);
    },
  });
  const first = await firstBytes(stream);
  const unpack = decompressorFor(first);
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const feeding = (
    unpack === null ? pipeline(stream, counted, extract, signal) : pipeline(stream, unpack, counted, extract, signal)
  ).catch((cause: unknown) => {
    extract.destroy(cause instanceof Error ? cause : new Error(String(cause)));
    throw cause;
  });
  // Handled below; without this a failure before the loop ends would be an unhandled rejection.
  feeding.catch(() => undefined);
  try {
    for await (const entry of extract) await builds.add(entry.header, entry);
    await feeding;
  } catch (cause) {
    if (options.signal?.aborted) throw options.signal.reason;
    // What came before the damage is good; only a tar that gave nothing at all is an error.
    const error =
      cause instanceof BakehouseError
        ? cause
        : new BakehouseError('unreadable', `${location} is no complete tar: ${messageOf(cause)}.`, {
            file: location,
            cause,
          });
    if (builds.isEmpty) throw error;
    builds.damaged(error);
  }
  return builds.finish();
}

function messageOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message.slice(0, 200) : String(cause);
  // The tar reader guesses on ("Maybe the tar is corrupted or …?"); what it found is enough, and our sentence ends it.
  return message.split('. ', 1)[0]!.replace(/[.?]$/, '');
}

/** The first bytes of a stream, put back. */
async function firstBytes(stream: Readable): Promise<Uint8Array> {
  const chunk: unknown = await new Promise((resolve, reject) => {
    const onReadable = () => {
      const data: unknown = stream.read();
      if (data === null) return;
      cleanUp();
      // At once: a stream of one piece has ended by the next turn, and what is put back then is never seen.
      stream.unshift(data);
      resolve(data);
    };
    const onEnd = () => {
      cleanUp();
      resolve(null);
    };
    const onError = (error: Error) => {
      cleanUp();
      reject(error);
    };
    const cleanUp = () => {
      stream.off('readable', onReadable);
      stream.off('end', onEnd);
      stream.off('error', onError);
    };
    stream.on('readable', onReadable);
    stream.on('end', onEnd);
    stream.on('error', onError);
  });
  return chunk instanceof Uint8Array ? chunk.subarray(0, 4) : new Uint8Array(0);
}

/** By magic numbers: names of downloads are not to be trusted. */
function decompressorFor(first: Uint8Array): Transform | null {
  if (first[0] === 0x1f && first[1] === 0x8b) return createGunzip();
  if (first[0] === 0x28 && first[1] === 0xb5 && first[2] === 0x2f && first[3] === 0xfd) return createZstdDecompress();
  return null;
}

interface Header {
  readonly name: string;
  readonly type?: string | null | undefined;
  readonly size?: number | undefined;
  readonly mtime?: Date | undefined;
}

/** Sorts the entries of one tar into builds. */
class TarBuilds {
  readonly #location: string;
  readonly #options: ReadTarOptions;
  readonly #readers = new Map<string, BuildstatsReader>();
  readonly #hasTasks = new Set<string>();
  /** Of the event logs of a tmp that was packed whole. */
  readonly #logged: Build[] = [];
  #entries = 0;
  #buffer = new Uint8Array(1 << 16);

  constructor(location: string, options: ReadTarOptions) {
    this.#location = location;
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#readers.size === 0 && this.#logged.length === 0;
  }

  /** Said of the tar and of every build in it: any of them may lack files. */
  damaged(error: BakehouseError): void {
    const message = `${error.message} What stands before the damage was read.`;
    this.#options.problems.add('error', 'tar-damaged', message, this.#location);
    for (const reader of this.#readers.values()) reader.problems.add('error', 'tar-damaged', message);
  }

  async add(header: Header, body: AsyncIterable<unknown>): Promise<void> {
    const { problems } = this.#options;
    if (++this.#entries > (this.#options.entriesMax ?? TAR_ENTRIES_MAX)) {
      throw new BakehouseError('too-large', `${this.#location} has more entries than are read.`, {
        file: this.#location,
      });
    }
    const isFile = header.type === 'file' || header.type === 'contiguous-file';
    if (isFile && isEventLogName(header.name)) {
      await this.#eventLog(header.name, body);
      return;
    }
    const place = isFile ? placeOf(header.name) : null;
    if (place === null) {
      if (isOutside(header.name)) {
        problems.add(
          'warning',
          'tar-entry-outside',
          'The name of the entry leads out of the tar; it was refused.',
          header.name.slice(0, 300),
        );
      } else if (header.type === 'symlink' || header.type === 'link') {
        problems.add(
          'warning',
          'tar-link',
          'Links in tars are not followed; it was refused.',
          header.name.slice(0, 300),
        );
      }
      await drain(body);
      return;
    }
    const { root, file } = place;
    const reader = this.#reader(root);
    if (reader === null) {
      await drain(body);
      return;
    }
    const name = file.slice(file.lastIndexOf('/') + 1);
    if (name.endsWith('.log')) {
      await this.#sampleFile(reader, file, body);
      return;
    }
    const bytesMax = file === 'build_stats' ? BUILD_STATS_BYTES_MAX : TASK_FILE_BYTES_MAX;
    const length = await this.#collect(body, bytesMax + 1);
    reader.addFile(file, this.#buffer, length);
    if (header.mtime !== undefined) reader.written(header.mtime.getTime());
    if (file !== 'build_stats') this.#hasTasks.add(root);
  }

  async #eventLog(name: string, body: AsyncIterable<unknown>): Promise<void> {
    const reader = new EventLogReader({ location: `${this.#location}!${name}` });
    for await (const chunk of body) if (chunk instanceof Uint8Array) reader.push(chunk);
    reader.end();
    this.#options.problems.addAll(reader.problems());
    // A log in a tar does not grow any more: what has no end in it is lost.
    this.#logged.push(...reader.snapshot());
  }

  #reader(root: string): BuildstatsReader | null {
    const known = this.#readers.get(root);
    if (known !== undefined) return known;
    if (this.#readers.size >= TAR_BUILDS_MAX) {
      this.#options.problems.add(
        'error',
        'too-many-builds',
        'The tar holds more builds than are read; this one was left out.',
        root.slice(0, 300),
      );
      return null;
    }
    const parts = root.split('/');
    const name =
      root === '' ? basename(this.#location).replace(/\.(?:tar|tgz|tzst|tar\.\w+)$/, '') : (parts.at(-1) ?? root);
    const above = parts.at(-2);
    const reader = new BuildstatsReader({
      name,
      location: root === '' ? this.#location : `${this.#location}!${root}`,
      folder: parts.at(-3) === 'buildstats' && above !== undefined && isBitbakeBuildName(name) ? above : null,
      nowMs: this.#options.nowMs,
      metrics: this.#options.metrics,
      samples: this.#options.samples,
    });
    this.#readers.set(root, reader);
    return reader;
  }

  async #sampleFile(reader: BuildstatsReader, file: string, body: AsyncIterable<unknown>): Promise<void> {
    if (!reader.wantsSamples) {
      await drain(body);
      return;
    }
    const frames = reader.openSampleFile(file);
    let bytes = 0;
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      bytes += chunk.length;
      if (bytes <= SAMPLE_FILE_BYTES_MAX) frames.push(chunk);
    }
    frames.end();
    if (bytes > SAMPLE_FILE_BYTES_MAX) {
      reader.problems.add('warning', 'file-too-large', 'The file is larger than is read; the rest was left out.', file);
    }
  }

  /** Puts up to bytesMax bytes of an entry into the buffer; the rest runs by. Returns how many are there. */
  async #collect(body: AsyncIterable<unknown>, bytesMax: number): Promise<number> {
    let length = 0;
    for await (const chunk of body) {
      if (!(chunk instanceof Uint8Array)) continue;
      const part = chunk.length > bytesMax - length ? chunk.subarray(0, bytesMax - length) : chunk;
      if (length + part.length > this.#buffer.length) {
        const grown = new Uint8Array(Math.max(this.#buffer.length * 2, length + part.length));
        grown.set(this.#buffer.subarray(0, length));
        this.#buffer = grown;
      }
      this.#buffer.set(part, length);
      length += part.length;
    }
    return length;
  }

  finish(): Build[] {
    const builds: Build[] = [];
    for (const [root, reader] of this.#readers) {
      // A log beside the builds is no build.
      if (reader.lacksBuildStats && !this.#hasTasks.has(root)) continue;
      builds.push(...reader.finishAll());
    }
    return [...builds, ...this.#logged];
  }
}

async function drain(body: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of body);
}

/** True for names that would leave the folder a tar is unpacked in. */
function isOutside(name: string): boolean {
  return name.startsWith('/') || /^[A-Za-z]:/.test(name) || name.split(/[\\/]/).includes('..');
}

/** The event logs that BitBake writes by itself; those of `-w` have any name, and a tar cannot be looked into twice. */
function isEventLogName(name: string): boolean {
  return !isOutside(name) && name.length <= 4096 && /(?:^|\/)log\/eventlog\/[^/]+\.json$/.test(name);
}

/** To which build an entry belongs and as which file: by its name alone, since entries come in any order. */
export function placeOf(name: string): { root: string; file: string } | null {
  if (isOutside(name) || name.length > 4096) return null;
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  const file = parts.at(-1);
  if (file === undefined) return null;
  if (file === 'build_stats') return { root: parts.slice(0, -1).join('/'), file };
  const folder = parts.at(-2);
  if (/^do_[A-Za-z0-9_+-]+$/.test(file) && folder !== undefined) {
    return { root: parts.slice(0, -2).join('/'), file: `${folder}/${file}` };
  }
  if (file.endsWith('.log') && !file.startsWith('host_stats')) {
    return folder === 'reduced_proc_pressure'
      ? { root: parts.slice(0, -2).join('/'), file: `${folder}/${file}` }
      : { root: parts.slice(0, -1).join('/'), file };
  }
  return null;
}
