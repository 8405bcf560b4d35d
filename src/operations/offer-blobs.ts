import { assertMayPush } from '../collector/push-policy.ts';
import { ownUpload } from '../collector/upload.ts';
import { BLOB_CLASSES, type BlobClass, type BlobUse } from '../store/blob-index.ts';
import type { Upload } from '../store/uploads.ts';
import type { OperationContext } from './context.ts';
import { type FromWhere, taking } from './take-report.ts';

export interface OfferedBlob {
  readonly sha256: string;
  readonly bytes: number;
  readonly class: string;
}

export interface BlobsWanted {
  readonly missing: readonly string[];
  readonly refused: readonly { readonly sha256: string; readonly reason: string }[];
}

/** Classes that a client may name; a report as it came is the server's own. */
export function classOf(name: string): BlobClass {
  return BLOB_CLASSES.find((one) => one === name && one !== 'report') ?? 'log';
}

/** The build that uses of this upload are noted under: the stored one, or until then the client's id. */
export function buildOf(upload: Upload): string {
  return upload.build ?? upload.id;
}

/** All of its record is stored, so that it is known which blobs it names. */
export function isWhole({ complete, generation, stored }: Upload): boolean {
  return complete && stored?.as === 'complete' && stored.generation === generation;
}

/**
 * Which blobs of a build are still wanted. One that is here only for builds that this client may not see counts as missing: it is sent again,
 * and nobody learns from the answer that somebody else has the same log.
 */
export async function offerBlobs(
  context: OperationContext,
  input: {
    readonly from: FromWhere;
    readonly build: string;
    readonly secret: string;
    readonly blobs: readonly OfferedBlob[];
  },
): Promise<BlobsWanted> {
  const { sender, policy } = taking(context, input.from);
  assertMayPush(policy, sender);
  const store = context.wholeStore;
  const upload = await ownUpload(store, input.build, input.secret);
  const own = buildOf(upload);
  const users = await store.blobIndex.usersOf(input.blobs.map(({ sha256 }) => sha256));
  const had = new Set((await store.blobIndex.usesOf(own)).map(({ hash }) => hash));
  const whole = isWhole(upload);
  const missing: string[] = [];
  const refused: { sha256: string; reason: string }[] = [];
  const used: BlobUse[] = [];
  let room = policy.blobs - had.size;
  for (const { sha256, bytes, class: name } of input.blobs) {
    if (bytes > policy.blobBytes) {
      refused.push({ sha256, reason: `larger than ${policy.blobBytes} bytes` });
      continue;
    }
    if (!had.has(sha256) && whole) {
      refused.push({ sha256, reason: 'the record of this build names no such log' });
      continue;
    }
    if (!had.has(sha256) && room-- <= 0) {
      refused.push({ sha256, reason: `more than ${policy.blobs} of one build` });
      continue;
    }
    const builds = users.get(sha256) ?? [];
    if (builds.includes(own) || (await anySeen(context, builds))) used.push({ hash: sha256, class: classOf(name) });
    else missing.push(sha256);
  }
  await store.blobIndex.addUses(own, used);
  return { missing, refused };
}

/** Of very common blobs (the graph of an image) the first builds decide: one public one is enough. */
const LOOKED_AT_MAX = 20;

async function anySeen(context: OperationContext, builds: readonly string[]): Promise<boolean> {
  for (const build of builds.slice(0, LOOKED_AT_MAX)) {
    const access = await context.wholeStore.readAccess(build);
    if (access === null) continue;
    if (access.visibility === 'public') return true;
    if (access.owner !== null && access.owner === context.viewer.account) return true;
  }
  return false;
}
