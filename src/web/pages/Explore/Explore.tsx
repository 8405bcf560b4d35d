/** Explore: any metric or dimension against any other, over one build or many. */
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import type { ExploreResult } from '../../../api/contract.ts';
import { PALETTES } from '../../../chart/palette.ts';
import { formatCount, plural, unitLabel } from '../../../model/format.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { SearchField } from '../../components/SearchField.tsx';
import { useTitle } from '../../components/use-title.ts';
import { toCsv, toJson } from '../../format/export.ts';
import { formatWhen } from '../../format/time.ts';
import { exploreQuery, tellingBuildQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { compact } from '../../state/search.ts';
import { BuildPicker } from '../Compare/BuildPicker.tsx';
import { asksTellingBuild, EXAMPLES, NO_COLOUR, type Question, questionOf, TELLING_TASKS } from './defaults.ts';
import styles from './Explore.module.css';
import { ExploreTable, exploreTable } from './ExploreTable.tsx';
import { PictureCanvas } from './PictureCanvas.tsx';
import { layoutPicture } from './picture.ts';
import { picturePng, pictureSvg } from './save-picture.ts';
import { AGGREGATES, EXPLORE_KINDS, EXPLORE_LEVELS, type ExploreSearch } from './search.ts';

const KIND_LABELS = { scatter: 'Scatter', line: 'Line', bar: 'Bars', histogram: 'Histogram' } as const;
const LEVEL_LABELS = { task: 'task runs', recipe: 'recipes', build: 'builds' } as const;
/** More points than this tell nothing more on a screen; the rest is counted. */
const POINTS_MAX = 50_000;
const BUILD_COUNTS = [1, 5, 20, 100, 500, 1000];

export function Explore() {
  const search = useSearch({ from: '/explore' });
  const navigate = useNavigate({ from: '/explore' });
  const question = useMemo(() => questionOf(search), [search]);
  const scheme = useComputedColorScheme('light');
  const { ref, width } = useElementSize<HTMLDivElement>();
  useTitle('Explore');
  const change = useCallback(
    (part: Partial<ExploreSearch>, replace = false) =>
      void navigate({ resetScroll: false, search: (old) => compact({ ...old, ...part }), replace }),
    [navigate],
  );
  const [unfolded, setUnfolded] = useState(false);
  const asksTelling = asksTellingBuild(search);
  const telling = useQuery({ ...tellingBuildQuery(TELLING_TASKS), enabled: asksTelling });
  const ids = question.b ?? (asksTelling && typeof telling.data === 'string' ? [telling.data] : undefined);
  const query = useQuery({
    ...exploreQuery({
      b: ids === undefined ? undefined : [...ids],
      builds: ids === undefined ? question.builds : undefined,
      level: question.level,
      x: question.x,
      y: question.y,
      size: question.kind === 'scatter' ? question.size : undefined,
      colour: question.colour,
      facet: question.facet,
      aggregate: question.aggregate,
      task: question.task,
      recipe: question.recipe,
      minValue: question.min,
      limit: POINTS_MAX,
    }),
    enabled: !asksTelling || !telling.isPending,
  });
  const result = query.data;
  const kind = question.kind;
  useCommands([
    {
      id: 'explore-table',
      label: 'The numbers as a table, and back',
      group: 'Explore',
      keys: ['t'],
      run: () => change({ table: search.table === 1 ? undefined : 1 }),
    },
    {
      id: 'explore-logx',
      label: 'Logarithmic x, and back',
      group: 'Explore',
      keys: ['x'],
      run: () => change({ logx: question.logx === '1' ? '0' : '1' }),
    },
    {
      id: 'explore-logy',
      label: 'Logarithmic y, and back',
      group: 'Explore',
      keys: ['l'],
      run: () => change({ logy: question.logy === '1' ? '0' : '1' }),
    },
    ...EXPLORE_KINDS.map((k) => ({
      id: `explore-${k}`,
      label: `As ${KIND_LABELS[k].toLowerCase()}`,
      group: 'Explore',
      run: () =>
        change({ kind: k, x: undefined, y: undefined, aggregate: undefined, logx: undefined, logy: undefined }),
    })),
  ]);

  const picture = useMemo(() => {
    if (result === undefined || width < 100 || result.columns.x.length === 0) return null;
    return layoutPicture(result, {
      kind,
      logx: question.logx === '1',
      logy: question.logy === '1',
      widthPx: width,
      heightPx: Math.max(300, Math.min(620, window.innerHeight - 300)),
      palette: PALETTES[scheme],
    });
  }, [result, width, kind, question.logx, question.logy, scheme]);
  const dimensions = result?.dimensions ?? [];
  const name = `explore-${question.x}-${question.y}`.replace(/[^\w.-]+/g, '_');

  return (
    <>
      <div className="page-top">
        <h1>Explore</h1>
        <span className="muted" aria-live="polite">
          {result === undefined ? '\u00a0' : sentence(result, question)}
        </span>
        <span className="grow" />
        <span className="row no-print">
          <button
            type="button"
            className="btn"
            aria-pressed={search.table === 1}
            onClick={() => change({ table: search.table === 1 ? undefined : 1 })}
            title="The numbers as a table (t)"
          >
            Table
          </button>
          <CopyButton text={window.location.href} what="link" label="Link" />
          {result === undefined || picture === null ? null : (
            <DownloadMenu
              items={[
                {
                  label: 'CSV',
                  file: { name: `${name}.csv`, type: 'text/csv', write: () => toCsv(exploreTable(result)) },
                },
                {
                  label: 'JSON',
                  file: { name: `${name}.json`, type: 'application/json', write: () => toJson(exploreTable(result)) },
                },
                {
                  label: 'SVG',
                  file: { name: `${name}.svg`, type: 'image/svg+xml', write: () => pictureSvg(picture) },
                },
                { label: 'PNG', file: { name: `${name}.png`, type: 'image/png', write: () => picturePng(picture) } },
              ]}
            />
          )}
        </span>
      </div>
      <div className={styles.controls} data-unfolded={unfolded}>
        <div className={styles.kinds} role="group" aria-label="Kind of picture">
          {EXPLORE_KINDS.map((k) => (
            <button
              key={k}
              type="button"
              className="btn"
              aria-pressed={kind === k}
              onClick={() =>
                change({
                  kind: k === 'scatter' ? undefined : k,
                  level: undefined,
                  builds: undefined,
                  x: undefined,
                  y: undefined,
                  aggregate: undefined,
                  colour: undefined,
                  logx: undefined,
                  logy: undefined,
                  size: undefined,
                })
              }
            >
              {KIND_LABELS[k]}
            </button>
          ))}
        </div>
        <button
          type="button"
          className={`btn ${styles.fold}`}
          aria-expanded={unfolded}
          onClick={() => setUnfolded(!unfolded)}
        >
          Question {unfolded ? '▴' : '▾'}
        </button>
        <label>
          of
          <select
            className="field"
            value={question.level}
            onChange={(e) =>
              change({
                level: EXPLORE_LEVELS.find((l) => l === e.target.value),
                x: undefined,
                y: undefined,
                colour: undefined,
              })
            }
          >
            {EXPLORE_LEVELS.map((l) => (
              <option key={l} value={l}>
                {LEVEL_LABELS[l]}
              </option>
            ))}
          </select>
        </label>
        <Builds question={question} telling={asksTelling} result={result} onChange={change} />
        <SearchField
          value={search.recipe ?? ''}
          onChange={(recipe) => change({ recipe }, true)}
          placeholder="only recipe"
          label="Only recipes whose name holds"
          className={styles.small}
        />
        {question.level === 'task' ? (
          <SearchField
            value={search.task ?? ''}
            onChange={(task) => change({ task }, true)}
            placeholder="only task, do_compile"
            label="Only this task"
            className={styles.small}
          />
        ) : null}
      </div>
      <div className={`${styles.controls} ${styles.axes}`} data-unfolded={unfolded}>
        <Pick
          label={kind === 'histogram' ? 'of' : kind === 'bar' ? 'by' : 'x'}
          value={question.x}
          dimensions={dimensions}
          only={kind === 'histogram' ? 'number' : undefined}
          onChange={(x) => change({ x })}
        />
        {kind === 'bar' ? null : (
          <Log
            on={question.logx === '1'}
            disabled={result?.axes.x.kind !== 'number'}
            onChange={(on) => change({ logx: on ? '1' : '0' })}
          />
        )}
        {kind === 'histogram' ? null : (
          <>
            <Pick
              label={kind === 'bar' ? 'how much' : 'y'}
              value={question.y}
              dimensions={dimensions}
              only={kind === 'bar' ? 'number' : undefined}
              onChange={(y) => change({ y })}
            />
            <Log
              on={question.logy === '1'}
              disabled={result?.axes.y.kind !== 'number'}
              onChange={(on) => change({ logy: on ? '1' : '0' })}
            />
            <label>
              put together
              <select
                className="field"
                value={question.aggregate}
                onChange={(e) => change({ aggregate: AGGREGATES.find((a) => a === e.target.value) })}
              >
                {AGGREGATES.map((a) => (
                  <option key={a} value={a}>
                    {a === 'none' ? 'not' : a}
                  </option>
                ))}
              </select>
            </label>
          </>
        )}
        <Pick
          label="colour"
          value={question.colour}
          dimensions={dimensions}
          optional
          onChange={(colour) => change({ colour: colour ?? NO_COLOUR })}
        />
        {kind === 'scatter' ? (
          <Pick
            label="size"
            value={question.size}
            dimensions={dimensions}
            only="number"
            optional
            onChange={(size) => change({ size })}
          />
        ) : null}
        <Pick
          label="a panel each"
          value={question.facet}
          dimensions={dimensions}
          optional
          onChange={(facet) => change({ facet })}
        />
      </div>
      {query.isError ? (
        <ErrorNote error={query.error} what="This question could not be answered" retry={() => void query.refetch()} />
      ) : null}
      <div ref={ref} className={`${styles.stage} ${query.isPlaceholderData ? 'stale' : ''}`}>
        {result === undefined ? (
          query.isError ? null : (
            <div className="skeleton" style={{ height: 'max(300px, min(620px, 100dvh - 300px))' }} />
          )
        ) : result.columns.x.length === 0 ? (
          <EmptyNote title="Nothing to draw">{emptyReason(result, question)}</EmptyNote>
        ) : search.table === 1 ? (
          <ExploreTable result={result} />
        ) : picture === null ? null : (
          <PictureCanvas picture={picture} label={`${KIND_LABELS[kind]}: ${sentence(result, question)}`} />
        )}
      </div>
      {result === undefined || picture === null ? null : (
        <Footnotes result={result} notOnLog={picture.notOnLog} leftOut={picture.leftOut} kind={kind} />
      )}
      <nav className={`${styles.examples} no-print`} aria-label="Questions that are asked often">
        {EXAMPLES.map((example) => (
          <Link
            key={example.label}
            to="/explore"
            search={search.b === undefined ? example.search : { ...example.search, b: search.b }}
          >
            {example.label}
          </Link>
        ))}
      </nav>
    </>
  );
}

function sentence(result: ExploreResult, question: Question): string {
  const { x, y } = result.axes;
  const count = plural(
    result.columns.x.length,
    question.aggregate === 'none' ? (question.level === 'task' ? 'task run' : question.level) : 'group',
  );
  const over =
    result.builds.length === 1
      ? `the build of ${formatWhen(result.builds[0]!.startedMs)}`
      : plural(result.builds.length, 'build');
  const what = question.kind === 'histogram' ? x.label : `${y.label} by ${x.label}`;
  return `${what}: ${count} of ${over}`;
}

function emptyReason(result: ExploreResult, question: Question): string {
  if (result.builds.length === 0) return 'There is no build in the store yet.';
  if (result.notRecorded > 0) {
    return `${plural(result.notRecorded, 'row')} of ${plural(result.builds.length, 'build')} recorded no ${result.axes.x.label} or no ${result.axes.y.label}. Pick another metric, or other builds.`;
  }
  if (question.recipe !== undefined || question.task !== undefined || question.min !== undefined)
    return 'The filters leave nothing.';
  return 'No task was executed in these builds.';
}

function Footnotes({
  result,
  notOnLog,
  leftOut,
  kind,
}: {
  result: ExploreResult;
  notOnLog: number;
  leftOut: number;
  kind: string;
}) {
  const notes = [
    result.notRecorded > 0 ? `${formatCount(result.notRecorded)} without a recorded value are not drawn` : null,
    result.leftOut > 0 ? `${formatCount(result.leftOut)} with smaller values are left out` : null,
    notOnLog > 0 ? `${formatCount(notOnLog)} of zero or less cannot be on a logarithmic axis` : null,
    leftOut > 0 ? `${formatCount(leftOut)} more ${kind === 'bar' ? 'bars' : 'panels'} did not fit` : null,
  ].filter((n) => n !== null);
  return <p className={`muted ${styles.notes}`}>{notes.length === 0 ? '\u00a0' : `${notes.join('; ')}.`}</p>;
}

function Pick({
  label,
  value,
  dimensions,
  only,
  optional = false,
  onChange,
}: {
  label: string;
  value: string | undefined;
  dimensions: ExploreResult['dimensions'];
  only?: 'number' | undefined;
  optional?: boolean;
  onChange: (id: string | undefined) => void;
}) {
  const fitting = only === undefined ? dimensions : dimensions.filter((d) => d.kind !== 'category');
  const known = value === undefined || fitting.some((d) => d.id === value);
  const group = (title: string, list: ExploreResult['dimensions']) =>
    list.length === 0 ? null : (
      <optgroup label={title}>
        {list.map((d) => (
          <option key={d.id} value={d.id}>
            {d.label}
            {unitLabel(d.unit) === '' || d.kind !== 'number' ? '' : `, ${unitLabel(d.unit)}`}
          </option>
        ))}
      </optgroup>
    );
  return (
    <label>
      {label}
      <select
        className="field"
        value={value ?? ''}
        onChange={(e) => onChange(e.target.value === '' ? undefined : e.target.value)}
      >
        {optional ? <option value="">none</option> : null}
        {known ? null : <option value={value}>{value}</option>}
        {group(
          'What it is',
          fitting.filter((d) => d.kind !== 'number'),
        )}
        {group(
          'How much',
          fitting.filter((d) => d.kind === 'number'),
        )}
      </select>
    </label>
  );
}

function Log({ on, disabled, onChange }: { on: boolean; disabled: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className={styles.log}>
      <input type="checkbox" checked={on} disabled={disabled} onChange={(e) => onChange(e.target.checked)} /> log
    </label>
  );
}

function Builds({
  question,
  telling,
  result,
  onChange,
}: {
  question: Question;
  /** The last build that tells something is asked for, without a number. */
  telling: boolean;
  result: ExploreResult | undefined;
  onChange: (part: Partial<ExploreSearch>) => void;
}) {
  const picked = question.b ?? [];
  if (picked.length > 0) {
    return (
      <span className="row">
        {picked.map((id) => {
          const build = result?.builds.find((b) => b.id.startsWith(id));
          return (
            <span key={id} className={styles.chip} title={id}>
              {build === undefined ? id.slice(0, 8) : `${build.name} ${formatWhen(build.startedMs)}`}
              <button
                type="button"
                aria-label={`Leave out ${build?.name ?? id}`}
                onClick={() => onChange({ b: picked.length === 1 ? undefined : picked.filter((p) => p !== id) })}
              >
                ✕
              </button>
            </span>
          );
        })}
        <BuildPicker
          label="Add"
          title="Add a build"
          comparableTo={picked[0]}
          onPick={(id) => onChange({ b: [...picked, id] })}
        />
      </span>
    );
  }
  return (
    <span className="row">
      <label>
        of
        <select
          className="field"
          value={telling ? '' : question.builds}
          onChange={(e) => onChange({ builds: e.target.value === '' ? undefined : Number(e.target.value) })}
        >
          {question.kind === 'line' ? null : <option value="">last of {TELLING_TASKS}+ tasks</option>}
          {[...new Set([...BUILD_COUNTS, question.builds ?? 1])]
            .sort((a, b) => a - b)
            .map((n) => (
              <option key={n} value={n}>
                {n === 1 ? 'the last build' : `the last ${n} builds`}
              </option>
            ))}
        </select>
      </label>
      <BuildPicker
        label="or pick"
        title="Pick builds"
        comparableTo={undefined}
        onPick={(id) => onChange({ b: [id] })}
      />
    </span>
  );
}
