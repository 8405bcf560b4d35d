/** Problems: what failed and why, package QA, what bitbake said, and what was wrong with the data themselves. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { BuildDetail, NewQaIssues } from '../../../../api/contract.ts';
import { plural } from '../../../../model/format.ts';
import { Missing, When } from '../../../components/Figures.tsx';
import { LogViewer } from '../../../components/LogViewer/LogViewer.tsx';
import { useLineRange } from '../../../components/LogViewer/use-line-range.ts';
import { EmptyNote } from '../../../components/Notes.tsx';
import { SearchField } from '../../../components/SearchField.tsx';
import { report } from '../../../report/embedded-report.ts';
import { newQaQuery } from '../../../state/api.ts';
import { compact } from '../../../state/search.ts';
import { useBuild } from '../Build.tsx';
import styles from './Problems.module.css';

const SEVERITY: Readonly<Record<'note' | 'warning' | 'error', { glyph: string; tone: string }>> = {
  note: { glyph: '·', tone: 'muted' },
  warning: { glyph: '!', tone: 'warn' },
  error: { glyph: '✗', tone: 'bad' },
};

export function Problems() {
  const build = useBuild();
  const { q, log } = useSearch({ from: '/b/$id/problems' });
  const navigate = useNavigate({ from: '/b/$id/problems' });
  const wanted = (q ?? '').toLowerCase();
  const keep = (...texts: (string | null | undefined)[]): boolean =>
    wanted === '' || texts.some((t) => t?.toLowerCase().includes(wanted) === true);
  const judged = useJudgedQa(build);
  const failures = build.failureList.filter((f) => keep(f.pf, f.task, f.cause));
  const qa = build.qaIssueList
    .map((issue, i) => ({ ...issue, verdict: judged?.[i] ?? null }))
    .filter((i) => keep(i.pf, i.qaClass, i.message, i.verdict?.state === 'new' ? 'new' : null));
  const messages = build.messages.filter((m) => keep(m.text, m.logger));
  const problems = build.problemList.filter((p) => keep(p.code, p.message, p.file));
  const openLog = (row: number | undefined): void =>
    void navigate({
      resetScroll: false,
      // Words and lines were of the log that is closed.
      search: (old) => compact({ ...old, log: row === log ? undefined : row, find: undefined }),
    });
  // A link from a task that did not fail: its log has no place in the lists below.
  const otherLog = log !== undefined && !build.failureList.some((f) => f.row === log);
  const nothing =
    !otherLog &&
    build.failureList.length + build.qaIssueList.length + build.messages.length + build.problemList.length === 0;
  if (nothing) {
    return (
      <EmptyNote title="No problems">
        Nothing failed, no package QA issue and no warning was recorded, and everything in {build.location} could be
        read.
      </EmptyNote>
    );
  }
  return (
    <div className={styles.page}>
      <SearchField
        value={q ?? ''}
        onChange={(text) =>
          void navigate({ resetScroll: false, search: (old) => compact({ ...old, q: text }), replace: true })
        }
        placeholder="Search in problems"
        label="Search in problems"
        className={styles.search}
      />
      {otherLog ? (
        <section>
          <div className={styles.head}>
            <h2>Log of a task run</h2>
            <button type="button" className="btn plain" onClick={() => openLog(log)}>
              close
            </button>
          </div>
          <Log row={log} />
        </section>
      ) : null}
      {build.failureList.length === 0 ? null : (
        <Section title="Failures" count={failures.length} of={build.failureList.length}>
          {failures.map((failure, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two failures may be alike
            <li key={i} className={styles.item}>
              <div className={styles.head}>
                <span className="bad" aria-hidden="true">
                  ✗
                </span>
                <strong className="mono">{failureName(failure)}</strong>
                <span className="grow" />
                {report !== null || build.failureAddresses[build.failureList.indexOf(failure)] === undefined ? null : (
                  <Link
                    to="/f/$failure"
                    params={{ failure: build.failureAddresses[build.failureList.indexOf(failure)]! }}
                    search={{}}
                    className="btn"
                    title="Who else had it, since when, what fixed it"
                  >
                    Where else
                  </Link>
                )}
                {failure.row === null ? null : (
                  <button
                    type="button"
                    className="btn"
                    aria-expanded={log === failure.row}
                    onClick={() => openLog(failure.row ?? undefined)}
                  >
                    Log
                  </button>
                )}
              </div>
              {failure.cause === null ? (
                <div className="muted">
                  The cause was not recorded
                  {failure.logPath === null ? (
                    '.'
                  ) : (
                    <>
                      : the log was at <span className="mono">{failure.logPath}</span>.
                    </>
                  )}
                </div>
              ) : (
                <pre className={styles.cause}>{failure.cause}</pre>
              )}
              {failure.row !== null && log === failure.row ? <Log row={failure.row} /> : null}
            </li>
          ))}
        </Section>
      )}
      {build.qaIssueList.length === 0 ? null : (
        <Section title="Package QA" count={qa.length} of={build.qaIssueList.length}>
          {qa.map((issue, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two issues may be alike
            <li key={i} className={styles.item}>
              <div className={styles.head}>
                <span className={SEVERITY[issue.severity].tone} title={issue.severity}>
                  {SEVERITY[issue.severity].glyph}
                </span>
                <span className="mono">{issue.qaClass ?? 'class not recorded'}</span>
                <span className="mono muted">
                  {issue.pf ?? ''}
                  {issue.task === null ? '' : `:${issue.task}`}
                </span>
                {issue.verdict === null ? null : <QaMark verdict={issue.verdict} />}
              </div>
              <div className={styles.text}>{issue.message}</div>
            </li>
          ))}
        </Section>
      )}
      {build.messages.length === 0 ? null : (
        <Section title="What BitBake warned of" count={messages.length} of={build.messages.length}>
          {messages.map((message, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two messages may be alike
            <li key={i} className={styles.item}>
              <div className={styles.head}>
                <span className={SEVERITY[message.level].tone} title={message.level}>
                  {SEVERITY[message.level].glyph}
                </span>
                <span className="muted">
                  {message.timeMs === null ? <Missing /> : <When ms={message.timeMs} full />}
                </span>
                <span className="mono muted">{message.logger ?? ''}</span>
              </div>
              <pre className={styles.text}>{message.text}</pre>
            </li>
          ))}
        </Section>
      )}
      <Section title="In the data" count={problems.length} of={build.problemList.length}>
        {build.problemList.length === 0 ? (
          <li className="muted">Everything could be read.</li>
        ) : (
          problems.map((problem, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two problems may be alike
            <li key={i} className={styles.item}>
              <div className={styles.head}>
                <span className={SEVERITY[problem.severity].tone} title={problem.severity}>
                  {SEVERITY[problem.severity].glyph}
                </span>
                <span className="mono">{problem.code}</span>
                <span className={`mono muted ${styles.file}`}>
                  {problem.file ?? ''}
                  {problem.line === null ? '' : `:${problem.line}`}
                </span>
              </div>
              <div className={styles.text}>{problem.message}</div>
            </li>
          ))
        )}
      </Section>
    </div>
  );
}

type QaVerdict = NewQaIssues['issues'][number];

/** Which of its QA issues are new; null: not known yet, or there is no server to compare with others. */
function useJudgedQa(build: BuildDetail): NewQaIssues['issues'] | null {
  const { data } = useQuery({ ...newQaQuery(build.id), enabled: report === null && build.qaIssueList.length > 0 });
  // A build that has just grown has more than was judged.
  return data?.issues.length === build.qaIssueList.length ? data.issues : null;
}

