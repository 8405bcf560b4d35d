/**
 * The codec of task tables: one column of numbers as a few typed, compressed blocks. Pure: the compressor is passed in, so
 * the server (node:zlib) writes what the browser (fzstd) reads. Byte by byte in docs/formats/task-table.md.
 *
 * Lossless by construction: a formula is chosen for a block only when every value of it comes back as the very same double
 * (-0 and infinities included; every NaN is "not recorded"). So the choice of a formula is never a matter of trust.
 *
 * Measured on a generated build of 10,000 tasks (bench/generate.ts, 30 metrics of the files and 6 derived): 52 bytes a task for all
 * columns but the computed ones (computed-columns.ts), 11 ms to encode, 4 ms to decode.
 */
import { BakehouseError } from './errors.ts';

/** Returns a zstd frame of `bytes` that states its content size (as one-shot compressors do). Level 3 is what we measured. */
export type Compress = (bytes: Uint8Array) => Uint8Array;
/** Returns the `rawLength` bytes of a frame. The frame's head has been checked before: it cannot make the memory grow. */
export type Decompress = (bytes: Uint8Array, rawLength: number) => Uint8Array;

/**
 * Positions in a block. Smaller blocks make the history of one task cheaper and everything else dearer: with 1024 the history takes half
 * the time (4 ms for 300 builds instead of 7), but a task takes 83 bytes on disk instead of 62, since each block pays a head, a zstd
 * frame and a share of a page; a whole column of 10,000 would read the history 2.5 times slower.
 */
export const BLOCK_LENGTH = 4096;

/** First byte of a block: kind in the low bits, flags above. */
const KIND_MISSING = 0;
const KIND_CONSTANT = 1;
const KIND_INTEGERS = 2;
const KIND_FLOATS = 3;
const KIND_MASK = 0x07;
const FLAG_SPARSE = 0x08;
const FLAG_COMPRESSED = 0x10;
const FLAG_ULPS = 0x20;
const FLAG_SHUFFLED = 0x40;

/** How the integer m of a position becomes its number. */
const FORMULA_DECIMAL = 0; // m / 10^digits; digits 0: m itself
const FORMULA_MICRO = 1; // floor(m / 1e6) + (m mod 1e6) * 1e-6: how CPython makes seconds of a struct timeval (rusage)

const POWERS = [1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
const HEAD_BYTES = 21;
const FLOAT_HEAD_BYTES = 3;
const MAX_M = Number.MAX_SAFE_INTEGER;
/** Bitmap, 8 planes and a plane of corrections: the most a block unpacks to. */
const RAW_BYTES_MAX = BLOCK_LENGTH / 8 + 9 * BLOCK_LENGTH;

function broken(what: string): BakehouseError {
  return new BakehouseError('unreadable', `Columns cannot be read: ${what}.`);
}

export function blockCount(length: number): number {
  return Math.ceil(length / BLOCK_LENGTH);
}

/** Positions in block `index` of a column of `length`. */
export function blockLength(length: number, index: number): number {
  return Math.min(BLOCK_LENGTH, length - index * BLOCK_LENGTH);
}

/** Any column (NaN: not recorded) as blocks; an empty column has none. */
export function encodeColumn(values: ArrayLike<number>, compress: Compress): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const scratch = new Scratch();
  for (let start = 0; start < values.length; start += BLOCK_LENGTH) {
    blocks.push(encodeBlock(values, start, Math.min(BLOCK_LENGTH, values.length - start), compress, scratch));
  }
  return blocks;
}

/** The column of `length` that the blocks hold; throws `unreadable` where they do not. */
export function decodeColumn(blocks: readonly Uint8Array[], length: number, decompress: Decompress): Float64Array {
  if (blocks.length !== blockCount(length)) {
    throw broken(`${blocks.length} blocks cannot hold ${length} positions`);
  }
  const values = new Float64Array(length);
  for (const [index, block] of blocks.entries()) {
    const start = index * BLOCK_LENGTH;
    decodeBlock(block, values.subarray(start, start + blockLength(length, index)), decompress);
  }
  return values;
}

