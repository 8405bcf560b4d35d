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

/** `isNew`: one that is chosen here, so that a password manager offers to make it; the server's rule for its length is said by the browser. */
export function PasswordField({
  label,
  hint,
  placeholder,
  isNew,
  value,
  onChange,
}: {
  label: string;
  hint?: string | undefined;
  placeholder?: string | undefined;
  isNew: boolean;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <Field label={label} hint={hint}>
      {(ids) => (
        <input
          {...ids}
          type="password"
          className="field"
          autoComplete={isNew ? 'new-password' : 'current-password'}
          placeholder={placeholder}
          required
          minLength={isNew ? 12 : undefined}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
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