function QaMark({ verdict }: { verdict: QaVerdict }) {
  if (verdict.state === 'not-checked-before')
    return (
      <span
        className="muted"
        title="No earlier build of this machine, distribution and branch is known to have checked"
      >
        not checked before
      </span>
    );
  const other = verdict.state === 'new' ? verdict.lastCheck : verdict.firstBuild;
  return (
    <>
      {verdict.state === 'new' ? <strong className="warn">new</strong> : null}
      {other === null ? null : (
        <Link to="/b/$id/problems" params={{ id: other }} className="muted">
          {verdict.state === 'new' ? 'last checked without it' : 'first seen'}
        </Link>
      )}
    </>
  );
}

function Log({ row }: { row: number }) {
  const build = useBuild();
  const { wrap, find } = useSearch({ from: '/b/$id/problems' });
  const navigate = useNavigate({ from: '/b/$id/problems' });
  const [range, setRange] = useLineRange();
  if (!build.logsAvailable) {
    return (
      <EmptyNote title="Logs cannot be shown">
        None came with the build. They stay in the build folder; the server shows them when it was pointed at that
        folder, and then only from below it.
      </EmptyNote>
    );
  }
  const change = (what: { wrap?: 1 | undefined; find?: string | undefined }): void =>
    void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...what }), hash: true, replace: true });
  return (
    <div className={styles.log}>
      <LogViewer
        build={build.id}
        log={{ row }}
        wrap={wrap === 1}
        onWrap={(on) => change({ wrap: on ? 1 : undefined })}
        find={find ?? ''}
        onFind={(words) => change({ find: words })}
        range={range}
        onRange={setRange}
      />
    </div>
  );
}

function failureName(failure: BuildDetail['failureList'][number]): string {
  if (failure.pf === null && failure.task === null) return 'outside any task';
  const mc = failure.mc === '' ? '' : `mc:${failure.mc}:`;
  return `${mc}${failure.pf ?? '?'}:${failure.task ?? '?'}`;
}

function Section({ title, count, of, children }: { title: string; count: number; of: number; children: ReactNode }) {
  return (
    <section>
      <h2>
        {title}{' '}
        <span className="muted">
          {of === 0 ? '' : count === of ? count : `${count} of ${plural(of, 'entry', 'entries')}`}
        </span>
      </h2>
      <ul className={styles.list}>{children}</ul>
    </section>
  );
}
