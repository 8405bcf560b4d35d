/**
 * Every operation asked by a stranger, another account, the owner and an admin about builds that are public, unlisted and private: what one may not
 * see answers as what is not there, and no answer holds a word of it. The table is typed by the names of operations, so one without a row does
 * not compile; a row without a build says why.
 */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bothDatabases } from '../../test/both-databases.ts';
import { ChartQuery, CompareQuery, ExploreQuery } from '../api/contract.ts';
import { indexLogs } from '../collector/index-logs.ts';
import { shortIdOf } from '../collector/short-id.ts';
import { drawBuild } from '../model/draw-build.ts';
import { OFFERED_FIELDS } from '../model/offered-fields.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { failureKeys } from '../store/facts.ts';
import { CONSOLE, STRANGER, type Viewer, type Visibility } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { OPERATIONS, type OperationInput, type OperationName } from './index.ts';
import { answerOf, contextFor, runOperation } from './run.ts';
import { SEARCH_KINDS } from './search.ts';

const OWNER: Viewer = { account: 1, admin: false };
const OTHER: Viewer = { account: 2, admin: false };
const ADMIN: Viewer = { account: 3, admin: true };
const VIEWERS: readonly (readonly [string, Viewer])[] = [
  ['a stranger', STRANGER],
  ['another account', OTHER],
  ['the owner', OWNER],
  ['an admin', ADMIN],
];
const ID: Readonly<Record<Visibility, string>> = {
  public: 'a1111111-1111-4111-8111-111111111111',
  unlisted: 'b2222222-2222-4222-8222-222222222222',
  private: 'c3333333-3333-4333-8333-333333333333',
};
const ABSENT = 'd4444444-4444-4444-8444-444444444444';
const ALIAS = 'e5555555-5555-4555-8555-555555555555';
const KINDS = ['public', 'unlisted', 'private'] as const;
/** Fingerprints of the failure that each build has alone. */
const HASH: Readonly<Record<Visibility, string>> = {
  public: '1111111111111111',
  unlisted: '2222222222222222',
  private: '3333333333333333',
};
const START = Date.UTC(2026, 0, 1);

const own = (viewer: Viewer): boolean => viewer.admin || viewer.account === OWNER.account;
const readable = (viewer: Viewer, kind: Visibility): boolean => kind !== 'private' || own(viewer);
const listed = (viewer: Viewer, kind: Visibility): boolean => kind === 'public' || own(viewer);

const { b: _, ...compareRest } = CompareQuery.parse({ b: ['a1111111', 'b2222222'] });
const compareOptions = compareRest as unknown as OperationInput<'compare-builds'>['options'];
const question = ExploreQuery.parse({ x: 'recipe', y: 'cputime', level: 'task' });
const chart = ChartQuery.parse({});
const from = { address: '192.0.2.1', local: false, base: 'http://x' };

const [FAILURE_KEY] = failureKeys(drawBuild('other:do_compile ===F').failures);

/** `of`: about one build. `all`: over builds that nobody named. `not`: why it gives nothing of a build to anybody. */
type Row<N extends OperationName> =
  | {
      readonly of?: (build: string) => OperationInput<N>;
      readonly all?: readonly OperationInput<N>[];
      /** It changes the build: asked only by those who may not. */
      readonly changes?: true;
    }
  | { readonly not: string };

const ACCOUNTS = 'of accounts, not of builds; who may ask is tested in server/accounts.test.ts';
const SECRET = 'answers to who has the secret of the build, whoever asks; server/upload.test.ts';
const OWNERS = 'for the console, and for /metrics, which asks for an admin';

const SENDERS = 'tells a sender of what he sends, and nobody of anything else; server/compat.test.ts';

