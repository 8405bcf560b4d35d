/** Does what the owner's rules say is to go, a few things at a time, and lets everybody else go first. */
import type { RetentionItem, RetentionKind, RetentionRules } from '../store/retention.ts';
import type { OperationContext } from './context.ts';

/** Between two steps: a reader that waits is served in between. */
const REST_MS = 50;
/** While reports wait to be stored they go first, but not for ever. */
const BUSY_REST_MS = 2000;
const BUSY_RESTS_MAX = 30;

export interface RetentionDone {
  /** What went (or, of a plan, would go), by kind. */
  readonly items: readonly RetentionItem[];
  /** Files that no row knew. */
  readonly strays: number;
}

/** What would go now. */
export async function planRetention(
  context: OperationContext,
  input: { readonly rules: RetentionRules },
): Promise<RetentionDone> {
  return { items: await context.wholeStore.retention.plan(input.rules, context.now()), strays: 0 };
}

export async function applyRetention(
  context: OperationContext,
  input: { readonly rules: RetentionRules },
): Promise<RetentionDone> {
  const { wholeStore, blobs, collector } = context;
  const done = new Map<RetentionKind, RetentionItem>();
  const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  for (;;) {
    for (let n = 0; n < BUSY_RESTS_MAX && (collector?.ingest.backlog ?? 0) > 0; n++) await rest(BUSY_REST_MS);
    const item = await wholeStore.retention.step(input.rules, context.now(), blobs);
    if (item === null) break;
    const before = done.get(item.kind);
    done.set(item.kind, {
      kind: item.kind,
      count: item.count + (before?.count ?? 0),
      bytes: item.bytes + (before?.bytes ?? 0),
    });
    await rest(REST_MS);
  }
  const strays = await wholeStore.retention.sweep(context.now(), blobs);
  await blobs.clean();
  return { items: [...done.values()], strays };
}
