/**
 * What the rota reads on Monday: of all kinds of failures of a week, which are new, which came back, which go on, which are gone, and which nobody
 * has looked at. Also as text, for a mail.
 */
import { formatCount, formatUtc, plural } from '../model/format.ts';
import { TRIAGE_STATE_NAMES, type TriageState } from '../model/triage.ts';
import type { Week } from '../model/week.ts';
import { type ActEntry, journalActs } from './journal-acts.ts';

/** What of a group of failures is needed here. */
export interface WeekKind {
  /** Of whatever recipe; null: not looked at yet. */
  readonly crossHash: string | null;
  readonly recipes: readonly string[];
  readonly recipeCount: number;
  readonly tasks: readonly string[];
  readonly class: string | null;
  readonly infrastructure: boolean | null;
  readonly cause: string | null;
  readonly failures: number;
  readonly builds: number;
  readonly machineCount: number;
  readonly lastMs: number | null;
  readonly lastBuild: string;
  readonly lastKey: string;
  readonly triage: {
    readonly state: TriageState;
    readonly link: string | null;
    readonly fixedIn: string | null;
    readonly owner: string | null;
    readonly changedMs: number | null;
    readonly issue: { readonly title: string } | null;
  } | null;
}

/**
 * `new`: never seen in the weeks before that are kept in sight. `back`: said to be fixed before it failed again. `going-on`: seen before and now.
 * `gone`: seen in the week before, and not in this one.
 */
export interface WeekKinds<K extends WeekKind> {
  readonly new: readonly K[];
  readonly back: readonly K[];
  readonly goingOn: readonly K[];
  readonly gone: readonly K[];
}

export function sortWeek<K extends WeekKind>(
  week: Pick<Week, 'fromMs'>,
  now: readonly K[],
  before: readonly K[],
): WeekKinds<K> {
  const key = ({ crossHash, recipes, tasks }: WeekKind): string => crossHash ?? `${recipes[0]}\n${tasks[0]}`;
  const seen = new Map(before.map((kind) => [key(kind), kind]));
  const here = new Set(now.map(key));
  const lists = { new: [] as K[], back: [] as K[], goingOn: [] as K[] };
  for (const kind of now) {
    if (cameBack(kind)) lists.back.push(kind);
    else if (seen.has(key(kind))) lists.goingOn.push(kind);
    else lists.new.push(kind);
  }
  const weekBefore = week.fromMs - 7 * 86_400_000;
  const gone = before.filter((kind) => !here.has(key(kind)) && (kind.lastMs ?? 0) >= weekBefore);
  return { ...lists, gone };
}

/** Somebody said that it is fixed, and a build that began later failed so again. */
export function cameBack({ triage, lastMs }: Pick<WeekKind, 'triage' | 'lastMs'>): boolean {
  return triage?.state === 'fixed' && triage.changedMs !== null && lastMs !== null && lastMs > triage.changedMs;
}

/** Nobody looked at it, and no rule knows it. */
export function isUntriaged({ triage }: Pick<WeekKind, 'triage'>): boolean {
  return (triage?.state ?? 'new') === 'new';
}

export interface WeekNumbers {
  readonly builds: number;
  /** Succeeded or failed; neither running nor interrupted. */
  readonly failed: number;
  readonly succeeded: number;
  readonly failures: number;
  readonly infrastructure: number;
}

export interface WeekFacts<K extends WeekKind> {
  readonly week: Week;
  /** Of the week that still runs: until when it is told. */
  readonly untilMs: number;
  readonly numbers: WeekNumbers;
  readonly before: WeekNumbers;
  readonly kinds: WeekKinds<K>;
  readonly unsteady: readonly {
    readonly pn: string;
    readonly task: string;
    readonly kind: string;
    readonly passed: number;
    readonly failed: number;
  }[];
  readonly journal: readonly ActEntry[];
}

/** Kinds of each list in the text; the page has all. */
const LINES_MAX = 15;
const CAUSE_CHARS_MAX = 110;

