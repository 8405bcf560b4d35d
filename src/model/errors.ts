/**
 * The one error policy. A handful of codes; api/errors.ts maps them to HTTP and cli/ to exit codes. Anything that
 * is not a BakehouseError is a bug: logged with its stack, shown as "internal error".
 */
export const ERROR_CODES = [
  'invalid',
  'not-found',
  'unreadable',
  'too-large',
  'unauthorized',
  'forbidden',
  'too-many',
  'conflict',
  'unavailable',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

export class BakehouseError extends Error {
  override readonly name = 'BakehouseError';
  readonly code: ErrorCode;
  readonly file: string | null;
  readonly line: number | null;
  /** For a program that gets this error: named values beside the sentence (how far the server is, when to come again). */
  readonly details: ErrorDetails | null;

  constructor(
    code: ErrorCode,
    message: string,
    at: { file?: string; line?: number; cause?: unknown; details?: ErrorDetails } = {},
  ) {
    super(message, at.cause === undefined ? undefined : { cause: at.cause });
    this.code = code;
    this.file = at.file ?? null;
    this.line = at.line ?? null;
    this.details = at.details ?? null;
  }

  /** By name: the release is two files, each brings this class, and an error that one throws must be known in the other. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === 'BakehouseError';
  }
}