/** Of builds that have none here. */
const OF_LOGS: readonly OperationName[] = ['read-log', 'read-log-bytes', 'find-in-log'];
// What is asked for is in a feed's title and in an export's answer, so these do not name what is hidden.
const SEARCHES = [
  '',
  'zz',
  'recipe:zz* status:failed',
  'layer:meta -class:fetch',
  'cause:zz',
  'log:"a log"',
  'log:*old*',
];

const OWN_SEARCHES = 'words of an account, told to it alone; search.test.ts';

const SERVER_INFO = { watching: [], reading: null, writable: false, signIn: true, account: null };

const ROWS: { readonly [N in OperationName]: Row<N> } = {
  'list-builds': {
    all: [
      { filter: {}, after: null, limit: 500 },
      ...KINDS.map((kind) => ({ filter: { words: [`zz${kind}`] }, after: null, limit: 500 })),
      { filter: { machine: KINDS.map((kind) => `zz${kind}-machine`) }, after: null, limit: 500 },
    ],
  },
  facets: { all: [{ filter: {} }, { filter: { words: ['zz'] } }] },
  search: { all: SEARCHES.map((q) => ({ q, kind: null, after: null, limit: 100 })) },
  'search-facets': { all: SEARCHES.map((q) => ({ q })) },
  'complete-search': {
    all: OFFERED_FIELDS.flatMap((key) =>
      ['', 'zz', 'meta@'].flatMap((typed) =>
        [null, ...KINDS.map((kind) => `zz${kind}`)].map((recipe) => ({ key, typed, recipe })),
      ),
    ),
  },
  'export-search': { all: SEARCH_KINDS.map((kind) => ({ q: 'zz', kind, format: 'csv' as const, safe: true })) },
  'list-searches': { not: OWN_SEARCHES },
  'save-search': { not: OWN_SEARCHES },
  'delete-search': { not: OWN_SEARCHES },
  'search-feed': { all: SEARCH_KINDS.map((kind) => ({ q: 'zz', kind, base: 'http://x' })) },
  'show-build': { of: (build) => ({ build }) },
  'show-failure': { of: (build) => ({ failure: `${build}.${FAILURE_KEY}` }) },
  'read-columns': { of: (build) => ({ build, metrics: '*' }) },
  'read-samples': { of: (build) => ({ build }) },
  'read-graph': { of: (build) => ({ build }) },
  'read-log': { of: (build) => ({ build, row: 0 }) },
  'read-log-bytes': { of: (build) => ({ build, row: 0, at: 0 }) },
  'search-logs': {
    all: [...KINDS.map((kind) => `zz${kind}`), 'told in a log', '"a log"', 'zz'].map((text) => ({
      text,
      filter: {},
      limit: 50,
    })),
  },
  'find-in-log': { of: (build) => ({ build, row: 0 }) },
  'compare-builds': { of: (build) => ({ builds: [ID.public, build], options: compareOptions }) },
  'show-tests': { of: (build) => ({ build, run: null, states: [], words: [], after: -1, limit: 100 }) },
  'test-history': {
    of: (build) => ({ build, run: 'abc'.indexOf(build[0] ?? '') + 1 || 1, name: 'shared.case', limit: 100 }),
  },
  'compare-tests': { of: (build) => ({ builds: [ID.public, build] }) },
  'export-tests': { of: (build) => ({ build, format: 'csv' }) },
  explore: {
    of: (build) => ({ builds: [build], last: 1, question }),
    all: [{ builds: [], last: 100, question }],
  },
  'export-tasks': { of: (build) => ({ build, format: 'csv' }) },
  'export-samples': { of: (build) => ({ build }) },
  'export-chart': {
    of: (build) => ({
      build,
      minMs: 0,
      groupBy: chart.grp,
      colourBy: chart.col,
      scheme: 'light',
      widthPx: 1000,
      range: null,
      strips: null,
      chain: null,
    }),
  },
  'export-report': { of: (build) => ({ builds: [build] }) },
  'export-trace': { of: (build) => ({ build }) },
  'import-sample': { not: 'reads none' },
  'meet-upload': { not: SECRET },
  'append-chunk': { not: SECRET },
  'offer-blobs': { not: SECRET },
  'put-blob': { not: SECRET },
  'find-announced': { of: (build) => ({ short: shortIdOf(build) }) },
  'may-push': { not: SENDERS },
  'take-files': { not: SENDERS },
  'take-error-report': { not: SENDERS },
  'take-oestats': { not: SENDERS },
  'find-report': { not: 'asked by a number that only a report was given; server/compat.test.ts' },
  authenticate: { not: ACCOUNTS },
  'note-use': { not: ACCOUNTS },
  'sign-in': { not: ACCOUNTS },
  'sign-out': { not: ACCOUNTS },
  'show-account': { not: ACCOUNTS },
  'make-token': { not: ACCOUNTS },
  'revoke-token': { not: ACCOUNTS },
  'change-password': { not: ACCOUNTS },
  'list-accounts': { not: ACCOUNTS },
  'add-account': { not: ACCOUNTS },
  'change-account': { not: ACCOUNTS },
  'show-cube': {
    all: [{ filter: {}, dimensions: ['recipe', 'builder', 'machine'] as const, recipes: [], builds: 100 }],
  },
  'list-recipe-runs': {
    all: [
      [],
      [{ dimension: 'outcome', value: 'succeeded' }] as const,
      ...KINDS.map((kind) => [{ dimension: 'recipe', value: `zz${kind}` }] as const),
      ...KINDS.map((kind) => [{ dimension: 'target', value: `zz${kind}` }] as const),
    ].map((at) => ({ filter: {}, recipes: [], builds: 100, at, part: 'runs' as const, after: null, limit: 500 })),
  },
  'show-testing': { all: [{ filter: {} }] },
  'list-recipes': { all: [{ filter: {}, builds: 100 }] },
  'qa-issues': {
    all: [null, ...KINDS.map((kind) => `zz${kind}`)].map((pn) => ({ pn, filter: {}, builds: 100 })),
  },
  'new-qa-issues': { of: (build) => ({ build }) },
  'show-recipe': {
    all: KINDS.map((kind) => ({ pn: `zz${kind}`, filter: {}, by: ['machine', 'builder'] as const, limit: 100 })),
  },
  trend: {
    of: (like) => ({ recipe: null, task: null, mc: '', metric: 'cputime', builds: 100, like }),
    all: [
      { recipe: null, task: null, mc: '', metric: 'cputime', builds: 100 },
      ...KINDS.map((kind) => ({ recipe: `zz${kind}`, task: null, mc: '', metric: 'cputime', builds: 100 })),
    ],
  },
  'show-waterfall': {
    all: [null, { beginMs: START - 1, endMs: START + 86_400_000 }].flatMap((window) =>
      ([null, 'machine', 'target'] as const).map((by) => ({ filter: {}, by, window, cells: 100 })),
    ),
  },
  'show-matrix': {
    all: (['builder', 'day', null] as const)
      .map((columns) => ({
        filter: {},
        rows: 'target' as const,
        columns,
        zoneMinutes: 0,
      }))
      .concat([{ filter: {}, rows: 'recipe' as never, columns: 'builder', zoneMinutes: 0 }]),
  },
  'group-failures': {
    all: [
      { filter: {}, failures: {}, limit: 500 },
      { filter: { words: ['zz'] }, failures: { words: ['zz'] }, limit: 500 },
      ...KINDS.map((kind) => ({ filter: {}, failures: { recipe: [`zz${kind}`] }, limit: 500 })),
      ...KINDS.map((kind) => ({ filter: {}, failures: { fingerprint: [HASH[kind]] }, limit: 500 })),
      { filter: {}, failures: { state: ['known'] }, limit: 500 },
    ],
  },
  'list-failures': {
    all: [
      { filter: {}, failures: {}, after: null, limit: 500 },
      { filter: {}, failures: { words: ['zz'] }, after: null, limit: 500 },
      ...KINDS.map((kind) => ({ filter: {}, failures: { fingerprint: [HASH[kind]] }, after: null, limit: 500 })),
    ],
  },
  'list-unsteady': { all: [{ filter: {}, builds: 500 }] },
  'show-week': { all: [{ week: null, filter: {} }] },
  'week-as-text': { all: [{ week: '2026-W01', filter: {}, base: null }] },
  'week-feed': { all: [{ filter: {}, base: 'http://x', asked: '' }] },
  'blame-failure': { of: (build) => ({ build, mc: '', pn: 'other', task: 'do_compile' }) },
  'show-triage': { not: 'of a kind of failure, not of a build: a test of its own below' },
  'triage-failures': { not: 'of a kind of failure, not of a build: a test of its own below' },
  'list-issues': { not: 'rules that people write for everybody; nothing in them is of a build' },
  'save-issue': { not: 'tells the number of what was saved' },
  'remove-issue': { not: 'tells the number of what was removed' },
  'store-figures': { not: OWNERS },
  'plan-retention': { not: OWNERS },
  'apply-retention': { not: OWNERS },
  'pin-build': { of: (build) => ({ build, pinned: true }), changes: true },
  'set-visibility': { of: (build) => ({ build, visibility: 'public' }), changes: true },
  'delete-build': { of: (build) => ({ build }), changes: true },
  'show-server': { all: [{}] },
  'server-info': { all: [SERVER_INFO] },
};

