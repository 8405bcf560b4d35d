import { byteOfBase64 } from './base64.ts';

/**
 * Bytes of a log record's pickle before the length of the logger's name: protocol, frame, `logging`, `LogRecord`, the class, an empty
 * tuple, the object, its dict, a mark, `name`.
 */
const NAME_LENGTH_AT = 49;
/** From the end of the name to the opcode of the message: a memo opcode and the key `msg`. */
const NAME_TO_MESSAGE = 7;
/** From the end of the message to `levelno`: a memo opcode, `args`, an empty tuple, `levelname`, and `INFO` or another word of four. */
const MESSAGE_TO_LEVEL = 1 + 7 + 1 + 12 + 7;
const LEVEL_KEY = [0x8c, 7, ...new TextEncoder().encode('levelno'), 0x94, 0x4b];
const SHORT_BINUNICODE = 0x8c;
const BINUNICODE = 0x58;

/**
 * The level of a log record whose level's name has four letters (INFO, NOTE), read from the base64 itself: NaN for others.
 *
 * A third of a log are such records and nothing of them is wanted. The attributes stand in the order in which Python's logging
 * sets them, so two lengths tell where the level is, and twenty groups of four characters are decoded instead of two hundred. What is
 * at that place is compared with the key and its memo opcode; that byte after a letter is no UTF-8, so no message can look like it.
 */
export function peekLevel(bytes: Uint8Array, from: number, to: number): number {
  const nameLength = byteOfBase64(bytes, from, to, NAME_LENGTH_AT);
  const message = NAME_LENGTH_AT + 1 + nameLength + NAME_TO_MESSAGE;
  const opcode = byteOfBase64(bytes, from, to, message);
  let end: number;
  if (opcode === SHORT_BINUNICODE) end = message + 2 + byteOfBase64(bytes, from, to, message + 1);
  else if (opcode === BINUNICODE) {
    const low = byteOfBase64(bytes, from, to, message + 1) | (byteOfBase64(bytes, from, to, message + 2) << 8);
    end = message + 5 + low + byteOfBase64(bytes, from, to, message + 3) * 65536;
  } else return Number.NaN;
  const key = end + MESSAGE_TO_LEVEL;
  for (let i = 0; i < LEVEL_KEY.length; i++) {
    if (byteOfBase64(bytes, from, to, key + i) !== LEVEL_KEY[i]) return Number.NaN;
  }
  const level = byteOfBase64(bytes, from, to, key + LEVEL_KEY.length);
  return level < 0 ? Number.NaN : level;
}
