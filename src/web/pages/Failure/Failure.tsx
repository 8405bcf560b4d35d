/** Failure: what an address in a chat opens. What failed, the line that says why, who else has it, since when, what fixed it, the log. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { ApiError, address } from '../../../api/client.ts';
import type { FailureDetail } from '../../../api/contract.ts';
import { formatBytes, formatCount, plural } from '../../../model/format.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { Missing, Revision, When } from '../../components/Figures.tsx';
import { LogViewer } from '../../components/LogViewer/LogViewer.tsx';
import { useLineRange } from '../../components/LogViewer/use-line-range.ts';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { BuildOutcomeMark } from '../../components/Outcome.tsx';
import { useTitle } from '../../components/use-title.ts';
import { VisibilityMark } from '../../components/VisibilityMark.tsx';
import { failureQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { compact } from '../../state/search.ts';
import { Known } from '../Failures/Known.tsx';
import styles from './Failure.module.css';
import { History } from './History.tsx';
import { SeenBefore } from './SeenBefore.tsx';

export function Failure() {
  const { failure: of } = useParams({ from: '/f/$failure' });
  const query = useQuery(failureQuery(of));
  const failure = query.data;
  useTitle(failure?.title ?? 'Failure');
  const navigate = useNavigate();
  useCommands([
    {
      id: 'failure-build',
      label: 'Show the build that failed',
      group: 'Failure',
      keys: ['b'],
      run: () => {
        if (failure !== undefined) void navigate({ to: '/b/$id/problems', params: { id: failure.build }, search: {} });
      },
    },
  ]);
  if (failure === undefined) {
    if (!query.isError) return <Bones />;
    const gone = query.error instanceof ApiError && query.error.code === 'not-found';
    return (
      <>
        <h1>Failure</h1>
        <ErrorNote
          error={query.error}
          what={gone ? 'There is no such failure, or it is not for you to see' : 'The failure could not be read'}
          retry={() => void query.refetch()}
        />
        <Link to="/" search={{}}>
          All builds
        </Link>
      </>
    );
  }
  return (
    <div className={styles.page}>
      <Head failure={failure} />
      <Cause failure={failure} />
      <Environment failure={failure} />
      <div className={styles.columns}>
        <SeenBefore failure={failure} />
        <History failure={failure} />
        <Layers failure={failure} />
        {failure.fingerprint === null ? null : (
          <Known fingerprint={failure.fingerprint.hash} crossHash={failure.fingerprint.crossHash} />
        )}
      </div>
      <section>
        <h2>Log</h2>
        <Log failure={failure} />
      </section>
    </div>
  );
}

/** `zlib-1.3-r0`, or what else the failure has for a name. */
function recipeOf({ pn, version }: FailureDetail): string {
  return pn === null ? 'The build' : version === null ? pn : `${pn}-${version}`;
}

function Head({ failure }: { failure: FailureDetail }) {
  return (
    <div className={styles.head}>
      <h1>
        <span className="bad" aria-hidden="true">
          ✗
        </span>{' '}
        {failure.mc === '' ? null : <span className={styles.mc}>mc:{failure.mc} </span>}
        <span className={styles.name}>{recipeOf(failure)}</span>{' '}
        {failure.task === null ? null : <span className={styles.name}>{failure.task}</span>} failed
      </h1>
      <VisibilityMark visibility={failure.visibility} />
      {failure.fingerprint === null ? null : (
        <span className={styles.kind} title="Class of the cause, and whether trying again may help">
          {failure.fingerprint.class} ·{' '}
          {failure.fingerprint.infrastructure ? 'of the machine or network' : 'of the source'}
        </span>
      )}
      <span className="grow" />
      <span className="row no-print">
        <Link
          to="/b/$id/problems"
          params={{ id: failure.build }}
          search={{}}
          className="btn"
          title="The build that failed (b)"
        >
          Build
        </Link>
        <CopyButton text={`${window.location.origin}/f/${failure.id}`} what="short link" label="Link" />
        <DownloadMenu
          items={[
            { label: 'This page as text', href: address.failureText(failure.id) },
            { label: 'This page as JSON', href: address.failure(failure.id) },
          ]}
        />
      </span>
    </div>
  );
}

