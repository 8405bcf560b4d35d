import { describe, expect, test } from 'vitest';
import { attributesOf, PickleObject, unpickle } from '../src/formats/eventlog/unpickle.ts';
import { TASK_FAILED, TASK_UNFINISHED } from '../src/model/task-table.ts';
import { buildstatsFiles } from './generate/buildstats-files.ts';
import { eventLogLines } from './generate/eventlog-file.ts';
import { generateBuild, varyBuild } from './generate/in-memory.ts';
import { DEFAULT_OPTIONS, type GenerateOptions } from './generate/options.ts';
import { pyFloat } from './generate/samples.ts';
import { simulateBuild } from './generate/simulate.ts';

const simulate = (over: Partial<GenerateOptions>) => simulateBuild({ ...DEFAULT_OPTIONS, tasks: 1000, ...over });
const textOf = (over: Partial<GenerateOptions>) =>
  [...buildstatsFiles(simulate(over))].map(([p, t]) => `${p}\n${t}`).join('');

describe('a generated build', () => {
  test('is the same for the same options and another for another seed', () => {
    expect(textOf({ seed: 3 })).toBe(textOf({ seed: 3 }));
    expect(textOf({ seed: 3 })).not.toBe(textOf({ seed: 4 }));
  });

  test('starts no task before what it waits for has ended, nor more at once than there are slots', () => {
    const build = simulate({ threads: 5 });
    const ended = new Map(build.runs.map((run) => [run.planned, run.endedS]));
    for (const run of build.runs) {
      for (const d of build.plan.tasks[run.planned]!.depends) expect(ended.get(d)!).toBeLessThanOrEqual(run.startedS);
    }
    const edges = build.runs.flatMap((run) => [
      { at: run.queuedS, by: 1 },
      { at: run.endedS, by: -1 },
    ]);
    edges.sort((a, b) => a.at - b.at || a.by - b.by);
    let running = 0;
    let most = 0;
    for (const { by } of edges) {
      running += by;
      most = Math.max(most, running);
    }
    expect(most).toBe(5);
  });

  test('is read without a problem, whole, with every number of a task file', () => {
    for (const tasks of [300, 1000]) {
      const build = generateBuild({ tasks });
      expect(build.problems).toEqual([]);
      expect(build.tasks.length).toBe(tasks);
      expect(build.outcome).toBe('succeeded');
      expect(build.tasks.metrics.filter((m) => !m.derived)).toHaveLength(29);
      expect(build.tasks.metrics.some((m) => m.guessed)).toBe(false);
      for (const column of build.tasks.values.values()) expect(column.some(Number.isNaN)).toBe(false);
    }
  });

  test('has samples that add up to its tasks: CPU time, and bytes written with the factor of 100 taken off', () => {
    const build = generateBuild({ tasks: 1000, cores: 200 });
    const sum = (id: string) => build.tasks.values.get(id)!.reduce((a, b) => a + b, 0);
    const overTime = (id: string): number => {
      const table = build.samples.find((t) => t.series.some((s) => s.id === id))!;
      const { values } = table.series.find((s) => s.id === id)!;
      let total = 0;
      for (let i = 1; i < table.timeMs.length; i++)
        total += (values[i]! * (table.timeMs[i]! - table.timeMs[i - 1]!)) / 1000;
      return total;
    };
    const ratio = ((overTime('cpu.user') + overTime('cpu.system')) * 200) / sum('cputime');
    // The machine itself is busy with a little more than the tasks.
    expect(ratio).toBeGreaterThan(0.85);
    expect(ratio).toBeLessThan(1.6);
    expect(overTime('disk.write') / sum('write_bytes')).toBeGreaterThan(0.75);
    expect(overTime('disk.write') / sum('write_bytes')).toBeLessThan(1.25);
  });

  test('fails, stops and restores as often as asked', () => {
    const failed = generateBuild({ tasks: 1000, failures: 3 });
    expect(failed.tasks.outcome.filter((o) => o === TASK_FAILED)).toHaveLength(3);
    expect(failed.failures).toHaveLength(3);
    expect(failed.outcome).toBe('failed');
    expect(failed.tasks.length).toBeLessThan(1000);

    const killed = generateBuild({ tasks: 1000, unfinished: 4 });
    expect(killed.tasks.outcome.filter((o) => o === TASK_UNFINISHED)).toHaveLength(4);
    expect(killed.outcome).toBe('lost');

    const restored = generateBuild({ tasks: 1000, sstate: 0.8 });
    const setscene = restored.tasks.taskNames.filter((name) => name.endsWith('_setscene'));
    expect(setscene).toContain('do_populate_sysroot_setscene');
    expect(restored.type.kind).toBe('sstate');
  });

  test('of 2017 and 2011 is read too, with what those had', () => {
    const old = generateBuild({ tasks: 300, era: '2017' });
    expect(old.tasks.length).toBe(300);
    expect(old.problems).toEqual([]);
    expect(old.samples.map((t) => t.source)).not.toContain('reduced_proc_net.log');

    const oldest = generateBuild({ tasks: 300, era: '2011' });
    expect(oldest.tasks.length).toBe(300);
    expect(oldest.name).toMatch(/^\d{12}$/);
    expect(oldest.samples).toEqual([]);
    expect(oldest.tasks.values.get('walltime')!.some(Number.isNaN)).toBe(false);
    expect(oldest.tasks.values.has('cputime')).toBe(false);
  });

  test('varied keeps its tasks and the kind of its numbers', () => {
    const build = generateBuild({ tasks: 300 });
    const other = varyBuild(build, 5);
    expect(other.tasks.recipe).toEqual(build.tasks.recipe);
    expect(other.name).not.toBe(build.name);
    expect(other.tasks.values.get('cputime')).not.toEqual(build.tasks.values.get('cputime'));
    expect(other.tasks.values.get('io.write_bytes')!.every((v) => v % 4096 === 0)).toBe(true);
    expect(other.tasks.metrics.map((m) => m.id)).toEqual(build.tasks.metrics.map((m) => m.id));
    expect(varyBuild(build, 5)).toEqual(other);
  });
});

