/**
 * Passwords as argon2id texts (PHC: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`), by Node's own OpenSSL.
 *
 * 19 MiB, two passes, one lane is the first of the equally strong settings that OWASP gives: 35 ms on a quiet core of 2020, and small enough
 * that a burst of sign-ins does not take the memory of a server that has 512 MB. More memory would be better against whoever steals the database,
 * but that one finds no more than password hashes and what the passwords protect. A text says its own settings, so they can be raised.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { BakehouseError } from '../model/errors.ts';
import { PASSWORD_CHARS_MAX } from '../model/limits.ts';

const argon2Async = promisify(argon2);

const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const TAG_BYTES = 32;
const SALT_BYTES = 16;

/** NIST SP 800-63B asks for 15 where a password is the only factor; 12 random characters are beyond anybody's guessing at ours. */
export const PASSWORD_CHARS_MIN = 12;

/** Each holds its memory and a thread of four: the rest wait, and files are read meanwhile. */
const AT_ONCE = 2;
let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= AT_ONCE) await new Promise<void>((next) => waiting.push(next));
  else running++;
  try {
    return await work();
  } finally {
    // The place is handed on, never free in between.
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }
}

function plain(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '');
}

function hashOf(password: string, salt: Uint8Array, memory: number, passes: number, parallelism: number) {
  const message = Buffer.from(password.normalize('NFC'), 'utf8');
  return inTurn(() =>
    argon2Async('argon2id', { message, nonce: salt, memory, passes, parallelism, tagLength: TAG_BYTES }),
  );
}

/** Throws where nobody should have such a password; what is in it is its owner's business. */
export function assertGoodPassword(password: string, name: string): void {
  const length = [...password].length;
  if (length < PASSWORD_CHARS_MIN)
    throw new BakehouseError(
      'invalid',
      `A password has ${PASSWORD_CHARS_MIN} characters or more; this one has ${length}.`,
    );
  if (length > PASSWORD_CHARS_MAX)
    throw new BakehouseError('invalid', `A password has at most ${PASSWORD_CHARS_MAX} characters.`);
  if (new Set(password).size < 5 || password.toLowerCase().replaceAll(name.toLowerCase(), '').length < 4)
    throw new BakehouseError(
      'invalid',
      'This password is guessed at once: it repeats a few characters or the name of the account.',
    );
}

export async function passwordHash(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await hashOf(password, salt, MEMORY_KIB, PASSES, LANES);
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${plain(salt)}$${plain(hash)}`;
}

const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43})$/;
/** Nobody's: what an unknown name is checked against, so that it takes as long as a known one. */
const NOBODY = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=${LANES}$${plain(new Uint8Array(SALT_BYTES))}$${plain(new Uint8Array(TAG_BYTES))}`;

/** Whether the password is the one that the text was made of; with null it never is, and takes as long. */
export async function isPassword(password: string, text: string | null): Promise<boolean> {
  const match = PHC.exec(text ?? NOBODY);
  if (match === null) throw new Error('the password of an account in the database is not argon2id');
  const [, memory, passes, lanes, salt, hash] = match;
  // Cut as it is when it is set: a body of a megabyte is no password.
  const tried = password.length > 4 * PASSWORD_CHARS_MAX ? '' : password;
  const found = await hashOf(tried, Buffer.from(salt!, 'base64'), Number(memory), Number(passes), Number(lanes));
  return timingSafeEqual(found, Buffer.from(hash!, 'base64')) && text !== null;
}
