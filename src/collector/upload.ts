/**
 * Uploads by synchronisation (docs/formats/upload.md): a client meets the server, hears how far it has the stream, and sends the rest in
 * chunks, each of which is answered when it is durable. Everything may be repeated; what was acknowledged is never taken back.
 *
 *     meet -> append -> append … -> (IngestUploads, beside) the build
 */
import { createHash, type Hash, timingSafeEqual } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { BakehouseError } from '../model/errors.ts';
import { CHUNKS_MAX } from '../model/limits.ts';
import type { Store, Visibility } from '../store/store.ts';
import type { Upload, UploadAbout, UploadChunk } from '../store/uploads.ts';
import type { Piece } from './fresh-pieces.ts';
import {
  assertMayPush,
  assertYoungEnough,
  clientOf,
  type PushPolicy,
  type Sender,
  takeQuota,
  visibilityFor,
} from './push-policy.ts';
import { shortIdOf } from './short-id.ts';

export interface UploadContext {
  /** Everything: what a sender may do is decided here, not by what he sees. */
  readonly store: Store;
  readonly policy: PushPolicy;
  /** `https://builds.example.org`, without a slash at the end. */
  readonly publicUrl: string;
  readonly now: () => number;
  /** Stores what is durable of an upload, before it begins anew. */
  readonly settle: (upload: Upload) => Promise<void>;
}

export interface MeetInput {
  readonly build: string;
  readonly kind: string;
  readonly visibility: Visibility | null;
  readonly about: UploadAbout;
  readonly stream: { readonly bytes: number; readonly complete: boolean };
  readonly restart: boolean;
  readonly secret: string;
}

export interface UploadState {
  readonly generation: number;
  readonly offset: number;
  readonly sha256: string;
  readonly complete: boolean;
}

export interface Meeting extends UploadState {
  readonly build: string;
  readonly url: string;
  readonly visibility: Visibility;
  readonly limits: {
    readonly chunkBytes: number;
    readonly streamBytes: number;
    readonly blobBytes: number;
    readonly blobs: number;
    readonly ageDays: number | null;
    readonly refusedKinds: readonly string[];
    readonly buildsPerHour: number | null;
    readonly bytesPerHour: number | null;
  };
  readonly messages: readonly string[];
}

/** Random ids only: those of version 5 are computed from what a build is, so one may not be taken by whoever comes first. */
const RANDOM_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const SECRET = /^[\w-]{32,128}$/;

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The secret's hash, or `invalid` for what was not made at random. */
function secretHash(secret: string): string {
  if (!SECRET.test(secret))
    throw new BakehouseError('invalid', 'Bakehouse-Secret: 32 to 128 characters of base64url are wanted.');
  return hashOf(secret);
}

/** The upload of a build, for who has its secret. */
export async function ownUpload(store: Store, build: string, secret: string): Promise<Upload> {
  return ownOf(await store.uploads.find(build), secretHash(secret));
}

function ownOf(upload: Upload | null, hash: string): Upload {
  // One answer for both: who has not got the secret does not hear whether there is such a build.
  if (upload === null || !timingSafeEqual(Buffer.from(upload.secret, 'hex'), Buffer.from(hash, 'hex')))
    throw new BakehouseError('forbidden', 'This build is not known here under that secret.');
  return upload;
}

function stateOf({ generation, bytes, sha256, complete }: Upload): UploadState {
  return { generation, offset: bytes, sha256, complete };
}

export async function meetUpload(context: UploadContext, sender: Sender, input: MeetInput): Promise<Meeting> {
  const { store, policy } = context;
  assertMayPush(policy, sender);
  if (!RANDOM_UUID.test(input.build))
    throw new BakehouseError('invalid', 'The id of a build is a UUID of version 4, in lower case.');
  const secret = secretHash(input.secret);
  const messages: string[] = [];
  let upload = await store.uploads.find(input.build);
  if (upload === null) {
    // An id that a stored build has already, and nobody's upload, is not to be had by asking.
    if ((await store.readAccess(input.build)) !== null || (await store.aliasOf(input.build)) !== null)
      throw new BakehouseError('forbidden', 'This build is not known here under that secret.');
    assertYoungEnough(policy, input.about.startedMs, context.now());
    const { visibility, message } = visibilityFor(policy, sender, input.visibility);
    if (message !== null) messages.push(message);
    const client = await clientOf(store, sender);
    await takeQuota(store, policy, client, { builds: 1, bytes: 0 }, context.now());
    upload = await store.uploads.create({
      id: input.build,
      kind: input.kind,
      secret,
      account: sender.viewer.account,
      client,
      visibility,
      about: input.about,
      nowMs: context.now(),
    });
  }
  upload = ownOf(upload, secret);
  if (input.restart) {
    // What was acknowledged stays what the build is made of until the new generation is whole.
    await context.settle(upload);
    upload =
      (await store.uploads.restart(upload, context.now())) ?? (await ownUpload(store, input.build, input.secret));
  }
  if (input.stream.bytes > policy.streamBytes)
    messages.push(
      `This server takes streams of up to ${policy.streamBytes} bytes; this one has ${input.stream.bytes}.`,
    );
  if (upload.problem !== null) messages.push(upload.problem);
  return {
    build: input.build,
    url: `${context.publicUrl}/b/${shortIdOf(input.build)}`,
    visibility: upload.visibility,
    ...stateOf(upload),
    limits: {
      chunkBytes: policy.chunkBytes,
      streamBytes: policy.streamBytes,
      blobBytes: policy.blobBytes,
      blobs: policy.blobs,
      ageDays: policy.ageDays,
      refusedKinds: policy.refusedKinds,
      buildsPerHour: policy.buildsPerHour,
      bytesPerHour: policy.bytesPerHour,
    },
    messages,
  };
}

