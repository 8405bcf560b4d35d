/** Words where a picture is missing: why, and what to do. */
import type { ReactNode } from 'react';
import { ApiError } from '../../api/client.ts';
import styles from './Notes.module.css';

export function ErrorNote({ error, what, retry }: { error: unknown; what: string; retry?: () => void }) {
  const cause = error instanceof Error ? error.message : String(error);
  return (
    <div className={`${styles.note} ${styles.error}`} role="alert">
      <span className={styles.glyph} aria-hidden="true">
        ✗
      </span>
      <div className="grow">
        <strong>{what}</strong>
        <div>{cause}</div>
        {error instanceof ApiError && error.status > 0 ? (
          <div className="muted">
            code {error.code}, HTTP {error.status}
          </div>
        ) : null}
      </div>
      {retry === undefined ? null : (
        <button type="button" className="btn" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

export function WarningNote({ children }: { children: ReactNode }) {
  return (
    <div className={`${styles.note} ${styles.warning}`} role="note">
      <span className={styles.glyph} aria-hidden="true">
        !
      </span>
      <div className="grow">{children}</div>
    </div>
  );
}

export function EmptyNote({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <strong>{title}</strong>
      {children === undefined ? null : <div className="muted">{children}</div>}
    </div>
  );
}
