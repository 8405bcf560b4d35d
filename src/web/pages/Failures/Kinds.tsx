import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import type { FailureGroup } from '../../../api/contract.ts';
import { formatCount, plural } from '../../../model/format.ts';
import { TRIAGE_STATE_NAMES, TRIAGE_STATES } from '../../../model/triage.ts';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { EmptyNote, ErrorNote, WarningNote } from '../../components/Notes.tsx';
import { SearchField } from '../../components/SearchField.tsx';
import { failuresQuery, serverQuery } from '../../state/api.ts';
import { useCommands } from '../../state/commands.ts';
import { compact } from '../../state/search.ts';
import { Facets } from '../Builds/Facets.tsx';
import { exportFailures } from './export-failures.ts';
import styles from './Failures.module.css';
import type { ChangeSearch } from './Failures.tsx';
import { Kind, kindKey } from './Kind.tsx';
import { buildsOf, type FailureSort, type FailuresSearch, kindsOf, SORTS } from './search.ts';
import { TriageForm, useMaySay } from './TriageForm.tsx';

const SORT_NAMES: Readonly<Record<FailureSort, string>> = {
  failures: 'most failures',
  builds: 'most builds',
  machines: 'most machines',
  first: 'newest first seen',
  last: 'last seen',
  recipe: 'recipe',
};
const NONE: readonly string[] = [];

