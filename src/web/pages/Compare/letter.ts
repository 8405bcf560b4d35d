/** A, B, C … : short names of the builds in the heads of columns. */
export function letter(index: number): string {
  return String.fromCharCode(65 + index);
}
