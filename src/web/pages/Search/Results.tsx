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

export interface Asked {
  readonly q: string;
  /** Looked for in the texts that are shown. */
  readonly words: readonly string[];
  /** Looked for in logs: the page of a failure goes on with it. */
  readonly inLog: string | undefined;
}

/** A text with what was looked for in it. */
function Marked({ text, words }: { text: string; words: readonly string[] }) {
  if (words.length === 0) return text;
  const wanted = words.map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  // Every second part is one that was found.
  return (
    text
      .split(new RegExp(`(${wanted})`, 'gi'))
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text have their places for names
      .map((part, i) => (i % 2 === 0 ? part : <mark key={i}>{part}</mark>))
  );
}

/** The same search with a term more. */
function Narrower({
  asked,
  term,
  title,
  children,
}: {
  asked: Asked;
  term: string;
  title: string;
  children: ReactNode;
}) {
  return (
    <Link to="/search" search={{ q: `${asked.q} ${term}`.trim() }} title={title}>
      {children}
    </Link>
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

/** `gcc 13.2 do_compile`, as a link to the failure. */
function FailureName({ failure, asked }: { failure: FoundFailure; asked: Asked }) {
  const name = joined([failure.mc === '' ? null : `mc ${failure.mc}`, failure.pn ?? 'the build', failure.version]);
  return (
    <Link
      to="/f/$failure"
      params={{ failure: failure.id }}
      search={asked.inLog === undefined ? {} : { find: asked.inLog }}
      className="mono"
    >
      <Marked
        text={`${name.replaceAll(' · ', ' ')}${failure.task === null ? '' : ` ${failure.task}`}`}
        words={asked.words}
      />
    </Link>
  );
}

export function FailureLines({ rows, asked }: { rows: readonly FoundFailure[]; asked: Asked }) {
  return rows.map((row) => (
    <Line
      key={row.id}
      what={
        <>
          <FailureName failure={row} asked={asked} /> <Cause failure={row} asked={asked} />
        </>
      }
      side={<When ms={row.startedMs} />}
      below={joined([row.causeClass, row.machine, row.distro, row.builder, row.hostDistro, row.buildName])}
    />
  ));
}

function Cause({ failure, asked }: { failure: FoundFailure; asked: Asked }) {
  return failure.cause === null ? (
    <span className="muted">no log says why</span>
  ) : (
    <span className={styles.cause}>
      <Marked text={failure.cause} words={asked.words} />
    </span>
  );
}

export function CauseLines({ rows, asked }: { rows: readonly FoundCause[]; asked: Asked }) {
  return rows.map((row) => (
    <Line
      key={row.newest.id}
      what={<Cause failure={row.newest} asked={asked} />}
      side={<When ms={row.newest.startedMs} />}
      below={
        <>
          {row.newest.fingerprint === null ? (
            plural(row.failures, 'failure')
          ) : (
            <Narrower asked={asked} term={`fingerprint:${row.newest.fingerprint}`} title="Search for its failures">
              {plural(row.failures, 'failure')}
            </Narrower>
          )}
          {' · '}
          {joined([
            plural(row.builds, 'build'),
            plural(row.recipes, 'recipe'),
            row.newest.causeClass,
            row.newest.infrastructure === true ? 'infrastructure' : null,
          ])}
          {' · newest '}
          <FailureName failure={row.newest} asked={asked} />
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

export function RecipeLines({ rows, asked }: { rows: readonly FoundRecipe[]; asked: Asked }) {
  return rows.map((row) => (
    <Line
      key={row.pn}
      what={
        <>
          <Link to="/recipes/$pn" params={{ pn: row.pn }} className="mono">
            <Marked text={row.pn} words={asked.words} />
          </Link>{' '}
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
      below={
        <>
          {joined([
            row.machine,
            `${plural(row.runs, 'run')} looked at: ${row.executed} executed, ${row.failed} failed`,
          ])}
          {' · '}
          <Narrower
            asked={asked}
            term={`recipe:${printValue({ text: row.pn, pattern: false })}`}
            title="Search for its builds and failures"
          >
            its builds and failures
          </Narrower>
        </>
      }
    />
  ));
}
