/**
 * The box of the search, on its page and in the frame of every other: one field that offers keys and values while a person types, and says where it
 * does not understand. In the frame, where nothing else shows what is found, the first hits stand below them.
 */
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, type RefObject, useEffect, useId, useMemo, useRef, useState } from 'react';
import { applySuggestion, completeSearch, valueSuggestion } from '../../../analysis/search-completion.ts';
import { parseSearch } from '../../../analysis/search-query.ts';
import type { SearchValuesQuery } from '../../../api/contract.ts';
import { BakehouseError } from '../../../model/errors.ts';
import { formatCount } from '../../../model/format.ts';
import { searchValuesQuery } from '../../state/api.ts';
import styles from './SearchBox.module.css';
import { useHits } from './use-hits.tsx';

/** Values of a key, of which the server offers no more. */
const VALUES_MAX = 12;
/** Above hits a few keys are enough: whoever does not know them reads them in an empty box. */
const KEYS_OVER_HITS_MAX = 4;
const VALUES_OVER_HITS_MAX = 8;

interface Wrong {
  readonly message: string;
  readonly at: number;
  readonly to: number;
}

/** Null: it is understood. */
export function wrongIn(text: string): Wrong | null {
  try {
    parseSearch(text);
    return null;
  } catch (error) {
    if (!(error instanceof BakehouseError)) throw error;
    return { message: error.message, at: Number(error.details?.at ?? 0), to: Number(error.details?.to ?? text.length) };
  }
}

/** A line below the field, in the order in which the arrows go through them. */
export interface Offer {
  readonly id: string;
  /** Heading of the lines of one kind; null: none. */
  readonly group: string | null;
  readonly label: ReactNode;
  readonly about: ReactNode;
  readonly run: () => void;
}

interface Props {
  readonly value: string;
  readonly onSearch: (q: string) => void;
  readonly inputRef: RefObject<HTMLInputElement | null>;
  /** In the frame: no button, what is wrong is said below the field, and so is what is found. `leave`: Escape, or something was chosen. */
  readonly frame?: {
    readonly leave: (why: 'escape' | 'chosen') => void;
    readonly keys: ReactNode;
    readonly foot: ReactNode;
  };
}