export interface AppendInput {
  readonly build: string;
  readonly secret: string;
  readonly generation: number;
  readonly offset: number;
  /** As it came: gzip where `gzip`, else plain. */
  readonly body: Uint8Array;
  readonly gzip: boolean;
  /** Of the stream up to the end of this chunk. */
  readonly sha256: string;
  readonly complete: boolean;
}

function elsewhere(upload: Upload): BakehouseError {
  const { generation, bytes, sha256, complete } = upload;
  return new BakehouseError(
    'conflict',
    `The stream of this build is elsewhere: generation ${generation}, ${bytes} bytes${complete ? ', complete' : ''}.`,
    { details: { generation, offset: bytes, sha256, complete } },
  );
}

/** A body as the bytes it stands for, never more than `bytesMax` of them. */
export function unpackBody(body: Uint8Array, gzip: boolean, bytesMax: number): Uint8Array {
  const tooLarge = () =>
    new BakehouseError('too-large', `A body may hold ${bytesMax} bytes when it is unpacked.`, {
      details: { bytesMax },
    });
  if (!gzip) {
    if (body.length > bytesMax) throw tooLarge();
    return body;
  }
  try {
    return gunzipSync(body, { maxOutputLength: Math.max(1, bytesMax) });
  } catch (cause) {
    if (cause instanceof RangeError) throw tooLarge();
    throw new BakehouseError('unreadable', 'The body is not whole gzip.', { cause });
  }
}

/**
 * Hashes of the streams that grow, so that a chunk costs its own bytes and not those of all before it. Only what can be computed again
 * from the chunks is in here.
 */
export class PrefixHashes {
  readonly #known = new Map<number, { generation: number; bytes: number; hash: Hash }>();

  /** The hash state at the end of what is durable of this upload. */
  async at(store: Store, upload: Upload): Promise<Hash> {
    const known = this.#known.get(upload.number);
    const usable = known?.generation === upload.generation && known.bytes <= upload.bytes ? known : null;
    const hash = usable?.hash.copy() ?? createHash('sha256');
    let bytes = usable?.bytes ?? 0;
    // What another controller took in, or this one before it was started again.
    if (bytes < upload.bytes)
      for (const chunk of await store.uploads.chunks(upload, bytes)) {
        if (chunk.at >= upload.bytes) break;
        hash.update(bytesOf(chunk));
        bytes = chunk.at + chunk.length;
      }
    return hash;
  }

  keep(upload: Upload, hash: Hash): void {
    this.#known.delete(upload.number);
    if (upload.complete) return;
    if (this.#known.size >= HASHES_MAX) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(upload.number, { generation: upload.generation, bytes: upload.bytes, hash });
  }
}

/** A hash state is some 300 bytes; more clients than this at once read their chunks again. */
const HASHES_MAX = 1000;

export function bytesOf(chunk: UploadChunk): Uint8Array {
  return gunzipSync(chunk.bytes, { maxOutputLength: Math.max(1, chunk.length) });
}

export async function appendChunk(
  context: UploadContext,
  hashes: PrefixHashes,
  input: AppendInput,
): Promise<{ readonly state: UploadState; readonly upload: Upload; readonly piece: Piece | null }> {
  const { store, policy } = context;
  const upload = await ownUpload(store, input.build, input.secret);
  if (input.generation !== upload.generation) throw elsewhere(upload);
  const bytes = unpackBody(input.body, input.gzip, policy.chunkBytes);
  const end = input.offset + bytes.length;
  const own = end === upload.bytes ? input.sha256 === upload.sha256 : null;
  // The same place, and other bytes before it.
  if (own === false) throw elsewhere(upload);
  const ends = own === true && input.complete && !upload.complete;
  // Here already: the answer to it was lost on the way.
  if (end <= upload.bytes && !ends) return { state: stateOf(upload), upload, piece: null };
  const at = ends ? upload.bytes : input.offset;
  const fresh = ends ? bytes.subarray(0, 0) : bytes;
  if (at !== upload.bytes || upload.complete) throw elsewhere(upload);
  if (fresh.length > 0 && upload.chunks >= CHUNKS_MAX)
    throw new BakehouseError('too-large', `This server takes a stream in up to ${CHUNKS_MAX} pieces.`);
  if (end > policy.streamBytes)
    throw new BakehouseError('too-large', `This server takes streams of up to ${policy.streamBytes} bytes.`, {
      details: { streamBytes: policy.streamBytes },
    });
  const hash = await hashes.at(store, upload);
  hash.update(fresh);
  const sha256 = hash.copy().digest('hex');
  if (sha256 !== input.sha256)
    throw new BakehouseError('unreadable', 'The bytes of this chunk are not those that Bakehouse-Sha256 tells.', {
      details: { generation: upload.generation, offset: upload.bytes, sha256: upload.sha256 },
    });
  await takeQuota(store, policy, upload.client, { builds: 0, bytes: input.body.length }, context.now());
  const stored = input.gzip ? input.body : gzipSync(fresh, { level: 1 });
  const moved = await store.uploads.append(
    upload,
    { at, length: fresh.length, bytes: stored },
    { sha256, complete: input.complete, nowMs: context.now() },
  );
  if (moved === null) {
    // Another connection of the same client was quicker.
    const now = await ownUpload(store, input.build, input.secret);
    if (now.generation === input.generation && end <= now.bytes && (now.complete || !input.complete))
      return { state: stateOf(now), upload: now, piece: null };
    throw elsewhere(now);
  }
  hashes.keep(moved, hash);
  return { state: stateOf(moved), upload: moved, piece: { at, bytes: fresh } };
}
