/** Known issues: rules that recognise a kind of failure by its words. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { parseExpression } from '../../../analysis/expression.ts';
import type { IssueText, KnownIssue } from '../../../api/contract.ts';
import { plural } from '../../../model/format.ts';
import { TRIAGE_STATE_NAMES, TRIAGE_STATES, type TriageState } from '../../../model/triage.ts';
import { ConfirmButton } from '../../components/ConfirmButton.tsx';
import forms from '../../components/Form.module.css';
import { Field } from '../../components/Form.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { client, failuresQuery, issuesQuery, queryClient } from '../../state/api.ts';
import type { ChangeSearch } from './Failures.tsx';
import { StateMark } from './State.tsx';
import type { FailuresSearch } from './search.ts';
import { useMaySay } from './TriageForm.tsx';

const again = () => queryClient.invalidateQueries({ queryKey: ['failures'] });

export function Issues({ search, change, tabs }: { search: FailuresSearch; change: ChangeSearch; tabs: ReactNode }) {
  const query = useQuery(issuesQuery);
  const who = useMaySay();
  const issues = query.data?.issues ?? [];
  const edited = issues.find(({ number }) => number === search.edit) ?? null;
  return (
    <>
      <div className="page-top">
        <h1>Failures</h1>
        {tabs}
        <span className="muted">{query.data === undefined ? '\u00a0' : plural(issues.length, 'known issue')}</span>
        <span className="grow" />
        {who?.may === true ? (
          <button
            type="button"
            className="btn"
            aria-expanded={search.edit === 0}
            onClick={() => change({ edit: search.edit === 0 ? undefined : 0 })}
          >
            New known issue
          </button>
        ) : null}
      </div>
      {query.isError ? (
        <ErrorNote error={query.error} what="The known issues could not be read" retry={() => void query.refetch()} />
      ) : null}
      {who?.may === false ? (
        <p className="muted" style={{ marginBottom: 8 }}>
          <Link to="/sign-in">Sign in</Link> to write one.
        </p>
      ) : null}
      {who?.may === true && (search.edit === 0 || edited !== null) ? (
        <IssueForm key={search.edit} issue={edited} close={() => change({ edit: undefined })} />
      ) : null}
      {query.data !== undefined && issues.length === 0 ? (
        <EmptyNote title="No issue is known">
          A known issue recognises failures by their words, in all builds that are here and that will come, so that
          nobody looks into the same twice.
        </EmptyNote>
      ) : null}
      {issues.length === 0 ? null : (
        <div className={forms.scroll}>
          <table className={forms.table} aria-label="Known issues">
            <thead>
              <tr>
                <th scope="col">issue</th>
                <th scope="col">state</th>
                <th scope="col">expression</th>
                <th scope="col">only of</th>
                <th scope="col">matches</th>
                <th scope="col">
                  <span className="hidden-text">change</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {issues.map((issue) => (
                <Line key={issue.number} issue={issue} may={who?.may === true} change={change} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Line({ issue, may, change }: { issue: KnownIssue; may: boolean; change: ChangeSearch }) {
  const { data } = useQuery(failuresQuery({ issue: String(issue.number), limit: 1 }));
  const only = [issue.class, issue.pn, issue.task].filter((part) => part !== null);
  return (
    <tr>
      <td className={forms.text}>
        {issue.link === null ? (
          issue.title
        ) : (
          <a href={issue.link} rel="noreferrer">
            {issue.title}
          </a>
        )}
      </td>
      <td>
        <StateMark state={issue.state} />
      </td>
      <td className={forms.text}>
        <span className="mono">{issue.expression}</span>
      </td>
      <td>{only.length === 0 ? <span className="muted">anything</span> : only.join(' ')}</td>
      <td>
        {data === undefined ? null : (
          <Link to="/failures" search={{ issue: String(issue.number) }}>
            {plural(data.failures === 0 ? 0 : data.matching, 'kind')}
          </Link>
        )}
      </td>
      <td>
        {may ? (
          <span className="row" style={{ gap: 4, flexWrap: 'nowrap' }}>
            <button
              type="button"
              className="btn plain"
              aria-label={`Change ${issue.title}`}
              onClick={() => change({ edit: issue.number })}
            >
              Change
            </button>
            <ConfirmButton
              plain
              label="Remove"
              describe={`Remove ${issue.title}`}
              title="Remove the known issue"
              question={`"${issue.title}" recognises no failure any more. What people said of failures stays, and the journal keeps who removed it.`}
              action="Remove"
              run={async () => {
                await client.removeIssue(issue.number);
                await again();
              }}
            />
          </span>
        ) : null}
      </td>
    </tr>
  );
}

function IssueForm({ issue, close }: { issue: KnownIssue | null; close: () => void }) {
  const [title, setTitle] = useState(issue?.title ?? '');
  const [expression, setExpression] = useState(issue?.expression ?? '');
  const [causeClass, setCauseClass] = useState(issue?.class ?? '');
  const [pn, setPn] = useState(issue?.pn ?? '');
  const [task, setTask] = useState(issue?.task ?? '');
  const [state, setState] = useState<TriageState>(issue?.state ?? 'known');
  const [link, setLink] = useState(issue?.link ?? '');
  const { data: groups } = useQuery(failuresQuery({ by: 'task', limit: 500 }));
  const parsed = expression === '' ? null : parseExpression(expression);
  const or = (text: string): string | null => (text.trim() === '' ? null : text.trim());
  const text: IssueText = {
    title,
    expression,
    class: or(causeClass),
    pn: or(pn),
    task: or(task),
    state,
    link: or(link),
  };
  const found =
    parsed === null || typeof parsed === 'string' || groups === undefined
      ? null
      : groups.groups.filter(
          (group) =>
            group.text !== null &&
            parsed.foundIn(group.text) &&
            (text.class === null || text.class === group.class) &&
            (text.pn === null || group.recipes.includes(text.pn)) &&
            (text.task === null || group.tasks.includes(text.task)),
        );
  const save = useMutation({
    mutationFn: () => client.saveIssue(issue?.number ?? null, text),
    onSuccess: async () => {
      await again();
      close();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form
      className={forms.form}
      onSubmit={submit}
      style={{ marginBottom: 20 }}
      aria-label={issue === null ? 'A new known issue' : `Change ${issue.title}`}
    >
      <div className={forms.line}>
        <Field label="Title" hint="Read by everybody">
          {(ids) => (
            <input
              {...ids}
              className="field"
              required
              maxLength={200}
              value={title}
              onChange={(e) => setTitle(e.target.value)}
            />
          )}
        </Field>
        <Field label="State">
          {(ids) => (
            <select {...ids} className="field" value={state} onChange={(e) => setState(e.target.value as TriageState)}>
              {TRIAGE_STATES.filter((one) => one !== 'new').map((one) => (
                <option key={one} value={one}>
                  {TRIAGE_STATE_NAMES[one]}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Link">
          {(ids) => (
            <input
              {...ids}
              className="field"
              type="url"
              required={state === 'reported'}
              value={link}
              placeholder="https://bugzilla.…"
              onChange={(e) => setLink(e.target.value)}
            />
          )}
        </Field>
      </div>
      <div style={{ width: '100%', maxWidth: 760, display: 'grid', gap: 4 }}>
        <label htmlFor="issue-expression" style={{ fontWeight: 550 }}>
          Expression
        </label>
        <input
          id="issue-expression"
          className="field mono"
          required
          spellCheck={false}
          autoCapitalize="none"
          value={expression}
          aria-describedby="issue-expression-hint"
          placeholder="undefined reference to .*deflate"
          onChange={(e) => setExpression(e.target.value)}
        />
        <span id="issue-expression-hint" className={typeof parsed === 'string' ? 'bad' : 'muted'} role="status">
          {typeof parsed === 'string'
            ? parsed
            : found === null
              ? 'A regular expression, found anywhere in the words that failures have in common; capital letters or not.'
              : `${plural(found.length, 'kind')} of the failures that you see ${found.length === 1 ? 'matches' : 'match'}${
                  found.length === 0
                    ? ''
                    : `: ${found
                        .slice(0, 5)
                        .map((g) => `${g.recipes[0] ?? ''} ${g.tasks[0] ?? ''}`)
                        .join(', ')}${found.length > 5 ? ' …' : ''}`
                }`}
        </span>
      </div>
      <div className={forms.line}>
        <Field label="Only of class">
          {(ids) => (
            <select {...ids} className="field" value={causeClass} onChange={(e) => setCauseClass(e.target.value)}>
              <option value="">any</option>
              {[...new Set([causeClass, ...Object.keys(groups?.classes ?? {})])]
                .filter((one) => one !== '')
                .map((one) => (
                  <option key={one} value={one}>
                    {one}
                  </option>
                ))}
            </select>
          )}
        </Field>
        <Field label="Only of recipe">
          {(ids) => (
            <input {...ids} className="field" value={pn} placeholder="any" onChange={(e) => setPn(e.target.value)} />
          )}
        </Field>
        <Field label="Only of task">
          {(ids) => (
            <input
              {...ids}
              className="field"
              value={task}
              placeholder="any"
              onChange={(e) => setTask(e.target.value)}
            />
          )}
        </Field>
      </div>
      <div className="row">
        <button type="submit" className="btn primary" disabled={save.isPending || typeof parsed === 'string'}>
          {issue === null ? 'Add' : 'Change'}
        </button>
        <button type="button" className="btn" onClick={close}>
          Cancel
        </button>
      </div>
      {save.isError ? <ErrorNote error={save.error} what="It was not saved" /> : null}
    </form>
  );
}
