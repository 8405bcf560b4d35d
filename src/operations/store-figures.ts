import type { OperationContext } from './context.ts';

export interface StoreFigures {
  readonly builds: number;
  readonly uploads: number;
  /** Uploads of which more is here than is stored. */
  readonly backlog: number;
  readonly blobs: number;
  readonly blobBytes: number;
  /** Null: the engine does not tell cheaply. */
  readonly databaseBytes: number | null;
}

/** Counts and sizes for who watches the server. Fails where the database or the blob store cannot be reached. */
export async function storeFigures(context: OperationContext, _input: object): Promise<StoreFigures> {
  const { wholeStore, blobs } = context;
  await blobs.check();
  const builds = await wholeStore.countBuilds();
  const uploads = await wholeStore.uploads.count();
  const sizes = await wholeStore.blobIndex.totals();
  return {
    builds,
    uploads: uploads.uploads,
    backlog: uploads.unstored,
    blobs: sizes.blobs,
    blobBytes: sizes.storedBytes,
    databaseBytes: await wholeStore.databaseBytes(),
  };
}