class Scratch {
  readonly present = new Float64Array(BLOCK_LENGTH);
  readonly m = new Float64Array(BLOCK_LENGTH);
  readonly ulps = new Int8Array(BLOCK_LENGTH);
  /** The halves of 64-bit integers; storing a double keeps its lowest 32 bits. */
  readonly low = new Uint32Array(BLOCK_LENGTH);
  readonly high = new Uint32Array(BLOCK_LENGTH);
  readonly raw = new Uint8Array(RAW_BYTES_MAX);
}

interface Choice {
  readonly formula: number;
  readonly digits: number;
  readonly ulps: boolean;
}

function encodeBlock(
  values: ArrayLike<number>,
  start: number,
  length: number,
  compress: Compress,
  scratch: Scratch,
): Uint8Array {
  const { present, raw } = scratch;
  let count = 0;
  for (let i = 0; i < length; i++) {
    const v = values[start + i]!;
    if (!Number.isNaN(v)) present[count++] = v;
  }
  if (count === 0) return Uint8Array.of(KIND_MISSING);
  const sparse = count < length;
  if (!sparse && isConstant(present, count)) {
    const bytes = new Uint8Array(9);
    bytes[0] = KIND_CONSTANT;
    new DataView(bytes.buffer).setFloat64(1, present[0]!, true);
    return bytes;
  }

  let used = 0;
  if (sparse) {
    used = (length + 7) >> 3;
    raw.fill(0, 0, used);
    for (let i = 0; i < length; i++) {
      const v = values[start + i]!;
      if (!Number.isNaN(v)) raw[i >> 3]! |= 1 << (i & 7);
    }
  }
  const choice = chooseFormula(scratch, count);
  if (choice === null) return encodeFloats(scratch, count, used, sparse, compress);

  const { m, ulps } = scratch;
  let min = m[0]!;
  let max = min;
  for (let i = 1; i < count; i++) {
    const v = m[i]!;
    if (v < min) min = v;
    else if (v > max) max = v;
  }
  if (max - min > MAX_M) return encodeFloats(scratch, count, used, sparse, compress);
  const step = commonStep(m, count, min, max);
  const planes = bytesFor((max - min) / step);
  const { low, high } = scratch;
  for (let i = 0; i < count; i++) low[i] = m[i] = (m[i]! - min) / step;
  if (planes > 4) for (let i = 0; i < count; i++) high[i] = m[i]! / 0x1_0000_0000;
  for (let plane = 0; plane < planes; plane++) {
    // Plane by plane: three times as fast as number by number, whose writes are 4096 bytes apart.
    const words = plane < 4 ? low : high;
    const shift = 8 * (plane & 3);
    for (let i = 0; i < count; i++) raw[used + i] = words[i]! >>> shift;
    used += count;
  }
  if (choice.ulps) {
    for (let i = 0; i < count; i++) raw[used + i] = ulps[i]!;
    used += count;
  }

  const { body, compressed } = pack(raw.subarray(0, used), compress);
  const bytes = new Uint8Array(HEAD_BYTES + body.length);
  const view = new DataView(bytes.buffer);
  bytes[0] =
    KIND_INTEGERS | (sparse ? FLAG_SPARSE : 0) | (compressed ? FLAG_COMPRESSED : 0) | (choice.ulps ? FLAG_ULPS : 0);
  view.setUint16(1, count, true);
  bytes[3] = planes;
  bytes[4] = choice.formula * 16 + choice.digits;
  view.setFloat64(5, min, true);
  view.setFloat64(13, step, true);
  bytes.set(body, HEAD_BYTES);
  return bytes;
}

