/**
 * Words of a log, as they are found again: kept for each log as a set, without their places. What stands where is looked up in the log itself, of the
 * few that have all words. A word is a run of letters, digits and underscores; `gen_split_770` is one, `-lfoo` is `lfoo`, `a.c` is two.
 */

/** Shorter ones say nothing, longer ones are data. */
const WORD_CHARS_MIN = 2;
const WORD_CHARS_MAX = 60;
/** Everything beyond ASCII is a letter here, as it is to the tokenizer of the index. */
const WORD = /[A-Za-z0-9_\u0080-\uffff]+/g;

/** How a log is cut into words; a change of it makes this grow, and kept logs are read once more. */
export const LOG_WORDS_VERSION = 1;

function* wordsIn(text: string): Generator<string> {
  for (const [word] of text.matchAll(WORD))
    if (word.length >= WORD_CHARS_MIN && word.length <= WORD_CHARS_MAX) yield word.toLowerCase();
}

/** Adds the words of a piece of text until there are `charsMax` characters of them; false: there was no more room. */
export function addWords(words: Set<string>, text: string, room: { chars: number }): boolean {
  for (const word of wordsIn(text)) {
    if (words.has(word)) continue;
    // One for the blank between two.
    if (room.chars < word.length + 1) return false;
    room.chars -= word.length + 1;
    words.add(word);
  }
  return true;
}

export interface LogSearch {
  /** All of these. */
  readonly words: readonly string[];
  /** The beginning of a word that was being typed; null: the last one is whole. */
  readonly beginning: string | null;
  /** In one line, as they were written in quotes; lower case. */
  readonly phrases: readonly string[];
}

/** Words and "words in one line, in this order"; null: nothing that could be looked for. */
export function parseLogSearch(text: string): LogSearch | null {
  const phrases: string[] = [];
  const rest = text.toWellFormed().replace(/"([^"]*)"?/g, (_, phrase: string) => {
    if (phrase.trim() !== '') phrases.push(phrase.trim().toLowerCase());
    return ' ';
  });
  const bare = [...wordsIn(rest)];
  const last = bare.at(-1);
  const typing = last !== undefined && rest.toLowerCase().endsWith(last);
  const beginning = typing ? (bare.pop() ?? null) : null;
  const words = [...new Set([...bare, ...phrases.flatMap((phrase) => [...wordsIn(phrase)])])];
  return words.length === 0 && beginning === null ? null : { words, beginning, phrases };
}

/** A place in a log. */
export interface LogHit {
  /** 0-based. */
  readonly line: number;
  readonly text: string;
  /** Every word, or every phrase, stands in this line. */
  readonly whole: boolean;
}

/** Longer lines are looked at as far as this. */
const LINE_CHARS_MAX = 4096;
const HIT_CHARS_MAX = 400;

/**
 * Looks for the line to show of a log that has all the words: the first with all of them; failing that the first with the longest, unless a phrase
 * was asked for, which is in one line or not there.
 */
export class LogLineFinder {
  readonly #wanted: readonly string[];
  readonly #longest: string;
  readonly #phrases: boolean;
  #line = 0;
  #rest = '';
  #near: LogHit | null = null;
  #whole: LogHit | null = null;

  constructor({ words, beginning, phrases }: LogSearch) {
    const all = beginning === null ? words : [...words, beginning];
    this.#phrases = phrases.length > 0;
    // A word that a phrase has needs no look of its own.
    this.#wanted = [...phrases, ...all.filter((word) => !phrases.some((phrase) => phrase.includes(word)))];
    this.#longest = [...all].sort((a, b) => b.length - a.length)[0] ?? '';
  }