test('floats are printed as Python prints them', () => {
  expect([0, 1, 0.1, 116010e-6, 1.2e-5, 1e-7, 123456789.5, 0.0001].map(pyFloat)).toEqual([
    '0.0',
    '1.0',
    '0.1',
    '0.11601',
    '1.2e-05',
    '1e-07',
    '123456789.5',
    '0.0001',
  ]);
  expect(pyFloat(0 + 116010 * 1e-6)).toBe('0.11600999999999999');
});

describe('a generated event log', () => {
  const lines = [...eventLogLines(simulate({ tasks: 300, failures: 1 }))].map(
    (line) => JSON.parse(line) as { class?: string; vars?: string; allvariables?: Record<string, { v: string }> },
  );

  test('holds every event of every task, 10 KB a task', () => {
    const count = (name: string) => lines.filter((line) => line.class === name).length;
    expect(count('bb.build.TaskStarted')).toBe(count('bb.build.TaskSucceeded') + 1);
    expect(count('bb.build.TaskFailed')).toBe(1);
    expect(count('bb.runqueue.runQueueTaskStarted')).toBe(count('bb.build.TaskStarted'));
    expect(lines.find((line) => line.allvariables)?.allvariables?.MACHINE?.v).toBe('qemux86-64');
  });

  test('is made of pickles that our decoder reads to the end', () => {
    for (const line of lines) {
      if (line.vars === undefined) continue;
      const value = unpickle(Buffer.from(line.vars, 'base64'));
      expect(value instanceof PickleObject ? value.className : null).toBe(line.class);
      const time = attributesOf(value)?.get('time');
      if (line.class?.startsWith('bb.build.Task')) expect(time).toBeGreaterThan(1.7e9);
    }
  });
});
