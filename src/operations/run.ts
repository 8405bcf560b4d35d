/**
 * Runs an operation by name and gives its result as bytes that are ready to send. This is what the query thread does with what it is
 * asked, so that a table of 200,000 points is made into JSON beside the page's thread and crosses over without being copied.
 */
import { createHash } from 'node:crypto';
import { STRANGER, type Viewer } from '../store/store.ts';
import type { FileAnswer } from './answer.ts';
import type { OperationContext } from './context.ts';
import { OPERATIONS, type OperationInput, type OperationName, type OperationOutput } from './index.ts';

export type Answer =
  /** `etag`: hash of the bytes. */
  | { readonly kind: 'json'; readonly bytes: Uint8Array; readonly etag: string }
  | { readonly kind: 'file'; readonly file: FileAnswer };

export { CONSOLE, STRANGER, type Viewer } from '../store/store.ts';

/** Whoever runs operations: this thread, or the query and ingest threads. */
export interface OperationRunner {
  /** `viewer`: who asks; left out: somebody who is not signed in. */
  run<N extends OperationName>(name: N, input: OperationInput<N>, viewer?: Viewer): Promise<Answer>;
}

function isFile(output: unknown): output is FileAnswer {
  return typeof output === 'object' && output !== null && 'bytes' in output && output.bytes instanceof Uint8Array;
}

export function answerOf(output: unknown): Answer {
  if (isFile(output)) return { kind: 'file', file: output };
  const bytes = new TextEncoder().encode(JSON.stringify(output));
  // 96 bits: an ETag must only differ from the other bodies of one address.
  const etag = createHash('sha1').update(bytes).digest('base64url').slice(0, 16);
  return { kind: 'json', bytes, etag };
}

/** The operation's module is loaded when it is first asked for: a start must not pay for Parquet. */
export async function runOperation<N extends OperationName>(
  context: OperationContext,
  name: N,
  input: OperationInput<N>,
): Promise<OperationOutput<N>> {
  const operation = await OPERATIONS[name]();
  // TypeScript cannot see that the members of one name belong together.
  const call = operation as (context: OperationContext, input: OperationInput<N>) => Promise<OperationOutput<N>>;
  return call(context, input);
}

/** The context of one question. */
export function contextFor(context: OperationContext, viewer: Viewer): OperationContext {
  return { ...context, viewer, store: context.wholeStore.seenBy(viewer) };
}

/** Runs everything where it is called: tests, and a store that lives in memory only. */
export function localRunner(context: OperationContext): OperationRunner {
  return {
    run: async (name, input, viewer = STRANGER) =>
      answerOf(await runOperation(contextFor(context, viewer), name, input)),
  };
}
