import { appendFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBuildstatsDirectory } from '../formats/open/index.ts';
import { TASK_OUTCOMES } from '../model/task-table.ts';
import { LiveDirectory } from './live-directory.ts';

const START_S = 1_795_219_500;
let root: string;
let build: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'live-'));
  build = join(root, '20261121000000');
  mkdirSync(build);
  append('build_stats', `Host Info: Linux alpha 6.1 x86_64 x86_64\nBuild Started: ${START_S}.00 \n`, 0);
});
afterEach(() => rmSync(root, { recursive: true }));

/** Writes as bitbake does, at a second of the build; files carry the time of the write. */
function append(path: string, text: string, second: number): void {
  const file = join(build, path);
  mkdirSync(join(file, '..'), { recursive: true });
  appendFileSync(file, text);
  const time = START_S + second;
  utimesSync(file, time, time);
  utimesSync(join(file, '..'), time, time);
  utimesSync(build, time, time);
}

function begin(pf: string, task: string, second: number): void {
  append(`${pf}/${task}`, `Event: TaskStarted \nStarted: ${START_S + second}.00 \n`, second);
}

function end(pf: string, task: string, from: number, to: number): void {
  append(
    `${pf}/${task}`,
    `${pf}: ${task}\nElapsed time: ${to - from}.00 seconds\nIO read_bytes: 4096\nStatus: PASSED \nEnded: ${START_S + to}.00 \n`,
    to,
  );
}

const at = (second: number): number => (START_S + second) * 1000;

/** `pn:task outcome` of every row. */
function rows(live: LiveDirectory, second: number): string[] {
  const { tasks, recipes } = live.build(at(second));
  return Array.from(tasks.outcome, (outcome, row) => {
    const recipe = recipes[tasks.recipe[row]!]!;
    return `${recipe.pn}:${tasks.taskNames[tasks.task[row]!]} ${TASK_OUTCOMES[outcome]}`;
  });
}

describe('a buildstats directory that is being written', () => {
  it('grows: tasks run, then are over; nothing is there twice', () => {
    const live = new LiveDirectory(build);
    expect(live.look(at(1))).toBe(true);
    expect(live.build(at(1))).toMatchObject({ outcome: 'running', startedMs: at(0), endedMs: null });
    expect(live.look(at(1))).toBe(false);

    begin('zlib-1.3-r0', 'do_fetch', 2);
    expect(live.look(at(2))).toBe(true);
    expect(rows(live, 2)).toEqual(['zlib:do_fetch running']);

    end('zlib-1.3-r0', 'do_fetch', 2, 4);
    begin('zlib-1.3-r0', 'do_unpack', 4);
    begin('busybox-1.36-r0', 'do_fetch', 4);
    live.look(at(5));
    expect(rows(live, 5)).toEqual(['busybox:do_fetch running', 'zlib:do_fetch succeeded', 'zlib:do_unpack running']);

    end('zlib-1.3-r0', 'do_unpack', 4, 9);
    end('busybox-1.36-r0', 'do_fetch', 4, 9);
    append('build_stats', 'Elapsed time: 10.00 seconds \n', 10);
    expect(live.look(at(10))).toBe(true);
    expect(live.build(at(10))).toEqual(readBuildstatsDirectory(build, { nowMs: at(10) }));
    expect(live.build(at(10))).toMatchObject({ outcome: 'succeeded', endedMs: at(10) });
  });

  it('reads a file again only while its task runs, and samples only where they grew', () => {
    const live = new LiveDirectory(build);
    for (let i = 0; i < 200; i++) {
      begin(`recipe${i}-1-r0`, 'do_compile', 1);
      end(`recipe${i}-1-r0`, 'do_compile', 1, 2);
    }
    append('reduced_proc_pressure/cpu.log', `${START_S}\navg10=1.00 avg60=1.00 avg300=1.00 total=5\n\n`, 2);
    live.look(at(10));
    live.look(at(20));
    const before = live.bytesRead;
    begin('late-1-r0', 'do_compile', 30);
    append('reduced_proc_pressure/cpu.log', `${START_S + 30}\navg10=2.00 avg60=1.00 avg300=1.00 total=9\n\n`, 30);
    expect(live.look(at(30))).toBe(true);
    expect(live.bytesRead - before).toBeLessThan(200);
    expect(rows(live, 30)).toHaveLength(201);
    expect(live.look(at(31))).toBe(false);
  });

  it('sees a task that was written within the same tick of the clock as the last look', () => {
    const live = new LiveDirectory(build);
    begin('zlib-1.3-r0', 'do_fetch', 2);
    live.look(at(2));
    begin('zlib-1.3-r0', 'do_unpack', 2);
    expect(live.look(at(2))).toBe(true);
    expect(rows(live, 2)).toHaveLength(2);
  });

  it('follows a build that is appended to the same directory', () => {
    const live = new LiveDirectory(build);
    begin('zlib-1.3-r0', 'do_fetch', 1);
    end('zlib-1.3-r0', 'do_fetch', 1, 2);
    append('build_stats', 'Elapsed time: 5.00 seconds \n', 5);
    live.look(at(10));
    live.look(at(20));
    append('build_stats', `Host Info: Linux alpha 6.1 x86_64 x86_64\nBuild Started: ${START_S + 100}.00 \n`, 100);
    live.look(at(100));
    begin('zlib-1.3-r0', 'do_fetch', 101);
    live.look(at(101));
    expect(live.build(at(101))).toMatchObject({ outcome: 'running', startedMs: at(100) });
    expect(rows(live, 101)).toEqual(['zlib:do_fetch running']);
  });

  it('follows no link, and outlives the directory', () => {
    writeFileSync(join(root, 'secret'), 'Event: TaskStarted \nStarted: 1795219501.00 \n');
    mkdirSync(join(build, 'evil-1-r0'));
    symlinkSync(join(root, 'secret'), join(build, 'evil-1-r0', 'do_compile'));
    const live = new LiveDirectory(build);
    live.look(at(1));
    expect(rows(live, 1)).toEqual([]);
    rmSync(build, { recursive: true });
    expect(live.look(at(2))).toBe(false);
    expect(live.build(at(2)).startedMs).toBe(at(0));
  });

  it('reads nothing of what a folder, or the build itself, was replaced by: a link to elsewhere', () => {
    const elsewhere = join(root, 'elsewhere');
    mkdirSync(join(elsewhere, 'stranger-1-r0'), { recursive: true });
    const task = `Event: TaskStarted \nStarted: ${START_S + 2}.00 \n`;
    for (const path of ['do_secret', 'stranger-1-r0/do_secret']) writeFileSync(join(elsewhere, path), task);
    begin('zlib-1-r0', 'do_compile', 1);
    const live = new LiveDirectory(build);
    live.look(at(1));
    rmSync(join(build, 'zlib-1-r0'), { recursive: true });
    symlinkSync(elsewhere, join(build, 'zlib-1-r0'));
    live.look(at(10));
    expect(rows(live, 10).join()).not.toContain('secret');
    rmSync(build, { recursive: true });
    symlinkSync(elsewhere, build);
    expect(live.look(at(20))).toBe(false);
    expect(rows(live, 20).join()).not.toContain('secret');
  });
});
