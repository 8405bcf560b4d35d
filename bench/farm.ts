/**
 * Makes the data folder of a server whose farm has been building for months, with failures of which the truth is known
 * (bench/generate/stories.ts):
 *
 *     node bench/farm.ts FOLDER [--builds 240] [--seed 1] [--start ISO-TIME]
 *     bakehouse serve --data FOLDER
 *
 * The history ends now where no start is given, because pages begin with the last days.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openBlobs } from '../src/store/blobs/index.ts';
import { openStore } from '../src/store/index.ts';
import { farmHistory, HISTORY_START_MS } from './generate/farm-history.ts';
import { storeFarm } from './generate/store-farm.ts';

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { builds: { type: 'string' }, seed: { type: 'string' }, start: { type: 'string' } },
  });
  const [folder] = positionals;
  if (folder === undefined || positionals.length !== 1)
    throw new Error('one FOLDER is wanted: node bench/farm.ts FOLDER');
  const options = { builds: Number(values.builds ?? 240), seed: Number(values.seed ?? 1) };
  if (!Number.isSafeInteger(options.builds) || options.builds < 1 || !Number.isSafeInteger(options.seed))
    throw new Error('--builds and --seed want whole numbers');
  let startMs = values.start === undefined ? Number.NaN : Date.parse(values.start);
  if (values.start !== undefined && Number.isNaN(startMs)) throw new Error(`--start is no time: ${values.start}`);
  if (Number.isNaN(startMs)) {
    let lastMs = 0;
    for (const { build } of farmHistory(options)) lastMs = build.endedMs ?? lastMs;
    startMs = Date.now() - (lastMs - HISTORY_START_MS);
  }
  const data = resolve(folder);
  mkdirSync(data, { recursive: true });
  const store = await openStore(`sqlite:${join(data, 'bakehouse.db')}`);
  try {
    const blobs = openBlobs({ kind: 'disk', folder: join(data, 'blobs') });
    const builds = await storeFarm(store, blobs, farmHistory({ ...options, startMs }));
    const failures = builds.reduce((sum, { truth }) => sum + truth.length, 0);
    console.log(`${data}: ${builds.length} builds, ${failures} failures`);
  } finally {
    await store.close();
  }
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
