/**
 * What is fuzzed: every reader of what strangers send. A target takes bytes and either reads something of them, or refuses them with a
 * BakehouseError. Whatever was read must be a build that the store takes and gives back: so each one is saved and read again.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { mergeBuilds, sameOrigin } from '../../src/analysis/merge-builds.ts';
import { BuildstatsReader } from '../../src/formats/buildstats/buildstats-reader.ts';
import { CookerLogReader } from '../../src/formats/cooker-log/reader.ts';
import { readErrorReport } from '../../src/formats/error-report/reader.ts';
import { EventLogReader } from '../../src/formats/eventlog/reader.ts';
import { NATIVE_PACKING } from '../../src/formats/open/native-packing.ts';
import { readTar } from '../../src/formats/open/tar.ts';
import { RecordReader } from '../../src/formats/record/reader.ts';
import type { Build } from '../../src/model/build.ts';
import { ProblemList } from '../../src/model/problem.ts';
import { openStore } from '../../src/store/index.ts';
import type { Store } from '../../src/store/store.ts';
import { below, mutate, type Random } from './mutate.ts';

const root = resolve(import.meta.dirname, '../..');
const NOW_MS = Date.UTC(2026, 10, 27);

export interface Target {
  readonly name: string;
  /** Of a hundred cases a build comes of more than so many; JSON as a whole seldom outlives a mutation. */
  readonly readsPercent: number;
  seeds(): Promise<readonly Buffer[]>;
  read(bytes: Buffer, random: Random): Promise<readonly Build[]>;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function fixture(...names: string[]): string {
  return join(root, 'fixtures', ...names);
}

const eventLog: Target = {
  name: 'eventlog',
  readsPercent: 25,
  async seeds() {
    const folder = fixture('eventlog');
    return (
      readdirSync(folder)
        .filter((name) => /\.json(\.gz)?$/.test(name) && !name.includes('expected'))
        .map((name) => {
          const bytes = readFileSync(join(folder, name));
          return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
        })
        // Of a real log the first 60 KB: a case must take milliseconds.
        .map((bytes) => bytes.subarray(0, 60_000))
    );
  },
  async read(bytes, random) {
    const reader = new EventLogReader({ location: '/fuzz/log.json' });
    for (let at = 0; at < bytes.length; ) {
      const piece = 1 + below(random, 20_000);
      reader.push(bytes.subarray(at, at + piece));
      at += piece;
      if (random() < 0.1) reader.snapshot(NOW_MS);
    }
    reader.end();
    return reader.snapshot(NOW_MS);
  },
};

/** The files of one directory in one text, `path NUL length NUL bytes` each, so that mutations reach names as well. */
function bundle(folder: string): Buffer {
  const parts: Buffer[] = [];
  for (const file of filesBelow(folder).slice(0, 60)) {
    const bytes = readFileSync(file);
    parts.push(Buffer.from(`${file.slice(folder.length + 1)}\0${bytes.length}\0`), bytes);
  }
  return Buffer.concat(parts);
}

function unbundle(bytes: Buffer): [path: string, bytes: Buffer][] {
  const files: [string, Buffer][] = [];
  let at = 0;
  while (at < bytes.length && files.length < 200) {
    const path = bytes.indexOf(0, at);
    const length = path < 0 ? -1 : bytes.indexOf(0, path + 1);
    if (length < 0) break;
    const count = Number(bytes.toString('latin1', path + 1, length));
    const end = length + 1 + (Number.isFinite(count) && count >= 0 ? Math.min(count, 1 << 20) : 0);
    files.push([bytes.toString('utf8', at, path), bytes.subarray(length + 1, end)]);
    at = Math.max(end, length + 1);
  }
  return files;
}

function buildDirectories(): string[] {
  return filesBelow(fixture('buildstats'))
    .filter((file) => file.endsWith('/build_stats'))
    .map((file) => file.slice(0, -'/build_stats'.length));
}

const buildstats: Target = {
  name: 'buildstats',
  readsPercent: 25,
  seeds: async () => buildDirectories().map(bundle),
  async read(bytes) {
    const reader = new BuildstatsReader({ name: '20261121005839', location: '/fuzz/20261121005839', nowMs: NOW_MS });
    for (const [path, content] of unbundle(bytes)) reader.addFile(path, content, content.length);
    return reader.finishAll();
  },
};

const tar: Target = {
  name: 'tar',
  readsPercent: 25,
  async seeds() {
    const seeds: Buffer[] = [];
    for (const folder of buildDirectories().slice(0, 6)) {
      const stream = pack();
      for (const file of filesBelow(folder).slice(0, 30))
        stream.entry({ name: `buildstats/20261121005839/${file.slice(folder.length + 1)}` }, readFileSync(file));
      stream.finalize();
      const parts: Buffer[] = [];
      for await (const part of stream) parts.push(part as Buffer);
      seeds.push(Buffer.concat(parts));
    }
    seeds.push(zstdDecompressSync(readFileSync(fixture('sample/sample.tar.zst'))).subarray(0, 200_000));
    return seeds;
  },
  read: (bytes) =>
    readTar(Readable.from([bytes], { objectMode: false }), '/fuzz/x.tar', {
      nowMs: NOW_MS,
      problems: new ProblemList(),
    }),
};

