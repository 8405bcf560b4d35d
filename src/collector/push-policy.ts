/**
 * Who may push, how much, and who sees it: the owner's rules (settings), asked of every report however it comes. What is refused is said in
 * a sentence that the client prints to its user.
 */
import { createHmac } from 'node:crypto';
import { BakehouseError } from '../model/errors.ts';
import { CHUNK_BYTES_MAX, STRANGER_BUILDS_PER_HOUR, STRANGER_BYTES_PER_HOUR } from '../model/limits.ts';
import type { Store, Viewer, Visibility } from '../store/store.ts';

export interface PushPolicy {
  readonly push: 'anonymous' | 'token' | 'closed';
  /** For who does not choose, and the others that may be chosen. */
  readonly visibility: Visibility;
  readonly visibilities: readonly Visibility[];
  readonly chunkBytes: number;
  readonly streamBytes: number;
  readonly blobBytes: number;
  /** Of one build. */
  readonly blobs: number;
  /** Builds that began longer ago are not taken; null: any. */
  readonly ageDays: number | null;
  /** Kinds of docs/formats/record.md that clients are told to leave out. What is sent nevertheless is not looked through. */
  readonly refusedKinds: readonly string[];
  /** Of one client. Null: no limit. */
  readonly buildsPerHour: number | null;
  readonly bytesPerHour: number | null;
}

/** The owner's rules as the settings have them; null limits: the default of the kind of client. */
export interface PushRules {
  readonly push: PushPolicy['push'];
  readonly visibility: Visibility;
  readonly visibilities: readonly Visibility[];
  readonly ageDays: number | null;
  readonly streamBytes: number;
  readonly blobBytes: number;
  readonly blobs: number;
  readonly refusedKinds: readonly string[];
  readonly buildsPerHour: number | null;
  readonly bytesPerHour: number | null;
}

/** The rules for one sender: who has an account, or is on this machine, is bounded only where the owner says so. */
export function policyFor(rules: PushRules, sender: Sender): PushPolicy {
  const stranger = sender.viewer.account === null && !sender.local;
  return {
    ...rules,
    chunkBytes: CHUNK_BYTES_MAX,
    buildsPerHour: rules.buildsPerHour ?? (stranger ? STRANGER_BUILDS_PER_HOUR : null),
    bytesPerHour: rules.bytesPerHour ?? (stranger ? STRANGER_BYTES_PER_HOUR : null),
  };
}

/** Who sends. */
export interface Sender {
  readonly viewer: Viewer;
  /** As the socket, or a trusted proxy, has it. */
  readonly address: string;
  /** A program on the machine of the server. */
  readonly local: boolean;
}

const HOUR_MS = 3_600_000;

/**
 * Whom quotas count, and who may add to a build that came without an account: the account, or the network address (of IPv6 the /64, which
 * one household has) as a hash with a salt that never leaves the database.
 */
export async function clientOf(store: Store, sender: Sender): Promise<string> {
  if (sender.viewer.account !== null) return `account:${sender.viewer.account}`;
  if (sender.local) return 'local';
  const salt = await store.serverSecret('address-salt');
  const plain = sender.address.replace(/^::ffff:(?=\d+\.)/i, '');
  const network = plain.includes(':') ? expand(plain).slice(0, 4).join(':') : plain;
  return `address:${createHmac('sha256', salt).update(network).digest('base64url').slice(0, 22)}`;
}

/** The eight groups of an IPv6 address; what is not one stays different from every other. */
function expand(address: string): string[] {
  const [head = '', tail] = address.split('%')[0]!.toLowerCase().split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const middle =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0');
  return [...left, ...middle, ...right].map((group) => group.replace(/^0+(?=.)/, ''));
}

/** Throws where this sender may push nothing at all. */
export function assertMayPush(policy: PushPolicy, sender: Sender): void {
  if (policy.push === 'closed') throw new BakehouseError('forbidden', 'This server takes no reports.');
  if (policy.push === 'token' && sender.viewer.account === null)
    throw new BakehouseError(
      'unauthorized',
      'This server takes reports only with a token: make one on its Account page, or ask its owner.',
    );
}

/** What a build is to be seen by, and a word where that is not what was asked for. */
export function visibilityFor(
  policy: PushPolicy,
  sender: Sender,
  wanted: Visibility | null,
): { readonly visibility: Visibility; readonly message: string | null } {
  const visibility = wanted ?? policy.visibility;
  // Private to nobody would be seen by nobody.
  if (visibility === 'private' && sender.viewer.account === null && !sender.local)
    return policy.visibilities.includes('unlisted')
      ? {
          visibility: 'unlisted',
          message: 'Only a build that is pushed with a token can be private: this one is unlisted.',
        }
      : { visibility: policy.visibility, message: 'Only a build that is pushed with a token can be private.' };
  if (!policy.visibilities.includes(visibility))
    return {
      visibility: policy.visibility,
      message: `This server keeps no ${visibility} builds: this one is ${policy.visibility}.`,
    };
  return { visibility, message: null };
}

/** Takes a build's and a body's share out of the client's hour, or throws `too-many` with the seconds until the next one. */
export async function takeQuota(
  store: Store,
  policy: PushPolicy,
  client: string,
  use: { readonly builds: number; readonly bytes: number },
  nowMs: number,
): Promise<void> {
  if (policy.buildsPerHour === null && policy.bytesPerHour === null) return;
  const hour = Math.floor(nowMs / HOUR_MS);
  const limits = { builds: policy.buildsPerHour, bytes: policy.bytesPerHour };
  if (await store.uploads.take(client, hour, use, limits)) return;
  const retryAfterS = Math.ceil(((hour + 1) * HOUR_MS - nowMs) / 1000);
  throw new BakehouseError(
    'too-many',
    `This client has pushed as much as it may in an hour; the next one begins in ${Math.ceil(retryAfterS / 60)} minutes.`,
    { details: { retryAfterS } },
  );
}

const DAY_MS = 86_400_000;

/** A build from before the age limit is refused, with the limit. */
export function assertYoungEnough(policy: PushPolicy, startedMs: number | null | undefined, nowMs: number): void {
  if (policy.ageDays === null || startedMs === null || startedMs === undefined) return;
  if (nowMs - startedMs > policy.ageDays * DAY_MS)
    throw new BakehouseError('forbidden', `This server takes builds of the last ${policy.ageDays} days only.`);
}
