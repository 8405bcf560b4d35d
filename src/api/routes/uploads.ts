/** Uploads by synchronisation: docs/formats/upload.md. Bodies arrive whole, within bounds (upload-bodies.ts); what they are is found out in the ingest thread. */
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { BakehouseError } from '../../model/errors.ts';
import { BLOB_BODY_BYTES_MAX, CHUNK_BODY_BYTES_MAX, OFFER_BYTES_MAX } from '../../model/limits.ts';
import type { FromWhere } from '../../operations/take-report.ts';
import {
  BlobParams,
  BlobQuery,
  BlobStored,
  BlobsWanted,
  ChunkParams,
  ChunkQuery,
  MeetUpload,
  OfferBlobs,
  Sha256,
  UploadMeeting,
  UploadState,
} from '../contract.ts';
import { isLocalPeer } from '../security.ts';
import { sendAnswer } from '../send.ts';
import { forgetBody, inHandOf, receive, type UploadBody } from '../upload-bodies.ts';
import { Nothing, type RouteContext, routeSchema } from './route.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A body beyond BODY_IN_MEMORY_BYTES_MAX is given as a file. */
    spool?: boolean;
  }
}

export function fromWhere(request: FastifyRequest): FromWhere {
  return { address: request.ip, local: isLocalPeer(request), base: `${request.protocol}://${request.host}` };
}

function secretOf(request: FastifyRequest): string {
  const secret = request.headers['bakehouse-secret'];
  if (typeof secret !== 'string' || secret.length > 200)
    throw new BakehouseError('invalid', 'The header Bakehouse-Secret is missing (docs/formats/upload.md).');
  return secret;
}

function isGzip(request: FastifyRequest): boolean {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'gzip' && encoding !== 'identity')
    throw new BakehouseError('invalid', 'Content-Encoding: gzip and identity are understood.');
  return encoding === 'gzip';
}

/** Of a route whose bodies are held in memory. */
function bodyOf(request: FastifyRequest): { body: Uint8Array; gzip: boolean } {
  const { body } = request;
  return { body: body instanceof Uint8Array ? body : new Uint8Array(0), gzip: isGzip(request) };
}

function logOf(request: FastifyRequest): { body: UploadBody; gzip: boolean } {
  return { body: (request.body as UploadBody | undefined) ?? new Uint8Array(0), gzip: isGzip(request) };
}

const unpack = promisify(gunzip);

/** Unpacked JSON has the bound that plain JSON has. */
async function plainOf({ body, gzip }: { body: Uint8Array; gzip: boolean }): Promise<Uint8Array> {
  if (!gzip) return body;
  try {
    return await unpack(body, { maxOutputLength: OFFER_BYTES_MAX });
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new BakehouseError('too-large', `The body may hold ${OFFER_BYTES_MAX} bytes when it is unpacked.`, {
        details: { bytesMax: OFFER_BYTES_MAX },
      });
    throw new BakehouseError('unreadable', 'The body is not whole gzip.', { cause });
  }
}

/** A body of JSON, checked by the contract. */
async function jsonOf<T extends z.ZodType>(request: FastifyRequest, schema: T): Promise<z.output<T>> {
  const body = await plainOf(bodyOf(request));
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new BakehouseError('invalid', 'The body is not JSON.');
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new BakehouseError(
      'invalid',
      parsed.error.issues
        .slice(0, 5)
        .map(({ path, message }) => `${path.join('.') || 'the body'}: ${message}`)
        .join('; '),
    );
  return parsed.data;
}

function json(schema: z.ZodType): { description: string; content: Record<string, { schema: z.ZodType }> } {
  return { description: 'Durable', content: { 'application/json': { schema } } };
}

