import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { importPath } from '../src/collector/import.ts';
import { openStore } from '../src/store/index.ts';
import { sampleTar } from './make-sample.ts';

const FOLDER = join(import.meta.dirname, '../fixtures/sample');
const packed = readFileSync(join(FOLDER, 'sample.tar.zst'));

test('the sample that is shipped is the one that is made, and small', async () => {
  expect(zstdDecompressSync(packed).equals(await sampleTar())).toBe(true);
  expect(packed.length).toBeLessThan(200 * 1024);
});

test('it gives three builds, each with what buildstats and the event log know: something to find, to compare and to plot', async () => {
  const store = await openStore('sqlite::memory:');
  try {
    await importPath(store, FOLDER);
    const { builds } = await store.listBuilds({}, { after: null, limit: 10 });
    expect(builds.map((b) => [b.outcome, b.machine, b.targets?.join(' '), b.failures])).toEqual([
      ['succeeded', 'qemux86-64', 'core-image-minimal', 0],
      ['failed', 'qemux86-64', 'core-image-minimal', 1],
      ['succeeded', 'qemux86-64', 'core-image-minimal', 0],
    ]);
    const last = await store.readBuild(builds[0]!.id);
    expect(last?.problems).toEqual([]);
    expect(last?.sources.map((s) => s.kind).sort()).toEqual(['buildstats', 'eventlog']);
    expect(last?.graph).not.toBeNull();
    expect(last?.phases.length).toBeGreaterThan(0);
    expect(last?.samples.length).toBeGreaterThan(5);
    const [slow, , usual] = builds.map((b) => b.endedMs! - b.startedMs!);
    expect(slow! / usual!).toBeGreaterThan(1.2);
  } finally {
    await store.close();
  }
});
