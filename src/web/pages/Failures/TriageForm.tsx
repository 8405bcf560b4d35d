/** Says what is known of one kind of failure, or of all that are picked. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useId, useState } from 'react';
import type { FailureGroup } from '../../../api/contract.ts';
import { plural } from '../../../model/format.ts';
import { TRIAGE_STATE_NAMES, TRIAGE_STATES, type TriageState } from '../../../model/triage.ts';
import { ErrorNote } from '../../components/Notes.tsx';
import { client, queryClient, serverQuery } from '../../state/api.ts';
import styles from './Failures.module.css';

type Word = NonNullable<FailureGroup['triage']>;

/** Who asks may say something of failures; null: not known yet. */
export function useMaySay(): { readonly may: boolean; readonly name: string | null } | null {
  const { data } = useQuery(serverQuery);
  if (data === undefined) return null;
  return { may: data.account !== null || (!data.signIn && data.writable), name: data.account?.name ?? null };
}

const HINT: Partial<Record<TriageState, string>> = {
  known: 'Somebody knows it, and there is no report yet',
  reported: 'Say where: its page in a bug tracker',
  fixed: 'Say in which revision or version; a failure after today says so',
  infrastructure: 'Of the machine or the network, not of the source',
};

export function TriageForm({
  fingerprints,
  word,
  onDone,
}: {
  fingerprints: readonly string[];
  /** Of one kind; null: of several. */
  word: Word | null;
  onDone?: () => void;
}) {
  const who = useMaySay();
  // '' leaves the state as it is.
  const [state, setState] = useState<TriageState | ''>(word?.by === 'person' ? word.state : '');
  const [link, setLink] = useState(word?.by === 'person' ? (word.link ?? '') : '');
  const [fixedIn, setFixedIn] = useState(word?.fixedIn ?? '');
  const [owner, setOwner] = useState(word?.owner ?? '');
  const [note, setNote] = useState('');
  const ownerId = useId();
  const say = useMutation({
    mutationFn: () =>
      client.sayOf({
        fingerprints: [...fingerprints],
        ...(state === '' ? {} : { state: state === 'new' ? null : state, link: link === '' ? null : link }),
        ...(state === 'fixed' ? { fixedIn: fixedIn === '' ? null : fixedIn } : {}),
        ...(owner === (word?.owner ?? '') ? {} : { owner: owner === '' ? null : owner }),
        ...(note.trim() === '' ? {} : { note }),
      }),
    onSuccess: async () => {
      setNote('');
      await queryClient.invalidateQueries({ queryKey: ['failures'] });
      onDone?.();
    },
  });
  if (who === null) return null;
  if (!who.may)
    return (
      <p className="muted">
        <Link to="/sign-in">Sign in</Link> to say what is known of it.
      </p>
    );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    say.mutate();
  };
  return (
    <form className={styles.form} onSubmit={submit} aria-label="What is known of it">
      <div className={styles.pair}>
        <label>
          State
          <select
            className="field"
            value={state}
            title={state === '' ? undefined : HINT[state]}
            onChange={(event) => setState(event.target.value as TriageState | '')}
          >
            <option value="">{word === null || word.by !== 'issue' ? 'as it is' : 'as the known issue says'}</option>
            {TRIAGE_STATES.map((one) => (
              <option key={one} value={one}>
                {one === 'new' ? 'New (take back)' : TRIAGE_STATE_NAMES[one]}
              </option>
            ))}
          </select>
        </label>
        {/* A button inside of a label would be what the label is of. */}
        <div>
          <span>
            <label htmlFor={ownerId}>Owner</label>{' '}
            {who.name === null || owner === who.name ? null : (
              <button
                type="button"
                className="btn plain"
                style={{ height: 16 }}
                aria-label="Owner: me"
                onClick={() => setOwner(who.name ?? '')}
              >
                me
              </button>
            )}
          </span>
          <input
            id={ownerId}
            className="field"
            value={owner}
            placeholder="nobody"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => setOwner(event.target.value)}
          />
        </div>
      </div>
      {state === 'fixed' ? (
        <label>
          Fixed in
          <input
            className="field"
            value={fixedIn}
            placeholder="revision, version or branch"
            onChange={(event) => setFixedIn(event.target.value)}
          />
        </label>
      ) : null}
      {state === '' || state === 'new' ? null : (
        <label>
          Link{state === 'reported' ? '' : ', if there is one'}
          <input
            className="field"
            type="url"
            required={state === 'reported'}
            value={link}
            placeholder="https://bugzilla.…"
            onChange={(event) => setLink(event.target.value)}
          />
        </label>
      )}
      <label>
        Note
        <textarea
          className="field"
          value={note}
          placeholder="Read by everybody who sees such a failure"
          onChange={(event) => setNote(event.target.value)}
        />
      </label>
      <div className="row">
        <button type="submit" className="btn primary" disabled={say.isPending}>
          Say it{fingerprints.length > 1 ? ` of ${plural(fingerprints.length, 'fingerprint')}` : ''}
        </button>
        {say.isSuccess ? <span role="status">said</span> : null}
      </div>
      {say.isError ? <ErrorNote error={say.error} what="It was not said" /> : null}
    </form>
  );
}
