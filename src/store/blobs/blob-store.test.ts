import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { hashOf, keepsItsPromise, logOf, textOf } from '../../../test/blob-store-promise.ts';
import { diskBlobs } from './disk.ts';
import { memoryBlobs } from './memory.ts';

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
