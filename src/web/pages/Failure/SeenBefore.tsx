/** Who else had it: other builds that failed in the same words. */
import { Link } from '@tanstack/react-router';
import type { FailureDetail } from '../../../api/contract.ts';
import { plural } from '../../../model/format.ts';
import { When } from '../../components/Figures.tsx';
import styles from './Failure.module.css';

/** A screen of them; the others are behind a word. */
const NAMED = 5;

export function SeenBefore({ failure }: { failure: FailureDetail }) {
  return (
    <section>
      <h2>Seen before</h2>
      <Words failure={failure} />
      <Formula failure={failure} />
    </section>
  );
}

function Words({ failure: { seen, alike, fingerprint } }: { failure: FailureDetail }) {
  if (seen === null || fingerprint === null)
    return (
      <p className="muted">
        Its words were not looked at yet: whoever failed alike is found a moment after a build came.
      </p>
    );
  const others = alike === null ? 0 : alike.failures - seen.failures;
  return (
    <>
      {seen.failures === 0 ? (
        <p>No other build that is here failed in the same words.</p>
      ) : (
        <>
          <p>
            <strong>{plural(seen.builds, 'other build')}</strong>
            {among(seen.machineCount, 'machine', seen.machines)}
            {among(seen.builderCount, 'builder', seen.builders)}
            {seen.hostDistros.length === 0 ? null : <> on {seen.hostDistros.slice(0, 4).join(', ')}</>}; first{' '}
            <When ms={seen.firstMs} />, last <When ms={seen.lastMs} />.
          </p>
          <List newest={seen.newest.slice(0, NAMED)} />
          {seen.newest.length <= NAMED ? null : (
            <details>
              <summary>
                {seen.builds > seen.newest.length ? `the newest ${seen.newest.length}` : `all ${seen.newest.length}`}
              </summary>
              <List newest={seen.newest.slice(NAMED)} />
            </details>
          )}
        </>
      )}
      {others <= 0 || alike === null ? null : (
        <p className="muted">
          The same cause in other recipes or tasks: {plural(others, 'failure')} ({alike.recipes.slice(0, 6).join(', ')}
          {alike.recipeCount > 6 ? ' …' : ''}).
        </p>
      )}
    </>
  );
}

/** `, 3 machines (a, b, c)`; one is told by its name alone. */
function among(count: number, what: string, names: readonly string[]): string {
  if (count === 0) return '';
  if (count === 1) return `, ${what} ${names[0] ?? ''}`;
  return `, ${plural(count, what)} (${names.slice(0, 4).join(', ')}${count > 4 ? ' …' : ''})`;
}

function List({ newest }: { newest: NonNullable<FailureDetail['seen']>['newest'] }) {
  return (
    <ul className={styles.seen}>
      {newest.map((one) => (
        <li key={`${one.build} ${one.key}`}>
          <Link to="/f/$failure" params={{ failure: one.failure }} search={{}}>
            <When ms={one.startedMs} />
          </Link>{' '}
          {[one.machine, one.branch, one.builder, one.hostDistro].filter((part) => part !== null).join(' · ')}
          {one.version === null ? null : <span className="mono muted"> {one.version}</span>}
        </li>
      ))}
    </ul>
  );
}

function Formula({ failure: { fingerprint, grouping } }: { failure: FailureDetail }) {
  if (fingerprint === null) return null;
  return (
    <details className={styles.formula}>
      <summary className="muted">
        how this was grouped: fingerprint <span className="mono">{fingerprint.hash}</span>
      </summary>
      <p>
        Two failures are one where recipe, task, class and these words are the same. What differs from build to build
        was taken out of them (rules {fingerprint.rules}):
      </p>
      <pre className={styles.words}>{fingerprint.text === '' ? '(no words: nothing says why)' : fingerprint.text}</pre>
      {grouping === null ? null : <Steps steps={grouping.steps} />}
      <p>
        Without recipe and task, to find the same cause elsewhere: <span className="mono">{fingerprint.crossHash}</span>
      </p>
      {grouping === null ? (
        <p className="muted">The steps are not shown: rules of another version made it.</p>
      ) : (
        <Steps steps={grouping.crossSteps} />
      )}
    </details>
  );
}

function Steps({ steps }: { steps: NonNullable<FailureDetail['grouping']>['steps'] }) {
  if (steps.length === 0) return null;
  return (
    <ol className={styles.steps}>
      {steps.map(({ name, why, before, after }) => (
        <li key={name}>
          {name}: <span className="muted">{why}</span>
          <pre className={styles.words}>
            <del>{before}</del>
            {'\n'}
            <ins>{after === '' ? '(nothing)' : after}</ins>
          </pre>
        </li>
      ))}
    </ol>
  );
}