const record: Target = {
  name: 'record',
  readsPercent: 25,
  async seeds() {
    const folder = fixture('record');
    const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    // A line may be long: the data of its columns is base64, in which a changed letter is a changed number.
    return names.map(({ name }) => readFileSync(join(folder, name, 'record.jsonl')).subarray(0, 150_000));
  },
  async read(bytes, random) {
    const reader = new RecordReader({ location: '/fuzz/record', packing: NATIVE_PACKING });
    for (let at = 0; at < bytes.length; ) {
      const piece = 1 + below(random, 20_000);
      reader.push(bytes.subarray(at, at + piece));
      at += piece;
      if (random() < 0.05 && reader.isRecord) reader.snapshot({ running: true });
    }
    reader.end();
    if (!reader.isRecord) return [];
    const graph = random() < 0.5 ? mutate([Buffer.from(GRAPH)], random) : null;
    return [reader.snapshot({ running: random() < 0.5, graph })];
  },
};

const GRAPH = JSON.stringify({
  format: 1,
  recipes: [
    ['', 'sample-000'],
    ['', 'sample-001'],
  ],
  tasks: ['do_compile', 'do_fetch'],
  nodes: [0, 0, 0, 1, 1, 0],
  needs: [[1], [], [0, 1]],
});

const cookerLog: Target = {
  name: 'cooker-log',
  readsPercent: 25,
  async seeds() {
    const folder = fixture('cooker-log');
    return readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .map((name) => readFileSync(join(folder, name)));
  },
  async read(bytes, random) {
    const reader = new CookerLogReader({ location: '/fuzz/20261121010121.log' });
    for (let at = 0; at < bytes.length; ) {
      const piece = 1 + below(random, 5000);
      reader.push(bytes.subarray(at, at + piece));
      at += piece;
    }
    const build = reader.snapshot({ running: random() < 0.5, writtenMs: random() < 0.5 ? NOW_MS : null });
    return [build];
  },
};

const errorReport: Target = {
  name: 'error-report',
  readsPercent: 3,
  async seeds() {
    const folder = fixture('error-report');
    return readdirSync(folder)
      .filter((name) => name.endsWith('.txt'))
      .map((name) => readFileSync(join(folder, name)).subarray(0, 100_000));
  },
  async read(bytes) {
    const report = readErrorReport(bytes.toString('utf8'), {
      location: '/fuzz/error_report_20190917101112.txt',
      fileName: 'error_report_20190917101112.txt',
      fallbackName: 'fuzz',
    });
    return typeof report === 'string' ? [] : [report.build];
  },
};

export const TARGETS: readonly Target[] = [eventLog, buildstats, tar, record, cookerLog, errorReport];

/** What every reader promises of what it gives, and that the store takes it. */
export class BuildCheck {
  readonly #store: Store;
  #saved = 0;
  #last: Build | null = null;

  private constructor(store: Store) {
    this.#store = store;
  }

  static async open(): Promise<BuildCheck> {
    return new BuildCheck(await openStore('sqlite::memory:'));
  }

  async check(build: Build): Promise<void> {
    const { tasks, recipes } = build;
    for (let r = 0; r < tasks.length; r++) {
      if (tasks.recipe[r]! >= recipes.length)
        throw new Error(`row ${r}: recipe ${tasks.recipe[r]} of ${recipes.length}`);
      if (tasks.task[r]! >= tasks.taskNames.length) throw new Error(`row ${r}: task name ${tasks.task[r]}`);
      if (tasks.outcome[r]! > 7) throw new Error(`row ${r}: outcome ${tasks.outcome[r]}`);
    }
    for (const { row } of [...build.failures, ...build.logs])
      if (row !== null && row >= tasks.length) throw new Error(`a failure or log of row ${row} of ${tasks.length}`);
    if (build.graph !== null)
      for (const target of build.graph.targets)
        if (target >= tasks.length) throw new Error(`the graph needs row ${target} of ${tasks.length}`);
    const id = `00000000-0000-4000-8000-00000000000${this.#saved++ % 8}`;
    await this.#store.saveBuild(id, build);
    const again = await this.#store.readBuild(id);
    if (again === null || again.tasks.length !== tasks.length || again.recipes.length !== recipes.length)
      throw new Error('what was stored is not what was read');
    // Strangers' accounts are merged with others, so they must be mergeable.
    if (this.#last !== null && sameOrigin(this.#last, build)) mergeBuilds(this.#last, build);
    this.#last = build;
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}
