/** Compare: what differs in configuration, then how much it took, then where the difference comes from. The first build is the base. */
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback } from 'react';
import { address } from '../../../api/client.ts';
import type { CompareResult } from '../../../api/contract.ts';
import { formatDuration, plural } from '../../../model/format.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { Duration, When } from '../../components/Figures.tsx';
import { EmptyNote, ErrorNote, WarningNote } from '../../components/Notes.tsx';
import { BuildOutcomeMark } from '../../components/Outcome.tsx';
import { useTitle } from '../../components/use-title.ts';
import { compareQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { compact } from '../../state/search.ts';
import { buildTitle } from '../build-title.ts';
import { BuildPicker } from './BuildPicker.tsx';
import { Charts } from './Charts.tsx';
import styles from './Compare.module.css';
import { ConfigurationDifferences } from './ConfigurationDifferences.tsx';
import { Contributions } from './Contributions.tsx';
import { Differences } from './Differences.tsx';
import { exportComparison } from './export-comparison.ts';
import { letter } from './letter.ts';
import type { CompareSearch } from './search.ts';
import { TestDifferences } from './TestDifferences.tsx';
import { Totals } from './Totals.tsx';

/** As many as an answer may hold. */
const TASKS_MAX = 20_000;

export function Compare() {
  const search = useSearch({ from: '/compare' });
  const navigate = useNavigate({ from: '/compare' });
  const ids = search.b ?? [];
  useTitle('Compare');
  const change = useCallback(
    (part: Partial<CompareSearch>, replace = false) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace }),
    [navigate],
  );
  const query = useQuery(
    compareQuery({
      b: [...ids],
      metric: search.metric,
      minValue: search.min,
      minDifference: search.mindiff,
      mode: search.mode,
      task: search.task,
      recipe: search.recipe,
      outcome: search.state,
      setscene: search.setscene,
      limit: search.every === 1 ? TASKS_MAX : undefined,
    }),
  );
  // While other builds are being asked for, the old answer must not stand under the new names.
  const asked = query.data;
  const data = asked !== undefined && ids.length >= 2 && asked.builds.length === ids.length ? asked : undefined;
  const setBuilds = (b: readonly string[]): void => change({ b: b.length === 0 ? undefined : b });
  useCommands([
    {
      id: 'compare-swap',
      label: 'Swap the two builds',
      group: 'Compare',
      keys: ['s'],
      run: () => setBuilds([...ids].reverse()),
    },
    {
      id: 'compare-same',
      label: 'Show configuration that is the same, too',
      group: 'Compare',
      run: () => change({ same: search.same === 1 ? undefined : 1 }),
    },
  ]);

  return (
    <>
      <div className="page-top">
        <h1>Compare</h1>
        <span className="muted">{sentence(data)}</span>
        <span className="grow" />
        {data === undefined ? null : (
          <span className="row no-print">
            {ids.length === 2 ? (
              <button type="button" className="btn" onClick={() => setBuilds([...ids].reverse())} title="Swap (s)">
                Swap
              </button>
            ) : null}
            <CopyButton text={window.location.href} what="link" label="Link" />
            <DownloadMenu
              items={[
                ...exportComparison(data),
                { label: 'One HTML file', hint: 'to attach', href: address.compareReport(ids) },
              ]}
            />
          </span>
        )}
      </div>
      <Picked ids={ids} data={data} onChange={setBuilds} />
      {ids.length < 2 ? (
        <EmptyNote title={ids.length === 0 ? 'Pick two builds or more' : 'Pick one more build'}>
          The first is the base; differences are said from it to the last. In the list of builds, x picks and c
          compares.
        </EmptyNote>
      ) : null}
      {query.isError ? (
        <ErrorNote error={query.error} what="These builds could not be compared" retry={() => void query.refetch()} />
      ) : null}
      {ids.length >= 2 && data === undefined && !query.isError ? <Bones /> : null}
      {data === undefined ? null : (
        <div className={`${styles.sections} ${query.isPlaceholderData ? 'stale' : ''}`}>
          {data.warnings.length === 0 ? null : (
            <WarningNote>
              {data.warnings.map((w) => (
                <div key={w}>{w}</div>
              ))}
            </WarningNote>
          )}
          <ConfigurationDifferences
            data={data}
            showSame={search.same === 1}
            onShowSame={(on) => change({ same: on ? 1 : undefined }, true)}
          />
          {data.builds.length === 2 ? <TestDifferences builds={data.builds} /> : null}
          <Totals
            data={data}
            metric={data.metric.id}
            onMetric={(metric) => change({ metric: metric === 'walltime' ? undefined : metric })}
          />
          <Contributions data={data} />
          <Differences data={data} search={search} onChange={change} stale={query.isPlaceholderData} />
          <Charts builds={data.builds} />
        </div>
      )}
    </>
  );
}

