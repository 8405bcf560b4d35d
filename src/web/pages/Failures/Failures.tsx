/** Failures: the few causes that many red builds have, and what is known of each. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useCallback } from 'react';
import { address } from '../../../api/client.ts';
import { useFeed } from '../../components/use-feed.ts';
import { useTitle } from '../../components/use-title.ts';
import { compact } from '../../state/search.ts';
import styles from './Failures.module.css';
import { Kinds } from './Kinds.tsx';
import { buildsOf, type FailuresSearch, type View } from './search.ts';

const Week = lazy(() => import('./Week.tsx').then((m) => ({ default: m.Week })));
const Unsteady = lazy(() => import('./Unsteady.tsx').then((m) => ({ default: m.Unsteady })));
const Issues = lazy(() => import('./Issues.tsx').then((m) => ({ default: m.Issues })));

const LABELS: Readonly<Record<View, string>> = {
  kinds: 'Kinds',
  week: 'Week',
  unsteady: 'Flaky',
  issues: 'Known issues',
};

export type ChangeSearch = (part: Partial<FailuresSearch>, replace?: boolean) => void;

export function Failures() {
  const search = useSearch({ from: '/failures' });
  const navigate = useNavigate({ from: '/failures' });
  const view: View = search.view ?? 'kinds';
  useTitle(view === 'kinds' ? 'Failures' : `Failures, ${LABELS[view].toLowerCase()}`);
  const { from: _from, to: _to, ...builds } = buildsOf(search);
  useFeed(address.weekFeed(builds), 'Failures by week');
  const change: ChangeSearch = useCallback(
    (part, replace = false) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace }),
    [navigate],
  );
  const tabs = (
    <nav className={styles.views} aria-label="Parts of Failures">
      {(Object.keys(LABELS) as View[]).map((one) => (
        <button
          key={one}
          type="button"
          className="btn plain"
          aria-pressed={one === view}
          // The builds that are looked at stay; what only the other part knows goes.
          onClick={() =>
            void navigate({ search: compact({ ...buildsOf(search), view: one === 'kinds' ? undefined : one }) })
          }
        >
          {LABELS[one]}
        </button>
      ))}
    </nav>
  );
  if (view === 'kinds') return <Kinds search={search} change={change} tabs={tabs} />;
  return (
    <Suspense fallback={<div className="page-top">{tabs}</div>}>
      {view === 'week' ? (
        <Week search={search} change={change} tabs={tabs} />
      ) : view === 'unsteady' ? (
        <Unsteady search={search} change={change} tabs={tabs} />
      ) : (
        <Issues search={search} change={change} tabs={tabs} />
      )}
    </Suspense>
  );
}
