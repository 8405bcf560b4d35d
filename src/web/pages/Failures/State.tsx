/** What is known of a kind of failure: a glyph and a word, never a colour alone. */
import { TRIAGE_STATE_NAMES, type TriageState } from '../../../model/triage.ts';
import styles from './Failures.module.css';

const LOOKS: Readonly<Record<TriageState, { readonly glyph: string; readonly tone: string }>> = {
  new: { glyph: '●', tone: 'bad' },
  known: { glyph: '◐', tone: 'warn' },
  reported: { glyph: '↗', tone: 'warn' },
  fixed: { glyph: '✓', tone: 'ok' },
  'wont-fix': { glyph: '–', tone: 'muted' },
  infrastructure: { glyph: '⚙', tone: 'muted' },
};

export function StateMark({ state, title }: { state: TriageState; title?: string | undefined }) {
  const { glyph, tone } = LOOKS[state];
  return (
    <span className={`${styles.state} ${tone}`} title={title}>
      <span aria-hidden="true">{glyph}</span>
      {TRIAGE_STATE_NAMES[state]}
    </span>
  );
}
