import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bothDatabases } from '../../test/both-databases.ts';
import type { LayerRevision } from '../model/build.ts';
import { drawBuild } from '../model/draw-build.ts';
import { commitKey } from '../model/layer-commit.ts';
import { TASK_FAILED, TASK_SUCCEEDED } from '../model/task-table.ts';
import { STRANGER, type Store, type Viewer, type Visibility } from './store.ts';

const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 2);
const EVA = { account: 1, name: 'eva' };
const OWNER: Viewer = { account: 1, admin: false };
const LINK: Readonly<Record<string, string>> = {
  zlib: 'aaaaaaaaaaaaaaaa',
  curl: 'bbbbbbbbbbbbbbbb',
  bash: 'cccccccccccccccc',
};
const CROSS = 'dddddddddddddddd';

function id(n: number): string {
  return `00000000-0000-5000-8000-${n.toString(16).padStart(12, '0')}`;
}

const layers = (commit: string): LayerRevision[] => [
  { name: 'core', branch: 'master', commit: commit.repeat(40), modified: false },
];

interface Made {
  readonly drawing: string;
  readonly machine?: string;
  readonly core: string;
  readonly host?: string;
  readonly visibility?: Visibility;
  /** Of all its tasks. */
  readonly hash?: string;
}

/**
 * zlib breaks at b and is mended at d; curl fails once for want of space, which bash does too in a build that is only its owner's.
 */
const BUILDS: readonly Made[] = [
  { drawing: 'zlib:do_compile ==\ncurl:do_compile ==', core: 'a', hash: '7'.repeat(16) },
  { drawing: 'zlib:do_compile ==F\ncurl:do_compile ==', core: 'b', hash: '7'.repeat(16) },
  { drawing: 'zlib:do_compile covered\ncurl:do_compile ==F', core: 'b' },
  { drawing: 'zlib:do_compile ==F\ncurl:do_compile covered', core: 'c', host: 'fedora-41' },
  { drawing: 'zlib:do_compile ==\ncurl:do_compile covered', core: 'd' },
  { drawing: 'zlib:do_compile ==F', core: 'a', machine: 'qemuarm' },
  { drawing: 'bash:do_compile ==F', core: 'd', visibility: 'private' },
];

async function fill(store: Store): Promise<void> {
  for (const [n, { drawing, machine, core, host, visibility, hash }] of BUILDS.entries()) {
    const drawn = drawBuild(drawing);
    await store.saveBuild(
      id(n),
      {
        ...drawn,
        tasks: hash === undefined ? drawn.tasks : { ...drawn.tasks, hash: Array(drawn.tasks.length).fill(hash) },
        name: `b${n}`,
        startedMs: START + n * DAY,
        endedMs: START + n * DAY + 60_000,
        machine: machine ?? 'qemux86-64',
        distro: 'poky',
        host: { ...drawn.host, distro: host ?? 'debian-12' },
        layers: layers(core),
        outcome: drawing.includes('F') ? 'failed' : 'succeeded',
      },
      { access: { visibility: visibility ?? 'public', owner: 1, receivedMs: START } },
    );
  }
  const pending = await store.failureIndex.pending(1, 100);
  await store.failureIndex.write({
    rules: 1,
    logs: [],
    failures: pending.map(({ build, ordinal, pn, task }) => ({
      build,
      ordinal,
      cause: pn === 'zlib' ? 'zlib.c:7: error: no' : 'No space left on device',
      causeLine: 3,
      fingerprint: {
        hash: LINK[pn!]!,
        crossHash: pn === 'zlib' ? 'eeeeeeeeeeeeeeee' : CROSS,
        class: pn === 'zlib' ? 'compile' : 'no-space',
        infrastructure: pn !== 'zlib',
        pn,
        task,
        text: pn === 'zlib' ? 'zlib.c:<L>: error: no' : 'No space left on device',
      },
    })),
  });
}

