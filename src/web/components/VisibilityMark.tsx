/** Who may see a build, where that is not everybody: always a word. */
import type { Visibility } from '../../api/contract.ts';
import styles from './VisibilityMark.module.css';

export const VISIBILITY_WORDS: Readonly<Record<Visibility, { readonly label: string; readonly who: string }>> = {
  public: { label: 'public', who: 'in every list' },
  unlisted: { label: 'unlisted', who: 'only for who has the address' },
  private: { label: 'private', who: 'only for its owner and admins' },
};
/** `word` false: in a list, where the word is spoken and shown on hover. */
export function VisibilityMark({ visibility, word = true }: { visibility: Visibility; word?: boolean }) {
  if (visibility === 'public') return null;
  const { label, who } = VISIBILITY_WORDS[visibility];
  return (
    <span className={word ? styles.mark : styles.glyph} title={`${label}: seen ${who}`}>
      <svg width="11" height="11" viewBox="0 0 11 11" fill="none" stroke="currentColor" aria-hidden="true">
        {visibility === 'private' ? (
          <>
            <rect x="1.5" y="4.8" width="8" height="5.2" />
            <path d="M3.4 4.8V3.3a2.1 2.1 0 0 1 4.2 0v1.5" />
          </>
        ) : (
          <path d="M4.6 6.4 6.4 4.6M3.6 5.2 2.3 6.5a1.6 1.6 0 0 0 2.2 2.2l1.3-1.3M5.2 3.6 6.5 2.3a1.6 1.6 0 0 1 2.2 2.2L7.4 5.8" />
        )}
      </svg>
      {word ? label : <span className="hidden-text">{label}</span>}
    </span>
  );
}
