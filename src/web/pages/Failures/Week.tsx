/** What the rota reads on Monday. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { isUntriaged, kindName } from '../../../analysis/failure-week.ts';
import { address } from '../../../api/client.ts';
import type { FailureGroup, FailureWeek } from '../../../api/contract.ts';
import { formatCount, formatUtc, plural } from '../../../model/format.ts';
import { weekOf } from '../../../model/week.ts';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { failureWeekQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { Facets } from '../Builds/Facets.tsx';
import { exportWeek } from './export-failures.ts';
import styles from './Failures.module.css';
import type { ChangeSearch } from './Failures.tsx';
import { JournalList, State } from './Kind.tsx';
import { buildsOf, type FailuresSearch } from './search.ts';
import { UnsteadyTable } from './Unsteady.tsx';

export function Week({ search, change, tabs }: { search: FailuresSearch; change: ChangeSearch; tabs: ReactNode }) {
  const { from: _, to: __, ...builds } = buildsOf(search);
  const asked = { ...builds, week: search.week };
  const feed = address.weekFeed(builds);
  const query = useQuery(failureWeekQuery(asked));
  const { data } = query;
  const go = (week: string | null | undefined): void => {
    if (week !== undefined && week !== null) change({ week });
  };
  useCommands([
    { id: 'week-before', label: 'The week before', group: 'Failures', keys: ['['], run: () => go(data?.previous) },
    { id: 'week-after', label: 'The week after', group: 'Failures', keys: [']'], run: () => go(data?.next) },
  ]);
  return (
    <>
      <div className="page-top">
        <h1>Failures</h1>
        {tabs}
        <span className="grow" />
        <button
          type="button"
          className="btn"
          disabled={data === undefined}
          onClick={() => go(data?.previous)}
          title="The week before ([)"
        >
          <span aria-hidden="true">‹</span>
          <span className="hidden-text">The week before</span>
        </button>
        <strong aria-live="polite">{data?.week.name ?? '\u00a0'}</strong>
        <button
          type="button"
          className="btn"
          disabled={data?.next == null}
          onClick={() => go(data?.next)}
          title="The week after (])"
        >
          <span aria-hidden="true">›</span>
          <span className="hidden-text">The week after</span>
        </button>
        <a className="btn" href={feed} title="Atom feed: what is new in this week, and each week when it is over">
          Feed
        </a>
        <CopyText href={address.weekText(asked)} />
        <DownloadMenu
          items={[
            { label: 'Text', hint: 'for a mail', href: address.weekText(asked) },
            {
              label: 'CSV',
              hint: 'kinds',
              file: {
                name: `failures-${data?.week.name ?? 'week'}.csv`,
                type: 'text/csv',
                write: () => (data === undefined ? '' : exportWeek(data)),
              },
            },
            {
              label: 'JSON',
              file: {
                name: `failures-${data?.week.name ?? 'week'}.json`,
                type: 'application/json',
                write: () => `${JSON.stringify(data ?? null, null, 1)}\n`,
              },
            },
          ]}
        />
      </div>
      <div className="filters">
        <Facets
          filter={{ ...builds, from: data?.week.fromMs, to: data === undefined ? undefined : data.week.toMs - 1 }}
          onChange={({ pick: _pick, from, to: _to, ...part }) =>
            // A date chooses the week that it is in.
            change(from === undefined ? part : { ...part, week: weekOf(from).name })
          }
        />
      </div>
      {query.isError ? (
        <ErrorNote error={query.error} what="The week could not be read" retry={() => void query.refetch()} />
      ) : null}
      {data === undefined ? null : <Told week={data} stale={query.isPlaceholderData} />}
    </>
  );
}

function Told({ week, stale }: { week: FailureWeek; stale: boolean }) {
  const { kinds, numbers, before } = week;
  const all = [...kinds.new, ...kinds.back, ...kinds.goingOn];
  const open = all.filter(isUntriaged).length;
  if (numbers.builds === 0)
    return (
      <EmptyNote title={`No build began in ${week.week.name}`}>
        {formatUtc(week.week.fromMs).slice(0, 10)} to {formatUtc(week.week.toMs - 1).slice(0, 10)}, UTC
      </EmptyNote>
    );
  return (
    <div className={stale ? 'stale' : undefined}>
      <p className="muted">
        {formatUtc(week.week.fromMs).slice(0, 10)} to {formatUtc(week.week.toMs - 1).slice(0, 10)}, UTC
        {week.next === null ? '; it still runs' : ''}
      </p>
      <dl className={styles.figures}>
        <Figure name="builds" value={numbers.builds} before={before.builds} />
        <Figure name="succeeded" value={numbers.succeeded} before={before.succeeded} />
        <Figure name="failed" value={numbers.failed} before={before.failed} />
        <Figure name="failures" value={numbers.failures} before={before.failures} />
        <Figure name="of them infrastructure" value={numbers.infrastructure} before={before.infrastructure} />
        <div>
          <dt>kinds nobody has looked at</dt>
          <dd className={open > 0 ? 'bad' : 'ok'}>
            {formatCount(open)} <span className="muted">of {formatCount(all.length)}</span>
          </dd>
        </div>
      </dl>
      <Part title="New" hint="not seen in the quarter before" groups={kinds.new} />
      <Part title="Back after a fix" hint="said to be fixed before it failed again" groups={kinds.back} />
      <Part title="Going on" groups={kinds.goingOn} />
      <Part title="Gone" hint="seen in the week before, not in this one" groups={kinds.gone} />
      {week.unsteady.length === 0 ? null : (
        <section className={styles.weekPart}>
          <h2>Passed and failed with one task hash</h2>
          <UnsteadyTable tasks={week.unsteady} />
        </section>
      )}
      {week.journal.length === 0 ? null : (
        <section className={styles.weekPart}>
          <h2>Said in this week</h2>
          <JournalList entries={week.journal} about={true} />
        </section>
      )}
    </div>
  );
}

function Figure({ name, value, before }: { name: string; value: number; before: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {formatCount(value)}{' '}
        <span className="muted" style={{ fontSize: 12 }} title="the week before">
          {formatCount(before)} before
        </span>
      </dd>
    </div>
  );
}

function Part({ title, hint, groups }: { title: string; hint?: string; groups: readonly FailureGroup[] }) {
  if (groups.length === 0) return null;
  return (
    <section className={styles.weekPart}>
      <h2>
        {title} <span className="muted">{formatCount(groups.length)}</span>
        {hint === undefined ? null : (
          <span className="muted" style={{ fontWeight: 400, fontSize: 12 }}>
            {' '}
            {hint}
          </span>
        )}
      </h2>
      {groups.map((group) => (
        <div key={group.crossHash ?? group.lastBuild + group.lastKey} className={styles.weekKind}>
          <div>
            <Link to="/f/$failure" params={{ failure: group.lastAddress }} style={{ fontWeight: 600 }}>
              {kindName(group)}
            </Link>{' '}
            <span className="muted">{group.class ?? 'not looked at yet'}</span>
            <div className={styles.cause}>{group.cause ?? 'no log says why'}</div>
          </div>
          <State group={group} />
          <span className="muted">
            {group.crossHash === null ? (
              plural(group.failures, 'failure')
            ) : (
              <Link
                to="/failures"
                search={{ open: [group.crossHash], text: group.recipeCount === 1 ? group.recipes[0] : undefined }}
              >
                {plural(group.failures, 'failure')}
              </Link>
            )}
            , {plural(group.builds, 'build')}
            {group.triage?.owner == null ? '' : `, owner ${group.triage.owner}`}
          </span>
        </div>
      ))}
    </section>
  );
}

/** The text as it would be mailed. */
function CopyText({ href }: { href: string }) {
  const [said, setSaid] = useState('Copy as text');
  const timer = useRef<number | undefined>(undefined);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  const copy = async (): Promise<void> => {
    try {
      const response = await fetch(href);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      await navigator.clipboard.writeText(await response.text());
      setSaid('Copied');
    } catch {
      setSaid('Cannot copy here');
    }
    timer.current = window.setTimeout(() => setSaid('Copy as text'), 2000);
  };
  return (
    <button type="button" className="btn" onClick={() => void copy()}>
      <span aria-live="polite">{said}</span>
    </button>
  );
}
