/**
 * Failures of the generated farm against what is known of it: every story is one kind, no kind holds two, and each range of blame has the commit in it
 * that broke or mended the recipe. And what the page Failures takes, of 240 builds and of 10,000 failures.
 */
import { join } from 'node:path';
import { indexFailures } from '../../src/collector/index-failures.ts';
import { readBlame } from '../../src/operations/blame-failure.ts';
import type { OperationContext } from '../../src/operations/context.ts';
import { listUnsteady } from '../../src/operations/list-unsteady.ts';
import { showWeek } from '../../src/operations/show-week.ts';
import { memoryBlobs } from '../../src/store/blobs/index.ts';
import { openStore } from '../../src/store/index.ts';
import { CONSOLE, type FailureLine, STRANGER, type Store } from '../../src/store/store.ts';
import { farmHistory } from '../generate/farm-history.ts';
import { holds } from '../generate/farm-truth.ts';
import { type StoredFarmBuild, storeFarm } from '../generate/store-farm.ts';
import { STORIES } from '../generate/stories.ts';
import { milliseconds } from '../measure.ts';
import { absolute, type Row, type RowResult } from '../row.ts';
import { multiply } from './search.ts';

const BUILDS = 240;
/** Of its 158 failures this makes 10,112. */
const COPIES = 64;

interface Told {
  readonly line: FailureLine;
  readonly story: string;
}

async function allFailures(store: Store, builds: readonly StoredFarmBuild[]): Promise<Told[]> {
  const truth = new Map(builds.map(({ id, truth: told }) => [id, told]));
  const found: Told[] = [];
  let after: string | null = null;
  do {
    const page = await store.listFailures({}, {}, { after, limit: 500 });
    for (const line of page.failures) {
      const told = truth.get(line.build)?.find(({ pf, task }) => task === line.task && pf.startsWith(`${line.pn}-`));
      if (told === undefined) throw new Error(`nothing is known of ${line.id}`);
      found.push({ line, story: told.story });
    }
    after = page.next;
  } while (after !== null);
  return found;
}

/** Kinds that hold two stories, and stories that are in two kinds. */
async function wrongKinds(store: Store, failures: readonly Told[]): Promise<{ kinds: number; wrong: number }> {
  const { groups } = await store.groupFailures({}, {}, 500);
  const kindOf = new Map(groups.flatMap(({ fingerprints, crossHash }) => fingerprints.map((one) => [one, crossHash])));
  const stories = new Map<string, Set<string>>();
  const kinds = new Map<string, Set<string>>();
  for (const { line, story } of failures) {
    const kind = kindOf.get(line.fingerprint ?? '') ?? 'none';
    stories.set(story, (stories.get(story) ?? new Set()).add(kind));
    kinds.set(kind, (kinds.get(kind) ?? new Set()).add(story));
  }
  const wrong = [...stories.values(), ...kinds.values()].filter((set) => set.size > 1).length;
  return { kinds: groups.length, wrong };
}

async function wrongRanges(
  context: OperationContext,
  failures: readonly Told[],
): Promise<{ ranges: number; wrong: number; none: number; ms: number }> {
  const result = { ranges: 0, wrong: 0, none: 0, ms: 0 };
  for (const { line, story: id } of failures) {
    const story = STORIES.find((one) => one.id === id);
    if (story === undefined || story.layer === null || story.chance < 1) continue;
    const start = performance.now();
    const blame = await readBlame(context, { build: line.build, mc: '', pn: line.pn!, task: line.task! });
    result.ms = Math.max(result.ms, performance.now() - start);
    for (const [range, at] of [
      [blame?.broke ?? null, story.from],
      [blame?.fixed ?? null, story.to],
    ] as const) {
      if (range === null) {
        result.none++;
        continue;
      }
      result.ranges++;
      if (!holds(range, story.layer, at)) result.wrong++;
    }
  }
  return result;
}

async function took(rounds: number, run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[rounds >> 1]!;
}

export const triage: Row = {
  id: 'triage',
  async run(bench) {
    const results: RowResult[] = [];
    const file = join(bench.scratch, 'triage.db');
    const blobs = memoryBlobs();
    let store = await openStore(`sqlite:${file}`);
    const builds = await storeFarm(store, blobs, farmHistory({ builds: BUILDS }));
    await indexFailures({ store, blobs });
    const contextOf = (seen: Store): OperationContext => ({
      store: seen.seenBy(STRANGER),
      wholeStore: seen,
      blobs,
      viewer: CONSOLE,
      collector: null,
      now: () => builds.at(-1)!.build.endedMs!,
      version: '0',
      logRoots: [],
      sample: null,
      reportTemplate: null,
    });
    const context = contextOf(store);
    const failures = await allFailures(store, builds);
    const { kinds, wrong } = await wrongKinds(store, failures);
    const note = `${failures.length} failures are ${kinds} kinds, of ${new Set(failures.map(({ story }) => story)).size} stories`;
    results.push(
      absolute(`kinds of failures of ${BUILDS} farm builds that are not one story`, wrong, 'kinds', 0, note),
    );
    const blamed = await wrongRanges(context, failures);
    results.push(
      absolute(
        'ranges of blame without the commit that broke or mended it',
        blamed.wrong,
        `of ${blamed.ranges}`,
        0,
        `${blamed.none} ends have no pass on their side; the longest took ${milliseconds(blamed.ms)}`,
      ),
    );
    const unsteady = await took(3, () => listUnsteady(context, { filter: {}, builds: 500 }));
    results.push(absolute(`tasks that passed and failed with one hash, in ${BUILDS} builds`, unsteady, 'ms', null, ''));
    const week = await took(3, () => showWeek(context, { week: null, filter: {} }));
    results.push(absolute('summary of a week', week, 'ms', null, ''));
    await store.close();
    multiply(file, COPIES);
    store = await openStore(`sqlite:${file}`);
    const many = contextOf(store).store;
    const { failures: count } = await many.groupFailures({}, {}, 200);
    const groups = await took(5, () => many.groupFailures({}, {}, 200));
    results.push(
      absolute(`kinds of ${count} failures in ${BUILDS * COPIES} builds`, groups, 'ms', 200, 'grows with the failures'),
    );
    const list = await took(5, () => many.listFailures({}, { class: ['fetch'] }, { after: null, limit: 50 }));
    results.push(absolute('the newest 50 failures of one class among them', list, 'ms', 50, ''));
    await store.close();
    return results;
  },
};
