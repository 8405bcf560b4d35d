/**
 * Every record of fixtures/record is opened as a user would, and what came out compared with the expected.json beside it.
 * `npm run golden` (UPDATE_GOLDEN=1) writes them anew: then the diff is the review.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Build } from '../../model/build.ts';
import { TASK_OUTCOMES } from '../../model/task-table.ts';
import { openBuilds } from '../open/open-builds.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/record');
const UPDATE = process.env.UPDATE_GOLDEN === '1';

/** A build as reviewable text: everything but its rows, and of those the counts, the sums and every 40th. */
function digest(build: Build): unknown {
  const { tasks, recipes, graph, sources, messages, samples, ...rest } = build;
  const outcomes: Record<string, number> = {};
  for (const outcome of tasks.outcome) outcomes[TASK_OUTCOMES[outcome]!] = (outcomes[TASK_OUTCOMES[outcome]!] ?? 0) + 1;
  const number = (value: number | undefined) =>
    value === undefined || Number.isNaN(value) ? '-' : String(Number(value.toPrecision(12)));
  const sumOf = (values: Float64Array) => number(values.reduce((sum, value) => sum + (value || 0), 0));
  const row = (r: number) =>
    [
      `${r} ${recipes[tasks.recipe[r]!]!.pf}:${tasks.taskNames[tasks.task[r]!]}`,
      TASK_OUTCOMES[tasks.outcome[r]!],
      `${number(tasks.startMs[r])}..${number(tasks.endMs[r])}`,
      `queued ${number(tasks.queuedMs?.[r])}`,
      `hash ${tasks.hash?.[r] ?? '-'}`,
      `pid ${number(tasks.pid?.[r])}`,
      `after ${graph === null ? '' : [...graph.targets.slice(graph.offsets[r], graph.offsets[r + 1])].join(',')}`,
    ].join('  ');
  return {
    ...rest,
    sources: sources.map((source) => source.kind),
    messages: messages.map((m) => `${m.level} ${m.timeMs} ${m.logger}: ${m.text.slice(0, 100)}`),
    recipes: recipes.length,
    firstRecipe: recipes[0] ?? null,
    outcomes,
    edges: graph?.targets.length ?? null,
    metrics: tasks.metrics.map(({ id, unit }) => `${id} ${unit}: sum ${sumOf(tasks.values.get(id)!)}`),
    samples: samples.map(
      ({ source, timeMs, series }) =>
        `${source}: ${timeMs.length} from ${timeMs[0]}, ${series.map(({ id, values }) => `${id} ${sumOf(values)}`).join(', ')}`,
    ),
    rows: Array.from({ length: tasks.length }, (_, r) => r)
      .filter((r) => r % 40 === 0)
      .map(row),
  };
}

const records = readdirSync(FIXTURES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

test.each(records)('%s is read as expected', async (name) => {
  const builds: unknown[] = [];
  for await (const build of openBuilds(join(FIXTURES, name), { nowMs: Date.UTC(2100, 0, 1) }))
    builds.push(digest(build));
  const text = `${JSON.stringify(builds, null, 1)}\n`;
  const golden = join(FIXTURES, name, 'expected.json');
  if (UPDATE) writeFileSync(golden, text);
  expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
});

test('there are fixtures', () => {
  expect(records.length).toBeGreaterThanOrEqual(2);
});
