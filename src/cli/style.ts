import type { CliIo } from './io.ts';

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

/** Colours only on a terminal, and not where NO_COLOR is set to anything (no-color.org) or the terminal is dumb. */
export function styleFor(io: CliIo): Style {
  const { NO_COLOR, TERM } = io.environment;
  const wanted = io.outIsTerminal && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb';
  const paint =
    (open: number, close: number) =>
    (text: string): string =>
      wanted ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return { bold: paint(1, 22), dim: paint(2, 22), red: paint(31, 39), green: paint(32, 39), yellow: paint(33, 39) };
}

/**
 * Text of a build on its way to a terminal: control characters would move the cursor, change colours or worse. Tabs and line
 * ends become blanks, the rest a replacement character.
 */
export function printable(text: string): string {
  return text.replace(/[\t\r\n]+/g, ' ').replace(UNPRINTABLE, '\ufffd');
}

/** Controls (C0, C1), line separators, and the marks that reverse the direction of what follows. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