/** The fallback: 8 bytes each. Real ratios compress better with their bytes shuffled, repeated odd values without: the smaller wins. */
function encodeFloats(
  { present, raw }: Scratch,
  count: number,
  used: number,
  sparse: boolean,
  compress: Compress,
): Uint8Array {
  const source = new DataView(present.buffer, 0, count * 8);
  const plain = new Uint8Array(used + count * 8);
  plain.set(raw.subarray(0, used));
  const shuffled = plain.slice();
  for (let i = 0; i < count; i++) {
    // Little-endian on every machine; typed arrays alone would write the machine's order.
    for (let plane = 0; plane < 8; plane++) {
      const byte = source.getUint8(IS_LITTLE_ENDIAN ? i * 8 + plane : i * 8 + 7 - plane);
      plain[used + i * 8 + plane] = byte;
      shuffled[used + plane * count + i] = byte;
    }
  }
  const a = pack(plain, compress);
  const b = pack(shuffled, compress);
  const best = b.body.length < a.body.length ? b : a;
  const bytes = new Uint8Array(FLOAT_HEAD_BYTES + best.body.length);
  bytes[0] =
    KIND_FLOATS |
    (sparse ? FLAG_SPARSE : 0) |
    (best.compressed ? FLAG_COMPRESSED : 0) |
    (best === b ? FLAG_SHUFFLED : 0);
  new DataView(bytes.buffer).setUint16(1, count, true);
  bytes.set(best.body, FLOAT_HEAD_BYTES);
  return bytes;
}

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function pack(raw: Uint8Array, compress: Compress): { body: Uint8Array; compressed: boolean } {
  // A zstd frame costs 12 bytes; nothing below 24 has ever come out smaller.
  if (raw.length < 24) return { body: raw, compressed: false };
  const body = compress(raw);
  return body.length < raw.length ? { body, compressed: true } : { body: raw, compressed: false };
}

function isConstant(present: Float64Array, count: number): boolean {
  const first = present[0]!;
  for (let i = 1; i < count; i++) if (!Object.is(present[i], first)) return false;
  return true;
}

/**
 * Integers (counters, times); then as few decimals as do; then CPython's seconds, whose doubles are often not the nearest to
 * their decimal text (0.031723999999999995); then microseconds with a correction of some units in the last place, which is what
 * a sum of such seconds needs. Null: nothing gives the same doubles.
 */
function chooseFormula(scratch: Scratch, count: number): Choice | null {
  for (let digits = 0; digits <= 3; digits++) {
    if (tryDecimal(scratch, count, digits)) return { formula: FORMULA_DECIMAL, digits, ulps: false };
  }
  if (tryMicro(scratch, count)) return { formula: FORMULA_MICRO, digits: 0, ulps: false };
  for (let digits = 4; digits <= 6; digits++) {
    if (tryDecimal(scratch, count, digits)) return { formula: FORMULA_DECIMAL, digits, ulps: false };
  }
  if (tryMicroWithUlps(scratch, count)) return { formula: FORMULA_DECIMAL, digits: 6, ulps: true };
  return null;
}

function tryDecimal({ present, m }: Scratch, count: number, digits: number): boolean {
  const power = POWERS[digits]!;
  for (let i = 0; i < count; i++) {
    const v = present[i]!;
    // `+ 0` makes a rounded -0 into 0, so that only a true -0 differs below.
    const rounded = Math.round(v * power) + 0;
    if (!(Math.abs(rounded) <= MAX_M) || !Object.is(rounded / power, v)) return false;
    m[i] = rounded;
  }
  return true;
}

function fromMicro(m: number): number {
  const seconds = Math.floor(m / 1e6);
  return seconds + (m - seconds * 1e6) * 1e-6;
}

function tryMicro({ present, m }: Scratch, count: number): boolean {
  for (let i = 0; i < count; i++) {
    const v = present[i]!;
    const rounded = Math.round(v * 1e6) + 0;
    if (!(rounded >= 0 && rounded <= MAX_M) || !Object.is(fromMicro(rounded), v)) return false;
    m[i] = rounded;
  }
  return true;
}

