import type { BlobStore } from './blob-store.ts';
import { diskBlobs } from './disk.ts';
import { memoryBlobs } from './memory.ts';

export type { BlobHash, BlobLines, BlobSize, BlobStore, ListedBlob } from './blob-store.ts';
export { memoryBlobs };

/** `place`: an absolute folder, or `memory:`. */
export function openBlobs(place: string): BlobStore {
  return place === 'memory:' ? memoryBlobs() : diskBlobs(place);
}
