import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPostgres } from '../../test/real-parts.ts';
import { startPostgres } from '../../test/real-postgres.ts';
import { findCause } from '../analysis/cause-line.ts';
import { RULES_VERSION } from '../analysis/fingerprint.ts';
import type { Build } from '../model/build.ts';
import { drawBuild } from '../model/draw-build.ts';
import type { OperationContext } from '../operations/context.ts';
import { searchLogs } from '../operations/search-logs.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { openStore } from '../store/index.ts';
import { STRANGER, type Store, type Visibility } from '../store/store.ts';
import { chooseCause, FailureIndexer, indexFailures } from './index-failures.ts';
import { indexLogs } from './index-logs.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const logOf = (root: string, pv: string, error = "error: 'foo' undeclared"): string =>
  `DEBUG: x\n${root}/tmp/work/core2/busybox/${pv}-r0/busybox-${pv}/a.c:12:3: ${error}\nmake: *** [a.o] Error 1\n`;

let made = 0;
/** A build in which busybox failed, with its log named; `cause` is what its source says. */
function failed(pv: string, log: string | null, cause: string | null): { id: string; build: Build } {
  const id = `00000000-0000-4000-8000-${(++made).toString(16).padStart(12, '0')}`;
  const drawn = drawBuild(`busybox_${pv}:do_compile ===F`);
  const [failure] = drawn.failures;
  const { pf, task } = failure!;
  const named =
    log === null
      ? []
      : [
          {
            kind: 'failure' as const,
            row: 0,
            pf,
            task,
            mc: '',
            blob: sha256(log),
            bytes: log.length,
            originalBytes: null,
          },
        ];
  return { id, build: { ...drawn, name: `b${made}`, failures: [{ ...failure!, cause }], logs: named } };
}

const folder = mkdtempSync(join(tmpdir(), 'bakehouse-index-'));
const file = join(folder, 'bakehouse.db');
let stop = async (): Promise<void> => {};
afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true });
});
const databases = [
  { name: 'SQLite', open: () => openStore(`sqlite:${file}`), skip: false },
  {
    name: 'PostgreSQL',
    open: async () => {
      const server = await startPostgres();
      stop = () => server.stop();
      return openStore(await server.newDatabase());
    },
    skip: !hasPostgres,
  },
];

