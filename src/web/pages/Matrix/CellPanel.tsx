/** The builds behind a cell: the one it tells of, what came since, and all of them in the list. */
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { formatDuration, formatRatio, plural } from '../../../model/format.ts';
import { ErrorNote } from '../../components/Notes.tsx';
import { BuildOutcomeMark } from '../../components/Outcome.tsx';
import { formatWhen } from '../../format/time.ts';
import { buildsQuery } from '../../state/api.ts';
import type { BuildsSearch } from '../Builds/search.ts';
import styles from './Matrix.module.css';
import type { MatrixBuild, MatrixCell } from './matrix-picture.ts';

/** What a glance takes in; the list has the rest. */
const SHOWN = 15;

export function CellPanel({
  title,
  cell,
  build,
  filter,
  recipe,
  onClose,
}: {
  title: string;
  cell: MatrixCell;
  build: MatrixBuild | undefined;
  filter: Omit<BuildsSearch, 'pick'>;
  /** The builds are shown for this recipe of them; null: for themselves. */
  recipe: string | null;
  onClose: () => void;
}) {
  const query = useInfiniteQuery(buildsQuery(filter));
  const page = query.data?.pages[0];
  return (
    <aside className={styles.panel} aria-label={`Builds of ${title}`}>
      <div className={styles.panelHead}>
        <h2 className="grow cut" title={title}>
          {title}
        </h2>
        <button type="button" className="btn plain square" onClick={onClose} title="Close (Esc)">
          <span aria-hidden="true">✕</span>
          <span className="hidden-text">Close</span>
        </button>
      </div>
      <p>
        <BuildOutcomeMark outcome={cell.outcome} word />
        {cell.failing === null ? '' : ': '}
        {cell.failing === null ? null : <span className="mono bad">{cell.failing}</span>}
      </p>
      {build === undefined ? null : (
        <p className="muted">
          {formatWhen(build.startedMs)}
          {build.durationMs === null || recipe !== null ? '' : `, ${formatDuration(build.durationMs)}`}
          {build.ratio === null || recipe !== null ? '' : `, ${formatRatio(build.ratio)} against its usual`}
        </p>
      )}
      <p className="muted">
        {plural(cell.builds, 'build')}
        {recipe === null ? '' : ' that executed it'}, {cell.failed} failed
        {cell.running > 0 ? `, ${cell.running} running` : ''};{' '}
        {cell.succeededMs === null ? 'none succeeded' : `last succeeded ${formatWhen(cell.succeededMs)}`}
      </p>
      <div className="row">
        {build === undefined ? null : recipe === null ? (
          <Link to="/b/$id" params={{ id: build.id }} className="btn">
            Open the build
          </Link>
        ) : (
          <Link to="/b/$id/tasks" params={{ id: build.id }} search={{ q: `recipe:"${recipe}"` }} className="btn">
            Open its tasks in the build
          </Link>
        )}
        {recipe === null ? null : (
          <Link to="/recipes/$pn" params={{ pn: recipe }} className="btn">
            The recipe everywhere
          </Link>
        )}
        <Link to="/" search={filter} className="btn">
          In the list of builds
        </Link>
      </div>
      {recipe === null ? null : <p className="muted">Builds there, those too that did not execute it:</p>}
      {query.isError ? <ErrorNote error={query.error} what="The builds could not be read" /> : null}
      <ul className={styles.behind} aria-label="Last builds">
        {(page?.builds ?? []).slice(0, SHOWN).map((one) => (
          <li key={one.id}>
            <BuildOutcomeMark outcome={one.outcome} />{' '}
            <Link to="/b/$id" params={{ id: one.id }}>
              {formatWhen(one.startedMs)}
            </Link>{' '}
            <span className="mono cut">{one.firstFailure ?? ''}</span>
            <span className="muted nowrap">{one.durationMs === null ? '' : formatDuration(one.durationMs)}</span>
          </li>
        ))}
      </ul>
      {page !== undefined && page.matching > SHOWN ? (
        <p className="muted">and {plural(page.matching - SHOWN, 'older build')}</p>
      ) : null}
    </aside>
  );
}