/** `addressOf`: of the page of a failure; null: the reader has none, and gets its name. */
export function weekText<K extends WeekKind>(facts: WeekFacts<K>, addressOf: (kind: K) => string): string {
  const { week, numbers, before, kinds } = facts;
  const lines = [
    `Failures of ${week.name}: ${formatUtc(week.fromMs).slice(0, 10)} to ${formatUtc(week.toMs - 1).slice(0, 10)} (UTC)`,
    '',
    `${plural(numbers.builds, 'build')}: ${formatCount(numbers.succeeded)} succeeded, ${formatCount(numbers.failed)} failed` +
      `; the week before ${formatCount(before.succeeded)} and ${formatCount(before.failed)} of ${formatCount(before.builds)}`,
    `${plural(numbers.failures, 'failure')} of ${plural(kinds.new.length + kinds.back.length + kinds.goingOn.length, 'kind')}` +
      `, ${formatCount(numbers.infrastructure)} of the infrastructure`,
  ];
  const all = [...kinds.new, ...kinds.back, ...kinds.goingOn];
  const open = all.filter(isUntriaged);
  lines.push(
    open.length === 0 ? 'Every kind has been looked at.' : `${plural(open.length, 'kind')} nobody has looked at yet.`,
  );
  const section = (title: string, list: readonly K[]): void => {
    if (list.length === 0) return;
    lines.push('', `${title} (${formatCount(list.length)})`);
    for (const kind of list.slice(0, LINES_MAX)) lines.push(...kindLines(kind, addressOf(kind)));
    if (list.length > LINES_MAX) lines.push(`  and ${formatCount(list.length - LINES_MAX)} more`);
  };
  section('New', kinds.new);
  section('Back after a fix', kinds.back);
  section('Going on', kinds.goingOn);
  section('Gone since the week before', kinds.gone);
  if (facts.unsteady.length > 0) {
    lines.push('', `Passed and failed with one task hash (${formatCount(facts.unsteady.length)})`);
    for (const { pn, task, kind, passed, failed } of facts.unsteady.slice(0, LINES_MAX))
      lines.push(`  ${pn}:${task}  ${kind}, ${formatCount(passed)} passed, ${formatCount(failed)} failed`);
  }
  if (facts.journal.length > 0) {
    const by = new Map<string, number>();
    for (const { entry } of journalActs(facts.journal)) by.set(entry.name, (by.get(entry.name) ?? 0) + 1);
    const people = [...by].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${name} ${formatCount(count)}`);
    lines.push('', `Said in this week: ${people.join(', ')}`);
  }
  return `${lines.join('\n')}\n`;
}

/** `busybox do_compile`, or `16 recipes do_fetch do_unpack`. */
export function kindName({ recipes, recipeCount, tasks }: Pick<WeekKind, 'recipes' | 'recipeCount' | 'tasks'>): string {
  const of = recipeCount > 1 ? plural(recipeCount, 'recipe') : (recipes[0] ?? '');
  const named = tasks.filter((task) => task !== '');
  return (
    [of, named.length > 2 ? plural(named.length, 'task') : named.join(' ')].filter((t) => t !== '').join(' ') ||
    'outside any task'
  );
}

function kindLines(kind: WeekKind, address: string): string[] {
  const { triage } = kind;
  const what = kindName(kind);
  const said = [
    TRIAGE_STATE_NAMES[triage?.state ?? 'new'].toLowerCase(),
    triage?.fixedIn ?? null,
    triage?.issue?.title ?? null,
    triage?.owner === null || triage?.owner === undefined ? null : `owner ${triage.owner}`,
    triage?.link ?? null,
  ];
  const count = `${plural(kind.failures, 'failure')} in ${plural(kind.builds, 'build')}`;
  const cause = kind.cause === null ? [] : [`    ${kind.cause.replace(/\s+/g, ' ').slice(0, CAUSE_CHARS_MAX)}`];
  return [
    `  ${what} (${kind.class ?? 'not looked at yet'}): ${count}; ${said.filter((part) => part !== null).join(', ')}`,
    ...cause,
    `    ${address}`,
  ];
}
