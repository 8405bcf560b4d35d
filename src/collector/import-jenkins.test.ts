/**
 * Jenkins, by a server of this process that answers as Jenkins does: whole objects, of which a request's `tree` takes some, `_class` always, and
 * `{}` for what has nothing of it. Their shapes are those of answers that Jenkins 1.4 to 2.568 really gave, nulls and empty actions included.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ciJob } from '../cli/ci-job.ts';
import { runForTest } from '../cli/run-for-test.ts';
import { blankBuild } from '../model/draw-build.ts';
import { openStore } from '../store/index.ts';
import type { Store } from '../store/store.ts';
import { importFarm } from './import-farm.ts';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const OTHER = '89abcdef0123456789abcdef0123456789abcdef';
const START = Date.UTC(2026, 10, 21, 1);

type Json = Readonly<Record<string, unknown>>;

/** The part of an object that `tree` names: `a,b[c,d[e]]{0,10}`. */
function treeOf(value: unknown, tree: string): unknown {
  if (Array.isArray(value)) return value.map((one) => treeOf(one, tree));
  if (typeof value !== 'object' || value === null) return value;
  const object = value as Json;
  const out: Record<string, unknown> = object._class === undefined ? {} : { _class: object._class };
  for (let rest = tree; rest !== ''; ) {
    const name = /^\w+/.exec(rest)![0];
    rest = rest.slice(name.length);
    let inner = '';
    if (rest[0] === '[') {
      let [depth, end] = [0, 0];
      do depth += rest[end] === '[' ? 1 : rest[end] === ']' ? -1 : 0;
      while (++end < rest.length && depth > 0);
      inner = rest.slice(1, end - 1);
      rest = rest.slice(end);
    }
    const range = /^\{(\d+),(\d+)\}/.exec(rest);
    rest = rest.slice(range?.[0].length ?? 0).replace(/^,/, '');
    const found = object[name];
    if (found === undefined) continue;
    const part = range === null || !Array.isArray(found) ? found : found.slice(Number(range[1]), Number(range[2]));
    out[name] = inner === '' ? part : treeOf(part, inner);
  }
  return out;
}

const git = (repository: string, sha: string, branch: string) => ({
  _class: 'hudson.plugins.git.util.BuildData',
  buildsByBranchName: {
    [branch]: { buildNumber: 1, buildResult: null, marked: { SHA1: sha }, revision: { SHA1: sha } },
  },
  lastBuiltRevision: { SHA1: sha, branch: [{ SHA1: sha, name: branch }] },
  remoteUrls: [repository],
  scmName: '',
});

const TIMER = {
  _class: 'hudson.model.CauseAction',
  causes: [{ _class: 'hudson.triggers.TimerTrigger$TimerTriggerCause', shortDescription: 'Started by timer' }],
};

function freestyle(number: number, over: Json = {}): Json {
  return {
    _class: 'hudson.model.FreeStyleBuild',
    actions: [
      TIMER,
      {},
      {
        _class: 'hudson.model.ParametersAction',
        parameters: [
          { _class: 'hudson.model.StringParameterValue', name: 'MACHINE', value: 'qemux86-64' },
          { _class: 'hudson.model.BooleanParameterValue', name: 'CLEAN', value: false },
          { _class: 'hudson.model.StringParameterValue', name: 'API_TOKEN', value: 'hush' },
          { _class: 'hudson.model.PasswordParameterValue', name: 'SIGNING' },
        ],
      },
      git('https://git.example/poky.git', COMMIT, 'refs/remotes/origin/master'),
      { _class: 'hudson.plugins.git.GitTagAction' },
      {},
    ],
    artifacts: [{ displayPath: 'image.wic', fileName: 'image.wic', relativePath: 'deploy/image 1.wic' }],
    ...{ building: false, description: null, displayName: `#${number}`, duration: 30_000, estimatedDuration: 31_000 },
    ...{ executor: null, fullDisplayName: `images » minimal #${number}`, id: String(number), keepLog: false, number },
    ...{ queueId: 7, result: 'SUCCESS', timestamp: START + number * 60_000 },
    url: `http://elsewhere/job/images/job/minimal/${number}/`,
    ...{ changeSets: [], culprits: [], nextBuild: null, previousBuild: null, builtOn: 'node-1' },
    ...over,
  };
}

