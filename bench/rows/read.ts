/** Reading one build: `summary` as a whole process, and everything into columns, against a loop that only reads. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { readBuildstatsDirectory } from '../../src/formats/open/index.ts';
import { openStore } from '../../src/store/index.ts';
import { type Command, compareCommands, milliseconds, node, runCommand } from '../measure.ts';
import { type Bench, cannot, type Row, type RowResult, row } from '../row.ts';

/** A script of an oe-core checkout, which only the person at the bench names. */
export function oeCoreScript(name: string): { command(...args: string[]): Command } | { why: string } {
  const checkout = process.env.BAKEHOUSE_TEST_OE_CORE;
  if (checkout === undefined) return { why: 'BAKEHOUSE_TEST_OE_CORE names no oe-core checkout' };
  const script = join(checkout, 'scripts', name);
  if (!existsSync(script)) return { why: `${script} is not there` };
  return { command: (...args) => ({ program: 'python3', args: [script, ...args] }) };
}

export const sizes = (bench: Bench): number[] => (bench.options.quick ? [1000] : [1000, 10_000, 100_000]);
export const thousands = (n: number): string => n.toLocaleString('en-US');
/** Many short rounds, few long ones: about the same time for each size. */
export const roundsFor = (bench: Bench, tasks: number): number =>
  bench.options.quick ? 3 : tasks > 20_000 ? 3 : tasks > 2000 ? 9 : 11;

export const summary: Row = {
  id: 'summary',
  run(bench) {
    const cli = bench.release('bakehouse.mjs');
    const results: RowResult[] = [];
    for (const tasks of sizes(bench)) {
      const what = `summary of ${thousands(tasks)} tasks, whole process / bare read loop`;
      if (cli === null) {
        results.push(cannot(what, 'dist/bakehouse.mjs is not built (npm run build)'));
        continue;
      }
      const dir = bench.tree(tasks);
      const rounds = roundsFor(bench, tasks);
      const ours = node(cli, 'summary', dir);
      const floor = node(join(bench.root, 'bench/floors/read-files.mjs'), dir);
      const loop = compareCommands(ours, floor, rounds);
      results.push(row(what, loop.ratio, tasks === 10_000 ? 1.4 : null, loop.note));
      const upstream = oeCoreScript('buildstats-summary');
      const whatToo = `summary of ${thousands(tasks)} tasks / buildstats-summary`;
      if ('why' in upstream) results.push(cannot(whatToo, upstream.why));
      else {
        const theirs = compareCommands(ours, upstream.command(dir), Math.ceil(rounds / 2));
        results.push(row(whatToo, theirs.ratio, tasks === 10_000 ? 1 : null, theirs.note));
      }
    }
    return results;
  },
};

export const columns: Row = {
  id: 'columns',
  async run(bench) {
    const script = await bench.bundle('bench/floors/read-into-columns.ts');
    return sizes(bench).map((tasks) => {
      const dir = bench.tree(tasks);
      const floor = node(join(bench.root, 'bench/floors/read-files.mjs'), dir);
      const result = compareCommands(node(script, dir), floor, roundsFor(bench, tasks));
      const perTask = `${((1000 * result.oursMs) / tasks).toFixed(0)} us a task`;
      return row(
        `full read of ${thousands(tasks)} tasks into columns / bare read loop`,
        result.ratio,
        tasks === 10_000 ? 2 : null,
        `${result.note}; ${perTask}`,
      );
    });
  },
};

export const compare: Row = {
  id: 'compare',
  async run(bench) {
    const cli = bench.release('bakehouse.mjs');
    const upstream = oeCoreScript('buildstats-diff');
    const results: RowResult[] = [];
    for (const tasks of sizes(bench)) {
      const what = `compare two of ${thousands(tasks)} tasks`;
      if (cli === null) {
        results.push(cannot(what, 'dist/bakehouse.mjs is not built (npm run build)'));
        continue;
      }
      const [a, b] = [bench.tree(tasks, 1), bench.tree(tasks, 2)];
      const stored = await storeTwo(bench, a, b);
      const forms: [form: string, ours: Command, limit: number][] = [
        ['from their folders', node(cli, 'compare', a, b), 0.6],
        ['from their folders, --compat', node(cli, 'compare', '--compat', '--diff-attr', 'walltime', a, b), 0.6],
        ['from the store', node(cli, 'compare', ...stored.ids, '--database', stored.database), 0.35],
      ];
      // Upstream takes a quarter of a minute for 100,000 tasks: one form tells the growth.
      for (const [form, ours, limit] of tasks > 20_000 ? forms.filter((_, i) => i !== 1) : forms) {
        if ('why' in upstream) {
          const alone = Math.min(...Array.from({ length: 3 }, () => runCommand(ours).ms));
          results.push(
            cannot(`${what}, ${form} / buildstats-diff`, `${upstream.why}; ours alone ${milliseconds(alone)}`),
          );
          continue;
        }
        const theirs = upstream.command('--diff-attr', 'walltime', a, b);
        const result = compareCommands(ours, theirs, Math.ceil(roundsFor(bench, tasks) / 2));
        results.push(
          row(`${what}, ${form} / buildstats-diff`, result.ratio, tasks === 10_000 ? limit : null, result.note),
        );
      }
    }
    return results;
  },
};

async function storeTwo(bench: Bench, a: string, b: string): Promise<{ database: string; ids: string[] }> {
  const database = `sqlite:${join(bench.scratch, `compare-${basename(a)}-${basename(dirname(dirname(a)))}.db`)}`;
  const store = await openStore(database);
  const ids = ['11111111-0000-5000-8000-000000000001', '22222222-0000-5000-8000-000000000002'];
  await store.saveBuild(ids[0]!, readBuildstatsDirectory(a));
  await store.saveBuild(ids[1]!, readBuildstatsDirectory(b));
  await store.close();
  return { database, ids };
}