function sentence(data: CompareResult | undefined): string {
  if (data === undefined) return '\u00a0';
  const [first, last] = [data.builds[0], data.builds.at(-1)];
  if (first?.durationMs == null || last?.durationMs == null) return plural(data.builds.length, 'build');
  const by = last.durationMs - first.durationMs;
  if (by === 0) return 'Both took the same time';
  return `${data.builds.length === 2 ? 'B' : letter(data.builds.length - 1)} took ${formatDuration(Math.abs(by))} ${by > 0 ? 'longer' : 'less'} than A`;
}

function Picked({
  ids,
  data,
  onChange,
}: {
  ids: readonly string[];
  data: CompareResult | undefined;
  onChange: (ids: readonly string[]) => void;
}) {
  const replace = (i: number, id: string): void => onChange(ids.map((old, at) => (at === i ? id : old)));
  return (
    <div className={styles.picked}>
      {ids.map((id, i) => {
        const build = data?.builds[i];
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: one build may be picked twice
          <div key={`${id} ${i}`} className={styles.build}>
            <span className={styles.letter}>{letter(i)}</span>
            <div className="grow">
              <div className={styles.buildName}>
                {build === undefined ? (
                  <span className="mono cut">{id.slice(0, 13)}</span>
                ) : (
                  <Link to="/b/$id" params={{ id: build.id }} className="cut" title={build.location}>
                    {buildTitle(build)}
                  </Link>
                )}
              </div>
              <div className={styles.buildFacts}>
                {build === undefined ? (
                  '\u00a0'
                ) : (
                  <>
                    <BuildOutcomeMark outcome={build.outcome} />{' '}
                    <Duration ms={build.durationMs} estimated={build.endEstimated} />
                    <span className="muted">
                      <When ms={build.startedMs} /> {build.machine ?? ''}
                    </span>
                  </>
                )}
              </div>
            </div>
            <BuildPicker
              label="change"
              title={`Another build for ${letter(i)}`}
              comparableTo={i === 0 ? ids[1] : ids[0]}
              onPick={(next) => replace(i, next)}
            />
            {ids.length > 2 ? (
              <button
                type="button"
                className="btn plain square"
                title={`Leave out ${letter(i)}`}
                onClick={() => onChange(ids.filter((_, at) => at !== i))}
              >
                <span aria-hidden="true">✕</span>
                <span className="hidden-text">Leave out {letter(i)}</span>
              </button>
            ) : null}
          </div>
        );
      })}
      {ids.length < 20 ? (
        <BuildPicker
          label={ids.length === 0 ? 'Pick the base' : ids.length === 1 ? 'Pick another' : 'Add a build'}
          title="Add a build to the comparison"
          comparableTo={ids.at(-1)}
          onPick={(id) => onChange([...ids, id])}
        />
      ) : null}
    </div>
  );
}

function Bones() {
  return (
    <div className={styles.sections} role="status" aria-busy="true">
      <span className="hidden-text">Comparing</span>
      <div className="skeleton" style={{ height: 120 }} />
      <div className="skeleton" style={{ height: 220 }} />
      <div className="skeleton" style={{ height: 180 }} />
    </div>
  );
}
