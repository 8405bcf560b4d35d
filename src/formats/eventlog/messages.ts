import type { LayerRevision, SstateSummary } from '../../model/build.ts';
import { TEXT_LINE_CHARS_MAX } from '../../model/limits.ts';
import { PickleDict, type PickleValue } from './unpickle.ts';

/** What bitbake says in log records: read with patterns that look at one bounded line each. */

/** Python's `msg % args` for the conversions that log calls use; what is missing or unknown stays as written. */
export function formatMessage(message: string, args: PickleValue): string {
  if (!message.includes('%')) return message;
  const list = Array.isArray(args) ? args : [];
  if (list.length === 0 && !(args instanceof PickleDict)) return message;
  let next = 0;
  return message.replace(
    /%(?:\(([^)]{1,100})\))?[-+ #0]{0,4}(?:\d{1,3})?(?:\.(\d{1,2}))?([sdiurfFgxX%])/g,
    (whole: string, key: string | undefined, decimals: string | undefined, kind: string) => {
      if (kind === '%') return '%';
      const value = key !== undefined ? (args instanceof PickleDict ? args.get(key) : undefined) : list[next++];
      if (value === undefined) return whole;
      if (typeof value === 'number') {
        if (kind === 'f' || kind === 'F') return value.toFixed(decimals === undefined ? 6 : Number(decimals));
        if (kind === 'd' || kind === 'i' || kind === 'u') return String(Math.trunc(value));
        if (kind === 'x') return value.toString(16);
        if (kind === 'X') return value.toString(16).toUpperCase();
      }
      return textOf(value);
    },
  );
}

/** A value as a person reads it in a message: text as it is, lists by commas, anything else by its kind. */
export function textOf(value: PickleValue): string {
  if (typeof value === 'string') return value;
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  // One level only: a pickle's list may hold itself.
  if (Array.isArray(value)) {
    return value
      .slice(0, 100)
      .map((item) => (typeof item === 'string' || typeof item === 'number' ? String(item) : '…'))
      .join(', ');
  }
  return '…';
}

export interface BuildConfiguration {
  /** '' for the default multiconfig. */
  readonly mc: string;
  readonly variables: ReadonlyMap<string, string>;
  readonly layers: readonly LayerRevision[];
}

const UNKNOWN = /^<?unknown>?$/;
const orNull = (text: string) => (text === '' || UNKNOWN.test(text) ? null : text);

/**
 * The "Build Configuration:" banner: variables in capitals, then layers. Of neighbours with the same revision only the last
 * carries it (oe-core collapses them from the bottom), so a layer without one takes that of the next line that has one.
 *
 *     BB_VERSION           = "2.8.0"
 *     MACHINE              = "qemux86-64"
 *     meta
 *     meta-poky            = "scarthgap:00a1b2c"
 *     meta-own             = "<unknown>:<unknown>"
 */
export function readBuildConfiguration(text: string): BuildConfiguration | null {
  const lines = text.split('\n', 2000).map((line) => line.slice(0, TEXT_LINE_CHARS_MAX).trimEnd());
  const header = lines.findIndex((line) => /^Build Configuration\b/.test(line));
  if (header < 0) return null;
  const mc = /^Build Configuration \(mc:([^)]{1,200})\)/.exec(lines[header]!)?.[1] ?? '';
  const variables = new Map<string, string>();
  const layers: LayerRevision[] = [];
  let waiting: string[] = [];
  for (const line of lines.slice(header + 1)) {
    const match = /^([^\s=]{1,200})\s*(?:=(.*))?$/s.exec(line);
    if (match === null) continue;
    const [, name = '', written] = match;
    // By hand and not in the pattern: blanks before a quote that may be missing took 4096² steps a line, minutes a message.
    const value = written?.trimStart().replace(/^"/, '').replace(/"$/, '') ?? '';
    if (value.includes('"')) continue;
    if (value.trim() === '') {
      if (!/^[A-Z][A-Z0-9_]*$/.test(name)) waiting.push(name);
      continue;
    }
    // A variable's name is in capitals; so may a layer's be, but its value is then branch:revision.
    if (/^[A-Z][A-Z0-9_]*$/.test(name) && !/:(?:[0-9a-f]{40}|<unknown>)/.test(value)) {
      variables.set(name, value.trim());
      continue;
    }
    const modified = / -- modified$/.test(value);
    const revision = value.replace(/ -- modified$/, '').trim();
    const colon = revision.lastIndexOf(':');
    const branch = colon < 0 ? null : orNull(revision.slice(0, colon));
    const commit = orNull(revision.slice(colon + 1));
    for (const layer of [...waiting, name])
      layers.push({ name: layer, branch, commit, modified: modified ? true : null });
    waiting = [];
  }
  for (const name of waiting) layers.push({ name, branch: null, commit: null, modified: null });
  return { mc, variables, layers };
}

/**
 * The three forms of the line: `Wanted N Found N Missed N Current N` (thud to gatesgarth), `Wanted N Local N Network N …`
 * (hardknott, honister), `Wanted N Local N Mirrors N …` (since kirkstone). It can stand behind other text on its line.
 */
export function readSstateSummary(text: string): SstateSummary | null {
  const at = text.indexOf('Sstate summary:');
  if (at < 0) return null;
  const line = text.slice(at, at + 300);
  const match =
    /^Sstate summary: Wanted (\d{1,9}) (?:Found (\d{1,9})|Local (\d{1,9}) (?:Network|Mirrors) (\d{1,9})) Missed (\d{1,9}) Current (\d{1,9})/.exec(
      line,
    );
  if (match === null) return null;
  const [, wanted, found, local, mirrors, missed, current] = match;
  const number = (digits: string | undefined) => (digits === undefined ? null : Number(digits));
  const fromLocal = number(local);
  const fromMirrors = number(mirrors);
  return {
    wanted: Number(wanted),
    found: number(found) ?? (fromLocal ?? 0) + (fromMirrors ?? 0),
    local: fromLocal,
    mirrors: fromMirrors,
    missed: Number(missed),
    current: Number(current),
  };
}

/** `QA Issue: text [class]`, the class at the end of the last line; null when it is no QA message. */
export function readQaIssue(text: string): { qaClass: string | null; message: string } | null {
  const at = text.slice(0, TEXT_LINE_CHARS_MAX).indexOf('QA Issue:');
  if (at < 0) return null;
  const message = text.slice(at + 'QA Issue:'.length).trim();
  return { qaClass: /\[([a-z0-9-]{1,60})\]$/.exec(message.slice(-80))?.[1] ?? null, message };
}

const CAUSE_CHARS_MAX = 1000;

/**
 * The line of an error record that says why. Of a Python error that is its last line, `Exception: KeyError: 'x'`, below the
 * trace; of everything else the first that is not empty.
 */
export function causeLine(text: string): string | null {
  const lines = text.split('\n', 5000).map((line) => line.slice(0, CAUSE_CHARS_MAX).trim());
  if (/^Error executing a python function/.test(text)) {
    const exception = lines.findLast((line) => /^Exception: |^[A-Za-z_.]{1,100}(?:Error|Exception)\b/.test(line));
    if (exception !== undefined) return exception;
  }
  return lines.find((line) => line !== '') ?? null;
}

/** Error records that only repeat that something failed; another record of the task says why. */
export function isBoilerplate(text: string): boolean {
  return /^(?:Fatal QA errors were found|Logfile of failure stored in|Function failed:|Task \(|Execution of '[^']{0,2000}' failed with exit code)/.test(
    text.slice(0, TEXT_LINE_CHARS_MAX),
  );
}
