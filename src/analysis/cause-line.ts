/**
 * Which line of a failed task's log says why. The last line of a log hardly ever does: bitbake, make and wrappers repeat that something failed, and
 * with parallel make the first error can stand thousands of lines above the end.
 *
 * Each line is given a class by the first pattern that fits; the line of the lowest priority wins, the earliest among equals. The classes
 * and their order come from comparing what build systems print; those below 3 name a cause, those from 5 on only repeat that there is one.
 */

export type CauseClass =
  | 'no-space'
  | 'out-of-memory'
  | 'fetch'
  | 'patch'
  | 'compiler'
  | 'linker'
  | 'rust'
  | 'go'
  | 'cmake'
  | 'meson'
  | 'autoconf'
  | 'package-manager'
  | 'qa'
  | 'python'
  | 'not-found'
  | 'make'
  | 'other';

export interface Cause {
  /** 0-based line of the text given. */
  readonly line: number;
  /** The line without prefixes and colours, at most CAUSE_CHARS_MAX characters. */
  readonly text: string;
  readonly causeClass: CauseClass;
  /** Only says that something failed, not why: better than nothing. */
  readonly vague: boolean;
}

export const CAUSE_CHARS_MAX = 1000;
/** Longer lines are cut before any pattern sees them, which bounds every pattern below: a line of 100 kB cost seconds, cut it costs microseconds. */
const LINE_CHARS_MAX = 1000;
/** Priorities from here on only repeat that something failed. */
const VAGUE_FROM = 5;

interface Rule {
  readonly priority: number;
  readonly causeClass: CauseClass;
  readonly pattern: RegExp;
}

const rule = (priority: number, causeClass: CauseClass, pattern: RegExp): Rule => ({ priority, causeClass, pattern });

