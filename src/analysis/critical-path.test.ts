import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasSharedData, requirePart } from '../../test/real-parts.ts';
import { readEventLog } from '../formats/eventlog/reader.ts';
import type { Build } from '../model/build.ts';
import { drawBuild } from '../model/draw-build.ts';
import { chainDrags, longestChain, waitedFor } from './critical-path.ts';

const nameOf = (build: Build, row: number) =>
  `${build.recipes[build.tasks.recipe[row]!]!.pn}:${build.tasks.taskNames[build.tasks.task[row]!]!.slice(3)}`;
const seconds = (build: Build, column: Float64Array) =>
  Object.fromEntries(Array.from(column, (ms, row) => [nameOf(build, row), ms / 1000]));

describe('two recipes, the second of which waits for a thread', () => {
  const build = drawBuild(`
    a:do_compile    ====
    a:do_install         ==            <- a:do_compile
    b:do_compile    ===
    b:do_install           ==          <- b:do_compile
    c:do_build      noexec             <- a:do_install b:do_install
    d:do_compile             ====      <- c:do_build
  `);

  test('the longest chain, slack and drag', () => {
    const chain = longestChain(build)!;
    expect(chain.rows.map((row) => nameOf(build, row))).toEqual(['a:compile', 'a:install', 'c:build', 'd:compile']);
    expect(chain.lengthMs).toBe(10_000);
    expect(seconds(build, chain.slackMs)).toEqual({
      'a:compile': 0,
      'a:install': 0,
      'b:compile': 1,
      'b:install': 1,
      'c:build': 0,
      'd:compile': 0,
    });
    // Without a:compile the chain through b (3 + 2 + 4) is the longest: one second is won and not four.
    expect(seconds(build, chainDrags(build, chain))).toEqual({
      'a:compile': 1,
      'a:install': 1,
      'b:compile': 0,
      'b:install': 0,
      'c:build': 0,
      'd:compile': 4,
    });
    expect(chain.parallelismMax).toBe(1.5);
  });

  test('what was waited for', () => {
    expect(waitedFor(build)!.map(({ row, ...step }) => ({ task: nameOf(build, row), ...step }))).toEqual([
      { task: 'b:compile', waitMs: 0, durationMs: 3000, runningMean: null },
      { task: 'b:install', waitMs: 4000, durationMs: 2000, runningMean: 0.75 },
      { task: 'd:compile', waitMs: 0, durationMs: 4000, runningMean: null },
    ]);
  });
});

test('a task restored from sstate weighs its setscene task and needs nothing below it', () => {
  const build = drawBuild(`
    a:do_compile            ========
    a:do_package            covered    <- a:do_compile
    a:do_package_setscene   ==
    b:do_rootfs               ===      <- a:do_package
  `);
  const chain = longestChain(build)!;
  expect(chain.rows.map((row) => nameOf(build, row))).toEqual(['a:compile']);
  const restored = drawBuild(`
    a:do_compile            covered
    a:do_package            covered    <- a:do_compile
    a:do_package_setscene   ==
    b:do_rootfs                ===     <- a:do_package
  `);
  expect(longestChain(restored)!.rows.map((row) => nameOf(restored, row))).toEqual(['a:package', 'b:rootfs']);
  const { runs, lengthMs, slackMs } = longestChain(restored)!;
  expect(runs.map((row) => nameOf(restored, row))).toEqual(['a:package_setscene', 'b:rootfs']);
  expect(lengthMs).toBe(5000);
  expect(seconds(restored, slackMs)).toMatchObject({ 'a:package': 0, 'a:package_setscene': 0, 'a:compile': 5 });
  expect(seconds(restored, chainDrags(restored, longestChain(restored)!))).toMatchObject({
    'a:package_setscene': 2,
    'b:rootfs': 3,
  });
  expect(waitedFor(restored)!.map((step) => `${nameOf(restored, step.row)} +${step.waitMs}`)).toEqual([
    'a:package_setscene +0',
    'b:rootfs +1000',
  ]);
});

