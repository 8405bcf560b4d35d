/** What the shell gets. Documented in docs/command-line.md. */
import { BakehouseError } from '../model/errors.ts';

export const EXIT_OK = 0;
/** A check of --fail-on failed. */
export const EXIT_FAILED = 1;
/** The command line itself is wrong. */
export const EXIT_USAGE = 2;
/** Something named on the command line could not be read. */
export const EXIT_UNREADABLE = 3;
/** A build was not sent: the server is away, or does not take it. */
export const EXIT_NOT_SENT = 4;
/** A defect of ours; sysexits.h calls it EX_SOFTWARE. */
export const EXIT_INTERNAL = 70;

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof BakehouseError)) return EXIT_INTERNAL;
  return error.code === 'invalid' || error.code === 'conflict' ? EXIT_USAGE : EXIT_UNREADABLE;
}

/** `file:line: sentence`, without naming a file the sentence names already. */
export function errorSentence(error: BakehouseError): string {
  if (error.file === null || error.message.includes(error.file)) return error.message;
  return `${error.file}${error.line === null ? '' : `:${error.line}`}: ${error.message}`;
}
