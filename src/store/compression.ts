import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { BakehouseError } from '../model/errors.ts';

/** Level 3: level 9 saves 3 % and takes seven times as long; gzip 6 is as small and takes twelve times as long. */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
/** A head with 100,000 recipes is 30 MB of JSON. */
const TEXT_BYTES_MAX = 256 << 20;

export function compress(bytes: Uint8Array): Uint8Array {
  return zstdCompressSync(bytes, OPTIONS);
}

export function decompress(bytes: Uint8Array, rawLength: number): Uint8Array {
  return zstdDecompressSync(bytes, { maxOutputLength: rawLength });
}

export function packText(text: string): Uint8Array {
  return compress(Buffer.from(text, 'utf8'));
}

export function unpackText(bytes: Uint8Array): string {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: TEXT_BYTES_MAX }).toString('utf8');
  } catch (cause) {
    throw new BakehouseError('unreadable', 'The database holds a text that does not decompress.', { cause });
  }
}
