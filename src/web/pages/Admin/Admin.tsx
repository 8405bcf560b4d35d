/** Server: for admins. Accounts, the rules for reports as they are, and reports that could not be stored. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useState } from 'react';
import { ApiError } from '../../../api/client.ts';
import type { AccountList, Role, ServerState } from '../../../api/contract.ts';
import { formatBytes, formatCount, plural } from '../../../model/format.ts';
import { STRANGER_BUILDS_PER_HOUR, STRANGER_BYTES_PER_HOUR } from '../../../model/limits.ts';
import { ConfirmButton } from '../../components/ConfirmButton.tsx';
import { When } from '../../components/Figures.tsx';
import forms from '../../components/Form.module.css';
import { Field, PasswordField, Section } from '../../components/Form.tsx';
import { EmptyNote, ErrorNote } from '../../components/Notes.tsx';
import { TokenForm } from '../../components/Tokens.tsx';
import { useTitle } from '../../components/use-title.ts';
import { accountsQuery, client, queryClient, serverQuery, serverStateQuery } from '../../state/api.ts';

type Line = AccountList['accounts'][number];

export function Admin() {
  useTitle('Server');
  const accounts = useQuery(accountsQuery);
  const state = useQuery(serverStateQuery);
  const { data: server } = useQuery(serverQuery);
  const again = () => queryClient.invalidateQueries({ queryKey: ['accounts'] });
  const failed = accounts.error ?? state.error;
  if (failed instanceof ApiError && (failed.code === 'unauthorized' || failed.code === 'forbidden'))
    return (
      <>
        <h1>Server</h1>
        <EmptyNote title="This page is for admins">
          {failed.code === 'unauthorized' ? <Link to="/sign-in">Sign in</Link> : failed.message}
        </EmptyNote>
      </>
    );
  return (
    <div className={forms.page}>
      <h1 style={{ marginBottom: 16 }}>Server</h1>
      <Section title="Accounts">
        {accounts.isError ? (
          <ErrorNote
            error={accounts.error}
            what="The accounts could not be read"
            retry={() => void accounts.refetch()}
          />
        ) : null}
        {accounts.data === undefined ? null : (
          <Accounts accounts={accounts.data.accounts} own={server?.account?.name ?? null} again={again} />
        )}
        <AccountForm made={again} />
      </Section>
      {state.isError ? (
        <ErrorNote
          error={state.error}
          what="The state of the server could not be read"
          retry={() => void state.refetch()}
        />
      ) : null}
      {state.data === undefined ? null : (
        <>
          <Section title="Rules for reports">
            <Rules state={state.data} />
          </Section>
          <Section title="Reports that could not be stored">
            <Problems state={state.data} />
          </Section>
        </>
      )}
    </div>
  );
}

function Accounts({
  accounts,
  own,
  again,
}: {
  accounts: readonly Line[];
  own: string | null;
  again: () => Promise<unknown>;
}) {
  const [robot, setRobot] = useState<string | null>(null);
  const change = async (name: string, what: Parameters<typeof client.changeAccount>[1]): Promise<void> => {
    await client.changeAccount(name, what);
    await again();
  };
  if (accounts.length === 0) return <p>There is no account yet.</p>;
  return (
    <>
      <div className={forms.scroll}>
        <table className={forms.table} aria-label="Accounts">
          <thead>
            <tr>
              <th scope="col">name</th>
              <th scope="col">role</th>
              <th scope="col" className="num">
                builds
              </th>
              <th scope="col" className="num">
                tokens
              </th>
              <th scope="col">last used</th>
              <th scope="col">state</th>
              <th scope="col">
                <span className="hidden-text">change</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {accounts.map((account) => (
              <tr key={account.name} data-over={account.disabled}>
                <td>{account.name}</td>
                <td>{account.role}</td>
                <td className="num">{formatCount(account.builds)}</td>
                <td className="num">{formatCount(account.tokens)}</td>
                <td>{account.usedMs === null ? <span className="muted">never</span> : <When ms={account.usedMs} />}</td>
                <td>{account.disabled ? '✗ disabled' : <span className="ok">✓ in use</span>}</td>
                <td>
                  <span className="row" style={{ gap: 4, flexWrap: 'nowrap' }}>
                    {account.role === 'robot' && !account.disabled ? (
                      <button
                        type="button"
                        className="btn plain"
                        aria-label={`Make a token for ${account.name}`}
                        aria-expanded={robot === account.name}
                        onClick={() => setRobot(robot === account.name ? null : account.name)}
                      >
                        Token
                      </button>
                    ) : null}
                    {account.role === 'robot' || account.name === own ? null : (
                      <ConfirmButton
                        plain
                        label={account.role === 'admin' ? 'Make a member' : 'Make an admin'}
                        describe={`Make ${account.name} ${account.role === 'admin' ? 'a member' : 'an admin'}`}
                        title={`Make ${account.name} ${account.role === 'admin' ? 'a member' : 'an admin'}?`}
                        question={
                          account.role === 'admin'
                            ? 'From then on only public builds, and those of this account, are shown to it. Its sessions end.'
                            : 'An admin sees and deletes every build, and changes every account. Its sessions end.'
                        }
                        action="Change the role"
                        run={() => change(account.name, { role: account.role === 'admin' ? 'member' : 'admin' })}
                      />
                    )}
                    {account.name === own ? null : account.disabled ? (
                      <ConfirmButton
                        plain
                        label="Let in"
                        describe={`Let ${account.name} in again`}
                        title={`Let ${account.name} in again?`}
                        question="Its password and its tokens work again."
                        action="Let in"
                        run={() => change(account.name, { disabled: false })}
                      />
                    ) : (
                      <ConfirmButton
                        plain
                        label="Disable"
                        describe={`Disable ${account.name}`}
                        title={`Disable ${account.name}?`}
                        question="It is signed out, and its tokens open nothing. Its builds stay."
                        action="Disable"
                        run={() => change(account.name, { disabled: true })}
                      />
                    )}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {robot === null ? null : (
        <div style={{ display: 'grid', gap: 8, width: '100%' }}>
          <h3>A token for {robot}</h3>
          <TokenForm key={robot} make={(name, days) => client.makeToken(robot, name, days)} made={again} />
        </div>
      )}
    </>
  );
}

function AccountForm({ made }: { made: () => Promise<unknown> }) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('member');
  const [password, setPassword] = useState('');
  const add = useMutation({
    mutationFn: () => client.addAccount(name, role, role === 'robot' ? null : password),
    onSuccess: async () => {
      setName('');
      setPassword('');
      await made();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <>
      <form className={forms.line} onSubmit={submit}>
        <Field label="New account">
          {(ids) => (
            <input
              {...ids}
              className="field"
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              placeholder="name"
              required
              maxLength={64}
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Field label="Role">
          {(ids) => (
            <select {...ids} className="field" value={role} onChange={(event) => setRole(event.target.value as Role)}>
              <option value="member">member: a person</option>
              <option value="admin">admin: sees and changes everything</option>
              <option value="robot">robot: a machine, tokens only</option>
            </select>
          )}
        </Field>
        {role === 'robot' ? null : (
          <PasswordField
            label="First password"
            placeholder="12 characters or more"
            isNew
            value={password}
            onChange={setPassword}
          />
        )}
        <button type="submit" className="btn" disabled={add.isPending}>
          Add the account
        </button>
      </form>
      {add.isError ? <ErrorNote error={add.error} what="No account was added" /> : null}
    </>
  );
}

const WHO = {
  anonymous: 'everybody who reaches the server',
  token: 'who has a token',
  closed: 'nobody',
} as const;

function Rules({ state }: { state: ServerState }) {
  const { rules } = state;
  if (rules === null)
    return (
      <EmptyNote title="This server takes no reports">
        <code>--push token</code> or <code>--push anonymous</code> lets builds be pushed.
      </EmptyNote>
    );
  const limit = (n: number | null, print: (n: number) => string): string => (n === null ? 'no limit' : print(n));
  // A limit that the owner left out is one for clients that nobody knows.
  const unset = (limit: string): string => `${limit} of a client without an account, else no limit`;
  const builds =
    rules.buildsPerHour === null
      ? unset(plural(STRANGER_BUILDS_PER_HOUR, 'build'))
      : `${plural(rules.buildsPerHour, 'build')} of a client`;
  const bytes =
    rules.bytesPerHour === null
      ? unset(formatBytes(STRANGER_BYTES_PER_HOUR))
      : `${formatBytes(rules.bytesPerHour)} of a client`;
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['may push', WHO[rules.push]],
    ['visibility', `${rules.visibility}; may be chosen: ${rules.visibilities.join(', ')}`],
    ['age', limit(rules.ageDays, (n) => `at most ${plural(n, 'day')}`)],
    [
      'one build',
      `${formatBytes(rules.streamBytes)} without logs, ${formatCount(rules.blobs)} logs of ${formatBytes(rules.blobBytes)} each`,
    ],
    ...(rules.refusedKinds.length === 0 ? [] : [['not wanted', rules.refusedKinds.join(', ')] as const]),
    ['in an hour', `${builds}; ${bytes}`],
    ['received', `${plural(state.uploads, 'report')}, ${formatCount(state.unstored)} not read yet or growing`],
    ...(state.unindexed + state.uncounted === 0
      ? []
      : [
          [
            'after an upgrade',
            `${plural(state.unindexed, 'failure')} left to look at, recipes of ${plural(state.uncounted, 'build')} left to count`,
          ] as const,
        ]),
  ];
  return (
    <>
      <dl className={forms.facts}>
        {facts.map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p className="muted">These are settings: whoever starts the server changes them.</p>
    </>
  );
}

function Problems({ state }: { state: ServerState }) {
  if (state.problems.length === 0) return <p>None. Every report that came is stored, or still on its way.</p>;
  return (
    <div className={forms.scroll}>
      <table className={forms.table} aria-label="Reports that are not stored">
        <thead>
          <tr>
            <th scope="col">last sent</th>
            <th scope="col">build</th>
            <th scope="col">by</th>
            <th scope="col" className="num">
              size
            </th>
            <th scope="col">why not</th>
          </tr>
        </thead>
        <tbody>
          {state.problems.map((upload) => (
            <tr key={upload.id}>
              <td>
                <When ms={upload.touchedMs} />
              </td>
              <td title={upload.id}>{upload.name ?? upload.id.slice(0, 8)}</td>
              <td>{upload.account ?? <span className="muted">no account</span>}</td>
              <td className="num">{formatBytes(upload.bytes)}</td>
              <td className={forms.text}>{upload.problem}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
