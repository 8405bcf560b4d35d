/** What the main thread and its two others say to each other. Everything here survives structured cloning. */
import type { LayerPage } from '../../analysis/revision-links.ts';
import type { ServerEvent } from '../../api/contract.ts';
import type { EventAccess } from '../../api/routes/route.ts';
import type { PushRules } from '../../collector/push-policy.ts';
import type { ErrorCode, ErrorDetails } from '../../model/errors.ts';
import type { OperationName } from '../../operations/index.ts';
import type { Answer } from '../../operations/run.ts';
import type { BlobPlace } from '../../store/blobs/index.ts';
import type { Viewer } from '../../store/store.ts';

/** The query thread reads, the ingest thread writes: a 60 ms question must not stop an import, nor either of them the page. */
export type Role = 'query' | 'ingest';

/** `workerData` of our threads; the entry of the single-file bundle tells by it that it is one. */
export interface ThreadData {
  readonly bakehouseThread: Role;
  readonly database: string;
  readonly blobs: BlobPlace;
  readonly version: string;
  readonly logRoots: readonly string[];
  readonly layerPages: ReadonlyMap<string, LayerPage>;
  /** Ingest only: what reports are taken; null: none. */
  readonly collect: { readonly rules: PushRules; readonly publicUrl: string | null } | null;
}

export function isThreadData(value: unknown): value is ThreadData {
  return typeof value === 'object' && value !== null && 'bakehouseThread' in value;
}

export type ToThread =
  | {
      readonly type: 'run';
      readonly call: number;
      readonly operation: OperationName;
      readonly input: unknown;
      readonly viewer: Viewer;
    }
  /** Ingest only: read these paths, one after the other, answer, then watch them if asked to. */
  | { readonly type: 'read'; readonly call: number; readonly paths: readonly string[]; readonly watch: boolean }
  | { readonly type: 'close' };

export interface PlainError {
  /** Null: a bug. */
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly details: ErrorDetails | null;
  readonly stack: string | null;
}

export type FromThread =
  | { readonly type: 'ready' }
  /** `answer` null: a `read` is done. */
  | { readonly type: 'answer'; readonly call: number; readonly answer: Answer | null }
  /** Call 0: the store could not be opened. */
  | { readonly type: 'error'; readonly call: number; readonly error: PlainError }
  /** `access`: of the build that it tells of; null: it tells of none. */
  | { readonly type: 'event'; readonly event: ServerEvent; readonly access: EventAccess | null }
  /** It works although nobody asked, and must not be ended for want of questions. */
  | { readonly type: 'busy'; readonly busy: boolean }
  /** For the log: something of a given path could not be read, and work went on. */
  | { readonly type: 'warning'; readonly message: string };
