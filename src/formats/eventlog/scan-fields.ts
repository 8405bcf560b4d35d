import type { TextCache } from './text-cache.ts';
import { littleEndian, PickleError } from './unpickle.ts';

/**
 * The attributes of an event without decoding the event.
 *
 * Of the 77,000 events that a build of 10,000 tasks logs, all but a few are of six classes, and of their 10 to 25 attributes we
 * read 2 to 8. This runs the pickle's stack machine over positions: a value is the offset of the opcode that made it, in one
 * Int32Array, and the memo is another. Nothing is allocated; a value becomes a string or a number when it is asked for. Against
 * `PickleDecoder` on a clean build's log it takes an eighth of the time.
 *
 * It keeps the items of the dict that is the state of the outermost object (`obj.__dict__`), and forgets nested ones. Bounds: the
 * stack and the memo have fixed sizes (such events nest 3 deep), lengths are checked against the bytes that are left, and every
 * opcode moves on, so time is linear.
 */
const STACK_SLOTS = 8192;
const MEMO_SLOTS = 8192;
const MARK_SLOTS = 256;
const FIELDS_MAX = 256;

export class FieldScanner {
  readonly #cache: TextCache;
  readonly #stack = new Int32Array(STACK_SLOTS);
  readonly #memo = new Int32Array(MEMO_SLOTS);
  readonly #marks = new Int32Array(MARK_SLOTS);
  /** Offset of the key's opcode, offset of the value's, key … */
  readonly #fields = new Int32Array(2 * FIELDS_MAX);
  readonly #float = new DataView(new ArrayBuffer(8));
  #fieldCount = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #to = 0;

  constructor(cache: TextCache) {
    this.#cache = cache;
  }

