/**
 * Bodies of uploads. A chunk or a list is small and held in memory; a log may be 64 MB as it is sent, from twenty clients at once, and beyond a
 * megabyte goes to a file as it comes, from which the store reads it. Both are bounded over all clients, by what has really come: an
 * announced length costs its sender nothing. Whoever comes too much is told to come again.
 */
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { BakehouseError } from '../model/errors.ts';
import { BODY_IN_MEMORY_BYTES_MAX, OFFER_BYTES_MAX, RECEIVING_BYTES_MAX, SPOOL_BYTES_MAX } from '../model/limits.ts';

/** Where the bytes of a body are: in memory of their own, or in a file that is removed when the request was dealt with. */
export type UploadBody = Uint8Array | { readonly file: string; readonly bytes: number };

/** Of all requests together, from their first byte until they were dealt with. */
let heldBytes = 0;
let spooledBytes = 0;
interface Holding {
  held: number;
  spooled: number;
  folder: string | null;
}
const holdings = new WeakMap<FastifyRequest, Holding>();
const inHand = new WeakSet<FastifyRequest>();
const AGAIN_S = 5;
const SPOOL_NAME = 'body';

async function release(request: FastifyRequest): Promise<void> {
  const holding = holdings.get(request);
  if (holding === undefined) return;
  holdings.delete(request);
  heldBytes -= holding.held;
  spooledBytes -= holding.spooled;
  holding.held = 0;
  holding.spooled = 0;
  if (holding.folder !== null) await rm(holding.folder, { recursive: true, force: true });
}

/** Its connection is closed: what was refused before any of it was dealt with, or cut, is forgotten. */
export function forgetBody(request: FastifyRequest): void {
  if (!inHand.has(request)) void release(request);
}

/** A client that goes away does not make room: what it sent is here until it was dealt with. */
export async function inHandOf<T>(request: FastifyRequest, work: () => Promise<T>): Promise<T> {
  inHand.add(request);
  try {
    return await work();
  } finally {
    inHand.delete(request);
    await release(request);
  }
}

/** A body whole; `spool`: beyond BODY_IN_MEMORY_BYTES_MAX as a file. */
export async function receive(request: FastifyRequest, payload: Readable, spool: boolean): Promise<UploadBody> {
  const bytesMax = request.routeOptions.bodyLimit ?? OFFER_BYTES_MAX;
  const tooLarge = () =>
    new BakehouseError('too-large', `The body may be ${bytesMax} bytes as it is sent.`, { details: { bytesMax } });
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge();
  const holding: Holding = { held: 0, spooled: 0, folder: null };
  holdings.set(request, holding);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  let target: FileHandle | null = null;
  try {
    // Not the plain loop: where that is left the stream is destroyed, and with it the connection that the answer is to take.
    for await (const piece of payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      if (bytes > bytesMax) throw tooLarge();
      if (target !== null) {
        await write(request, holding, target, piece);
        continue;
      }
      heldBytes += piece.length;
      holding.held += piece.length;
      if (heldBytes > RECEIVING_BYTES_MAX) throw full();
      pieces.push(piece);
      if (!spool || bytes <= BODY_IN_MEMORY_BYTES_MAX) continue;
      target = await openSpool(request, holding);
      for (const held of pieces.splice(0)) await write(request, holding, target, held);
      heldBytes -= holding.held;
      holding.held = 0;
    }
  } catch (error) {
    // Now, and not with the connection, which stays for the rest of the body.
    await release(request);
    throw error;
  } finally {
    await target?.close();
  }
  if (holding.folder !== null) return { file: join(holding.folder, SPOOL_NAME), bytes };
  // Its own memory, whole: it goes to the ingest thread without being copied.
  const body = new Uint8Array(bytes);
  let at = 0;
  for (const piece of pieces) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}

function full(): BakehouseError {
  return new BakehouseError(
    'unavailable',
    'Many reports are coming in at this moment; this one is taken in a few seconds.',
    { details: { retryAfterS: AGAIN_S } },
  );
}

/** The connection may be closed, and what was held of it forgotten, while the disk is waited for. */
function assertHeld(request: FastifyRequest, holding: Holding): void {
  if (holdings.get(request) !== holding) throw new BakehouseError('unreadable', 'The body was cut.');
}

async function openSpool(request: FastifyRequest, holding: Holding): Promise<FileHandle> {
  const folder = await mkdtemp(join(tmpdir(), 'bakehouse-blob-'));
  try {
    assertHeld(request, holding);
    const file = await open(join(folder, SPOOL_NAME), 'wx', 0o600);
    holding.folder = folder;
    return file;
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function write(request: FastifyRequest, holding: Holding, target: FileHandle, piece: Uint8Array): Promise<void> {
  assertHeld(request, holding);
  spooledBytes += piece.length;
  holding.spooled += piece.length;
  if (spooledBytes > SPOOL_BYTES_MAX) throw full();
  for (let at = 0; at < piece.length; ) at += (await target.write(piece, at)).bytesWritten;
}