export function uploads(app: FastifyInstance, context: RouteContext): void {
  const { runner, documented, version } = context;
  const sent = { askedRevision: undefined, pure: false, version };
  void app.register(async (scope) => {
    // Whatever a client calls its bytes: they are bytes here.
    scope.removeAllContentTypeParsers();
    scope.addHook('onRequest', async (request, reply) => {
      // Refused before any of it was dealt with, or cut.
      reply.raw.once('close', () => forgetBody(request));
    });
    scope.addContentTypeParser('*', (request: FastifyRequest, payload: Readable) =>
      receive(request, payload, request.routeOptions.config.spool === true),
    );

    const meet = {
      operation: 'meet-upload',
      summary: 'How far the server has the stream of a build, and its limits',
      params: Nothing,
      query: Nothing,
    };
    scope.post(
      '/uploads',
      { schema: routeSchema(documented, meet, json(UploadMeeting)), bodyLimit: OFFER_BYTES_MAX },
      (request, reply) =>
        inHandOf(request, async () => {
          const { build, kind, visibility, about, stream, restart } = await jsonOf(request, MeetUpload);
          const input = { build, kind, visibility, about, stream, restart, secret: secretOf(request) };
          const answer = await runner.run('meet-upload', { from: fromWhere(request), meet: input }, request.viewer);
          return sendAnswer(request, reply, answer, sent);
        }),
    );

    const append = {
      operation: 'append-chunk',
      summary: 'The next bytes of the stream of a build',
      params: ChunkParams,
      query: ChunkQuery,
    };
    scope.put(
      '/uploads/:build/:generation/:offset',
      { schema: routeSchema(documented, append, json(UploadState)), bodyLimit: CHUNK_BODY_BYTES_MAX },
      (request, reply) =>
        inHandOf(request, async () => {
          const { build, generation, offset } = request.params as z.output<typeof ChunkParams>;
          const { complete } = request.query as z.output<typeof ChunkQuery>;
          const sha256 = Sha256.safeParse(request.headers['bakehouse-sha256']);
          if (!sha256.success)
            throw new BakehouseError('invalid', 'The header Bakehouse-Sha256 is missing, or is no SHA-256.');
          const chunk = {
            build,
            generation,
            offset,
            secret: secretOf(request),
            sha256: sha256.data,
            complete: complete === '1',
            ...bodyOf(request),
          };
          const answer = await runner.run('append-chunk', { from: fromWhere(request), chunk }, request.viewer);
          return sendAnswer(request, reply, answer, sent);
        }),
    );

    const offer = {
      operation: 'offer-blobs',
      summary: 'Which logs and other blobs of a build the server still wants',
      params: BlobParams.pick({ build: true }),
      query: Nothing,
    };
    scope.post(
      '/uploads/:build/blobs',
      { schema: routeSchema(documented, offer, json(BlobsWanted)), bodyLimit: OFFER_BYTES_MAX },
      (request, reply) =>
        inHandOf(request, async () => {
          const { build } = request.params as { build: string };
          const { blobs } = await jsonOf(request, OfferBlobs);
          const input = { from: fromWhere(request), build, secret: secretOf(request), blobs };
          return sendAnswer(request, reply, await runner.run('offer-blobs', input, request.viewer), sent);
        }),
    );

    const put = { operation: 'put-blob', summary: 'A blob of a build', params: BlobParams, query: BlobQuery };
    scope.put(
      '/uploads/:build/blobs/:sha256',
      {
        schema: routeSchema(documented, put, json(BlobStored)),
        bodyLimit: BLOB_BODY_BYTES_MAX,
        config: { spool: true },
      },
      (request, reply) =>
        inHandOf(request, async () => {
          const { build, sha256 } = request.params as z.output<typeof BlobParams>;
          const { class: name } = request.query as z.output<typeof BlobQuery>;
          const input = {
            from: fromWhere(request),
            build,
            secret: secretOf(request),
            sha256,
            class: name,
            ...logOf(request),
          };
          return sendAnswer(request, reply, await runner.run('put-blob', input, request.viewer), sent);
        }),
    );
  });
}
