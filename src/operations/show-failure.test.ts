import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashOf } from '../../test/blob-store-promise.ts';
import { bothDatabases } from '../../test/both-databases.ts';
import { indexFailures } from '../collector/index-failures.ts';
import { shortIdOf } from '../collector/short-id.ts';
import type { Build, LayerRevision } from '../model/build.ts';
import { drawBuild } from '../model/draw-build.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { failureKeys } from '../store/facts.ts';
import { CONSOLE, STRANGER, type Visibility } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { contextFor } from './run.ts';
import { showFailure } from './show-failure.ts';

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 1);
const FAILED = { row: 0, pf: 'zlib-1.3-r0', task: 'do_compile', mc: '' };
const WHY = "zlib.c:12:3: error: 'x' undeclared";
const LOG = `NOTE: begin\ncc -c a.c\n\u001b[31mcc -c zlib.c\n${WHY}\u001b[m\nmake: *** [zlib.o] Error 1\nERROR: oe_runmake failed\n`;
const [KEY] = failureKeys([{ ...FAILED, cause: null, logPath: null }]);

const commit = (letter: string) => letter.repeat(40);
const layers = (letter: string): LayerRevision[] => [
  { name: 'meta', branch: 'master', commit: commit(letter), modified: false },
];
const id = (n: number) => `0000000${n.toString(16)}-0000-5000-8000-000000000000`;

const databases = bothDatabases();

