/**
 * Histories as text, for tests: a line a layer with the commit that each build had, `hash` and `host` alike, and last the task itself. A column is
 * a build, one a day, named b0, b1 …
 *
 *     core   a a b
 *     meta-x 1 1 1*        1*: with local changes; ?: commit not recorded; .: the layer was not there
 *     hash   7 7 8
 *     host   d f d
 *     task   P - F
 *
 * P passed, F failed, any other capital letter but P, I and U failed in other words, I failed for want of space, U unfinished, - not executed.
 */
import type { LayerRevision } from '../model/build.ts';
import type { HistoryRun } from './blame-range.ts';

const DAY = 86_400_000;
export const HISTORY_START_MS = Date.UTC(2026, 0, 1);

export function drawHistory(text: string): HistoryRun[] {
  const lines = text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([name]) => name !== '');
  const task = lines.find(([name]) => name === 'task')?.slice(1) ?? [];
  const layers = lines
    .filter(([name]) => !['task', 'hash', 'host'].includes(name!))
    .map(([name, ...commits]) => ({ name: name!, commits }));
  const cell = (name: string, column: number): string | null => {
    const value = lines.find(([first]) => first === name)?.[column + 1] ?? '?';
    return value === '?' ? null : value;
  };
  return task.map((mark, i): HistoryRun => {
    const failed = /^[A-Z]$/.test(mark) && mark !== 'P' && mark !== 'U';
    return {
      build: `b${i}`,
      startedMs: HISTORY_START_MS + i * DAY,
      outcome: mark === 'P' ? 'passed' : mark === 'U' ? 'unfinished' : failed ? 'failed' : 'not-executed',
      hash: cell('hash', i),
      hostClass: cell('host', i),
      fingerprint: failed ? mark : null,
      infrastructure: mark === 'I',
      layers: layers.flatMap(({ name, commits }): LayerRevision[] => {
        const commit = commits[i];
        if (commit === undefined || commit === '.') return [];
        const bare = commit.replace('*', '');
        return [
          {
            name,
            branch: 'master',
            commit: bare === '?' ? null : bare,
            modified: bare === '?' ? null : commit.endsWith('*'),
          },
        ];
      }),
    };
  });
}
