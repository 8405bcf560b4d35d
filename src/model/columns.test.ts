import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import { decompress as fzstd } from 'fzstd';
import { describe, expect, test } from 'vitest';
import { BLOCK_LENGTH, blockLength, decodeBlock, decodeColumn, encodeColumn, openBlockValues } from './columns.ts';
import { BakehouseError } from './errors.ts';

const compress = (bytes: Uint8Array) => zstdCompressSync(bytes);
const decompress = (bytes: Uint8Array, rawLength: number) => zstdDecompressSync(bytes, { maxOutputLength: rawLength });
const inBrowser = (bytes: Uint8Array) => fzstd(bytes);

/** Bit for bit, but that every NaN is one. */
function expectSame(actual: Float64Array, values: ArrayLike<number>): void {
  expect(actual.length).toBe(values.length);
  for (let i = 0; i < values.length; i++) {
    if (!Object.is(actual[i], values[i])) throw new Error(`position ${i}: ${actual[i]} instead of ${values[i]}`);
  }
}

function size(blocks: readonly Uint8Array[]): number {
  return blocks.reduce((sum, block) => sum + block.length, 0);
}

function roundTrip(values: ArrayLike<number>): number {
  const blocks = encodeColumn(values, compress);
  expectSame(decodeColumn(blocks, values.length, decompress), values);
  expectSame(decodeColumn(blocks, values.length, inBrowser), values);
  for (let b = 0; b < blocks.length; b++) {
    const length = blockLength(values.length, b);
    const valueAt = openBlockValues(blocks[b]!, length, decompress);
    expect(() => valueAt(length)).toThrow('outside');
    for (let at = 0; at < length; at += 1 + (length >> 4)) {
      const value = valueAt(at);
      if (!Object.is(value, values[b * BLOCK_LENGTH + at])) throw new Error(`value ${at} of block ${b} is ${value}`);
    }
  }
  return size(blocks);
}

/** Seconds as CPython makes them of a struct timeval. */
const rusage = fc
  .tuple(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 999_999 }))
  .map(([seconds, micros]) => seconds + micros * 1e-6);
const missing = fc.constant(Number.NaN);
const column = fc.oneof(
  fc.array(fc.double(), { maxLength: 300 }),
  fc.array(fc.oneof(fc.double({ noNaN: true }), missing), { maxLength: 300 }),
  fc.array(fc.oneof(fc.maxSafeInteger(), missing), { maxLength: 300 }),
  fc.array(fc.oneof(fc.integer({ min: 0, max: 70_000 }), missing), { maxLength: 300 }),
  fc.array(
    fc.oneof(
      fc.integer().map((n) => n / 100),
      missing,
    ),
    { maxLength: 300 },
  ),
  fc.array(fc.oneof(rusage, missing), { maxLength: 300 }),
  fc.array(
    fc.tuple(rusage, rusage, rusage, rusage).map(([a, b, c, d]) => a + b + c + d),
    { maxLength: 300 },
  ),
  fc.array(
    fc.constantFrom(0, -0, Infinity, -Infinity, 5e-324, -5e-324, Number.MAX_VALUE, Number.EPSILON, 2 ** 53, NaN),
  ),
);

describe('columns', () => {
  test('any doubles come back as the same doubles', () => {
    fc.assert(
      fc.property(column, (values) => {
        roundTrip(values);
      }),
      { numRuns: 400 },
    );
  });

  test('columns longer than a block', () => {
    const values = Float64Array.from({ length: 10_000 }, (_, i) => (i % 7 === 0 ? Number.NaN : i * i));
    expect(encodeColumn(values, compress)).toHaveLength(3);
    roundTrip(values);
    expect(encodeColumn([], compress)).toEqual([]);
  });

  test('nothing recorded takes a byte, one number for all takes nine', () => {
    expect(roundTrip(new Float64Array(4096).fill(Number.NaN))).toBe(1);
    expect(roundTrip(new Float64Array(4096).fill(0))).toBe(9);
    expect(roundTrip(new Float64Array(4096).fill(-0))).toBe(9);
    expect(roundTrip(new Float64Array(4096).fill(1 / 3))).toBe(9);
  });

  test('times, counters and rusage seconds do not need eight bytes', () => {
    const random = generator(1);
    const of = (make: () => number) => roundTrip(Float64Array.from({ length: 4096 }, make)) / 4096;
    expect(of(() => 1795222866100 + Math.floor(random() * 7_200_000))).toBeLessThan(3.01);
    expect(of(() => Math.floor(random() * 1000) * 4096)).toBeLessThan(2);
    const seconds = () => Math.floor(random() * 3) + Math.floor(random() * 1e6) * 1e-6;
    expect(of(seconds)).toBeLessThan(3);
    // Sums of four are off by some units in the last place; without the correction they would take 7 bytes.
    expect(of(() => seconds() + seconds() + seconds() + seconds())).toBeLessThan(3.6);
    // io counters pass 2^32.
    expect(of(() => Math.floor(random() * 2 ** 36))).toBeLessThan(5);
  });

  test('the seconds of a real task file', () => {
    roundTrip([0.079139, 0.031723999999999995, 0.041957, 0.009604, 0.11600999999999999, 1234.000001]);
  });

  test('a cut, lengthened or changed block throws or gives numbers, and nothing else', () => {
    const random = generator(7);
    const samples = [
      Float64Array.from({ length: 500 }, () => Math.floor(random() * 1e5)),
      Float64Array.from({ length: 500 }, () => (random() < 0.3 ? Number.NaN : random())),
      Float64Array.from({ length: 500 }, () => Math.floor(random() * 1e6) * 1e-6 + Math.floor(random() * 1e6) * 1e-6),
    ].map((values) => encodeColumn(values, compress)[0]!);
    const target = new Float64Array(500);
    for (const block of samples) {
      for (let cut = 0; cut < block.length; cut += 1 + (cut >> 4)) {
        expect(() => decodeBlock(block.subarray(0, cut), target, decompress)).toThrow(BakehouseError);
      }
      expect(() => decodeBlock(Uint8Array.of(...block, 0), target, decompress)).toThrow(BakehouseError);
      fc.assert(
        fc.property(fc.nat(block.length - 1), fc.nat(255), (at, byte) => {
          const changed = block.slice();
          changed[at] = byte;
          try {
            decodeBlock(changed, target, inBrowser);
          } catch (error) {
            expect(error).toBeInstanceOf(BakehouseError);
          }
        }),
        { numRuns: 300 },
      );
    }
  });

  test('a bomb is refused before it is unpacked', () => {
    const block = encodeColumn(
      Float64Array.from({ length: 4096 }, (_, i) => i % 100),
      compress,
    )[0]!;
    const never = () => {
      throw new Error('unpacked');
    };
    const withFrame = (frame: Uint8Array) => Uint8Array.of(...block.subarray(0, 21), ...frame);
    const target = new Float64Array(4096);
    const due = compress(new Uint8Array(4096));
    // What is due reaches the decompressor; 100 MB of zeros (10 KB) and a second frame behind it do not.
    expect(() => decodeBlock(withFrame(due), target, never)).toThrow('a block does not decompress');
    const bombs = [compress(new Uint8Array(100 << 20)), Uint8Array.of(...due, ...due)];
    for (const bomb of bombs) {
      expect(() => decodeBlock(withFrame(bomb), target, never)).toThrow('not one whole zstd frame');
    }
  });
});

/** Park and Miller: the same numbers on every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
