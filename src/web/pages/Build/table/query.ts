/**
 * The text filter of Tasks and Recipes: words that must all be found. A bare word is looked for in recipe and task; `recipe:`,
 * `task:`, `layer:`, `outcome:`, `version:` and `mc:` say where; a `-` before a word wants it absent. `recipe:"gcc"` and
 * `recipe:=gcc` want the whole name.
 */
export interface Word {
  /** Null: recipe or task. */
  readonly field: string | null;
  readonly text: string;
  readonly absent: boolean;
  readonly whole: boolean;
}

const WORD = /(-?)(?:([a-z]+):)?(?:"([^"]*)"|(=?)([^\s"]+))/gi;

export function parseQuery(query: string, fields: readonly string[]): Word[] {
  const words: Word[] = [];
  for (const match of query.slice(0, 500).matchAll(WORD)) {
    const named = match[2]?.toLowerCase();
    const known = named !== undefined && fields.includes(named);
    const text = (match[3] ?? match[5] ?? '').toLowerCase();
    // `mc:x:gcc` or `gcc:do_compile` typed as shown elsewhere: not a field, so a word with a colon in it.
    const plain = named !== undefined && !known ? `${named}:${text}` : text;
    if (plain === '') continue;
    words.push({
      field: known ? named : null,
      text: plain,
      absent: match[1] === '-',
      whole: match[3] !== undefined || match[4] === '=',
    });
  }
  return words;
}

/** `textOf` gives the text of a field of the row; a bare word is tried on `both`. */
export function matchesQuery(words: readonly Word[], textOf: (field: string) => string, both: string): boolean {
  return words.every(({ field, text, absent, whole }) => {
    const value = (field === null ? both : textOf(field)).toLowerCase();
    return (whole ? value === text : value.includes(text)) !== absent;
  });
}
