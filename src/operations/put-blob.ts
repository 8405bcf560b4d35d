import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { assertMayPush, takeQuota } from '../collector/push-policy.ts';
import { ownUpload } from '../collector/upload.ts';
import { BakehouseError } from '../model/errors.ts';
import type { OperationContext } from './context.ts';
import { buildOf, classOf } from './offer-blobs.ts';
import { type FromWhere, taking } from './take-report.ts';

/** Takes a log, a graph or a list of files of a build; answered when it is durable. */
export async function putBlob(
  context: OperationContext,
  input: {
    readonly from: FromWhere;
    readonly build: string;
    readonly secret: string;
    readonly sha256: string;
    readonly class: string;
    readonly body: Uint8Array;
    readonly gzip: boolean;
  },
): Promise<{ readonly stored: true }> {
  const { sender, policy, collector } = taking(context, input.from);
  assertMayPush(policy, sender);
  const store = context.wholeStore;
  const upload = await ownUpload(store, input.build, input.secret);
  const uses = await store.blobIndex.usesOf(buildOf(upload));
  if (uses.length >= policy.blobs && !uses.some(({ hash }) => hash === input.sha256))
    throw new BakehouseError('too-large', `This server keeps ${policy.blobs} logs of one build.`);
  await takeQuota(store, policy, upload.client, { builds: 0, bytes: input.body.length }, context.now());
  const size = await context.blobs.put(input.sha256, unpacked(input.body, input.gzip), policy.blobBytes);
  await store.blobIndex.noteBlob(input.sha256, size, context.now());
  await store.blobIndex.addUses(buildOf(upload), [{ hash: input.sha256, class: classOf(input.class) }]);
  // A graph that came after its stream belongs into the build.
  if (input.class === 'graph') await collector.ingest.again(upload);
  return { stored: true };
}

/** In pieces, so that a bomb is stopped by the first piece too many. */
async function* unpacked(body: Uint8Array, gzip: boolean): AsyncIterable<Uint8Array> {
  if (!gzip) {
    yield body;
    return;
  }
  try {
    for await (const piece of Readable.from([body], { objectMode: false }).pipe(createGunzip()))
      yield piece as Uint8Array;
  } catch (cause) {
    throw new BakehouseError('unreadable', 'The body is not whole gzip.', { cause });
  }
}
