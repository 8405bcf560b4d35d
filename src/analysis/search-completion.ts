/**
 * What could stand at the caret of the search box. Keys and fixed values are known here; the rest (machines, recipes …) only the store knows, so
 * the answer names the key and the beginning to ask it for.
 */
import { OFFERED_FIELDS } from '../model/offered-fields.ts';
import { SEARCH_KEYS, type SearchKey, searchKey } from './search-keys.ts';
import { printValue, type ScannedTerm, scanSearch } from './search-query.ts';

export interface SearchSuggestion {
  /** What takes the place of `from` to `to`. */
  readonly insert: string;
  readonly label: string;
  readonly about: string;
}

export interface SearchCompletion {
  /** What is replaced. */
  readonly from: number;
  readonly to: number;
  readonly suggestions: readonly SearchSuggestion[];
  /** Ask the store for values of this key that begin so. */
  readonly values: {
    readonly key: SearchKey;
    readonly prefix: string;
    /** Of this recipe, where the search names one: versions are its own. */
    readonly recipe: string | null;
  } | null;
}

const ASKED_OF_STORE: ReadonlySet<string> = new Set(OFFERED_FIELDS satisfies readonly SearchKey[]);

const AGES: readonly (readonly [string, string])[] = [
  ['24h', 'the last day'],
  ['7d', 'the last week'],
  ['4w', 'the last four weeks'],
  ['1y', 'the last year'],
];

export function completeSearch(text: string, caret: number): SearchCompletion {
  const terms = scanSearch(text);
  const term = terms.find(({ from, to }) => from < caret && caret <= to);
  if (term === undefined) return keysAt('', caret, caret);
  if (term.key === null || caret <= term.keyFrom + term.key.length) {
    const value = term.values[0];
    // In quotes it is text, whatever it looks like.
    if (term.key === null && value?.quoted === true) return nothingAt(caret);
    const to = term.key === null ? term.to : term.keyFrom + term.key.length + 1;
    return keysAt(text.slice(term.keyFrom, caret), term.keyFrom, to);
  }
  return valuesAt(text, terms, term, caret);
}

/** The one recipe that is named; null: none, or any of several. */
function recipeOf(terms: readonly ScannedTerm[]): string | null {
  const named = terms.filter(({ key, negated }) => key !== null && !negated && searchKey(key)?.key === 'recipe');
  const value = named.length === 1 && named[0]!.values.length === 1 ? named[0]!.values[0]! : null;
  return value === null || value.text === '' || (!value.quoted && value.text.includes('*')) ? null : value.text;
}

const nothingAt = (at: number): SearchCompletion => ({ from: at, to: at, suggestions: [], values: null });

function keysAt(typed: string, from: number, to: number): SearchCompletion {
  const begin = typed.toLowerCase();
  const suggestions = SEARCH_KEYS.filter(
    (row) => row.key.startsWith(begin) || ('aliases' in row && row.aliases.some((name) => name.startsWith(begin))),
  ).map(({ key, about, example }) => ({
    insert: `${key}:`,
    label: `${key}:`,
    about: `${about}, as ${key}:${example}`,
  }));
  return { from, to, suggestions, values: null };
}

function valuesAt(text: string, terms: readonly ScannedTerm[], term: ScannedTerm, caret: number): SearchCompletion {
  const row = searchKey(term.key!);
  const value = term.values.find(({ from, to }) => from <= caret && caret <= to);
  if (row === undefined || value === undefined) return nothingAt(caret);
  const { from, to } = value;
  const prefix = value.quoted
    ? text.slice(from + 1, Math.min(caret, from + 1 + value.text.length))
    : text.slice(from, caret);
  const of = (list: readonly (readonly [string, string])[]): readonly SearchSuggestion[] =>
    list
      .filter(([name]) => name.startsWith(prefix.toLowerCase()))
      .map(([name, about]) => ({ insert: name, label: name, about }));
  const known =
    row.choices !== undefined
      ? of(row.choices.map((name) => [name, ''] as const))
      : row.form === 'date'
        ? of(AGES)
        : [];
  const recipe = row.key === 'version' ? recipeOf(terms) : null;
  const values = ASKED_OF_STORE.has(row.key) ? { key: row.key, prefix, recipe } : null;
  return { from, to, suggestions: known, values };
}

/** A value that the store offered, as it is typed. */
export function valueSuggestion(value: string, about: string): SearchSuggestion {
  const insert = printValue({ text: value, pattern: false });
  return { insert, label: value === '' ? '"" (not recorded)' : value, about };
}

/** The text with the suggestion in its place, and where the caret goes: behind a key to its value, behind a value to the next term. */
export function applySuggestion(
  text: string,
  { from, to }: Pick<SearchCompletion, 'from' | 'to'>,
  { insert }: SearchSuggestion,
): { readonly text: string; readonly caret: number } {
  const rest = text.slice(to);
  const blank = insert.endsWith(':') || /^[\s,]/.test(rest) ? '' : ' ';
  const before = text.slice(0, from) + insert + blank;
  return { text: before + rest, caret: before.length };
}
