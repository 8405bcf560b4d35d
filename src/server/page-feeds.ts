/** Which feed belongs to a page: a feed reader that is given the page's address looks for it in the head, and runs no scripts. */
import { WeekQuery } from '../api/contract.ts';
import { API_PREFIX } from '../api/plugin.ts';
import { escapeHtml } from './failure-text.ts';

const WEEK_KEYS = Object.keys(WeekQuery.omit({ week: true }).shape);

/** `path`: below the pages; `query`: of its address. Null: the page has none. */
export function pageFeed(path: string, query: URLSearchParams): string | null {
  if (path !== 'failures') return null;
  const asked = new URLSearchParams();
  for (const key of WEEK_KEYS) {
    const value = query.get(key);
    if (value !== null && value !== '') asked.set(key, value);
  }
  const text = asked.toString();
  const href = `${API_PREFIX}/failures/week.atom${text === '' ? '' : `?${text}`}`;
  return `<link rel="alternate" type="application/atom+xml" title="Failures by week" href="${escapeHtml(href)}">`;
}