const PAIR = new Float64Array(2);
const PAIR_BITS = new BigInt64Array(PAIR.buffer);

function tryMicroWithUlps({ present, m, ulps }: Scratch, count: number): boolean {
  for (let i = 0; i < count; i++) {
    const v = present[i]!;
    const rounded = Math.round(v * 1e6) + 0;
    if (!(Math.abs(rounded) <= MAX_M)) return false;
    const near = rounded / 1e6;
    let correction = 0;
    if (!Object.is(near, v)) {
      // Both must be of one sign and not zero: then neighbours in value are neighbours in bits.
      if (!(near * v > 0)) return false;
      PAIR[0] = near;
      PAIR[1] = v;
      correction = Number(PAIR_BITS[1]! - PAIR_BITS[0]!);
      if (!(Math.abs(correction) <= 127)) return false;
    }
    m[i] = rounded;
    ulps[i] = correction;
  }
  return true;
}

/** The greatest common divisor of all distances from the least: page sizes and blocks of 512 make 4096 and 512. */
function commonStep(m: Float64Array, count: number, min: number, max: number): number {
  if (max === min) return 1;
  let step = max - min;
  for (let i = 0; i < count && step > 1; i++) {
    let a = m[i]! - min;
    while (a !== 0) {
      const rest = step % a;
      step = a;
      a = rest;
    }
  }
  return step;
}

function bytesFor(largest: number): number {
  let planes = 0;
  for (let top = 1; largest >= top; top *= 256) planes++;
  return planes;
}

interface OpenBlock {
  readonly kind: number;
  readonly constant: number;
  readonly count: number;
  /** Null: all present. */
  readonly bitmap: Uint8Array | null;
  readonly planes: number;
  readonly formula: number;
  readonly digits: number;
  readonly offset: number;
  readonly step: number;
  readonly shuffled: boolean;
  /** Planes one after the other. */
  readonly raw: Uint8Array;
  /** Null: no corrections. */
  readonly ulps: Uint8Array | null;
}

const NOTHING = new Uint8Array(0);
const UNUSED = { bitmap: null, planes: 0, formula: 0, digits: 0, offset: 0, step: 1, shuffled: false, raw: NOTHING };

/** Reads and checks the head and unpacks the payload: at most RAW_BYTES_MAX bytes, whatever the block says. */
function openBlock(bytes: Uint8Array, length: number, decompress: Decompress): OpenBlock {
  const tag = bytes[0];
  if (tag === undefined) throw broken('a block is empty');
  const kind = tag & KIND_MASK;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (kind === KIND_MISSING) {
    if (bytes.length !== 1 || tag !== KIND_MISSING) throw broken('a block without values holds bytes');
    return { ...UNUSED, kind, constant: Number.NaN, count: 0, ulps: null };
  }
  if (kind === KIND_CONSTANT) {
    if (bytes.length !== 9 || tag !== KIND_CONSTANT) throw broken('a constant block has the wrong size');
    return { ...UNUSED, kind, constant: view.getFloat64(1, true), count: length, ulps: null };
  }
  if ((kind !== KIND_INTEGERS && kind !== KIND_FLOATS) || tag > 0x7f) throw broken(`a block is of unknown kind ${tag}`);
  const integers = kind === KIND_INTEGERS;
  const headBytes = integers ? HEAD_BYTES : FLOAT_HEAD_BYTES;
  if (bytes.length < headBytes) throw broken('a block is cut in its head');
  const count = view.getUint16(1, true);
  const sparse = (tag & FLAG_SPARSE) !== 0;
  const hasUlps = (tag & FLAG_ULPS) !== 0;
  if (count > length || (count === length) === sparse) throw broken('a block counts its values wrongly');
  const planes = integers ? bytes[3]! : 8;
  const formula = integers ? bytes[4]! >> 4 : 0;
  const digits = integers ? bytes[4]! & 15 : 0;
  const offset = integers ? view.getFloat64(5, true) : 0;
  const step = integers ? view.getFloat64(13, true) : 1;
  if (planes > 8 || formula > FORMULA_MICRO || digits >= POWERS.length || (!integers && hasUlps)) {
    throw broken('a block is of an unknown encoding');
  }
  const bitmapBytes = sparse ? (length + 7) >> 3 : 0;
  const rawBytes = bitmapBytes + planes * count + (hasUlps ? count : 0);
  const payload = bytes.subarray(headBytes);
  let raw = payload;
  if ((tag & FLAG_COMPRESSED) !== 0) {
    checkZstdFrame(payload, rawBytes);
    try {
      raw = decompress(payload, rawBytes);
    } catch (cause) {
      throw new BakehouseError('unreadable', 'Columns cannot be read: a block does not decompress.', { cause });
    }
  }
  if (raw.length !== rawBytes) throw broken(`a block holds ${raw.length} bytes where ${rawBytes} are due`);
  const bitmap = sparse ? raw.subarray(0, bitmapBytes) : null;
  if (bitmap !== null && onesBefore(bitmap, length) !== count) throw broken('a block counts its values wrongly');
  return {
    kind,
    constant: 0,
    count,
    bitmap,
    planes,
    formula,
    digits,
    offset,
    step,
    shuffled: (tag & FLAG_SHUFFLED) !== 0,
    raw: raw.subarray(bitmapBytes, bitmapBytes + planes * count),
    ulps: hasUlps ? raw.subarray(bitmapBytes + planes * count) : null,
  };
}

