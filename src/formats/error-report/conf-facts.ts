/**
 * What may be kept of the configuration files that come inside an error report: assignments of whole plain values to variables of the list
 * that event logs are held to (eventlog/variables.ts). Everything else (URLs with passwords, tokens, paths) is read over and forgotten.
 */
import { TEXT_LINE_CHARS_MAX } from '../../model/limits.ts';
import { KEPT_VARIABLES, VARIABLE_CHARS_MAX } from '../eventlog/variables.ts';

/** TMPDIR is a path of somebody's home here, and no log lies below it: those of the report are in the report. */
const KEPT: ReadonlySet<string> = new Set(KEPT_VARIABLES.filter((name) => name !== 'TMPDIR'));
/** A conf file of a product has 200 lines without its comments. */
const CONF_LINES_MAX = 20_000;

/**
 * The variables that the text assigns, the last assignment counting. Only `NAME = "value"` (and `?=`, `??=`, `:=`): what is appended to, or
 * refers to other variables, has a value that the text alone does not tell.
 */
export function confFacts(text: string, into: Map<string, string>): void {
  let line = 0;
  for (let from = 0; from < text.length && line < CONF_LINES_MAX; line++) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const match = /^\s{0,8}([A-Z][A-Z0-9_]{0,60})\s{0,80}(\?\??|:)?=\s{0,80}(["'])(.*)\3\s{0,8}$/.exec(
      text.slice(from, Math.min(end, from + TEXT_LINE_CHARS_MAX)),
    );
    from = end + 1;
    const [, name, weak, , value] = match ?? [];
    if (name === undefined || value === undefined || !KEPT.has(name)) continue;
    if (weak?.startsWith('?') === true && into.has(name)) continue;
    const plain = value.replace(/\s+/g, ' ').trim();
    if (plain === '' || plain.includes('$') || plain.includes('://')) into.delete(name);
    else into.set(name, plain.slice(0, VARIABLE_CHARS_MAX));
  }
}
