/** One kind of failure: a line, and opened its failures as a tree of builds, what is known of it, and who said so. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import { cameBack, kindName } from '../../../analysis/failure-week.ts';
import { journalActs } from '../../../analysis/journal-acts.ts';
import type { FailureGroup, FailureLine, FailureParent, JournalEntry } from '../../../api/contract.ts';
import { formatCount, formatUtc, NOT_RECORDED, plural } from '../../../model/format.ts';
import { Missing, When } from '../../components/Figures.tsx';
import { ErrorNote } from '../../components/Notes.tsx';
import { BuildOutcomeMark } from '../../components/Outcome.tsx';
import { failureListQuery, triageQuery } from '../../state/api.ts';
import { Days } from './Days.tsx';
import styles from './Failures.module.css';
import { StateMark } from './State.tsx';
import { buildsOf, type FailuresSearch } from './search.ts';
import { TriageForm } from './TriageForm.tsx';

/** What a kind is called in the address: stays when more failures of it come. */
export function kindKey(group: FailureGroup, by: FailuresSearch['by']): string {
  if (group.fingerprints.length === 0) return `${group.recipes[0] ?? ''}:${group.tasks[0] ?? ''}`;
  return (by === 'task' ? group.fingerprints[0] : group.crossHash) ?? '';
}

export function Kind({
  group,
  search,
  days,
  open,
  picked,
  cursor,
  toggleOpen,
  togglePick,
}: {
  group: FailureGroup;
  search: FailuresSearch;
  days: { readonly firstMs: number | null; readonly width: number };
  open: boolean;
  picked: boolean;
  cursor: boolean;
  toggleOpen: () => void;
  togglePick: () => void;
}) {
  const name = kindName(group);
  const { triage } = group;
  const canPick = group.fingerprints.length > 0;
  return (
    <li className={styles.kind} data-cursor={cursor} data-picked={picked}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the button in it has the keys; the line is a larger target for a pointer */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the same */}
      <div
        className={styles.head}
        onClick={(event) => {
          const { target } = event;
          if (target instanceof Element && target.closest('a, button, input, label') !== null) return;
          toggleOpen();
        }}
      >
        <label className={styles.pick}>
          <input type="checkbox" checked={picked} disabled={!canPick} onChange={togglePick} />
          <span className="hidden-text">Pick {name}</span>
        </label>
        <div>
          <button type="button" className={styles.what} aria-expanded={open} onClick={toggleOpen}>
            <span className={styles.twist} aria-hidden="true">
              {open ? '▾' : '▸'}
            </span>
            <span>{name}</span>
          </button>
          <div className={styles.cause}>{group.cause ?? <span className="muted">no log says why</span>}</div>
          <div className={styles.about}>
            <span>{group.class ?? 'not looked at yet'}</span>
            {group.infrastructure === true ? <span>infrastructure</span> : null}
            {group.recipeCount > 1 ? (
              <span className="cut" title={group.recipes.join(', ')}>
                {group.recipes.slice(0, 4).join(', ')}
                {group.recipeCount > 4 ? ' …' : ''}
              </span>
            ) : null}
            {triage?.issue == null ? null : (
              <span>
                issue{' '}
                {triage.issue.link === null ? (
                  triage.issue.title
                ) : (
                  <a href={triage.issue.link} rel="noreferrer">
                    {triage.issue.title}
                  </a>
                )}
              </span>
            )}
            {triage !== null && triage.notes > 0 ? <span>{plural(triage.notes, 'note')}</span> : null}
            {triage?.owner == null ? null : <span>owner {triage.owner}</span>}
            <span className={styles.onPhone}>
              {plural(group.failures, 'failure')}, {plural(group.builds, 'build')}, last <Newest group={group} />
            </span>
          </div>
        </div>
        <State group={group} />
        <span className={`num ${styles.wide}`}>{formatCount(group.failures)}</span>
        <span className={`num ${styles.wide}`}>{formatCount(group.builds)}</span>
        <span
          className={`num ${styles.wide}`}
          title={[group.machines.join(', ') || NOT_RECORDED, `hosts: ${group.hosts.join(', ') || NOT_RECORDED}`].join(
            '\n',
          )}
        >
          {formatCount(group.machineCount)}
        </span>
        <span className={styles.wide} title={`first ${formatUtc(group.firstMs)}\nlast ${formatUtc(group.lastMs)}`}>
          <Newest group={group} />
          <br />
          <span className="muted" style={{ fontSize: 12 }}>
            since <When ms={group.firstMs} />
          </span>
        </span>
        <span className={styles.wide}>
          <Days counts={group.days} firstMs={days.firstMs} width={days.width} />
        </span>
      </div>
      {open ? <Opened group={group} search={search} /> : null}
    </li>
  );
}

