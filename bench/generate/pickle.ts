/**
 * Writes values as Python's pickle protocol 4 does (pickle.dumps of CPython 3.8 to 3.13): same opcodes, memo and frames, so
 * that a reader meets what real event logs hold. Only for making test logs; the product never writes pickles.
 */

/** An instance of a Python class: NEWOBJ without arguments, then BUILD with the attributes. */
export class PyObject {
  readonly module: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, PyValue>>;

  constructor(module: string, name: string, attributes: Readonly<Record<string, PyValue>>) {
    this.module = module;
    this.name = name;
    this.attributes = attributes;
  }
}

/** A Python float even where the number is whole. */
export class PyFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** `()`: what every LogRecord has as its arguments. */
export const EMPTY_TUPLE = Symbol('()');

export type PyValue =
  | typeof EMPTY_TUPLE
  | null
  | boolean
  | number
  | string
  | PyFloat
  | PyObject
  | readonly PyValue[]
  | { readonly [key: string]: PyValue };

const FRAME_BYTES = 64 * 1024;
const BATCH = 1000;

export class PickleWriter {
  #buffer = Buffer.allocUnsafe(1 << 16);
  #at = 0;
  #frameStart = 0;
  #memoSize = 0;
  readonly #memo = new Map<string, number>();

  /** The pickle of one value; the returned bytes are valid until the next call. */
  dumps(value: PyValue): Buffer {
    this.#at = 0;
    this.#memo.clear();
    this.#memoSize = 0;
    this.#byte(0x80);
    this.#byte(4);
    this.#openFrame();
    this.#save(value);
    this.#byte(0x2e);
    this.#closeFrame();
    return this.#buffer.subarray(0, this.#at);
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + bytes));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }

  #byte(value: number): void {
    this.#room(1);
    this.#buffer[this.#at++] = value;
  }

  #openFrame(): void {
    this.#room(9);
    this.#frameStart = this.#at;
    this.#buffer[this.#at] = 0x95;
    this.#at += 9;
  }

  #closeFrame(): void {
    const length = this.#at - this.#frameStart - 9;
    this.#buffer.writeBigUInt64LE(BigInt(length), this.#frameStart + 1);
  }

  /** Frames end at the first opcode past 64 KiB, as CPython's framer does. */
  #frameEdge(): void {
    if (this.#at - this.#frameStart - 9 < FRAME_BYTES) return;
    this.#closeFrame();
    this.#openFrame();
  }

  #memoize(): number {
    this.#byte(0x94);
    return this.#memoSize++;
  }

  #get(index: number): void {
    if (index < 256) {
      this.#byte(0x68);
      this.#byte(index);
    } else {
      this.#room(5);
      this.#buffer[this.#at] = 0x6a;
      this.#buffer.writeUInt32LE(index, this.#at + 1);
      this.#at += 5;
    }
  }

  #text(value: string): void {
    const known = this.#memo.get(value);
    if (known !== undefined) {
      this.#get(known);
      return;
    }
    const bytes = Buffer.byteLength(value);
    this.#room(bytes + 5);
    if (bytes < 256) {
      this.#buffer[this.#at] = 0x8c;
      this.#buffer[this.#at + 1] = bytes;
      this.#at += 2;
    } else {
      this.#buffer[this.#at] = 0x58;
      this.#buffer.writeUInt32LE(bytes, this.#at + 1);
      this.#at += 5;
    }
    this.#at += this.#buffer.write(value, this.#at);
    this.#memo.set(value, this.#memoize());
  }

  #integer(value: number): void {
    if (value >= 0 && value < 256) {
      this.#byte(0x4b);
      this.#byte(value);
    } else if (value >= 0 && value < 65536) {
      this.#room(3);
      this.#buffer[this.#at] = 0x4d;
      this.#buffer.writeUInt16LE(value, this.#at + 1);
      this.#at += 3;
    } else if (value >= -0x80000000 && value <= 0x7fffffff) {
      this.#room(5);
      this.#buffer[this.#at] = 0x4a;
      this.#buffer.writeInt32LE(value, this.#at + 1);
      this.#at += 5;
    } else {
      // LONG1: the least number of bytes of the two's complement, as encode_long gives.
      const bytes: number[] = [];
      let rest = BigInt(value);
      for (;;) {
        const low = Number(rest & 0xffn);
        bytes.push(low);
        rest >>= 8n;
        if ((rest === 0n && low < 0x80) || (rest === -1n && low >= 0x80)) break;
      }
      this.#byte(0x8a);
      this.#byte(bytes.length);
      for (const b of bytes) this.#byte(b);
    }
  }

  #float(value: number): void {
    this.#room(9);
    this.#buffer[this.#at] = 0x47;
    this.#buffer.writeDoubleBE(value, this.#at + 1);
    this.#at += 9;
  }

  #save(value: PyValue): void {
    this.#frameEdge();
    if (value === null) this.#byte(0x4e);
    else if (value === true) this.#byte(0x88);
    else if (value === false) this.#byte(0x89);
    else if (value === EMPTY_TUPLE) this.#byte(0x29);
    else if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'number') {
      if (Number.isInteger(value)) this.#integer(value);
      else this.#float(value);
    } else if (value instanceof PyFloat) this.#float(value.value);
    else if (value instanceof PyObject) this.#object(value);
    else if (isList(value)) this.#list(value);
    else this.#dictionary(value);
  }

  #object(value: PyObject): void {
    const key = `\u0000class ${value.module}.${value.name}`;
    const known = this.#memo.get(key);
    if (known !== undefined) this.#get(known);
    else {
      this.#text(value.module);
      this.#text(value.name);
      this.#byte(0x93);
      this.#memo.set(key, this.#memoize());
    }
    this.#byte(0x29);
    this.#byte(0x81);
    this.#memoize();
    this.#dictionary(value.attributes);
    this.#byte(0x62);
  }

  #list(items: readonly PyValue[]): void {
    this.#byte(0x5d);
    this.#memoize();
    for (let from = 0; from < items.length; from += BATCH) {
      const batch = items.slice(from, from + BATCH);
      if (batch.length === 1) {
        this.#save(batch[0]!);
        this.#byte(0x61);
        continue;
      }
      this.#byte(0x28);
      for (const item of batch) this.#save(item);
      this.#byte(0x65);
    }
  }

  #dictionary(entries: { readonly [key: string]: PyValue }): void {
    this.#byte(0x7d);
    this.#memoize();
    const all = Object.entries(entries);
    for (let from = 0; from < all.length; from += BATCH) {
      const batch = all.slice(from, from + BATCH);
      const single = batch.length === 1;
      if (!single) this.#byte(0x28);
      for (const [key, item] of batch) {
        this.#save(key);
        this.#save(item);
      }
      this.#byte(single ? 0x73 : 0x75);
    }
  }
}

function isList(value: readonly PyValue[] | { readonly [key: string]: PyValue }): value is readonly PyValue[] {
  return Array.isArray(value);
}
