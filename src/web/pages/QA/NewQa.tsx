/** What one build brought: issues that no earlier build had which executed the check. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { plural } from '../../../model/format.ts';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { newQaQuery } from '../../state/api.ts';
import styles from './QA.module.css';
import { classId, classLabel, NO_CLASS, type QaBuild } from './qa-tables.ts';

/** What is beyond is on the build's own page. */
const SHOWN_MAX = 50;

export function NewQa({ build, about, onClose }: { build: string; about: QaBuild | undefined; onClose: () => void }) {
  const query = useQuery(newQaQuery(build));
  const { data } = query;
  const brought = data?.issues.filter(({ state }) => state === 'new') ?? [];
  const unchecked = data?.issues.filter(({ state }) => state === 'not-checked-before').length ?? 0;
  const known = (data?.issues.length ?? 0) - brought.length - unchecked;
  return (
    <section aria-labelledby="new-qa" className={styles.brought}>
      <div className={styles.heading}>
        <h2 id="new-qa">New in build {about?.name ?? (data?.build ?? build).slice(0, 8)}</h2>
        <Link to="/b/$id/problems" params={{ id: build }} className="nowrap">
          its problems
        </Link>
        <span className="grow" />
        <button type="button" className="btn plain" onClick={onClose}>
          close
        </button>
      </div>
      {query.isError ? (
        <ErrorNote error={query.error} what="New issues could not be read" retry={() => void query.refetch()} />
      ) : data === undefined ? (
        <p className="muted">comparing with earlier builds …</p>
      ) : (
        <>
          <p className="muted">
            {data.issues.length === 0
              ? about?.checks === 0
                ? 'It executed no check: nobody knows.'
                : 'No package QA issue was recorded of it.'
              : `${brought.length} new, ${known} known, ${unchecked} in recipes that none of the earlier ones checked; compared with ${plural(data.compared, 'earlier build')} of its machine, distribution and branch.`}
          </p>
          {brought.length === 0 && data.issues.length > 0 ? (
            <EmptyNote title="Nothing is new">
              {unchecked === 0
                ? 'An earlier build had each of its issues.'
                : 'Of issues in recipes that were not checked before nobody can say whether they are.'}
            </EmptyNote>
          ) : null}
          <ul className={styles.list}>
            {brought.slice(0, SHOWN_MAX).map((issue, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: two issues may be alike
              <li key={i}>
                <span className="mono">{classLabel(classId(issue.qaClass))}</span>{' '}
                {issue.pn === null ? null : (
                  <Link to="/qa" search={{ recipe: issue.pn, class: [issue.qaClass ?? NO_CLASS] }} className="mono">
                    {issue.pn}
                  </Link>
                )}{' '}
                {issue.lastCheck === null ? null : (
                  <Link to="/b/$id/problems" params={{ id: issue.lastCheck }} className="muted">
                    last checked without it
                  </Link>
                )}
                <div className={styles.message}>{issue.message}</div>
              </li>
            ))}
          </ul>
          {brought.length > SHOWN_MAX ? (
            <p className="muted">and {brought.length - SHOWN_MAX} more among its problems.</p>
          ) : null}
        </>
      )}
    </section>
  );
}
