/** Tests: what was run on the image, case by case, and what became of a case before. */
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useRef } from 'react';
import { address } from '../../../../api/client.ts';
import type { TestHistoryResult, TestRunInfo, TestsResult } from '../../../../api/contract.ts';
import { formatCount, formatDuration, plural } from '../../../../model/format.ts';
import { TEST_STATES, type TestState } from '../../../../model/test-run.ts';
import { DownloadMenu } from '../../../components/DownloadMenu.tsx';
import { Missing, When } from '../../../components/Figures.tsx';
import { EmptyNote, ErrorNote } from '../../../components/Notes.tsx';
import { SearchField } from '../../../components/SearchField.tsx';
import { client } from '../../../state/api.ts';
import { useCommands } from '../../../state/commands.ts';
import { compact } from '../../../state/search.ts';
import { useBuild } from '../Build.tsx';
import type { TestsSearch } from '../search.ts';
import styles from './Tests.module.css';

const GLYPHS: Readonly<Record<TestState, string>> = { passed: '✓', failed: '✗', skipped: '–', other: '?' };
const TONES: Readonly<Record<TestState, string | undefined>> = {
  passed: styles.passed,
  failed: 'bad',
  skipped: 'muted',
  other: 'warn',
};
const CASES_A_PAGE = 200;

/** A glyph and a word as well as a colour. */
export function TestMark({ state, status }: { state: TestState; status: string }) {
  return (
    <span className={`${styles.mark} ${TONES[state] ?? ''}`} title={state}>
      <span aria-hidden="true">{GLYPHS[state]}</span> {status}
    </span>
  );
}

export function Tests() {
  const build = useBuild();
  const search = useSearch({ from: '/b/$id/tests' });
  const navigate = useNavigate({ from: '/b/$id/tests' });
  const field = useRef<HTMLInputElement>(null);
  const change = useCallback(
    (part: Partial<TestsSearch>, replace = false) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace }),
    [navigate],
  );
  // Of a run that failed the failed cases are what is looked for.
  const chosen = search.state ?? (build.tests.failed > 0 ? (['failed'] as const) : (['all'] as const));
  const states: readonly TestState[] = chosen.filter((state) => state !== 'all');
  const asked = { run: search.run, state: states.length === 0 ? undefined : [...states], q: search.q };
  const query = useInfiniteQuery({
    queryKey: ['tests', build.id, build.tests, asked],
    queryFn: ({ pageParam, signal }) =>
      client.tests(build.id, { ...asked, limit: CASES_A_PAGE, after: pageParam }, signal),
    initialPageParam: -1,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    enabled: build.tests.runs > 0,
  });
  useCommands([
    {
      id: 'tests-search',
      label: 'Search in tests',
      group: 'Tests',
      keys: ['/', 'i'],
      run: () => field.current?.focus(),
    },
  ]);
  if (build.tests.runs === 0)
    return (
      <EmptyNote title="No test results were brought to this build">
        Push them with <code>bakehouse push testresults.json --server …</code>, as oeqa, ptest-runner or LAVA wrote
        them. Where they do not say which build they tested: <code>--build {build.id.slice(0, 8)}</code>.
      </EmptyNote>
    );
  if (query.isError && query.data === undefined)
    return <ErrorNote error={query.error} what="The tests could not be read" retry={() => void query.refetch()} />;
  const first = query.data?.pages[0];
  const cases = query.data?.pages.flatMap((page) => page.cases) ?? [];
  const run = first?.runs.find(({ number }) => number === first.run);
  const toggle = (state: TestState): void => {
    const next = states.includes(state) ? states.filter((one) => one !== state) : [...states, state];
    change({ state: next.length === 0 ? ['all'] : next, open: undefined }, true);
  };
  return (
    <div className={query.isPlaceholderData ? 'stale' : ''}>
      {first === undefined ? (
        <div className="skeleton" style={{ height: 96 }} role="status" aria-busy="true" />
      ) : (
        <Runs runs={first.runs} chosen={first.run} onChoose={(number) => change({ run: number, open: undefined })} />
      )}
      <div className={styles.tools}>
        <SearchField
          value={search.q ?? ''}
          onChange={(q) => change({ q }, true)}
          inputRef={field}
          placeholder="ptestresult.bash"
          label="Search in the names of test cases"
          className={styles.search}
        />
        {TEST_STATES.map((state) =>
          run === undefined || run[state] > 0 ? (
            <button
              key={state}
              type="button"
              className="btn"
              aria-pressed={states.includes(state)}
              onClick={() => toggle(state)}
            >
              <span className={TONES[state]} aria-hidden="true">
                {GLYPHS[state]}
              </span>{' '}
              {state} {run === undefined ? '' : formatCount(run[state])}
            </button>
          ) : null,
        )}
        <span className="muted" aria-live="polite">
          {first === undefined ? '\u00a0' : plural(first.matching, 'case')}
        </span>
        <span className="grow" />
        <DownloadMenu
          items={[
            { label: 'CSV', hint: 'all runs', href: address.tests(build.id, 'csv') },
            { label: 'JSON', hint: 'all runs', href: address.tests(build.id, 'json') },
          ]}
        />
      </div>
      {run === undefined ? null : <Suites run={run} />}
      {first !== undefined && cases.length === 0 ? (
        <EmptyNote title="No case matches">
          {states.length === 0 ? 'The search leaves none.' : `None is ${states.join(' or ')} under this search.`}
        </EmptyNote>
      ) : null}
      {cases.length === 0 ? null : (
        <Cases
          cases={cases}
          open={search.open}
          onOpen={(name) => change({ open: name === search.open ? undefined : name })}
          history={(name) => <History build={build.id} run={first!.run!} name={name} />}
        />
      )}
      {query.hasNextPage ? (
        <button
          type="button"
          className={`btn ${styles.further}`}
          disabled={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {formatCount((first?.matching ?? 0) - cases.length)} more
        </button>
      ) : null}
    </div>
  );
}