/**
 * A zstd frame may ask its reader for gigabytes. Accepted is only what our writer makes: one frame, single segment (so the
 * window is the content), content of exactly the size due, blocks that end where the payload ends.
 */
function checkZstdFrame(bytes: Uint8Array, rawLength: number): void {
  const bad = () => broken('a compressed block is not one whole zstd frame of the size due');
  if (bytes.length < 9 || bytes[0] !== 0x28 || bytes[1] !== 0xb5 || bytes[2] !== 0x2f || bytes[3] !== 0xfd) throw bad();
  const descriptor = bytes[4]!;
  // Single segment, no dictionary, no reserved bit.
  if ((descriptor & 0x20) === 0 || (descriptor & 0x1b) !== 0) throw bad();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sizeFlag = descriptor >> 6;
  let at = 5;
  let size = -1;
  if (sizeFlag === 0) {
    size = bytes[at]!;
    at += 1;
  } else if (sizeFlag === 1) {
    size = view.getUint16(at, true) + 256;
    at += 2;
  } else if (sizeFlag === 2) {
    size = view.getUint32(at, true);
    at += 4;
  }
  if (size !== rawLength) throw bad();
  for (let last = false; !last; ) {
    if (at + 3 > bytes.length) throw bad();
    const head = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
    last = (head & 1) === 1;
    const type = (head >> 1) & 3;
    const blockSize = head >> 3;
    if (type === 3) throw bad();
    at += 3 + (type === 1 ? 1 : blockSize);
  }
  if ((descriptor & 0x04) !== 0) at += 4;
  if (at !== bytes.length) throw bad();
}

/** Fills `target` (its length is the block's) from a block; throws `unreadable`. */
export function decodeBlock(bytes: Uint8Array, target: Float64Array, decompress: Decompress): void {
  const length = target.length;
  const block = openBlock(bytes, length, decompress);
  if (block.kind === KIND_MISSING || block.kind === KIND_CONSTANT) {
    target.fill(block.constant);
    return;
  }
  const { count, bitmap } = block;
  const dense = bitmap === null ? target : new Float64Array(count);
  if (block.kind === KIND_FLOATS) {
    for (let i = 0; i < count; i++) dense[i] = floatAt(block, i);
  } else {
    integersInto(block, dense);
  }
  if (bitmap === null) return;
  let at = 0;
  for (let i = 0; i < length; i++) target[i] = (bitmap[i >> 3]! >> (i & 7)) & 1 ? dense[at++]! : Number.NaN;
}

