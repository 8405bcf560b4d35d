import { Link } from '@tanstack/react-router';
import type { RecipeShown, ShownBlame } from '../../../api/contract.ts';
import { NOT_RECORDED, plural, shortRevision } from '../../../model/format.ts';
import { When } from '../../components/Figures.tsx';
import { RecipeStatusMark, recipeStatusLabel } from '../../components/RecipeStatus.tsx';
import { formatWhen } from '../../format/time.ts';
import styles from './Recipe.module.css';

/** Older runs than these are in the list below. */
const CELLS_MAX = 30;

type Strip = RecipeShown['strips'][number];

export function RecipeStrips({ shown, labels }: { shown: RecipeShown; labels: readonly string[] }) {
  return (
    <div className="scroll-x">
      <table className={`${styles.table} ${styles.cards} ${styles.strips}`} aria-labelledby="where">
        <thead>
          <tr>
            {labels.map((label) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
            <th scope="col">now</th>
            <th scope="col">last succeeded</th>
            <th scope="col">builds</th>
          </tr>
        </thead>
        <tbody>
          {shown.strips.map((strip) => (
            <tr key={JSON.stringify(strip.values)}>
              {strip.values.map((value, i) => (
                <td key={labels[i]} className={`nowrap ${value === null ? 'muted' : ''}`}>
                  {value ?? NOT_RECORDED}
                </td>
              ))}
              <td className={styles.now}>
                <Now shown={shown} strip={strip} />
              </td>
              <td data-says="succeeded">
                {strip.lastPass === null ? (
                  <span className="muted">in none of these</span>
                ) : (
                  <Link to="/b/$id" params={{ id: shown.runs[strip.lastPass]!.build }}>
                    <When ms={shown.runs[strip.lastPass]!.startedMs} />
                  </Link>
                )}
              </td>
              <td>
                <span className={styles.strip}>
                  {strip.runs.length > CELLS_MAX ? (
                    <span className="muted">+{strip.runs.length - CELLS_MAX}</span>
                  ) : null}
                  {strip.runs.slice(-CELLS_MAX).map((index) => (
                    <StripCell key={index} run={shown.runs[index]!} />
                  ))}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function StripCell({ run }: { run: RecipeShown['runs'][number] }) {
  const says = [
    `${recipeStatusLabel(run.status)}${run.failedTask === null ? '' : `: ${run.failedTask}`}`,
    formatWhen(run.startedMs),
    run.version ?? '',
    run.failure?.cause ?? '',
  ]
    .filter((part) => part !== '')
    .join('\n');
  const mark = <RecipeStatusMark status={run.status} />;
  return run.failure === null ? (
    <Link to="/b/$id" params={{ id: run.build }} title={says} preload={false}>
      {mark}
    </Link>
  ) : (
    <Link to="/f/$failure" params={{ failure: run.failure.address }} title={says} preload={false}>
      {mark}
    </Link>
  );
}

/** What the newest executed run says, and since when: as the page of the failure has it. */
function Now({ shown, strip }: { shown: RecipeShown; strip: Strip }) {
  const { blame } = strip;
  const newest = (index: number | null): number => (index === null ? -1 : strip.runs.indexOf(index));
  const passed = newest(strip.lastPass);
  const failed = newest(strip.lastFailure);
  if (passed < 0 && failed < 0) return <span className="muted">never executed in these builds</span>;
  if (failed > passed) {
    const run = shown.runs[strip.lastFailure!]!;
    if (run.failure?.infrastructure === true)
      return (
        <span className="warn">the last failure is of the machine, not of the recipe: {run.failure.causeClass}</span>
      );
    return (
      <>
        <span className="bad">fails</span> <span className="mono">{run.failedTask}</span>
        {blame === null ? (
          <span className="muted"> since when is not known</span>
        ) : blame.fixed !== null ? (
          <>
            <span className="muted"> in a build of older revisions; mended </span>
            <When ms={blame.fixed.to.startedMs} /> <Range range={blame.fixed} />
          </>
        ) : blame.broke === null ? (
          <>
            {' since '}
            <When ms={blame.firstFailure.startedMs} />
            <span className="muted">: no build before it executed the task and passed</span>
          </>
        ) : (
          <>
            {' since '}
            <When ms={blame.broke.to.startedMs} /> <Range range={blame.broke} />
          </>
        )}
      </>
    );
  }
  const unchecked = strip.runs.length - 1 - passed;
  return (
    <>
      <span className="ok">builds</span>
      {unchecked > 0 ? <span className="muted">, not checked by {plural(unchecked, 'later build')}</span> : null}
      {/* What was mended long ago is no news. */}
      {blame?.fixed == null || blame.fixed.to.build !== shown.runs[strip.lastPass!]!.build ? null : (
        <span className="muted">
          {'; mended '}
          <When ms={blame.fixed.to.startedMs} /> <Range range={blame.fixed} />
        </span>
      )}
    </>
  );
}

function Range({ range }: { range: NonNullable<ShownBlame['broke']> }) {
  if (range.worth === 'not-recorded') return <span className="muted">(layers not recorded)</span>;
  if (range.worth === 'same-revisions')
    return <span className="muted">with the same revisions: configuration, host or chance</span>;
  return (
    <span className={styles.range}>
      {range.layers.map((layer) => {
        const href = layer.link;
        const text =
          layer.change === 'moved'
            ? `${layer.name} ${shortRevision(layer.from ?? '')}..${shortRevision(layer.to ?? '')}`
            : `${layer.name} ${layer.change}`;
        return href === null ? (
          <span key={layer.name} className="mono">
            {text}
          </span>
        ) : (
          <a key={layer.name} className="mono" href={href} rel="noreferrer" target="_blank">
            {text}
          </a>
        );
      })}
    </span>
  );
}
