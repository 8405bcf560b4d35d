import type { SearchKind } from '../../../api/contract.ts';
import { compact, type RawSearch, readChoice, readText } from '../../state/search.ts';

export const KINDS = ['builds', 'recipes', 'failures', 'causes'] as const satisfies readonly SearchKind[];

export interface SearchSearch {
  /** As it was typed (analysis/search-query.ts). */
  readonly q?: string | undefined;
  /** Left out: the first of each kind. */
  readonly kind?: SearchKind | undefined;
}

export function searchSearch(raw: RawSearch): SearchSearch {
  return compact({ q: readText(raw, 'q'), kind: readChoice(raw, 'kind', KINDS) });
}
