import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlobStore } from './blob-store.ts';
import { diskBlobs } from './disk.ts';
import { FRAME_BYTES } from './frames.ts';
import { memoryBlobs } from './memory.ts';

function hashOf(bytes: Uint8Array): string {
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
function logOf(lines: number): Buffer {
  const all: string[] = [];
  for (let i = 0; i < lines; i++) all.push(`${i}: ${'gcc -O2 ü '.repeat((i * 31) % 23)}`.slice(i % 11 === 0 ? 999 : 0));
  return Buffer.from(all.join('\n'));
}

async function textOf(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

function keepsItsPromise(name: string, open: () => Promise<{ store: BlobStore; end: () => Promise<void> }>): void {
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

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'blobs-'));
}

keepsItsPromise('a folder', async () => {
  const folder = newFolder();
  return { store: diskBlobs(folder), end: async () => rmSync(folder, { recursive: true }) };
});

keepsItsPromise('memory', async () => ({ store: memoryBlobs(), end: async () => {} }));

describe('a folder of blobs', () => {
  it('holds files that zstd alone can read', async () => {
    const folder = newFolder();
    const bytes = logOf(30_000);
    const hash = hashOf(bytes);
    await diskBlobs(folder).put(hash, [bytes], 1e9);
    const file = readFileSync(join(folder, hash.slice(0, 2), hash.slice(2)));
    expect(hashOf(zstdDecompressSync(file))).toBe(hash);
    rmSync(folder, { recursive: true });
  });

  it('says of a damaged one that it is damaged, wherever the damage is, and reads on elsewhere', async () => {
    const folder = newFolder();
    const bytes = logOf(30_000);
    const hash = hashOf(bytes);
    await diskBlobs(folder).put(hash, [bytes], 1e9);
    const path = join(folder, hash.slice(0, 2), hash.slice(2));
    const whole = readFileSync(path);
    const damaged = { code: 'unreadable' };
    const read = () => diskBlobs(folder).readBytes(hash, 0, 10);
    writeFileSync(path, whole.subarray(0, whole.length - 1));
    await expect(read()).rejects.toMatchObject(damaged);
    writeFileSync(path, whole.subarray(0, 5));
    await expect(read()).rejects.toMatchObject(damaged);
    writeFileSync(path, '');
    await expect(read()).rejects.toMatchObject(damaged);
    const bent = Buffer.from(whole);
    bent[1000]! ^= 4;
    writeFileSync(path, bent);
    await expect(read()).rejects.toMatchObject(damaged);
    expect(await diskBlobs(folder).readBytes(hash, bytes.length - 3, bytes.length)).toEqual(
      new Uint8Array(bytes.subarray(-3)),
    );
    for (let at = whole.length - 60; at < whole.length; at++) {
      const bent = Buffer.from(whole);
      bent[at]! ^= 0x55;
      writeFileSync(path, bent);
      // The flags byte of the footer says nothing to us.
      if (at !== whole.length - 5)
        await expect(textOf(diskBlobs(folder).read(hash)), `byte ${at - whole.length}`).rejects.toMatchObject(damaged);
    }
    rmSync(folder, { recursive: true });
  });

  it('forgets drafts whose writer was killed, and leaves those that grow', async () => {
    const folder = newFolder();
    const store = diskBlobs(folder);
    await store.check();
    writeFileSync(join(folder, 'new', 'old'), 'x');
    writeFileSync(join(folder, 'new', 'young'), 'x');
    utimesSync(join(folder, 'new', 'old'), new Date(0), new Date(0));
    expect(await store.clean()).toBe(1);
    expect(readdirSync(join(folder, 'new'))).toEqual(['young']);
    rmSync(folder, { recursive: true });
  });

  it('says that it cannot be written to', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'file'), '');
    await expect(diskBlobs(join(folder, 'file')).check()).rejects.toMatchObject({ code: 'unavailable' });
    rmSync(folder, { recursive: true });
  });

  it('has every blob whole or not at all when its writer is killed, and all that it acknowledged', {
    timeout: 60_000,
  }, async () => {
    const folder = newFolder();
    const program = `
      import { createHash } from 'node:crypto';
      import { diskBlobs } from ${JSON.stringify(new URL('./disk.ts', import.meta.url).href)};
      const store = diskBlobs(${JSON.stringify(folder)});
      for (let n = 0; ; n++) {
        const bytes = Buffer.from(Array.from({ length: 20000 + n }, (_, i) => n * i + ' a line of a log').join('\\n'));
        const hash = createHash('sha256').update(bytes).digest('hex');
        await store.put(hash, [bytes], 1e9);
        process.stdout.write(hash + '\\n');
      }`;
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let told = '';
      child.stdout.on('data', (text: Buffer) => {
        told += text.toString();
      });
      const gone = new Promise((resolve) => child.once('close', resolve));
      while (told.split('\n').length < 4) await new Promise((resolve) => setTimeout(resolve, 10));
      await new Promise((resolve) => setTimeout(resolve, round * 7));
      child.kill('SIGKILL');
      await gone;
      const acknowledged = told.split('\n').slice(0, -1);
      expect(acknowledged.length).toBeGreaterThan(2);
      const store = diskBlobs(folder);
      for (const hash of acknowledged) expect(await store.has(hash)).toBe(true);
      for await (const { hash } of store.list()) expect(hashOf(await textOf(store.read(hash)))).toBe(hash);
    }
    rmSync(folder, { recursive: true });
  });
});
