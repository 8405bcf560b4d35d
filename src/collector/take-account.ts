/**
 * Accounts of builds that come whole in one request, from clients that bring no secret of the build: files by curl, error reports. Each becomes
 * an upload that is complete at once, so that whose it is, who may add to it and what it may cost is ruled as for every other.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { InnerLogs } from '../formats/open/index.ts';
import type { Build } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import { namedBlobs } from '../store/blob-index.ts';
import type { BlobStore } from '../store/blobs/index.ts';
import type { SavedBuild, Visibility } from '../store/store.ts';
import type { Upload } from '../store/uploads.ts';
import { saveAccount } from './import.ts';
import { keepLogs, withCausesOf } from './inner-logs.ts';
import { joinRule } from './may-join.ts';
import { originOf, withHostId } from './origin.ts';
import { assertYoungEnough, clientOf, type Sender, takeQuota, visibilityFor } from './push-policy.ts';
import { shortIdOf } from './short-id.ts';
import type { UploadContext } from './upload.ts';

export interface TakenAccount {
  /** As its sender knows it: the stored build's, or an alias of it. */
  readonly id: string;
  readonly url: string;
  readonly saved: SavedBuild;
  readonly messages: readonly string[];
}

export interface GivenAccount {
  readonly build: Build;
  readonly logs: InnerLogs;
  /** Null: as the server has it for who does not choose. */
  readonly visibility: Visibility | null;
}

/**
 * The id that this sender's account of this build has: the same whenever he sends it again, and nobody else's, for it is made with a secret of
 * the server. So an unlisted build has an address that cannot be computed from what it is, and nobody replaces what another has sent.
 */
export function accountId(secret: string, client: string, origin: string): string {
  const bytes = createHmac('sha256', secret).update(`${client}\0${origin}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export function addressOf(publicUrl: string, id: string): string {
  return `${publicUrl}/b/${shortIdOf(id)}`;
}

export async function takeAccount(
  context: UploadContext & { readonly blobs: BlobStore },
  sender: Sender,
  given: GivenAccount,
): Promise<TakenAccount> {
  const { store, policy, blobs, publicUrl } = context;
  const nowMs = context.now();
  const messages: string[] = [];
  const client = await clientOf(store, sender);
  const { build, leftOut } = withinPolicy(withCausesOf(withHostId(given.build), given.logs), given.logs, policy);
  if (leftOut > 0) messages.push(`${leftOut} logs are larger, or more, than this server keeps, and were left out.`);
  const id = accountId(await store.serverSecret('account-ids'), client, originOf(build));
  assertYoungEnough(policy, build.startedMs, nowMs);
  let upload = await store.uploads.find(id);
  if (upload === null) {
    const { visibility, message } = visibilityFor(policy, sender, given.visibility);
    if (message !== null) messages.push(message);
    await takeQuota(store, policy, client, { builds: 1, bytes: 0 }, nowMs);
    upload = await store.uploads.create({
      id,
      kind: build.sources[0]?.kind ?? 'buildstats',
      // Of nobody: a build that came so is not added to by who guesses a secret.
      secret: createHash('sha256').update(randomBytes(32)).digest('hex'),
      account: sender.viewer.account,
      client,
      visibility,
      about: aboutOf(build),
      nowMs,
    });
  }
  const whole = upload.complete ? upload : await complete(context, upload, nowMs);
  await keepLogs(store, blobs, build, given.logs, { bytesMax: policy.blobBytes, nowMs });
  const saved = await saveAccount(store, build, {
    id,
    access: { visibility: whole.visibility, owner: whole.account, receivedMs: whole.createdMs },
    mayJoin: joinRule(store, { client, secret: whole.secret, nowMs }),
    receipt: { upload: whole, as: 'complete', keepChunks: false, uses: namedBlobs(build) },
  });
  return { id, url: addressOf(publicUrl, id), saved, messages };
}

/** Nothing more of it is to come. */
async function complete(context: UploadContext, upload: Upload, nowMs: number): Promise<Upload> {
  const { store } = context;
  const end = { sha256: upload.sha256, complete: true, nowMs };
  const moved = await store.uploads.append(upload, { at: upload.bytes, length: 0, bytes: new Uint8Array(0) }, end);
  const now = moved ?? (await store.uploads.find(upload.id));
  if (now === null) throw new BakehouseError('unavailable', 'The upload was taken away meanwhile; send it again.');
  return now;
}

function aboutOf({ name, startedMs, targets, machine, distro, outcome }: Build): Upload['about'] {
  return { name, startedMs, targets: targets?.slice(0, 100) ?? null, machine, distro, outcome };
}

/** Without the logs that the server would not keep. */
function withinPolicy(
  build: Build,
  logs: InnerLogs,
  policy: { readonly blobBytes: number; readonly blobs: number },
): { readonly build: Build; readonly leftOut: number } {
  const kept = build.logs
    .filter(({ blob }) => (logs.get(blob)?.length ?? 0) <= policy.blobBytes)
    .slice(0, policy.blobs);
  return { build: { ...build, logs: kept }, leftOut: build.logs.length - kept.length };
}