  /** False: it is found, and no more need be read. */
  add(piece: string): boolean {
    const text = this.#rest + piece;
    let from = 0;
    for (;;) {
      const end = text.indexOf('\n', from);
      if (end < 0) break;
      if (this.#look(text.slice(from, Math.min(end, from + LINE_CHARS_MAX)))) return false;
      from = end + 1;
    }
    // Of a line without an end only so much is carried on as is looked at.
    this.#rest = text.slice(from, from + LINE_CHARS_MAX);
    return true;
  }

  end(): LogHit | null {
    if (this.#whole === null && this.#rest !== '') this.#look(this.#rest);
    return this.#whole ?? (this.#phrases ? null : this.#near);
  }

  #look(line: string): boolean {
    const lower = line.toLowerCase();
    const at = this.#line++;
    if (!lower.includes(this.#longest) && !this.#phrases) return false;
    if (this.#wanted.every((word) => lower.includes(word))) {
      this.#whole = { line: at, text: shown(line, lower.indexOf(this.#wanted[0] ?? '')), whole: true };
      return true;
    }
    if (!this.#phrases) this.#near ??= { line: at, text: shown(line, lower.indexOf(this.#longest)), whole: false };
    return false;
  }
}

/** Of a long line what stands around the place. */
function shown(line: string, at: number): string {
  const text = line.replace(/\r$/, '');
  if (text.length <= HIT_CHARS_MAX) return text;
  const from = Math.max(0, Math.min(at - HIT_CHARS_MAX / 4, text.length - HIT_CHARS_MAX));
  return `${from > 0 ? '…' : ''}${text.slice(from, from + HIT_CHARS_MAX)}${from + HIT_CHARS_MAX < text.length ? '…' : ''}`;
}

/** What a search asks of a log: words that the index knows, and, where it cannot tell, a text that has to stand in the log as it is written. */
export interface LogWanted {
  readonly words: readonly string[];
  /** The beginning of one more word. */
  readonly beginning: string | null;
  /** Null: a log with the words has what is wanted. */
  readonly text: LogText | null;
}

export interface LogText {
  /** Lower case. */
  readonly text: string;
  /** It begins, and ends, where a word does. */
  readonly wordStart: boolean;
  readonly wordEnd: boolean;
}

/** Letters of a part of a word: two are in every log. */
export const LOG_PART_CHARS_MIN = 3;

/** `crypt`, `"undefined reference"`, `libx*`, `*crypt*`: a star stands for the rest of a word, at an end alone. Null: it cannot be looked for. */
export function logWanted(value: string, stars: boolean): LogWanted | null {
  const text = value.toWellFormed().trim().toLowerCase();
  const part = stars ? text.replace(/^\*|\*$/g, '') : text;
  const [before, behind] = [stars && text.startsWith('*'), stars && text.endsWith('*')];
  if (part === '' || (stars && (part.includes('*') || part.length < LOG_PART_CHARS_MIN))) return null;
  const all = [...wordsIn(part)];
  const isWord = all.length === 1 && all[0] === part;
  if (isWord && !before)
    return behind ? { words: [], beginning: part, text: null } : { words: all, beginning: null, text: null };
  // A word at an open end is the part of one, which the index does not have.
  const whole = all.filter((word) => !(before && part.startsWith(word)) && !(behind && part.endsWith(word)));
  return { words: [...new Set(whole)], beginning: null, text: { text: part, wordStart: !before, wordEnd: !behind } };
}

const LETTER = /[A-Za-z0-9_\u0080-\uffff]/;

/** Looks for a text in a log that comes in pieces. */
export class LogTextFinder {
  readonly #wanted: LogText;
  #rest = '';
  /** The rest is not from the beginning: what stands before it is not known, and a match right there was judged when it was. */
  #cut = false;

  constructor(wanted: LogText) {
    this.#wanted = wanted;
  }

  /** True: it is there, and no more need be read. */
  add(piece: string): boolean {
    return this.#look(piece.toLowerCase(), false);
  }

  end(): boolean {
    return this.#look('', true);
  }

  #look(piece: string, last: boolean): boolean {
    const { text, wordStart, wordEnd } = this.#wanted;
    const all = this.#rest + piece;
    const startsInside = wordStart && LETTER.test(text[0]!);
    const endsInside = wordEnd && LETTER.test(text.at(-1)!);
    for (let at = all.indexOf(text, this.#cut ? 1 : 0); at >= 0; at = all.indexOf(text, at + 1)) {
      const end = at + text.length;
      // What comes behind it is not known yet.
      if (endsInside && end === all.length && !last) break;
      if (startsInside && at > 0 && LETTER.test(all[at - 1]!)) continue;
      if (endsInside && end < all.length && LETTER.test(all[end]!)) continue;
      return true;
    }
    // As much as a match that ends in the next piece has of this one, and the letter before it.
    this.#rest = all.slice(-(text.length + 1));
    this.#cut ||= this.#rest.length < all.length;
    return false;
  }
}
