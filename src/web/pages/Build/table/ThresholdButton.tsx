/** The filter of a column of numbers, in its head. */

import { useState } from 'react';
import { unitLabel } from '../../../../model/format.ts';
import { Pop } from '../../../components/Pop.tsx';
import type { NumberColumn } from './rows.ts';
import styles from './Table.module.css';
import { OPERATORS, parseAmount, type Threshold } from './threshold.ts';

export function ThresholdButton({
  column,
  threshold,
  onChange,
}: {
  column: NumberColumn;
  threshold: Threshold | undefined;
  /** `walltime>4`; null: no threshold. */
  onChange: (text: string | null) => void;
}) {
  const [opened, setOpened] = useState(false);
  const [operator, setOperator] = useState<string>(threshold?.operator ?? '>');
  const [text, setText] = useState(threshold === undefined ? '' : String(threshold.value));
  const unit = unitLabel(column.unit);
  const amount = parseAmount(text, column.unit);
  const apply = (): void => {
    if (text.trim() === '') onChange(null);
    else if (amount !== null) onChange(`${column.id}${operator}${amount}`);
    else return;
    setOpened(false);
  };
  return (
    <Pop
      end
      steered={{ opened, onChange: setOpened }}
      opener={
        <button
          type="button"
          className={styles.funnel}
          data-set={threshold !== undefined}
          title={`Only rows by ${column.label}`}
          onClick={() => setOpened(!opened)}
        >
          <svg width="9" height="9" viewBox="0 0 10 10" aria-hidden="true">
            <path d="M0 1h10L6 5.5V9L4 8V5.5z" fill="currentColor" />
          </svg>
          <span className="hidden-text">Only rows by {column.label}</span>
        </button>
      }
    >
      <form
        className={styles.threshold}
        onSubmit={(event) => {
          event.preventDefault();
          apply();
        }}
      >
        <span className="cut">{column.label}</span>
        <select
          className="field"
          aria-label="Comparison"
          value={operator}
          onChange={(e) => setOperator(e.target.value)}
        >
          {OPERATORS.map((o) => (
            <option key={o}>{o}</option>
          ))}
        </select>
        <input
          className="field"
          aria-label={`Value${unit === '' ? '' : ` in ${unit}`}`}
          data-autofocus
          style={{ width: 90 }}
          inputMode="decimal"
          placeholder={unit}
          value={text}
          aria-invalid={text !== '' && amount === null}
          onChange={(e) => setText(e.target.value)}
        />
        <span className="muted">{unit}</span>
        <button type="submit" className="btn" disabled={text !== '' && amount === null}>
          {text.trim() === '' ? 'Any' : 'Apply'}
        </button>
      </form>
    </Pop>
  );
}
