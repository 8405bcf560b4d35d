/**
 * Some words in the logs of all failures that one may see. The store knows which logs have all the words; those are then read, the newest first, for
 * the line to show. What is read for one question is bounded, and the answer says where it ended.
 */
import { LogLineFinder, parseLogSearch } from '../analysis/log-words.ts';
import { BakehouseError } from '../model/errors.ts';
import { LOG_SEARCH_CHARS_MAX, LOG_SEARCH_READ_BYTES_MAX } from '../model/limits.ts';
import type { BlobStore } from '../store/blobs/index.ts';
import type { FoundLog } from '../store/log-search.ts';
import type { BuildListFilter } from '../store/store.ts';
import type { OperationContext } from './context.ts';

export interface FailureInLog extends Omit<FoundLog, 'blob'> {
  /** 1-based, as logs are addressed; null: the log is longer than what is read for a question, or it is kept no more. */
  readonly line: number | null;
  readonly text: string | null;
  /** All words stand in that line. */
  readonly whole: boolean;
}

export interface LogsFound {
  readonly failures: readonly FailureInLog[];
  /** There are more logs with these words than were looked at. */
  readonly more: boolean;
}

/** Logs with the words, among which a phrase is looked for. */
const CANDIDATES_MAX = 200;

export async function searchLogs(
  context: OperationContext,
  input: { readonly text: string; readonly filter: BuildListFilter; readonly limit: number },
): Promise<LogsFound> {
  if (input.text.length > LOG_SEARCH_CHARS_MAX)
    throw new BakehouseError('invalid', `At most ${LOG_SEARCH_CHARS_MAX} characters are looked for.`);
  const search = parseLogSearch(input.text);
  if (search === null) return { failures: [], more: false };
  const { words, beginning } = search;
  const found = await context.store.searchLogs({ words, beginning, filter: input.filter, limit: CANDIDATES_MAX });
  /** Failures of many builds may have one log. */
  const hits = new Map<string, ReturnType<LogLineFinder['end']> | 'unread'>();
  const failures: FailureInLog[] = [];
  let room = LOG_SEARCH_READ_BYTES_MAX;
  for (const { blob, ...failure } of found) {
    if (failures.length >= input.limit) return { failures, more: true };
    let hit = hits.get(blob);
    if (hit === undefined) {
      const size = await context.blobs.size(blob);
      if (size !== null && size.bytes > room) hit = 'unread';
      else {
        room -= size?.bytes ?? 0;
        hit = size === null ? 'unread' : await hitIn(context.blobs, blob, new LogLineFinder(search));
      }
      hits.set(blob, hit);
    }
    if (hit === 'unread') {
      // Whether it holds the phrase is not known.
      if (search.phrases.length === 0) failures.push({ ...failure, line: null, text: null, whole: false });
    } else if (hit !== null) failures.push({ ...failure, line: hit.line + 1, text: hit.text, whole: hit.whole });
  }
  return { failures, more: found.length === CANDIDATES_MAX || [...hits.values()].includes('unread') };
}

async function hitIn(blobs: BlobStore, hash: string, finder: LogLineFinder): Promise<ReturnType<LogLineFinder['end']>> {
  const decoder = new TextDecoder();
  for await (const piece of blobs.read(hash)) if (!finder.add(decoder.decode(piece, { stream: true }))) break;
  return finder.end();
}
