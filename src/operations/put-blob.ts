import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
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
    /** As it came; a large one in a file that its receiver made, and removes. */
    readonly body: Uint8Array | { readonly file: string; readonly bytes: number };
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
  const { body } = input;
  const bytes = body instanceof Uint8Array ? body.length : body.bytes;
  await takeQuota(store, policy, upload.client, { builds: 0, bytes }, context.now());
  const size = await context.blobs.put(input.sha256, unpacked(body, input.gzip), policy.blobBytes);
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

/** In pieces, so that a bomb is stopped by the first piece too many, and a large log never stands in memory. */
async function* unpacked(body: Uint8Array | { readonly file: string }, gzip: boolean): AsyncIterable<Uint8Array> {
  if (body instanceof Uint8Array && !gzip) {
    yield body;
    return;
  }
  const source =
    body instanceof Uint8Array ? Readable.from([body], { objectMode: false }) : createReadStream(body.file);
  if (!gzip) {
    yield* source as AsyncIterable<Uint8Array>;
    return;
  }
  const gunzip = createGunzip();
  // Nothing else tells one that the other has failed.
  pipeline(source, gunzip, () => {});
  try {
    for await (const piece of gunzip) yield piece as Uint8Array;
  } catch (cause) {
    // The disk, and not its sender.
    if (cause instanceof Error && 'syscall' in cause) throw cause;
    throw new BakehouseError('unreadable', 'The body is not whole gzip.', { cause });
  }
}
