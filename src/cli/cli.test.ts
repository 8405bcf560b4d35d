import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TREES, type Tree, writeTree } from '../../test/compat/trees.ts';
import { runForTest, type TestRun } from './run-for-test.ts';

let folder = '';
let buildstats = '';

/** `before` an hour older than `after`, in the layout of a build folder. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bakehouse-cli-'));
  buildstats = join(folder, 'build/tmp/buildstats');
  writeTree(join(buildstats, '20261120100000'), TREES.before!);
  writeTree(join(buildstats, '20261120110000'), later(TREES.after!));
  const failed = later(TREES.versions!);
  writeTree(join(folder, 'failed'), failed);
  writeFileSync(
    join(folder, 'failed/beta-1.0-r0/do_compile'),
    readFileSync(join(folder, 'failed/beta-1.0-r0/do_compile'), 'utf8').replace('PASSED', 'FAILED'),
  );
  mkdirSync(join(folder, 'empty'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function later(tree: Tree): Tree {
  return { ...tree, startedS: tree.startedS + 3600 };
}

function run(line: string, given: Parameters<typeof runForTest>[1] = {}): Promise<TestRun> {
  return runForTest(line.split(' '), { folder, ...given });
}

describe('which build', () => {
  test('the latest of a folder, and it says so', async () => {
    const { code, out, err } = await run('summary build');
    expect(code).toBe(0);
    expect(err).toContain('2 builds in build: this is the last, ');
    expect(out).toContain('20261120110000');
    expect(out).toContain('180 tasks of 30 recipes executed');
  });

  test('without a name the latest of $BUILDDIR, and the last two to compare', async () => {
    const environment = { BUILDDIR: join(folder, 'build') };
    expect((await run('summary --json', { environment })).out).toContain('"name": "20261120110000"');
    const { out } = await run('compare --compat --ver-diff', { environment });
    const [first] = out.split('\n');
    expect(first).toBe(`Comparing ${buildstats}/20261120100000 -> ${buildstats}/20261120110000`);
    expect(await run('summary')).toMatchObject({ code: 2, err: expect.stringContaining('BUILDDIR is not set') });
  });
});

describe('exit codes', () => {
  test.each([
    ['summary nowhere', 3, 'No such file or directory: nowhere'],
    ['summary empty', 3, 'empty holds no build'],
    ['compare build/tmp/buildstats/20261120100000', 2, 'name two builds or more'],
    ['compare build nowhere', 3, 'No such file or directory: nowhere'],
    ['compare build --fail-on walltime', 2, 'there is no > or < in it'],
    ['compare build --metric nonsense', 2, 'None of the builds has the metric "nonsense"'],
    ['compare build --sort-by pkg', 2, '--sort-by belongs to --compat'],
    ['compare --compat build build', 2, ''],
    ['compare --compat build/tmp/buildstats build/tmp/buildstats', 3, 'Multiple buildstats found'],
    ['compare --compat a b --diff-attr rchar', 2, '--diff-attr is one of cputime'],
    ['compare --compat a b --sort-by nope', 2, "Invalid sort field 'nope'"],
    ['compare --compat a', 2, 'Either specify two buildstats paths, or none'],
    ['summary build --top many', 2, 'It is no whole number'],
    ['summary build --sort start', 2, '--sort belongs to --compat'],
    ['sumary build', 2, 'Did you mean summary?'],
    ['chart build -o x.png', 2, 'A chart is written as .svg or .html'],
    ['export build -o x.xml', 2, 'Say what to write with --format'],
  ])('%s: %d', async (line, code, said) => {
    const result = await run(line);
    if (said !== '') expect(result.err).toContain(said);
    expect(result.code === code || (said === '' && result.code !== 0)).toBe(true);
    expect(result.out).toBe('');
    expect(result.err).not.toContain('defect');
  });

  test('a check that fails gives 1, one that holds 0', async () => {
    const failing = await run('compare build --fail-on walltime>+1% --fail-on failures>+0');
    expect(failing.code).toBe(1);
    expect(failing.out).toMatch(/1 of 2 checks failed\n {2}failed {2}walltime>\+1%: Wall time: /);
    expect((await run('compare build --fail-on walltime>+1000%')).code).toBe(0);
  });

  test('help and version are no errors', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    const help = await run('compare --help');
    expect([help.code, help.err]).toEqual([0, '']);
    expect(help.out).toContain('--fail-on');
  });
});

describe('forms', () => {
  test('compare --json has the comparison, its builds and its checks', async () => {
    const { out } = await run('compare build --json --fail-on cputime>+1000%');
    const result = JSON.parse(out);
    expect(result.builds.map((b: { name: string }) => b.name)).toEqual(['20261120100000', '20261120110000']);
    expect(result.checks).toMatchObject([{ check: 'cputime>+1000%', passed: true }]);
    const total = result.totals.find((t: { metric: { id: string } }) => t.metric.id === 'walltime');
    const parts = result.contributions.reduce((sum: number, part: { difference: number }) => sum + part.difference, 0);
    expect(parts).toBe(total.values[1] - total.values[0]);
  });

  test('markdown cannot be broken out of', async () => {
    const { out } = await run('compare build --markdown --top 2 --fail-on walltime>+1%');
    expect(out).toContain('- **failed** `walltime>+1%`: Wall time: ');
    expect(out).toContain('|  | build | started | duration | outcome | what |');
    expect(out.endsWith('\n')).toBe(true);
  });

  test('JUnit: one test a check, failed ones with their sentence', async () => {
    await run('compare build --junit junit.xml --fail-on walltime>+1% --fail-on tasks>+0');
    const xml = readFileSync(join(folder, 'junit.xml'), 'utf8');
    expect(xml).toContain('<testsuites tests="2" failures="1">');
    expect(xml).toMatch(
      /<testcase classname="bakehouse.compare" name="walltime&#62;\+1%"><failure type="regression" message="Wall time/,
    );
    expect(xml).toContain('name="tasks&#62;+0"><system-out>Executed tasks: 180 -&#62; 180');
  });

  test('failures come with the summary', async () => {
    const { out } = await run('summary failed');
    expect(out).toContain('1 failure\n  beta-1.0-r0 do_compile');
  });

  test('colours only on a terminal, and not with NO_COLOR', async () => {
    const start = '\u001b[';
    expect((await run('summary failed')).out).not.toContain(start);
    expect((await run('summary failed', { outIsTerminal: true })).out).toContain(start);
    expect((await run('summary failed', { outIsTerminal: true, environment: { NO_COLOR: '1' } })).out).not.toContain(
      escape,
    );
  });

  test('a chart is SVG on standard output, or a page in a file', async () => {
    expect((await run('chart failed -m 8')).out).toMatch(/^<(\?xml|svg)/);
    const { err } = await run('chart failed -o chart.html');
    expect(err).toMatch(/^chart.html: [\d.]+ KiB\n$/);
    const page = readFileSync(join(folder, 'chart.html'), 'utf8');
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('<svg');
  });

  test('where the task graph is known: the longest chain in the summary, chains in the chart', async () => {
    const log = resolve(import.meta.dirname, '../../fixtures/eventlog/qa.json.gz');
    const known = (await run(`summary ${log}`)).out;
    expect(known).toMatch(
      /^longest chain {2}[\d.]+ m?s of \d+ tasks: more threads cannot go below, at best [\d.]+ at a time/m,
    );
    const { longestChain } = JSON.parse((await run(`summary ${log} --json`)).out);
    expect(longestChain.runs).toHaveLength(longestChain.tasks);
    expect((await run(`chart ${log} --chain longest`)).out).toContain(`>Longest chain: ${longestChain.tasks} tasks, `);
    expect((await run(`chart ${log} --chain waited`)).out).toContain('>What we waited for: ');

    expect((await run('summary failed')).out).not.toContain('longest chain');
    expect(JSON.parse((await run('summary failed --json')).out).longestChain).toBeNull();
    const refused = await run('chart failed --chain longest');
    expect(refused).toMatchObject({
      out: '',
      err: expect.stringContaining('The event log of this build was not found'),
    });
    expect(refused.code).not.toBe(0);
  });

  test.each([
    ['csv', /^[^\n]*recipe[^\n]*\n/],
    ['json', /^\{/],
    ['trace', /^\{"displayTimeUnit":"ms"/],
    ['samples', /^time \[UTC\],since start \[s\]/],
  ])('export as %s', async (format, begin) => {
    const { code, out } = await run(`export failed --format ${format}`);
    expect(code).toBe(0);
    expect(out).toMatch(begin);
  });
});

test('nothing of a build moves the cursor of a terminal', async () => {
  const name = '\u001b[2Jclear\u0007-1.0-r0';
  const hostile = { ...TREES.zero!, tasks: TREES.zero!.tasks.map((t) => ({ ...t, pf: name })) };
  writeTree(join(folder, 'hostile'), hostile);
  for (const line of ['summary hostile', 'compare hostile failed', 'compare hostile failed --markdown']) {
    expect((await run(line)).out).not.toMatch(/[^\P{Cc}\n]/u);
  }
});

test('a link that leads out of the build is not followed', async () => {
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'Started: 1\nEnded: 2\n');
  writeTree(join(folder, 'linked'), TREES.zero!);
  symlinkSync(secret, join(folder, 'linked/beta-1.0-r0/do_install'));
  expect((await run('summary linked')).out).toContain('1 task of 1 recipe executed');
});

describe('the store', () => {
  const store = (): string => `--database sqlite:${join(folder, 'store/builds.db')}`;

  test('nothing is stored unless asked for; import is idempotent; stored builds are named by @last and prefix', async () => {
    await run('summary build');
    expect(existsSync(join(folder, 'store'))).toBe(false);
    expect((await run(`import build ${store()}`)).out).toBe('build: 2 builds stored\n');
    expect((await run(`import build ${store()}`)).out).toBe('build: 0 builds stored, 2 already there\n');
    const { builds } = JSON.parse((await run(`list --json ${store()}`)).out);
    expect(builds.map((b: { name: string }) => b.name)).toEqual(['20261120110000', '20261120100000']);

    const named = await run(`summary @last~1 --json ${store()}`);
    expect(JSON.parse(named.out).name).toBe('20261120100000');
    const byPrefix = await run(`summary ${builds[0].id.slice(0, 8)} --json ${store()}`);
    expect(JSON.parse(byPrefix.out)).toMatchObject({ name: '20261120110000', taskRuns: 180 });

    const paths = await run('compare --compat build/tmp/buildstats/20261120100000 build/tmp/buildstats/20261120110000');
    expect((await run(`compare --compat @last~1 @last ${store()}`)).out).toBe(paths.out);
  });

  test('an id that is not there is one clear line', async () => {
    const { code, err } = await run(`summary ffffffff ${store()}`);
    expect([code, err]).toEqual([3, 'bakehouse: No build is called ffffffff or has an id that begins so.\n']);
    expect((await run(`summary @last~9 ${store()}`)).code).toBe(3);
  });

  test('--import stores what was read', async () => {
    const database = `--database sqlite:${join(folder, 'other/builds.db')}`;
    await run(`summary failed --import ${database}`);
    expect(JSON.parse((await run(`list --json ${database}`)).out).builds).toMatchObject([
      { name: 'failed', failures: 1 },
    ]);
  });

  test('a path that cannot be read does not keep the others out', async () => {
    const database = `--database sqlite:${join(folder, 'third/builds.db')}`;
    const { code, out, err } = await run(`import nowhere failed ${database}`);
    expect([code, out]).toEqual([3, 'nowhere: nothing was read\nfailed: 1 build stored\n']);
    expect(err).toContain('nowhere');
  });
});