const databases = bothDatabases();

describe.each(databases)('over $name', ({ open, skip }) => {
  const it = test.skipIf(skip);
  let store: Store;
  let stranger: Store;
  beforeAll(async () => {
    if (skip) return;
    store = await open();
    stranger = store.seenBy(STRANGER);
    await store.accounts.add({ name: 'eva', role: 'member', password: null, nowMs: START });
    await fill(store);
  });
  afterAll(() => store?.close());

  it('failures are the few causes they have, newest words first, by day', async () => {
    const { groups, ...rest } = await store.groupFailures({}, {}, 100);
    expect(groups.map((g) => [g.class, g.failures, g.builds, g.recipes, g.machines, g.hosts])).toEqual([
      ['compile', 3, 3, ['zlib'], ['qemuarm', 'qemux86-64'], ['debian-12', 'fedora-41']],
      ['no-space', 2, 2, ['bash', 'curl'], ['qemux86-64'], ['debian-12']],
    ]);
    expect(groups[0]).toMatchObject({
      fingerprints: [LINK.zlib],
      infrastructure: false,
      cause: 'zlib.c:7: error: no',
      firstMs: START + DAY,
      firstBuild: id(1),
      lastMs: START + 5 * DAY,
      lastBuild: id(5),
      days: [1, 0, 1, 0, 1, 0],
      triage: { state: 'new', by: 'nobody', owner: null, notes: 0 },
    });
    expect(groups[1]!.fingerprints.toSorted()).toEqual([LINK.curl, LINK.bash]);
    expect(rest).toMatchObject({ matching: 2, failures: 5, builds: 5, firstDayMs: START + DAY, daysAPlace: 1 });
    const apart = await store.groupFailures({}, { by: 'task', sort: 'recipe' }, 100);
    expect(apart.groups.map((g) => [g.recipes[0], g.failures])).toEqual([
      ['bash', 1],
      ['curl', 1],
      ['zlib', 3],
    ]);
  });

  it('filters are those of builds and of failures', async () => {
    const groups = async (...args: Parameters<Store['groupFailures']>) =>
      (await store.groupFailures(...args)).groups.map(({ recipes, failures }) => `${recipes.join('+')} ${failures}`);
    expect(await groups({ machine: ['qemuarm'] }, {}, 9)).toEqual(['zlib 1']);
    expect(await groups({ fromMs: START + 3 * DAY }, {}, 9)).toEqual(['zlib 2', 'bash 1']);
    expect(await groups({}, { class: ['no-space'] }, 9)).toEqual(['bash+curl 2']);
    expect(await groups({}, { infrastructure: false }, 9)).toEqual(['zlib 3']);
    expect(await groups({}, { crossHash: [CROSS], recipe: ['curl'] }, 9)).toEqual(['curl 1']);
    expect(await groups({}, { words: ['SPACE', 'curl'] }, 9)).toEqual(['curl 1']);
    expect(await groups({}, { words: ['%'] }, 9)).toEqual([]);
    expect(await groups({ target: ['core-image-x'] }, {}, 9)).toEqual([]);
    expect(await groups({}, {}, 1)).toEqual(['zlib 3']);
  });

  it('single failures page by cursor, newest build first', async () => {
    const first = await store.listFailures({}, { fingerprint: [LINK.zlib!] }, { after: null, limit: 2 });
    expect(first).toMatchObject({ matching: 3 });
    expect(first.failures.map(({ build }) => build)).toEqual([id(5), id(3)]);
    expect(first.failures[0]).toMatchObject({
      id: `${id(5)}.${first.failures[0]!.key}`,
      pn: 'zlib',
      task: 'do_compile',
      fingerprint: LINK.zlib,
      class: 'compile',
      infrastructure: false,
      machine: 'qemuarm',
    });
    const rest = await store.listFailures({}, { fingerprint: [LINK.zlib!] }, { after: first.next, limit: 2 });
    expect(rest.failures.map(({ build }) => build)).toEqual([id(1)]);
    expect(rest.next).toBeNull();
    await expect(store.listFailures({}, {}, { after: 'x', limit: 2 })).rejects.toMatchObject({ code: 'invalid' });
  });

  it('the history of a task is that of its machine, distribution and branch', async () => {
    const history = await store.readTaskHistory({ mc: '', pn: 'zlib', task: 'do_compile', like: id(3), builds: 100 });
    expect(history.map((run) => [run.build, run.outcome, run.fingerprint, run.layers[0]?.commit?.[0]])).toEqual([
      [id(0), TASK_SUCCEEDED, null, 'a'],
      [id(1), TASK_FAILED, LINK.zlib, 'b'],
      [id(2), expect.any(Number), null, 'b'],
      [id(3), TASK_FAILED, LINK.zlib, 'c'],
      [id(4), TASK_SUCCEEDED, null, 'd'],
      [id(6), null, null, 'd'],
    ]);
    const few = await store.readTaskHistory({ mc: '', pn: 'zlib', task: 'do_compile', like: id(3), builds: 1 });
    expect(few.map(({ build }) => build)).toEqual([id(3), id(4)]);
    const seen = await stranger.readTaskHistory({ mc: '', pn: 'zlib', task: 'do_compile', like: id(3), builds: 100 });
    expect(seen.map(({ build }) => build)).not.toContain(id(6));
    expect(await stranger.readTaskHistory({ mc: '', pn: 'bash', task: 'do_compile', like: id(6), builds: 9 })).toEqual(
      [],
    );
  });

  it('a commit was first seen where the first of all builds had it, on its branch, by those who may see it', async () => {
    const commit = (letter: string, branch: string | null = 'master', digits = 40) => ({
      name: 'core',
      branch,
      commit: letter.repeat(digits),
    });
    const asked = [commit('b'), commit('d'), commit('b', null), commit('b', 'next'), commit('c', 'master', 10)];
    const short = [commit('b', 'master', 6), { ...commit('a'), commit: 'no commit' }];
    const seen = await store.readFirstSeen([...asked, ...short]);
    expect(asked.map((one) => seen.get(commitKey(one)))).toEqual([
      START + DAY,
      START + 4 * DAY,
      START + DAY,
      undefined,
      START + 3 * DAY,
    ]);
    expect(seen.size).toBe(4);
    expect((await store.readFirstSeen([])).size).toBe(0);
    expect((await stranger.readFirstSeen([commit('d')])).get(commitKey(commit('d')))).toBe(START + 4 * DAY);
  });

  it('what is said stays, with who and when', async () => {
    const { triage } = store;
    const change = { state: 'reported', link: 'https://bugs.example/7', owner: 'eva', note: 'Seen.' } as const;
    expect(await triage.change([LINK.zlib!], change, EVA, START + 10)).toBe(1);
    // The same again says nothing.
    const { note: _, ...same } = change;
    expect(await triage.change([LINK.zlib!], same, EVA, START + 20)).toBe(0);
    expect(await triage.change([LINK.zlib!], { state: 'fixed', fixedIn: '4.0.3' }, EVA, START + 30)).toBe(1);
    expect((await triage.words([LINK.zlib!])).get(LINK.zlib!)).toEqual({
      fingerprint: LINK.zlib,
      state: 'fixed',
      by: 'person',
      link: 'https://bugs.example/7',
      fixedIn: '4.0.3',
      owner: 'eva',
      changedMs: START + 30,
      notes: 1,
      issue: null,
    });
    const journal = await triage.journal({ fingerprint: LINK.zlib!, limit: 10 });
    expect(journal.map(({ what, was, said, name, atMs }) => [what, was, said, name, atMs - START])).toEqual([
      ['state', 'reported https://bugs.example/7', 'fixed 4.0.3 https://bugs.example/7', 'eva', 30],
      ['note', null, 'Seen.', 'eva', 10],
      ['owner', null, 'eva', 'eva', 10],
      ['state', 'new', 'reported https://bugs.example/7', 'eva', 10],
    ]);
    expect(await triage.journal({ fromMs: START + 30, toMs: START + 31, limit: 10 })).toHaveLength(1);
    await expect(triage.change([LINK.zlib!], { owner: 'nobody' }, EVA, START)).rejects.toMatchObject({
      code: 'invalid',
    });
    const states = await store.groupFailures({}, { state: ['fixed'] }, 10);
    expect(states.groups.map(({ recipes }) => recipes)).toEqual([['zlib']]);
    expect(states.states).toEqual({ fixed: 1, new: 1 });
    expect((await store.groupFailures({}, { owner: ['eva'] }, 10)).matching).toBe(1);
    expect((await store.groupFailures({}, { owner: [''] }, 10)).matching).toBe(1);
  });

  it('several are said something of together, or none', async () => {
    const { triage } = store;
    await expect(triage.change([LINK.curl!, 'ffffffffffffffff'], { note: 'x' }, EVA, START)).rejects.toMatchObject({
      code: 'not-found',
    });
    expect((await triage.words([LINK.curl!])).get(LINK.curl!)).toMatchObject({ notes: 0 });
    expect(await triage.change([LINK.curl!, LINK.bash!], { state: 'infrastructure' }, EVA, START)).toBe(2);
    expect(await triage.change([LINK.curl!, LINK.bash!], { state: null }, EVA, START)).toBe(2);
    expect((await triage.words([LINK.curl!])).get(LINK.curl!)).toMatchObject({ state: 'new', by: 'nobody' });
  });

  it('a known issue speaks where no person does, and is silent when it is removed', async () => {
    const { triage } = store;
    const issue = {
      title: 'Disk full on deb-bld2',
      expression: 'No space left',
      class: 'no-space',
      pn: null,
      task: null,
      state: 'infrastructure',
      link: 'https://bugs.example/9',
    } as const;
    const number = await triage.saveIssue(null, issue, EVA, START + 40);
    expect(await triage.issues()).toEqual([{ ...issue, number, createdMs: START + 40 }]);
    const subjects = await triage.subjects(0, 100);
    expect(subjects.map(({ pn }) => pn).toSorted()).toEqual(['bash', 'curl', 'zlib']);
    await triage.setMatches(
      number,
      subjects.filter(({ class: kind }) => kind === 'no-space').map(({ fingerprint }) => fingerprint),
    );
    const word = async () => (await triage.words([LINK.curl!])).get(LINK.curl!);
    expect(await word()).toMatchObject({
      state: 'infrastructure',
      by: 'issue',
      link: 'https://bugs.example/9',
      issue: { number, title: issue.title },
    });
    expect((await store.groupFailures({}, { issue: [number] }, 10)).matching).toBe(1);
    expect((await store.groupFailures({}, { issue: [0] }, 10)).matching).toBe(1);
    await triage.change([LINK.curl!], { state: 'wont-fix' }, EVA, START + 50);
    expect(await word()).toMatchObject({ state: 'wont-fix', by: 'person' });
    await triage.saveIssue(number, { ...issue, title: 'Disk full' }, EVA, START + 60);
    await triage.removeIssue(number, EVA, START + 70);
    await triage.change([LINK.curl!], { state: null }, EVA, START + 80);
    expect(await word()).toMatchObject({ state: 'new', issue: null });
    await expect(triage.removeIssue(number, EVA, START)).rejects.toMatchObject({ code: 'not-found' });
    await expect(triage.saveIssue(number, issue, EVA, START)).rejects.toMatchObject({ code: 'not-found' });
    const said = (await triage.journal({ limit: 50 })).filter((entry) => entry.issue === number);
    expect(said.map(({ what }) => what)).toEqual(['issue-removed', 'issue-changed', 'issue-added']);
  });

  it('progress of issues only grows', async () => {
    const { triage } = store;
    const last = (await triage.subjects(0, 100)).at(-1)!.fingerprint;
    await triage.addMatches([], last);
    await triage.addMatches([], 1);
    expect(await triage.progress()).toBe(last);
    expect(await triage.subjects(last, 10)).toEqual([]);
  });

  it('a kind that only hidden builds have is not there, with all that was said of it', async () => {
    await store.seenBy(OWNER).triage.change([LINK.bash!], { state: 'known', note: 'secret' }, EVA, START + 90);
    expect([...(await stranger.triage.words(Object.values(LINK))).keys()].toSorted()).toEqual([LINK.zlib, LINK.curl]);
    expect(await stranger.triage.journal({ fingerprint: LINK.bash!, limit: 9 })).toEqual([]);
    const all = await stranger.triage.journal({ limit: 99 });
    expect(all.map(({ said }) => said)).not.toContain('secret');
    expect(all.length).toBeGreaterThan(3);
    const absent = stranger.triage.change(['ffffffffffffffff'], { note: 'x' }, EVA, START);
    await expect(absent).rejects.toThrow('No failure has the fingerprint ffffffffffffffff.');
    await expect(stranger.triage.change([LINK.bash!], { note: 'x' }, EVA, START)).rejects.toThrow(
      `No failure has the fingerprint ${LINK.bash}.`,
    );
    // Of the same cause only the recipe that they may see, and its words.
    const { groups } = await stranger.groupFailures({}, { class: ['no-space'] }, 9);
    expect(groups).toMatchObject([{ recipes: ['curl'], fingerprints: [LINK.curl], failures: 1, triage: { notes: 0 } }]);
    expect((await stranger.listFailures({}, { recipe: ['bash'] }, { after: null, limit: 9 })).matching).toBe(0);
  });

  it('every run of a hash that failed is found, and of no other', async () => {
    const { runs, builds } = await store.readFailedHashes({}, 100);
    expect(builds).toBe(7);
    // curl passed in both with the same hash, and never failed with it.
    expect(
      runs
        .filter(({ pn }) => pn === 'zlib')
        .map(({ build, hash, passed, hostDistro }) => [build, hash, passed, hostDistro])
        .toSorted(),
    ).toEqual([
      [id(0), '7777777777777777', true, 'debian-12'],
      [id(1), '7777777777777777', false, 'debian-12'],
    ]);
  });

  it('where rules grow, what was said goes along', async () => {
    const { triage } = store;
    await triage.change([LINK.zlib!], { state: 'known', note: 'goes along' }, EVA, START + 99);
    const pending = await store.failureIndex.pending(2, 100);
    const zlib = pending.filter(({ pn }) => pn === 'zlib');
    expect(zlib).toHaveLength(3);
    const fingerprint = {
      hash: '9'.repeat(16),
      crossHash: '8'.repeat(16),
      class: 'compile',
      infrastructure: false,
      pn: 'zlib',
      task: 'do_compile',
      text: 'no',
    };
    const write = async (failures: typeof zlib) =>
      store.failureIndex.write({
        rules: 2,
        logs: [],
        failures: failures.map(({ build, ordinal }) => ({ build, ordinal, cause: 'no', causeLine: 3, fingerprint })),
      });
    await write(zlib.slice(0, 1));
    await write(zlib.slice(1));
    const word = (await triage.words([fingerprint.hash])).get(fingerprint.hash);
    expect(word).toMatchObject({ state: 'known', owner: 'eva', by: 'person' });
    const said = (await triage.journal({ fingerprint: fingerprint.hash, limit: 99 })).map((entry) => entry.said);
    expect(said.filter((text) => text === 'goes along')).toHaveLength(1);
    expect(said).toContain('Seen.');
  });
});
