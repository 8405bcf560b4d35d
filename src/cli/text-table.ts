/** Rows of text in columns for a terminal: the first column left, numbers right. Widths are counted in code points. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const length = (text: string): number => [...text].length;

export function textTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map(({ title }, c) =>
    rows.reduce((most, row) => Math.max(most, length(row[c] ?? '')), length(title)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, c) => {
        const cell = cells[c] ?? '';
        const pad = ' '.repeat(Math.max(0, widths[c]! - length(cell)));
        return align === 'right' ? pad + cell : cell + pad;
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)];
}

/** A GitHub-flavoured table. Cells are Markdown already: one line each, pipes escaped. */
export function markdownTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map(({ title }) => title)),
    `|${columns.map(({ align }) => (align === 'right' ? '---:' : '---')).join('|')}|`,
    ...rows.map(line),
  ];
}
