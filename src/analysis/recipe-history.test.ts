import { expect, test } from 'vitest';
import type { RecipeStatus } from '../model/recipe-status.ts';
import { type RecipeHistoryRun, recipeHistory } from './recipe-history.ts';

const STATUS: Readonly<Record<string, RecipeStatus>> = {
  P: 'succeeded',
  F: 'failed',
  I: 'failed',
  s: 'from-sstate',
  '-': 'not-executed',
};

/** A strip drawn oldest first, a build a letter and a day, `I` a failure of the machine; core's commit below it. */
function drawn(machine: string, letters: string, commits: string): RecipeHistoryRun[] {
  return [...letters].map((letter, day): RecipeHistoryRun => {
    const failed = letter === 'F' || letter === 'I';
    return {
      build: `${machine}-${day}`,
      startedMs: day * 86_400_000,
      targets: ['image'],
      machine,
      distro: 'poky',
      branch: 'master',
      hostDistro: 'debian-12',
      builder: null,
      mc: '',
      version: commits[day]! < 'c' ? '1.0' : '2.0',
      status: STATUS[letter]!,
      busyMs: letter === 'P' ? 1000 * (day + 1) : null,
      failure: failed
        ? {
            cause: letter,
            fingerprint: letter,
            causeClass: letter === 'I' ? 'no-space' : 'compile',
            infrastructure: letter === 'I',
          }
        : null,
    };
  });
}

/** As the store gives them: newest first. */
const newestFirst = (...all: RecipeHistoryRun[][]) => all.flat().sort((a, b) => b.startedMs! - a.startedMs!);

test('what passed and failed last, and the failure that tells of now', () => {
  const last = (letters: string) => {
    const runs = newestFirst(drawn('arm', letters, 'a'.repeat(letters.length)));
    const [strip] = recipeHistory(runs, ['machine']).strips;
    return [strip!.lastPass, strip!.lastFailure, strip!.blamed].map((index) =>
      index === null ? null : runs[index]!.build,
    );
  };
  expect(last('PsFIs')).toEqual(['arm-0', 'arm-3', 'arm-2']);
  expect(last('PI')).toEqual(['arm-0', 'arm-1', null]);
  expect(last('FFP')).toEqual(['arm-2', 'arm-1', 'arm-1']);
  // Long ago.
  expect(last('FPP')).toEqual(['arm-2', 'arm-0', null]);
  expect(last('FPsIP')).toEqual(['arm-4', 'arm-3', null]);
  expect(last('PFsPI')).toEqual(['arm-3', 'arm-4', 'arm-1']);
  expect(last('s-')).toEqual([null, null, null]);
});

test('a strip is oldest first, with what did not execute it in its place', () => {
  const runs = newestFirst(drawn('arm', 'PsIFF', 'aabcc'));
  const [strip] = recipeHistory(runs, ['machine']).strips;
  expect(strip!.runs.map((index) => runs[index]!.status)).toEqual([
    'succeeded',
    'from-sstate',
    'failed',
    'failed',
    'failed',
  ]);
});

test('strips by what was asked for, the one that ran last first', () => {
  const runs = newestFirst(drawn('arm', 'PP', 'ab'), drawn('x86', 'PFF', 'abc'));
  const both = recipeHistory(runs, ['machine', 'branch']).strips;
  expect(both.map(({ values }) => values)).toEqual([
    ['x86', 'master'],
    ['arm', 'master'],
  ]);
  expect(recipeHistory(runs, ['branch']).strips).toHaveLength(1);
  expect(recipeHistory(runs, ['builder']).strips[0]!.values).toEqual([null]);
});

test('versions with what was executed and what was not; causes by their words', () => {
  const { versions, causes } = recipeHistory(newestFirst(drawn('arm', 'PPsFFI', 'aaaccc')), ['machine']);
  expect(versions).toMatchObject([
    { version: '2.0', succeeded: 0, failed: 3, notChecked: 0, busyMsMedian: null },
    { version: '1.0', succeeded: 2, failed: 0, notChecked: 1, busyMsMedian: 1500 },
  ]);
  expect(causes).toMatchObject([
    { fingerprint: 'F', failures: 2, infrastructure: false, machines: ['arm'] },
    { fingerprint: 'I', failures: 1, infrastructure: true },
  ]);
});
