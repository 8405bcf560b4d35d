/** What the build belongs to: pages elsewhere, what made it run, what it made run, and the steps of a build that a farm's server tells of. */
import { Link } from '@tanstack/react-router';
import type { BuildDetail } from '../../../api/contract.ts';
import { formatCount, formatDuration, plural } from '../../../model/format.ts';
import { BuildOutcomeMark } from '../../components/Outcome.tsx';
import { buildTitle } from '../build-title.ts';
import styles from './Related.module.css';

const SHOWN = 5;

export function Related({ build }: { build: BuildDetail }) {
  const { links, parents, children, childrenTotal } = build;
  const steps = build.sources.every(({ kind }) => kind === 'buildbot' || kind === 'jenkins') ? build.phases : [];
  if (links.length + parents.length + childrenTotal + steps.length === 0) return null;
  return (
    <section className={styles.related} aria-label="Where it belongs">
      {links.length === 0 ? null : (
        <p className={styles.line}>
          <span className="muted">Elsewhere</span>
          {links.map(({ url, title }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: links of a build may be alike, and never move
            <a key={i} href={url} rel="noreferrer nofollow" className="cut" title={url}>
              {title} ↗
            </a>
          ))}
        </p>
      )}
      {parents.length === 0 ? null : (
        <p className={styles.line}>
          <span className="muted">Run by</span>
          <Builds builds={parents} />
        </p>
      )}
      {childrenTotal === 0 ? null : (
        <details open={childrenTotal <= SHOWN} className={styles.more}>
          <summary>
            <span className="muted">Ran</span> {plural(childrenTotal, 'build')}
            {failedOf(children)}
          </summary>
          <p className={styles.line}>
            <Builds builds={children} />
          </p>
          {childrenTotal > children.length ? (
            <p className="muted">The newest {formatCount(children.length)} of them are shown.</p>
          ) : null}
        </details>
      )}
      {steps.length === 0 ? null : (
        <details open={steps.length <= 12} className={styles.more}>
          <summary>{plural(steps.length, 'step')}</summary>
          <table aria-label="Steps" className={styles.steps}>
            <thead>
              <tr>
                <th>step</th>
                <th className="num">duration</th>
                <th>said</th>
              </tr>
            </thead>
            <tbody>
              {steps.map(({ id, label, startMs, endMs, estimated, detail }) => (
                <tr key={id}>
                  <td>{label}</td>
                  <td className="num">
                    {estimated ? '~ ' : ''}
                    {formatDuration(endMs - startMs)}
                  </td>
                  <td className="muted">{detail ?? ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </section>
  );
}

function failedOf(builds: BuildDetail['children']): string {
  const failed = builds.filter(({ outcome }) => outcome === 'failed').length;
  return failed === 0 ? '' : `, ${formatCount(failed)} failed`;
}

function Builds({ builds }: { builds: BuildDetail['children'] }) {
  return builds.map((build) => (
    <span key={build.id} className={styles.build}>
      <BuildOutcomeMark outcome={build.outcome} />
      <Link to="/b/$id" params={{ id: build.id }} className="cut" title={build.firstFailure ?? build.name}>
        {buildTitle(build)}
      </Link>
    </span>
  ));
}