describe.each(databases)('failures are looked at ($name)', ({ name, open, skip }) => {
  const on = test.skipIf(skip);
  const blobs = memoryBlobs();
  let store: Store;
  beforeAll(async () => {
    if (!skip) store = await open();
  });
  afterAll(async () => {
    await store?.close();
  });
  const put = async (log: string): Promise<void> => {
    const size = await blobs.put(sha256(log), [Buffer.from(log)], 1 << 20);
    await store.blobIndex.noteBlob(sha256(log), size, 1);
  };
  const save = async ({ id, build }: ReturnType<typeof failed>, visibility: Visibility = 'public'): Promise<string> => {
    await store.saveBuild(id, build, { access: { visibility, owner: null, receivedMs: 1 } });
    return id;
  };
  const alike = async (id: string, by: Store = store): Promise<number> =>
    [...(await by.countAlike(id)).values()].reduce((sum, { count }) => sum + count, 0);
  const left = () => store.failureIndex.countPending(RULES_VERSION);

  on('once, from the log where it is here, and are alike over paths and versions', async () => {
    const [one, two] = [logOf('/home/a', '1.36.1'), logOf('/srv/b/c', '1.37.0')];
    await put(one);
    await put(two);
    const a = await save(failed('1.36.1', one, 'ERROR: oe_runmake failed'));
    const b = await save(failed('1.37.0', two, null));
    const c = await save(failed('1.37.0', null, "a.c:9:9: error: 'bar' undeclared"));
    expect(await left()).toBe(3);
    expect(await indexFailures({ store, blobs })).toBe(3);
    expect(await indexFailures({ store, blobs })).toBe(0);
    expect([await alike(a), await alike(b), await alike(c)]).toEqual([1, 1, 0]);
    const [log] = (await store.failureIndex.logCauses([sha256(one)], RULES_VERSION)).values();
    expect(log).toMatchObject({ line: 1, class: 'compile', vague: false });
    expect(log!.excerpt.split('\n')).toHaveLength(3);
    if (name === 'SQLite') {
      const raw = new DatabaseSync(file, { readOnly: true });
      const rows = raw
        .prepare(
          'select cause, cause_line, class, infrastructure from failures join fingerprints on fingerprint = number order by failures.build',
        )
        .all();
      raw.close();
      expect(rows[0]).toMatchObject({
        cause: expect.stringMatching(/^\/home\/a\/.*'foo' undeclared$/),
        cause_line: 1,
        class: 'compile',
        infrastructure: 0,
      });
      expect(rows[2]).toMatchObject({ cause: "a.c:9:9: error: 'bar' undeclared", cause_line: null });
    }
  });

  on('once more when the log comes after the build, and not when it is sent again', async () => {
    const log = logOf('/late', '1.36.1', 'error: late');
    const id = await save(failed('1.36.1', log, null));
    await indexFailures({ store, blobs });
    expect(await left()).toBe(0);
    await put(log);
    expect(await left()).toBe(1);
    await indexFailures({ store, blobs }, { build: id });
    await put(log);
    expect(await left()).toBe(0);
    const twin = await save(failed('2.0.0', logOf('/z', '2.0.0', 'error: late'), 'z.c:1: error: late'));
    await indexFailures({ store, blobs });
    // From its source's words alone the other has no folder to name, but it is another file: not alike.
    expect(await alike(twin)).toBe(0);
  });

  on('again when the rules have grown, from what is kept', async () => {
    const before = await left();
    expect(before).toBe(0);
    expect(await store.failureIndex.countPending(RULES_VERSION + 1)).toBeGreaterThan(3);
    const pending = await store.failureIndex.pending(RULES_VERSION + 1, 2);
    expect(pending).toHaveLength(2);
    // The newest first.
    expect(pending[0]!.build).toBeGreaterThan(pending[1]!.build);
  });

  on('and the same words in a build that one may not see are not counted', async () => {
    const words = 'ERROR: only told in private';
    const a = await save(failed('1.0.0', null, words));
    await save(failed('1.0.0', null, words), 'private');
    await save(failed('1.0.0', null, words), 'unlisted');
    await indexFailures({ store, blobs });
    expect(await alike(a)).toBe(2);
    expect(await alike(a, store.seenBy(STRANGER))).toBe(0);
    const hidden = await save(failed('1.0.0', null, words), 'private');
    await indexFailures({ store, blobs });
    expect((await store.seenBy(STRANGER).countAlike(hidden)).size).toBe(0);
  });

  on('by an indexer that is told of builds and logs, is busy meanwhile and then not', async () => {
    const told: boolean[] = [];
    const indexer = new FailureIndexer({
      store,
      blobs,
      onWarning: (text) => expect.fail(text),
      onBusy: (busy) => told.push(busy),
    });
    const id = await save(failed('1.0.0', null, 'ERROR: by the indexer'));
    indexer.poke();
    indexer.poke();
    await indexer.ofBuild(id);
    expect(await left()).toBe(0);
    expect(told).toEqual([true, false]);
    await indexer.close();
  });

  on('words of their logs are found, by those who may see them, and forgotten with the logs', async () => {
    const log = `${logOf('/w', '1.0.0')}cannot find -lzebra_77 today\n`;
    await put(log);
    const a = await save(failed('1.0.0', log, null));
    const b = await save(failed('1.0.1', log, null), 'private');
    await indexFailures({ store, blobs });
    expect(await indexLogs({ store, blobs })).toBeGreaterThan(0);
    expect(await indexLogs({ store, blobs })).toBe(0);
    expect(await store.logIndex.countPending(1)).toBe(0);
    const found = async (words: string[], beginning: string | null = null, by: Store = store, machine: string[] = []) =>
      (await by.searchLogs({ words, beginning, filter: { machine }, limit: 10 })).map(({ build }) => build).sort();
    expect(await found(['lzebra_77', 'cannot'])).toEqual([a, b].sort());
    expect(await found(['cannot'], 'lzeb')).toEqual([a, b].sort());
    expect(await found(['lzebra_77'], null, store.seenBy(STRANGER))).toEqual([a]);
    expect(await found(['lzebra_77', 'nowhere'])).toEqual([]);
    expect(await found(['lzebra'])).toEqual([]);
    expect(await found(['lzebra_77'], null, store, ['other-machine'])).toEqual([]);
    expect(await found([])).toEqual([]);

    const context = { store, blobs } as unknown as OperationContext;
    const said = await searchLogs(context, { text: 'zebra "find -lzebra_77"', filter: {}, limit: 10 });
    expect(said).toEqual({ failures: [], more: false });
    const told = await searchLogs(context, { text: '"find -lzebra_77" cann', filter: {}, limit: 10 });
    expect(told.failures).toHaveLength(2);
    expect(told.failures[0]).toMatchObject({
      line: 4,
      text: 'cannot find -lzebra_77 today',
      whole: true,
      pn: 'busybox',
    });
    expect((await searchLogs(context, { text: '"-lzebra_77 find"', filter: {}, limit: 10 })).failures).toEqual([]);
    expect(await searchLogs(context, { text: 'lzebra', filter: {}, limit: 1 })).toMatchObject({ more: true });
    await blobs.delete(sha256(log));
    expect((await searchLogs(context, { text: 'lzebra', filter: {}, limit: 10 })).failures[0]).toMatchObject({
      line: null,
    });
    expect(await store.logIndex.forget(10)).toBe(0);
    for (const id of [a, b]) await store.deleteBuild(id);
    const rules = {
      buildsDays: null,
      failureLogsDays: null,
      logsDays: null,
      reportsDays: null,
      uploadsDays: 1000,
      blobBytes: null,
    };
    while ((await store.retention.step(rules, Date.now(), blobs)) !== null);
    expect(await store.logIndex.forget(10)).toBeGreaterThan(0);
    expect(await store.logIndex.forget(10)).toBe(0);
  });

  on('a log that is gone, and one of bytes that are no text, keep no failure from being looked at', async () => {
    const gone = 'was here\n';
    await put(gone);
    await blobs.delete(sha256(gone));
    await save(failed('1.0.0', gone, 'ERROR: said by bitbake'));
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x0a, 0x80]).toString('latin1');
    await put(bytes);
    await save(failed('1.0.0', bytes, null));
    expect(await indexFailures({ store, blobs })).toBe(2);
    expect(await left()).toBe(0);
  });
});

