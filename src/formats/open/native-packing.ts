import { deflateSync, inflateSync } from 'node:zlib';
import type { Packing } from '../record/packing.ts';

/** zlib and base64 of records by Node. */
export const NATIVE_PACKING: Packing = {
  unpack(text, bytes) {
    try {
      const unpacked = inflateSync(Buffer.from(text, 'base64'), { maxOutputLength: Math.max(1, bytes) });
      return unpacked.length === bytes ? unpacked : null;
    } catch {
      // Damaged, or larger than announced: the caller says which line.
      return null;
    }
  },
  pack: (bytes) => deflateSync(bytes, { level: 9 }).toString('base64'),
};
