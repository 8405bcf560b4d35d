import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { assertMayPush, takeQuota } from '../collector/push-policy.ts';
import { ownUpload } from '../collector/upload.ts';
import { BakehouseError } from '../model/errors.ts';
import type { OperationContext } from './context.ts';
import { buildOf, classOf, isWhole } from './offer-blobs.ts';
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
  const { blobIndex } = store;
  const before = await blobIndex.usesOf(buildOf(upload));
  const known = before.find(({ hash }) => hash === input.sha256);
  if (known === undefined && before.length >= policy.blobs)
    throw new BakehouseError('too-large', `This server keeps ${policy.blobs} logs of one build.`);
  // A stream that is whole says which blobs belong to it.
  if (known === undefined && isWhole(upload))
    throw new BakehouseError('not-found', 'The record of this build names no such log.');
  await takeQuota(store, policy, upload.client, { builds: 0, bytes: input.body.length }, context.now());
  const size = await context.blobs.put(input.sha256, unpacked(input.body, input.gzip), policy.blobBytes);
  await blobIndex.noteBlob(input.sha256, size, context.now());
  // A graph that its stream waited for belongs into the build. Asked after it is there: what is stored from now on finds it.
  const waited =
    input.class === 'graph' &&
    (known?.bytes ?? null) === null &&
    (await blobIndex.usesOf(buildOf(upload))).some((use) => use.hash === input.sha256 && use.class === 'graph');
  await blobIndex.addUses(buildOf(upload), [{ hash: input.sha256, class: classOf(input.class) }]);
  if (classOf(input.class) === 'failure-log') collector.indexer.poke();
  if (waited) await collector.ingest.again(upload);
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
