/** Values out of lines that anybody may have written: of the kind that is wanted, within bounds, or null. */
import { RECORD_TEXT_CHARS_MAX } from '../../model/limits.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Only what the line itself says: a key `constructor` that it does not have must not be found. */
export function get(fields: Fields, key: string): unknown {
  return Object.hasOwn(fields, key) ? fields[key] : undefined;
}

export function textOf(value: unknown, charsMax = RECORD_TEXT_CHARS_MAX): string | null {
  if (typeof value !== 'string') return null;
  return value.length > charsMax ? value.slice(0, charsMax) : value;
}

export function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A count, a size, a place in a list: a whole number of at least 0. */
export function countOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** What a Date can hold: 273,790 years either way. */
const TIME_MS_MAX = 8.64e15;

export function timeOf(value: unknown): number | null {
  return typeof value === 'number' && Math.abs(value) <= TIME_MS_MAX ? Math.round(value) : null;
}

export function flagOf(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null;
}

/** One of some words, or null. */
export function wordOf<T extends string>(value: unknown, words: readonly T[]): T | null {
  return words.find((word) => word === value) ?? null;
}

export function textsOf(value: unknown, countMax: number): string[] | null {
  if (!Array.isArray(value)) return null;
  return value.slice(0, countMax).flatMap((item: unknown) => textOf(item) ?? []);
}

const SHA256 = /^[0-9a-f]{64}$/;

/** The name of a blob: it becomes a file's name, so nothing but 64 digits will do. */
export function blobOf(value: unknown): string | null {
  return typeof value === 'string' && SHA256.test(value) ? value : null;
}
