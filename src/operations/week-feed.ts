/**
 * The weeks of failures as a feed. Who has the rota follows it for two things: the morning's question, whether something broke that was not broken
 * before, and Monday's, how the week was. So an entry is
 *
 *     a kind of failure that is new in the week that runs, or back after a fix: on the day when it is seen, while it can still be acted on
 *     a week that is over: the summary as a mail would have it, at the moment when it ends
 *
 * The week that runs is no entry: it would change with every build, and a reader either tells each change or none. A kind leaves the feed with its
 * week, whose summary has it again, so a reader that slept over the end of a week misses nothing.
 */
import { kindName, weekText } from '../analysis/failure-week.ts';
import { formatUtc, plural } from '../model/format.ts';
import { WEEK_MS, weekOf } from '../model/week.ts';
import type { BuildListFilter } from '../store/store.ts';
import type { FileAnswer } from './answer.ts';
import { atomFeed, type FeedEntry, ownUuid } from './atom-feed.ts';
import type { OperationContext } from './context.ts';
import type { FailureKind } from './group-failures.ts';
import { type FailureWeek, showWeek } from './show-week.ts';

/** Weeks that are over: who was away for a holiday finds them all. */
const WEEKS = 4;
/** Of one week; a farm on which more break in a week is told the most frequent, and the page has the rest. */
const KINDS = 50;
const CAUSE_CHARS_MAX = 150;

export async function weekFeed(
  context: OperationContext,
  input: {
    readonly filter: BuildListFilter;
    readonly base: string;
    /** The same filter as the query of an address, without a question mark. */
    readonly asked: string;
  },
): Promise<FileAnswer> {
  const { filter, base, asked } = input;
  const nowMs = context.now();
  const running = await showWeek(context, { week: null, filter });
  const news: FeedEntry[] = [];
  for (const [word, list] of [
    ['New', running.kinds.new],
    ['Back after a fix', running.kinds.back],
  ] as const)
    for (const kind of list) {
      // Its id would change as soon as its log is looked at, in a moment: it is told then.
      if (kind.crossHash === null || news.length >= KINDS) continue;
      news.push(await kindEntry(context, running, word, kind));
    }
  const past: FeedEntry[] = [];
  for (let back = 1; back <= WEEKS; back++) {
    const week = await showWeek(context, { week: weekOf(nowMs - back * WEEK_MS).name, filter });
    // A week without a build is no news.
    if (week.numbers.builds > 0) past.push(await weekEntry(context, week, base, asked));
  }
  const query = asked === '' ? '' : `&${asked}`;
  return atomFeed(context, {
    what: `failures by week\n${asked}`,
    title: `Failures by week${asked === '' ? '' : `: ${[...new URLSearchParams(asked)].map(([key, value]) => `${key} ${value}`).join(', ')}`}`,
    base,
    self: `api/v1/failures/week.atom${asked === '' ? '' : `?${asked}`}`,
    page: `failures?view=week${query}`,
    entries: [...news.sort((a, b) => b.updatedMs - a.updatedMs), ...past],
  });
}

async function kindEntry(
  context: OperationContext,
  { week }: FailureWeek,
  word: string,
  kind: FailureKind,
): Promise<FeedEntry> {
  const cause = kind.cause?.replace(/\s+/g, ' ').trim().slice(0, CAUSE_CHARS_MAX);
  const where = kind.machines.length > 0 ? `; ${kind.machines.join(', ')}` : '';
  return {
    // Whatever was asked for: who follows two feeds is told once, and again in another week if it is back then.
    id: await ownUuid(context, 'kind of failure', `${week.name}\n${word}\n${kind.crossHash}`),
    title: `${word}: ${kindName(kind)} failed${cause === undefined ? '' : `: ${cause}`}`,
    path: `f/${kind.lastAddress}`,
    updatedMs: word === 'New' ? (kind.firstMs ?? week.fromMs) : (kind.lastMs ?? week.fromMs),
    text: `${kind.class ?? 'not looked at yet'}: ${plural(kind.failures, 'failure')} in ${plural(kind.builds, 'build')}${where}`,
  };
}

async function weekEntry(
  context: OperationContext,
  week: FailureWeek,
  base: string,
  asked: string,
): Promise<FeedEntry> {
  const { kinds } = week;
  const counts = [
    `${kinds.new.length} new`,
    ...(kinds.back.length > 0 ? [`${kinds.back.length} back after a fix`] : []),
    `${kinds.goingOn.length} going on`,
    `${kinds.gone.length} gone`,
  ].join(', ');
  const text = weekText(week, ({ lastAddress }) => `${base}/f/${lastAddress}`);
  return {
    id: await ownUuid(context, 'week of failures', `${week.week.name}\n${asked}`),
    title: `Failures of ${week.week.name}: ${counts}`,
    path: `failures?view=week&week=${week.week.name}${asked === '' ? '' : `&${asked}`}`,
    // What people say of it later is in the text at the next reading, and is no news.
    updatedMs: week.week.toMs,
    text: `${formatUtc(week.week.fromMs).slice(0, 10)} to ${formatUtc(week.week.toMs - 1).slice(0, 10)}: ${plural(week.numbers.failed, 'failed build')} of ${week.numbers.builds}`,
    lines: text.trimEnd().split('\n'),
  };
}
