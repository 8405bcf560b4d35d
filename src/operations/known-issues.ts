/** Known issues: rules that recognise a kind of failure by its words, so that nobody looks into it twice. */
import { parseExpression } from '../analysis/expression.ts';
import { matchIssue } from '../collector/match-known-issues.ts';
import { BakehouseError } from '../model/errors.ts';
import { KNOWN_ISSUES_MAX } from '../model/limits.ts';
import type { KnownIssue, KnownIssueText } from '../store/triage.ts';
import type { OperationContext } from './context.ts';
import { checkedLink, triageAuthor } from './triage-author.ts';

export interface KnownIssues {
  readonly issues: readonly KnownIssue[];
}

/** Everybody's to read, as they are written for everybody; what they match is told only of builds that the reader may see. */
export async function listIssues({ store }: OperationContext, _: object): Promise<KnownIssues> {
  return { issues: await store.triage.issues() };
}

export interface SaveIssueInput {
  /** Null: a new one. */
  readonly number: number | null;
  readonly issue: KnownIssueText;
}

export interface IssueSaved {
  readonly number: number;
}

/** Adds or changes a rule; it holds for the failures that are there and for those to come. */
export async function saveIssue(context: OperationContext, input: SaveIssueInput): Promise<IssueSaved> {
  const author = await triageAuthor(context);
  const said = parseExpression(input.issue.expression);
  if (typeof said === 'string') throw new BakehouseError('invalid', `expression: ${said}`);
  if (input.issue.state === 'new') throw new BakehouseError('invalid', 'state: a known issue is not new.');
  const issue = { ...input.issue, link: checkedLink(input.issue.link) };
  if (issue.state === 'reported' && issue.link === null)
    throw new BakehouseError('invalid', 'link: say where it was reported.');
  const { wholeStore } = context;
  if (input.number === null && (await wholeStore.triage.issues()).length >= KNOWN_ISSUES_MAX)
    throw new BakehouseError('conflict', `There are ${KNOWN_ISSUES_MAX} known issues: remove one that is over.`);
  const number = await wholeStore.triage.saveIssue(input.number, issue, author, context.now());
  await matchIssue(wholeStore, { ...issue, number, createdMs: 0 });
  return { number };
}

export async function removeIssue(context: OperationContext, input: { readonly number: number }): Promise<IssueSaved> {
  const author = await triageAuthor(context);
  await context.wholeStore.triage.removeIssue(input.number, author, context.now());
  return { number: input.number };
}
