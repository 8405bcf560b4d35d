/** Fields with their names, and what a form says when it did not work. */
import { type ReactNode, useId } from 'react';
import styles from './Form.module.css';

export function Field({
  label,
  hint,
  children,
}: {
  label: string;
  hint?: string | undefined;
  /** The control, given its id and that of the hint. */
  children: (ids: { readonly id: string; readonly 'aria-describedby': string | undefined }) => ReactNode;
}) {
  const id = useId();
  const hintId = `${id}-hint`;
  return (
    <div className={styles.field}>
      <label htmlFor={id}>{label}</label>
      {children({ id, 'aria-describedby': hint === undefined ? undefined : hintId })}
      {hint === undefined ? null : (
        <span id={hintId} className={styles.hint}>
          {hint}
        </span>
      )}
    </div>
  );
}

/** A part of a page with its heading. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {children}
    </section>
  );
}