export function SearchBox({ value, onSearch, inputRef, frame }: Props) {
  const [text, setText] = useState(value);
  const [caret, setCaret] = useState(value.length);
  const [open, setOpen] = useState(false);
  /** The line that Enter takes; null: none, Enter searches. By its name, since lines come and go while answers arrive. */
  const [at, setAt] = useState<string | null>(null);
  const listId = useId();
  const listRef = useRef<HTMLDivElement>(null);
  const wantedCaret = useRef<number | null>(null);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (wantedCaret.current === null) return;
    inputRef.current?.setSelectionRange(wantedCaret.current, wantedCaret.current);
    wantedCaret.current = null;
  });

  const completion = useMemo(() => completeSearch(text, caret), [text, caret]);
  const [asked] = useDebouncedValue(completion.values, 120);
  const offered = useQuery({
    ...searchValuesQuery({
      key: (asked?.key ?? 'recipe') as SearchValuesQuery['key'],
      typed: asked?.prefix ?? '',
      recipe: asked?.recipe ?? undefined,
    }),
    enabled: open && asked !== null,
  });
  const fits = completion.values !== null && asked?.key === completion.values.key;
  const wrong = wrongIn(text);
  const typed = text.trim();
  const leave = (): void => {
    setOpen(false);
    setAt(null);
    setText('');
    frame?.leave('chosen');
  };
  const hits = useHits({ text: wrong === null ? typed : '', enabled: frame !== undefined && open, leave });
  const over = frame !== undefined && typed !== '';
  const keys = over ? completion.suggestions.slice(0, KEYS_OVER_HITS_MAX) : completion.suggestions;
  const values = fits ? (offered.data?.values ?? []) : [];
  const offers: readonly Offer[] = [
    ...[
      ...keys,
      ...values
        .slice(0, over ? VALUES_OVER_HITS_MAX : VALUES_MAX)
        .map(({ value: one, count }) => valueSuggestion(one, count === null ? '' : formatCount(count))),
    ].map((suggestion) => ({
      id: `insert ${suggestion.insert}`,
      group: null,
      label: <span className="mono">{suggestion.label}</span>,
      about: suggestion.about,
      run: () => {
        const next = applySuggestion(text, completion, suggestion);
        setText(next.text);
        setCaret(next.caret);
        wantedCaret.current = next.caret;
        setAt(null);
        inputRef.current?.focus();
      },
    })),
    ...hits.offers,
  ];
  const active = offers.findIndex(({ id }) => id === at);
  const complaint = wrong === null || (open && wrong.to >= text.length) ? null : wrong;
  const shown = open && (offers.length > 0 || (frame !== undefined && typed !== ''));
  useEffect(() => {
    if (active >= 0) listRef.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  const search = (): void => {
    if (wrongIn(text) !== null) return;
    setOpen(false);
    onSearch(typed);
    if (frame !== undefined) leave();
  };

  const complain = (
    <>
      <span className="bad">{complaint?.message}</span>
      {complaint === null || text.slice(complaint.at, complaint.to) === '' ? null : (
        <>
          {': '}
          <mark className="mono">{text.slice(complaint.at, complaint.to).slice(0, 60)}</mark>
        </>
      )}
    </>
  );

  return (
    <form
      className={frame === undefined ? styles.box : styles.inFrame}
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search();
      }}
    >
      <div className={styles.field}>
        <input
          ref={inputRef}
          className="field mono"
          type="text"
          role="combobox"
          aria-label="Search builds, recipes, failures and causes"
          aria-expanded={shown}
          aria-controls={listId}
          aria-autocomplete="list"
          aria-invalid={wrong !== null}
          aria-describedby={`${listId}-wrong`}
          aria-activedescendant={shown && active >= 0 ? `${listId}-${active}` : undefined}
          placeholder={frame === undefined ? 'recipe:gcc status:failed host:debian-12 "some text"' : 'Search'}
          value={text}
          autoComplete="off"
          autoCapitalize="none"
          enterKeyHint="search"
          spellCheck={false}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onClick={() => setOpen(true)}
          onChange={(event) => {
            setText(event.target.value);
            setCaret(event.target.selectionStart ?? event.target.value.length);
            setOpen(true);
            setAt(null);
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
              event.preventDefault();
              setOpen(true);
              const step = event.key === 'ArrowDown' ? 1 : -1;
              const count = offers.length + 1;
              // One place beyond the list is the field itself.
              setAt(offers[((active + 1 + step + count) % count) - 1]?.id ?? null);
            } else if ((event.key === 'Enter' || event.key === 'Tab') && shown && active >= 0 && !event.shiftKey) {
              event.preventDefault();
              offers[active]!.run();
            } else if (event.key === 'Escape') {
              event.preventDefault();
              setAt(null);
              if (shown && frame === undefined) setOpen(false);
              else {
                event.currentTarget.blur();
                frame?.leave('escape');
              }
            }
          }}
        />
        {frame === undefined || open || text !== '' ? null : <span className={styles.keys}>{frame.keys}</span>}
        {shown ? (
          // biome-ignore lint/a11y/noStaticElementInteractions: the field keeps the focus, whatever of this is pressed
          <div className={`pop ${styles.offered}`} onMouseDown={(event) => event.preventDefault()}>
            {frame === undefined || complaint === null ? null : <p className={styles.said}>{complain}</p>}
            <div ref={listRef} id={listId} role="listbox" aria-label="Keys, values and hits" className={styles.list}>
              {offers.map((offer, i) => (
                <div key={offer.id} role="presentation">
                  {offer.group === null || offers[i - 1]?.group === offer.group ? null : (
                    <div className={styles.group}>{offer.group}</div>
                  )}
                  {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keys are on the field that keeps the focus */}
                  <div
                    id={`${listId}-${i}`}
                    role="option"
                    tabIndex={-1}
                    aria-selected={i === active}
                    className={`${offer.group === null ? styles.suggestion : styles.hit} ${offer.group !== null && hits.stale ? 'stale' : ''}`}
                    onClick={offer.run}
                  >
                    <span className="cut">{offer.label}</span>
                    <span className="muted cut">{offer.about}</span>
                  </div>
                </div>
              ))}
            </div>
            {frame === undefined ? null : (
              <div className={`muted ${styles.foot}`}>
                <span className="grow" role="status">
                  {typed === '' ? 'all of these hold; -key:value turns it round' : hits.says}
                </span>
                {frame.foot}
              </div>
            )}
          </div>
        ) : null}
      </div>
      {frame === undefined ? (
        <button type="submit" className="btn primary" disabled={wrong !== null}>
          Search
        </button>
      ) : null}
      <p
        id={`${listId}-wrong`}
        className={frame === undefined ? styles.wrong : 'hidden-text'}
        role={frame === undefined ? 'status' : undefined}
      >
        {complaint === null ? '\u00a0' : complain}
      </p>
    </form>
  );
}
