/** Tasks that passed and failed with one and the same hash. */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { UnsteadyTask } from '../../../api/contract.ts';
import { formatCount, NOT_RECORDED, plural } from '../../../model/format.ts';
import { DownloadMenu } from '../../components/DownloadMenu.tsx';
import { When } from '../../components/Figures.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { toCsv, toJson } from '../../format/export.ts';
import { unsteadyQuery } from '../../state/api.ts';
import { Facets } from '../Builds/Facets.tsx';
import styles from './Failures.module.css';
import type { ChangeSearch } from './Failures.tsx';
import { buildsOf, type FailuresSearch } from './search.ts';

const KINDS: Readonly<Record<UnsteadyTask['kind'], { readonly name: string; readonly why: string }>> = {
  flaky: { name: 'flaky', why: 'one kind of host saw it pass and fail' },
  'host-dependent': { name: 'host-dependent', why: 'each kind of host saw one of the two only' },
  'host-unknown': { name: 'either', why: 'a run does not tell its host, so neither can be said' },
};

export function Unsteady({ search, change, tabs }: { search: FailuresSearch; change: ChangeSearch; tabs: ReactNode }) {
  const query = useQuery(unsteadyQuery(buildsOf(search)));
  const { data } = query;
  const table = () => ({
    columns: [
      'recipe',
      'task',
      'hash',
      'kind',
      'passed',
      'failed',
      'hosts',
      'first',
      'last',
      'last_pass',
      'last_failure',
    ],
    rows: (data?.tasks ?? []).map((task) => [
      task.pn,
      task.task,
      task.hash,
      task.kind,
      task.passed,
      task.failed,
      task.hosts.map((host) => `${host.hostClass ?? ''} ${host.passed}/${host.failed}`).join('; '),
      task.firstMs === null ? null : new Date(task.firstMs).toISOString(),
      task.lastMs === null ? null : new Date(task.lastMs).toISOString(),
      task.lastPass,
      task.lastFailure,
    ]),
  });
  return (
    <>
      <div className="page-top">
        <h1>Failures</h1>
        {tabs}
        <span className="muted">
          {data === undefined
            ? '\u00a0'
            : `${plural(data.tasks.length, 'task')} in the newest ${plural(data.builds, 'build')}`}
        </span>
        <span className="grow" />
        <DownloadMenu
          items={[
            { label: 'CSV', file: { name: 'flaky.csv', type: 'text/csv', write: () => toCsv(table()) } },
            { label: 'JSON', file: { name: 'flaky.json', type: 'application/json', write: () => toJson(table()) } },
          ]}
        />
      </div>
      <div className="filters">
        <Facets filter={buildsOf(search)} onChange={({ pick: _, ...part }) => change(part)} />
      </div>
      <p className="muted" style={{ marginBottom: 8 }}>
        The task hash covers the recipe and all it depends on, so nothing that the task is made of changed between these
        runs. Forced runs, tasks without a stamp, and full disks or lost networks are left out.
      </p>
      {query.isError ? (
        <ErrorNote error={query.error} what="The tasks could not be read" retry={() => void query.refetch()} />
      ) : null}
      {data === undefined ? null : data.tasks.length === 0 ? (
        <EmptyNote title="No task passed and failed with one hash">
          Only builds that tell task hashes can show it: from an event log or the class.
        </EmptyNote>
      ) : (
        <UnsteadyTable tasks={data.tasks} />
      )}
    </>
  );
}

export function UnsteadyTable({ tasks }: { tasks: readonly UnsteadyTask[] }) {
  return (
    <div className="scroll-x">
      <table className={styles.builds} aria-label="Tasks that passed and failed">
        <thead>
          <tr>
            <th scope="col">task</th>
            <th scope="col">what</th>
            <th scope="col" className="num">
              passed
            </th>
            <th scope="col" className="num">
              failed
            </th>
            <th scope="col">hosts: passed, failed</th>
            <th scope="col">last</th>
            <th scope="col">builds</th>
          </tr>
        </thead>
        <tbody>
          {tasks.map((task) => (
            <tr key={`${task.pn} ${task.task} ${task.hash}`}>
              <td>
                <span className="mono">
                  {task.pn}:{task.task}
                </span>{' '}
                <span className="muted mono" title={task.hash}>
                  {task.hash.slice(0, 8)}
                </span>
              </td>
              <td title={KINDS[task.kind].why}>{KINDS[task.kind].name}</td>
              <td className="num">{formatCount(task.passed)}</td>
              <td className="num">{formatCount(task.failed)}</td>
              <td>
                {task.hosts
                  .map((host) => `${host.hostClass ?? NOT_RECORDED} ${host.passed}, ${host.failed}`)
                  .join(' · ')}
              </td>
              <td>
                <When ms={task.lastMs} />
              </td>
              <td className="nowrap">
                <Link to="/b/$id" params={{ id: task.lastPass }}>
                  passed
                </Link>{' '}
                <Link to="/b/$id" params={{ id: task.lastFailure }}>
                  failed
                </Link>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