const databases = bothDatabases();

describe.each(databases)('over $name', ({ open, skip }) => {
  let context: OperationContext;
  beforeAll(async () => {
    if (skip) return;
    const store = await open();
    context = {
      store,
      wholeStore: store,
      blobs: memoryBlobs(),
      viewer: CONSOLE,
      collector: null,
      now: () => START + 86_400_000,
      version: '1',
      logRoots: [],
      sample: null,
      reportTemplate: async () => '<title><!--report-title--></title><script><!--report-data--></script>',
    };
    for (const [n, kind] of KINDS.entries()) {
      const log = Buffer.from(`told in a log: zz${kind}word\n`);
      const blob = createHash('sha256').update(log).digest('hex');
      await store.blobIndex.noteBlob(blob, await context.blobs.put(blob, [log], 1000), START);
      const drawn = drawBuild(`
        zz${kind}:do_compile ====       cputime=${n + 1} zz${kind}number=7
        other:do_compile     .. ===F    cputime=2 <- zz${kind}:do_compile
      `);
      await store.saveBuild(
        ID[kind],
        {
          ...drawn,
          logs: drawn.failures.map(({ row, pf, task, mc }) => ({
            ...{ kind: 'failure' as const, row, pf, task, mc, blob },
            bytes: log.length,
            originalBytes: null,
          })),
          name: `zz${kind}-name`,
          machine: `zz${kind}-machine`,
          distro: `zz${kind}-distro`,
          builder: `zz${kind}-builder`,
          targets: [`zz${kind}-target`],
          startedMs: START + n * 60_000,
          endedMs: START + n * 60_000 + 10_000,
          outcome: 'succeeded',
          host: { ...drawn.host, name: `zz${kind}-host`, distro: `zz${kind}-os` },
          layers: [{ name: 'meta', branch: `zz${kind}-branch`, commit: null, modified: null }],
          failures: drawn.failures.map((failure) => ({ ...failure, cause: `zz${kind} does not compile` })),
          qaIssues: [
            {
              qaClass: `zz${kind}-class`,
              severity: 'warning',
              pf: drawn.recipes.find(({ pn }) => pn === `zz${kind}`)?.pf ?? null,
              task: 'do_package_qa',
              message: `zz${kind} is not shipped`,
            },
          ],
        },
        { access: { visibility: kind, owner: kind === 'public' ? null : OWNER.account, receivedMs: START } },
      );
      const told = { durationMs: null, detail: `zz${kind}-detail` };
      await store.tests.save(
        ID[kind],
        {
          ...{ key: `zz${kind}-run`, format: 'oeqa', type: 'runtime', series: null, machine: 'm', image: null },
          ...{ distro: null, startedMs: START, layers: [], configuration: {}, suites: [], withoutStatus: [] },
          cases: [
            { ...told, name: 'shared.case', status: 'PASSED' },
            { ...told, name: `zz${kind}.case`, status: 'FAILED' },
          ],
        },
        START,
      );
    }
    await indexLogs({ store, blobs: context.blobs });
    await store.addAlias(ALIAS, ID.private);
    const pending = await store.failureIndex.pending(1, 10);
    await store.failureIndex.write({
      rules: 1,
      logs: [],
      failures: pending.map(({ build, ordinal, id, pn, task }) => {
        const kind = KINDS.find((one) => ID[one] === id)!;
        const text = `zz${kind} was not found`;
        const crossHash = HASH[kind].split('').reverse().join('');
        const fingerprint = { hash: HASH[kind], crossHash, class: 'other', infrastructure: false, pn, task, text };
        return { build, ordinal, cause: text, causeLine: null, fingerprint };
      }),
    });
    await store.triage.change(
      Object.values(HASH),
      { state: 'known', note: 'zznote' },
      { account: null, name: 'console' },
      START,
    );
  });
  afterAll(() => context?.store.close());
  const it = test.skipIf(skip);

  /** What it comes to, with what was asked for left out, so that two can be compared. */
  async function ask(name: OperationName, input: unknown, viewer: Viewer, asked: string) {
    const plain = (text: string) => (asked === '' ? text : text.replaceAll(asked, '<asked>'));
    try {
      const answer = answerOf(await runOperation(contextFor(context, viewer), name, input as never));
      const bytes = answer.kind === 'json' ? answer.bytes : answer.file.bytes;
      return { good: true, text: plain(Buffer.from(bytes).toString('latin1')) };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error;
      return { good: false, text: plain(`${error.code}: ${error.message}`) };
    }
  }

  function expectNothingOf(
    text: string,
    viewer: Viewer,
    may: (viewer: Viewer, kind: Visibility) => boolean,
    what: string,
  ) {
    for (const kind of KINDS) {
      if (may(viewer, kind)) continue;
      expect(text, `${what} tells of the ${kind} build`).not.toContain(`zz${kind}`);
      expect(text, `${what} tells the id of the ${kind} build`).not.toContain(ID[kind]);
    }
  }

  const names = Object.keys(OPERATIONS) as OperationName[];
  it.each(names)('%s', async (name) => {
    const row: Row<OperationName> | undefined = ROWS[name];
    expect(row, `${name} has no row here`).toBeDefined();
    if (row === undefined || 'not' in row) return;
    for (const [who, viewer] of VIEWERS) {
      for (const input of row.all ?? []) {
        const { text } = await ask(name, input, viewer, '');
        // What was searched for is in no answer but as part of a build.
        expectNothingOf(text, viewer, listed, `${name} for ${who}`);
      }
      if (row.of === undefined) continue;
      const { of } = row;
      const absent = (form: (id: string) => string) => ask(name, of(form(ABSENT)), viewer, form(ABSENT));
      for (const kind of KINDS) {
        const what = `${name} of the ${kind} build for ${who}`;
        const may = readable(viewer, kind);
        if (row.changes === true) {
          if (own(viewer)) continue;
          const refused = await ask(name, of(ID[kind]), viewer, ID[kind]);
          expect(refused.good, what).toBe(false);
          expect(refused.text.startsWith('forbidden'), what).toBe(may);
          if (!may) expect(refused, what).toEqual(await absent((id) => id));
          continue;
        }
        const whole = await ask(name, of(ID[kind]), viewer, ID[kind]);
        if (!may) expect(whole, what).toEqual(await absent((id) => id));
        else if (!OF_LOGS.includes(name)) expect(whole.good, `${what}: ${whole.text}`).toBe(true);
        expectNothingOf(whole.text, viewer, (v, k) => listed(v, k) || (k === kind && may), what);
        if (name === 'find-announced') {
          expect(whole.text.includes('"id":null'), what).toBe(!may);
          continue;
        }
        // The beginning of an id is a search, twenty digits of it an address.
        const short = (id: string) => id.slice(0, 13);
        const long = (id: string) => id.slice(0, 24);
        if (!listed(viewer, kind))
          expect(await ask(name, of(short(ID[kind])), viewer, short(ID[kind])), what).toEqual(await absent(short));
        if (!may) expect(await ask(name, of(long(ID[kind])), viewer, long(ID[kind])), what).toEqual(await absent(long));
      }
      if (!own(viewer) && row.changes === undefined && name !== 'find-announced')
        expect(await ask(name, of(ALIAS), viewer, ALIAS), `${name} of an alias for ${who}`).toEqual(
          await absent((id) => id),
        );
    }
  });

  it('what is said of a kind of failure that only hidden builds have is not there, and nobody can say more', async () => {
    for (const [who, viewer] of VIEWERS)
      for (const kind of KINDS) {
        const fingerprint = HASH[kind];
        const none = '4'.repeat(16);
        const shown = await ask('show-triage', { fingerprint }, viewer, fingerprint);
        const change = await ask('triage-failures', { fingerprints: [fingerprint], note: 'x' }, viewer, fingerprint);
        expect(shown.good, `${kind} for ${who}`).toBe(listed(viewer, kind));
        if (listed(viewer, kind)) continue;
        expect(shown, who).toEqual(await ask('show-triage', { fingerprint: none }, viewer, none));
        expect(change, who).toEqual(await ask('triage-failures', { fingerprints: [none], note: 'x' }, viewer, none));
        expect(change.good).toBe(false);
      }
  });

  it('the last build, and a count, are of what one may see', async () => {
    for (const [who, viewer] of VIEWERS) {
      const last = await ask('show-build', { build: '@last' }, viewer, '');
      expect(last.text, who).toContain(own(viewer) ? 'zzprivate-name' : 'zzpublic-name');
      expectNothingOf(last.text, viewer, listed, who);
      const beyond = await ask('show-build', { build: '@last~1' }, viewer, '');
      expect(beyond.good, who).toBe(own(viewer));
      if (!own(viewer)) expect(beyond.text).toContain('only 1 builds');
      const info = await ask('server-info', SERVER_INFO, viewer, '');
      expect(info.text).toContain(`"builds":${own(viewer) ? 3 : 1}`);
    }
  });

  it('a metric that only a hidden build has is not known to those who may not see it', async () => {
    const of = (metric: string) => ({ recipe: null, task: null, mc: '', metric, builds: 10 });
    for (const [who, viewer] of VIEWERS)
      for (const kind of KINDS) {
        const metric = `zz${kind}number`;
        const answer = await ask('trend', of(metric), viewer, metric);
        if (listed(viewer, kind)) expect(answer.good, `${metric} for ${who}`).toBe(true);
        else expect(answer, `${metric} for ${who}`).toEqual(await ask('trend', of('zznothing'), viewer, 'zznothing'));
      }
  });

  it('whoever has no secret hears the same of a hidden build as of none', async () => {
    const offers = { from, secret: 'x'.repeat(43), blobs: [] };
    for (const kind of KINDS)
      expect(await ask('offer-blobs', { ...offers, build: ID[kind] }, STRANGER, ID[kind])).toEqual(
        await ask('offer-blobs', { ...offers, build: ABSENT }, STRANGER, ABSENT),
      );
  });
});
