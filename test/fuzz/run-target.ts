import { Worker } from 'node:worker_threads';
import type { FuzzWord, FuzzWork } from './worker.ts';

export interface FuzzResult {
  readonly cases: number;
  /** Cases of which at least one build was read; and those that were refused, or held none. */
  readonly read: number;
  readonly refused: number;
  readonly defects: readonly { readonly seed: number; readonly stack: string }[];
}

/** A case is some 100 KB: milliseconds. One that takes this long is not bounded, however slow the machine. */
const HANG_MS = 20_000;
/** Of one thread. The readers of these cases need some 50 MB. */
const HEAP_MB = 512;

/** Runs cases `firstSeed` to `firstSeed + cases` in a thread of their own; a hang or a death is a defect of the case it happened in. */
export function runTarget(target: string, firstSeed: number, cases: number): Promise<FuzzResult> {
  const at = new Int32Array(new SharedArrayBuffer(4));
  const work: FuzzWork = { target, firstSeed, cases, at };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: work,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  const defects: { seed: number; stack: string }[] = [];
  return new Promise((resolve) => {
    let before = -1;
    let sinceMs = Date.now();
    const finish = (read: number, refused: number): void => {
      clearInterval(timer);
      resolve({ cases: Atomics.load(at, 0) - firstSeed + 1, read, refused, defects });
    };
    const timer = setInterval(() => {
      const seed = Atomics.load(at, 0);
      if (seed !== before) [before, sinceMs] = [seed, Date.now()];
      else if (Date.now() - sinceMs > HANG_MS) {
        defects.push({ seed, stack: `takes longer than ${HANG_MS} ms` });
        void worker.terminate();
        finish(0, 0);
      }
    }, 500);
    worker.on('message', (word: FuzzWord) => {
      if (word.type === 'defect') defects.push(word);
      else finish(word.read, word.refused);
    });
    worker.on('error', (error: unknown) => {
      defects.push({ seed: Atomics.load(at, 0), stack: error instanceof Error ? (error.stack ?? '') : String(error) });
      finish(0, 0);
    });
  });
}