function Runs({
  runs,
  chosen,
  onChoose,
}: {
  runs: readonly TestRunInfo[];
  chosen: number | null;
  onChoose: (number: number) => void;
}) {
  return (
    <div className="scroll-x">
      <table aria-label="Test runs" className={styles.runs}>
        <thead>
          <tr>
            <th>run</th>
            <th>machine</th>
            <th>image</th>
            <th>started</th>
            {TEST_STATES.map((state) => (
              <th key={state} className={styles.number}>
                {state}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.number} aria-current={run.number === chosen}>
              <td>
                <button type="button" className={styles.choose} onClick={() => onChoose(run.number)} title={run.key}>
                  {[run.type, run.series].filter((word) => word !== null).join(' · ') || run.key}
                </button>
              </td>
              <td>{run.machine ?? <Missing />}</td>
              <td>{run.image ?? <Missing />}</td>
              <td>
                <When ms={run.startedMs} />
              </td>
              {TEST_STATES.map((state) => (
                <td key={state} className={`${styles.number} ${state === 'failed' && run.failed > 0 ? 'bad' : ''}`}>
                  {formatCount(run[state])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Suites({ run }: { run: TestRunInfo }) {
  const odd = run.suites.filter(({ exitCode, timeout }) => timeout || exitCode !== null);
  if (odd.length === 0) return null;
  return (
    <p>
      <span className="muted">Suites that did not end well:</span>{' '}
      {odd.slice(0, 20).map(({ name, exitCode, timeout, durationMs }, i) => (
        <span key={name}>
          {i === 0 ? '' : ', '}
          <span className="mono">{name}</span> {timeout ? 'timed out' : `exit ${exitCode}`}
          {durationMs === null ? '' : ` after ${formatDuration(durationMs)}`}
        </span>
      ))}
      {odd.length > 20 ? ` and ${formatCount(odd.length - 20)} more` : ''}
    </p>
  );
}

function Cases({
  cases,
  open,
  onOpen,
  history,
}: {
  cases: TestsResult['cases'];
  open: string | undefined;
  onOpen: (name: string) => void;
  history: (name: string) => React.ReactNode;
}) {
  return (
    <ul className={styles.cases} aria-label="Test cases">
      {cases.map(({ ordinal, name, status, state, durationMs, detail }) => (
        <li key={ordinal}>
          <button
            type="button"
            className={styles.case}
            aria-expanded={open === name}
            onClick={() => onOpen(name)}
            title="What it said, and what became of it before"
          >
            <TestMark state={state} status={status} />
            <span className={`mono ${styles.name}`}>{name}</span>
            <span className="muted">{durationMs === null ? '' : formatDuration(durationMs)}</span>
          </button>
          {open === name ? (
            <div className={styles.open}>
              {detail === null ? null : <pre className={styles.detail}>{detail}</pre>}
              {history(name)}
            </div>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

function History({ build, run, name }: { build: string; run: number; name: string }) {
  const query = useQuery({
    queryKey: ['test-history', build, run, name],
    queryFn: ({ signal }) => client.testHistory(build, { run, name }, signal),
  });
  if (query.isError)
    return <ErrorNote error={query.error} what="Its history could not be read" retry={() => void query.refetch()} />;
  const points = query.data?.points ?? [];
  return (
    <div>
      <p className="muted">{query.data === undefined ? '\u00a0' : sentence(points)}</p>
      <div className={styles.strip}>
        {[...points].reverse().map((point, i) => (
          <Link
            // biome-ignore lint/suspicious/noArrayIndexKey: a build may have several runs
            key={i}
            to="/b/$id/tests"
            params={{ id: point.build }}
            search={{ q: name, open: name, state: ['all'] }}
            className={`${styles.point} ${TONES[point.state] ?? ''} ${point.build === build ? styles.here : ''}`}
            title={`${point.status}, ${point.startedMs === null ? 'time not recorded' : new Date(point.startedMs).toISOString()}`}
          >
            <span aria-hidden="true">{GLYPHS[point.state]}</span>
            <span className="hidden-text">{point.status}</span>
          </Link>
        ))}
      </div>
    </div>
  );
}

function sentence(points: TestHistoryResult['points']): string {
  if (points.length < 2) return 'No other run of this machine and image has it.';
  const passed = points.filter(({ state }) => state === 'passed').length;
  const newest = points[0]!;
  const same = points.findIndex(({ state }) => state !== newest.state);
  const since = same < 0 ? 'in all of them' : `in the last ${formatCount(same)}`;
  return `Last ${plural(points.length, 'run')} on this machine and image, oldest first: passed in ${formatCount(passed)}; ${newest.state} ${since}.`;
}