test('without a graph, without a run, with a cycle', () => {
  expect(longestChain(drawBuild('a:do_compile ==='))).toBeNull();
  expect(waitedFor(drawBuild('a:do_compile ==='))).toBeNull();
  const idle = drawBuild('a:do_compile covered\nb:do_compile covered <- a:do_compile');
  expect(longestChain(idle)).toMatchObject({ lengthMs: 0, parallelismMax: null });
  expect(waitedFor(idle)).toBeNull();
  const cycle = drawBuild(`
    a:do_compile   ==     <- b:do_compile
    b:do_compile     ==   <- a:do_compile
    c:do_compile   =
  `);
  expect(longestChain(cycle)!.rows.map((row) => nameOf(cycle, row))).toEqual(['c:compile']);
  expect(longestChain(cycle)!.slackMs[0]).toBeNaN();
});

test('in any graph: no chain is longer, its drags are what leaving out wins, slack is never negative', () => {
  const graphs = fc
    .array(fc.record({ length: fc.integer({ min: 1, max: 9 }), on: fc.array(fc.nat(20), { maxLength: 3 }) }), {
      minLength: 1,
      maxLength: 12,
    })
    .map((nodes) =>
      drawBuild(
        nodes
          .map(({ length, on }, i) => {
            const before = [...new Set(on.filter((to) => to < i))].map((to) => `r${to}:do_x`);
            return `r${i}:do_x ${'='.repeat(length)}${before.length === 0 ? '' : ` <- ${before.join(' ')}`}`;
          })
          .concat('z:do_x = <- r0:do_x')
          .map((line) => line.replace(' ', ' '.repeat(5 - line.indexOf(':') + 3)))
          .join('\n'),
      ),
    );
  fc.assert(
    fc.property(graphs, (build) => {
      const { tasks, graph } = build;
      const wall = (row: number) => tasks.endMs[row]! - tasks.startMs[row]!;
      const memo = new Map<number, number>();
      const longest = (row: number): number => {
        const known = memo.get(row);
        if (known !== undefined) return known;
        const before = [...graph!.targets.slice(graph!.offsets[row], graph!.offsets[row + 1])];
        const length = wall(row) + Math.max(0, ...before.map(longest));
        memo.set(row, length);
        return length;
      };
      const rows = Array.from({ length: tasks.length }, (_, row) => row);
      const chain = longestChain(build)!;
      expect(chain.lengthMs).toBe(Math.max(...rows.map(longest)));
      expect(chain.rows.reduce((sum, row) => sum + wall(row), 0)).toBe(chain.lengthMs);
      const drags = chainDrags(build, chain);
      for (const row of rows) {
        expect(chain.slackMs[row]).toBeGreaterThanOrEqual(0);
        expect(drags[row]).toBeLessThanOrEqual(wall(row));
        if (chain.rows.includes(row)) expect(chain.slackMs[row]).toBe(0);
        else expect(drags[row]).toBe(0);
      }
    }),
  );
});

test.skipIf(!hasSharedData)('a real clean build was bound by its threads and not by its longest chain', () => {
  const file = join(requirePart('shared-data'), 'bitbake-real/01-clean/eventlog-w.json');
  const build = readEventLog(readFileSync(file), file)[0]!;
  const chain = longestChain(build)!;
  const steps = waitedFor(build)!;
  const ran = chain.rows.filter((row) => !Number.isNaN(build.tasks.startMs[row]));
  expect(chain.runs).toEqual(ran);
  // The same from twenty lines of Python over the log's times: 44 tasks of which 42 ran (and do_build at its end, which takes no time), 11.6668 s.
  expect([chain.rows.length, ran.length]).toEqual([44, 42]);
  expect(Math.abs(chain.lengthMs - 11_666.8)).toBeLessThan(42);
  const waited = steps.reduce((sum, step) => sum + step.waitMs, 0);
  expect(waited).toBeGreaterThan(5 * steps.reduce((sum, step) => sum + step.durationMs, 0));
});
