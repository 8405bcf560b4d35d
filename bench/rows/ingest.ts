/**
 * Whole uploads through the collector: a client met, its stream appended durably, the build stored and the chunks gone. Against a bare loop
 * that reads the same stream and writes the same blocks in one insert, and against the insert alone; at one stored build and at 1,000.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import pg from 'pg';
import { IngestUploads } from '../../src/collector/ingest-uploads.ts';
import type { PushPolicy, Sender } from '../../src/collector/push-policy.ts';
import { appendChunk, meetUpload, PrefixHashes } from '../../src/collector/upload.ts';
import { NATIVE_PACKING } from '../../src/formats/open/native-packing.ts';
import { RecordReader } from '../../src/formats/record/reader.ts';
import type { Build } from '../../src/model/build.ts';
import { memoryBlobs } from '../../src/store/blobs/index.ts';
import { openStore } from '../../src/store/index.ts';
import { STRANGER, type Store } from '../../src/store/store.ts';
import { hasPostgres } from '../../test/real-parts.ts';
import { startPostgres } from '../../test/real-postgres.ts';
import { generateBuild, varyBuild } from '../generate.ts';
import { compareFunctions, median } from '../measure.ts';
import { type PushedBuild, pushedBuild } from '../pushed-builds.ts';
import { absolute, type Bench, cannot, type Row, type RowResult, row } from '../row.ts';
import { thousands } from './read.ts';
import { bareInsert, barePostgresInsert, buildId } from './store.ts';

/** 60 % of the speed of the bare loop. */
const RATIO_MAX = 1 / 0.6;
/**
 * Builds on each side of a round. One collection of garbage costs as much as reading a build, and comes every third or fourth: with one build to
 * a side it falls on one of the two, the same in every round of a run (ratios of 1.1 and of 1.8 in two runs of one program).
 */
const BATCH = 8;
/** Of the row without a target, whose builds are all in memory. */
const FEW = 3;
/** 100,000 task runs a second. */
const TASK_US_MAX = 10;

const POLICY: PushPolicy = {
  push: 'anonymous',
  visibility: 'public',
  visibilities: ['public'],
  chunkBytes: 4 << 20,
  streamBytes: 256 << 20,
  blobBytes: 256 << 20,
  blobs: 1000,
  ageDays: null,
  refusedKinds: [],
  buildsPerHour: null,
  bytesPerHour: null,
};
const SENDER: Sender = { viewer: STRANGER, address: '192.0.2.7', local: false };

/** What the collector does for one upload, from the first request to the last row. */
function collector(store: Store): (pushed: PushedBuild) => Promise<void> {
  const hashes = new PrefixHashes();
  const ingest = new IngestUploads({ store, blobs: memoryBlobs(), now: Date.now });
  const context = {
    store,
    policy: POLICY,
    publicUrl: 'http://localhost',
    now: Date.now,
    settle: ingest.settle.bind(ingest),
  };
  return async ({ id, secret, stream, chunks }) => {
    await meetUpload(context, SENDER, {
      build: id,
      kind: 'record',
      visibility: null,
      about: {},
      stream: { bytes: stream.length, complete: true },
      restart: false,
      secret,
    });
    for (const [n, { at, body, sha256 }] of chunks.entries()) {
      const complete = n === chunks.length - 1;
      const input = { build: id, secret, generation: 1, offset: at, body, gzip: true, sha256, complete };
      const { upload, piece } = await appendChunk(context, hashes, input);
      if (complete) await ingest.settle(upload, piece);
    }
  };
}

/** The least that understands what came. */
function read({ chunks }: PushedBuild): Build {
  const reader = new RecordReader({ location: 'bench', packing: NATIVE_PACKING });
  for (const { body } of chunks) reader.push(gunzipSync(body));
  reader.end();
  return reader.snapshot({ running: false });
}

interface Engine {
  readonly name: string;
  readonly store: Store;
  readonly bare: (build: Build, number: number) => unknown;
}

