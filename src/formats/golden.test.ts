/**
 * Every directory of fixtures/buildstats is opened as a user would, and what came out compared with its expected.json.
 * `npm run golden` (UPDATE_GOLDEN=1) writes them anew: then the diff is the review.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Build } from '../model/build.ts';
import { ProblemList } from '../model/problem.ts';
import { TASK_OUTCOMES } from '../model/task-table.ts';
import { openBuilds } from './open/index.ts';

const FIXTURES = resolve(import.meta.dirname, '../../fixtures/buildstats');
/** One of the fixtures is running at this moment; all others are older. */
const NOW_MS = Date.UTC(2026, 10, 21, 12);
/** Rows and recipes of larger builds are not listed; their sums are. */
const LISTED_MAX = 30;

const cases = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

test.each(cases)('%s', async (name) => {
  const folder = join(FIXTURES, name);
  const problems = new ProblemList();
  const builds: unknown[] = [];
  // A copy without build_stats announces itself nowhere: it must be named.
  const copied = join(folder, 'copied');
  for await (const build of openBuilds(existsSync(copied) ? copied : folder, { nowMs: NOW_MS, problems }))
    builds.push(projection(build, folder));
  const found = { builds, problems: problems.list().map((p) => `${p.severity} ${p.code} ${place(p.file, folder)}`) };
  const text = `${JSON.stringify(found, null, 2)}\n`;
  const file = join(folder, 'expected.json');
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  expect(existsSync(file), 'expected.json is missing: npm run golden').toBe(true);
  expect(text).toBe(readFileSync(file, 'utf8'));
});

function place(file: string | null, folder: string): string {
  return file === null ? '' : file.replace(`${folder}/`, '');
}

function projection(build: Build, folder: string) {
  const { tasks, recipes, startedMs } = build;
  const outcomes: Record<string, number> = {};
  for (const outcome of tasks.outcome) {
    const word = TASK_OUTCOMES[outcome]!;
    outcomes[word] = (outcomes[word] ?? 0) + 1;
  }
  return {
    name: build.name,
    source: build.sources.map(({ kind, location }) => `${kind} ${relative(folder, location)}`),
    outcome: build.outcome,
    started: time(startedMs),
    ended: time(build.endedMs) + (build.endEstimated ? ' (estimated)' : ''),
    type: `${build.type.kind}${build.type.estimated ? ' (estimated)' : ''}`,
    host: [build.host.name, build.host.kernel, build.host.arch, build.host.memoryBytes].map(String).join(' | '),
    targets: build.targets,
    machine: build.machine,
    extras: build.extras,
    rootfs: build.rootfsSizes.map(({ path, text, bytes }) => `${text} = ${bytes} ${path}`),
    outcomes,
    failures: build.failures.map((f) => `${f.pf} ${f.task} row ${f.row}`),
    recipeCount: recipes.length,
    recipes:
      recipes.length > LISTED_MAX
        ? 'too many to list'
        : recipes.map((r) => `${r.pf} = ${r.pn} | ${r.pe} | ${r.pv} | ${r.pr}`),
    metrics: tasks.metrics.map((metric) => {
      const values = [...tasks.values.get(metric.id)!].filter((v) => !Number.isNaN(v));
      const sum = number(values.reduce((a, b) => a + b, 0));
      return `${metric.id} ${metric.unit} ${metric.aggregation}${metric.guessed ? ' guessed' : ''}: ${values.length} rows, sum ${sum}`;
    }),
    tasks:
      tasks.length > LISTED_MAX
        ? 'too many to list'
        : Array.from({ length: tasks.length }, (_, row) => {
            const main = [
              'walltime',
              'cputime',
              'read_bytes',
              'write_bytes',
              'read_ops',
              'write_ops',
              'effective_cores',
            ];
            const more = tasks.metrics.filter((m) => m.guessed).map((m) => m.id);
            const numbers = [...main, ...more].map(
              (id) => `${id}=${number(tasks.values.get(id)?.[row] ?? Number.NaN)}`,
            );
            return [
              recipes[tasks.recipe[row]!]!.pf,
              tasks.taskNames[tasks.task[row]!],
              TASK_OUTCOMES[tasks.outcome[row]!],
              `${offset(tasks.startMs[row]!, startedMs)}..${offset(tasks.endMs[row]!, startedMs)}`,
              ...numbers.filter((text) => !text.endsWith('=-')),
            ].join(' ');
          }),
    samples: build.samples.map(({ source, timeMs, series }) => ({
      source,
      times: `${timeMs.length} from ${time(timeMs[0]!)} to ${time(timeMs.at(-1)!)}`,
      series: series.map((s) => {
        const values = [...s.values].filter((v) => !Number.isNaN(v));
        const stats =
          values.length === 0
            ? 'nothing recorded'
            : `${values.length} values, first ${number(values[0]!)}, min ${number(Math.min(...values))}, max ${number(Math.max(...values))}, mean ${number(values.reduce((a, b) => a + b, 0) / values.length)}`;
        const limit = s.limit === null ? '' : `, limit ${s.limit}`;
        return `${s.id} ${s.unit}${s.guessed ? ' guessed' : ''}: ${stats}${limit}${s.marks.length > 0 ? ` [${s.marks.join(', ')}]` : ''}`;
      }),
    })),
    problems: build.problems.map((p) =>
      `${p.severity} ${p.code} ${p.file ?? ''}${p.line === null ? '' : `:${p.line}`}`.trimEnd(),
    ),
  };
}

function time(ms: number | null): string {
  return ms === null ? 'not recorded' : new Date(ms).toISOString();
}

/** Twelve significant digits: sums of floats are the same on every machine to that. */
function number(value: number): string {
  return Number.isNaN(value) ? '-' : String(Number(value.toPrecision(12)));
}

function offset(ms: number, startedMs: number | null): string {
  return Number.isNaN(ms) ? '-' : `+${((ms - (startedMs ?? 0)) / 1000).toFixed(2)}`;
}
