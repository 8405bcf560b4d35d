import { expect, test } from 'vitest';
import { FreshPieces } from './fresh-pieces.ts';

const upload = (number: number, generation = 1) => ({ number, generation, bytes: 0 });
const piece = (at: number, length: number) => ({ at, bytes: new Uint8Array(length).fill(at) });

test('gives the pieces of a stream one after the other, and each once', () => {
  const fresh = new FreshPieces();
  for (const [at, length] of [
    [0, 3],
    [3, 4],
    [7, 1],
  ] as const)
    fresh.hold(upload(1), piece(at, length));
  expect(fresh.take(upload(2), 0)).toBeNull();
  expect(fresh.take(upload(1), 0)).toMatchObject({ at: 0 });
  expect(fresh.take(upload(1), 0)).toBeNull();
  expect(fresh.take(upload(1), 3)).toMatchObject({ at: 3 });
  expect(fresh.take(upload(1), 7)).toMatchObject({ at: 7 });
  expect(fresh.bytes).toBe(0);
});

test('what was read from rows meanwhile, or belongs to an older generation, is not given', () => {
  const fresh = new FreshPieces();
  fresh.hold(upload(1), piece(0, 3));
  fresh.hold(upload(1), piece(3, 3));
  expect(fresh.take(upload(1), 3)).toMatchObject({ at: 3 });
  expect(fresh.bytes).toBe(0);
  fresh.hold(upload(1), piece(0, 3));
  expect(fresh.take(upload(1, 2), 0)).toBeNull();
  fresh.hold(upload(1), piece(0, 3));
  fresh.hold(upload(1, 2), piece(0, 5));
  expect(fresh.bytes).toBe(5);
  expect(fresh.take(upload(1, 2), 0)).toMatchObject({ bytes: { length: 5 } });
});

test('holds no more than it may: the upload that was added to longest ago goes', () => {
  const fresh = new FreshPieces();
  for (let n = 0; n < 12; n++) fresh.hold(upload(n), piece(0, 4 << 20));
  expect(fresh.bytes).toBe(32 << 20);
  expect(fresh.take(upload(3), 0)).toBeNull();
  expect(fresh.take(upload(4), 0)).not.toBeNull();
});
