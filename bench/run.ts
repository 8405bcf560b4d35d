/**
 * The bench: `npm run bench` measures every line that the project promises, prints one table and adds it to bench/results.md with the
 * date and the machine.
 *
 *     node bench/run.ts [--only summary,columns] [--quick] [--no-keep]
 *
 * Upstream's own scripts are measured only where BAKEHOUSE_TEST_OE_CORE names an oe-core checkout.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build as bundle } from 'tsdown';
import { writeBuildstats } from './generate/buildstats-files.ts';
import { writeEventLog } from './generate/eventlog-file.ts';
import { DEFAULT_OPTIONS } from './generate/options.ts';
import { simulateBuild } from './generate/simulate.ts';
import type { Bench, RowResult } from './row.ts';
import { cannot } from './row.ts';
import { rows } from './rows/index.ts';

const root = resolve(import.meta.dirname, '..');

function openBench(quick: boolean): Bench & { close(): void } {
  const scratch = mkdtempSync(join(tmpdir(), 'bakehouse-bench-'));
  const trees = new Map<string, string>();
  const logs = new Map<number, string>();
  const bundles = new Map<string, Promise<string>>();
  const progress = (text: string): void => {
    process.stderr.write(`bench: ${text}\n`);
  };
  const bundled = (entry: string, platform: 'node' | 'browser'): Promise<string> => {
    let made = bundles.get(entry);
    if (made === undefined) {
      made = makeBundle(entry, join(scratch, 'bundles'), platform);
      bundles.set(entry, made);
    }
    return made;
  };
  return {
    options: { quick },
    scratch,
    root,
    progress,
    release(name) {
      const path = join(root, 'dist', name);
      return existsSync(path) ? path : null;
    },
    tree(tasks, seed = 1) {
      const key = `${tasks}-${seed}`;
      let folder = trees.get(key);
      if (folder === undefined) {
        progress(`generating a build of ${tasks} tasks`);
        const build = simulateBuild({
          ...DEFAULT_OPTIONS,
          tasks,
          seed,
          startMs: DEFAULT_OPTIONS.startMs + seed * 7_200_000,
        });
        folder = writeBuildstats(build, join(scratch, key, 'buildstats'));
        trees.set(key, folder);
      }
      return folder;
    },
    eventLog(tasks) {
      let path = logs.get(tasks);
      if (path === undefined) {
        progress(`generating an event log of ${tasks} tasks`);
        path = join(scratch, `eventlog-${tasks}.json`);
        mkdirSync(dirname(path), { recursive: true });
        writeEventLog(simulateBuild({ ...DEFAULT_OPTIONS, tasks }), path);
        logs.set(tasks, path);
      }
      return path;
    },
    bundle: (entry) => bundled(entry, 'node'),
    bundlePage: (entry) => bundled(entry, 'browser'),
    close() {
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** One file with everything inside, minified as server.mjs is: what is measured is what is shipped. */
async function makeBundle(entry: string, outDir: string, platform: 'node' | 'browser'): Promise<string> {
  const name = basename(entry).replace(/\.[jt]s$/, '');
  await bundle({
    cwd: root,
    config: false,
    entry: { [name]: join(root, entry) },
    outDir,
    clean: false,
    dts: false,
    logLevel: 'error',
    format: 'esm',
    platform,
    target: platform === 'node' ? 'node24' : 'es2023',
    minify: { compress: true, mangle: false, codegen: true },
    deps: { alwaysBundle: [/.*/], neverBundle: ['pg-native', 'pg-cloudflare'] },
    outputOptions: { codeSplitting: false, entryFileNames: '[name].mjs' },
  });
  return join(outDir, `${name}.mjs`);
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  return `${cpus().length} cores of ${model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}, load ${loadavg()[0]!.toFixed(1)}`;
}

const HEAD = ['what', 'ratio', 'target', 'met', 'note'];

function cells(result: RowResult): string[] {
  return [
    result.what,
    result.ratio === null ? '' : result.ratio.toFixed(2),
    result.target,
    result.met === null ? '' : result.met ? 'yes' : '**no**',
    result.note.replaceAll('|', '/').replaceAll('\n', ' '),
  ];
}

function table(results: readonly RowResult[]): string {
  const lines = [HEAD, ...results.map(cells)];
  const widths = HEAD.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const format = (line: readonly string[]): string =>
    `| ${line.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [format(lines[0]!), `|${widths.map((w) => '-'.repeat(w + 2)).join('|')}|`, ...lines.slice(1).map(format)].join(
    '\n',
  );
}

async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { only: { type: 'string' }, quick: { type: 'boolean' }, 'no-keep': { type: 'boolean' } },
  });
  const only = values.only?.split(',');
  const unknown = only?.filter((id) => !rows.some((r) => r.id === id)) ?? [];
  if (unknown.length > 0)
    throw new Error(`no row is called ${unknown.join(', ')}; there are ${rows.map((r) => r.id).join(', ')}`);
  const bench = openBench(values.quick ?? false);
  const began = performance.now();
  const results: RowResult[] = [];
  const head = machine();
  try {
    for (const row of rows) {
      if (only !== undefined && !only.includes(row.id)) continue;
      bench.progress(row.id);
      try {
        results.push(...(await row.run(bench)));
      } catch (error) {
        // One broken row must not cost the others: its reason stands in the table.
        results.push({
          ...cannot(row.id, error instanceof Error ? error.message.slice(0, 300) : String(error)),
          met: false,
        });
      }
    }
  } finally {
    bench.close();
  }
  const minutes = `${((performance.now() - began) / 60_000).toFixed(1)} min`;
  const text = table(results);
  console.log(text);
  console.log(`\n${head}; ${minutes}`);
  if (values['no-keep'] !== true && values.quick !== true && only === undefined) keep(text, `${head}; ${minutes}`);
}

/** The newest first, below the explanation at the top. */
function keep(text: string, head: string): void {
  const path = join(root, 'bench/results.md');
  const before = readFileSync(path, 'utf8');
  const mark = '<!-- newest first -->\n';
  const at = before.indexOf(mark);
  if (at < 0) throw new Error(`${path} has lost its mark ${mark.trim()}`);
  const day = new Date().toISOString().slice(0, 16).replace('T', ' ');
  const entry = `\n## ${day} UTC\n\n${head}\n\n${text}\n`;
  writeFileSync(path, before.slice(0, at + mark.length) + entry + before.slice(at + mark.length));
}

if (import.meta.main) {
  try {
    await main(process.argv.slice(2));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  }
}
