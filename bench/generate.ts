/**
 * Makes realistic buildstats trees of any size, the same ones every time:
 *
 *     node bench/generate.ts OUTDIR [--tasks 10000] [--seed N] [--name BUILDNAME] [--era 2011|2017|today] [--failures N]
 *          [--sstate 0.8] [--drift 0.1] [--unfinished N] [--eventlog] [--samples-hz 1] [--builds K] [--threads 16]
 *          [--cores 32] [--slow-compile 1.2] [--upgrades N] [--machine qemux86-64] [--start ISO-TIME]
 *          [--work-scale 0.1]
 *
 * OUTDIR is a `tmp/buildstats`. With --eventlog a log goes to `OUTDIR/../log/eventlog/` where OUTDIR is called
 * `buildstats` (the layout of a tmp folder), else beside the build as `<BUILDNAME>.eventlog.json`.
 * With --builds K the builds follow each other by two hours with seeds N, N+1 …
 */
import { mkdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeBuildstats } from './generate/buildstats-files.ts';
import { DEFAULT_OPTIONS, type Era, type GenerateOptions } from './generate/options.ts';
import { simulateBuild } from './generate/simulate.ts';

export { generateBuild, varyBuild } from './generate/in-memory.ts';
export type { GenerateOptions } from './generate/options.ts';

const TWO_HOURS_MS = 7_200_000;

function number(text: string | undefined, fallback: number, flag: string): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new Error(`--${flag} wants a number, not ${JSON.stringify(text)}`);
  return value;
}

function era(text: string | undefined): Era {
  if (text === undefined || text === 'today') return 'today';
  if (text === '2011' || text === '2017') return text;
  throw new Error(`--era is 2011, 2017 or today, not ${JSON.stringify(text)}`);
}

async function main(args: string[]): Promise<void> {
  const { values: v, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      tasks: { type: 'string' },
      seed: { type: 'string' },
      name: { type: 'string' },
      era: { type: 'string' },
      failures: { type: 'string' },
      sstate: { type: 'string' },
      drift: { type: 'string' },
      unfinished: { type: 'string' },
      eventlog: { type: 'boolean' },
      'samples-hz': { type: 'string' },
      builds: { type: 'string' },
      threads: { type: 'string' },
      cores: { type: 'string' },
      'slow-compile': { type: 'string' },
      upgrades: { type: 'string' },
      machine: { type: 'string' },
      'work-scale': { type: 'string' },
      start: { type: 'string' },
    },
  });
  const [out] = positionals;
  if (out === undefined || positionals.length !== 1)
    throw new Error('one OUTDIR is wanted: node bench/generate.ts OUTDIR');
  const d = DEFAULT_OPTIONS;
  const startMs = v.start === undefined ? d.startMs : Date.parse(v.start);
  if (Number.isNaN(startMs)) throw new Error(`--start is no time: ${v.start}`);
  const root = resolve(out);
  const builds = number(v.builds, 1, 'builds');
  for (let k = 0; k < builds; k++) {
    const options: GenerateOptions = {
      tasks: number(v.tasks, d.tasks, 'tasks'),
      seed: number(v.seed, d.seed, 'seed') + k,
      name: v.name === undefined ? null : builds > 1 ? `${v.name}-${k + 1}` : v.name,
      era: era(v.era),
      failures: number(v.failures, d.failures, 'failures'),
      sstate: number(v.sstate, d.sstate, 'sstate'),
      drift: number(v.drift, d.drift, 'drift'),
      unfinished: number(v.unfinished, d.unfinished, 'unfinished'),
      samplesHz: number(v['samples-hz'], d.samplesHz, 'samples-hz'),
      startMs: startMs + k * TWO_HOURS_MS,
      threads: Math.max(1, number(v.threads, d.threads, 'threads')),
      cores: Math.max(1, number(v.cores, d.cores, 'cores')),
      slowCompile: number(v['slow-compile'], d.slowCompile, 'slow-compile'),
      upgrades: number(v.upgrades, d.upgrades, 'upgrades'),
      machine: v.machine ?? d.machine,
      workScale: number(v['work-scale'], d.workScale, 'work-scale'),
    };
    const build = simulateBuild(options);
    const folder = writeBuildstats(build, root);
    console.log(
      `${folder}: ${build.runs.length} task runs of ${build.plan.recipes.length} recipes, ${((build.endedS - build.startedS) / 60).toFixed(0)} minutes`,
    );
    if (v.eventlog === true) {
      const { writeEventLog } = await import('./generate/eventlog-file.ts');
      const logs = basename(root) === 'buildstats' ? join(dirname(root), 'log', 'eventlog') : root;
      mkdirSync(logs, { recursive: true });
      const path = join(logs, basename(root) === 'buildstats' ? `${build.name}.json` : `${build.name}.eventlog.json`);
      console.log(`${path}: ${writeEventLog(build, path)} events`);
    }
  }
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
