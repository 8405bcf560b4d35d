import type { BlobStore } from './blob-store.ts';
import { diskBlobs } from './disk.ts';
import { memoryBlobs } from './memory.ts';
import { s3Blobs } from './s3.ts';
import type { S3Place } from './s3-client.ts';

export type { BlobHash, BlobLines, BlobSize, BlobStore, ListedBlob } from './blob-store.ts';
export type { S3Place };
export { memoryBlobs };

/** Where blobs are. Survives structured cloning: threads are told by it. */
export type BlobPlace = { readonly kind: 'disk'; readonly folder: string } | S3Place;

export function openBlobs(place: BlobPlace): BlobStore {
  return place.kind === 'disk' ? diskBlobs(place.folder) : s3Blobs(place);
}
