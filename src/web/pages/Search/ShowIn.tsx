/** The builds that a search finds, in the pages that draw and list builds: as far as their filter can say what was asked. */
import { Popover } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { filterOfSearch } from '../../../analysis/filter-search.ts';
import { parseSearch } from '../../../analysis/search-query.ts';
import type { SearchFacets } from '../../../api/contract.ts';
import { addressOfFilter } from '../Builds/search.ts';
import styles from './Search.module.css';

const PAGES = [
  ['/', 'List'],
  ['/waterfall', 'Waterfall'],
  ['/matrix', 'Matrix'],
  ['/testing', 'Testing'],
  ['/cube', 'Cube'],
  ['/failures', 'Failures'],
] as const;

/** `q` is understood. */
export function ShowIn({ q, facets }: { q: string; facets: SearchFacets | undefined }) {
  const hostDistros = new Set(
    (facets?.builds.hostDistro ?? []).flatMap(({ value }) => (value === null ? [] : [value])),
  );
  const { filter, left } = filterOfSearch(parseSearch(q), Date.now(), hostDistros);
  const address = addressOfFilter(filter);
  const nothing = Object.keys(address).length === 0;
  return (
    <Popover
      position="bottom-end"
      shadow="none"
      trapFocus
      returnFocus
      transitionProps={{ duration: 0 }}
      classNames={{ dropdown: 'pop' }}
    >
      <Popover.Target>
        <button type="button" className="btn" disabled={facets === undefined}>
          Show in <span aria-hidden="true">▾</span>
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className={styles.showIn}>
          {q === '' || !nothing ? (
            <ul aria-label="Pages">
              {PAGES.map(([to, label]) => (
                <li key={to}>
                  <Link to={to} search={address}>
                    {label}
                  </Link>
                </li>
              ))}
            </ul>
          ) : null}
          {left.length === 0 ? null : (
            <p className="muted" role="note">
              {nothing ? 'No other page can show this search: ' : 'Left out there: '}
              <span className="mono">{left.join(' ')}</span>. Lists and reports choose whole builds by exact values.
            </p>
          )}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
