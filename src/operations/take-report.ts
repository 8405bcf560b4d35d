/** What the operations that take reports in have in common: who sends, by which rules, to which collector. */
import { type PushPolicy, policyFor, type Sender } from '../collector/push-policy.ts';
import type { UploadContext } from '../collector/upload.ts';
import { BakehouseError } from '../model/errors.ts';
import type { Collector, OperationContext } from './context.ts';

/** Of a request that brings a report. */
export interface FromWhere {
  /** Of the client, as the socket or a trusted proxy has it. */
  readonly address: string;
  /** From a program on this machine. */
  readonly local: boolean;
  /** `https://name` as the request names the server. */
  readonly base: string;
}

export interface Taking {
  readonly collector: Collector;
  readonly sender: Sender;
  readonly policy: PushPolicy;
  readonly upload: UploadContext;
}

export function taking(context: OperationContext, from: FromWhere): Taking {
  const { collector } = context;
  if (collector === null) throw new BakehouseError('forbidden', 'This server takes no reports.');
  const sender = { viewer: context.viewer, address: from.address, local: from.local };
  const policy = policyFor(collector.rules, sender);
  const publicUrl = collector.publicUrl ?? from.base;
  return {
    collector,
    sender,
    policy,
    upload: {
      store: context.wholeStore,
      policy,
      publicUrl,
      now: context.now,
      settle: (upload) => collector.ingest.settle(upload),
    },
  };
}
