import type { LayerPage } from '../analysis/revision-links.ts';
import type { FailureIndexer } from '../collector/index-failures.ts';
import type { IngestUploads } from '../collector/ingest-uploads.ts';
import type { PushRules } from '../collector/push-policy.ts';
import type { PrefixHashes } from '../collector/upload.ts';
import type { BlobStore } from '../store/blobs/index.ts';
import type { SavedBuild, Store, Viewer } from '../store/store.ts';

/** What every operation is given: one object, made by the thread or the command that runs operations. */
export interface OperationContext {
  /** What the caller may see: every read of an operation goes through it. */
  readonly store: Store;
  /** Everything, for what writes and for who looks after the server. */
  readonly wholeStore: Store;
  /** Logs and whatever else lies outside the database. Given away only by way of a build that uses it and that `store` shows. */
  readonly blobs: BlobStore;
  /** Who asks. */
  readonly viewer: Viewer;
  /** What takes reports in; null where this process, or this thread of it, takes none. */
  readonly collector: Collector | null;
  readonly now: () => number;
  readonly version: string;
  /** Folders below which task logs may be opened: the paths given to the server, resolved (log-roots.ts). Empty: no logs. */
  readonly logRoots: readonly string[];
  /** Where the layers of this site are shown on the web, by their names; the well-known ones are known anyway. */
  readonly layerPages?: ReadonlyMap<string, LayerPage>;
  /** A build of ours to play with, shipped inside the release; null when this copy has none. */
  readonly sample: SampleSource | null;
  /** The page that a report file is made of (scripts/build.ts); null when this copy was not built. */
  readonly reportTemplate: (() => Promise<string>) | null;
  /** Hears of every build that an operation saves: the server tells its pages. */
  readonly onSaved?: (saved: SavedBuild) => void;
}

export interface Collector {
  readonly rules: PushRules;
  /** Address by which others know the server; null: as each request names it. */
  readonly publicUrl: string | null;
  readonly hashes: PrefixHashes;
  readonly ingest: IngestUploads;
  /** Hears of logs that came. */
  readonly indexer: Pick<FailureIndexer, 'poke'>;
}

/** Writes the sample build below a fresh folder and says where, so that it is read by the same road as any other. */
export interface SampleSource {
  unpackTo(folder: string): Promise<void>;
}