function Cause({ failure: { around, cause, log } }: { failure: FailureDetail }) {
  if (around === null)
    return cause === null ? (
      <EmptyNote title="Why is not recorded">
        {log.missing === null ? 'The log is empty.' : log.missing} No other source of the build told a reason.
      </EmptyNote>
    ) : (
      <pre className={styles.cause}>
        <strong className={styles.why}>{cause}</strong>
      </pre>
    );
  return (
    <>
      {around.at === null && cause !== null ? (
        <pre className={styles.cause}>
          <strong className={styles.why}>{cause}</strong>
        </pre>
      ) : null}
      {around.at === null ? <p className="muted">Which line of the log says why is not known. It ends so:</p> : null}
      <pre className={styles.cause}>
        {around.lines.map((line, i) => {
          const text = `${line}\n`;
          return i === around.at ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
            <strong key={i} className={styles.why}>
              {text}
            </strong>
          ) : (
            text
          );
        })}
      </pre>
    </>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Environment({ failure: { environment } }: { failure: FailureDetail }) {
  const { host, targets } = environment;
  const or = (value: string | null): ReactNode => value ?? <Missing />;
  const distro = [environment.distro, environment.distroVersion].filter((part) => part !== null).join(' ');
  const machine = [
    host.cores === null ? null : plural(host.cores, 'core'),
    host.memoryBytes === null ? null : formatBytes(host.memoryBytes),
    host.arch,
  ].filter((part) => part !== null);
  return (
    <dl className={styles.facts}>
      <Fact label="when">
        <When ms={environment.startedMs} />
      </Fact>
      <Fact label="machine">{or(environment.machine)}</Fact>
      <Fact label="distro">{or(distro === '' ? null : distro)}</Fact>
      <Fact label="target">{or(targets === null ? null : targets.join(' '))}</Fact>
      <Fact label="builder">{or(environment.builder)}</Fact>
      <Fact label="host">
        {or(host.distro)}
        {machine.length === 0 && host.kernel === null ? null : (
          <span
            className="muted"
            title={[host.name, host.cpuModel, host.kernel].filter((part) => part !== null).join('\n')}
          >
            {' '}
            {machine.join(', ')}
          </span>
        )}
      </Fact>
      <Fact label="BitBake">{or(environment.bitbakeVersion)}</Fact>
      <Fact label="build">
        <BuildOutcomeMark outcome={environment.outcome} word />
      </Fact>
    </dl>
  );
}

function Layers({ failure: { layers } }: { failure: FailureDetail }) {
  return (
    <section>
      <h2 id="layers">
        Layers {layers.length === 0 ? '' : <span className="muted">{formatCount(layers.length)}</span>}
      </h2>
      {layers.length === 0 ? (
        <p className="muted">Their revisions were not recorded.</p>
      ) : (
        <table className={styles.layers} aria-labelledby="layers">
          <tbody>
            {layers.map((layer) => (
              <tr key={layer.name}>
                <th scope="row">{layer.name}</th>
                <td>{layer.branch ?? <span className="muted">no branch</span>}</td>
                <td>
                  {layer.link === null ? (
                    <Revision commit={layer.commit} />
                  ) : (
                    <a href={layer.link} rel="noreferrer" className="mono" title={layer.commit ?? undefined}>
                      {layer.commit?.slice(0, 10)}
                    </a>
                  )}
                  {layer.modified === true ? <span className="warn"> modified</span> : null}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Log({ failure }: { failure: FailureDetail }) {
  const { wrap, find } = useSearch({ from: '/f/$failure' });
  const navigate = useNavigate({ from: '/f/$failure' });
  const [range, setRange] = useLineRange();
  const { log } = failure;
  if (log.missing !== null) return <EmptyNote title="There is no log to show">{log.missing}</EmptyNote>;
  const name = log.row !== null ? { row: log.row } : log.blob !== null ? { blob: log.blob } : null;
  if (name === null) return null;
  const change = (what: { wrap?: 1 | undefined; find?: string | undefined }): void =>
    void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...what }), hash: true, replace: true });
  return (
    <LogViewer
      build={failure.build}
      log={name}
      cause={failure.causeLine}
      wrap={wrap === 1}
      onWrap={(on) => change({ wrap: on ? 1 : undefined })}
      find={find ?? ''}
      onFind={(words) => change({ find: words })}
      range={range}
      onRange={setRange}
    />
  );
}

function Bones() {
  return (
    <div className={styles.page} aria-busy="true">
      <h1>Failure</h1>
      <div className={`skeleton ${styles.causeBone}`} />
      <div className={`skeleton ${styles.factsBone}`} />
      <div className={`skeleton ${styles.logBone}`} />
    </div>
  );
}