const RULES: readonly Rule[] = [
  rule(0, 'no-space', /No space left on device|Disk quota exceeded/),
  rule(
    0,
    'out-of-memory',
    /virtual memory exhausted|fatal error: Killed|internal compiler error: Killed|terminated with signal 9|signal Killed \(9\)|exit code '?137\b|Cannot allocate memory|Out of memory: Kill/,
  ),
  rule(1, 'fetch', /^ERROR: (?:.{0,300}: )?(?:Fetcher failure|Bitbake Fetcher Error|Checksum failure)/),
  rule(1, 'fetch', /^(?!WARNING|NOTE|DEBUG).{0,300}(?:Unable to fetch URL|Checksum mismatch)|Could not resolve host/),
  rule(1, 'fetch', /^fatal: (?:unable to access|repository|Remote branch)/),
  rule(1, 'patch', /^(?:\d+ out of \d+ hunks? (?:FAILED|ignored)|Hunk #\d+ FAILED|error: patch failed)/),
  rule(1, 'patch', /Patch .{1,300} does not apply|can't find file to patch/),
  rule(1, 'rust', /^error\[E\d+\]: /),
  rule(1, 'go', /^\S{1,300}\.go:\d+:\d+: |^go: (?!downloading|finding|extracting|warning|added)/),
  rule(1, 'meson', /meson\.build:\d+:\d+: ERROR: /),
  rule(1, 'cmake', /^CMake Error(?: at|:)/),
  rule(1, 'compiler', /^[^\s:]{1,400}:\d+(?::\d+)?: (?:fatal )?error: |internal compiler error/),
  rule(
    1,
    'linker',
    /undefined reference to|multiple definition of|cannot find -l|relocation .{1,200} (?:against|out of range)|undefined symbol|\bld(?:\.\w+)?: (?:error|fatal)/,
  ),
  rule(1, 'autoconf', /^configure: error: (?!in [`'])/),
  rule(
    1,
    'package-manager',
    /^Error: (?:Unable to find a match|Transaction)|nothing provides .{1,200} needed by|Couldn't find anything to satisfy|Unable to locate package|conflicts (?:between|with file from)/,
  ),
  rule(2, 'qa', /^ERROR: (?!.{0,300}Fatal QA).{0,300}QA Issue: /),
  rule(2, 'python', /^error: (?:could not|command ')|^(?:Exception: )?[A-Za-z_][\w.]{0,200}(?:Error|Exception): /),
  rule(
    2,
    'not-found',
    /(?:command not found|: not found|No such file or directory)$|^(?:ERROR: )?Nothing R?PROVIDES '/,
  ),
  rule(5, 'make', /^(?:make(?:\[\d+\])?|ninja): (?:\*\*\*|build stopped)/),
  rule(6, 'other', /^(?:ERROR|FATAL|error)[: ]/),
];

/** Lines that wrap the failure of something else; they win over nothing but silence. */
const WRAPPER =
  /oe_runmake failed|ExecutionError\(|Task .{1,500} failed with exit code|Logfile of failure|Function failed: |Execution of '.{1,800}' failed with exit code|exit code \d{1,3} from a shell command|Fatal QA errors|Fatal errors occurred in subprocesses/;
const WRAPPER_PRIORITY = 9;
/** What looks like an error and is not one. */
const HARMLESS = /^(?:NOTE|DEBUG|WARNING): |^checking |^\+ |: warning: (?!.{0,400}error:)/;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const ANSI = /\u001b\[[0-9;]{0,32}[A-Za-z]/g;
/** What pastes, Jenkins and bitbake put before a line: `| `, `> `, `$<50>`, `12:34:56 `, `[2024-…Z] `. */
const PREFIX =
  /^(?:\$<\d{1,3}>|\[?\d{4}-\d\d-\d\d[T ][\d:.]{5,20}Z?\]?\s{1,3}|\d\d:\d\d:\d\d(?:[.,]\d{1,6})?\s{1,3}|[|>](?: |$))/;

/** A line as the tool wrote it. */
export function bareLine(line: string): string {
  let text = line.slice(0, LINE_CHARS_MAX).replace(ANSI, '').replace(/\r$/, '');
  // Prefixes nest (a paste of a Jenkins log of bitbake's excerpt), but not without end.
  for (let i = 0; i < 4; i++) {
    const prefix = PREFIX.exec(text);
    if (prefix === null) break;
    text = text.slice(prefix[0].length);
  }
  return text;
}

/** The class of one bare line; null: it says nothing of a failure. */
function classify(text: string): { readonly priority: number; readonly causeClass: CauseClass } | null {
  if (text === '') return null;
  const wrapper = WRAPPER.test(text);
  // Exit code 137 stands in a wrapper's words and is a cause all the same.
  for (const { priority, causeClass, pattern } of RULES) {
    if (wrapper && priority !== 0) continue;
    if (pattern.test(text)) return HARMLESS.test(text) ? null : { priority, causeClass };
  }
  return wrapper ? { priority: WRAPPER_PRIORITY, causeClass: 'other' } : null;
}

/** The line that says why, or null when no line says anything of a failure. Linear in the text: 50 MB in about a second. */
export function findCause(text: string): Cause | null {
  let best: { priority: number; causeClass: CauseClass; line: number; from: number } | null = null;
  let line = 0;
  for (let from = 0; from <= text.length; line++) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    if (end > from) {
      const found = classify(bareLine(text.slice(from, Math.min(end, from + LINE_CHARS_MAX))));
      if (found !== null && (best === null || found.priority < best.priority)) best = { ...found, line, from };
      if (best?.priority === 0) break;
    }
    from = end + 1;
  }
  if (best === null) return null;
  const lineAt = (from: number): string => {
    const end = text.indexOf('\n', from);
    return bareLine(text.slice(from, Math.min(end < 0 ? text.length : end, from + LINE_CHARS_MAX))).trim();
  };
  let said = lineAt(best.from);
  if (best.causeClass === 'cmake') {
    // CMake puts its message on the next line that is not empty.
    const next = text.indexOf('\n', best.from);
    const message =
      next < 0
        ? ''
        : (text
            .slice(next + 1, next + 2 * LINE_CHARS_MAX)
            .split('\n')
            .map((l) => bareLine(l).trim())
            .find((l) => l !== '') ?? '');
    if (message !== '') said = `${said} ${message}`;
  }
  const { line: at, causeClass, priority } = best;
  return { line: at, text: said.slice(0, CAUSE_CHARS_MAX), causeClass, vague: priority >= VAGUE_FROM };
}
