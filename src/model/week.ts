/** Weeks as ISO 8601 counts them, in UTC: from Monday, and the first of a year is the one with its first Thursday. */

const DAY_MS = 86_400_000;
export const WEEK_MS = 7 * DAY_MS;

export interface Week {
  /** `2026-W48` */
  readonly name: string;
  readonly fromMs: number;
  /** Not in it. */
  readonly toMs: number;
}

/** 1970-01-01 was a Thursday. */
const FIRST_MONDAY_MS = -3 * DAY_MS;

export function weekOf(ms: number): Week {
  const fromMs = FIRST_MONDAY_MS + Math.floor((ms - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS;
  const year = new Date(fromMs + 3 * DAY_MS).getUTCFullYear();
  const number = Math.round((fromMs - firstWeek(year)) / WEEK_MS) + 1;
  return { name: `${year}-W${String(number).padStart(2, '0')}`, fromMs, toMs: fromMs + WEEK_MS };
}

/** Monday of the week that has the fourth of January. */
function firstWeek(year: number): number {
  const fourth = Date.UTC(year, 0, 4);
  return FIRST_MONDAY_MS + Math.floor((fourth - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS;
}

/** Null: there is no such week. */
export function parseWeek(name: string): Week | null {
  const found = /^(\d{4})-W(\d\d)$/.exec(name);
  if (found === null || Number(found[1]) < 1970) return null;
  const week = weekOf(firstWeek(Number(found[1])) + (Number(found[2]) - 1) * WEEK_MS);
  return week.name === name ? week : null;
}
