/**
 * The language of the search box: text -> query -> text.
 *
 *     query   term term …             all of them hold
 *     term    [-]key:value[,value…]   one of the values; - turns it round
 *             [-]word  [-]"a phrase"  found in the thing or in its build, whatever the case
 *     value   bare | "quoted"         bare: no blank, comma or quote, `*` stands for anything; quoted: as it is, \" and \\ for quote and backslash;
 *                                     "" is "not recorded"
 *
 * Printing gives one text for one query (keys in the order of the table, values sorted, no value twice), so that two addresses of one search are
 * the same and a feed keeps its name: print(parse(print(q))) is print(q). Nothing here reads a clock: an age as `7d` stays one until it is asked.
 */
import { BakehouseError } from '../model/errors.ts';
import { SEARCH_QUERY_CHARS_MAX, SEARCH_TERMS_MAX, SEARCH_VALUES_MAX } from '../model/limits.ts';
import type { EpochMs } from '../model/units.ts';
import { LOG_PART_CHARS_MIN, logWanted } from './log-words.ts';
import { likeliest, SEARCH_KEY_NAMES, SEARCH_KEY_WORDS, type SearchKey, searchKey } from './search-keys.ts';

export interface SearchValue {
  readonly text: string;
  /** `*` in it stands for anything. */
  readonly pattern: boolean;
}

export interface SearchTerm {
  /** `text`: words without a key. */
  readonly key: SearchKey | 'text';
  readonly negated: boolean;
  /** One of them has to hold; `text` has one. */
  readonly values: readonly SearchValue[];
}

export interface SearchQuery {
  readonly terms: readonly SearchTerm[];
}

export const EMPTY_QUERY: SearchQuery = { terms: [] };

/** A value as it stands in the text, `from` and `to` with its quotes. */
export interface ScannedValue {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly quoted: boolean;
  /** Its closing quote is there, or it needs none. */
  readonly closed: boolean;
}

/** A term as it stands in the text, understood or not: what parsing, completion and the colours of the box start from. */
export interface ScannedTerm {
  readonly from: number;
  readonly to: number;
  readonly negated: boolean;
  /** As typed; null: words. */
  readonly key: string | null;
  /** Where the key begins, after the minus. */
  readonly keyFrom: number;
  readonly values: readonly ScannedValue[];
}

const BLANK = /\s/;

/** Text -> terms. Never fails: what is not closed ends with the text. */
export function scanSearch(text: string): ScannedTerm[] {
  const terms: ScannedTerm[] = [];
  let at = 0;
  while (at < text.length) {
    if (BLANK.test(text[at]!)) {
      at++;
      continue;
    }
    const from = at;
    const negated = text[at] === '-';
    if (negated) at++;
    const keyFrom = at;
    const key = /^[A-Za-z][\w-]*(?=:)/.exec(text.slice(at, at + SEARCH_QUERY_CHARS_MAX))?.[0] ?? null;
    const values: ScannedValue[] = [];
    if (key === null) {
      if (at < text.length && !BLANK.test(text[at]!)) {
        const value = scanValue(text, at, false);
        values.push(value);
        at = value.to;
      }
    } else {
      at += key.length + 1;
      for (;;) {
        const value = scanValue(text, at, true);
        values.push(value);
        at = value.to;
        if (text[at] !== ',') break;
        at++;
      }
    }
    terms.push({ from, to: at, negated, key, keyFrom, values });
  }
  return terms;
}

/** From `from` to the next blank, in a list also to the next comma. A quote in the middle of a bare value ends it: `parse` complains. */
function scanValue(text: string, from: number, list: boolean): ScannedValue {
  let at = from;
  if (text[at] === '"') {
    let value = '';
    at++;
    while (at < text.length && text[at] !== '"') {
      const next = text[at + 1];
      if (text[at] === '\\' && (next === '"' || next === '\\')) at++;
      value += text[at];
      at++;
    }
    const closed = at < text.length;
    return { from, to: closed ? at + 1 : at, text: value, quoted: true, closed };
  }
  while (at < text.length && !BLANK.test(text[at]!) && text[at] !== '"' && !(list && text[at] === ',')) at++;
  return { from, to: at, text: text.slice(from, at), quoted: false, closed: true };
}

