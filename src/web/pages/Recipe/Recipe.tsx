/** Recipe: where it builds and since when it does not: strips by what builds have in common, versions, causes, and every build that had it. */
import { useComputedColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { STRIP_KEYS, type StripKey, USUAL_STRIP_KEYS } from '../../../analysis/recipe-history.ts';
import type { RecipeShown } from '../../../api/contract.ts';
import { PALETTES } from '../../../chart/palette.ts';
import { formatQuantity, NOT_RECORDED, plural } from '../../../model/format.ts';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { Duration, Missing, When } from '../../components/Figures.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { useTitle } from '../../components/use-title.ts';
import { drawingPng, drawingSvg } from '../../paint/save-drawing.ts';
import { recipeQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { compact } from '../../state/search.ts';
import { Facets } from '../Builds/Facets.tsx';
import { exportRuns } from './export-runs.ts';
import styles from './Recipe.module.css';
import { RecipeRuns } from './RecipeRuns.tsx';
import { RecipeStrips } from './RecipeStrips.tsx';
import type { RecipeSearch } from './search.ts';
import { stripsDrawing } from './strips-drawing.ts';

const KEY_LABELS: Readonly<Record<StripKey, string>> = {
  machine: 'machine',
  distro: 'distro',
  branch: 'branch',
  hostDistro: 'host distro',
  builder: 'builder',
  target: 'target',
};

export function Recipe() {
  const { pn } = useParams({ from: '/recipes/$pn' });
  const search = useSearch({ from: '/recipes/$pn' });
  const navigate = useNavigate({ from: '/recipes/$pn' });
  const { by: asked, passed: first, ...filter } = search;
  const by = useMemo(
    () => (asked === undefined ? USUAL_STRIP_KEYS : STRIP_KEYS.filter((key) => asked.includes(key))),
    [asked],
  );
  const passed = first === 1;
  const query = useQuery(recipeQuery(pn, { ...filter, by: by.join(',') }));
  const [cursor, setCursor] = useState(-1);
  const scheme = useComputedColorScheme('light');
  useTitle(pn);
  const change = useCallback(
    (part: Partial<RecipeSearch>) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace: true }),
    [navigate],
  );
  useCommands([
    {
      id: 'recipe-passed',
      label: 'Builds in which it succeeded first, or the newest first',
      group: 'Recipe',
      keys: ['p'],
      run: () => change({ passed: passed ? undefined : 1 }),
    },
  ]);
  const shown = query.data;
  return (
    <div className={`${styles.sections} ${query.isPlaceholderData ? 'stale' : ''}`}>
      <div>
        <div className={`page-top ${styles.head}`}>
          <h1 className="mono">{pn}</h1>
          <span className="muted" aria-live="polite">
            {shown === undefined ? '\u00a0' : <Counts shown={shown} />}
          </span>
          <span className="grow" />
          {shown === undefined ? null : (
            <DownloadMenu
              items={[
                {
                  label: 'CSV',
                  hint: 'every build',
                  file: { name: `${pn}.csv`, type: 'text/csv', write: () => exportRuns(shown, 'csv') },
                },
                {
                  label: 'JSON',
                  hint: 'every build',
                  file: { name: `${pn}.json`, type: 'application/json', write: () => exportRuns(shown, 'json') },
                },
                {
                  label: 'SVG',
                  hint: 'the strips',
                  file: {
                    name: `${pn}.svg`,
                    type: 'image/svg+xml',
                    write: () =>
                      drawingSvg(
                        stripsDrawing(
                          shown,
                          by.map((key) => KEY_LABELS[key]),
                          PALETTES[scheme],
                        ),
                      ),
                  },
                },
                {
                  label: 'PNG',
                  hint: 'the strips',
                  file: {
                    name: `${pn}.png`,
                    type: 'image/png',
                    write: () =>
                      drawingPng(
                        stripsDrawing(
                          shown,
                          by.map((key) => KEY_LABELS[key]),
                          PALETTES[scheme],
                        ),
                      ),
                  },
                },
              ]}
            />
          )}
        </div>
        <div className="filters">
          <Facets filter={filter} onChange={change} />
        </div>
        {query.isError ? (
          <ErrorNote error={query.error} what="The history could not be read" retry={() => void query.refetch()} />
        ) : null}
      </div>
      {shown === undefined ? null : shown.runs.length === 0 ? (
        <EmptyNote title="No build that matches had it">A filter leaves none of the builds that did.</EmptyNote>
      ) : (
        <>
          <section aria-labelledby="where">
            <div className={styles.heading}>
              <h2 id="where">Where it builds</h2>
              <span className="muted">newest at the right; hollow: not checked by that build</span>
              <span className="grow" />
              <fieldset className={styles.keys}>
                <legend className="hidden-text">A strip for each</legend>
                {STRIP_KEYS.map((key) => {
                  const on = by.includes(key);
                  return (
                    <button
                      key={key}
                      type="button"
                      className="btn"
                      aria-pressed={on}
                      disabled={on && by.length === 1}
                      onClick={() => change({ by: STRIP_KEYS.filter((k) => (k === key ? !on : by.includes(k))) })}
                    >
                      {KEY_LABELS[key]}
                    </button>
                  );
                })}
              </fieldset>
            </div>
            <RecipeStrips shown={shown} labels={by.map((key) => KEY_LABELS[key])} />
          </section>
          {shown.causes.length === 0 ? null : (
            <section aria-labelledby="causes">
              <h2 id="causes">In which words it failed</h2>
              <Causes shown={shown} />
            </section>
          )}
          <section aria-labelledby="versions">
            <h2 id="versions">Versions</h2>
            <Versions shown={shown} />
          </section>
          <section aria-labelledby="runs">
            <div className={styles.heading}>
              <h2 id="runs">Builds</h2>
              <span className="muted">
                {passed ? 'those in which it succeeded first' : 'newest first'}
                {shown.more ? `; the last ${plural(shown.runs.length, 'build')} that had it` : ''}
              </span>
              <span className="grow" />
              <button
                type="button"
                className="btn"
                aria-pressed={passed}
                onClick={() => change({ passed: passed ? undefined : 1 })}
              >
                Succeeded first
              </button>
            </div>
            <RecipeRuns shown={shown} passedFirst={passed} cursor={cursor} onCursor={setCursor} />
          </section>
        </>
      )}
    </div>
  );
}

