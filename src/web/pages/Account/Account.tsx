/** Account: who is signed in; tokens for programs that push, the password, the sessions. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { ApiError } from '../../../api/client.ts';
import { plural } from '../../../model/format.ts';
import { ConfirmButton } from '../../components/ConfirmButton.tsx';
import { When } from '../../components/Figures.tsx';
import forms from '../../components/Form.module.css';
import { PasswordField, Section } from '../../components/Form.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { TokenForm, TokenTable } from '../../components/Tokens.tsx';
import { useTitle } from '../../components/use-title.ts';
import { accountQuery, client, queryClient } from '../../state/api.ts';

const ROLES = {
  admin: 'admin: sees and changes everything on this server',
  member: 'member: signs in, pushes, owns builds',
  robot: 'robot: pushes',
} as const;

export function Account() {
  useTitle('Account');
  const navigate = useNavigate();
  const query = useQuery(accountQuery);
  const again = () => queryClient.invalidateQueries({ queryKey: ['account'] });
  const leave = async (everywhere: boolean): Promise<void> => {
    await client.signOut(everywhere);
    queryClient.clear();
    await navigate({ to: '/', search: {} });
  };
  const out = useMutation({ mutationFn: () => leave(false) });
  if (query.data === undefined) {
    if (!query.isError) return <h1>Account</h1>;
    const stranger = query.error instanceof ApiError && query.error.code === 'unauthorized';
    return (
      <>
        <h1>Account</h1>
        {stranger ? (
          <EmptyNote title="You are not signed in">
            <Link to="/sign-in">Sign in</Link>
          </EmptyNote>
        ) : (
          <ErrorNote error={query.error} what="The account could not be read" retry={() => void query.refetch()} />
        )}
      </>
    );
  }
  const account = query.data;
  return (
    <div className={forms.page}>
      <div className="row" style={{ marginBottom: 16 }}>
        <h1>{account.name}</h1>
        <span className="muted">{ROLES[account.role]}</span>
        <span className="grow" />
        <button type="button" className="btn" disabled={out.isPending} onClick={() => out.mutate()}>
          Sign out
        </button>
      </div>
      {out.isError ? <ErrorNote error={out.error} what="You are still signed in" /> : null}
      <Section title="Tokens">
        <p className="muted">
          With a token a program pushes builds that are yours: write it into a file and name that in{' '}
          <code>BAKEHOUSE_TOKEN_FILE</code>. Whoever has it may push, and see your builds.
        </p>
        <TokenTable
          tokens={account.tokens}
          revoke={async (number) => {
            await client.revokeToken(null, number);
            await again();
          }}
        />
        <TokenForm make={(name, days) => client.makeToken(null, name, days)} made={again} />
      </Section>
      {account.hasPassword ? (
        <Section title="Password">
          <PasswordForm done={again} />
        </Section>
      ) : null}
      <Section title="Sessions">
        <p className="muted">
          {plural(account.sessions.length, 'browser')} signed in; one that is not used for two weeks is signed out by
          itself.
        </p>
        <div className={forms.scroll}>
          <table className={forms.table} aria-label="Browsers signed in">
            <thead>
              <tr>
                <th scope="col">signed in</th>
                <th scope="col">last used</th>
                <th scope="col">over</th>
                <th scope="col">
                  <span className="hidden-text">which</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {account.sessions.map((session) => (
                <tr key={`${session.createdMs} ${session.usedMs}`}>
                  <td>
                    <When ms={session.createdMs} />
                  </td>
                  <td>
                    <When ms={session.usedMs} />
                  </td>
                  <td>
                    <When ms={session.expiresMs} />
                  </td>
                  <td>{session.current ? 'this one' : ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        <ConfirmButton
          label="Sign out everywhere"
          title="Sign out everywhere?"
          question="Every browser that is signed in as you is signed out, this one too. Tokens go on working."
          action="Sign out everywhere"
          run={() => leave(true)}
        />
      </Section>
    </div>
  );
}

function PasswordForm({ done }: { done: () => Promise<unknown> }) {
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const change = useMutation({
    mutationFn: () => client.changePassword(current, password),
    onSuccess: async () => {
      setCurrent('');
      setPassword('');
      await done();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <form className={forms.form} onSubmit={submit}>
      <PasswordField label="Current password" isNew={false} value={current} onChange={setCurrent} />
      <PasswordField
        label="New password"
        hint="12 characters or more. Every other browser is signed out."
        isNew
        value={password}
        onChange={setPassword}
      />
      {change.isError ? <ErrorNote error={change.error} what="The password is as it was" /> : null}
      <span role="status" className={change.isSuccess ? 'ok' : 'hidden-text'}>
        {change.isSuccess ? 'The password is changed.' : ''}
      </span>
      <button type="submit" className="btn" disabled={change.isPending}>
        Change the password
      </button>
    </form>
  );
}
