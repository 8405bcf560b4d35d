/** Builds as one self-contained HTML file: kept in a store in memory just long enough to be asked the questions the page asks. */
import { buildId } from '../collector/origin.ts';
import type { Build } from '../model/build.ts';
import { exportReport } from '../operations/export-report.ts';
import { openStore } from '../store/index.ts';

export async function reportFile(builds: readonly Build[], version: string): Promise<Uint8Array> {
  // The page is inside server.mjs, so that a summary need not load a megabyte it never shows.
  const { reportTemplate } = await import('../server/main.ts');
  const store = await openStore('sqlite::memory:');
  try {
    const ids: string[] = [];
    for (const build of builds) ids.push((await store.saveBuild(buildId(build), build)).id);
    const context = { store, now: Date.now, version, logRoots: [], sample: null, reportTemplate: reportTemplate() };
    return (await exportReport(context, { builds: ids })).bytes;
  } finally {
    await store.close();
  }
}
