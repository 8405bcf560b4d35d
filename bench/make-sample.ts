/**
 * Makes the sample build that is shipped inside the release: `node bench/make-sample.ts` writes fixtures/sample/sample.tar.zst, a
 * `tmp` with the buildstats and event logs of three nightly builds of one small image. The first is ordinary, the second has two new versions
 * and a failed do_compile, the third is whole again and slower: something to find, to compare and to plot. Nothing in it
 * comes from anybody's machine.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { constants, zstdCompressSync } from 'node:zlib';
import tar from 'tar-stream';
import { buildFolder, buildstatsFiles } from './generate/buildstats-files.ts';
import { eventLogLines } from './generate/eventlog-file.ts';
import { DEFAULT_OPTIONS, type GenerateOptions } from './generate/options.ts';
import { simulateBuild } from './generate/simulate.ts';

const NIGHT_MS = 24 * 3600 * 1000;
const FIRST_MS = Date.UTC(2026, 10, 14, 2, 0, 3);

const NIGHTS: readonly Partial<GenerateOptions>[] = [
  {},
  { upgrades: 2, failures: 1 },
  { upgrades: 2, slowCompile: 1.4 },
];

/** The tar, uncompressed: the same bytes every time. */
export async function sampleTar(): Promise<Buffer> {
  const pack = tar.pack();
  const bytes = buffer(pack);
  NIGHTS.forEach((over, night) => {
    const build = simulateBuild({
      ...DEFAULT_OPTIONS,
      tasks: 260,
      threads: 6,
      cores: 12,
      drift: 0.05,
      seed: 11 + night,
      workScale: 0.1,
      // A sample every four seconds is enough to see the strips, and a quarter of the bytes.
      samplesHz: 0.25,
      startMs: FIRST_MS + night * NIGHT_MS,
      ...over,
    });
    const mtime = new Date(Math.floor(build.endedS) * 1000);
    const add = (name: string, text: string): void => {
      pack.entry({ name, mtime, mode: 0o644, uid: 0, gid: 0 }, text);
    };
    for (const [path, text] of buildstatsFiles(build)) add(`tmp/buildstats/${buildFolder(build)}/${path}`, text);
    add(`tmp/log/eventlog/${build.name}.json`, [...eventLogLines(build, { noise: false })].join(''));
  });
  pack.finalize();
  return bytes;
}

export function compressSample(bytes: Uint8Array): Buffer {
  // A window of 32 MB sees the whole tar: the builds are alike, and each after the first costs a fraction.
  return zstdCompressSync(bytes, {
    params: {
      [constants.ZSTD_c_compressionLevel]: 19,
      [constants.ZSTD_c_windowLog]: 25,
      [constants.ZSTD_c_enableLongDistanceMatching]: 1,
    },
  });
}

if (import.meta.main) {
  const bytes = await sampleTar();
  const packed = compressSample(bytes);
  const path = join(import.meta.dirname, '../fixtures/sample/sample.tar.zst');
  writeFileSync(path, packed);
  console.log(`${path}: ${packed.length} bytes, ${bytes.length} unpacked`);
}
