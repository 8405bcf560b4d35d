/** The searches that the account keeps by name, and the place to name this one. */

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { KeptSearches, SearchKind } from '../../../api/contract.ts';
import { Pop } from '../../components/Pop.tsx';
import { client, savedSearchesQuery, serverQuery } from '../../state/api.ts';
import styles from './Search.module.css';

export function Saved({ q, kind }: { q: string; kind: SearchKind | undefined }) {
  const { data: server } = useQuery(serverQuery);
  const signedIn = server?.account != null;
  const { data } = useQuery({ ...savedSearchesQuery, enabled: signedIn });
  const cache = useQueryClient();
  const [name, setName] = useState('');
  const change = useMutation({
    mutationFn: (ask: () => Promise<KeptSearches>) => ask(),
    onSuccess: (now) => {
      cache.setQueryData(savedSearchesQuery.queryKey, now);
      setName('');
    },
  });
  // Who is not signed in keeps the address.
  if (!signedIn) return null;
  const kept = data?.searches ?? [];
  return (
    <Pop
      end
      opener={
        <button type="button" className="btn">
          Saved{kept.length > 0 ? ` ${kept.length}` : ''} <span aria-hidden="true">▾</span>
        </button>
      }
    >
      <div className={styles.saved}>
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            change.mutate(() => client.saveSearch(name, q, kind ?? null));
          }}
        >
          <input
            className="field grow"
            aria-label="Name of this search"
            placeholder="Name of this search"
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <button type="submit" className="btn" disabled={name.trim() === '' || change.isPending}>
            Save
          </button>
        </form>
        {change.error === null ? null : (
          <p className="bad" role="alert">
            {change.error.message}
          </p>
        )}
        {kept.length === 0 ? <p className="muted">No search is kept yet.</p> : null}
        <ul>
          {kept.map((one) => (
            <li key={one.name} className={styles.keptLine}>
              <Link
                to="/search"
                search={{ ...(one.q === '' ? {} : { q: one.q }), ...(one.kind === null ? {} : { kind: one.kind }) }}
                className="grow cut"
                title={one.q}
              >
                {one.name}
              </Link>
              <button
                type="button"
                className="btn plain"
                onClick={() => change.mutate(() => client.deleteSearch(one.name))}
              >
                Delete<span className="hidden-text"> {one.name}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
    </Pop>
  );
}
