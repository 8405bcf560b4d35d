/**
 * What a search asks of logs, as the logs that have it. A word, and the beginning of one, the index knows. A phrase or the middle of a word it does not:
 * those are looked for in the logs themselves, of the newest failures that match all else, as far as the bounds go; the answer says where it ended.
 */
import { type LogText, LogTextFinder, type LogWanted, logWanted } from '../analysis/log-words.ts';
import type { SearchQuery } from '../analysis/search-query.ts';
import { LOG_SEARCH_READ_BYTES_MAX } from '../model/limits.ts';
import type { BlobStore } from '../store/blobs/index.ts';
import { type ReachedBound, type SearchFilter, TEXT_LOGS_MAX, WORD_LOGS_MAX } from '../store/search.ts';
import type { OperationContext } from './context.ts';

/**
 * Whether a log has a text, which never changes: a log is called by its hash. A search asks for its facets, its pages and, whenever a build comes in,
 * for all of it again. 20,000 are the logs of 100 questions, and 4 MB.
 */
const KNOWN_MAX = 20_000;
const known = new Map<string, boolean>();

export async function withLogs(
  { store, blobs }: Pick<OperationContext, 'store' | 'blobs'>,
  query: SearchQuery,
  filter: SearchFilter,
): Promise<{ readonly filter: SearchFilter; readonly reached: readonly ReachedBound[] }> {
  const terms = query.terms
    .filter(({ key }) => key === 'log')
    .map(({ negated, values }) => ({
      negated,
      wanted: values.flatMap(({ text, pattern }) => logWanted(text, pattern) ?? []),
    }))
    // Those that the index answers come first, and leave fewer logs to read for the others.
    .sort((a, b) => Number(a.wanted.some(isRead)) - Number(b.wanted.some(isRead)));
  let narrowed = filter;
  const reached = new Map<ReachedBound['bound'], number>();
  let room = LOG_SEARCH_READ_BYTES_MAX;
  for (const { negated, wanted } of terms) {
    const hashes = new Set<string>();
    for (const one of wanted) {
      if (one.text === null) {
        const found = await store.search.logs(one, WORD_LOGS_MAX);
        for (const hash of found.hashes) hashes.add(hash);
        if (found.more) reached.set('logs', WORD_LOGS_MAX);
        continue;
      }
      const found = await store.search.logsOf(narrowed, one, TEXT_LOGS_MAX);
      let looked = 0;
      for (const hash of found.hashes) {
        const { has, bytes } = await hasText(blobs, hash, one.text, room);
        room -= bytes;
        if (has === null) break;
        looked++;
        if (has) hashes.add(hash);
      }
      if (found.more || looked < found.hashes.length) reached.set('texts', looked);
    }
    const values = [...hashes].map((text) => ({ text, pattern: false }));
    narrowed = { ...narrowed, conditions: [...narrowed.conditions, { field: 'log', negated, values }] };
  }
  return { filter: narrowed, reached: [...reached].map(([bound, of]) => ({ bound, of })) };
}

const isRead = ({ text }: LogWanted): boolean => text !== null;

/** Null: there is no room left to read it. A log that is kept no more has nothing. */
async function hasText(
  blobs: BlobStore,
  hash: string,
  wanted: LogText,
  room: number,
): Promise<{ readonly has: boolean | null; readonly bytes: number }> {
  const key = `${hash} ${Number(wanted.wordStart)}${Number(wanted.wordEnd)} ${wanted.text}`;
  const before = known.get(key);
  if (before !== undefined) return { has: before, bytes: 0 };
  const size = await blobs.size(hash);
  if (size === null) return { has: false, bytes: 0 };
  if (size.bytes > room) return { has: null, bytes: 0 };
  const finder = new LogTextFinder(wanted);
  const decoder = new TextDecoder();
  let has = false;
  for await (const piece of blobs.read(hash)) {
    has = finder.add(decoder.decode(piece, { stream: true }));
    if (has) break;
  }
  has ||= finder.end();
  if (known.size >= KNOWN_MAX) known.delete(known.keys().next().value!);
  known.set(key, has);
  return { has, bytes: size.bytes };
}
