/** Times as a person here says them. Data are UTC; the screen is local, with UTC on hover (model/format.ts, formatUtc). */
import { NOT_RECORDED } from '../../model/format.ts';
import type { EpochMs } from '../../model/units.ts';

const DAY_MS = 86_400_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (n: number): string => String(n).padStart(2, '0');

function startOfDay(ms: EpochMs): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

/** `today 09:12`, `yesterday 22:40`, `14 Nov 09:12`, in another year `2024-03-02 09:12`. */
export function formatWhen(timeMs: EpochMs | null | undefined, nowMs: EpochMs = Date.now()): string {
  if (timeMs === null || timeMs === undefined || !Number.isFinite(timeMs)) return NOT_RECORDED;
  const date = new Date(timeMs);
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  // Rounded, because a day of the change to summer time has 23 hours.
  const days = Math.round((startOfDay(nowMs) - startOfDay(timeMs)) / DAY_MS);
  if (days === 0) return `today ${clock}`;
  if (days === 1) return `yesterday ${clock}`;
  if (date.getFullYear() === new Date(nowMs).getFullYear())
    return `${date.getDate()} ${MONTHS[date.getMonth()]} ${clock}`;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock}`;
}

/** `2026-11-21 09:12:03`, local. */
export function formatLocal(timeMs: EpochMs | null | undefined): string {
  if (timeMs === null || timeMs === undefined || !Number.isFinite(timeMs)) return NOT_RECORDED;
  const d = new Date(timeMs);
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

/** `2026-11-21`, local: the value of a date field. */
export function dateFieldValue(timeMs: EpochMs | undefined): string {
  return timeMs === undefined ? '' : formatLocal(timeMs).slice(0, 10);
}

/** Local midnight of a date field's value; `endOfDay`: the last millisecond of it. */
export function fromDateField(text: string, endOfDay = false): EpochMs | undefined {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return undefined;
  const day = new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3]) + (endOfDay ? 1 : 0)).getTime();
  return endOfDay ? day - 1 : day;
}
