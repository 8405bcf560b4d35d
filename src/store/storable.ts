/**
 * Text as both databases keep it: PostgreSQL's holds every character but NUL, and neither keeps half of a surrogate pair, which a hostile
 * file name or a `\ud800` in JSON can bring. The head keeps what was said, what is searched does not.
 */
export function storable(text: string): string {
  return (text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text).toWellFormed();
}
