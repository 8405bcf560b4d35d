/** Tokens of an account: those there are, and a new one, which is told once. */
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { MadeToken, TokenLine } from '../../api/contract.ts';
import { ConfirmButton } from './ConfirmButton.tsx';
import { CopyButton } from './CopyButton.tsx';
import { When } from './Figures.tsx';
import forms from './Form.module.css';
import { Field } from './Form.tsx';
import { ErrorNote } from './Notes.tsx';

export function TokenTable({
  tokens,
  revoke,
}: {
  tokens: readonly TokenLine[];
  revoke: (number: number) => Promise<unknown>;
}) {
  if (tokens.length === 0) return <p>There is no token yet.</p>;
  const nowMs = Date.now();
  return (
    <div className={forms.scroll}>
      <table className={forms.table} aria-label="Tokens">
        <thead>
          <tr>
            <th scope="col">for</th>
            <th scope="col">begins with</th>
            <th scope="col">made</th>
            <th scope="col">last used</th>
            <th scope="col">state</th>
            <th scope="col">
              <span className="hidden-text">change</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => {
            const expired = token.expiresMs !== null && token.expiresMs <= nowMs;
            const over = token.revokedMs !== null || expired;
            return (
              <tr key={token.number} data-over={over}>
                <td>{token.name}</td>
                <td className="mono">{token.hint}…</td>
                <td>
                  <When ms={token.createdMs} />
                </td>
                <td>{token.usedMs === null ? <span className="muted">never</span> : <When ms={token.usedMs} />}</td>
                <td>
                  {token.revokedMs !== null ? (
                    <>
                      ✗ revoked <When ms={token.revokedMs} />
                    </>
                  ) : token.expiresMs === null ? (
                    <span className="ok">✓ good</span>
                  ) : (
                    <>
                      {expired ? '✗ over since ' : '✓ good until '}
                      <When ms={token.expiresMs} />
                    </>
                  )}
                </td>
                <td>
                  {over ? null : (
                    <ConfirmButton
                      plain
                      label="Revoke"
                      describe={`Revoke the token for ${token.name}`}
                      title={`Revoke the token for ${token.name}?`}
                      question="Whatever pushes with it is refused from then on. It cannot be brought back; builds that it pushed stay."
                      action="Revoke"
                      run={() => revoke(token.number)}
                    />
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

export function TokenForm({
  make,
  made,
}: {
  make: (name: string, expiresDays: number | null) => Promise<MadeToken>;
  made: () => Promise<unknown>;
}) {
  const [name, setName] = useState('');
  const [days, setDays] = useState('');
  const token = useMutation({
    mutationFn: () => make(name, days === '' ? null : Number(days)),
    onSuccess: async () => {
      setName('');
      await made();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    token.mutate();
  };
  return (
    <>
      {token.data === undefined ? null : (
        <div className={forms.secret} role="status">
          <strong>The token for {token.data.name}. Copy it now: it is not shown again.</strong>
          <span className="row">
            <code>{token.data.token}</code>
            <CopyButton text={token.data.token} what="token" label="Copy" />
          </span>
        </div>
      )}
      <form className={forms.line} onSubmit={submit}>
        <Field label="New token for">
          {(ids) => (
            <input
              {...ids}
              className="field"
              placeholder="a host, a CI job"
              required
              maxLength={100}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label="Good for">
          {(ids) => (
            <select {...ids} className="field" value={days} onChange={(event) => setDays(event.target.value)}>
              <option value="">ever</option>
              <option value="30">30 days</option>
              <option value="90">90 days</option>
              <option value="365">a year</option>
            </select>
          )}
        </Field>
        <button type="submit" className="btn" disabled={token.isPending}>
          Make a token
        </button>
      </form>
      {token.isError ? <ErrorNote error={token.error} what="No token was made" /> : null}
    </>
  );
}
