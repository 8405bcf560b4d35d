/**
 * CSV as RFC 4180 has it: comma, CRLF, quotes doubled, UTF-8. Not recorded is an empty field, which no number and no text of ours is.
 */

/** Text that a spreadsheet would take for a formula (OWASP, CSV injection): recipe names come from strangers' builds. */
const FORMULA = /^[=+\-@\t\r]/;
const QUOTED = /[",\r\n]/;

/**
 * A text field. `safe` puts an apostrophe before what a spreadsheet would run: the default everywhere, switched off where a
 * program reads the file and wants the very text.
 */
export function csvText(text: string | null, safe: boolean): string {
  if (text === null) return '';
  const field = safe && FORMULA.test(text) ? `'${text}` : text;
  return QUOTED.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/** A number with all its digits; NaN and null are empty. Numbers are never changed for safety's sake: `-1` is a number. */
export function csvNumber(value: number | null | undefined): string {
  return value === null || value === undefined || Number.isNaN(value) ? '' : String(value);
}

/** Epoch ms as ISO 8601 in UTC, which sorts as text and says its zone. */
export function csvTime(epochMs: number | null | undefined): string {
  if (epochMs === null || epochMs === undefined || Number.isNaN(epochMs)) return '';
  return new Date(epochMs).toISOString();
}

export function csvLine(fields: readonly string[]): string {
  return `${fields.join(',')}\r\n`;
}

/** `walltime [s]`; a number without a unit has none to show. */
export function csvHeader(id: string, unit: string, safe: boolean): string {
  return csvText(unit === 'none' || unit === 'count' ? id : `${id} [${unit}]`, safe);
}
