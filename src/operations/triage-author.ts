/**
 * Who may say something of failures: whoever is signed in, as member or admin, or with a token (a robot that closes issues is somebody an admin
 * made). Strangers read. The console, and the page of a server without accounts that only its own machine reaches, may too. Decision 0015.
 */
import { BakehouseError } from '../model/errors.ts';
import type { TriageAuthor } from '../store/triage.ts';
import type { OperationContext } from './context.ts';

/** What the journal calls whoever works at the machine of the server. */
export const CONSOLE_NAME = 'console';

export async function triageAuthor({ viewer, wholeStore }: OperationContext): Promise<TriageAuthor> {
  const { account, admin } = viewer;
  if (account === null) {
    if (admin) return { account: null, name: CONSOLE_NAME };
    throw new BakehouseError('unauthorized', 'Sign in first: what is said of failures carries a name.');
  }
  const name = await wholeStore.accounts.nameOf(account);
  if (name === null) throw new BakehouseError('unauthorized', 'Sign in first.');
  return { account, name };
}

/** A link that people click: http or https, and nothing that a browser would run. */
export function checkedLink(link: string | null): string | null {
  if (link === null || link === '') return null;
  let url: URL | null = null;
  try {
    url = new URL(link);
  } catch {
    // Said below.
  }
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new BakehouseError('invalid', 'link: give an http or https address.');
  return link;
}
