/**
 * Package QA over many builds: which issues a build brought, and which builds say anything at all. A build that takes a recipe from sstate does not
 * check it, so only builds that executed the task can tell that an issue was not there before.
 *
 *     oldest ──────────────────── newest
 *     ✓    ✓    s    s    ✓!              new: the last that executed the check did not have it
 *     ✓    ✓!   s    ✓!   ✓!              known
 *     s    s    s    s    ✓!              nobody checked it before: neither new nor known
 */
import { fingerprintOf } from './fingerprint.ts';

/** One issue as a build has it. */
export interface QaFact {
  /** Null: the line names none. */
  readonly qaClass: string | null;
  /** Null: no recipe is named. */
  readonly pn: string | null;
  /** Of the recipe, as far as it is known: an upgrade alone makes no issue new. */
  readonly version: string | null;
  readonly task: string | null;
  readonly message: string;
}

/** The same words of earlier builds, once, with the first build that had them. */
export interface EarlierQaFact extends QaFact {
  readonly build: string;
}

/** The last earlier build that executed a task of a recipe. */
export interface EarlierQaCheck {
  readonly pn: string;
  readonly task: string;
  readonly build: string;
}

export const QA_STATES = ['new', 'known', 'not-checked-before'] as const;
export type QaState = (typeof QA_STATES)[number];

export interface QaVerdict {
  readonly state: QaState;
  /** Of a known one: the first of the earlier builds that had it. */
  readonly firstBuild: string | null;
  /** Of a new one: the last that executed the check, and did not have it. */
  readonly lastCheck: string | null;
}

/** The task that finds an issue where nothing says which: the others are classes that older releases find in do_package. */
export const QA_TASK = 'do_package_qa';

/** What is asked of the tasks of a build to know whether it could have found the issue. */
export function checkOf({ task }: Pick<QaFact, 'task'>): string {
  return task ?? QA_TASK;
}

/**
 * For each issue of a build, in its order, whether it is new. The words are compared as they are first, and then without paths, versions and
 * numbers (fingerprint.ts): the work folder of another machine makes no issue new either.
 */
export function judgeQaIssues(
  own: readonly QaFact[],
  earlier: readonly EarlierQaFact[],
  checks: readonly EarlierQaCheck[],
): QaVerdict[] {
  const exact = new Map<string, string>();
  const alike = new Map<string, EarlierQaFact[]>();
  for (const fact of earlier) {
    const key = keyOf(fact, fact.message);
    if (!exact.has(key)) exact.set(key, fact.build);
    const group = groupOf(fact);
    const list = alike.get(group) ?? [];
    alike.set(group, list);
    list.push(fact);
  }
  const checked = new Map(checks.map(({ pn, task, build }) => [`${pn}\n${task}`, build]));
  const normal = new Map<string, Map<string, string>>();
  return own.map((fact) => {
    const group = groupOf(fact);
    let first = exact.get(keyOf(fact, fact.message)) ?? null;
    if (first === null && alike.has(group)) {
      let words = normal.get(group);
      if (words === undefined) {
        words = new Map();
        for (const one of alike.get(group)!) {
          const text = normalQaText(one);
          if (!words.has(text)) words.set(text, one.build);
        }
        normal.set(group, words);
      }
      first = words.get(normalQaText(fact)) ?? null;
    }
    if (first !== null) return { state: 'known', firstBuild: first, lastCheck: null };
    const lastCheck = fact.pn === null ? null : (checked.get(`${fact.pn}\n${checkOf(fact)}`) ?? null);
    return { state: lastCheck === null ? 'not-checked-before' : 'new', firstBuild: null, lastCheck };
  });
}

function groupOf({ qaClass, pn }: QaFact): string {
  return JSON.stringify([qaClass, pn]);
}

function keyOf(fact: QaFact, text: string): string {
  return `${groupOf(fact)}\n${text}`;
}

/** The message without what differs from build to build and from machine to machine. */
export function normalQaText({ pn, version, message }: QaFact): string {
  const cause = { line: 0, text: message, causeClass: 'qa', vague: false } as const;
  return fingerprintOf({ pn, version, task: QA_TASK }, cause, (text) => text).text;
}

/**
 * Whether a build says anything of package QA. One that executed no check is a gap in a trend and not a zero; one without a task table does not
 * say how many it executed, but has checked where it found something.
 */
export function saysOfQa({ checks, issues }: { readonly checks: number | null; readonly issues: number }): boolean {
  return issues > 0 || (checks ?? 0) > 0;
}
