import { LOG_WORDS_CHARS_MAX } from '../../../model/limits.ts';
import { compact, type RawSearch, readFlag, readText } from '../../state/search.ts';

/** The lines pointed at stand behind the #. */
export interface FailureSearch {
  readonly wrap?: 1 | undefined;
  /** Words that are looked for in the log. */
  readonly find?: string | undefined;
}

export function failureSearch(raw: RawSearch): FailureSearch {
  return compact({ wrap: readFlag(raw, 'wrap'), find: readText(raw, 'find')?.slice(0, LOG_WORDS_CHARS_MAX) });
}
