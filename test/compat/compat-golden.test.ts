/**
 * `--compat` against upstream's scripts. Their output for our trees is kept in goldens/ (made by running them once; `npm run golden`
 * rewrites them from ours), so that every run proves it; where BAKEHOUSE_TEST_OE_CORE names a checkout of oe-core the scripts
 * themselves are run beside.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runForTest } from '../../src/cli/run-for-test.ts';
import { BETTER, CASES, type CompatCase } from './cases.ts';
import { TREES, treeJson, writeTree } from './trees.ts';

const oeCore = process.env.BAKEHOUSE_TEST_OE_CORE;
const update = process.env.UPDATE_GOLDEN === '1';
const REAL = join(import.meta.dirname, '../../../shared/data/bitbake-real');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-compat-'));
  for (const [name, tree] of Object.entries(TREES)) writeTree(join(folder, name), tree);
  for (const name of ['before', 'after'] as const) writeFileSync(join(folder, `${name}.json`), treeJson(TREES[name]!));
  // Three runs of one thing, of which only the times differ.
  const times = TREES.before!;
  for (const [run, factor] of [1, 1.1, 0.97].entries()) {
    const tasks = times.tasks.map((t) => ({
      ...t,
      end: t.start + Math.round((t.end! - t.start) * factor * 100) / 100,
    }));
    writeTree(join(folder, 'many', String(run)), { ...times, tasks });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SCRIPTS = { summary: 'buildstats-summary', compare: 'buildstats-diff' } as const;
const titleOf = ({ verb, args }: CompatCase): string => `${SCRIPTS[verb]} ${args.join(' ')}`;
const goldenOf = (c: CompatCase): string =>
  join(import.meta.dirname, 'goldens', `${titleOf(c).replaceAll(/[^A-Za-z0-9_.,-]+/g, '_')}.txt`);

/** stdout of ours; throws when it fails. */
async function ours({ verb, args }: CompatCase): Promise<string> {
  const { code, out, err } = await runForTest([verb, '--compat', ...args], { folder });
  if (code !== 0) throw new Error(`exit code ${code}: ${err}`);
  return out;
}

function upstream({ verb, args }: CompatCase): { status: number | null; stdout: string } {
  const script = join(oeCore!, 'scripts', SCRIPTS[verb]);
  return spawnSync('python3', [script, ...args], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
}

/** Rows with equal sort keys have no order upstream; all else is byte for byte. */
function sortedLines(text: string): string[] {
  return text.split('\n').sort();
}

/** The column that the rows are sorted by when nothing is said, in the order printed: that order must be equal too. */
function keyColumn({ verb, args }: CompatCase, text: string): string[] {
  if (verb === 'summary') return args.includes('duration') ? text.split('\n').map((line) => line.split(' ')[0]!) : [];
  if (args.some((arg) => arg.startsWith('--sort-by')) || args.includes('--ver-diff')) return [];
  return text.split('\n').map((line) => / (\S+) +[+-]\S+% +\S+ -> /.exec(line)?.[1] ?? '');
}

describe('as upstream prints it', () => {
  test.each(CASES.map((c): [string, CompatCase] => [titleOf(c), c]))('%s', async (_, c) => {
    const printed = await ours(c);
    if (update) writeFileSync(goldenOf(c), printed);
    expect(printed).toBe(readFileSync(goldenOf(c), 'utf8'));
  });

  test.skipIf(oeCore === undefined).each(CASES.map((c): [string, CompatCase] => [titleOf(c), c]))(
    'the script itself: %s',
    async (_, c) => {
      const { status, stdout } = upstream(c);
      expect(status).toBe(0);
      const printed = await ours(c);
      expect(sortedLines(printed)).toEqual(sortedLines(stdout));
      expect(keyColumn(c, printed)).toEqual(keyColumn(c, stdout));
      // A total order in the sort fields leaves nothing open.
      if (c.args.some((arg) => arg.includes('pkg,task')) || c.args.includes('--ver-diff')) expect(printed).toBe(stdout);
    },
  );
});

describe('where upstream stops or misleads', () => {
  test.each(BETTER.map((c): [string, CompatCase] => [`${titleOf(c)}: ${c.why}`, c]))('%s', async (_, c) => {
    const printed = await ours(c);
    if (update) writeFileSync(goldenOf(c), printed);
    expect(printed).toBe(readFileSync(goldenOf(c), 'utf8'));
  });

  test.skipIf(oeCore === undefined).each(BETTER.map((c): [string, CompatCase] => [`${titleOf(c)}: ${c.why}`, c]))(
    'the script itself stops or says otherwise: %s',
    async (_, c) => {
      const { status, stdout } = upstream(c);
      const same = status === 0 && sortedLines(stdout).join() === sortedLines(await ours(c)).join();
      expect(same).toBe(false);
    },
  );
});

/** Real builds, as they came out of BitBake: every pair, ways and options. Only where both the builds and the scripts are here. */
describe.skipIf(oeCore === undefined || !existsSync(REAL))('real builds', () => {
  const builds = ['01-clean', '03-incremental', '04-sstate', '14-qa'].flatMap((name) => {
    const buildstats = join(REAL, name, 'buildstats');
    return existsSync(buildstats) ? readdirSync(buildstats).map((build) => join(buildstats, build)) : [];
  });
  const options = [
    '--diff-attr walltime --min-val 0 --min-absdiff 0',
    '--diff-attr cputime --min-val 0.1 --min-absdiff 0.01',
    '--diff-attr write_bytes',
    '--diff-attr read_ops --min-val 0',
    '--ver-diff',
  ].map((line) => line.split(' '));
  const pairs = builds.flatMap((a) =>
    builds.flatMap((b) => options.map((o): CompatCase => ({ verb: 'compare', args: [a, b, ...o] }))),
  );
  const alone = builds.flatMap((build) =>
    [
      ['-t', '0'],
      ['--sort', 'duration', '-g', '2'],
    ].map((o): CompatCase => ({ verb: 'summary', args: [build, ...o] })),
  );
  test.each([...alone, ...pairs].map((c): [string, CompatCase] => [titleOf(c).replaceAll(REAL, ''), c]))(
    '%s',
    async (_, c) => {
      const { status, stdout } = upstream(c);
      const printed = await ours(c);
      // Totals of zero stop the script; our answers to these are goldens above.
      if (status !== 0) expect(printed).toMatch(/ -> 0(B|ops)? |[+]inf%|: 0/);
      else expect(sortedLines(printed)).toEqual(sortedLines(stdout));
    },
  );
});