export function Kinds({ search, change, tabs }: { search: FailuresSearch; change: ChangeSearch; tabs: ReactNode }) {
  const query = useQuery(failuresQuery(kindsOf(search)));
  const { data: server } = useQuery(serverQuery);
  const who = useMaySay();
  const [cursor, setCursor] = useState(-1);
  const searchField = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const { open = NONE, pick = NONE } = search;
  const data = query.data;
  const groups = data?.groups ?? [];
  const keys = groups.map((group) => kindKey(group, search.by));
  const toggle = (name: 'open' | 'pick', key: string): void => {
    const now = name === 'open' ? open : pick;
    const next = now.includes(key)
      ? now.filter((one) => one !== key)
      : [...now, key].slice(name === 'open' ? -20 : -100);
    change({ [name]: next.length === 0 ? undefined : next }, true);
  };
  const move = (to: number): void => {
    if (groups.length === 0) return;
    const position = Math.max(0, Math.min(groups.length - 1, to));
    setCursor(position);
    const row = list.current?.children[position];
    row?.scrollIntoView({ block: 'nearest' });
    row?.querySelector<HTMLElement>('button')?.focus({ preventScroll: true });
  };
  const here = keys[cursor];
  useCommands([
    {
      id: 'failures-search',
      label: 'Search in causes',
      group: 'Failures',
      keys: ['s'],
      run: () => searchField.current?.focus(),
    },
    {
      id: 'failures-next',
      label: 'Next kind',
      group: 'Failures',
      keys: ['j', 'ArrowDown'],
      keyOnly: true,
      run: () => move(cursor + 1),
    },
    {
      id: 'failures-previous',
      label: 'Previous kind',
      group: 'Failures',
      keys: ['k', 'ArrowUp'],
      keyOnly: true,
      run: () => move(cursor - 1),
    },
    {
      id: 'failures-open',
      label: 'Open or close the kind',
      group: 'Failures',
      keys: ['o'],
      keyOnly: true,
      run: () => {
        if (here !== undefined) toggle('open', here);
      },
    },
    {
      id: 'failures-pick',
      label: 'Pick the kind',
      group: 'Failures',
      keys: ['x'],
      keyOnly: true,
      run: () => {
        if (here !== undefined && groups[cursor]!.fingerprints.length > 0) toggle('pick', here);
      },
    },
    {
      id: 'failures-clear',
      label: 'Forget the picked kinds',
      group: 'Failures',
      keys: ['Escape'],
      keyOnly: true,
      run: () => change({ pick: undefined }, true),
    },
  ]);
  const filtered = Object.keys(compact({ ...kindsOf(search), by: undefined, sort: undefined })).length > 0;
  const total = Object.values(data?.states ?? {}).reduce((sum, count) => sum + (count ?? 0), 0);
  const chosen = groups.filter((_, i) => pick.includes(keys[i]!));

  return (
    <>
      <div className="page-top">
        <h1>Failures</h1>
        {tabs}
        <span className="muted" aria-live="polite">
          {data === undefined
            ? '\u00a0'
            : `${plural(data.failures, 'failure')} in ${plural(data.builds, 'build')}, of ${plural(total, 'kind')}`}
        </span>
        <span className="grow" />
        <DownloadMenu
          items={(['csv', 'json'] as const).map((format) => ({
            label: format.toUpperCase(),
            hint: 'of all kinds that match',
            file: {
              name: `failures.${format}`,
              type: format === 'csv' ? 'text/csv' : 'application/json',
              write: () => exportFailures(kindsOf(search), format),
            },
          }))}
        />
      </div>
      <div className="filters">
        <SearchField
          value={search.text ?? ''}
          onChange={(text) => change({ text }, true)}
          inputRef={searchField}
          placeholder="Search cause, recipe, task …"
          label="Search in failures"
          className="search"
        />
        <Facets filter={buildsOf(search)} onChange={({ pick: _, ...part }) => change(part)} />
        {filtered ? (
          <button type="button" className="btn plain" onClick={() => change(compact(everythingOff(search)), false)}>
            Show all
          </button>
        ) : null}
      </div>
      <div className="filters">
        <button
          type="button"
          className="btn"
          aria-pressed={search.state === undefined}
          onClick={() => change({ state: undefined })}
        >
          All {data === undefined ? '' : formatCount(total)}
        </button>
        {TRIAGE_STATES.map((state) => {
          const count = data?.states[state] ?? 0;
          if (count === 0 && search.state !== state) return null;
          return (
            <button
              key={state}
              type="button"
              className="btn"
              aria-pressed={search.state === state}
              onClick={() => change({ state: search.state === state ? undefined : state })}
            >
              {TRIAGE_STATE_NAMES[state]} {formatCount(count)}
            </button>
          );
        })}
        <select
          className="field"
          aria-label="Class of the cause"
          value={search.class ?? ''}
          onChange={(event) => change({ class: event.target.value === '' ? undefined : event.target.value })}
        >
          <option value="">any class</option>
          {classesOf(data?.classes, search.class).map(([name, count]) => (
            <option key={name} value={name === '' ? ',' : name}>
              {name === '' ? 'not looked at yet' : name}
              {count === null ? '' : ` (${count})`}
            </option>
          ))}
        </select>
        <select
          className="field"
          aria-label="Source or infrastructure"
          value={search.infrastructure ?? ''}
          onChange={(event) =>
            change({ infrastructure: (event.target.value || undefined) as 'yes' | 'no' | undefined })
          }
        >
          <option value="">source and infrastructure</option>
          <option value="no">source only</option>
          <option value="yes">infrastructure only</option>
        </select>
        <select
          className="field"
          aria-label="One kind is"
          value={search.by ?? 'cause'}
          onChange={(event) =>
            change({ by: event.target.value === 'task' ? 'task' : undefined, open: undefined, pick: undefined })
          }
        >
          <option value="cause">by cause</option>
          <option value="task">by recipe and task</option>
        </select>
        <select
          className="field"
          aria-label="Order"
          value={search.sort ?? 'failures'}
          onChange={(event) => {
            const sort = event.target.value as FailureSort;
            change({ sort: sort === 'failures' ? undefined : sort });
          }}
        >
          {SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {SORT_NAMES[sort]}
            </option>
          ))}
        </select>
        {who?.name == null ? null : (
          <button
            type="button"
            className="btn"
            aria-pressed={search.owner === who.name}
            onClick={() => change({ owner: search.owner === who.name ? undefined : (who.name ?? undefined) })}
          >
            Mine
          </button>
        )}
        {chip('recipe', search.recipe, () => change({ recipe: undefined }))}
        {chip('task', search.task, () => change({ task: undefined }))}
        {chip('owner', search.owner === who?.name ? undefined : search.owner, () => change({ owner: undefined }))}
        {chip('issue', search.issue, () => change({ issue: undefined }))}
        {chip('fingerprint', search.fingerprint, () => change({ fingerprint: undefined }))}
      </div>
      {query.isError ? (
        <ErrorNote error={query.error} what="The failures could not be read" retry={() => void query.refetch()} />
      ) : null}
      {data?.truncated === true ? (
        <WarningNote>
          There are more failures than are counted at once: these are of the newest builds. Choose a date, or a machine.
        </WarningNote>
      ) : null}
      <div className={styles.columns} aria-hidden="true">
        <span />
        <span>what failed, and why</span>
        <span>state</span>
        <span className="num">failures</span>
        <span className="num">builds</span>
        <span className="num">machines</span>
        <span>last seen</span>
        <span>{data === undefined || data.daysAPlace === 1 ? 'by day' : `by ${data.daysAPlace} days`}</span>
      </div>
      {query.isPending ? <Waiting /> : null}
      <ul
        className={`${styles.list} ${query.isPlaceholderData ? 'stale' : ''}`}
        aria-label="Kinds of failures"
        ref={list}
      >
        {groups.map((group, i) => (
          <Kind
            key={keys[i]}
            group={group}
            search={search}
            days={{ firstMs: data!.firstDayMs, width: data!.daysAPlace }}
            open={open.includes(keys[i]!)}
            picked={pick.includes(keys[i]!)}
            cursor={i === cursor}
            toggleOpen={() => toggle('open', keys[i]!)}
            togglePick={() => toggle('pick', keys[i]!)}
          />
        ))}
      </ul>
      {data !== undefined && groups.length < data.matching ? (
        <p className="muted" style={{ padding: 8 }}>
          {formatCount(data.matching - groups.length)} kinds more: narrow the search, or take the export.
        </p>
      ) : null}
      {data !== undefined && groups.length === 0 ? (
        <EmptyNote title={filtered ? 'No failure matches' : 'Nothing failed'}>
          {filtered
            ? 'The search or a filter leaves none.'
            : server === undefined
              ? ''
              : `Of ${plural(server.builds, 'build')} in the store none tells of a failed task.`}
        </EmptyNote>
      ) : null}
      {chosen.length === 0 ? null : <Bulk chosen={chosen} clear={() => change({ pick: undefined }, true)} />}
    </>
  );
}

