/** Package QA of a generated farm, against a plain count over what the history has. */
import { describe, expect, test } from 'vitest';
import { type FarmBuild, farmHistory } from '../../bench/generate/farm-history.ts';
import { storeFarm } from '../../bench/generate/store-farm.ts';
import { bothDatabases } from '../../test/both-databases.ts';
import { saysOfQa } from '../analysis/qa-issues.ts';
import { TASK_FAILED, TASK_SUCCEEDED } from '../model/task-table.ts';
import { memoryBlobs } from '../store/blobs/index.ts';
import { CONSOLE } from '../store/store.ts';
import type { OperationContext } from './context.ts';
import { newQaIssues } from './new-qa-issues.ts';
import { qaIssues } from './qa-issues.ts';

/** A history that is shorter has no issue that is new: the first is of build 124, for one machine. A slower database gets that machine's alone. */
const BUILDS = 130;
const databases = bothDatabases().map((database) => ({
  ...database,
  machines: database.name === 'SQLite' ? null : ['beaglebone-yocto'],
}));

/** Executed checks of a recipe, or of all. */
function checksIn({ build }: FarmBuild, pn: string | null): number {
  const { tasks, recipes } = build;
  const qa = tasks.taskNames.indexOf('do_package_qa');
  let found = 0;
  for (let row = 0; row < tasks.length; row++) {
    const executed = tasks.outcome[row] === TASK_SUCCEEDED || tasks.outcome[row] === TASK_FAILED;
    if (executed && tasks.task[row] === qa && (pn === null || recipes[tasks.recipe[row]!]!.pn === pn)) found++;
  }
  return found;
}

const issuesIn = ({ build }: FarmBuild, pn: string) => build.qaIssues.filter(({ pf }) => pf!.startsWith(`${pn}-`));
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

describe.each(databases)('package QA over $name', ({ open, machines, skip }) => {
  test.skipIf(skip)('is counted as the history has it', async () => {
    const store = await open();
    try {
      const blobs = memoryBlobs();
      const history = [...farmHistory({ builds: BUILDS })];
      const wanted = history.filter(({ build }) => machines?.includes(build.machine!) ?? true);
      const farm = await storeFarm(store, blobs, wanted);
      const byId = new Map(farm.map((one) => [one.id, one]));
      const context = { store, wholeStore: store, blobs, viewer: CONSOLE } as unknown as OperationContext;

      const all = await qaIssues(context, { filter: {}, builds: 1000, pn: null });
      expect(all.builds).toHaveLength(wanted.length);
      expect(all.more).toBe(false);
      for (const { build, checks, issues } of all.builds) {
        const truth = byId.get(build)!;
        expect([checks, issues]).toEqual([checksIn(truth, null), truth.build.qaIssues.length]);
      }
      for (const qaClass of ['buildpaths', 'already-stripped']) {
        const truth = farm.flatMap(({ build }) => build.qaIssues.filter((one) => one.qaClass === qaClass));
        const counts = all.counts.filter((one) => one.qaClass === qaClass);
        const groups = all.groups.filter((one) => one.qaClass === qaClass);
        expect(sum(counts.map(({ issues }) => issues))).toBe(truth.length);
        expect(sum(groups.map(({ issues }) => issues))).toBe(truth.length);
      }
      const git = all.groups.find(({ pn }) => pn === 'git')!;
      const having = farm.filter((one) => issuesIn(one, 'git').length > 0);
      expect(git.builds).toBe(having.length);
      expect(all.builds[git.first]!.build).toBe(having[0]!.id);
      expect(all.builds[git.last]!.build).toBe(having.at(-1)!.id);
      expect(git.message).toContain('already stripped');

      // Of one recipe: what took it from sstate is a gap, although it may have checked others.
      const one = await qaIssues(context, { filter: {}, builds: 1000, pn: 'git' });
      for (const { build, checks, issues } of one.builds) {
        const truth = byId.get(build)!;
        expect([checks, issues]).toEqual([checksIn(truth, 'git'), issuesIn(truth, 'git').length]);
      }
      const gaps = one.builds.filter((build) => !saysOfQa(build)).length;
      expect(gaps).toBeGreaterThan(all.builds.filter((build) => !saysOfQa(build)).length);
      expect(new Set(one.groups.map(({ pn }) => pn))).toEqual(new Set(['git']));

      const some = await qaIssues(context, { filter: { machine: ['beaglebone-yocto'] }, builds: 5, pn: null });
      expect(some.builds.map(({ machine }) => machine)).toEqual(Array(5).fill('beaglebone-yocto'));

      // New: by walking through the history of each configuration.
      const seen = new Map<string, { had: boolean; checked: string | null }>();
      const states = new Set<string>();
      for (const truth of [...farm].sort((a, b) => a.build.startedMs! - b.build.startedMs!)) {
        const { machine, distro, layers } = truth.build;
        const said = truth.build.qaIssues.length === 0 ? null : await newQaIssues(context, { build: truth.id });
        for (const pn of ['git', 'cairo']) {
          const key = [machine, distro, layers[0]!.branch, pn].join();
          const before = seen.get(key) ?? { had: false, checked: null };
          const has = issuesIn(truth, pn).length > 0;
          if (has) {
            const state = before.had ? 'known' : before.checked === null ? 'not-checked-before' : 'new';
            states.add(state);
            const told = said!.issues.find((issue) => issue.pn === pn)!;
            expect([told.state, told.lastCheck]).toEqual([state, state === 'new' ? before.checked : null]);
          }
          seen.set(key, {
            had: before.had || has,
            checked: checksIn(truth, pn) > 0 ? truth.id : before.checked,
          });
        }
      }
      expect(states).toContain('new');
      expect(states).toContain('not-checked-before');
      await expect(newQaIssues(context, { build: '00000000-0000-4000-8000-000000000000' })).rejects.toThrow(
        /no build/i,
      );
    } finally {
      await store.close();
    }
  });
});
