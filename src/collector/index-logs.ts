/** Keeps which words the logs of failures have, for the search in them. Each log is read once, in pieces. */
import { addWords, LOG_WORDS_VERSION } from '../analysis/log-words.ts';
import { LOG_INDEX_CHARS_MAX, LOG_SEARCHED_BYTES_MAX } from '../model/limits.ts';
import type { BlobStore } from '../store/blobs/index.ts';
import type { Store } from '../store/store.ts';

export interface IndexLogsContext {
  readonly store: Store;
  readonly blobs: BlobStore;
}

const PIECE_BYTES = 1 << 20;
const AT_ONCE = 20;

/** How many logs it read. */
export async function indexLogs(
  { store, blobs }: IndexLogsContext,
  {
    build,
    limit = Number.POSITIVE_INFINITY,
    signal,
  }: { readonly build?: string; readonly limit?: number; readonly signal?: AbortSignal } = {},
): Promise<number> {
  let done = 0;
  while (done < limit && signal?.aborted !== true) {
    const hashes = await store.logIndex.pending(LOG_WORDS_VERSION, Math.min(AT_ONCE, limit - done), build);
    if (hashes.length === 0) break;
    for (const hash of hashes) {
      await store.logIndex.write(hash, [...(await wordsOf(blobs, hash))], LOG_WORDS_VERSION);
      done++;
    }
  }
  return done;
}

/** Of a long log its end first and then its beginning, for as long as there is room: what failed stands at the end. */
async function wordsOf(blobs: BlobStore, hash: string): Promise<Set<string>> {
  const words = new Set<string>();
  const room = { chars: LOG_INDEX_CHARS_MAX };
  const size = await blobs.size(hash);
  // A row says it is here and it is not: it has no words, and is not asked for again.
  if (size === null) return words;
  const half = LOG_SEARCHED_BYTES_MAX / 2;
  const parts: readonly (readonly [from: number, to: number])[] =
    size.bytes <= LOG_SEARCHED_BYTES_MAX
      ? [[0, size.bytes]]
      : [
          [size.bytes - half, size.bytes],
          [0, half],
        ];
  for (const [from, to] of parts) {
    let rest = '';
    for (let at = from; at < to; at += PIECE_BYTES) {
      const bytes = await blobs.readBytes(hash, at, Math.min(to, at + PIECE_BYTES));
      const text = rest + Buffer.from(bytes).toString('utf8');
      // The last line may go on in the next piece; of one without an end no more is carried on than a word is long.
      const end = text.lastIndexOf('\n') + 1;
      rest = text.slice(Math.max(end, text.length - 4096));
      if (!addWords(words, end === 0 ? text : text.slice(0, end), room)) return words;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!addWords(words, rest, room)) return words;
  }
  return words;
}