function Bulk({ chosen, clear }: { chosen: readonly FailureGroup[]; clear: () => void }) {
  const fingerprints = [...new Set(chosen.flatMap((group) => group.fingerprints))];
  return (
    <section className={styles.bulk} aria-label="Of all that are picked">
      <div className="row">
        <strong>{plural(chosen.length, 'kind')} picked</strong>
        <span className="grow" />
        <button type="button" className="btn plain" onClick={clear}>
          Forget them
        </button>
      </div>
      <div className={styles.bulkForm}>
        <TriageForm fingerprints={fingerprints} word={null} onDone={clear} />
      </div>
    </section>
  );
}

function chip(name: string, value: string | undefined, off: () => void): ReactNode {
  if (value === undefined) return null;
  return (
    <button type="button" className="btn" aria-pressed={true} onClick={off} title="Take this filter away">
      {name}: {value === ',' ? 'none' : value} <span aria-hidden="true">×</span>
    </button>
  );
}

/** Those that are there, the most frequent first, and the one that is asked for. */
function classesOf(
  classes: Readonly<Record<string, number | undefined>> | undefined,
  asked: string | undefined,
): (readonly [string, number | null])[] {
  const list = Object.entries(classes ?? {}).map(([name, count]) => [name, count ?? null] as const);
  list.sort((a, b) => (b[1] ?? 0) - (a[1] ?? 0) || (a[0] < b[0] ? -1 : 1));
  const name = asked === ',' ? '' : asked;
  return name === undefined || list.some(([one]) => one === name) ? list : [...list, [name, null]];
}

function everythingOff(search: FailuresSearch): Partial<FailuresSearch> {
  return Object.fromEntries(
    Object.keys(search)
      .filter((key) => !['view', 'by', 'sort', 'open', 'pick'].includes(key))
      .map((key) => [key, undefined]),
  );
}

/** Of the size that the list will have. */
function Waiting() {
  return (
    <div className={styles.list} aria-hidden="true">
      {Array.from({ length: 6 }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <div key={i} className={styles.kind} style={{ padding: '8px 8px 8px 40px', height: 60 }}>
          <span className="skeleton">a task of a recipe that failed</span>
        </div>
      ))}
    </div>
  );
}