  /**
   * Walks one pickle, `bytes[0..to]`; afterwards the accessors answer for it, as long as `bytes` is not changed. With `partial`
   * the bytes may be the first part of a pickle: then the attributes that were whole are known. Throws PickleError.
   */
  scan(bytes: Uint8Array, to: number, partial = false): void {
    const stack = this.#stack;
    const memo = this.#memo;
    const marks = this.#marks;
    this.#bytes = bytes;
    this.#to = to;
    this.#fieldCount = 0;
    let at = 0;
    let height = 0;
    let markCount = 0;
    let memoCount = 0;
    for (;;) {
      if (at >= to) {
        if (!partial) throw new PickleError('the pickle ends without its last opcode', at);
        // Only an opcode that pushes a value reads past the end: that value is not whole.
        if (at > to) height--;
        // Inside the items of the state, the pairs up to the next deeper mark are whole.
        if (markCount > 0 && marks[0] === 2) this.#keepPairs(2, markCount > 1 ? marks[1]! : height, at);
        return;
      }
      if (height >= STACK_SLOTS - 1) throw new PickleError('an event is nested too deep', at);
      const opAt = at;
      const op = bytes[at++]!;
      switch (op) {
        case 0x8c: // SHORT_BINUNICODE
        case 0x43: // SHORT_BINBYTES
        case 0x8a: // LONG1
          at = at < to ? at + 1 + bytes[at]! : to + 1;
          stack[height++] = opAt;
          break;
        case 0x58: // BINUNICODE
        case 0x42: // BINBYTES
        case 0x8b: // LONG4
          at = at + 4 <= to ? at + 4 + unsigned32(bytes, at) : to + 1;
          stack[height++] = opAt;
          break;
        case 0x8d: // BINUNICODE8
        case 0x8e: // BINBYTES8
        case 0x96: // BYTEARRAY8
          at = at + 8 <= to ? at + 8 + unsigned32(bytes, at) + unsigned32(bytes, at + 4) * 2 ** 32 : to + 1;
          stack[height++] = opAt;
          break;
        case 0x94: // MEMOIZE
          if (memoCount >= MEMO_SLOTS) throw new PickleError('an event with too many values', opAt);
          if (height === 0) throw empty(opAt);
          memo[memoCount++] = stack[height - 1]!;
          break;
        case 0x68: // BINGET
        case 0x6a: {
          // LONG_BINGET
          const width = op === 0x68 ? 1 : 4;
          if (at + width > to) {
            at = to + 1;
            height++;
            break;
          }
          const index = op === 0x68 ? bytes[at]! : unsigned32(bytes, at);
          at += width;
          if (index >= memoCount) throw new PickleError('a memo entry that was never stored', opAt);
          stack[height++] = memo[index]!;
          break;
        }
        case 0x71: // BINPUT
        case 0x72: {
          // LONG_BINPUT
          const width = op === 0x71 ? 1 : 4;
          if (height === 0) throw empty(opAt);
          if (at + width > to) {
            at = to;
            break;
          }
          const index = op === 0x71 ? bytes[at]! : unsigned32(bytes, at);
          at += width;
          if (index >= MEMO_SLOTS) throw new PickleError('an event with too many values', opAt);
          if (index > memoCount) memo.fill(opAt, memoCount, index);
          memo[index] = stack[height - 1]!;
          memoCount = Math.max(memoCount, index + 1);
          break;
        }
        case 0x4b: // BININT1
          at += 1;
          stack[height++] = opAt;
          break;
        case 0x4d: // BININT2
          at += 2;
          stack[height++] = opAt;
          break;
        case 0x4a: // BININT
          at += 4;
          stack[height++] = opAt;
          break;
        case 0x47: // BINFLOAT
          at += 8;
          stack[height++] = opAt;
          break;
        case 0x4e: // NONE
        case 0x88: // NEWTRUE
        case 0x89: // NEWFALSE
        case 0x5d: // EMPTY_LIST
        case 0x29: // EMPTY_TUPLE
        case 0x7d: // EMPTY_DICT
        case 0x8f: // EMPTY_SET
          stack[height++] = opAt;
          break;
        case 0x28: // MARK
          if (markCount >= MARK_SLOTS) throw new PickleError('an event is nested too deep', opAt);
          marks[markCount++] = height;
          break;
        case 0x75: {
          // SETITEMS
          if (markCount === 0) throw new PickleError('no mark was set', opAt);
          const mark = marks[--markCount]!;
          if (mark > height || mark === 0) throw empty(opAt);
          // The state of the outermost object: [object, dict] below the mark and nothing around it.
          if (mark === 2 && markCount === 0) this.#keepPairs(mark, height, opAt);
          height = mark;
          break;
        }
        case 0x73: // SETITEM
          if (height < 3) throw empty(opAt);
          if (height === 4 && markCount === 0) this.#keepPairs(2, 4, opAt);
          height -= 2;
          break;
        case 0x61: // APPEND
        case 0x62: // BUILD
        case 0x86: // TUPLE2
        case 0x93: // STACK_GLOBAL
        case 0x81: // NEWOBJ
        case 0x52: // REDUCE
          if (height < 2) throw empty(opAt);
          height--;
          // What is made of the two takes their place; APPEND and BUILD leave what was there.
          if (op !== 0x61 && op !== 0x62) stack[height - 1] = opAt;
          break;
        case 0x85: // TUPLE1
          if (height < 1) throw empty(opAt);
          stack[height - 1] = opAt;
          break;
        case 0x87: // TUPLE3
        case 0x92: // NEWOBJ_EX
          if (height < 3) throw empty(opAt);
          height -= 2;
          stack[height - 1] = opAt;
          break;
        case 0x74: // TUPLE
        case 0x6c: // LIST
        case 0x64: // DICT
        case 0x91: // FROZENSET
        case 0x65: // APPENDS
        case 0x90: {
          // ADDITEMS
          if (markCount === 0) throw new PickleError('no mark was set', opAt);
          const mark = marks[--markCount]!;
          if (mark > height) throw empty(opAt);
          height = mark;
          if (op !== 0x65 && op !== 0x90) stack[height++] = opAt;
          break;
        }
        case 0x63: // GLOBAL: two names, each ended by a line end
          for (let names = 0; names < 2; names++) {
            while (at < to && bytes[at] !== 10) at++;
            at++;
          }
          stack[height++] = opAt;
          break;
        case 0x80: // PROTO
          at = Math.min(at + 1, to);
          break;
        case 0x95: // FRAME
          at = Math.min(at + 8, to);
          break;
        case 0x2e: // STOP
          return;
        default:
          throw new PickleError(`opcode 0x${op.toString(16)} is not one that events use`, opAt);
      }
    }
  }

