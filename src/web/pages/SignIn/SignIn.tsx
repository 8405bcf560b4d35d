/** Sign in: a name and a password, and the page that was wanted before. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { ApiError } from '../../../api/client.ts';
import forms from '../../components/Form.module.css';
import { Field, PasswordField } from '../../components/Form.tsx';
import { ErrorNote } from '../../components/Notes.tsx';
import { useTitle } from '../../components/use-title.ts';
import { client, queryClient, serverQuery } from '../../state/api.ts';

export function SignIn() {
  useTitle('Sign in');
  const navigate = useNavigate();
  const { data: server } = useQuery(serverQuery);
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const signIn = useMutation({
    mutationFn: () => client.signIn(name, password),
    onSuccess: async () => {
      // Everything on screen was an answer to somebody else.
      queryClient.clear();
      await navigate({ to: '/', search: {} });
    },
    onError: () => setPassword(''),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    signIn.mutate();
  };
  if (server?.account != null)
    return (
      <>
        <h1>Sign in</h1>
        <p>
          You are signed in as <strong>{server.account.name}</strong>. <Link to="/account">Your account</Link>
        </p>
      </>
    );
  const refused = signIn.error instanceof ApiError && signIn.error.code === 'unauthorized';
  return (
    <div style={{ maxWidth: 340, width: '100%', margin: '8vh auto 0' }}>
      <h1 style={{ marginBottom: 16 }}>Sign in</h1>
      <form className={forms.form} onSubmit={submit}>
        <Field label="Name">
          {(ids) => (
            <input
              {...ids}
              ref={first}
              className="field"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              maxLength={64}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <PasswordField label="Password" isNew={false} value={password} onChange={setPassword} />
        {signIn.isError ? (
          refused ? (
            <p className="bad" role="alert">
              Name or password are not right.
            </p>
          ) : (
            <ErrorNote error={signIn.error} what="You are not signed in" />
          )
        ) : null}
        <button type="submit" className="btn primary" disabled={signIn.isPending}>
          {signIn.isPending ? 'Signing in …' : 'Sign in'}
        </button>
      </form>
      <p className="muted" style={{ marginTop: 24 }}>
        Public builds are shown to everybody. An account has its own unlisted and private builds, and tokens to push
        with; who looks after this server makes one with <code>bakehouse account add</code>.
      </p>
    </div>
  );
}
