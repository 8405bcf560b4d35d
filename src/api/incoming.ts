/**
 * Bodies that are too large for memory: written to files of a folder of their own as they come, bounded, and removed when they were read. A form
 * (multipart/form-data) gives a file for each of its files.
 */
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Busboy, type BusboyHeaders } from '@fastify/busboy';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BakehouseError } from '../model/errors.ts';
import { PUSH_FILES_MAX, SPOOL_BYTES_MAX } from '../model/limits.ts';

export interface Incoming {
  readonly folder: string;
  /** Names in the folder, in the order in which they came. */
  readonly files: readonly string[];
  /** Fields of a form that are no files; the last of a name counts. */
  readonly fields: ReadonlyMap<string, string>;
  /** Of which field each file came. */
  readonly fieldOf: ReadonlyMap<string, string>;
  /** Of the body as it came. */
  readonly bytes: number;
  remove(): Promise<void>;
}

const FIELDS_MAX = 100;
/** DEPENDS of an oestats client is the longest field that anybody sends. */
const FIELD_BYTES_MAX = 64 << 10;
const AGAIN_S = 30;
/** A log of 64 MB through a line of 40 Mbit/s takes as long. Less than the 20 s that the unit of deploy/ waits for the end of the process. */
const LINGER_MS = 15_000;
const LINGER_SILENT_MS = 5000;

/** Of all requests together. */
let spooled = 0;

/** What a client calls its file, as a name in a folder of ours: some of them say what kind of file it is. */
export function safeName(given: string, at: number): string {
  const last = given.split(/[\\/]/).at(-1) ?? '';
  const plain = last
    .replaceAll(/[^\w.+-]+/g, '_')
    .replace(/^[.-]+/, '')
    .slice(-150);
  return plain === '' ? `body-${at}` : plain;
}

/** Receives a body of at most `bytesMax`; `name`: for one that is no form. The caller removes the folder. */
export async function receiveFiles(request: FastifyRequest, bytesMax: number, name: string): Promise<Incoming> {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > bytesMax) throw tooLarge(bytesMax);
  const folder = await mkdtemp(join(tmpdir(), 'bakehouse-push-'));
  let bytes = 0;
  const remove = async (): Promise<void> => {
    spooled -= bytes;
    bytes = 0;
    await rm(folder, { recursive: true, force: true });
  };
  const counted = () =>
    new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        bytes += chunk.length;
        spooled += chunk.length;
        if (bytes > bytesMax) done(tooLarge(bytesMax));
        else if (spooled > SPOOL_BYTES_MAX)
          done(
            new BakehouseError('unavailable', 'Many files are coming in at this moment; this one is taken later.', {
              details: { retryAfterS: AGAIN_S },
            }),
          );
        else done(null, chunk);
      },
    });
  try {
    const unpack = decoded(request);
    const body = counted();
    const steps = unpack === null ? [body] : [unpack, body];
    flow(request.raw, steps[0]!);
    const received = isForm(request)
      ? await receiveForm(request, steps, folder)
      : await receiveOne(steps, folder, safeName(name, 1));
    return { folder, ...received, bytes, remove };
  } catch (error) {
    await remove();
    // A client that goes away, a body that is cut, an encoding that is none: its fault, whatever the library calls it.
    if (error instanceof BakehouseError || isOwnFault(error)) throw error;
    const message = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw new BakehouseError('unreadable', `The body cannot be read: ${message}.`, { cause: error });
  }
}

/**
 * The answer to a request of whose body more is to come than anybody will read. The rest runs by unread, so that its sender gets to hear why: a
 * connection that ends with the answer is reset under a client that is still writing, and most of them then report a broken pipe and not the
 * answer (nginx calls this a lingering close). Bounded, because whoever sends on for ever has heard enough.
 *
 * Where the connection is to end with this answer (Python's urllib asks for it with each request), the answer goes out whole at once and its
 * end, with which Node closes, waits for the end of the body.
 */
