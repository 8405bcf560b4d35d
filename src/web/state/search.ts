/**
 * What a page shows is in its address. The address is plain (`?b=one&b=two&min=4`), readable and short enough for a chat line:
 * a value of its default is left out, a list repeats its key.
 */
import { queryString } from '../../api/client.ts';

export type RawSearch = Record<string, unknown>;

export function parseSearch(text: string): RawSearch {
  const raw: RawSearch = {};
  const params = new URLSearchParams(text);
  for (const key of new Set(params.keys())) {
    const values = params.getAll(key);
    raw[key] = values.length === 1 ? values[0] : values;
  }
  return raw;
}

export const stringifySearch = (search: object): string => queryString(search);

/** Readers take what came from an address or from a link of ours; what does not fit is as if it were not there. */
export function readText(raw: RawSearch, key: string): string | undefined {
  const value = raw[key];
  const one = Array.isArray(value) ? value[0] : value;
  if (typeof one === 'string' && one !== '') return one.slice(0, 2000);
  return typeof one === 'number' ? String(one) : undefined;
}

export function readList(raw: RawSearch, key: string, max = 200): string[] | undefined {
  const value = raw[key];
  const list = (Array.isArray(value) ? value : [value])
    .filter((v): v is string | number => typeof v === 'string' || typeof v === 'number')
    .map(String)
    .filter((v) => v !== '');
  return list.length === 0 ? undefined : list.slice(0, max);
}

export function readNumber(raw: RawSearch, key: string): number | undefined {
  const text = readText(raw, key);
  if (text === undefined) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** True for `1`; anything else is not set. */
export function readFlag(raw: RawSearch, key: string): 1 | undefined {
  return readText(raw, key) === '1' ? 1 : undefined;
}

export function readChoice<T extends string>(raw: RawSearch, key: string, choices: readonly T[]): T | undefined {
  const text = readText(raw, key);
  return choices.find((choice) => choice === text);
}

/** Facets: values joined by commas, '' (not recorded) written as `~`. */
export function readFacet(raw: RawSearch, key: string): string | undefined {
  return readText(raw, key);
}

/** Drops keys that hold nothing, so that two equal states have one address. */
export function compact<T extends object>(search: T): T {
  return Object.fromEntries(Object.entries(search).filter(([, v]) => v !== undefined && v !== '')) as T;
}
