/** Builds as one self-contained HTML file: kept in a store in memory just long enough to be asked the questions the page asks. */

import type { Build } from '../model/build.ts';
import { CONSOLE } from '../store/store.ts';
import { loadLibrary } from './controller.ts';

export async function reportFile(builds: readonly Build[], version: string): Promise<Uint8Array> {
  // The page is inside server.mjs, so that a summary need not load a megabyte it never shows.
  const { buildId, exportReport, memoryBlobs, openStore, reportTemplate } = await loadLibrary();
  const store = await openStore('sqlite::memory:');
  try {
    const ids: string[] = [];
    for (const build of builds) ids.push((await store.saveBuild(buildId(build), build)).id);
    const context = {
      store,
      wholeStore: store,
      blobs: memoryBlobs(),
      viewer: CONSOLE,
      collector: null,
      now: Date.now,
      version,
      logRoots: [],
      sample: null,
      reportTemplate: reportTemplate(),
    };
    return (await exportReport(context, { builds: ids })).bytes;
  } finally {
    await store.close();
  }
}