  #keepPairs(from: number, to: number, opAt: number): void {
    for (let i = from; i + 1 < to; i += 2) {
      if (this.#fieldCount >= FIELDS_MAX) throw new PickleError('an event with too many attributes', opAt);
      this.#fields[2 * this.#fieldCount] = this.#stack[i]!;
      this.#fields[2 * this.#fieldCount + 1] = this.#stack[i + 1]!;
      this.#fieldCount++;
    }
  }

  /** Where the value of an attribute stands, or -1. Keys are short, so they are compared byte by byte and never made. */
  #find(name: string): number {
    const bytes = this.#bytes;
    const length = name.length;
    for (let f = 0; f < this.#fieldCount; f++) {
      const key = this.#fields[2 * f]!;
      let from: number;
      if (bytes[key] === 0x8c) {
        if (bytes[key + 1] !== length) continue;
        from = key + 2;
      } else if (bytes[key] === 0x58) {
        if (unsigned32(bytes, key + 1) !== length) continue;
        from = key + 5;
      } else continue;
      let i = 0;
      while (i < length && bytes[from + i] === name.charCodeAt(i)) i++;
      if (i === length) return this.#fields[2 * f + 1]!;
    }
    return -1;
  }

  has(name: string): boolean {
    return this.#find(name) >= 0;
  }

  /** Whether an attribute is the empty tuple: log records with nothing to fill in. */
  isEmptyTuple(name: string): boolean {
    const at = this.#find(name);
    return at >= 0 && this.#bytes[at] === 0x29;
  }

  /** An attribute that is text, else null; only its first `bytesMax` bytes where given. */
  text(name: string, bytesMax = Number.POSITIVE_INFINITY): string | null {
    const at = this.#find(name);
    if (at < 0) return null;
    const bytes = this.#bytes;
    if (bytes[at] === 0x8c) return this.#cache.text(bytes, at + 2, at + 2 + Math.min(bytesMax, bytes[at + 1]!));
    if (bytes[at] === 0x58) {
      return this.#cache.text(bytes, at + 5, at + 5 + Math.min(bytesMax, unsigned32(bytes, at + 1)));
    }
    return null;
  }

  /** An attribute that is a number, else NaN. */
  number(name: string): number {
    const at = this.#find(name);
    if (at < 0) return Number.NaN;
    const bytes = this.#bytes;
    const room = this.#to - at - 1;
    switch (bytes[at]) {
      case 0x4b:
        return bytes[at + 1]!;
      case 0x4d:
        return bytes[at + 1]! | (bytes[at + 2]! << 8);
      case 0x4a:
        return unsigned32(bytes, at + 1) | 0;
      case 0x47:
        if (room < 8) return Number.NaN;
        for (let i = 0; i < 8; i++) this.#float.setUint8(i, bytes[at + 1 + i]!);
        return this.#float.getFloat64(0);
      case 0x8a:
        return Number(littleEndian(bytes, at + 2, at + 2 + bytes[at + 1]!));
      default:
        return Number.NaN;
    }
  }

  /** An attribute that is True or False, else null. */
  flag(name: string): boolean | null {
    const at = this.#find(name);
    if (at < 0) return null;
    if (this.#bytes[at] === 0x88) return true;
    return this.#bytes[at] === 0x89 ? false : null;
  }
}

function unsigned32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
function empty(at: number): PickleError {
  return new PickleError('the stack is empty', at);
}
