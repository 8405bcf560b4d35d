/**
 * What the machine would have shown while the tasks ran: each task's CPU time, bytes and memory spread evenly over its
 * time, so that strips and bars tell one story. Values are as the class writes them, with upstream's fault in diskstats.
 */
import { Random } from './random.ts';
import {
  CHILD_MAXRSS,
  CHILD_STIME,
  CHILD_UTIME,
  READ_BYTES,
  SELF_STIME,
  SELF_UTIME,
  type SimulatedBuild,
  WRITE_BYTES,
} from './simulate.ts';

export interface SampleRow {
  /** The integer second that stands above the block. */
  readonly timeS: number;
  readonly lines: readonly string[];
}

/** By path in the build's folder: `reduced_proc_stat.log`, `reduced_proc_pressure/cpu.log` … */
export type SampleFiles = ReadonlyMap<string, readonly SampleRow[]>;

const MEM_TOTAL_KIB = 131_817_364;
const DISK_BYTES = 1_920_383_410_176;

/** Numbers per second over a stretch of time, spread from intervals. */
class Spread {
  readonly #rate: Float64Array;
  readonly #fromS: number;

  constructor(fromS: number, toS: number) {
    this.#fromS = fromS;
    this.#rate = new Float64Array(Math.ceil(toS - fromS) + 3);
  }

  /** Adds `amount` evenly over the interval: an amount a second at its start, taken off again at its end. */
  add(startS: number, endS: number, perSecond: number): void {
    const a = startS - this.#fromS;
    const b = endS - this.#fromS;
    const rate = this.#rate;
    const i = Math.floor(a);
    const j = Math.min(Math.floor(b), rate.length - 3);
    // Second differences of the integral: exact for partial seconds at both ends, O(1) for tasks of an hour.
    rate[i]! += perSecond * (i + 1 - a);
    rate[i + 1]! += perSecond * (a - i);
    rate[j]! -= perSecond * (j + 1 - b);
    rate[j + 1]! -= perSecond * (b - j);
  }

  /** Mean per second, by second since the start. Call once, after the last add. */
  perSecond(): Float64Array {
    let sum = 0;
    return this.#rate.map((d) => {
      sum += d;
      return Math.max(0, sum);
    });
  }
}

