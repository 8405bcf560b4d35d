/** When the store is tidied: once a night, or when a night was missed because nothing ran. */

/** Hours of the local clock in which nobody waits for a page. */
const NIGHT = { from: 2, to: 5 };
const DAY_MS = 86_400_000;
/** Longer than from the end of one night to the begin of the next. */
const MISSED_MS = 36 * 3_600_000;

/** `startedMs`: when the server started, which counts as the last time until there is one. */
export function isRetentionDue(now: Date, lastMs: number | null, startedMs: number): boolean {
  const sinceMs = now.getTime() - (lastMs ?? startedMs);
  const hour = now.getHours();
  if (hour >= NIGHT.from && hour < NIGHT.to) return lastMs === null || sinceMs > DAY_MS / 2;
  return sinceMs > MISSED_MS;
}
