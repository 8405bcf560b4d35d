/** The box of the search: one field that offers keys and values while a person types, and says where it does not understand. */
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type RefObject, useEffect, useId, useRef, useState } from 'react';
import {
  applySuggestion,
  completeSearch,
  type SearchSuggestion,
  valueSuggestion,
} from '../../../analysis/search-completion.ts';
import { parseSearch } from '../../../analysis/search-query.ts';
import type { SearchValuesQuery } from '../../../api/contract.ts';
import { BakehouseError } from '../../../model/errors.ts';
import { formatCount } from '../../../model/format.ts';
import { searchValuesQuery } from '../../state/api.ts';
import styles from './Search.module.css';

const SHOWN_MAX = 12;

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

export function SearchBox({
  value,
  onSearch,
  inputRef,
}: {
  value: string;
  onSearch: (q: string) => void;
  inputRef: RefObject<HTMLInputElement | null>;
}) {
  const [text, setText] = useState(value);
  const [caret, setCaret] = useState(value.length);
  const [open, setOpen] = useState(false);
  /** -1: none, Enter searches. */
  const [at, setAt] = useState(-1);
  const listId = useId();
  const wantedCaret = useRef<number | null>(null);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (wantedCaret.current === null) return;
    inputRef.current?.setSelectionRange(wantedCaret.current, wantedCaret.current);
    wantedCaret.current = null;
  });

  const completion = completeSearch(text, caret);
  const [asked] = useDebouncedValue(completion.values, 120);
  const offered = useQuery({
    ...searchValuesQuery({ key: (asked?.key ?? 'recipe') as SearchValuesQuery['key'], typed: asked?.prefix ?? '' }),
    enabled: open && asked !== null,
  });
  const fits = completion.values !== null && asked?.key === completion.values.key;
  const suggestions: SearchSuggestion[] = [
    ...completion.suggestions,
    ...(fits
      ? (offered.data?.values ?? []).map(({ value: one, count }) =>
          valueSuggestion(one, count === null ? '' : formatCount(count)),
        )
      : []),
  ].slice(0, completion.values === null ? 40 : SHOWN_MAX);
  const shown = open && suggestions.length > 0;
  const active = Math.min(at, suggestions.length - 1);
  const wrong = wrongIn(text);

  const choose = (suggestion: SearchSuggestion): void => {
    const next = applySuggestion(text, completion, suggestion);
    setText(next.text);
    setCaret(next.caret);
    wantedCaret.current = next.caret;
    setAt(-1);
    inputRef.current?.focus();
  };
  const search = (): void => {
    setOpen(false);
    if (wrongIn(text) === null) onSearch(text.trim());
  };

  return (
    <form
      className={styles.box}
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
          placeholder='recipe:gcc status:failed host:debian-12 "some text"'
          value={text}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onChange={(event) => {
            setText(event.target.value);
            setCaret(event.target.selectionStart ?? event.target.value.length);
            setOpen(true);
            setAt(-1);
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
              event.preventDefault();
              setOpen(true);
              const step = event.key === 'ArrowDown' ? 1 : -1;
              const count = suggestions.length + 1;
              // One place beyond the list is the field itself.
              setAt(((active + 1 + step + count) % count) - 1);
            } else if (event.key === 'Enter' && shown && active >= 0) {
              event.preventDefault();
              choose(suggestions[active]!);
            } else if (event.key === 'Tab' && shown && active >= 0 && !event.shiftKey) {
              event.preventDefault();
              choose(suggestions[active]!);
            } else if (event.key === 'Escape') {
              event.preventDefault();
              if (shown) setOpen(false);
              else event.currentTarget.blur();
            }
          }}
        />
        {shown ? (
          <div id={listId} role="listbox" aria-label="Keys and values" className={`pop ${styles.offered}`}>
            {suggestions.map((suggestion, i) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are on the field that keeps the focus
              <div
                key={suggestion.insert}
                id={`${listId}-${i}`}
                role="option"
                tabIndex={-1}
                aria-selected={i === active}
                className={styles.suggestion}
                // The field keeps the focus.
                onMouseDown={(event) => event.preventDefault()}
                onClick={() => choose(suggestion)}
              >
                <span className="mono cut">{suggestion.label}</span>
                <span className="muted cut">{suggestion.about}</span>
              </div>
            ))}
          </div>
        ) : null}
      </div>
      <button type="submit" className="btn primary" disabled={wrong !== null}>
        Search
      </button>
      <p id={`${listId}-wrong`} className={styles.wrong} role="status">
        {wrong === null || (open && wrong.to >= text.length) ? (
          '\u00a0'
        ) : (
          <>
            <span className="bad">{wrong.message}</span>
            {text.slice(wrong.at, wrong.to) === '' ? null : (
              <>
                {': '}
                <mark className="mono">{text.slice(wrong.at, wrong.to).slice(0, 60)}</mark>
              </>
            )}
          </>
        )}
      </p>
    </form>
  );
}