/** To the page of the newest failure: its log is one click from the list. */
function Newest({ group }: { group: FailureGroup }) {
  return (
    <Link to="/f/$failure" params={{ failure: group.lastAddress }} title="The newest failure" preload={false}>
      <When ms={group.lastMs} />
    </Link>
  );
}

export function State({ group }: { group: FailureGroup }) {
  const { triage } = group;
  if (triage === null) return <StateMark state="new" title="Its log is still to be looked through" />;
  const back = cameBack(group);
  const title = [
    triage.by === 'issue' ? `as the known issue "${triage.issue?.title ?? ''}" says` : '',
    triage.changedMs === null ? '' : `said ${formatUtc(triage.changedMs)}`,
  ];
  return (
    <span>
      <StateMark state={triage.state} title={title.filter((text) => text !== '').join('\n') || undefined} />
      {triage.fixedIn === null || triage.state !== 'fixed' ? null : (
        <div className="muted cut" style={{ fontSize: 12 }} title={triage.fixedIn}>
          in {triage.fixedIn}
        </div>
      )}
      {back ? (
        <div className="bad" style={{ fontSize: 12 }}>
          seen again
        </div>
      ) : null}
      {triage.link === null ? null : (
        <div style={{ fontSize: 12 }}>
          <a href={triage.link} rel="noreferrer" title={triage.link}>
            {shortLink(triage.link)}
          </a>
        </div>
      )}
    </span>
  );
}

