import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Build } from '../../model/build.ts';
import { TASK_OUTCOMES } from '../../model/task-table.ts';
import { readEventLogFile } from '../open/index.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/eventlog');
const UPDATE = process.env.UPDATE_GOLDEN === '1';

/** A build as reviewable text: everything but its rows, and of those the counts, the sums and every 40th. */
function digest(build: Build): unknown {
  const { tasks, recipes, graph, sources, messages, ...rest } = build;
  const outcomes: Record<string, number> = {};
  for (const outcome of tasks.outcome) outcomes[TASK_OUTCOMES[outcome]!] = (outcomes[TASK_OUTCOMES[outcome]!] ?? 0) + 1;
  const number = (ms: number | undefined) => (ms === undefined || Number.isNaN(ms) ? '-' : String(ms));
  const row = (r: number) => {
    const recipe = recipes[tasks.recipe[r]!]!;
    const after = graph === null ? [] : [...graph.targets.slice(graph.offsets[r], graph.offsets[r + 1])];
    return [
      `${r} ${recipe.pf}:${tasks.taskNames[tasks.task[r]!]}`,
      TASK_OUTCOMES[tasks.outcome[r]!],
      `${number(tasks.startMs[r])}..${number(tasks.endMs[r])}`,
      `queued ${number(tasks.queuedMs?.[r])}`,
      `hash ${tasks.hash?.[r] ?? '-'}`,
      `pid ${number(tasks.pid?.[r])}`,
      `after ${after.join(',')}`,
    ].join('  ');
  };
  const rows = Array.from({ length: tasks.length }, (_, r) => r).filter((r) => r % 40 === 0);
  return {
    ...rest,
    sources: sources.map((source) => source.kind),
    messages: messages.map((m) => `${m.level} ${m.timeMs} ${m.logger}: ${m.text.slice(0, 100)}`),
    recipes: recipes.length,
    firstRecipe: recipes[0] ?? null,
    outcomes,
    edges: graph?.targets.length ?? null,
    metrics: tasks.metrics.map((metric) => metric.id),
    walltimeMs: Math.round(
      (tasks.values.get('walltime') ?? new Float64Array(0)).reduce((a, b) => a + (b || 0), 0) * 1000,
    ),
    rows: rows.map(row),
  };
}

const logs = readdirSync(FIXTURES).filter((name) => /\.json(\.gz)?$/.test(name) && !name.includes('.expected.'));

test.each(logs)('%s is read as expected', async (name) => {
  const golden = join(FIXTURES, `${name.replace(/\.json(\.gz)?$/, '')}.expected.json`);
  const builds = await readEventLogFile(join(FIXTURES, name));
  const text = `${JSON.stringify(builds.map(digest), null, 1)}\n`;
  if (UPDATE) writeFileSync(golden, text);
  expect(JSON.parse(text)).toEqual(JSON.parse(readFileSync(golden, 'utf8')));
});

test('there are fixtures', () => {
  expect(logs.length).toBeGreaterThanOrEqual(5);
});
