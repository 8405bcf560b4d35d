import { type Expression, parseExpression } from './expression.ts';

/** Of a known issue: what a kind of failure must be. */
export interface IssueRule {
  readonly expression: string;
  /** Null: of any. */
  readonly class: string | null;
  readonly pn: string | null;
  readonly task: string | null;
}

export interface IssueSubject {
  readonly class: string;
  readonly pn: string | null;
  readonly task: string | null;
  /** The normalised words of its fingerprint. */
  readonly text: string;
}

/**
 * A rule as a test, parsed once. One that is stored and cannot be parsed (another version of the program knew more) matches nothing.
 */
export function issueMatcher(rule: IssueRule): (subject: IssueSubject) => boolean {
  const parsed = parseExpression(rule.expression);
  const expression: Expression | null = typeof parsed === 'string' ? null : parsed;
  return (subject) =>
    expression !== null &&
    (rule.class === null || rule.class === subject.class) &&
    (rule.pn === null || rule.pn === subject.pn) &&
    (rule.task === null || rule.task === subject.task) &&
    expression.foundIn(subject.text);
}