function Counts({ shown }: { shown: RecipeShown }) {
  const of = (...statuses: string[]) => shown.runs.filter(({ status }) => statuses.includes(status)).length;
  const [passed, failed, sstate, other] = [
    of('succeeded'),
    of('failed'),
    of('from-sstate'),
    of('not-executed', 'unfinished'),
  ];
  return (
    <>
      <span className="ok">{passed} succeeded</span>,{' '}
      <span className={failed > 0 ? 'bad' : undefined}>{failed} failed</span>, {sstate} from sstate, {other} not
      checked, in the last {plural(shown.runs.length, 'build')} that had it
    </>
  );
}

function Causes({ shown }: { shown: RecipeShown }) {
  return (
    <div className="scroll-x">
      <table className={`${styles.table} ${styles.cards}`} aria-labelledby="causes">
        <thead>
          <tr>
            <th scope="col">cause</th>
            <th scope="col">class</th>
            <th scope="col" className="num">
              failures
            </th>
            <th scope="col">machines</th>
            <th scope="col">first</th>
            <th scope="col">last</th>
          </tr>
        </thead>
        <tbody>
          {shown.causes.map((cause) => {
            const run = shown.runs[cause.last];
            return (
              <tr key={cause.fingerprint ?? ''}>
                <th scope="row" className={`mono ${styles.cause}`}>
                  {run?.failure == null ? (
                    (cause.cause ?? 'no source says why')
                  ) : (
                    <Link to="/f/$failure" params={{ failure: run.failure.address }}>
                      {cause.cause ?? 'no source says why'}
                    </Link>
                  )}
                </th>
                <td className="nowrap">
                  {cause.causeClass ?? <span className="muted">not looked at yet</span>}
                  {cause.infrastructure === true ? <span className="muted"> infrastructure</span> : null}
                </td>
                <td className="num" data-says="failures">
                  {cause.failures}
                </td>
                <td className="muted">{cause.machines.join(', ') || NOT_RECORDED}</td>
                <td data-says="first">
                  <When ms={cause.firstMs} />
                </td>
                <td data-says="last">
                  <When ms={cause.lastMs} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Versions({ shown }: { shown: RecipeShown }) {
  const sizeOf = (version: string | null) => shown.sizes.find(({ run }) => shown.runs[run]?.version === version);
  return (
    <div className="scroll-x">
      <table className={styles.table} aria-labelledby="versions">
        <thead>
          <tr>
            <th scope="col">version</th>
            <th scope="col" className="num">
              succeeded
            </th>
            <th scope="col" className="num">
              failed
            </th>
            <th scope="col" className="num">
              not checked
            </th>
            <th scope="col" className="num">
              busy, median
            </th>
            <th scope="col" className="num">
              packages
            </th>
            <th scope="col">first seen</th>
            <th scope="col">last seen</th>
          </tr>
        </thead>
        <tbody>
          {shown.versions.map((v) => {
            const size = sizeOf(v.version);
            return (
              <tr key={v.version ?? ''}>
                <th scope="row" className="mono">
                  {v.version ?? <Missing />}
                </th>
                <td className="num">{v.succeeded}</td>
                <td className={`num ${v.failed > 0 ? 'bad' : ''}`}>{v.failed}</td>
                <td className="num">{v.notChecked}</td>
                <td className="num">
                  {v.busyMsMedian === null ? <Missing why="not executed" /> : <Duration ms={v.busyMsMedian} />}
                </td>
                <td className="num">
                  {size === undefined ? (
                    <Missing why="Sizes of packages are an optional kind of the class, or come with a buildhistory; told of the last builds that succeeded" />
                  ) : (
                    <Link
                      to="/b/$id"
                      params={{ id: shown.runs[size.run]!.build }}
                      title={plural(size.packages, 'package')}
                    >
                      {formatQuantity(size.bytes, 'B')}
                    </Link>
                  )}
                </td>
                <td>
                  <When ms={v.firstMs} />
                </td>
                <td>
                  <When ms={v.lastMs} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