/** Counted from 1, as people count; `details` has it from 0 for the box, which marks it. */
function wrongAt(at: number, to: number, message: string, suggestion: string | null = null): BakehouseError {
  return new BakehouseError('invalid', `${message} (at character ${at + 1})`, { details: { at, to, suggestion } });
}

/** The text with what was probably meant in the place of what is wrong; null: nobody knows, or it would not be understood either. */
export function mended(text: string): string | null {
  try {
    parseSearch(text);
    return null;
  } catch (error) {
    if (!(error instanceof BakehouseError)) throw error;
    const { at, to, suggestion } = error.details ?? {};
    if (typeof suggestion !== 'string') return null;
    const next = text.slice(0, Number(at)) + suggestion + text.slice(Number(to));
    return isUnderstood(next) ? next : null;
  }
}

function isUnderstood(text: string): boolean {
  try {
    parseSearch(text);
    return true;
  } catch {
    return false;
  }
}

/** Text -> query, or an `invalid` error that says where. */
export function parseSearch(text: string): SearchQuery {
  if (text.length > SEARCH_QUERY_CHARS_MAX)
    throw wrongAt(
      SEARCH_QUERY_CHARS_MAX,
      text.length,
      `A search has at most ${SEARCH_QUERY_CHARS_MAX} characters, this one has ${text.length}`,
    );
  const scanned = scanSearch(text);
  const extra = scanned[SEARCH_TERMS_MAX];
  if (extra !== undefined) throw wrongAt(extra.from, extra.to, `A search has at most ${SEARCH_TERMS_MAX} terms`);
  return canonical(
    scanned.map((term, i) => {
      const before = scanned[i - 1];
      if (before !== undefined && before.to === term.from)
        throw wrongAt(term.from, term.to, 'A blank is missing before this');
      return termOf(term);
    }),
  );
}

function termOf(term: ScannedTerm): SearchTerm {
  const { negated, values } = term;
  for (const value of values) if (!value.closed) throw wrongAt(value.from, value.to, 'This quote is not closed');
  if (term.key === null) {
    const value = values[0];
    if (value === undefined || value.text.trim() === '')
      throw wrongAt(
        term.from,
        term.to,
        value === undefined ? 'Nothing stands after the minus' : 'These quotes hold no word',
      );
    return { key: 'text', negated, values: [{ text: value.text, pattern: false }] };
  }
  const row = searchKey(term.key);
  if (row === undefined) throw unknownKey(term, term.key);
  if (values.length > SEARCH_VALUES_MAX)
    throw wrongAt(values[SEARCH_VALUES_MAX]!.from, term.to, `${row.key}: takes at most ${SEARCH_VALUES_MAX} values`);
  if (row.form === 'date' && negated)
    throw wrongAt(
      term.from,
      term.to,
      `-${row.key}: is not said; the other way round is ${row.key === 'since' ? 'until' : 'since'}:`,
    );
  if ((row.form === 'date' || row.form === 'range') && values.length > 1)
    throw wrongAt(values[1]!.from, term.to, `${row.key}: takes one value`);
  return { key: row.key, negated, values: values.map((value) => readValue(row, value)) };
}

function unknownKey(term: ScannedTerm, key: string): BakehouseError {
  const task = term.values[0]?.text ?? '';
  const to = term.keyFrom + key.length;
  // `gcc:do_compile` is how lists and bitbake itself name a task run.
  if (task.startsWith('do_')) {
    const meant = `recipe:${printValue({ text: key, pattern: false })} task:${printValue({ text: task, pattern: false })}`;
    return wrongAt(term.keyFrom, term.to, `"${key}" is no key; a task of a recipe is ${meant}`, meant);
  }
  const like = likeliest(key, SEARCH_KEY_WORDS);
  const known = like === null ? null : searchKey(like)!.key;
  return wrongAt(
    term.keyFrom,
    to,
    known === null
      ? `"${cut(key)}" is no key: there are ${SEARCH_KEY_NAMES.join(', ')}; in quotes it is text`
      : `"${cut(key)}" is no key: is ${known}: meant? In quotes it is text`,
    known,
  );
}

