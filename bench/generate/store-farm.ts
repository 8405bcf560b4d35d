/** A farm's history in a store, logs among its blobs, as if each build had been pushed when it ended. */
import { buildId } from '../../src/collector/origin.ts';
import type { BlobStore } from '../../src/store/blobs/index.ts';
import type { Store } from '../../src/store/store.ts';
import type { FarmBuild } from './farm-history.ts';

export interface StoredFarmBuild extends FarmBuild {
  readonly id: string;
}

export async function storeFarm(
  store: Store,
  blobs: BlobStore,
  history: Iterable<FarmBuild>,
): Promise<readonly StoredFarmBuild[]> {
  const stored: StoredFarmBuild[] = [];
  for (const one of history) {
    const id = buildId(one.build);
    const receivedMs = one.build.endedMs ?? 0;
    for (const [hash, text] of one.logs) {
      const size = await blobs.put(hash, [Buffer.from(text)], text.length * 4);
      await store.blobIndex.noteBlob(hash, size, receivedMs);
    }
    await store.saveBuild(id, one.build, { access: { visibility: 'public', owner: null, receivedMs } });
    await store.blobIndex.addUses(
      id,
      one.build.logs.map(({ blob }) => ({ hash: blob, class: 'failure-log' })),
    );
    stored.push({ ...one, id });
  }
  return stored;
}