/** `bugzilla … 15012`: what tells one bug from another stands at the end. */
function shortLink(link: string): string {
  const last =
    link
      .replace(/[/#?]+$/, '')
      .split(/[/=]/)
      .at(-1) ?? link;
  return last === '' || last.length > 16 ? 'report' : last;
}

function Opened({ group, search }: { group: FailureGroup; search: FailuresSearch }) {
  const first = group.fingerprints[0];
  const chosen =
    first === undefined
      ? { class: ',', recipe: group.recipes[0] ?? ',', task: group.tasks[0] || ',' }
      : search.by === 'task'
        ? { fingerprint: first }
        : { cross: group.crossHash ?? undefined };
  const { recipe, task, text } = search;
  const query = useInfiniteQuery(failureListQuery({ ...buildsOf(search), recipe, task, text, ...chosen }));
  const pages = query.data?.pages ?? [];
  return (
    <div className={styles.open}>
      <div>
        {query.isError ? (
          <ErrorNote error={query.error} what="The failures could not be read" retry={() => void query.refetch()} />
        ) : null}
        <Tree failures={pages.flatMap((page) => page.failures)} parents={pages.flatMap((page) => page.parents)} />
        {query.isPending ? <p className="muted">…</p> : null}
        {query.hasNextPage ? (
          <button
            type="button"
            className="btn"
            style={{ marginTop: 8 }}
            disabled={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            More of {plural(pages[0]?.matching ?? 0, 'failure')}
          </button>
        ) : null}
        {group.text === null ? null : (
          <p className={styles.formula} style={{ marginTop: 10 }}>
            What they have in common: <span className="mono">{group.text}</span>
          </p>
        )}
      </div>
      {first === undefined ? null : (
        <div>
          <TriageForm fingerprints={group.fingerprints} word={group.triage} />
          <Journal fingerprint={first} more={group.fingerprints.length - 1} />
        </div>
      )}
    </div>
  );
}

/** Failures of builds that one build triggered stand below it; those whose builds nobody triggered stand for themselves. */
function Tree({ failures, parents }: { failures: readonly FailureLine[]; parents: readonly FailureParent[] }) {
  if (failures.length === 0) return null;
  const parentOf = new Map<string, FailureParent>();
  for (const parent of parents) if (!parentOf.has(parent.child)) parentOf.set(parent.child, parent);
  const groups = new Map<string, { readonly parent: FailureParent | null; readonly failures: FailureLine[] }>();
  for (const failure of failures) {
    const parent = parentOf.get(failure.build) ?? null;
    const key = parent?.build ?? `alone ${failure.build}`;
    const group = groups.get(key) ?? { parent, failures: [] };
    groups.set(key, group);
    group.failures.push(failure);
  }
  return (
    <div className="scroll-x">
      <table className={styles.builds} aria-label="Failures of this kind">
        <thead>
          <tr>
            <th scope="col">when</th>
            <th scope="col">failure</th>
            <th scope="col">build</th>
            <th scope="col">machine</th>
            <th scope="col">builder</th>
            <th scope="col">host</th>
          </tr>
        </thead>
        <tbody>
          {[...groups].map(([key, { parent, failures: lines }]) => (
            <Fragment key={key}>
              {parent === null ? null : (
                <tr data-parent="true">
                  <td colSpan={6}>
                    <BuildOutcomeMark outcome={parent.outcome} word={false} />{' '}
                    <Link to="/b/$id" params={{ id: parent.build }}>
                      {parent.targets?.join(' ') ?? parent.buildName}
                    </Link>{' '}
                    <span className="muted">
                      {[parent.builder, parent.machine].filter((part) => part !== null).join(', ')}{' '}
                      <When ms={parent.startedMs} /> triggered{' '}
                      {plural(new Set(lines.map((l) => l.build)).size, 'build')} that failed so
                    </span>
                  </td>
                </tr>
              )}
              {lines.map((failure) => (
                <tr key={failure.id}>
                  <td className={parent === null ? undefined : styles.child}>
                    <When ms={failure.startedMs} />
                  </td>
                  <td>
                    <Link to="/f/$failure" params={{ failure: failure.address }} className="mono">
                      {[failure.pn, failure.task].filter((part) => part !== null).join(':') || 'outside any task'}
                    </Link>
                    {failure.version === null ? null : <span className="muted"> {failure.version}</span>}
                    {failure.mc === '' ? null : <span className="muted"> mc:{failure.mc}</span>}
                  </td>
                  <td>
                    <Link to="/b/$id" params={{ id: failure.build }}>
                      {failure.targets?.join(' ') ?? failure.buildName}
                    </Link>
                  </td>
                  <td>{failure.machine ?? <Missing />}</td>
                  <td>{failure.builder ?? <Missing />}</td>
                  <td>{failure.hostDistro ?? <Missing />}</td>
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Journal({ fingerprint, more }: { fingerprint: string; more: number }) {
  const { data } = useQuery(triageQuery(fingerprint));
  if (data === undefined || data.journal.length === 0) return null;
  return (
    <>
      <JournalList entries={data.journal} />
      {more > 0 ? (
        <p className="muted" style={{ fontSize: 12 }}>
          Of the most frequent of {plural(more + 1, 'fingerprint')}; by recipe and task each has its own.
        </p>
      ) : null}
    </>
  );
}

export function JournalList({
  entries,
  about = false,
}: {
  entries: readonly JournalEntry[];
  /** Say of what each entry is. */
  about?: boolean;
}) {
  return (
    <ul className={styles.journal} aria-label="What was said">
      {journalActs(entries).map(({ entry, count }) => (
        <li key={entry.number}>
          <span className="muted">
            <strong>{entry.name}</strong> <When ms={entry.atMs} /> {actWords(entry)}
            {count > 1
              ? ` of ${plural(count, 'fingerprint')}`
              : about && entry.about !== null
                ? `${entry.issue === null ? ' of ' : ': '}${entry.about}`
                : ''}
          </span>
          {entry.what === 'note' ? <div className={styles.note}>{entry.said}</div> : null}
        </li>
      ))}
    </ul>
  );
}

function actWords({ what, was, said }: JournalEntry): string {
  switch (what) {
    case 'state':
      return `${was ?? 'new'} → ${said ?? 'new'}`;
    case 'owner':
      return `owner ${was ?? 'nobody'} → ${said ?? 'nobody'}`;
    case 'note':
      return 'a note';
    case 'issue-added':
      return 'a new known issue';
    case 'issue-changed':
      return 'a change of the known issue';
    case 'issue-removed':
      return 'the end of the known issue';
  }
}