const cut = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);

function readValue(row: NonNullable<ReturnType<typeof searchKey>>, value: ScannedValue): SearchValue {
  const { key, form } = row;
  const wrong = (message: string, suggestion: string | null = null) =>
    wrongAt(value.from, Math.max(value.to, value.from + 1), message, suggestion);
  if (value.text === '' && !value.quoted) throw wrong(`${key}: has no value; "" is "not recorded"`);
  const plain: SearchValue = { text: value.text, pattern: false };
  switch (form) {
    case 'name':
      return { text: value.text, pattern: !value.quoted && value.text.includes('*') };
    case 'words':
      if (value.text.trim() === '') throw wrong(`${key}: has no word to look for`);
      return plain;
    case 'log': {
      const pattern = !value.quoted && value.text.includes('*');
      if (logWanted(value.text, pattern) === null)
        throw wrong(
          pattern
            ? `${key}: takes a star at the beginning or the end of at least ${LOG_PART_CHARS_MIN} letters; in quotes it is a star`
            : `${key}: has no word to look for`,
        );
      return { text: value.text, pattern };
    }
    case 'choice': {
      const choices = row.choices ?? [];
      const text = value.text.toLowerCase();
      if (choices.includes(text)) return { text, pattern: false };
      const like = likeliest(value.text, choices);
      throw wrong(
        `${key}: "${cut(value.text)}" is none of ${choices.join(', ')}${like === null ? '' : `; is ${like} meant?`}`,
        like,
      );
    }
    case 'hex': {
      const text = value.text.toLowerCase();
      if (!/^[0-9a-f]{4,16}$/.test(text)) throw wrong(`${key}: takes 4 to 16 hex digits`);
      return { text, pattern: false };
    }
    case 'layer':
      if (layerOf(value.text) === null)
        throw wrong(`${key}: is written NAME, NAME@COMMIT or @COMMIT, a commit with 4 to 64 hex digits`);
      return plain;
    case 'range':
      if (rangeOf(value.text) === null)
        throw wrong(`${key}: is written NAME@COMMIT..COMMIT, commits with 4 to 64 hex digits`);
      return plain;
    case 'date':
      if (dateOf(value.text, 0, 'start') === null)
        throw wrong(
          `${key}: takes a date (2026, 2026-11, 2026-11-27, 2026-11-27T15:00, in UTC) or an age (12h, 7d, 4w, 1y)`,
        );
      return plain;
  }
}

const ORDER = new Map<string, number>(SEARCH_KEY_NAMES.map((key, i) => [key, i]));
const orderOf = (term: SearchTerm): number =>
  (ORDER.get(term.key) ?? SEARCH_KEY_NAMES.length) * 2 + (term.negated ? 1 : 0);

/** The same query in its one order. */
function canonical(terms: readonly SearchTerm[]): SearchQuery {
  const seen = new Set<string>();
  const sorted = terms
    .map((term) => ({ ...term, values: sortedValues(term.values) }))
    .sort((a, b) => orderOf(a) - orderOf(b))
    // Said twice is said once.
    .filter((term) => {
      const text = printTerm(term);
      return !seen.has(text) && seen.add(text) !== null;
    });
  return { terms: sorted };
}

function sortedValues(values: readonly SearchValue[]): SearchValue[] {
  const byText = new Map(values.map((value) => [printValue(value), value]));
  return [...byText.keys()].sort().map((text) => byText.get(text)!);
}

/** Query -> its one text. */
export function printSearch(query: SearchQuery): string {
  return canonical(query.terms).terms.map(printTerm).join(' ');
}

