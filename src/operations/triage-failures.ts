import { BakehouseError } from '../model/errors.ts';
import type { TriageState } from '../model/triage.ts';
import type { TriageChange } from '../store/triage.ts';
import type { OperationContext } from './context.ts';
import { checkedLink, triageAuthor } from './triage-author.ts';

export interface TriageFailuresInput {
  readonly fingerprints: readonly string[];
  /** Left out: as it is. Null takes it back. */
  readonly state?: TriageState | null;
  readonly link?: string | null;
  readonly fixedIn?: string | null;
  /** Name of an account; null: nobody. */
  readonly owner?: string | null;
  readonly note?: string;
}

export interface FailuresTriaged {
  readonly changed: number;
}

/** Says the same of some kinds of failures, all or none. */
export async function triageFailures(context: OperationContext, input: TriageFailuresInput): Promise<FailuresTriaged> {
  const author = await triageAuthor(context);
  const { fingerprints, state, owner } = input;
  const link = input.link === undefined ? undefined : checkedLink(input.link);
  const note = input.note?.trim();
  if (state === 'reported' && (link === undefined || link === null))
    throw new BakehouseError('invalid', 'link: say where it was reported.');
  const change: TriageChange = {
    ...(state === undefined ? {} : { state }),
    ...(link === undefined ? {} : { link }),
    ...(input.fixedIn === undefined ? {} : { fixedIn: input.fixedIn === '' ? null : input.fixedIn }),
    ...(owner === undefined ? {} : { owner: owner === '' ? null : owner }),
    ...(note === undefined || note === '' ? {} : { note }),
  };
  if (Object.keys(change).length === 0)
    throw new BakehouseError('invalid', 'Nothing is said: give a state, an owner or a note.');
  return { changed: await context.store.triage.change(fingerprints, change, author, context.now()) };
}