/** A build of a branch: no `builtOn`, actions in which nothing is, each checkout told again, the library's before the source's. */
function pipeline(number: number, over: Json = {}): Json {
  const { builtOn: _, ...common } = freestyle(number) as Json & { builtOn: string };
  return {
    ...common,
    _class: 'org.jenkinsci.plugins.workflow.job.WorkflowRun',
    actions: [
      {
        _class: 'hudson.model.CauseAction',
        causes: [
          {
            _class: 'org.jenkinsci.plugins.workflow.support.steps.build.BuildUpstreamCause',
            shortDescription: 'Started by upstream project "images/minimal" build number 1',
            upstreamBuild: 1,
            upstreamProject: 'images/minimal',
            upstreamUrl: 'job/images/job/minimal/',
          },
        ],
      },
      ...[{}, { _class: 'jenkins.scm.api.SCMRevisionAction' }, {}],
      git('https://git.example/pipeline-libs.git', COMMIT, 'develop'),
      git('git@git.example:yocto/meta-acme.git', COMMIT, 'detached'),
      { _class: 'org.jenkinsci.plugins.workflow.cps.EnvActionImpl' },
      git('https://git.example/yocto/meta-acme', OTHER, 'origin/feature/x'),
      ...[{}, {}, {}],
    ],
    artifacts: [],
    ...over,
  };
}

const STAGES = {
  ...{
    id: '2',
    name: '#2',
    status: 'FAILED',
    startTimeMillis: START,
    endTimeMillis: START + 1810,
    durationMillis: 1810,
  },
  ...{ queueDurationMillis: 5, pauseDurationMillis: 0 },
  stages: [
    { id: '6', name: 'Checkout', execNode: '', status: 'SUCCESS', startTimeMillis: START + 10, durationMillis: 90 },
    {
      ...{
        id: '11',
        name: 'Build',
        execNode: '',
        status: 'FAILED',
        startTimeMillis: START + 100,
        durationMillis: 1414,
      },
      error: { message: 'script returned exit code 3', type: 'hudson.AbortException' },
    },
    {
      ...{
        id: '17',
        name: 'Deploy',
        execNode: '',
        status: 'FAILED',
        startTimeMillis: START + 1600,
        durationMillis: 65,
      },
      error: { message: 'script returned exit code 3', type: 'hudson.AbortException' },
    },
    {
      id: '22',
      name: 'Declarative: Post Actions',
      status: 'SUCCESS',
      startTimeMillis: START + 1700,
      durationMillis: 51,
    },
  ],
};

let folder: string;
let server: http.Server;
let base: string;
let asked: string[] = [];
/** Newest first, as Jenkins lists them. */
let minimal: Json[] = [];
let branch: Json[] = [];
/** Answers of the stage view; null: the plug-in is not there. */
let stages: Record<string, unknown> | null = null;

