/** Lines of what was found, a kind at a time. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { printValue } from '../../../analysis/search-query.ts';
import type { BuildRow, FoundCause, FoundFailure, FoundRecipe } from '../../../api/contract.ts';
import { plural } from '../../../model/format.ts';
import { Duration, When } from '../../components/Figures.tsx';
import { BuildOutcomeMark } from '../../components/Outcome.tsx';
import { buildTitle } from '../build-title.ts';
import styles from './Search.module.css';

function Line({ what, side, below }: { what: ReactNode; side: ReactNode; below: ReactNode }) {
  return (
    <li className={styles.line}>
      <div className={styles.what}>{what}</div>
      <div className={`muted ${styles.side}`}>{side}</div>
      <div className={`muted ${styles.below}`}>{below}</div>
    </li>
  );
}

const joined = (parts: readonly (string | null | undefined)[]): string =>
  parts.filter((part) => part !== null && part !== undefined && part !== '').join(' · ');

export function BuildLines({ rows }: { rows: readonly BuildRow[] }) {
  return rows.map((row) => (
    <Line
      key={row.id}
      what={
        <>
          <BuildOutcomeMark outcome={row.outcome} />{' '}
          <Link to="/b/$id" params={{ id: row.id }}>
            {buildTitle(row)}
          </Link>
          {row.firstFailure === null ? null : <span className="mono bad"> {row.firstFailure}</span>}
        </>
      }
      side={
        <>
          <Duration ms={row.durationMs} estimated={row.endEstimated} />
          {' · '}
          <When ms={row.startedMs} />
        </>
      }
      below={joined([row.machine, row.distro, row.builder ?? row.hostName, row.name])}
    />
  ));
}

/** `gcc 13.2:do_compile`, as a link to the failure. */
function FailureName({ failure }: { failure: FoundFailure }) {
  const name = joined([failure.mc === '' ? null : `mc ${failure.mc}`, failure.pn ?? 'the build', failure.version]);
  return (
    <Link to="/f/$failure" params={{ failure: failure.id }} className="mono">
      {name.replaceAll(' · ', ' ')}
      {failure.task === null ? '' : ` ${failure.task}`}
    </Link>
  );
}

export function FailureLines({ rows }: { rows: readonly FoundFailure[] }) {
  return rows.map((row) => (
    <Line
      key={row.id}
      what={
        <>
          <FailureName failure={row} /> <Cause failure={row} />
        </>
      }
      side={<When ms={row.startedMs} />}
      below={joined([row.causeClass, row.machine, row.distro, row.builder, row.hostDistro, row.buildName])}
    />
  ));
}

function Cause({ failure }: { failure: FoundFailure }) {
  return failure.cause === null ? (
    <span className="muted">no log says why</span>
  ) : (
    <span className={styles.cause}>{failure.cause}</span>
  );
}

export function CauseLines({ rows, narrow }: { rows: readonly FoundCause[]; narrow: (term: string) => void }) {
  return rows.map((row) => (
    <Line
      key={row.newest.id}
      what={
        <>
          <Cause failure={row.newest} />{' '}
          {row.newest.fingerprint === null ? null : (
            <button
              type="button"
              className="btn plain"
              onClick={() => narrow(`fingerprint:${row.newest.fingerprint}`)}
              title="Its failures"
            >
              {plural(row.failures, 'failure')}
            </button>
          )}
        </>
      }
      side={<When ms={row.newest.startedMs} />}
      below={
        <>
          {joined([
            row.newest.causeClass,
            row.newest.infrastructure === true ? 'infrastructure' : null,
            row.newest.fingerprint === null ? plural(row.failures, 'failure') : null,
            plural(row.builds, 'build'),
            plural(row.recipes, 'recipe'),
          ])}
          {' · newest '}
          <FailureName failure={row.newest} />
        </>
      }
    />
  ));
}

const STATUS: Readonly<Record<FoundRecipe['status'], readonly [word: string, tone: string]>> = {
  succeeded: ['✓ succeeded', 'ok'],
  failed: ['✗ failed', 'bad'],
  'not-executed': ['· from sstate or current', 'muted'],
  unfinished: ['· unfinished', 'muted'],
};

export function RecipeLines({ rows, narrow }: { rows: readonly FoundRecipe[]; narrow: (term: string) => void }) {
  return rows.map((row) => (
    <Line
      key={row.pn}
      what={
        <>
          <Link to="/recipes/$pn" params={{ pn: row.pn }} className="mono">
            {row.pn}
          </Link>{' '}
          <button
            type="button"
            className="btn plain"
            onClick={() => narrow(`recipe:${printValue({ text: row.pn, pattern: false })}`)}
            title="Search for its builds and failures"
          >
            narrow
          </button>{' '}
          <span className="muted">{row.version ?? ''}</span>{' '}
          <span className={STATUS[row.status][1]}>{STATUS[row.status][0]}</span>
          {row.failedTask === null ? null : <span className="mono bad"> {row.failedTask}</span>}
        </>
      }
      side={
        <Link to="/b/$id" params={{ id: row.buildId }}>
          <When ms={row.startedMs} />
        </Link>
      }
      below={joined([
        row.machine,
        `${plural(row.runs, 'run')} looked at: ${row.executed} executed, ${row.failed} failed`,
      ])}
    />
  ));
}
