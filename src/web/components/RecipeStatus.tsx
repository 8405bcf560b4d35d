/** How a recipe went in a build: a glyph and a word as well as a colour. Passed and failed are solid, what was not checked is hollow. */
import type { RecipeStatus } from '../../api/contract.ts';
import styles from './RecipeStatus.module.css';

const LOOKS: Readonly<Record<RecipeStatus, { readonly glyph: string; readonly label: string; readonly why: string }>> =
  {
    succeeded: { glyph: '✓', label: 'succeeded', why: 'executed, and nothing of it failed' },
    failed: { glyph: '✗', label: 'failed', why: 'a task of it failed' },
    'from-sstate': { glyph: 's', label: 'from sstate', why: 'taken from sstate: not checked by this build' },
    'not-executed': { glyph: '–', label: 'not checked', why: 'it was current, or something it needs failed' },
    unfinished: { glyph: '?', label: 'unfinished', why: 'it was begun, and no end is known' },
  };

export function recipeStatusLabel(status: RecipeStatus): string {
  return LOOKS[status].label;
}

export function RecipeStatusMark({ status, word = false }: { status: RecipeStatus; word?: boolean }) {
  const { glyph, label, why } = LOOKS[status];
  return (
    <span className={styles.mark} title={`${label}: ${why}`}>
      <span className={`${styles.cell} ${styles[status]}`} aria-hidden="true">
        {glyph}
      </span>
      <span className={word ? undefined : 'hidden-text'}>{label}</span>
    </span>
  );
}
