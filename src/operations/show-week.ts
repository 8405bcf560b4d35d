import { createHash } from 'node:crypto';
import { sortWeek, type WeekFacts, type WeekKinds, type WeekNumbers, weekText } from '../analysis/failure-week.ts';
import type { UnsteadyTask } from '../analysis/flaky.ts';
import { BakehouseError } from '../model/errors.ts';
import { parseWeek, WEEK_MS, weekOf } from '../model/week.ts';
import type { BuildListFilter, FailureGroups, Store } from '../store/store.ts';
import type { JournalEntry } from '../store/triage.ts';
import type { FileAnswer } from './answer.ts';
import type { OperationContext } from './context.ts';
import { type FailureKind, withAddresses } from './group-failures.ts';
import { listUnsteady, UNSTEADY_BUILDS_MAX } from './list-unsteady.ts';

export interface WeekInput {
  /** `2026-W48`; null: the one that runs. */
  readonly week: string | null;
  /** Its times are not looked at. */
  readonly filter: BuildListFilter;
}

export interface FailureWeek extends WeekFacts<FailureKind> {
  readonly previous: string;
  /** Null: this one still runs. */
  readonly next: string | null;
  readonly kinds: WeekKinds<FailureKind>;
  readonly unsteady: readonly UnsteadyTask[];
  readonly journal: readonly JournalEntry[];
}

/** Weeks before this one in which a kind must not have been seen to be new: a quarter. */
const WEEKS_IN_SIGHT = 13;
/** Kinds of a week; a farm that has more in one has other sorrows, and is told the most frequent. */
const KINDS_MAX = 1000;
const JOURNAL_MAX = 500;

/** What the rota reads on Monday. */
export async function showWeek(context: OperationContext, input: WeekInput): Promise<FailureWeek> {
  const { store } = context;
  const nowMs = context.now();
  const week = input.week === null ? weekOf(nowMs) : parseWeek(input.week);
  if (week === null)
    throw new BakehouseError('invalid', `week: "${input.week?.slice(0, 20)}" is no week: write it as 2026-W48.`);
  const of = (fromMs: number, toMs: number): BuildListFilter => ({ ...input.filter, fromMs, toMs: toMs - 1 });
  const inWeek = of(week.fromMs, week.toMs);
  const sight = of(week.fromMs - WEEKS_IN_SIGHT * WEEK_MS, week.fromMs);
  const [now, before, beforeNumbers, unsteady, journal] = await Promise.all([
    store.groupFailures(inWeek, {}, KINDS_MAX),
    store.groupFailures(sight, {}, KINDS_MAX),
    numbersOf(store, of(week.fromMs - WEEK_MS, week.fromMs)),
    listUnsteady(context, { filter: inWeek, builds: UNSTEADY_BUILDS_MAX }),
    store.triage.journal({ fromMs: week.fromMs, toMs: week.toMs, limit: JOURNAL_MAX }),
  ]);
  const kinds = sortWeek(week, now.groups, before.groups);
  const [fresh, back, goingOn, gone] = await Promise.all(
    [kinds.new, kinds.back, kinds.goingOn, kinds.gone].map((list) => withAddresses(store, list)),
  );
  return {
    week,
    untilMs: Math.min(week.toMs, nowMs),
    previous: weekOf(week.fromMs - 1).name,
    next: week.toMs > nowMs ? null : weekOf(week.toMs).name,
    numbers: await numbersOf(store, inWeek, now),
    before: beforeNumbers,
    kinds: { new: fresh!, back: back!, goingOn: goingOn!, gone: gone! },
    unsteady: unsteady.tasks,
    journal,
  };
}

async function numbersOf(store: Store, filter: BuildListFilter, known?: FailureGroups): Promise<WeekNumbers> {
  const [facets, groups] = await Promise.all([
    store.countFacets(filter),
    known ?? store.groupFailures(filter, {}, KINDS_MAX),
  ]);
  const count = (...outcomes: string[]): number =>
    facets.outcome.reduce((sum, { value, count: n }) => sum + (outcomes.includes(value ?? '') ? n : 0), 0);
  return {
    builds: facets.outcome.reduce((sum, { count: n }) => sum + n, 0),
    succeeded: count('succeeded', 'succeeded-with-errors'),
    failed: count('failed'),
    failures: groups.failures,
    infrastructure: groups.groups.reduce((sum, g) => sum + (g.infrastructure === true ? g.failures : 0), 0),
  };
}

/** The same as text, for a mail or a terminal. `base`: address of the server; null: failures are told by their names. */
export async function weekAsText(
  context: OperationContext,
  input: WeekInput & { readonly base: string | null },
): Promise<FileAnswer> {
  const week = await showWeek(context, input);
  const text = weekText(week, ({ lastAddress }) =>
    input.base === null ? lastAddress : `${input.base}/f/${lastAddress}`,
  );
  const bytes = new TextEncoder().encode(text);
  return {
    bytes,
    mediaType: 'text/plain; charset=utf-8',
    fileName: null,
    // Made of many builds, so it is its own revision.
    revision: createHash('sha1').update(bytes).digest('hex').slice(0, 16),
    finished: false,
  };
}
