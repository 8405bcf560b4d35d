/** Blobs in memory: for a store that is in memory too. */
import type { BlobHash, BlobStore } from './blob-store.ts';
import { framedStore } from './framed-store.ts';

export function memoryBlobs(): BlobStore {
  const all = new Map<BlobHash, { readonly bytes: Uint8Array; readonly writtenMs: number }>();
  return framedStore({
    kind: 'memory',
    place: 'memory',
    readTail: async (hash, length) => {
      const bytes = all.get(hash)?.bytes;
      return bytes === undefined
        ? null
        : { bytes: bytes.subarray(Math.max(0, bytes.length - length)), size: bytes.length };
    },
    readRange: async (hash, from, to) => all.get(hash)?.bytes.subarray(from, to) ?? null,
    begin: async (hash) => {
      const parts: Uint8Array[] = [];
      return {
        write: async (bytes) => {
          parts.push(bytes);
        },
        commit: async () => {
          all.set(hash, { bytes: Buffer.concat(parts), writtenMs: Date.now() });
        },
        abandon: async () => {},
      };
    },
    delete: async (hash) => all.delete(hash),
    list: async function* () {
      for (const [hash, { bytes, writtenMs }] of all) yield { hash, storedBytes: bytes.length, writtenMs };
    },
    clean: async () => 0,
    check: async () => {},
  });
}
