/** What changed between the tests of two builds: shown where both have some. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { CompareTestsResult } from '../../../api/contract.ts';
import { formatCount, plural } from '../../../model/format.ts';
import { ErrorNote } from '../../components/Notes.tsx';
import { report } from '../../report/embedded-report.ts';
import { client } from '../../state/api.ts';
import styles from './Compare.module.css';

const SHOWN = 50;

export function TestDifferences({ builds }: { builds: readonly { readonly id: string }[] }) {
  const [a, b] = [builds[0]?.id ?? '', builds.at(-1)?.id ?? ''];
  const query = useQuery({
    queryKey: ['compare-tests', a, b],
    queryFn: ({ signal }) => client.compareTests([a, b], signal),
    enabled: report === null,
  });
  if (query.isError)
    return (
      <ErrorNote error={query.error} what="Their tests could not be compared" retry={() => void query.refetch()} />
    );
  const { data } = query;
  if (data === undefined || data.runs.every((count) => count === 0)) return null;
  const total = data.regressed.reduce((sum, { regressions }) => sum + regressions.length, 0);
  return (
    <section aria-label="Tests">
      <div className={styles.heading}>
        <h2>{heading(data, total)}</h2>
      </div>
      <p className="muted">
        Counted as <code>resulttool regression</code> counts: not what it was, and not passed now.
      </p>
      {data.regressed.map((pair) => (
        <Pair key={`${pair.base} ${pair.target}`} pair={pair} target={b} />
      ))}
      {data.matched.length === 0 ? null : (
        <p>
          {plural(data.matched.length, 'pair')} of runs without a regression
          {improved(data.matched)}
        </p>
      )}
      {data.missing.length === 0 ? null : (
        <p className="warn">
          Not run again: <span className="mono">{data.missing.join(', ')}</span>
        </p>
      )}
    </section>
  );
}

function heading(data: CompareTestsResult, total: number): string {
  if (data.runs.some((count) => count === 0)) return `Tests: ${data.runs[0] === 0 ? 'A' : 'B'} has none`;
  return total === 0 ? 'Tests: no regression' : `Tests: ${plural(total, 'regression')}`;
}

function improved(pairs: CompareTestsResult['matched']): string {
  const passing = pairs.reduce((sum, { nowPassing }) => sum + nowPassing.length, 0);
  const added = pairs.reduce((sum, { newTests }) => sum + newTests, 0);
  return [
    passing > 0 ? `, ${formatCount(passing)} now passing` : '',
    added > 0 ? `, ${formatCount(added)} new` : '',
  ].join('');
}

function Pair({ pair, target }: { pair: CompareTestsResult['regressed'][number]; target: string }) {
  const [all, setAll] = useState(false);
  const { regressions, nowPassing, newTests } = pair;
  const shown = all ? regressions : regressions.slice(0, SHOWN);
  return (
    <>
      <p>
        <span className="mono">{pair.target}</span> against <span className="mono">{pair.base}</span>:{' '}
        {plural(regressions.length, 'regression')}, {formatCount(nowPassing.length)} now passing,{' '}
        {formatCount(newTests)} new
      </p>
      <div className="scroll-x">
        <table aria-label={`Regressions of ${pair.target}`} className={styles.table}>
          <thead>
            <tr>
              <th>case</th>
              <th>A</th>
              <th>B</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ name, base, target: now }) => (
              <tr key={name}>
                <th className="mono">
                  <Link to="/b/$id/tests" params={{ id: target }} search={{ q: name, open: name, state: ['all'] }}>
                    {name}
                  </Link>
                </th>
                <td>{base}</td>
                <td className="bad">{now ?? 'not run'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {regressions.length > shown.length ? (
        <button type="button" className="btn" onClick={() => setAll(true)}>
          {formatCount(regressions.length - shown.length)} more
        </button>
      ) : null}
    </>
  );
}