function integersInto(block: OpenBlock, dense: Float64Array): void {
  const { count, planes, raw, offset, step, formula, ulps } = block;
  dense.fill(0);
  // Plane by plane: each pass is a straight run over bytes. Sums stay below 2^56 and exact below 2^53, which writers keep to.
  let weight = 1;
  for (let plane = 0; plane < planes; plane++) {
    const base = plane * count;
    for (let i = 0; i < count; i++) dense[i]! += raw[base + i]! * weight;
    weight *= 256;
  }
  const power = POWERS[block.digits]!;
  if (formula === FORMULA_MICRO) {
    for (let i = 0; i < count; i++) dense[i] = fromMicro(offset + dense[i]! * step);
  } else if (power === 1) {
    for (let i = 0; i < count; i++) dense[i] = offset + dense[i]! * step;
  } else {
    for (let i = 0; i < count; i++) dense[i] = (offset + dense[i]! * step) / power;
  }
  if (ulps !== null) for (let i = 0; i < count; i++) dense[i] = corrected(dense[i]!, ulps[i]!);
}

function corrected(value: number, ulpByte: number): number {
  if (ulpByte === 0) return value;
  PAIR[0] = value;
  PAIR_BITS[0]! += BigInt((ulpByte << 24) >> 24);
  return PAIR[0];
}

const FLOAT_BYTES = new DataView(new ArrayBuffer(8));

function floatAt({ raw, shuffled, count }: OpenBlock, i: number): number {
  for (let plane = 0; plane < 8; plane++) {
    FLOAT_BYTES.setUint8(plane, raw[shuffled ? plane * count + i : i * 8 + plane]!);
  }
  return FLOAT_BYTES.getFloat64(0, true);
}

/** Set bits among the first `position` of the bitmap. */
function onesBefore(bitmap: Uint8Array, position: number): number {
  let ones = 0;
  const whole = position >> 3;
  for (let i = 0; i < whole; i++) ones += bitCount(bitmap[i]!);
  const rest = position & 7;
  if (rest > 0) ones += bitCount(bitmap[whole]! & ((1 << rest) - 1));
  return ones;
}

function bitCount(byte: number): number {
  let b = byte - ((byte >> 1) & 0x55);
  b = (b & 0x33) + ((b >> 2) & 0x33);
  return (b + (b >> 4)) & 0x0f;
}

/**
 * Values of a block of `length` positions, one at a time; NaN: not recorded there. Decompresses the block but builds only the numbers
 * asked for, not 4096: the history of a task over 1,000 builds spends its time in zstd and nowhere else.
 */
export function openBlockValues(
  bytes: Uint8Array,
  length: number,
  decompress: Decompress,
): (position: number) => number {
  const opened = openBlock(bytes, length, decompress);
  const { kind, constant, bitmap, count, planes, raw, offset, step, formula, digits, ulps } = opened;
  return (position) => {
    if (!(position >= 0 && position < length)) throw broken(`position ${position} is outside a block of ${length}`);
    if (kind === KIND_MISSING || kind === KIND_CONSTANT) return constant;
    let at = position;
    if (bitmap !== null) {
      if (((bitmap[position >> 3]! >> (position & 7)) & 1) === 0) return Number.NaN;
      at = onesBefore(bitmap, position);
    }
    if (kind === KIND_FLOATS) return floatAt(opened, at);
    let k = 0;
    for (let plane = planes - 1; plane >= 0; plane--) k = k * 256 + raw[plane * count + at]!;
    const m = offset + k * step;
    const value = formula === FORMULA_MICRO ? fromMicro(m) : m / POWERS[digits]!;
    return ulps === null ? value : corrected(value, ulps[at]!);
  };
}
