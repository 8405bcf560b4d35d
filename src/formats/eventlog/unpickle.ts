/**
 * A decoder for Python pickles that builds nothing and calls nothing.
 *
 * A pickle is a program for a stack machine, and Python's own machine imports modules and calls functions on its word. This
 * one runs the same program over inert values: a global is a name, an object is its class name with the arguments and the
 * state it was written with, and no opcode reaches anything else. Protocols 2 to 5, which is what BitBake has written in
 * base64 since 1.32; the text opcodes of protocol 0 and 1 are refused by name.
 *
 * Bounds, all checked before memory is taken: a length against the bytes that are left, the stack and mark depth, the memo
 * index, and an account of the memory that all values together may take. The machine is a loop, so nesting costs no stack of
 * ours. A pickle can hold one value many times or hold itself (that is what its memo is for): such values are shared here
 * too and never copied out, so readers must walk known paths only.
 */

import { TextCache } from './text-cache.ts';

/** What a global names: `bb.event.BuildStarted`. Nothing is imported. */
export class PickleGlobal {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A dict, as the list of what was set. Two reasons against Map: an event's attributes are written once and few of them are
 * read, and pushing to an array is 6 times cheaper than filling a Map of 20.
 */
export class PickleDict {
  /** Key, value, key, value … in the order of setting; of equal keys the last counts. */
  readonly items: PickleValue[] = [];
  #index: Map<string, PickleValue> | null = null;
  #indexed = 0;

  get(key: string): PickleValue | undefined {
    const items = this.items;
    if (items.length <= 64) {
      for (let i = items.length - 2; i >= 0; i -= 2) if (items[i] === key) return items[i + 1];
      return undefined;
    }
    if (this.#index === null || this.#indexed !== items.length) {
      this.#index = new Map();
      this.#indexed = items.length;
      for (const [name, value] of this) this.#index.set(name, value);
    }
    return this.#index.get(key);
  }

  /** The entries whose key is text, in order of setting. */
  *[Symbol.iterator](): Generator<[string, PickleValue]> {
    for (let i = 0; i + 1 < this.items.length; i += 2) {
      const key = this.items[i];
      if (typeof key === 'string') yield [key, this.items[i + 1]!];
    }
  }
}

/** An instance of a class or the result of a call, neither of which was made: only what would have been used to. */
export class PickleObject {
  readonly className: string;
  readonly args: PickleValue;
  /** What BUILD gave: as a rule the attributes as a dict. */
  state: PickleValue = null;
  /** What was appended or set on the object itself (subclasses of list and dict). */
  elements: PickleValue[] | null = null;
  entries: PickleDict | null = null;

  constructor(className: string, args: PickleValue) {
    this.className = className;
    this.args = args;
  }
}

/** Lists, tuples, sets and frozensets are arrays. Integers beyond 2^53 are bigint. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | PickleDict
  | PickleObject
  | PickleGlobal;

export class PickleError extends Error {
  override readonly name = 'PickleError';
  /** Byte in the pickle at which the opcode stands that could not be followed. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} (at byte ${offset} of the pickle)`);
    this.offset = offset;
  }
}

/**
 * Values one pickle may hold, in bytes of memory by a rough account (8 an opcode, 64 an object, dict or list, two a
 * character). The largest real one, the dependency tree of a world build, needs about 200 MB.
 */
export const PICKLE_MEMORY_MAX = 512 << 20;
/** Python writes lists and dicts in batches of 1,000, so a real stack is nesting times 2,000 at most. */
const STACK_MAX = 1 << 20;
const MARKS_MAX = 1 << 16;
const MEMO_MAX = 1 << 24;
/** A Python integer of more bytes is no count, id or time; conversion to bigint would be quadratic. */
const INTEGER_BYTES_MAX = 256;
/** Module and class names of GLOBAL lines. */
const GLOBAL_CHARS_MAX = 512;

export class PickleDecoder {
  readonly #cache: TextCache;
  readonly #float = new DataView(new ArrayBuffer(8));

