/**
 * Whatever a client does, and however often the server is killed in between: in the end the store holds the last stream that was whole, or as
 * far as the first one came. Nothing that was acknowledged is asked for again.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NATIVE_PACKING } from '../formats/open/native-packing.ts';
import { RecordReader } from '../formats/record/reader.ts';
import type { Build } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { STRANGER, type Store } from '../store/store.ts';
import { hasMore, IngestUploads, SILENT_MS } from './ingest-uploads.ts';
import type { PushPolicy, Sender } from './push-policy.ts';
import { type AppendInput, appendChunk, type Meeting, meetUpload, PrefixHashes } from './upload.ts';

const POLICY: PushPolicy = {
  push: 'anonymous',
  visibility: 'public',
  visibilities: ['public', 'unlisted'],
  chunkBytes: 4096,
  streamBytes: 1 << 20,
  blobBytes: 1 << 20,
  blobs: 10,
  ageDays: null,
  refusedKinds: [],
  buildsPerHour: null,
  bytesPerHour: null,
};
const SENDER: Sender = { viewer: STRANGER, address: '192.0.2.7', local: false };

let folder: string;
let store: Store;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-upload-properties-'));
  store = await openStore(`sqlite:${join(folder, 'bakehouse.db')}`);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

/** Of one build, as one choice of settings makes it: `n` is which choice. */
function streamOf(id: string, startedMs: number, n: number, lines: number): Buffer {
  const all: object[] = [
    { type: 'record', format: 1, id, writer: `test ${n}` },
    { type: 'build', name: id.slice(0, 13), startedMs, machine: `machine-${n}` },
    ...Array.from({ length: lines }, (_, i) => ({ type: 'qa', severity: 'warning', message: `${n}-${i} é` })),
    { type: 'build', endedMs: startedMs + 1000, outcome: 'succeeded' },
    { type: 'end', atMs: startedMs + 1000 },
  ];
  return Buffer.from(all.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

interface Told {
  readonly machine: string | null;
  readonly outcome: string;
  readonly issues: readonly string[];
}

const told = ({ machine, outcome, qaIssues }: Build): Told => ({
  machine,
  outcome,
  issues: qaIssues.map(({ message }) => message),
});

/** What a stream that ends here tells; null: nothing that could be shown. */
function toldBy(stream: Uint8Array): Told | null {
  const reader = new RecordReader({ location: 'x', packing: NATIVE_PACKING });
  reader.push(stream);
  reader.end();
  return reader.isNamed ? told(reader.snapshot({ running: false })) : null;
}

type Step =
  | { readonly do: 'meet' | 'doubled' | 'beyond' | 'kill' | 'rest' | 'silence' }
  | { readonly do: 'other-settings'; readonly lines: number }
  | { readonly do: 'put'; readonly share: number; readonly wrong: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('put'),
      share: fc.double({ min: 0, max: 1.2, noNaN: true }),
      wrong: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('meet', 'doubled', 'beyond', 'kill', 'rest', 'silence') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('other-settings'), lines: fc.nat(30) }) },
) as fc.Arbitrary<Step>;

class Trial {
  readonly id = randomUUID();
  readonly secret = randomBytes(32).toString('base64url');
  readonly startedMs = Date.UTC(2026, 10, 27) + Math.floor(Math.random() * 1e9);
  nowMs = Date.UTC(2026, 11, 1);
  hashes = new PrefixHashes();
  ingest = this.#newIngest();
  settings = 0;
  stream = streamOf(this.id, this.startedMs, 0, 8);
  server: Meeting | null = null;
  sent: AppendInput[] = [];
  /** What is acknowledged of the newest generation, and the last whole stream. */
  acknowledged: Uint8Array = new Uint8Array(0);
  whole: Uint8Array | null = null;
  generations = 1;

