import { expect, test } from 'vitest';
import { compatFromJson } from './compat-json.ts';

test('numbers that the file does not hold are null, and never a zero', () => {
  const build = compatFromJson(
    [
      {
        name: 'a',
        epoch: null,
        version: '1',
        revision: 'r0',
        tasks: { do_compile: { start_time: 1, rusage: { ru_utime: 2 } } },
      },
    ],
    'x.json',
  );
  const task = build.get('a')!.tasks.get('do_compile')!;
  expect([task.value('walltime'), task.value('cputime'), task.value('read_bytes')]).toEqual([null, null, null]);
});

test.each([
  [{}, 'it should be a list of recipes'],
  [[3], 'entry 1 is no recipe'],
  [[{ tasks: {} }], 'entry 1 has no name'],
  [[{ name: 'a' }], 'a has no tasks'],
  [[{ name: 'a', tasks: { do_x: 3 } }], 'a:do_x is no task'],
])('%j is refused: %s', (value, why) => {
  expect(() => compatFromJson(value, 'x.json')).toThrow(`x.json: is no buildstats JSON: ${why}.`);
});

test('two versions of one recipe are kept under their whole names', () => {
  const recipe = (version: string) => ({ name: 'k', epoch: null, version, revision: 'r0', tasks: {} });
  expect([...compatFromJson([recipe('1'), recipe('2')], 'x.json').keys()]).toEqual(['k-1-r0', 'k-2-r0']);
});
