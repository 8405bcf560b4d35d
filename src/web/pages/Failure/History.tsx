/** Since when, what fixed it, and when the recipe was built last: of builds that executed it. What sstate brought was not checked. */
import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import type { FailureDetail } from '../../../api/contract.ts';
import { NOT_RECORDED, plural, shortRevision } from '../../../model/format.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { When } from '../../components/Figures.tsx';
import styles from './Failure.module.css';

type Blame = NonNullable<FailureDetail['blame']>;
type Range = NonNullable<Blame['broke']>;
type Success = NonNullable<NonNullable<FailureDetail['lastSucceeded']>['here']>;

export function History({ failure }: { failure: FailureDetail }) {
  const { blame, next, fixedElsewhere, lastSucceeded } = failure;
  return (
    <section>
      <h2>Since when</h2>
      <dl className={styles.history}>
        <dt>Broke</dt>
        <dd>
          <Broke failure={failure} />
        </dd>
        {blame?.sinceCause == null ? null : (
          <>
            <dt>In these words</dt>
            <dd>
              <Between range={blame.sinceCause} from="failed in others" to="failed in these" />
            </dd>
          </>
        )}
        {next === null ? null : (
          <>
            <dt>Try next</dt>
            <dd>
              <TryNext next={next} broke={blame?.broke ?? null} />
            </dd>
          </>
        )}
        <dt>Fixed</dt>
        <dd>
          {blame?.fixed != null ? (
            <Between range={blame.fixed} from="failed" to="passed" />
          ) : fixedElsewhere !== null ? (
            <>
              not in this configuration; in another one: <Between range={fixedElsewhere} from="failed" to="passed" />
            </>
          ) : blame === null ? (
            <span className="muted">not known</span>
          ) : (
            <>
              not yet: no build since executed it and passed
              {blame.failures > 1 ? `, ${plural(blame.failures, 'build')} failed` : ''}
            </>
          )}
        </dd>
        {blame === null || blame.late === 0 ? null : (
          <>
            <dt>Order</dt>
            <dd className="muted">
              estimated from when revisions were first built here: {plural(blame.late, 'build')}{' '}
              {blame.late === 1 ? 'was' : 'were'} made of older ones than a build before
            </dd>
          </>
        )}
        {lastSucceeded === null ? null : (
          <>
            <dt>Built last here</dt>
            <dd>
              {lastSucceeded.here === null ? (
                <span className="muted">never, on this machine, distro and branch</span>
              ) : (
                <Built success={lastSucceeded.here} />
              )}
            </dd>
            <dt>Elsewhere</dt>
            <dd>
              {lastSucceeded.elsewhere === null ? (
                <span className="muted">never</span>
              ) : (
                <Built success={lastSucceeded.elsewhere} whole />
              )}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Broke({ failure: { blame, fingerprint, pn, task } }: { failure: FailureDetail }) {
  if (blame !== null) {
    if (blame.broke !== null) return <Between range={blame.broke} from="passed" to="failed" />;
    return (
      <>
        before anything that is here: the first failure is of <End end={blame.firstFailure} />, and no build before it
        executed the recipe and passed
      </>
    );
  }
  if (fingerprint?.infrastructure === true)
    return <span className="muted">by the machine or the network: no revision made it</span>;
  if (pn === null || task === null)
    return <span className="muted">it is of no recipe's task, so there is no history of it</span>;
  return <span className="muted">not known</span>;
}

function End({ end }: { end: Range['from'] }) {
  const label = <When ms={end.startedMs} />;
  return end.failure === null ? (
    <Link to="/b/$id" params={{ id: end.build }}>
      {label}
    </Link>
  ) : (
    <Link to="/f/$failure" params={{ failure: end.failure }} search={{}}>
      {label}
    </Link>
  );
}

function Between({ range, from, to }: { range: Range; from: string; to: string }) {
  return (
    <>
      between <End end={range.from} /> ({from}) and <End end={range.to} /> ({to})
      {range.unchecked === 0 ? null : `, ${plural(range.unchecked, 'build')} between did not tell`}
      {range.otherHost === true ? (
        <div className="warn">
          The two ran on {range.from.hostDistro} and {range.to.hostDistro}.
        </div>
      ) : null}
      {range.worth === 'not-recorded' ? (
        <div className="muted">The layers of one of them were not recorded.</div>
      ) : range.worth === 'same-revisions' ? (
        <div className="muted">All layers are the same: configuration, host, network or chance.</div>
      ) : (
        <ul className={styles.ranges}>
          {range.layers.map((layer) => (
            <li key={layer.name}>
              {layer.name}{' '}
              {layer.link === null ? (
                <span className="mono">{commits(layer)}</span>
              ) : (
                <a href={layer.link} rel="noreferrer" className="mono">
                  {commits(layer)}
                </a>
              )}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** Which revision would halve the range, what builds of others say of it, and what to type. */
function TryNext({
  next: { between, middle, commands },
  broke,
}: {
  next: NonNullable<FailureDetail['next']>;
  broke: Range | null;
}) {
  return (
    <>
      {broke?.otherHost !== true ? null : (
        <div className="muted">
          the newer revisions on {broke.from.hostDistro} first: if they pass there, it is the host and no commit
        </div>
      )}
      {middle === null ? (
        <span className="muted">no build here had a revision between the two</span>
      ) : (
        <>
          {middle.layers.map(({ name, commit, link }, i) => (
            <Fragment key={name}>
              {i === 0 ? '' : ', '}
              {name}{' '}
              {link === null ? (
                <span className="mono">{shortRevision(commit)}</span>
              ) : (
                <a href={link} rel="noreferrer" className="mono">
                  {shortRevision(commit)}
                </a>
              )}
            </Fragment>
          ))}
          <span className="muted">
            : {between === 1 ? 'the one revision' : `the middle of ${plural(between, 'revision')}`} between that builds
            here had, by an estimate of their order
          </span>
          {middle.told.length === 0 ? (
            <div className="muted">no build of it executed the task</div>
          ) : (
            <ul className={styles.ranges}>
              {middle.told.map((one) => (
                <li key={one.build}>
                  <span className={one.failure === null ? 'ok' : 'bad'}>
                    {one.failure === null ? '✓ passed' : '✗ failed'}
                  </span>{' '}
                  there for {[one.machine, one.distro].filter((part) => part !== null).join(' ') || NOT_RECORDED},{' '}
                  <End end={{ ...one, hostDistro: null }} />
                </li>
              ))}
            </ul>
          )}
        </>
      )}
      {commands.map(({ layers, command }) => (
        <div key={command} className={styles.command}>
          <span className="muted nowrap">in {layers.join(', ')}</span> <code className="mono">{command}</code>{' '}
          <CopyButton text={command} what={`command for ${layers.join(', ')}`} />
        </div>
      ))}
    </>
  );
}

function commits({ change, from, to, fromBranch, toBranch }: Range['layers'][number]): string {
  switch (change) {
    case 'added':
      return `added at ${shortRevision(to)}`;
    case 'removed':
      return `removed, was ${shortRevision(from)}`;
    case 'modified':
      return `${shortRevision(to)}, with changes in the working copy`;
    case 'not-recorded':
      return 'revision not recorded';
    case 'moved':
      return `${shortRevision(from)}..${shortRevision(to)}${fromBranch === toBranch ? '' : ` (${fromBranch} to ${toBranch})`}`;
  }
}

/** `whole`: what else it was built for, where that differs. */
function Built({ success, whole = false }: { success: Success; whole?: boolean }) {
  const what = whole
    ? [success.machine, success.distro, success.branch, success.hostDistro, success.builder]
    : [success.builder, success.hostDistro];
  return (
    <>
      <Link to="/b/$id" params={{ id: success.build }}>
        <When ms={success.startedMs} />
      </Link>{' '}
      {success.version === null ? null : <span className="mono">{success.version} </span>}
      {what.filter((part) => part !== null).join(' · ')}
      {success.coreCommit === null ? null : <span className="mono muted"> {shortRevision(success.coreCommit)}</span>}
    </>
  );
}
