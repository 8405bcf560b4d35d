import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { indexFailures } from '../collector/index-failures.ts';
import { assertMayPush, clientOf, takeQuota } from '../collector/push-policy.ts';
import { takeAccount } from '../collector/take-account.ts';
import { readErrorReport } from '../formats/error-report/reader.ts';
import { withNamedLogs } from '../formats/open/error-report-file.ts';
import { BakehouseError } from '../model/errors.ts';
import type { OperationContext } from './context.ts';
import { type FromWhere, taking } from './take-report.ts';

export interface ErrorReportTaken {
  readonly id: string;
  readonly url: string;
  /** Of the report as its client knows it. */
  readonly number: number;
  /** One a failure of the report, in its order. */
  readonly failures: readonly number[];
  /** Whether others may find it by its number. */
  readonly listed: boolean;
  /** How often what failed here failed in other builds that the sender may see. */
  readonly alike: number;
  /** Address of the first failure that did; null where none did. */
  readonly alikeUrl: string | null;
}

/** What upstream's server says of what it cannot read, word for word: scripts look for it. */
export const INVALID_JSON = 'Invalid json';

/** An error report as send-error-report posts it: JSON, or (before 0.3) a form with the JSON in its field `data`. */
export async function takeErrorReport(
  context: OperationContext,
  input: { readonly from: FromWhere; readonly file: string; readonly bytes: number },
): Promise<ErrorReportTaken> {
  const { sender, policy, upload } = taking(context, input.from);
  assertMayPush(policy, sender);
  const client = await clientOf(context.wholeStore, sender);
  await takeQuota(context.wholeStore, policy, client, { builds: 0, bytes: input.bytes }, context.now());
  const text = jsonOf(await readFile(input.file, 'utf8'));
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const report = readErrorReport(text, {
    location: `error report ${digest}`,
    fileName: null,
    // A report does not tell its BUILDNAME: the same report is the same build, and no other is.
    fallbackName: `error-report-${digest}`,
  });
  if (report === 'not-json') throw new BakehouseError('invalid', INVALID_JSON);
  if (report === 'other')
    throw new BakehouseError('unreadable', 'Problem reading json payload, the list of failures is missing');
  const { build, logs } = withNamedLogs(report);
  const taken = await takeAccount({ ...upload, blobs: context.blobs }, sender, { build, logs, visibility: null });
  if (taken.saved.changed) context.onSaved?.(taken.saved);
  const [number, ...failures] = await context.wholeStore.reportNumbers.numbersOf(taken.id, build.failures.length);
  const access = await context.wholeStore.readAccess(taken.saved.id);
  // Its own failures are looked at now, for whoever sent them hears where else they are known.
  await indexFailures({ store: context.wholeStore, blobs: context.blobs }, { build: taken.saved.id });
  const alike = [...(await context.store.countAlike(taken.saved.id)).values()];
  return {
    id: taken.id,
    url: taken.url,
    number: number!,
    failures,
    listed: access?.visibility === 'public',
    alike: alike.reduce((sum, { count }) => sum + count, 0),
    alikeUrl: alike[0] === undefined ? null : `${taken.url.replace(/\/b\/([^/]*)$/, '/f/$1')}.${alike[0].key}`,
  };
}

/** Told by the beginning of the body: these clients call it application/json as the others do. */
function jsonOf(body: string): string {
  const form = /^(?:[\w-]{1,40}=[^&]{0,4096}&){0,8}data=/.exec(body);
  if (form === null) return body;
  const from = form[0].length;
  const end = body.indexOf('&', from);
  try {
    return decodeURIComponent(body.slice(from, end < 0 ? undefined : end).replaceAll('+', ' '));
  } catch {
    throw new BakehouseError('invalid', INVALID_JSON);
  }
}
