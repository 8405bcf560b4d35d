/**
 * Blobs in a folder: `ab/cdef…`, and `new/` for those on their way in. One becomes visible by its renaming, after its bytes are on the disk,
 * and is acknowledged when the folder's entry is there too: killed at any point, there is a whole blob or none.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BakehouseError } from '../../model/errors.ts';
import type { BlobHash, BlobStore, ListedBlob } from './blob-store.ts';
import { type Draft, framedStore, type Medium } from './framed-store.ts';

const DRAFTS = 'new';
/** Bytes come at least every 30 s or their request is ended; a draft that was not written to for an hour has no writer. */
const DRAFT_LEFT_MS = 3_600_000;
/** Only the server's own user reads logs: paths and names of whoever built are in them. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

function codeOf(error: unknown): string | null {
  return error instanceof Error && 'code' in error ? String(error.code) : null;
}

function unavailable(folder: string, cause: unknown): BakehouseError {
  const code = codeOf(cause);
  const why = code === 'ENOSPC' || code === 'EDQUOT' ? 'there is no space left' : (code ?? String(cause));
  return new BakehouseError('unavailable', `The blob folder ${folder} cannot be written to: ${why}.`, { cause });
}

/** A name is durable when its folder is synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

async function readExactly(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

function diskMedium(folder: string): Medium {
  const pathOf = (hash: BlobHash): string => join(folder, hash.slice(0, 2), hash.slice(2));

  async function opened(hash: BlobHash): Promise<FileHandle | null> {
    try {
      return await open(pathOf(hash), 'r');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw error;
    }
  }

  async function makeFolder(path: string): Promise<void> {
    const made = await mkdir(path, { recursive: true, mode: FOLDER_MODE });
    if (made === undefined) return;
    // Every folder that is new is a name in the one above it.
    for (let above = dirname(path); ; above = dirname(above)) {
      await syncFolder(above);
      if (above.length < made.length) return;
    }
  }

  async function begin(hash: BlobHash): Promise<Draft> {
    const path = pathOf(hash);
    const draft = join(folder, DRAFTS, `${hash}.${randomBytes(6).toString('hex')}`);
    let file: FileHandle;
    try {
      await makeFolder(join(folder, DRAFTS));
      await makeFolder(dirname(path));
      file = await open(draft, 'wx', FILE_MODE);
    } catch (error) {
      throw unavailable(folder, error);
    }
    let open_ = true;
    const close = async (): Promise<void> => {
      if (open_) await file.close();
      open_ = false;
    };
    return {
      write: async (bytes) => {
        try {
          for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
        } catch (error) {
          throw unavailable(folder, error);
        }
      },
      commit: async () => {
        try {
          await file.sync();
          await close();
          await rename(draft, path);
          await syncFolder(dirname(path));
        } catch (error) {
          throw unavailable(folder, error);
        }
      },
      abandon: async () => {
        await close();
        await rm(draft, { force: true });
      },
    };
  }

  return {
    kind: 'disk',
    place: folder,
    readTail: async (hash, length) => {
      const file = await opened(hash);
      if (file === null) return null;
      try {
        const { size } = await file.stat();
        const from = Math.max(0, size - length);
        return { bytes: await readExactly(file, from, size - from), size };
      } finally {
        await file.close();
      }
    },
    readRange: async (hash, from, to) => {
      const file = await opened(hash);
      if (file === null) return null;
      try {
        return await readExactly(file, from, to - from);
      } finally {
        await file.close();
      }
    },
    begin,
    delete: async (hash) => {
      try {
        await rm(pathOf(hash));
        return true;
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return false;
        throw error;
      }
    },
    list: async function* (): AsyncIterable<ListedBlob> {
      for (const prefix of await names(folder)) {
        if (!/^[0-9a-f]{2}$/.test(prefix)) continue;
        for (const rest of await names(join(folder, prefix))) {
          if (!/^[0-9a-f]{62}$/.test(rest)) continue;
          const info = await stat(join(folder, prefix, rest)).catch(() => null);
          if (info !== null) yield { hash: prefix + rest, storedBytes: info.size, writtenMs: info.mtimeMs };
        }
      }
    },
    clean: async () => {
      let removed = 0;
      for (const name of await names(join(folder, DRAFTS))) {
        const path = join(folder, DRAFTS, name);
        const info = await stat(path).catch(() => null);
        if (info === null || Date.now() - info.mtimeMs < DRAFT_LEFT_MS) continue;
        await rm(path, { force: true });
        removed++;
      }
      return removed;
    },
    check: async () => {
      const probe = join(folder, DRAFTS, `check.${randomBytes(6).toString('hex')}`);
      try {
        await makeFolder(join(folder, DRAFTS));
        const file = await open(probe, 'wx', FILE_MODE);
        await file.close();
        await rm(probe);
      } catch (error) {
        throw unavailable(folder, error);
      }
    },
  };
}

/** The folder is made when something is first put into it. */
export function diskBlobs(folder: string): BlobStore {
  return framedStore(diskMedium(folder));
}
