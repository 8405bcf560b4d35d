/** Builds as clients push them: streams with the default kinds, made before any clock runs. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { NATIVE_PACKING } from '../src/formats/open/native-packing.ts';
import { DEFAULT_KINDS } from '../src/formats/record/kinds.ts';
import { writeRecord } from '../src/formats/record/writer.ts';
import type { Build } from '../src/model/build.ts';

export interface PushedBuild {
  readonly id: string;
  readonly secret: string;
  readonly stream: Uint8Array;
  /** In pieces of so many bytes, as they go over the wire. */
  readonly chunks: readonly { readonly at: number; readonly body: Uint8Array; readonly sha256: string }[];
}

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

/** A random id of version 4 that is the same for the same number. */
export function pushId(n: number): string {
  const hex = sha256(`push ${n}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

export function pushedBuild(build: Build, n: number, chunkBytes = 4 << 20): PushedBuild {
  const id = pushId(n);
  const { lines } = writeRecord(build, {
    id,
    writer: 'bench 1',
    packing: NATIVE_PACKING,
    digest: sha256,
    stream: { kinds: new Set(DEFAULT_KINDS), scrub: (text) => text },
  });
  const stream = Buffer.from(lines.join(''));
  const hash = createHash('sha256');
  const chunks = [];
  for (let at = 0; at < stream.length; at += chunkBytes) {
    const piece = stream.subarray(at, at + chunkBytes);
    hash.update(piece);
    chunks.push({ at, body: gzipSync(piece), sha256: hash.copy().digest('hex') });
  }
  return { id, secret: sha256(`secret ${n}`).slice(0, 43), stream, chunks };
}
