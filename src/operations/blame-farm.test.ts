/** Ranges of blame on a generated farm of which it is known which commit broke and mended what, also after its old revisions were built again. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FarmBuild, farmHistory } from '../../bench/generate/farm-history.ts';
import { holds, placeOf } from '../../bench/generate/farm-truth.ts';
import { type StoredFarmBuild, storeFarm } from '../../bench/generate/store-farm.ts';
import { STORIES } from '../../bench/generate/stories.ts';
import { blameRange } from '../analysis/blame-range.ts';
import { indexFailures } from '../collector/index-failures.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { failureKeys } from '../store/facts.ts';
import { openStore } from '../store/index.ts';
import { STRANGER, type Store } from '../store/store.ts';
import { BLAME_BUILDS_MAX, historyRun, readBlame } from './blame-failure.ts';
import type { OperationContext } from './context.ts';
import { showFailure } from './show-failure.ts';
import { showRecipe, USUAL_STRIP_KEYS } from './show-recipe.ts';

const DAY = 86_400_000;
/** Every so many-th build is built again when the farm's history is over. */
const AGAIN = 4;

let store: Store;
let context: OperationContext;
let farm: readonly StoredFarmBuild[];

/** The same revisions, by somebody who looks for something: of some builds, newest first, an hour apart. */
function* builtAgain(history: readonly FarmBuild[]): Generator<FarmBuild> {
  const end = history.at(-1)!.build.endedMs! + DAY;
  const some = history.filter((_, i) => i % AGAIN === 1).reverse();
  for (const [i, { build, logs, truth }] of some.entries()) {
    const startedMs = end + i * 3_600_000;
    const name = `again-${i}`;
    const tasks = { ...build.tasks };
    yield { logs, truth, build: { ...build, name, startedMs, endedMs: startedMs + 60_000, tasks } };
  }
}

beforeAll(async () => {
  store = await openStore('sqlite::memory:');
  const blobs = memoryBlobs();
  farm = await storeFarm(store, blobs, farmHistory({ builds: 240 }));
  await indexFailures({ store, blobs });
  const seen = store.seenBy(STRANGER);
  context = { store: seen, wholeStore: store, blobs, viewer: STRANGER } as unknown as OperationContext;
});
afterAll(() => store.close());

type Ranges = (
  build: string,
  pn: string,
  task: string,
) => Promise<Pick<NonNullable<Awaited<ReturnType<typeof readBlame>>>, 'broke' | 'fixed'> | null>;

const byRevision: Ranges = (build, pn, task) => readBlame(context, { build, mc: '', pn, task });

/** What it was before: the order of starts alone. */
const byStart: Ranges = async (build, pn, task) => {
  const history = await context.store.readTaskHistory({ mc: '', pn, task, like: build, builds: BLAME_BUILDS_MAX });
  return blameRange(history.map(historyRun), build) as Awaited<ReturnType<Ranges>>;
};

/** Failures that a commit brought, every time, and of which a commit is known that mended them. */
async function judged(read: Ranges): Promise<{ ranges: number; wrong: string[] }> {
  const told = { ranges: 0, wrong: [] as string[] };
  for (const { id, build, truth } of farm)
    for (const { pf, task, story: name } of truth) {
      const story = STORIES.find((one) => one.id === name);
      if (story === undefined || story.layer === null || story.chance < 1) continue;
      const { pn } = build.recipes.find((recipe) => recipe.pf === pf)!;
      const blame = await read(id, pn!, task);
      for (const [what, range, at] of [
        ['broke', blame?.broke ?? null, story.from],
        ['fixed', blame?.fixed ?? null, story.to],
      ] as const) {
        if (range === null) continue;
        told.ranges++;
        if (!holds(range, story.layer, at)) told.wrong.push(`${name} of ${id.slice(0, 8)} ${what}`);
      }
    }
  return told;
}

test('every range has the commit in it that did it', async () => {
  expect(await judged(byRevision)).toEqual({ ranges: 106, wrong: [] });
});

test('the page of a recipe and that of its failure tell the same range', async () => {
  const recipes = new Set(
    farm.flatMap(({ build }) => build.failures.flatMap(({ pf }) => pf?.replace(/-[^-]*-r0$/, '') ?? [])),
  );
  let compared = 0;
  // By builders as well, of which each may have built for all machines; of one recipe, for the time it takes.
  for (const pn of recipes)
    for (const by of pn === 'busybox' ? ([USUAL_STRIP_KEYS, ['builder']] as const) : [USUAL_STRIP_KEYS]) {
      const { runs, strips } = await showRecipe(context, { pn, filter: {}, by, limit: 500 });
      for (const { blamed, blame } of strips) {
        if (blamed === null) continue;
        const { failure } = runs[blamed]!;
        expect((await showFailure(context, { failure: failure!.address })).blame).toEqual(blame);
        compared++;
      }
    }
  expect(compared).toBeGreaterThan(20);
});

test('revisions that are built again later neither break nor mend anything', async () => {
  await storeFarm(store, memoryBlobs(), builtAgain(farm));
  await indexFailures({ store, blobs: context.blobs });
  const { ranges, wrong } = await judged(byRevision);
  expect(wrong).toEqual([]);
  expect(ranges).toBeGreaterThanOrEqual(106);
  // So it was before, and so the test can fail.
  expect((await judged(byStart)).wrong.length).toBeGreaterThan(0);
});

test('what to try next lies between the ends, and says what others said of it', async () => {
  const young = await openStore('sqlite::memory:');
  try {
    const blobs = memoryBlobs();
    // While busybox does not build for qemuriscv64.
    const builds = await storeFarm(young, blobs, farmHistory({ builds: 80 }));
    await indexFailures({ store: young, blobs });
    const seen = { ...context, store: young.seenBy(STRANGER), wholeStore: young, blobs };
    let middles = 0;
    for (const { id, build, truth } of builds)
      for (const [i, { story: name }] of truth.entries()) {
        if (name !== 'busybox-riscv') continue;
        const [key] = failureKeys(build.failures).slice(i);
        const { blame, next } = await showFailure(seen, { failure: `${id}.${key}` });
        expect(next === null).toBe(blame?.broke?.worth !== 'revisions' || blame.fixed !== null);
        if (next === null) continue;
        const { broke } = blame!;
        for (const { layers, command } of next.commands) {
          const { from, to } = broke!.layers.find((layer) => layer.name === layers[0])!;
          expect(command).toBe(`git bisect start ${to!.slice(0, 12)} ${from!.slice(0, 12)} --`);
        }
        if (next.middle === null) continue;
        middles++;
        const places = (of: (layer: { from: string | null; to: string | null; name: string }) => string | null) =>
          broke!.layers.map((layer) => placeOf(layer.name, of(layer)));
        const at = places(({ name: layer }) => next.middle!.layers.find((one) => one.name === layer)!.commit);
        const [from, to] = [places((layer) => layer.from), places((layer) => layer.to)];
        expect(at.every((place, layer) => from[layer]! <= place && place <= to[layer]!)).toBe(true);
        expect([from.join(), to.join()]).not.toContain(at.join());
        // It is of one machine alone, and others built it.
        for (const { machine, failure } of next.middle.told) if (machine !== 'qemuriscv64') expect(failure).toBeNull();
      }
    expect(middles).toBeGreaterThan(0);
  } finally {
    await young.close();
  }
});
