import { BakehouseError } from '../../model/errors.ts';
import type { PlainError } from './protocol.ts';

/** Errors lose their class when they cross over; these two keep what the error policy looks at. */
export function toPlain(error: unknown): PlainError {
  if (error instanceof BakehouseError) {
    const { code, message, file, line, details } = error;
    return { code, message, file, line, details, stack: null };
  }
  const bug = error instanceof Error ? error : new Error(String(error));
  return { code: null, message: bug.message, file: null, line: null, details: null, stack: bug.stack ?? null };
}

export function fromPlain(plain: PlainError): Error {
  if (plain.code !== null)
    return new BakehouseError(plain.code, plain.message, {
      ...(plain.file === null ? {} : { file: plain.file }),
      ...(plain.line === null ? {} : { line: plain.line }),
      ...(plain.details === null ? {} : { details: plain.details }),
    });
  const bug = new Error(plain.message);
  if (plain.stack !== null) bug.stack = plain.stack;
  return bug;
}
