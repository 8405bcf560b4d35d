/** How things are measured here: A and B by turns, ratios of neighbours, medians of ratios, minima of times. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export interface Comparison {
  /** Median over the rounds of ours / floor: both of a round meet the same weather. */
  readonly ratio: number;
  readonly oursMs: number;
  readonly floorMs: number;
  /** `95 / 120 ms`: the smallest of each, which is the machine at its quietest. */
  readonly note: string;
}

function compared(ours: readonly number[], floor: readonly number[]): Comparison {
  const oursMs = Math.min(...ours);
  const floorMs = Math.min(...floor);
  return {
    ratio: median(ours.map((ms, i) => ms / floor[i]!)),
    oursMs,
    floorMs,
    note: `${milliseconds(oursMs)} against ${milliseconds(floorMs)}`,
  };
}

export function milliseconds(ms: number): string {
  return ms < 10 ? `${ms.toFixed(2)} ms` : ms < 10_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Functions by turns in this process, after one round that does not count. `times`: how often each does its work in a round; times are of one. */
export async function compareFunctions(
  ours: () => unknown,
  floor: () => unknown,
  rounds: number,
  times = 1,
): Promise<Comparison> {
  const a: number[] = [];
  const b: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const first = await timed(round % 2 === 0 ? ours : floor);
    const second = await timed(round % 2 === 0 ? floor : ours);
    if (round < 0) continue;
    a.push((round % 2 === 0 ? first : second) / times);
    b.push((round % 2 === 0 ? second : first) / times);
  }
  return compared(a, b);
}

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Exit codes that are as good as 0: a comparison that found a regression. */
  readonly fine?: readonly number[];
}

export function node(script: string, ...args: string[]): Command {
  return { program: process.execPath, args: [script, ...args] };
}

export interface Finished {
  readonly ms: number;
  readonly stdout: string;
}

/** A whole process, its output thrown away unless asked for. Throws with its last words when it fails. */
export function runCommand(command: Command, keepOutput = false): Finished {
  const start = performance.now();
  const done = spawnSync(command.program, command.args, {
    // Writing to a pipe that is read costs the same for both sides of a comparison, and nothing is printed.
    stdio: ['ignore', keepOutput ? 'pipe' : 'ignore', 'pipe'],
    env: { ...process.env, ...command.env },
    maxBuffer: 1 << 30,
    encoding: 'utf8',
  });
  const ms = performance.now() - start;
  if (done.error !== undefined) throw done.error;
  if (done.status !== 0 && !(command.fine ?? []).includes(done.status ?? -1)) {
    throw new Error(
      `${command.program} ${command.args.join(' ')} ended with ${done.status}: ${done.stderr.slice(-500)}`,
    );
  }
  return { ms, stdout: keepOutput ? done.stdout : '' };
}

/** Whole processes by turns, after one of each that does not count (it fills the page cache). */
export function compareCommands(ours: Command, floor: Command, rounds: number): Comparison {
  const a: number[] = [];
  const b: number[] = [];
  runCommand(ours);
  runCommand(floor);
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) {
      a.push(runCommand(ours).ms);
      b.push(runCommand(floor).ms);
    } else {
      b.push(runCommand(floor).ms);
      a.push(runCommand(ours).ms);
    }
  }
  return compared(a, b);
}

/**
 * Largest resident memory of a node script, MB. VmHWM of /proc and not getrusage: that carries the size of the process which forked
 * over the exec, and the bench itself is larger than what it measures. Linux only; NaN elsewhere.
 */
export function peakMemoryMb(command: Command, scratch: string): number {
  const file = join(scratch, `peak-memory-${Math.round(performance.now() * 1000)}`);
  const hook = `
    import { readFileSync, writeFileSync } from 'node:fs';
    process.on('exit', () => writeFileSync(${JSON.stringify(file)}, readFileSync('/proc/self/status')));`;
  if (process.platform !== 'linux') return Number.NaN;
  runCommand({ ...command, args: ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, ...command.args] });
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? Number.NaN) / 1024;
}
