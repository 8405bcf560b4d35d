/** Runs the cases of one target, one after the other, and says before each which it is: a case that hangs is known by that. */
import { parentPort, workerData } from 'node:worker_threads';
import { BakehouseError } from '../../src/model/errors.ts';
import { mutate, randomFrom } from './mutate.ts';
import { BuildCheck, TARGETS } from './targets.ts';

export interface FuzzWork {
  readonly target: string;
  readonly firstSeed: number;
  readonly cases: number;
  /** [0]: the seed that is worked on; shared, so that it is seen while the thread is busy. */
  readonly at: Int32Array;
}

export type FuzzWord =
  | { readonly type: 'defect'; readonly seed: number; readonly stack: string }
  | { readonly type: 'done'; readonly read: number; readonly refused: number };

const { target: name, firstSeed, cases, at } = workerData as FuzzWork;
const say = (word: FuzzWord): void => parentPort?.postMessage(word);

const target = TARGETS.find((one) => one.name === name);
if (target === undefined) throw new Error(`no target ${name}`);
const seeds = await target.seeds();
const check = await BuildCheck.open();
let read = 0;
let refused = 0;
for (let seed = firstSeed; seed < firstSeed + cases; seed++) {
  Atomics.store(at, 0, seed);
  const random = randomFrom(seed);
  // The first cases are the seeds as they are: a target that cannot read those tests nothing.
  const bytes = seed < seeds.length ? seeds[seed]! : mutate(seeds, random);
  try {
    const builds = await target.read(bytes, random);
    for (const build of builds) await check.check(build);
    if (builds.length > 0) read++;
    else refused++;
  } catch (error) {
    if (error instanceof BakehouseError) refused++;
    else say({ type: 'defect', seed, stack: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
}
await check.close();
say({ type: 'done', read, refused });
