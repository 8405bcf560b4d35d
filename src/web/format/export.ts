/** Tables out of the page: CSV by RFC 4180 and JSON, of exactly what was asked for. Missing is an empty field and null. */

export interface ExportTable {
  /** Column names with their unit: `walltime_s`. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

function field(value: string | number | null): string {
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return '';
  const text = String(value);
  // A spreadsheet runs a field that starts like a formula; recipe names come from outside.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function toCsv(table: ExportTable): string {
  return `${[table.columns, ...table.rows].map((row) => row.map(field).join(',')).join('\r\n')}\r\n`;
}

export function toJson(table: ExportTable): string {
  const rows = table.rows.map((row) =>
    Object.fromEntries(
      table.columns.map((name, i) => {
        const value = row[i] ?? null;
        return [name, typeof value === 'number' && !Number.isFinite(value) ? null : value];
      }),
    ),
  );
  return `${JSON.stringify(rows, null, 1)}\n`;
}

/** A moment in a table; null: not recorded. */
export function isoTime(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : new Date(ms).toISOString();
}