/** Of a query that was parsed: the term alone, as it is printed. */
export function printTerm({ key, negated, values }: SearchTerm): string {
  const minus = negated ? '-' : '';
  if (key === 'text') return minus + printWord(values[0]!.text);
  return `${minus}${key}:${values.map(printValue).join(',')}`;
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** A value of a key: quoted where it would be read as something else. */
export function printValue({ text, pattern }: SearchValue): string {
  return text === '' || /[\s",]/.test(text) || (!pattern && text.includes('*')) ? quoted(text) : text;
}

function printWord(text: string): string {
  return /[\s"]/.test(text) || text.startsWith('-') || /^[A-Za-z][\w-]*:/.test(text) ? quoted(text) : text;
}

/** Adds a value to what is asked of a key, or takes it away: what a click on a facet does. */
export function withValue(query: SearchQuery, key: SearchKey, value: string, on: boolean): SearchQuery {
  const wanted: SearchValue = { text: value, pattern: false };
  const isIt = (other: SearchValue) => other.text === value && !other.pattern;
  const term = query.terms.find((one) => one.key === key && !one.negated);
  const others = query.terms.filter((one) => one !== term);
  const kept = (term?.values ?? []).filter((other) => !isIt(other));
  const values = on ? [...kept, wanted] : kept;
  return canonical(values.length === 0 ? others : [...others, { key, negated: false, values }]);
}

/** Without anything that is asked of the key. */
export function withoutKey(query: SearchQuery, key: SearchKey): SearchQuery {
  return { terms: query.terms.filter((term) => term.key !== key) };
}

/** Exact values asked of a key, whether each or another: what a facet shows as chosen. */
export function valuesOf(query: SearchQuery, key: SearchKey): readonly string[] {
  return query.terms
    .filter((term) => term.key === key && !term.negated)
    .flatMap(({ values }) => values.filter(({ pattern }) => !pattern).map(({ text }) => text));
}

export interface LayerWanted {
  /** Null: any layer. */
  readonly name: string | null;
  /** Beginning of the commit, or null. */
  readonly commit: string | null;
}

const COMMIT = '[0-9a-fA-F]{4,64}';

export function layerOf(text: string): LayerWanted | null {
  const match = new RegExp(`^([^@]*)(?:@(${COMMIT}))?$`).exec(text);
  if (match === null || (match[1] === '' && match[2] === undefined)) return null;
  return { name: match[1] === '' ? null : match[1]!, commit: match[2]?.toLowerCase() ?? null };
}

export interface RangeWanted {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

export function rangeOf(text: string): RangeWanted | null {
  const match = new RegExp(`^([^@]+)@(${COMMIT})\\.\\.(${COMMIT})$`).exec(text);
  if (match === null) return null;
  return { name: match[1]!, from: match[2]!.toLowerCase(), to: match[3]!.toLowerCase() };
}

const AGES_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

/**
 * A date in UTC, or an age before `nowMs`. `end` is the last millisecond of what is named: `until:2026-11` has all of November. Null: no such
 * date.
 */
export function dateOf(text: string, nowMs: EpochMs, edge: 'start' | 'end'): EpochMs | null {
  const age = /^(\d{1,5})([hdwy])$/.exec(text);
  if (age !== null) return nowMs - Number(age[1]) * AGES_MS[age[2]!]!;
  const match = /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)Z?)?)?)?$/.exec(text);
  if (match === null) return null;
  const [year, month, day, hour, minute] = match.slice(1).map((part) => (part === undefined ? null : Number(part)));
  const start = Date.UTC(year!, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0);
  // A day that its month does not have rolls over, and is none.
  const back = new Date(start).toISOString();
  if (!back.startsWith(text.replace(/Z$/, ''))) return null;
  if (edge === 'start') return start;
  const next =
    minute != null
      ? start + 60_000
      : day != null
        ? start + 86_400_000
        : month != null
          ? Date.UTC(year!, month, 1)
          : Date.UTC(year! + 1, 0, 1);
  return next - 1;
}
