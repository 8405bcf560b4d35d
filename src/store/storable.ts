/** PostgreSQL's text holds every character but NUL, which a hostile file name can bring; the head keeps it, what is searched does not. */
export function storable(text: string): string {
  return text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text;
}
