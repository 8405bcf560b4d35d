/** What every blob store promises, as tests: the same for a folder, for memory and for a bucket. */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobStore } from '../src/store/blobs/blob-store.ts';
import { FRAME_BYTES } from '../src/store/blobs/frames.ts';

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Pieces of odd sizes, as a network gives them. */
function* pieces(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let at = 0, n = 1; at < bytes.length; n = (n * 7 + 3) % 90_001) {
    yield bytes.subarray(at, at + n);
    at += n;
  }
}

/** A log: lines of very different length, some empty, some with many bytes a character. */
export function logOf(lines: number): Buffer {
  const all: string[] = [];
  for (let i = 0; i < lines; i++) all.push(`${i}: ${'gcc -O2 ü '.repeat((i * 31) % 23)}`.slice(i % 11 === 0 ? 999 : 0));
  return Buffer.from(all.join('\n'));
}

export async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

export function keepsItsPromise(
  name: string,
  open: () => Promise<{ store: BlobStore; end: () => Promise<void> }>,
): void {
  describe(name, () => {
    let store: BlobStore;
    let end: () => Promise<void>;
    beforeAll(async () => {
      ({ store, end } = await open());
    });
    afterAll(() => end());

    const shapes: [string, Buffer][] = [
      ['nothing', Buffer.alloc(0)],
      ['one line without an end', Buffer.from('x')],
      ['one line end', Buffer.from('\n')],
      ['a short log', Buffer.from('a\nb\n\nc')],
      ['exactly one frame', Buffer.alloc(FRAME_BYTES, 'x\n')],
      ['a frame and a byte', Buffer.alloc(FRAME_BYTES + 1, 'y')],
      ['line ends only', Buffer.alloc(FRAME_BYTES * 2 + 7, '\n')],
      [
        'a line of three frames',
        Buffer.concat([Buffer.from('a\n'), Buffer.alloc(FRAME_BYTES * 3, 'z'), Buffer.from('\nb\n')]),
      ],
      ['bytes that are no text', randomBytes(FRAME_BYTES * 2 + 99)],
      ['a long log', logOf(40_000)],
    ];
    it.each(shapes)('gives back %s, whole, by bytes and by lines', async (_, bytes) => {
      const hash = hashOf(bytes);
      const lines = bytes.toString('latin1').split(/(?<=\n)/);
      if (lines[0] === '') lines.pop();
      const size = await store.put(hash, pieces(bytes), bytes.length);
      expect(size).toMatchObject({ bytes: bytes.length, lines: lines.length });
      expect(await store.size(hash)).toEqual(size);
      expect(hashOf(await textOf(store.read(hash)))).toBe(hash);
      for (const [from, to] of [
        [0, 10],
        [bytes.length - 5, bytes.length + 5],
        [FRAME_BYTES - 3, FRAME_BYTES + 3],
        [0, bytes.length],
        [7, 7],
        [bytes.length, bytes.length + 1],
      ] as const)
        expect(Buffer.from(await store.readBytes(hash, from, to)).equals(bytes.subarray(Math.max(0, from), to))).toBe(
          true,
        );
      for (const [from, to] of [
        [0, 1],
        [1, 3],
        [0, lines.length],
        [lines.length - 2, lines.length],
        [Math.floor(lines.length / 2), Math.floor(lines.length / 2) + 100],
        [lines.length, lines.length + 10],
      ] as const) {
        const read = await store.readLines(hash, from, to, bytes.length);
        expect(Buffer.from(read.bytes).toString('latin1')).toBe(lines.slice(Math.max(0, from), to).join(''));
        expect(read).toMatchObject({ cut: false, to: Math.min(to, lines.length) });
      }
    });

    it('gives only whole lines of what would be too much, and the beginning of a line that alone is', async () => {
      const bytes = Buffer.from(`one\ntwo\n${'x'.repeat(FRAME_BYTES * 2)}\nfour\n`);
      const hash = hashOf(bytes);
      await store.put(hash, [bytes], bytes.length);
      const read = async (from: number, to: number, max: number) => {
        const { bytes: b, ...rest } = await store.readLines(hash, from, to, max);
        return { ...rest, text: Buffer.from(b).toString() };
      };
      expect(await read(0, 4, 9)).toEqual({ from: 0, to: 2, cut: false, text: 'one\ntwo\n' });
      expect(await read(0, 4, 5)).toEqual({ from: 0, to: 1, cut: false, text: 'one\n' });
      expect(await read(2, 4, 5)).toEqual({ from: 2, to: 3, cut: true, text: 'xxxxx' });
      expect(await read(0, 4, 2)).toEqual({ from: 0, to: 1, cut: true, text: 'on' });
      expect(await read(3, 4, 100)).toEqual({ from: 3, to: 4, cut: false, text: 'four\n' });
    });

    it('keeps nothing of what is not what its hash says, or is too large', async () => {
      const bytes = Buffer.from('a log\n'.repeat(90_000));
      const hash = hashOf(bytes);
      await expect(store.put(hash, [bytes, Buffer.from('x')], 1e9)).rejects.toMatchObject({ code: 'unreadable' });
      await expect(store.put(hash, [bytes], bytes.length - 1)).rejects.toMatchObject({ code: 'too-large' });
      async function* cut(): AsyncIterable<Uint8Array> {
        yield bytes.subarray(0, 300_000);
        throw new Error('the client went away');
      }
      await expect(store.put(hash, cut(), 1e9)).rejects.toThrow('the client went away');
      expect(await store.has(hash)).toBe(false);
      expect(await store.size(hash)).toBe(null);
      await expect(store.readLines(hash, 0, 1, 10)).rejects.toMatchObject({ code: 'not-found' });
      await expect(store.put('../../etc/passwd', [bytes], 1e9)).rejects.toMatchObject({ code: 'invalid' });
      // Who sends what is there already must have it, too.
      await store.put(hash, [bytes], 1e9);
      await expect(store.put(hash, [Buffer.from('guess')], 1e9)).rejects.toMatchObject({ code: 'unreadable' });
      expect(await store.has(hash)).toBe(true);
    });

    it('takes the same blob from many at once, lists it once and forgets it', async () => {
      const bytes = logOf(9000);
      const hash = hashOf(bytes);
      const sizes = await Promise.all(Array.from({ length: 5 }, () => store.put(hash, pieces(bytes), 1e9)));
      expect(new Set(sizes.map((size) => size.storedBytes)).size).toBe(1);
      const listed = async () => {
        const all = [];
        for await (const blob of store.list()) all.push(blob);
        return all.filter((blob) => blob.hash === hash);
      };
      expect(await listed()).toEqual([{ hash, storedBytes: sizes[0]!.storedBytes, writtenMs: expect.any(Number) }]);
      expect(await store.delete(hash)).toBe(true);
      expect(await store.delete(hash)).toBe(false);
      expect(await store.has(hash)).toBe(false);
      expect(await listed()).toEqual([]);
    });

    it('says that it can be written to', async () => {
      await store.check();
    });
  });
}