export function answerPastBody(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
  const { headers, raw } = request;
  // A request that never was on a wire (a test's) is never complete, and all the same read to its end.
  if (
    raw.complete ||
    raw.readableEnded ||
    (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0)
  )
    return payload;
  const over = letRunBy(raw);
  const stays = reply.raw.shouldKeepAlive && reply.getHeader('connection') !== 'close';
  if (stays || typeof payload !== 'string') return payload;
  reply.header('content-length', Buffer.byteLength(payload));
  const held = new Readable({ read: () => {} });
  held.push(payload);
  void over.then(() => held.push(null));
  return held;
}

/** Fulfilled when its end came, or its connection is no more. */
function letRunBy(raw: IncomingMessage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => {
    raw.socket.destroy();
  };
  const whole = setTimeout(end, LINGER_MS);
  const silence = setTimeout(end, LINGER_SILENT_MS);
  const over = (): void => {
    clearTimeout(whole);
    clearTimeout(silence);
    resolve();
  };
  raw.unpipe();
  raw.on('data', () => silence.refresh());
  // `close` of the request comes with the answer, when the rest may still be on its way.
  raw.once('end', over);
  raw.socket.once('close', over);
  raw.resume();
  return promise;
}

/** The disk is full, or may not be written to. */
function isOwnFault(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error && error.code !== 'ECONNRESET';
}

function tooLarge(bytesMax: number): BakehouseError {
  return new BakehouseError('too-large', `A body may be ${bytesMax >> 20} MB.`, { details: { bytesMax } });
}

/** As Content-Encoding says; what is counted is what comes out of it. */
function decoded(request: FastifyRequest): Transform | null {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return null;
  if (encoding === 'gzip') return createGunzip();
  if (encoding === 'zstd') return createZstdDecompress();
  throw new BakehouseError('invalid', 'Content-Encoding: gzip, zstd and identity are understood.');
}

function isForm(request: FastifyRequest): boolean {
  return /^multipart\/form-data\s*;/i.test(request.headers['content-type'] ?? '');
}

/** Not a pipeline: that would end the connection when a later step fails, and with it the answer that says why. */
function flow(source: Readable, first: Transform): void {
  finished(source, { writable: false }, (error) => {
    if (error !== null && error !== undefined) first.destroy(new Error('it was cut'));
  });
  source.pipe(first);
}

type Received = Pick<Incoming, 'files' | 'fields' | 'fieldOf'>;

async function receiveOne(steps: readonly Transform[], folder: string, name: string): Promise<Received> {
  const target = createWriteStream(join(folder, name), { mode: 0o600 });
  await pipeline([...steps, target]);
  return { files: [name], fields: new Map(), fieldOf: new Map() };
}

async function receiveForm(request: FastifyRequest, steps: readonly Transform[], folder: string): Promise<Received> {
  const form = new Busboy({
    headers: request.headers as BusboyHeaders,
    limits: { files: PUSH_FILES_MAX, fields: FIELDS_MAX, fieldSize: FIELD_BYTES_MAX, headerPairs: 50 },
  });
  const files: string[] = [];
  const fields = new Map<string, string>();
  const fieldOf = new Map<string, string>();
  const writing: Promise<void>[] = [];
  form.on('file', (field, stream, given) => {
    let name = safeName(given ?? '', files.length + 1);
    if (files.includes(name)) name = `${files.length + 1}-${name}`;
    files.push(name);
    fieldOf.set(name, field);
    const done = pipeline(stream, createWriteStream(join(folder, name), { mode: 0o600 }));
    // Heard of below; the form may fail before.
    done.catch((error: unknown) => form.destroy(error instanceof Error ? error : undefined));
    writing.push(done);
  });
  form.on('field', (field, value) => fields.set(field, value));
  form.on('filesLimit', () =>
    form.destroy(new BakehouseError('too-large', `A form may bring ${PUSH_FILES_MAX} files.`)),
  );
  await pipeline([...steps, form]);
  await Promise.all(writing);
  return { files, fields, fieldOf };
}
