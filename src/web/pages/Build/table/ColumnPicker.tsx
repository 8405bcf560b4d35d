/** Which columns are shown: every metric that was found, known to the program or not. */

import { useState } from 'react';
import { columnScale } from '../../../../model/format.ts';
import { Pop } from '../../../components/Pop.tsx';
import styles from './Table.module.css';
import type { TableModel } from './task-model.ts';

export function ColumnPicker({
  model,
  shown,
  usual,
  onChange,
}: {
  model: TableModel;
  shown: readonly string[];
  usual: readonly string[];
  onChange: (columns: readonly string[] | undefined) => void;
}) {
  const [find, setFind] = useState('');
  const all = [
    ...model.words.map((c) => ({ id: c.id, label: c.label, unit: '', note: null as string | null })),
    ...model.numbers.map((c) => ({ id: c.id, label: c.label, unit: columnScale(c.unit, 0).label, note: c.note })),
  ];
  const wanted = find.toLowerCase();
  const listed = all.filter((c) => `${c.label} ${c.id}`.toLowerCase().includes(wanted));
  const same = shown.length === usual.length && shown.every((id, i) => id === usual[i]);
  const toggle = (id: string, on: boolean): void => {
    // In the order of the list, so that the same choice is the same address.
    const next = all.map((c) => c.id).filter((c) => (c === id ? on : shown.includes(c)));
    onChange(next.length === usual.length && next.every((c) => usual.includes(c)) ? undefined : next);
  };
  return (
    <Pop
      end
      opener={
        <button type="button" className={`btn ${styles.columns}`} aria-pressed={!same}>
          Columns <span className="muted">{shown.length}</span> <span aria-hidden="true">▾</span>
        </button>
      }
    >
      <div className={styles.pickerHead}>
        <input
          className="field grow"
          data-autofocus
          placeholder="Find a column"
          aria-label="Find a column"
          value={find}
          onChange={(e) => setFind(e.target.value)}
        />
        <button type="button" className="btn plain" disabled={same} onClick={() => onChange(undefined)}>
          usual
        </button>
        <button type="button" className="btn plain" onClick={() => onChange(all.map((c) => c.id))}>
          all
        </button>
      </div>
      <div className={styles.picker}>
        {listed.map((c, i) => (
          <label key={c.id} className={styles.pick} title={c.note ?? undefined}>
            <input
              type="checkbox"
              checked={shown.includes(c.id)}
              disabled={i === 0 && wanted === ''}
              onChange={(e) => toggle(c.id, e.target.checked)}
            />
            <span className="grow">
              {c.label} {c.unit === '' ? null : <span className="muted">{c.unit}</span>}
            </span>
            <span className="mono muted">{c.id === c.label ? '' : c.id}</span>
          </label>
        ))}
        {listed.length === 0 ? <div className="muted">No column has that in its name.</div> : null}
      </div>
    </Pop>
  );
}
