import { createHash } from 'node:crypto';

/**
 * What an operation gives when its result is a body of bytes and not a value: columns, samples and exports. It travels from the
 * query thread to the socket without being copied or understood on the way.
 */
export interface FileAnswer {
  readonly bytes: Uint8Array;
  /** With charset where it is text. */
  readonly mediaType: string;
  /** What a download is called; null: not a download. */
  readonly fileName: string | null;
  /** Revision of the build the bytes were made from. */
  readonly revision: string;
  /** The build is over: the same revision gives the same bytes for ever. */
  readonly finished: boolean;
}

/** Of what is made from many builds: the same bytes are the same revision. */
export function revisionOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, 16);
}