  constructor(cache: TextCache = new TextCache()) {
    this.#cache = cache;
  }

  /** Decodes the pickle at `bytes[from..to]`. Throws PickleError, and only that, for whatever is not one. */
  decode(bytes: Uint8Array, from = 0, to: number = bytes.length): PickleValue {
    const stack: PickleValue[] = [];
    const marks: number[] = [];
    const memo: PickleValue[] = [];
    let at = from;
    let opAt = from;
    let spent = 0;

    const broken = (message: string): PickleError => new PickleError(message, opAt - from);
    /** Says that `length` more bytes are there. */
    const need = (length: number): void => {
      if (length > to - at) throw broken(`${length} bytes are announced and ${to - at} are left`);
    };
    const spend = (cost: number): void => {
      spent += cost;
      if (spent > PICKLE_MEMORY_MAX) throw broken(`its values would take more than ${PICKLE_MEMORY_MAX >> 20} MiB`);
    };
    const pop = (): PickleValue => {
      // A value below the last mark belongs to what is being collected around it.
      if (stack.length <= (marks.length === 0 ? 0 : marks[marks.length - 1]!)) throw broken('the stack is empty');
      return stack.pop()!;
    };
    const top = (): PickleValue => {
      if (stack.length <= (marks.length === 0 ? 0 : marks[marks.length - 1]!)) throw broken('the stack is empty');
      return stack[stack.length - 1]!;
    };
    const popMark = (): PickleValue[] => {
      const mark = marks.pop();
      if (mark === undefined) throw broken('no mark was set');
      return stack.splice(mark);
    };
    const u8 = (): number => {
      need(1);
      return bytes[at++]!;
    };
    const u16 = (): number => {
      need(2);
      at += 2;
      return bytes[at - 2]! | (bytes[at - 1]! << 8);
    };
    const i32 = (): number => {
      need(4);
      at += 4;
      return bytes[at - 4]! | (bytes[at - 3]! << 8) | (bytes[at - 2]! << 16) | (bytes[at - 1]! << 24);
    };
    const u32 = (): number => i32() >>> 0;
    const u64 = (): number => {
      const low = u32();
      return u32() * 2 ** 32 + low;
    };
    const text = (length: number): string => {
      need(length);
      spend(2 * length + 16);
      at += length;
      return this.#cache.text(bytes, at - length, at);
    };
    const raw = (length: number): Uint8Array => {
      need(length);
      spend(length + 64);
      at += length;
      return bytes.slice(at - length, at);
    };
    const integer = (length: number): number | bigint => {
      if (length > INTEGER_BYTES_MAX) throw broken(`an integer of ${length} bytes`);
      need(length);
      at += length;
      return littleEndian(bytes, at - length, at);
    };
    const recall = (index: number): PickleValue => {
      const value = memo[index];
      if (value === undefined) throw broken(`memo entry ${index} was never stored`);
      return value;
    };
    const remember = (index: number): void => {
      if (index > MEMO_MAX) throw broken(`memo entry ${index}`);
      memo[index] = top();
    };
    const globalNamed = (module: PickleValue, name: PickleValue): PickleGlobal => {
      if (typeof module !== 'string' || typeof name !== 'string') throw broken('a global whose name is not text');
      spend(64);
      return new PickleGlobal(`${module}.${name}`);
    };
    const line = (): string => {
      const end = bytes.indexOf(10, at);
      if (end < 0 || end >= to || end - at > GLOBAL_CHARS_MAX) throw broken('a name without end');
      const length = end - at;
      const name = text(length);
      at++;
      return name;
    };
    const made = (callable: PickleValue, args: PickleValue): PickleObject => {
      if (!(callable instanceof PickleGlobal)) throw broken('an object of something that is not a class');
      spend(96);
      return new PickleObject(callable.name, args);
    };
    const append = (into: PickleValue, added: readonly PickleValue[]): void => {
      let list: PickleValue[];
      if (Array.isArray(into)) list = into;
      else if (into instanceof PickleObject) {
        into.elements ??= [];
        list = into.elements;
      } else throw broken('appending to something that is not a list');
      for (let i = 0; i < added.length; i++) list.push(added[i]!);
    };
    const setItems = (into: PickleValue, added: readonly PickleValue[]): void => {
      if (added.length % 2 !== 0) throw broken('a key without a value');
      let dict: PickleDict;
      if (into instanceof PickleDict) dict = into;
      else if (into instanceof PickleObject) {
        into.entries ??= new PickleDict();
        dict = into.entries;
      } else throw broken('setting an item of something that is not a dict');
      for (let i = 0; i < added.length; i++) dict.items.push(added[i]!);
    };

    for (;;) {
      opAt = at;
      if (at >= to) throw broken('the pickle ends without its last opcode');
      const op = bytes[at++]!;
      spend(8);
      if (stack.length > STACK_MAX) throw broken(`more than ${STACK_MAX} values wait on the stack`);
      switch (op) {
        case 0x80: // PROTO
          if (u8() > 5) throw broken(`protocol ${bytes[at - 1]} is newer than this reader`);
          break;
        case 0x95: // FRAME: a length that says how much to read at once; everything is here already
          u64();
          break;
        case 0x2e: {
          // STOP
          const result = pop();
          if (stack.length > 0 || marks.length > 0) throw broken('values are left over at the end');
          return result;
        }
        case 0x28: // MARK
          if (marks.length >= MARKS_MAX) throw broken(`more than ${MARKS_MAX} marks`);
          marks.push(stack.length);
          break;
        case 0x30: // POP: of a mark when nothing stands above it
          if (marks.length > 0 && stack.length === marks[marks.length - 1]) marks.pop();
          else pop();
          break;
        case 0x31: // POP_MARK
          popMark();
          break;
        case 0x32: // DUP
          stack.push(top());
          break;

        case 0x4e: // NONE
          stack.push(null);
          break;
        case 0x88: // NEWTRUE
          stack.push(true);
          break;
        case 0x89: // NEWFALSE
          stack.push(false);
          break;
        case 0x4b: // BININT1
          stack.push(u8());
          break;
        case 0x4d: // BININT2
          stack.push(u16());
          break;
        case 0x4a: // BININT
          stack.push(i32());
          break;
        case 0x8a: // LONG1
          stack.push(integer(u8()));
          break;
        case 0x8b: // LONG4
          stack.push(integer(u32()));
          break;
        case 0x47: // BINFLOAT, big-endian
          need(8);
          for (let i = 0; i < 8; i++) this.#float.setUint8(i, bytes[at + i]!);
          at += 8;
          stack.push(this.#float.getFloat64(0));
          break;

        case 0x8c: // SHORT_BINUNICODE
          stack.push(text(u8()));
          break;
        case 0x58: // BINUNICODE
          stack.push(text(u32()));
          break;
        case 0x8d: // BINUNICODE8
          stack.push(text(u64()));
          break;
        case 0x55: // SHORT_BINSTRING (Python 2)
          stack.push(text(u8()));
          break;
        case 0x54: // BINSTRING (Python 2)
          stack.push(text(u32()));
          break;
        case 0x43: // SHORT_BINBYTES
          stack.push(raw(u8()));
          break;
        case 0x42: // BINBYTES
          stack.push(raw(u32()));
          break;
        case 0x8e: // BINBYTES8
        case 0x96: // BYTEARRAY8
          stack.push(raw(u64()));
          break;
        case 0x98: // READONLY_BUFFER: says that the bytes on top may not change; ours never do
          if (!(top() instanceof Uint8Array)) throw broken('a buffer that is not bytes');
          break;

        case 0x5d: // EMPTY_LIST
        case 0x29: // EMPTY_TUPLE
        case 0x8f: // EMPTY_SET
          spend(56);
          stack.push([]);
          break;
        case 0x7d: // EMPTY_DICT
          spend(112);
          stack.push(new PickleDict());
          break;
        case 0x6c: // LIST
        case 0x74: // TUPLE
        case 0x91: // FROZENSET
          spend(56);
          stack.push(popMark());
          break;
        case 0x64: {
          // DICT
          const dict = new PickleDict();
          spend(112);
          setItems(dict, popMark());
          stack.push(dict);
          break;
        }
        case 0x85: // TUPLE1
          spend(64);
          stack.push([pop()]);
          break;
        case 0x86: {
          // TUPLE2
          spend(72);
          const b = pop();
          stack.push([pop(), b]);
          break;
        }
        case 0x87: {
          // TUPLE3
          spend(80);
          const c = pop();
          const b = pop();
          stack.push([pop(), b, c]);
          break;
        }
        case 0x61: {
          // APPEND
          const value = pop();
          append(top(), [value]);
          break;
        }
        case 0x65: // APPENDS
        case 0x90: {
          // ADDITEMS
          const added = popMark();
          append(top(), added);
          break;
        }
        case 0x73: {
          // SETITEM
          const value = pop();
          const key = pop();
          setItems(top(), [key, value]);
          break;
        }
        case 0x75: {
          // SETITEMS
          const added = popMark();
          setItems(top(), added);
          break;
        }

        case 0x68: // BINGET
          stack.push(recall(u8()));
          break;
        case 0x6a: // LONG_BINGET
          stack.push(recall(u32()));
          break;
        case 0x71: // BINPUT
          remember(u8());
          break;
        case 0x72: // LONG_BINPUT
          remember(u32());
          break;
        case 0x94: // MEMOIZE
          remember(memo.length);
          break;

        case 0x63: {
          // GLOBAL
          const module = line();
          stack.push(globalNamed(module, line()));
          break;
        }
        case 0x93: {
          // STACK_GLOBAL
          const name = pop();
          stack.push(globalNamed(pop(), name));
          break;
        }
        case 0x81: // NEWOBJ
        case 0x52: {
          // REDUCE: a call; here the name of what would have been called
          const args = pop();
          stack.push(made(pop(), args));
          break;
        }
        case 0x92: {
          // NEWOBJ_EX
          const keywords = pop();
          const args = pop();
          stack.push(made(pop(), [args, keywords]));
          break;
        }
        case 0x62: {
          // BUILD
          const state = pop();
          const object = top();
          if (object instanceof PickleObject) object.state = state;
          else throw broken('a state for something that is not an object');
          break;
        }
        default:
          throw broken(`opcode 0x${op.toString(16).padStart(2, '0')} is not one of protocols 2 to 5 that events use`);
      }
    }
  }
}

/** Two's complement, least significant byte first. */
export function littleEndian(bytes: Uint8Array, from: number, to: number): number | bigint {
  if (to === from) return 0;
  if (to - from <= 6) {
    let value = 0;
    for (let i = to - 1; i >= from; i--) value = value * 256 + bytes[i]!;
    return bytes[to - 1]! < 128 ? value : value - 2 ** (8 * (to - from));
  }
  let value = 0n;
  for (let i = to - 1; i >= from; i--) value = (value << 8n) | BigInt(bytes[i]!);
  if (bytes[to - 1]! >= 128) value -= 1n << BigInt(8 * (to - from));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Decodes one pickle; for many, keep a PickleDecoder, which remembers the strings it has seen. */
export function unpickle(bytes: Uint8Array): PickleValue {
  return new PickleDecoder().decode(bytes);
}

/** The attributes of an object, or null when it is none or its state is no dict. */
export function attributesOf(value: PickleValue): PickleDict | null {
  return value instanceof PickleObject && value.state instanceof PickleDict ? value.state : null;
}
