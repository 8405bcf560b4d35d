import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TREES, writeTree } from '../../../test/compat/trees.ts';
import type { Build } from '../../model/build.ts';
import { readBuildstatsDirectory } from './directory.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-few-'));
  for (const [name, tree] of Object.entries(TREES)) writeTree(join(folder, name), tree);
  // Everything that the quick road must leave to the thorough one.
  const odd = join(folder, 'odd');
  writeTree(odd, TREES.before!);
  const change = (file: string, edit: (text: string) => string): void =>
    writeFileSync(join(odd, file), edit(readFileSync(join(odd, file), 'utf8')));
  const first = 'lib32-recipe-0-native-1_1.0.0-r0';
  change(`${first}/do_compile`, (text) => text.replace(/Child rusage.*\n/g, ''));
  change(`${first}/do_configure`, (text) => text.replace('PASSED', 'FAILED'));
  change(`${first}/do_fetch`, (text) => text.slice(0, -12));
  change(`${first}/do_install`, (text) => text.replace(/IO read_bytes: .*/, 'IO read_bytes: '));
  change(`${first}/do_package`, (text) => text.replace(/IO read_bytes: .*/, 'IO read_bytes: 0x1f'));
  change(`recipe-3-native-1.3.0-r0/do_fetch`, (text) => text.replace(/(Child )?rusage.*\n/g, ''));
  change(`${first}/do_unpack`, (text) => text.replace(/ru_utime: .*/, 'ru_utime: 1.2e-05').replaceAll('\n', '\r\n'));
  const next = 'recipe-1-native-2.1-r0';
  const again = readFileSync(join(odd, next, 'do_compile'));
  appendFileSync(join(odd, next, 'do_compile'), again);
  change(`${next}/do_fetch`, (text) => text.replace(/(IO .*\n)((?:.*\n)*?)(rusage ru_utime.*\n)/, '$3$2$1'));
  change(`${next}/do_unpack`, () => '');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function table(build: Build, metrics: readonly string[]): unknown {
  const { tasks } = build;
  return {
    recipes: build.recipes.map((recipe) => recipe.pf),
    rows: Array.from({ length: tasks.length }, (_, row) => [
      tasks.recipe[row],
      tasks.taskNames[tasks.task[row]!],
      tasks.outcome[row],
      tasks.startMs[row],
      tasks.endMs[row],
      ...metrics.map((id) => tasks.values.get(id)?.[row] ?? Number.NaN),
    ]),
    outcome: build.outcome,
    failures: build.failures,
  };
}

const ASKED = [['cputime', 'walltime', 'read_bytes', 'rusage.ru_maxrss'], ['write_ops', 'io.rchar', 'utime'], []];
const CASES = [...Object.keys(TREES), 'odd'].flatMap((name) => ASKED.map((metrics) => ({ name, metrics })));

test.each(CASES)('$name: reading $metrics alone gives what reading everything gives', ({ name, metrics }) => {
  const full = readBuildstatsDirectory(join(folder, name));
  const few = readBuildstatsDirectory(join(folder, name), { metrics });
  expect(table(few, metrics)).toEqual(table(full, metrics));
  const ids = (build: Build): string[] =>
    build.tasks.metrics
      .map(({ id }) => id)
      .filter((id) => metrics.includes(id))
      .sort();
  expect(ids(few)).toEqual(ids(full));
});
