/**
 * The first answer of a search, through the operation as the server asks it: counts of all four kinds and the first five of each, from 1,000 builds
 * with 10,000 failures. And the same from 100 times as many: what grows is walked no further than the bounds of store/search.ts.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Build, Failure } from '../../src/model/build.ts';
import type { OperationContext } from '../../src/operations/context.ts';
import { search as searchOperation } from '../../src/operations/search.ts';
import { memoryBlobs } from '../../src/store/blobs/index.ts';
import { openStore } from '../../src/store/index.ts';
import { CONSOLE, STRANGER, type Store } from '../../src/store/store.ts';
import { generateBuild, varyBuild } from '../generate.ts';
import { milliseconds } from '../measure.ts';
import { absolute, type Row, type RowResult } from '../row.ts';
import { thousands } from './read.ts';
import { buildId } from './store.ts';

const FAILURES_A_BUILD = 10;
const FINGERPRINTS = 400;
const HOSTS = ['debian-12', 'ubuntu-24.04', 'fedora-43', 'opensuseleap-15.6'];
const MACHINES = ['qemux86-64', 'qemuarm64', 'qemuarm', 'qemuriscv64', 'beaglebone-yocto'];
const CAUSES = [
  'main.c:120:9: error: implicit declaration of function',
  "undefined reference to `deflateInit2_'",
  'Fetcher failure for URL: https://downloads.example.org/source.tar.gz',
  'No space left on device',
  'configure: error: C compiler cannot create executables',
];

/** Searches as people make them, from the widest to one that finds a single recipe's failures. */
const SEARCHES = [
  '',
  'qemuarm',
  'error',
  'nowhere-to-be-found',
  'recipe:gcc*',
  'status:failed host:debian-12',
  'machine:qemuarm task:do_compile',
  'cause:"No space"',
  'layer:meta@00000',
];

function failing(base: Build, n: number): Build {
  const varied = varyBuild(base, n);
  const failures: Failure[] = Array.from({ length: FAILURES_A_BUILD }, (_, i) => {
    const recipe = base.recipes[(n * 7 + i * 13) % base.recipes.length]!;
    return {
      row: null,
      pf: recipe.pf,
      task: i % 3 === 0 ? 'do_fetch' : 'do_compile',
      mc: '',
      cause: `${CAUSES[(n + i) % CAUSES.length]} (${recipe.pn} ${n % 50})`,
      logPath: null,
    };
  });
  return {
    ...varied,
    machine: MACHINES[n % MACHINES.length]!,
    host: { ...varied.host, distro: HOSTS[n % HOSTS.length]! },
    outcome: 'failed',
    failures,
    layers: [{ name: 'meta', branch: 'master', commit: (n >> 3).toString(16).padStart(40, '0'), modified: false }],
  };
}

/** As the collector leaves them: 10,000 failures of 400 kinds. Without fingerprints each line would be a cause of its own. */
function giveFingerprints(file: string): void {
  const db = new DatabaseSync(file);
  const insert = db.prepare(
    `insert into fingerprints (hash, cross_hash, rules, class, infrastructure, text) values (?, ?, 1, 'compile', 0, 'x')`,
  );
  for (let n = 0; n < FINGERPRINTS; n++) {
    const hash = n.toString(16).padStart(16, '0');
    insert.run(hash, hash);
  }
  db.exec(`update failures set fingerprint = 1 + abs(build * 7 + ordinal * 31) % ${FINGERPRINTS}`);
  db.close();
}

/**
 * Copies of every build by SQL: saving 100,000 takes a quarter of an hour. Each fortieth recipe run comes along, which a search looks at by the
 * hundred builds only.
 */
export function multiply(file: string, times: number): void {
  const db = new DatabaseSync(file);
  const columns = (table: string, but: string) =>
    (db.prepare(`select name from pragma_table_info('${table}')`).all() as { name: string }[])
      .map(({ name }) => name)
      .filter((name) => name !== but);
  const builds = columns('builds', 'number').filter(
    (name) => name !== 'id' && name !== 'order_ms' && name !== 'started_ms',
  );
  db.exec('pragma synchronous = off; begin');
  const { last } = db.prepare('select max(number) as last from builds').get() as { last: number };
  for (let copy = 1; copy < times; copy++) {
    const shift = copy * last;
    db.exec(`insert into builds (number, id, started_ms, order_ms, ${builds})
      select number + ${shift}, printf('%08x', ${copy}) || substr(id, 9), started_ms - ${copy} * 86400000, order_ms - ${copy} * 86400000, ${builds}
      from builds where number <= ${last}`);
    for (const table of ['failures', 'build_layers', 'build_targets', 'recipe_runs']) {
      const rest = columns(table, 'build');
      db.exec(`insert into ${table} (build, ${rest}) select build + ${shift}, ${rest} from ${table}
        where build <= ${last}${table === 'recipe_runs' ? ' and ordinal % 40 = 0' : ''}`);
    }
  }
  db.exec('commit');
  db.close();
}

/** The longest of the searches, as the median of some rounds each, for somebody who is not signed in. */
async function ask(store: Store, rounds: number): Promise<{ ms: number; q: string; all: string }> {
  const context: OperationContext = {
    store: store.seenBy(STRANGER),
    wholeStore: store,
    blobs: memoryBlobs(),
    viewer: CONSOLE,
    collector: null,
    now: () => Date.now(),
    version: '0',
    logRoots: [],
    sample: null,
    reportTemplate: null,
  };
  const times: { ms: number; q: string }[] = [];
  for (const q of SEARCHES) {
    const each: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      await searchOperation(context, { q, kind: null, after: null, limit: 5 });
      each.push(performance.now() - start);
    }
    each.sort((a, b) => a - b);
    times.push({ ms: each[rounds >> 1]!, q });
  }
  const all = times.map(({ q, ms }) => `${q === '' ? 'everything' : q} ${milliseconds(ms)}`).join(', ');
  times.sort((a, b) => b.ms - a.ms);
  return { ...times[0]!, all };
}

export const search: Row = {
  id: 'search',
  async run(bench) {
    const results: RowResult[] = [];
    const base = generateBuild({ tasks: 3000, samplesHz: 0 });
    const builds = bench.options.quick ? 50 : 1000;
    const file = join(bench.scratch, 'search.db');
    bench.progress(`storing ${builds} builds with ${FAILURES_A_BUILD} failures each`);
    let store = await openStore(`sqlite:${file}`);
    for (let n = 0; n < builds; n++) await store.saveBuild(buildId(n), failing(base, n));
    giveFingerprints(file);
    for (const times of bench.options.quick ? [1] : [1, 100]) {
      if (times > 1) {
        await store.close();
        bench.progress(`making ${times} times as many of them`);
        multiply(file, times);
        store = await openStore(`sqlite:${file}`);
      }
      const { ms, q, all } = await ask(store, times === 1 ? 15 : 5);
      const what = `first answer of a search in ${thousands(builds * times)} builds with ${thousands(builds * times * FAILURES_A_BUILD)} failures`;
      results.push(
        absolute(
          what,
          ms,
          'ms',
          times === 1 ? 50 : null,
          `the longest of ${SEARCHES.length}, ${q === '' ? 'everything' : q}: ${all}`,
        ),
      );
    }
    await store.close();
    return results;
  },
};
