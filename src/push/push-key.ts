/**
 * The key of a user who pushes what has no record of its own (docs/formats/upload.md, "The address"): id and secret of a build follow from it,
 * so that pushing again is the same build, and nobody else can say which id that is.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { closeSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BakehouseError } from '../model/errors.ts';

const KEY_BYTES = 32;

/** The key in `<folder>/push-key`, made where there is none. */
export function readPushKey(folder: string): Buffer {
  const path = join(folder, 'push-key');
  try {
    return decoded(readFileSync(path, 'utf8'), path);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) throw unreadable(path, cause);
  }
  const key = randomBytes(KEY_BYTES);
  // Whole or not at all, and of two processes that make one at once, one wins and both read it.
  const draft = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const fd = openSync(draft, 'wx', 0o600);
    try {
      writeSync(fd, `${key.toString('hex')}\n`);
    } finally {
      closeSync(fd);
    }
    try {
      linkSync(draft, path);
    } finally {
      unlinkSync(draft);
    }
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw unreadable(path, cause);
  }
  return decoded(readFileSync(path, 'utf8'), path);
}

function decoded(text: string, path: string): Buffer {
  const hex = text.trim();
  if (!/^[0-9a-f]{64}$/.test(hex)) {
    throw new BakehouseError(
      'unreadable',
      `${path} is no key: 64 hex digits are wanted. Remove it to have a new one.`,
      {
        file: path,
      },
    );
  }
  return Buffer.from(hex, 'hex');
}

function unreadable(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error && 'code' in cause)) return cause;
  return new BakehouseError('unreadable', `The key of your pushes can neither be read nor made: ${cause.message}.`, {
    file: path,
    cause,
  });
}

export interface Claim {
  /** UUID of version 4. */
  readonly id: string;
  readonly secret: string;
}

/** Id and secret of the build of an origin, as this key has them. */
export function claimOf(key: Uint8Array, origin: string): Claim {
  const bytes = createHmac('sha256', key).update(`id\0${origin}`).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const id = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  return { id, secret: createHmac('sha256', key).update(`secret\0${id}`).digest('base64url') };
}
