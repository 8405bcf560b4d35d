/** An operation's answer on the wire: ETag, 304, caching and compression, for every route alike. */
import { pipeline, type Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createGzip, createZstdCompress, gzip, zstdCompress } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FileAnswer } from '../operations/answer.ts';
import type { Answer } from '../operations/run.ts';
import { isLocalPeer } from './security.ts';

const gzipAsync = promisify(gzip);
const zstdAsync = promisify(zstdCompress);

/** A year: what `immutable` means to a cache. */
const FOR_EVER = 'private, max-age=31536000, immutable';
/** May be kept, must be asked about before each use. */
const ASK_FIRST = 'private, no-cache';

/** Who asks too: a browser that is signed out must not find in its own store what it was shown before. */
const VARY = 'Accept-Encoding, Cookie, Authorization';

/** Below one packet and a half, compression saves no round trip. */
const COMPRESS_BYTES_MIN = 2048;

type Encoding = 'zstd' | 'gzip' | null;

/** What the client takes, best first; `;q=0` is a refusal. */
export function acceptedEncoding(header: string | undefined): Encoding {
  if (header === undefined) return null;
  const taken = new Set<string>();
  for (const part of header.slice(0, 200).toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim());
    if (!parameters.some((p) => /^q=0(\.0{0,3})?$/.test(p))) taken.add(name);
  }
  if (taken.has('zstd')) return 'zstd';
  return taken.has('gzip') ? 'gzip' : null;
}

/**
 * A peer on this machine reads memory faster than anything unpacks, so compression pays only over a network: zstd 3 and gzip 1 make
 * JSON about 8 times smaller at 300 and 100 MB/s.
 */
async function encode(request: FastifyRequest, bytes: Uint8Array): Promise<{ body: Uint8Array; encoding: Encoding }> {
  const encoding = acceptedEncoding(request.headers['accept-encoding']);
  if (encoding === null || bytes.length < COMPRESS_BYTES_MIN || isLocalPeer(request))
    return { body: bytes, encoding: null };
  const body =
    encoding === 'zstd'
      ? await zstdAsync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 3 } })
      : await gzipAsync(bytes, { level: 1 });
  return { body, encoding };
}

/** The same for what is sent as it is read. */
export function sendStream(request: FastifyRequest, reply: FastifyReply, stream: Readable): FastifyReply {
  reply.header('vary', VARY);
  const encoding = isLocalPeer(request) ? null : acceptedEncoding(request.headers['accept-encoding']);
  if (encoding === null) return reply.send(stream);
  const packed =
    encoding === 'zstd'
      ? createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 3 } })
      : createGzip({ level: 1 });
  // Where either ends badly the other does, and the reader sees an answer that was cut.
  pipeline(stream, packed, () => {});
  return reply.header('content-encoding', encoding).send(packed);
}

export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header
    .slice(0, 1000)
    .split(',')
    .some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag.replace(/^W\//, ''));
}

export interface SendOptions {
  /** `?r=` of the request: the revision the caller asked for. */
  readonly askedRevision: string | undefined;
  /** The bytes depend on nothing but the revision, for ever: stored columns and samples. Drawings and reports change with our code. */
  readonly pure: boolean;
  /** Part of the ETag of what our code makes from a build. */
  readonly version: string;
}

export function fileHeaders(reply: FastifyReply, file: Pick<FileAnswer, 'mediaType' | 'fileName'>): void {
  reply.type(file.mediaType);
  if (file.fileName === null) return;
  // An export opened in the page's origin must not run anything, whatever name a recipe has.
  reply.header('content-disposition', `attachment; filename="${file.fileName.replace(/[^\w.+-]/g, '_')}"`);
  reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox");
}

export async function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Answer,
  options: SendOptions,
): Promise<FastifyReply> {
  // Weak, because the same answer is sent plain and compressed.
  let etag: string;
  let cacheControl = ASK_FIRST;
  if (answer.kind === 'json') {
    etag = `W/"${answer.etag}"`;
  } else {
    const { file } = answer;
    etag = options.pure ? `W/"${file.revision}"` : `W/"${file.revision}-${options.version}"`;
    if (options.pure && file.finished && options.askedRevision === file.revision) cacheControl = FOR_EVER;
  }
  reply.header('etag', etag).header('cache-control', cacheControl).header('vary', VARY);
  if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send();

  if (answer.kind === 'json') {
    const { body, encoding } = await encode(request, answer.bytes);
    if (encoding !== null) reply.header('content-encoding', encoding);
    return reply.type('application/json; charset=utf-8').send(body);
  }
  const { file } = answer;
  fileHeaders(reply, file);
  // Columns and Parquet are compressed inside; only text shrinks.
  if (/^text\/|json|xml/.test(file.mediaType)) {
    const { body, encoding } = await encode(request, file.bytes);
    if (encoding !== null) reply.header('content-encoding', encoding);
    return reply.send(body);
  }
  return reply.send(file.bytes);
}
