/** The order of names on screen. */
/** `machine-2` before `machine-10`. */
const natural = new Intl.Collator('en', { numeric: true });

export function byName(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return natural.compare(a, b);
}
