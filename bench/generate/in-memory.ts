/**
 * Generated builds without a disk: for benches of the store, the queries and the drawings, and for tests that want a large build.
 */
import { BuildstatsReader } from '../../src/formats/buildstats/buildstats-reader.ts';
import type { Build } from '../../src/model/build.ts';
import { deriveMetrics } from '../../src/model/derive-metrics.ts';
import { buildFolder, buildstatsFiles } from './buildstats-files.ts';
import { DEFAULT_OPTIONS, type GenerateOptions } from './options.ts';
import { Random } from './random.ts';
import { rusageSeconds, simulateBuild } from './simulate.ts';

/**
 * The build that reading the generated files gives: the files are made and read, only not written. 10,000 tasks take about
 * 0.4 s; where a thousand builds are wanted, see `varyBuild`. Machine, distro and targets, which buildstats of today do not
 * tell, are said.
 */
export function generateBuild(over: Partial<GenerateOptions> = {}): Build {
  const simulated = simulateBuild({ ...DEFAULT_OPTIONS, ...over });
  const folder = buildFolder(simulated);
  const slash = folder.indexOf('/');
  const reader = new BuildstatsReader({
    name: simulated.name,
    location: `/generated/buildstats/${folder}`,
    folder: slash < 0 ? null : folder.slice(0, slash),
    nowMs: Math.ceil(simulated.endedS * 1000) + 3_600_000,
  });
  const encoder = new TextEncoder();
  for (const [path, text] of buildstatsFiles(simulated)) reader.addFile(path, encoder.encode(text));
  return {
    ...reader.finish(),
    targets: [simulated.plan.target],
    machine: simulated.options.machine,
    distro: 'nodistro',
  };
}

/** Values that are seconds of a struct timeval, which the store keeps as whole microseconds. */
const RUSAGE_TIME = /rusage\.ru_[us]time$/;
const BLOCKS_OF_4096 = /\.(?:read|write|cancelled_write)_bytes$/;

/**
 * The same tasks on another day: build `number` (0, 1, 2 …) begins two hours after the one before, and each task's times and
 * numbers differ by about 10 %. What was whole stays whole, what were microseconds stay microseconds, as in files: random
 * doubles would make every codec look bad. About 10 ms for 10,000 tasks.
 */
export function varyBuild(build: Build, number: number): Build {
  const random = new Random(`vary ${number}`);
  const { tasks } = build;
  const n = tasks.length;
  const shiftMs = number * 7_200_000;
  const factor = new Float64Array(n).map(() => Math.exp(0.1 * random.normal()));
  const startMs = tasks.startMs.map((ms) => ms + shiftMs);
  const endMs = tasks.endMs.map((ms, row) => {
    return Math.round((startMs[row]! + (ms - tasks.startMs[row]!) * factor[row]!) / 10) * 10;
  });
  const read = tasks.metrics.filter((metric) => !metric.derived);
  const values = new Map<string, Float64Array>();
  for (const { id } of read) {
    const old = tasks.values.get(id)!;
    const column = new Float64Array(n);
    const unit = BLOCKS_OF_4096.test(id) ? 4096 : 1;
    if (RUSAGE_TIME.test(id)) for (let row = 0; row < n; row++) column[row] = rusageSeconds(old[row]! * factor[row]!);
    else for (let row = 0; row < n; row++) column[row] = Math.round((old[row]! * factor[row]!) / unit) * unit;
    values.set(id, column);
  }
  const derived = deriveMetrics({ length: n, startMs, endMs, values });
  for (const { metric, values: column } of derived) values.set(metric.id, column);
  const startedMs = build.startedMs === null ? null : build.startedMs + shiftMs;
  const name =
    startedMs === null
      ? `${build.name}-${number}`
      : new Date(startedMs).toISOString().replaceAll(/\D/g, '').slice(0, 14);
  return {
    ...build,
    name,
    sources: build.sources.map((source) => ({ ...source, location: `/generated/buildstats/${name}` })),
    startedMs,
    endedMs: build.endedMs === null ? null : build.endedMs + shiftMs,
    tasks: { ...tasks, startMs, endMs, values, metrics: [...read, ...derived.map((d) => d.metric)] },
    samples: build.samples.map((table) => ({ ...table, timeMs: table.timeMs.map((ms) => ms + shiftMs) })),
  };
}
