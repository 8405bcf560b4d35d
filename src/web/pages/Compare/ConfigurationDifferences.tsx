import type { CompareResult } from '../../../api/contract.ts';
import { formatCount, NOT_RECORDED, shortRevision } from '../../../model/format.ts';
import styles from './Compare.module.css';
import { letter } from './letter.ts';

const KINDS = { build: 'Build', host: 'Host', layer: 'Layers', variable: 'Variables' } as const;

/** Commits in a value (`main 0123456789abcdef…`) are cut as everywhere; the whole on hover. */
function shown(value: string): string {
  return value.replaceAll(/\b[0-9a-f]{16,64}\b/g, (commit) => shortRevision(commit));
}

export function ConfigurationDifferences({
  data,
  showSame,
  onShowSame,
}: {
  data: CompareResult;
  showSame: boolean;
  onShowSame: (on: boolean) => void;
}) {
  const differing = data.configuration.filter((c) => c.differs);
  const rows = showSame ? data.configuration : differing;
  const same = data.configuration.length - differing.length;
  const nothing = data.configuration.every((c) => c.values.every((v) => v === null));
  return (
    <section>
      <div className={styles.heading}>
        <h2>
          {differing.length === 0 ? 'Configuration: no difference that was recorded' : 'What differs in configuration'}
        </h2>
        {same === 0 ? null : (
          <button type="button" className="btn plain" aria-pressed={showSame} onClick={() => onShowSame(!showSame)}>
            {showSame ? 'Changes only' : `${formatCount(same)} the same`}
          </button>
        )}
      </div>
      {nothing ? (
        <p className="muted">
          Neither layers nor variables were recorded: they are in event logs, which were not found beside these
          buildstats.
        </p>
      ) : null}
      {rows.length === 0 ? null : (
        <div className="scroll-x">
          <table aria-label="Configuration" className={styles.table}>
            <thead>
              <tr>
                <td />
                {data.builds.map((b, i) => (
                  <th key={b.id}>{letter(i)}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {(Object.keys(KINDS) as (keyof typeof KINDS)[]).flatMap((kind) =>
                rows
                  .filter((r) => r.kind === kind)
                  .map((row, i) => (
                    <tr key={`${kind} ${row.name}`} className={i === 0 ? styles.kindStart : undefined}>
                      <th className={kind === 'variable' || kind === 'layer' ? 'mono' : undefined}>
                        {i === 0 ? <span className={styles.kind}>{KINDS[kind]}</span> : null}
                        {row.name}
                      </th>
                      {row.values.map((value, at) => (
                        <td
                          // biome-ignore lint/suspicious/noArrayIndexKey: one value a build
                          key={at}
                          className={`mono ${row.differs && value !== row.values[0] ? styles.changed : ''}`}
                          title={value ?? undefined}
                        >
                          {value === null ? (
                            <span className="muted">{NOT_RECORDED}</span>
                          ) : value === '' ? (
                            <span className="muted">empty</span>
                          ) : (
                            shown(value)
                          )}
                        </td>
                      ))}
                    </tr>
                  )),
              )}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
