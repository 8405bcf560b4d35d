/** Picks one build: the comparable ones of its past first, then whatever is searched for. */

import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { BuildRow } from '../../../api/contract.ts';
import { formatDuration } from '../../../model/format.ts';
import { BuildOutcomeMark } from '../../components/Outcome.tsx';
import { Pop } from '../../components/Pop.tsx';
import { formatWhen } from '../../format/time.ts';
import { buildQuery, client } from '../../state/api.ts';
import { buildTitle } from '../build-title.ts';
import styles from './Compare.module.css';

export function BuildPicker({
  label,
  title,
  comparableTo,
  onPick,
}: {
  label: string;
  title: string;
  comparableTo: string | undefined;
  onPick: (id: string) => void;
}) {
  const [opened, setOpened] = useState(false);
  return (
    <Pop
      steered={{ opened, onChange: setOpened }}
      opener={
        <button type="button" className="btn" title={title} onClick={() => setOpened(!opened)}>
          {label} <span aria-hidden="true">▾</span>
        </button>
      }
    >
      <Choices
        comparableTo={comparableTo}
        onPick={(id) => {
          setOpened(false);
          onPick(id);
        }}
      />
    </Pop>
  );
}

function Choices({ comparableTo, onPick }: { comparableTo: string | undefined; onPick: (id: string) => void }) {
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), 200);
  const near = useQuery({ ...buildQuery(comparableTo ?? ''), enabled: comparableTo !== undefined });
  const found = useQuery({
    queryKey: ['builds', 'pick', asked],
    queryFn: ({ signal }) => client.builds({ q: asked, limit: 30 }, signal),
    placeholderData: keepPreviousData,
  });
  const neighbours = [
    { id: near.data?.previousId, label: 'Previous of the same configuration' },
    { id: near.data?.nextId, label: 'Next of the same configuration' },
  ];
  return (
    <div className={styles.choices}>
      <input
        className="field"
        data-autofocus
        placeholder="Search builds"
        aria-label="Search builds"
        value={text}
        onChange={(e) => setText(e.target.value)}
      />
      <ul className={styles.choiceList}>
        {text === ''
          ? neighbours.map(({ id, label }) =>
              typeof id === 'string' ? (
                <li key={label}>
                  <button type="button" className={styles.choice} onClick={() => onPick(id)}>
                    <strong>{label}</strong>
                  </button>
                </li>
              ) : null,
            )
          : null}
        {(found.data?.builds ?? []).map((row) => (
          <li key={row.id}>
            <Choice row={row} onPick={onPick} />
          </li>
        ))}
      </ul>
      {found.data?.builds.length === 0 ? <div className="muted">No build has that in its name.</div> : null}
    </div>
  );
}

function Choice({ row, onPick }: { row: BuildRow; onPick: (id: string) => void }) {
  return (
    <button type="button" className={styles.choice} onClick={() => onPick(row.id)} title={row.location}>
      <BuildOutcomeMark outcome={row.outcome} />
      <span className="cut grow">
        {buildTitle(row)} <span className="muted">{row.machine ?? ''}</span>
      </span>
      <span className="muted nowrap">{formatDuration(row.durationMs)}</span>
      <span className="muted nowrap">{formatWhen(row.startedMs)}</span>
    </button>
  );
}