describe.each(databases.filter(({ skip }) => !skip))('a failure over $name', ({ open }) => {
  let context: OperationContext;
  const blobs = memoryBlobs();
  const blob = hashOf(Buffer.from(LOG));

  /** P passed, F failed with its log, f failed without, s from sstate. */
  async function save(
    n: number,
    what: 'P' | 'F' | 'f' | 's',
    letter: string,
    over: Partial<Build> = {},
    visibility: Visibility = 'public',
  ) {
    const drawn = drawBuild(
      what === 's' ? 'zlib_1.3:do_compile covered' : `zlib_1.3:do_compile ====${what === 'P' ? '' : 'F'}`,
    );
    const failed = what === 'F' || what === 'f';
    await context.store.saveBuild(
      id(n),
      {
        ...drawn,
        name: `b${n}`,
        machine: 'qemux86-64',
        distro: 'poky',
        targets: ['core-image-minimal'],
        builder: 'alice',
        host: { ...drawn.host, name: 'secret-host', id: 'h', distro: 'debian-12' },
        layers: layers(letter),
        startedMs: START + n * HOUR,
        endedMs: START + n * HOUR + 60_000,
        outcome: failed ? 'failed' : 'succeeded',
        failures: failed ? [{ ...FAILED, cause: what === 'F' ? WHY : null, logPath: null }] : [],
        logs: what === 'F' ? [{ ...FAILED, kind: 'failure', blob, bytes: LOG.length, originalBytes: null }] : [],
        ...over,
      },
      { access: { visibility, owner: null, receivedMs: START } },
    );
  }
  const show = (n: number, viewer = CONSOLE) =>
    showFailure(contextFor(context, viewer), { failure: `${id(n)}.${KEY}` });

  beforeAll(async () => {
    const store = await open();
    context = {
      store,
      wholeStore: store,
      blobs,
      viewer: CONSOLE,
      collector: null,
      now: () => START,
      version: '1',
      logRoots: [],
      sample: null,
      reportTemplate: null,
    };
    await blobs.put(blob, [Buffer.from(LOG)], 1e6);
    await save(1, 'P', 'a');
    await save(2, 's', 'b');
    await save(3, 'F', 'b');
    await save(4, 'f', 'c');
    await save(5, 'P', 'd');
    await save(6, 'P', 'e', { machine: 'qemuarm64' });
    await save(7, 'P', 'f', { machine: 'qemuarm64', builder: 'hidden' }, 'private');
    await save(8, 'F', 'f', { machine: 'qemumips', builder: 'given' }, 'unlisted');
    await save(9, 'F', 'f', { machine: 'qemuriscv64', builder: 'bob' });
    await indexFailures({ store, blobs });
  });
  afterAll(() => context?.store.close());

  test('is told by its line with three around it, in the words of its log and without its colours', async () => {
    const failure = await show(3);
    expect(failure.title).toBe(`zlib-1.3-r0 do_compile failed: ${WHY}`);
    expect(failure.id).toBe(`00000003.${KEY}`);
    expect(failure.causeLine).toBe(4);
    expect(failure.around).toEqual({
      from: 1,
      lines: [
        'NOTE: begin',
        'cc -c a.c',
        'cc -c zlib.c',
        WHY,
        'make: *** [zlib.o] Error 1',
        'ERROR: oe_runmake failed',
      ],
      at: 3,
    });
    expect(failure.log).toEqual({ row: 0, blob, bytes: LOG.length, lines: 6, missing: null });
    expect(failure.environment).toMatchObject({
      machine: 'qemux86-64',
      builder: 'alice',
      host: { distro: 'debian-12' },
    });
    expect(failure.environment.host).not.toHaveProperty('id');
    expect(failure.layers[0]).toMatchObject({ name: 'meta', link: expect.stringContaining(commit('b')) });
    expect(await showFailure(context, { failure: `00000003.${KEY}` })).toEqual(failure);
  });

  test('without a log says so, and nothing that is not known', async () => {
    const failure = await show(4);
    expect(failure).toMatchObject({
      title: 'zlib-1.3-r0 do_compile failed',
      cause: null,
      causeLine: null,
      around: null,
    });
    expect(failure.log.missing).toMatch(/Logs are shown of builds that brought them/);
  });

  test('that failed in other words before tells since when in these', async () => {
    expect((await show(4)).blame!.sinceCause).toMatchObject({ from: { build: id(3) }, to: { build: id(4) } });
    expect((await show(3)).blame!.sinceCause).toBeNull();
  });

  test('broke between the last build that executed it and the first that failed, and was fixed before the first that passed', async () => {
    const { blame } = await show(4);
    expect(blame).toMatchObject({
      failures: 2,
      firstFailure: { build: id(3), failure: `00000003.${KEY}` },
      broke: { from: { build: id(1), failure: null }, to: { build: id(3) }, unchecked: 1, worth: 'revisions' },
      fixed: { from: { build: id(4) }, to: { build: id(5), failure: null }, worth: 'revisions' },
    });
    expect(blame!.fixed!.layers).toMatchObject([{ name: 'meta', change: 'moved', from: commit('c'), to: commit('d') }]);
    expect(blame!.fixed!.layers[0]!.link).toContain(`${commit('c')}..${commit('d')}`);
  });

  test('knows when its recipe was built last, here and elsewhere, by what one may see', async () => {
    expect((await show(3)).lastSucceeded).toMatchObject({ here: { build: id(5) }, elsewhere: { build: id(7) } });
    const seen = await show(3, STRANGER);
    expect(seen.lastSucceeded).toMatchObject({ here: { build: id(5) }, elsewhere: { build: id(6) } });
    expect(JSON.stringify(seen)).not.toMatch(/hidden|given/);
  });

  test('is found again in other builds, of those that one may find', async () => {
    const all = (await show(9)).seen!;
    expect(all).toMatchObject({ failures: 2, builds: 2, machineCount: 2, builderCount: 2, firstMs: START + 3 * HOUR });
    expect(all.builders).toEqual(['alice', 'given']);
    expect(all.newest.map(({ failure }) => failure)).toEqual([`00000008.${KEY}`, `00000003.${KEY}`]);
    const failure = await show(9, STRANGER);
    expect(failure.seen).toMatchObject({ failures: 1, machines: ['qemux86-64'], builders: ['alice'], hostCount: 1 });
    expect(failure.alike).toMatchObject({ failures: 1, recipes: ['zlib'] });
    // It still fails on this machine, and passes again on another.
    expect(failure.blame).toMatchObject({ broke: null, fixed: null });
    expect(failure.fixedElsewhere).toMatchObject({ from: { build: id(4) }, to: { build: id(5) } });
    expect(failure.fingerprint).toMatchObject({ class: 'compile', infrastructure: false });
    expect(JSON.stringify(failure)).not.toMatch(/hidden|given/);
    expect((await show(4, STRANGER)).seen).toMatchObject({ failures: 0, newest: [], firstMs: null });
  });

  test('of a build that is in no list has the form of its id that nobody guesses in its address', async () => {
    const address = `${shortIdOf(id(8))}.${KEY}`;
    const failure = await show(8, STRANGER);
    expect(failure.id).toBe(address);
    expect(await showFailure(contextFor(context, STRANGER), { failure: address })).toEqual(failure);
    await expect(showFailure(contextFor(context, STRANGER), { failure: `00000008.${KEY}` })).rejects.toMatchObject({
      code: 'not-found',
    });
  });

  test.each([
    ['00000003', 'invalid'],
    [`../../etc.${KEY}`, 'invalid'],
    ['00000003.000000', 'not-found'],
    [`0000000a.${KEY}`, 'not-found'],
  ])('%s is %s', async (failure, code) => {
    await expect(showFailure(context, { failure })).rejects.toMatchObject({ code });
  });
});
