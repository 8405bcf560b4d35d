/**
 * Colours that tools wrote into a log, as styles. What a colour code sets lasts until another ends it, lines later too, so a line is read with the
 * state that the one before it left. Everything else a terminal would obey is taken out or shown: a log is data, whoever wrote it.
 *
 * Colours are the sixteen names only, which the page gives a readable tone in light and dark; finer ones are brought to the nearest of them.
 */
export interface AnsiState {
  /** 0 to 15; null: the page's own. */
  readonly ink: number | null;
  readonly paper: number | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
}

export const PLAIN: AnsiState = {
  ink: null,
  paper: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
};

export interface AnsiSpan {
  readonly text: string;
  readonly style: AnsiState;
}

// Colour codes with their parameters; other control sequences; titles and links, of which the text between stays; two-character codes.
const SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
  /\u001b(?:\[([0-9;:]{0,100})m|\[[0-?]{0,100}[ -/]{0,10}[@-~]|\][^\u0007\u001b]{0,4000}(?:\u0007|\u001b\\)|[@-Z\\^_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f]/g;
/** Marks that turn the direction of text: a line must not read as something that it is not. */
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/g;

/** What a progress line came to: a terminal would have written over what stands before its last return. */
function lastWritten(line: string): string {
  const text = line.replace(/\r+$/, '');
  return text.slice(text.lastIndexOf('\r') + 1);
}

function shown(text: string): string {
  return text
    .replace(CONTROL, (c) => (c === '\u007f' ? '␡' : String.fromCharCode(0x2400 + c.charCodeAt(0))))
    .replace(DIRECTION, (c) => `⟨U+${c.charCodeAt(0).toString(16).toUpperCase()}⟩`);
}

/** A line without its end, and the state its forerunner left -> pieces of one style each, and the state for the next. */
export function readAnsi(line: string, before: AnsiState): { readonly spans: AnsiSpan[]; readonly after: AnsiState } {
  const text = lastWritten(line);
  if (!text.includes('\u001b'))
    return { spans: text === '' ? [] : [{ text: shown(text), style: before }], after: before };
  const spans: AnsiSpan[] = [];
  let style = before;
  let at = 0;
  const push = (part: string): void => {
    if (part === '') return;
    const last = spans.at(-1);
    if (last !== undefined && last.style === style) spans[spans.length - 1] = { text: last.text + shown(part), style };
    else spans.push({ text: shown(part), style });
  };
  for (const found of text.matchAll(SEQUENCE)) {
    push(text.slice(at, found.index));
    at = found.index + found[0].length;
    if (found[1] !== undefined) style = applied(style, found[1]);
  }
  push(text.slice(at));
  return { spans, after: style };
}

export function plainText(line: string): string {
  return shown(lastWritten(line).replace(SEQUENCE, ''));
}

function applied(before: AnsiState, parameters: string): AnsiState {
  const codes = parameters.split(/[;:]/).map((code) => (code === '' ? 0 : Number(code)));
  let state = before;
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 0) state = PLAIN;
    else if (code === 1) state = { ...state, bold: true };
    else if (code === 2) state = { ...state, dim: true };
    else if (code === 3) state = { ...state, italic: true };
    else if (code === 4) state = { ...state, underline: true };
    else if (code === 7) state = { ...state, inverse: true };
    else if (code === 22) state = { ...state, bold: false, dim: false };
    else if (code === 23) state = { ...state, italic: false };
    else if (code === 24) state = { ...state, underline: false };
    else if (code === 27) state = { ...state, inverse: false };
    else if (code >= 30 && code <= 37) state = { ...state, ink: code - 30 };
    else if (code >= 90 && code <= 97) state = { ...state, ink: code - 82 };
    else if (code === 39) state = { ...state, ink: null };
    else if (code >= 40 && code <= 47) state = { ...state, paper: code - 40 };
    else if (code >= 100 && code <= 107) state = { ...state, paper: code - 92 };
    else if (code === 49) state = { ...state, paper: null };
    else if (code === 38 || code === 48) {
      const [colour, used] = fineColour(codes.slice(i + 1));
      i += used;
      state = code === 38 ? { ...state, ink: colour } : { ...state, paper: colour };
    }
  }
  return state;
}

/** `5;n` or `2;r;g;b` -> one of the sixteen, and how many codes it took. */
function fineColour(codes: readonly number[]): readonly [number | null, number] {
  const [kind, a = 0, b = 0, c = 0] = codes;
  if (kind === 2) return [nearest(a, b, c), 4];
  if (kind !== 5) return [null, codes.length];
  if (a < 16) return [a, 2];
  if (a >= 232) return [nearest((a - 232) * 10 + 8, (a - 232) * 10 + 8, (a - 232) * 10 + 8), 2];
  const level = (step: number): number => (step === 0 ? 0 : 55 + step * 40);
  const cube = a - 16;
  return [nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)), 2];
}

function nearest(red: number, green: number, blue: number): number | null {
  const most = Math.max(red, green, blue);
  const least = Math.min(red, green, blue);
  // Greys have no hue to keep: ink of the page, or its muted tone.
  if (most - least < 40) return most > 200 || most < 60 ? null : 8;
  const middle = (most + least) / 2;
  return (red > middle ? 1 : 0) + (green > middle ? 2 : 0) + (blue > middle ? 4 : 0) + (most > 200 ? 8 : 0);
}