async function measure(bench: Bench, { name, store, bare }: Engine, hard: boolean): Promise<RowResult[]> {
  const tasks = bench.options.quick ? 1000 : 10_000;
  const rounds = bench.options.quick ? 3 : 11;
  const base = generateBuild({ tasks });
  const pushes = Array.from({ length: (rounds + 1) * (BATCH + FEW) }, (_, n) => pushedBuild(varyBuild(base, n), n));
  const take = collector(store);
  let ours = 0;
  let floor = 0;
  let seconds: number[] = [];
  const against = await compareFunctions(
    async () => {
      const begun = performance.now();
      for (let n = 0; n < BATCH; n++) await take(pushes[ours++]!);
      seconds.push((performance.now() - begun) / 1000);
    },
    async () => {
      for (let n = 0; n < BATCH; n++) await bare(read(pushes[floor]!), floor++);
    },
    rounds,
    BATCH,
  );
  seconds = seconds.slice(1);
  const understood = pushes.slice(ours).map(read);
  const alone = await compareFunctions(
    async () => {
      for (let n = 0; n < FEW; n++) await take(pushes[ours++]!);
    },
    async () => {
      for (let n = 0; n < FEW; n++) await bare(understood[floor % understood.length]!, floor++);
    },
    rounds,
    FEW,
  );
  const perSecond = BATCH / median(seconds);
  const results = [
    row(
      `uploads of ${thousands(tasks)} tasks into ${name} / reading them and a bare insert`,
      against.ratio,
      hard ? RATIO_MAX : null,
      against.note,
    ),
    row(`uploads of ${thousands(tasks)} tasks into ${name} / a bare insert alone`, alone.ratio, null, alone.note),
    absolute(
      `uploads of ${thousands(tasks)} tasks into ${name}, a task run`,
      (median(seconds) * 1e6) / BATCH / tasks,
      'us',
      hard && name.startsWith('SQLite') ? TASK_US_MAX : null,
      `${perSecond.toFixed(1)} builds and ${thousands(Math.round(perSecond * tasks))} task runs a second; ${(pushes[0]!.stream.length / 1024).toFixed(0)} KB each, ${(pushes[0]!.chunks.reduce((sum, { body }) => sum + body.length, 0) / 1024).toFixed(0)} KB as sent`,
    ),
  ];
  return results;
}

/** The smaller store grows to a hundred builds while it is measured. */
const SMALL_BATCH = 8;

/** Uploads where one build is stored, and where a thousand are: by turns. */
async function growth(bench: Bench): Promise<RowResult> {
  const stored = bench.options.quick ? 30 : 1000;
  const tasks = 1000;
  const base = generateBuild({ tasks, samplesHz: 0 });
  const [one, many] = await Promise.all(
    ['one', 'many'].map((name) => openStore(`sqlite:${join(bench.scratch, `ingest-${name}.db`)}`)),
  );
  try {
    bench.progress(`storing ${stored} builds of ${tasks} tasks`);
    for (let n = 0; n < stored; n++) await many!.saveBuild(buildId(n), varyBuild(base, n));
    await one!.saveBuild(buildId(0), varyBuild(base, 0));
    const rounds = bench.options.quick ? 3 : 12;
    const pushes = Array.from({ length: (rounds + 1) * SMALL_BATCH }, (_, n) =>
      pushedBuild(varyBuild(base, stored + n), stored + n),
    );
    const [intoOne, intoMany] = [collector(one!), collector(many!)];
    let a = 0;
    let b = 0;
    const result = await compareFunctions(
      async () => {
        for (let n = 0; n < SMALL_BATCH; n++) await intoMany(pushes[a++]!);
      },
      async () => {
        for (let n = 0; n < SMALL_BATCH; n++) await intoOne(pushes[b++]!);
      },
      rounds,
      SMALL_BATCH,
    );
    return row(
      `uploads of ${thousands(tasks)} tasks at ${thousands(stored)} stored builds / at 1`,
      result.ratio,
      bench.options.quick ? null : 1.2,
      result.note,
    );
  } finally {
    await Promise.all([one!.close(), many!.close()]);
  }
}

export const ingest: Row = {
  id: 'ingest',
  async run(bench) {
    const results: RowResult[] = [];
    const store = await openStore(`sqlite:${join(bench.scratch, 'ingest.db')}`);
    const db = new DatabaseSync(join(bench.scratch, 'ingest-bare.db'));
    try {
      results.push(...(await measure(bench, { name: 'SQLite', store, bare: bareInsert(db) }, !bench.options.quick)));
    } finally {
      db.close();
      await store.close();
    }
    results.push(await growth(bench));
    if (!hasPostgres) return [...results, cannot('uploads into PostgreSQL', 'no PostgreSQL here')];
    const server = await startPostgres();
    const client = new pg.Client({ connectionString: await server.newDatabase() });
    const shared = await openStore(await server.newDatabase());
    try {
      await client.connect();
      const bare = await barePostgresInsert(client);
      results.push(...(await measure(bench, { name: 'PostgreSQL', store: shared, bare }, !bench.options.quick)));
    } finally {
      await client.end();
      await shared.close();
      await server.stop();
    }
    return results;
  },
};
