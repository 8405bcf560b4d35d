/**
 * Lines of a log that somebody looks for: those that hold some words, or those that look like errors. A log can be 200 MB and is read in pieces, so
 * what is kept between two of them is the line they cut and a count.
 */
import { findCause } from './cause-line.ts';

/** More marks than a gutter has pixels, and more hits than anybody steps through. */
export const MARKS_MAX = 2000;
/** Lines that hold a word of failure are looked at one by one, at some 10 µs: what a hostile log of nothing else may cost is half a second. */
const CANDIDATES_MAX = 50_000;
/** Of a line that never ends only so much is searched. */
const CARRIED_CHARS_MAX = 1 << 20;
/** `findCause` says what is an error; this says where it is worth asking, in any case: at 20 million lines most are not. */
const CANDIDATE =
  /error|exception|fail|fatal|killed|unable|cannot|could not|couldn't|can't|not found|no such|no space|quota|undefined|multiple def|relocation|mismatch|hunk|does not apply|conflicts|nothing |out of mem|exhausted|signal 9|137|\*\*\*|\.go:/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const COLOURS = /\u001b\[[0-9;:]{0,64}[A-Za-z]/g;

export interface LogMarks {
  /** 0-based, ascending. */
  readonly lines: readonly number[];
  /** Of error lines the one that says why; null: none does, or words were looked for. */
  readonly best: number | null;
  /** There are more, which were not looked for. */
  readonly more: boolean;
}

export interface LogMarker {
  /** Text of bytes as latin1: half the memory of UTF-8 decoded, and offsets do not matter here. False: enough, no further piece is needed. */
  add(piece: string): boolean;
  end(): LogMarks;
}

/** `words` null: lines that look like errors. Letters match in either case where they are ASCII. */
export function logMarker(words: string | null): LogMarker {
  const wanted = words === null ? null : latin1(words).toLowerCase();
  const lines: number[] = [];
  const texts: string[] = [];
  let carried = '';
  let line = 0;
  let candidates = 0;
  let more = false;

  function take(text: string): void {
    // Colours stand around words of failure and not in them; words somebody looks for may span several.
    const clean = wanted !== null && text.includes('\u001b') ? text.replace(COLOURS, '') : text;
    const searched = wanted === null ? clean : clean.toLowerCase();
    const pattern = wanted === null ? new RegExp(CANDIDATE, 'gi') : null;
    let counted = 0;
    for (let at = 0; at < searched.length && !more; ) {
      const hit = pattern === null ? searched.indexOf(wanted!, at) : hitOf(pattern, searched, at);
      if (hit < 0) break;
      line += newlines(searched, counted, hit);
      counted = hit;
      const next = searched.indexOf('\n', hit);
      const end = next < 0 ? searched.length : next;
      if (pattern === null) note(line, '');
      else {
        const said = utf8(clean.slice(searched.lastIndexOf('\n', hit) + 1, end));
        if (findCause(said) !== null) note(line, said);
        more ||= ++candidates >= CANDIDATES_MAX;
      }
      at = end + 1;
    }
    line += newlines(searched, counted, searched.length);
  }

  function note(at: number, said: string): void {
    if (lines.length === MARKS_MAX) more = true;
    else {
      lines.push(at);
      texts.push(said.replaceAll('\n', ' '));
    }
  }

  return {
    add(piece) {
      const text = carried + piece;
      const whole = text.lastIndexOf('\n') + 1;
      take(text.slice(0, whole));
      carried = text.slice(whole, whole + CARRIED_CHARS_MAX);
      return !more;
    },
    end() {
      if (!more) take(carried);
      const cause = wanted === null ? findCause(texts.join('\n')) : null;
      return { lines, best: cause === null ? null : (lines[cause.line] ?? null), more };
    },
  };
}

function hitOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.index ?? -1;
}

function newlines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/** The bytes of UTF-8, a character each. */
function latin1(text: string): string {
  return [...new TextEncoder().encode(text)].map((byte) => String.fromCharCode(byte)).join('');
}

function utf8(bytes: string): string {
  return new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
}
