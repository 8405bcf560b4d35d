/** Which feed belongs to a page: a feed reader that is given the page's address looks for it in the head, and runs no scripts. */
import { SearchKind, WeekQuery } from '../api/contract.ts';
import { API_PREFIX } from '../api/plugin.ts';
import { escapeHtml } from './failure-text.ts';

const WEEK_KEYS = Object.keys(WeekQuery.omit({ week: true }).shape);

/** `path`: below the pages; `query`: of its address. Null: the page has none. */
export function pageFeed(path: string, query: URLSearchParams): string | null {
  switch (path) {
    case 'failures':
      return link('Failures by week', '/failures/week.atom', asked(query, WEEK_KEYS));
    case 'search': {
      const kind = SearchKind.safeParse(query.get('kind')).data ?? 'builds';
      const search = asked(query, ['q']);
      search.set('kind', kind);
      return link(`Newest ${kind} of this search`, '/search.atom', search);
    }
    default:
      return null;
  }
}

function asked(query: URLSearchParams, keys: readonly string[]): URLSearchParams {
  const kept = new URLSearchParams();
  for (const key of keys) {
    const value = query.get(key);
    if (value !== null && value !== '') kept.set(key, value);
  }
  return kept;
}

function link(title: string, path: string, query: URLSearchParams): string {
  const text = query.toString();
  const href = `${API_PREFIX}${path}${text === '' ? '' : `?${text}`}`;
  return `<link rel="alternate" type="application/atom+xml" title="${title}" href="${escapeHtml(href)}">`;
}