export function sampleFiles(build: SimulatedBuild): SampleFiles {
  const { options } = build;
  const files = new Map<string, SampleRow[]>();
  if (options.samplesHz <= 0 || options.era === '2011' || build.runs.length === 0) return files;
  const random = new Random(`samples ${options.seed}`);
  const fromS = Math.floor(build.startedS);
  const user = new Spread(fromS, build.endedS);
  const system = new Spread(fromS, build.endedS);
  const reads = new Spread(fromS, build.endedS);
  const writes = new Spread(fromS, build.endedS);
  const rss = new Spread(fromS, build.endedS);
  const network = new Spread(fromS, build.endedS);
  for (const run of build.runs) {
    const end = Number.isNaN(run.endedS) ? build.endedS : run.endedS;
    const wall = Math.max(1e-3, end - run.startedS);
    const m = run.metrics;
    if (m.length === 0) {
      user.add(run.startedS, end, 0.8);
      continue;
    }
    user.add(run.startedS, end, (m[SELF_UTIME]! + m[CHILD_UTIME]!) / wall);
    system.add(run.startedS, end, (m[SELF_STIME]! + m[CHILD_STIME]!) / wall);
    reads.add(run.startedS, end, m[READ_BYTES]! / wall);
    writes.add(run.startedS, end, m[WRITE_BYTES]! / wall);
    // Many children share the time; the largest one times half the parallelism is near what top shows.
    rss.add(run.startedS, end, m[CHILD_MAXRSS]! * Math.max(1, (m[CHILD_UTIME]! / wall) * 0.5));
    network.add(run.startedS, end, run.downloaded / wall);
  }
  const userPerS = user.perSecond();
  const systemPerS = system.perSecond();
  const readPerS = reads.perSecond();
  const writePerS = writes.perSecond();
  const rssKib = rss.perSecond();
  const networkPerS = network.perSecond();

  const file = (path: string): SampleRow[] => {
    const rows: SampleRow[] = [];
    files.set(path, rows);
    return rows;
  };
  const stat = file('reduced_proc_stat.log');
  const meminfo = file('reduced_proc_meminfo.log');
  const diskstats = file('reduced_proc_diskstats.log');
  const monitor = file('monitor_disk.log');
  const today = options.era === 'today';
  const net = today ? file('reduced_proc_net.log') : null;
  const cpuPressure = today ? file('reduced_proc_pressure/cpu.log') : null;
  const ioPressure = today ? file('reduced_proc_pressure/io.log') : null;
  const memoryPressure = today ? file('reduced_proc_pressure/memory.log') : null;

  let cachedKib = 8_000_000;
  let usedBytes = 412_316_860_416;
  let rxBytes = 3_679_185_652;
  let txBytes = 8_489_044;
  const loBytes = 2_219_802_083;
  const averages = { cpu: [0, 0, 0], io: [0, 0, 0], memory: [0, 0, 0] };
  // avg10, avg60 and avg300 are exponential means, as the kernel's.
  const pressureLine = (means: number[], stalled: number, intervalS: number): string => {
    [10, 60, 300].forEach((window, i) => {
      const keep = Math.exp(-intervalS / window);
      means[i] = means[i]! * keep + 100 * stalled * (1 - keep);
    });
    return `${means.map((m) => m.toFixed(2)).join(' ')} ${Math.round(stalled * intervalS * 1e6)}`;
  };

  let atS = build.runs[0]!.queuedS;
  let previousS = atS;
  let first = true;
  const push = (rows: SampleRow[] | null, timeS: number, ...lines: string[]): void => {
    rows?.push({ timeS, lines });
  };
  for (;;) {
    const timeS = Math.round(atS);
    const intervalS = Math.max(0.2, atS - previousS);
    const second = Math.min(userPerS.length - 1, Math.max(0, Math.floor(atS - fromS)));
    const clip = (share: number): number => Math.min(1, Math.max(0, share));
    const wanted = (userPerS[second]! + systemPerS[second]!) / options.cores;
    // More than all cores cannot be used: both shares shrink alike.
    const fit = Math.min(1, 0.985 / Math.max(wanted, 1e-9));
    const busyUser = clip((userPerS[second]! / options.cores) * fit * random.between(0.96, 1.01) + 0.004);
    const busySystem = Math.min(
      1 - busyUser,
      clip((systemPerS[second]! / options.cores) * fit * random.between(0.96, 1.01) + 0.003),
    );
    const wait = Math.min(1 - busyUser - busySystem, clip(writePerS[second]! / 2.2e9) * 0.3 * random.next());
    // Shares are quotients of whole ticks, which is where their long tails come from.
    const ticks = Math.max(1, Math.round(intervalS * 100 * options.cores));
    const share = (value: number): string => pyFloat(Math.round(value * ticks) / ticks);
    const readBytes = readPerS[second]! * random.between(0.7, 1.3);
    const writeBytes = writePerS[second]! * random.between(0.7, 1.3);
    usedBytes += Math.round((writeBytes * intervalS * 0.55) / 4096) * 4096;
    cachedKib = Math.min(80_000_000, cachedKib + (writeBytes * intervalS * 0.6) / 1024);
    const free = Math.max(900_000, MEM_TOTAL_KIB - 3_200_000 - cachedKib - rssKib[second]!);
    const received = Math.round(networkPerS[second]! * intervalS * random.between(0.9, 1.1));
    const sent = Math.round(received * 0.021);
    rxBytes += received;
    txBytes += sent;

    push(meminfo, timeS, `${MEM_TOTAL_KIB} ${Math.round(free)} 227624 ${Math.round(cachedKib)} 8388604 8388604`);
    push(
      net,
      timeS,
      `lo: ${loBytes} ${loBytes} 0 0`,
      `eth0: ${rxBytes} ${txBytes} ${first ? 0 : received} ${first ? 0 : sent}`,
      'docker0: 0 0 0 0',
    );
    if (!first) {
      push(stat, timeS, `${share(busyUser)} ${share(busySystem)} ${share(wait)}`);
      // Upstream's formula is for hundredths of a second: KiB/s come out 100 times too high, and the busy share
      // saturates at 1 %.
      const util = clip((readBytes + writeBytes) / 2.2e9) * 100;
      push(
        diskstats,
        Math.round(previousS),
        `${pyFloat((100 * readBytes) / 1024)} ${pyFloat((100 * writeBytes) / 1024)} ${pyFloat(Math.min(1, util))}`,
      );
      push(cpuPressure, timeS, pressureLine(averages.cpu, clip((wanted - 0.7) * 0.9 + 0.02), intervalS));
      push(ioPressure, timeS, pressureLine(averages.io, clip((writeBytes / 2.2e9) * 0.5 + 0.004), intervalS));
      const starving = clip((rssKib[second]! / MEM_TOTAL_KIB - 0.6) * 0.8);
      if (starving > 0 || averages.memory[0]! > 0) {
        push(memoryPressure, timeS, pressureLine(averages.memory, starving, intervalS));
      }
      push(monitor, timeS, `/dev/nvme0n1p2: ${Math.min(DISK_BYTES, usedBytes)}`);
    }
    if (atS >= build.endedS) break;
    first = false;
    previousS = atS;
    // The cooker is late now and then: gaps of 2 s are in every real log.
    const late = random.next() < 0.05 ? 1 + random.next() : 0;
    atS = Math.min(build.endedS, atS + 1 / options.samplesHz + 0.005 + late);
  }
  return files;
}

/** repr() of a Python float: the same digits as JavaScript's, but `1e-05` where that says `0.00001`, and `0.0` for 0. */
export function pyFloat(value: number): string {
  if (Number.isInteger(value))
    return Math.abs(value) < 1e16 ? `${value}.0` : value.toExponential().replace(/e\+?(-?)(\d)$/, 'e$10$2');
  if (Math.abs(value) >= 1e-4) return String(value);
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
}
