/** A table as text for other places: MediaWiki markup, Markdown, and a drawing. Cells hold text and, where there is one, an address. */

export interface MarkupCell {
  readonly text: string;
  readonly href?: string | undefined;
  /** Of the drawing. */
  readonly tone?: 'ok' | 'bad' | undefined;
  /** 0..1 of the drawing's shade; left out: none. */
  readonly shade?: number | undefined;
}

export interface MarkupTable {
  readonly head: readonly string[];
  readonly rows: readonly (readonly MarkupCell[])[];
}

/** What would end a cell, begin a link or a template, or be read as HTML, is written so that it is shown. */
function wikiText(text: string): string {
  return text.replaceAll(/[&<>[\]{}|'=*#:;~_]|\n/g, (c) => (c === '\n' ? ' ' : `&#${c.charCodeAt(0)};`));
}

/** An address ends at the first blank or bracket: those that hold one are written encoded. */
function address(href: string): string {
  return href.replaceAll(/[\s<>"'[\]{}|()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

export function toWiki({ head, rows }: MarkupTable): string {
  const lines = ['{| class="wikitable sortable"', `! ${head.map(wikiText).join(' !! ')}`];
  for (const row of rows) {
    lines.push('|-');
    lines.push(
      `| ${row.map(({ text, href }) => (href === undefined ? wikiText(text) : `[${address(href)} ${wikiText(text)}]`)).join(' || ')}`,
    );
  }
  return `${lines.join('\n')}\n|}\n`;
}

function markdownText(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>|#~&]|\n/g, (c) => (c === '\n' ? ' ' : `\\${c}`));
}

export function toMarkdown({ head, rows }: MarkupTable): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[
    line(head.map(markdownText)),
    line(head.map(() => '---')),
    ...rows.map((row) =>
      line(
        row.map(({ text, href }) =>
          href === undefined ? markdownText(text) : `[${markdownText(text)}](${address(href)})`,
        ),
      ),
    ),
  ].join('\n')}\n`;
}

const ROW_PX = 20;
const CHAR_PX = 6.7;
const PAD_PX = 8;
const CELL_CHARS_MAX = 60;
const TONES = { ok: '#00704f', bad: '#a94700' } as const;

function xmlText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no way to hold them
  return text.replaceAll(/[&<>"\u0000-\u001f]/g, (c) =>
    c === '&' ? '&amp;' : c === '<' ? '&lt;' : c === '>' ? '&gt;' : c === '"' ? '&quot;' : ' ',
  );
}

/** As wide as its longest cells: 6.7 pixels a character are those of the 11 px font it asks for. */
export function toSvg({ head, rows }: MarkupTable, title: string): string {
  const cut = (text: string) => (text.length > CELL_CHARS_MAX ? `${text.slice(0, CELL_CHARS_MAX - 1)}…` : text);
  const widths = head.map((label, c) => {
    const longest = rows.reduce((most, row) => Math.max(most, cut(row[c]?.text ?? '').length), label.length);
    return Math.ceil(longest * CHAR_PX) + 2 * PAD_PX;
  });
  const lefts = widths.map((_, c) => widths.slice(0, c).reduce((a, b) => a + b, 0));
  const width = widths.reduce((a, b) => a + b, 0);
  const height = (rows.length + 2) * ROW_PX;
  const text = (c: number, r: number, words: string, more: string) =>
    `<text x="${lefts[c]! + PAD_PX}" y="${r * ROW_PX + 14}"${more}>${xmlText(cut(words))}</text>`;
  const parts = [text(0, 0, title, ' font-weight="600"')];
  head.forEach((label, c) => {
    parts.push(text(c, 1, label, ' fill="#5b6470"'));
  });
  rows.forEach((row, i) => {
    const r = i + 2;
    parts.push(`<path d="M0 ${r * ROW_PX}.5H${width}" stroke="#d9dee5"/>`);
    row.forEach((cell, c) => {
      if (cell.shade !== undefined)
        parts.push(
          `<rect x="${lefts[c]}" y="${r * ROW_PX + 1}" width="${widths[c]}" height="${ROW_PX - 1}" fill="#0072b2" fill-opacity="${(0.45 * cell.shade).toFixed(3)}"/>`,
        );
      parts.push(text(c, r, cell.text, cell.tone === undefined ? '' : ` fill="${TONES[cell.tone]}"`));
    });
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="11" fill="#1b2027"><rect width="100%" height="100%" fill="#fff"/>${parts.join('')}</svg>\n`;
}