describe('why it failed is said by', () => {
  const log = (text: string) => findCause(text);
  test.each<[string, string | null, string | null, string | null, boolean]>([
    ['the log', 'a.c:1:1: error: x', 'ERROR: oe_runmake failed', 'a.c:1:1: error: x', true],
    [
      'the log, where the source says no more',
      'make: *** [x] Error 1',
      "Task failed with exit code '1'",
      'make: *** [x] Error 1',
      true,
    ],
    ['the source, where the log says nothing', 'all is well', 'b.c:1:1: error: y', 'b.c:1:1: error: y', false],
    [
      'the source, where the log only repeats it',
      'make: *** [x] Error 1',
      'b.c:1:1: error: y',
      'b.c:1:1: error: y',
      false,
    ],
    [
      'bitbake, of a task that was killed',
      'x failed\nERROR: y',
      "ERROR: ExecutionError('/r', -9, None, None)",
      "ERROR: ExecutionError('/r', -9, None, None)",
      false,
    ],
    ['a source in words of its own', null, 'the kiln was cold', 'the kiln was cold', false],
    ['nobody', null, null, null, false],
    ['nobody, of an empty word', '', ' ', null, false],
  ])('%s', (_, text, source, cause, fromLog) => {
    const chosen = chooseCause(text === null ? null : log(text), source);
    expect([chosen.cause?.text ?? null, chosen.fromLog]).toEqual([cause, fromLog]);
  });
});
