/** Uploads (docs/formats/upload.md). */
import { z } from 'zod';
import { OFFERED_BLOBS_MAX } from '../../model/limits.ts';
import { testCounts } from './tests.ts';
import { count, epochMs } from './values.ts';

export const UploadId = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'is not a UUID in lower case');
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 of 64 lower-case hex digits');
const shortText = z.string().max(300).nullable().optional();

export const MeetUpload = z.object({
  format: z.literal(1),
  build: UploadId,
  kind: z.literal('record').default('record'),
  writer: z.string().max(200).optional(),
  visibility: z.enum(['public', 'unlisted', 'private']).nullable().default(null),
  about: z
    .object({
      name: shortText,
      startedMs: epochMs.nullable().optional(),
      targets: z.array(z.string().max(300)).max(100).nullable().optional(),
      machine: shortText,
      distro: shortText,
      outcome: shortText,
    })
    .default({}),
  stream: z.object({ bytes: count, complete: z.boolean() }),
  restart: z.boolean().default(false),
});

export const UploadState = z.object({
  generation: count,
  offset: count.describe('uncompressed bytes of the stream that are durable'),
  sha256: Sha256.describe('of those bytes'),
  complete: z.boolean(),
});

export const UploadMeeting = UploadState.extend({
  build: UploadId,
  url: z.string(),
  failureUrl: z
    .string()
    .nullable()
    .describe('page of the first failure, once the build is stored that far; null: none yet'),
  visibility: z.enum(['public', 'unlisted', 'private']),
  limits: z.object({
    chunkBytes: count,
    streamBytes: count,
    blobBytes: count,
    blobs: count,
    ageDays: count.nullable(),
    refusedKinds: z.array(z.string()),
    buildsPerHour: count.nullable(),
    bytesPerHour: count.nullable(),
  }),
  messages: z.array(z.string()),
});
export type UploadMeeting = z.infer<typeof UploadMeeting>;

export const ChunkParams = z.object({
  build: UploadId,
  generation: z.coerce.number().int().min(1).max(1e9),
  offset: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
});
export const ChunkQuery = z.object({ complete: z.enum(['0', '1']).default('0') });

export const OfferBlobs = z.object({
  blobs: z
    .array(z.object({ sha256: Sha256, bytes: count, class: z.string().max(40).default('log') }))
    .max(OFFERED_BLOBS_MAX),
});

export const BlobsWanted = z.object({
  missing: z.array(Sha256),
  refused: z.array(z.object({ sha256: Sha256, reason: z.string() })),
});
export const BlobParams = z.object({ build: UploadId, sha256: Sha256 });
export const BlobQuery = z.object({ class: z.string().max(40).default('log') });
export const BlobStored = z.object({ stored: z.literal(true) });
export const PushParams = z.object({ name: z.string().max(200).optional() });

export const PushQuery = z.object({
  visibility: z.enum(['public', 'unlisted', 'private']).optional(),
  build: z
    .string()
    .max(100)
    .optional()
    .describe('of test results: the build that was tested, where they do not say it'),
  series: z.string().max(200).optional().describe('of test results: TESTSERIES of runs that do not say it'),
});

export const FilesPushed = z.object({
  builds: z.array(z.object({ id: UploadId, url: z.string(), name: z.string() })),
  tests: z
    .array(z.object({ id: z.string(), url: z.string(), name: z.string(), ...testCounts }))
    .describe('test results, with the builds they were put to'),
  problems: z.array(
    z.object({
      severity: z.enum(['note', 'warning', 'error']),
      code: z.string(),
      message: z.string(),
      file: z.string().nullable(),
      line: z.number().int().nullable(),
    }),
  ),
});