  #newIngest(): IngestUploads {
    return new IngestUploads({ store, blobs: memoryBlobs(), now: () => this.nowMs });
  }

  context() {
    return {
      store,
      policy: POLICY,
      publicUrl: 'http://h',
      now: () => this.nowMs,
      settle: this.ingest.settle.bind(this.ingest),
    };
  }

  async meet(restart = false): Promise<Meeting> {
    const met = await meetUpload(this.context(), SENDER, {
      build: this.id,
      kind: 'record',
      visibility: null,
      about: {},
      stream: { bytes: this.stream.length, complete: true },
      restart,
      secret: this.secret,
    });
    this.server = met;
    if (restart) {
      this.acknowledged = new Uint8Array(0);
      this.generations++;
    }
    expect(met.offset).toBe(this.acknowledged.length);
    const mine = createHash('sha256').update(this.stream.subarray(0, met.offset)).digest('hex');
    return mine === met.sha256 && met.offset <= this.stream.length ? met : this.meet(true);
  }

  async append(input: AppendInput): Promise<void> {
    const { upload } = await appendChunk(this.context(), this.hashes, input);
    this.ingest.poke(upload);
    if (upload.generation === this.server?.generation && upload.bytes > this.acknowledged.length)
      this.acknowledged = this.stream.subarray(0, upload.bytes);
    if (upload.complete && upload.generation === this.server?.generation) this.whole = this.acknowledged;
    if (this.server !== null) this.server = { ...this.server, offset: upload.bytes, complete: upload.complete };
  }

  async put(share: number, wrong: boolean): Promise<void> {
    const met = this.server ?? (await this.meet());
    if (met.complete) return;
    const to = Math.min(this.stream.length, met.offset + Math.floor(share * (this.stream.length - met.offset)));
    const body = this.stream.subarray(met.offset, to);
    const input: AppendInput = {
      build: this.id,
      secret: this.secret,
      generation: met.generation,
      offset: met.offset,
      body: wrong ? body : gzipSync(body),
      gzip: !wrong,
      sha256: createHash('sha256').update(this.stream.subarray(0, to)).digest('hex'),
      complete: to === this.stream.length,
    };
    this.sent.push(input);
    await this.append(input);
  }

  async take(one: Step): Promise<void> {
    switch (one.do) {
      case 'meet':
        await this.meet();
        break;
      case 'put':
        await this.put(one.share, one.wrong);
        break;
      case 'doubled': {
        // Of this generation it is answered as before, of another it is a conflict; in no case is anything moved.
        const again = this.sent[Math.floor(this.sent.length / 2)];
        if (again === undefined) break;
        await this.append(again).catch((error: unknown) => {
          if (!(error instanceof BakehouseError && error.code === 'conflict')) throw error;
        });
        break;
      }
      case 'beyond': {
        const { offset, generation } = this.server ?? (await this.meet());
        const body = Buffer.from('{}\n');
        const input = { build: this.id, secret: this.secret, generation, offset: offset + 1, body, gzip: false };
        await expect(this.append({ ...input, sha256: '0'.repeat(64), complete: true })).rejects.toMatchObject({
          code: 'conflict',
        });
        break;
      }
      case 'other-settings':
        this.stream = streamOf(this.id, this.startedMs, ++this.settings, one.lines);
        // A client keeps no state that it would need: it asks.
        await this.meet();
        break;
      case 'rest':
        this.nowMs += 5000;
        await new Promise((resolve) => setTimeout(resolve, 2));
        break;
      case 'silence':
        this.nowMs += SILENT_MS + 1;
        await this.settled();
        break;
      case 'kill':
        // What waits in memory is gone, with every hash state and reader.
        void this.ingest.close();
        this.ingest = this.#newIngest();
        this.hashes = new PrefixHashes();
        break;
    }
  }

  /** Until nothing of it is left to do. */
  async settled(): Promise<void> {
    const finder = this.#newIngest();
    finder.start();
    await expect
      .poll(
        async () => {
          const upload = await store.uploads.find(this.id);
          const listed = (await store.uploads.unstored(this.nowMs - SILENT_MS, 100)).some(({ id }) => id === this.id);
          // What SQL finds and what the ingest does are one rule.
          return upload === null ? false : hasMore(upload, this.nowMs) || listed;
        },
        { interval: 3, timeout: 10_000 },
      )
      .toBe(false);
    await finder.close();
  }
}

test('any sequence of what clients do and servers suffer ends with the last whole stream, or as far as one came', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const trial = new Trial();
      await trial.meet();
      for (const one of steps) await trial.take(one);
      await trial.ingest.close();
      trial.nowMs += SILENT_MS + 1;
      await trial.settled();

      const upload = (await store.uploads.find(trial.id))!;
      const build = await store.readBuild(trial.id);
      expect(upload.bytes).toBe(trial.acknowledged.length);
      if (trial.whole !== null) {
        expect(build === null ? null : told(build)).toEqual(toldBy(trial.whole));
        if (upload.complete) expect(await store.uploads.chunks(upload)).toEqual([]);
      } else if (trial.generations === 1) {
        expect(build === null ? null : told(build)).toEqual(toldBy(trial.acknowledged));
      } else if (build !== null) {
        // Of several generations that never ended one that told no less than those before; and nobody waits for it.
        expect(build.outcome).not.toBe('running');
      }
      const found = await store.findByOrigin({ name: trial.id.slice(0, 13), startedMs: null, slackMs: 0 });
      expect(found.length).toBeLessThanOrEqual(1);
      await store.deleteBuild(trial.id);
    }),
    { numRuns: 60 },
  );
}, 120_000);