function objects(): Record<string, Json> {
  const job = (name: string, allBuilds: Json[], color: string) => ({
    ...{ _class: 'hudson.model.FreeStyleProject', name, color, buildable: color !== 'disabled', inQueue: false },
    // Without `allBuilds` it is the newest hundred.
    ...{ builds: allBuilds.slice(0, 100), allBuilds, lastBuild: allBuilds[0] ?? null },
  });
  const multi = 'org.jenkinsci.plugins.workflow.multibranch.WorkflowMultiBranchProject';
  const inBranches = { _class: multi, name: 'acme', jobs: [job('feature%2Fx', branch, 'red')] };
  const parked = job('parked', [], 'disabled');
  const images = {
    _class: 'com.cloudbees.hudson.plugins.folder.Folder',
    name: 'images',
    jobs: [job('minimal', minimal, 'blue'), inBranches],
  };
  return {
    '/ci/': {
      _class: 'hudson.model.Hudson',
      mode: 'NORMAL',
      jobs: [images, parked, { _class: 'x.Secret', name: 'secret' }],
    },
    '/ci/view/all/': { _class: 'hudson.model.AllView', jobs: [images, parked] },
    '/ci/job/images/': images,
    '/ci/job/images/job/minimal/': images.jobs[0] as Json,
    '/ci/job/images/job/acme/': inBranches,
    '/ci/job/images/job/acme/job/feature%252Fx/': inBranches.jobs[0]!,
    '/ci/job/parked/': parked,
  };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-jenkins-'));
  server = http.createServer((request, response) => {
    const url = new URL(request.url!, 'http://x');
    asked.push(url.pathname);
    const give = (answer: unknown) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    const object = objects()[url.pathname.replace(/api\/json$/, '')];
    const described = /\/(\d+)\/wfapi\/describe$/.exec(url.pathname)?.[1];
    if (url.pathname.includes('/job/secret/')) response.writeHead(403).end('<html>Forbidden</html>');
    else if (described !== undefined && stages?.[described] !== undefined) give(stages[described]);
    else if (object !== undefined && url.pathname.endsWith('api/json'))
      give(treeOf(object, url.searchParams.get('tree')!));
    else if (url.pathname.startsWith('/ci/')) response.writeHead(404).end();
    else response.writeHead(302, { location: 'http://192.0.2.1/' }).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  rmSync(folder, { recursive: true, force: true });
});

async function withStore(
  run: (store: Store, mirror: (path?: string, buildsMax?: number) => ReturnType<typeof importFarm>) => Promise<void>,
) {
  const store = await openStore('sqlite::memory:');
  try {
    await run(store, (path = '/ci', buildsMax) =>
      importFarm(store, 'jenkins', `${base}${path}`, { nowMs: START + 5000, buildsMax }),
    );
  } finally {
    await store.close();
  }
}

test('jobs in folders, builds with cause, node, revision and parameters; only what is new the next time', async () => {
  await withStore(async (store, mirror) => {
    branch = [];
    minimal = [
      freestyle(3, { result: null, building: true, duration: 0 }),
      freestyle(2, { result: 'FAILURE', description: 'do_compile failed', displayName: '2 (release)', builtOn: '' }),
      freestyle(1),
    ];
    const first = await mirror();
    // A job that we may not read is said, and keeps nobody from the others.
    expect(first).toMatchObject({ more: false, problems: [{ code: 'job-unreadable', file: 'secret' }] });
    expect(first.builds).toHaveLength(3);
    const [one, two, three] = first.builds.map(({ id }) => id);
    const head = await store.readHead(one!);
    expect(head).toMatchObject({
      ...{ name: 'images/minimal #1', outcome: 'succeeded', builder: 'images/minimal', machine: 'qemux86-64' },
      ...{ startedMs: START + 60_000, endedMs: START + 90_000 },
      host: { name: 'node-1' },
      layers: [{ name: 'poky', branch: 'master', commit: COMMIT, modified: null }],
      extras: { reason: 'Started by timer', 'parameter MACHINE': 'qemux86-64', 'parameter CLEAN': 'false' },
    });
    expect(JSON.stringify(head)).not.toContain('hush');
    expect(await store.readRelations(one!)).toMatchObject({
      links: [
        { kind: 'origin', title: 'Jenkins: images/minimal #1', url: `${base}/ci/job/images/job/minimal/1/` },
        {
          kind: 'published',
          title: 'image.wic',
          url: `${base}/ci/job/images/job/minimal/1/artifact/deploy/image%201.wic`,
        },
      ],
    });
    expect(await store.readHead(two!)).toMatchObject({
      ...{ outcome: 'failed', failures: [{ cause: 'do_compile failed' }], host: { name: null } },
      extras: { 'display name': '2 (release)', description: 'do_compile failed' },
    });
    expect(await store.readHead(three!)).toMatchObject({ outcome: 'running', endedMs: null });
    minimal = [freestyle(4), freestyle(3, { result: 'UNSTABLE' }), ...minimal.slice(1)];
    const second = await mirror();
    expect(second.builds.map(({ changed }) => changed)).toEqual([true, true]);
    expect(await store.readHead(three!)).toMatchObject({ outcome: 'succeeded-with-errors' });
    // Where nothing came, folders alone are asked.
    asked = [];
    expect((await mirror()).builds).toEqual([]);
    expect(asked.sort()).toEqual([
      ...['/ci/api/json', '/ci/job/images/api/json', '/ci/job/images/job/acme/api/json'],
      '/ci/job/secret/api/json',
    ]);
    // One folder, or a view, of the same Jenkins: the same builds.
    expect((await mirror('/ci/job/images/')).builds).toEqual([]);
    expect((await mirror('/ci/view/all/')).builds).toEqual([]);
  });
});

test('a branch: its stages as phases, the first that failed, the upstream build, each repository once', async () => {
  await withStore(async (store, mirror) => {
    [minimal, stages] = [[freestyle(1)], { 2: STAGES }];
    branch = [pipeline(3), pipeline(2, { result: 'FAILURE' })];
    const { builds, problems } = await mirror('/ci/job/images/');
    expect(problems).toEqual([]);
    const [up, failed, good] = builds.map(({ id }) => id);
    expect(await store.readHead(failed!)).toMatchObject({
      ...{ name: 'images/acme/feature/x #2', outcome: 'failed', host: { name: null } },
      layers: [
        { name: 'pipeline-libs', branch: 'develop', commit: COMMIT },
        { name: 'meta-acme', branch: 'feature/x', commit: OTHER },
      ],
      phases: [
        { id: 'stage-6', label: 'Checkout', startMs: START + 10, endMs: START + 100, detail: null },
        { id: 'stage-11', label: 'Build', endMs: START + 1514, detail: 'script returned exit code 3' },
        { id: 'stage-22', label: 'Declarative: Post Actions' },
      ],
      failures: [{ cause: 'Build: script returned exit code 3' }],
    });
    const page = `${base}/ci/job/images/job/acme/job/feature%252Fx/2/`;
    expect(await store.readRelations(failed!)).toMatchObject({
      ...{ parents: [up], links: [{ url: page }, { kind: 'log', url: `${page}console` }] },
    });
    // Bitbake in that job, recorded with BUILD_URL as Jenkins sets it: child and parent, the one way and the other.
    const child = 'b2222222-2222-4222-8222-222222222222';
    await store.saveBuild(child, {
      ...blankBuild('20261121010203'),
      jobId: ciJob({ JENKINS_URL: base, BUILD_URL: page }).url,
    });
    expect(await store.readRelations(child)).toMatchObject({ parents: [failed], links: [{ kind: 'job', url: page }] });
    expect(await store.readRelations(failed!)).toMatchObject({ children: [child] });
    // The stage view knows nothing of it: a build all the same.
    expect(await store.readHead(good!)).toMatchObject({ outcome: 'succeeded', phases: [] });
  });
});

test('a stage that runs or waits for somebody grows; without the plug-in it is asked for once', async () => {
  await withStore(async (store, mirror) => {
    minimal = [];
    branch = [pipeline(1, { building: true, result: null, duration: 0 })];
    const paused = {
      id: '10',
      name: 'Release',
      status: 'PAUSED_PENDING_INPUT',
      startTimeMillis: START,
      durationMillis: 7,
    };
    stages = {
      1: { stages: [paused, { name: 'Later', status: 'NOT_EXECUTED', startTimeMillis: 0, durationMillis: 0 }] },
    };
    const { builds } = await mirror();
    expect(await store.readHead(builds[0]!.id)).toMatchObject({
      outcome: 'running',
      phases: [{ label: 'Release', endMs: START + 5000, estimated: true, detail: 'paused pending input' }],
    });
    [branch, stages] = [[pipeline(3), pipeline(2), pipeline(1)], null];
    // Requests go four at a time.
    branch = [...Array.from({ length: 50 }, (_, i) => pipeline(53 - i)), ...branch];
    asked = [];
    expect((await mirror()).builds).toHaveLength(53);
    expect(asked.filter((path) => path.endsWith('wfapi/describe')).length).toBeLessThanOrEqual(4);
  });
});

test('hundreds of builds in runs of bounded length; what was deleted meanwhile is waited for no longer', async () => {
  await withStore(async (store, mirror) => {
    [branch, stages] = [[], null];
    minimal = Array.from({ length: 250 }, (__, i) =>
      freestyle(250 - i, i === 249 ? { building: true, result: null } : {}),
    );
    expect(await mirror('/ci', 120)).toMatchObject({ more: true, builds: { length: 120 } });
    expect(await mirror('/ci', 500)).toMatchObject({ more: false, builds: { length: 131 } });
    minimal = minimal.slice(0, 100);
    expect((await mirror()).builds.map(({ changed }) => changed)).toEqual([true]);
    const { builds } = await store.listBuilds({ outcome: ['lost'] }, { after: null, limit: 10 });
    expect(builds.map(({ name }) => name)).toEqual(['images/minimal #1']);
    asked = [];
    expect((await mirror()).builds).toEqual([]);
    expect(asked.filter((path) => path.endsWith('/job/minimal/api/json'))).toEqual([]);
  });
});

test('answers that no Jenkins gives cost what they say, and nothing beside it', async () => {
  await withStore(async (store, mirror) => {
    [branch, stages] = [
      [],
      { 3: { stages: [null, 7, { name: [], startTimeMillis: 'x' }, { startTimeMillis: START, error: 1 }] } },
    ];
    minimal = [
      {
        ...pipeline(3),
        actions: [null, { causes: 1 }, { parameters: [null, { name: {} }] }, { lastBuiltRevision: 1, remoteUrls: {} }],
      },
      // Half of a character.
      freestyle(2, {
        artifacts: [null, { relativePath: 'a/\ud800' }],
        description: 'x\ud800',
        displayName: {},
        timestamp: -1,
      }),
      freestyle(1),
      { _class: 'no.number' },
    ];
    const { builds } = await mirror('/ci/job/images/');
    expect(builds).toHaveLength(3);
    expect(await store.readHead(builds[2]!.id)).toMatchObject({ phases: [{ label: 'stage' }], layers: [], extras: {} });
    expect(await store.readHead(builds[1]!.id)).toMatchObject({ startedMs: null, endedMs: null });
  });
});

test('a server that leads elsewhere is not followed, and one that is no Jenkins is said', async () => {
  const run = (path: string) =>
    runForTest(['import', 'jenkins', `${base}${path}`, '--data', join(folder, 'cli')], { folder });
  expect(await run('/other')).toMatchObject({
    code: 3,
    err: expect.stringContaining('leads elsewhere; it was not followed'),
  });
  expect(await run('/ci/nowhere')).toMatchObject({ code: 3, err: expect.stringContaining('answers 404') });
});
