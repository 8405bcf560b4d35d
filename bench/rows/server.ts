/** The server as a process: from its start to the first byte of the page, and its memory, idle and with a large store. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/index.ts';
import { generateBuild, varyBuild } from '../generate.ts';
import { median, milliseconds } from '../measure.ts';
import { absolute, type Bench, cannot, type Row, type RowResult, row } from '../row.ts';
import { largeStore } from './queries.ts';
import { buildId } from './store.ts';

interface Running {
  readonly process: ChildProcess;
  readonly url: string;
  /** From spawn to the first byte of the page. */
  readonly firstByteMs: number;
}

const START_TIMEOUT_MS = 30_000;

export async function startServer(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Running> {
  const began = performance.now();
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  const origin = await new Promise<string>((resolve, reject) => {
    let out = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${script} said no address in ${START_TIMEOUT_MS / 1000} s: ${errors}`));
    }, START_TIMEOUT_MS);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      const found = /https?:\/\/[\w.[\]:]+:\d+/.exec(out);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found[0]);
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`${script} ended with ${code}: ${errors}`));
    });
  });
  const response = await fetch(`${origin}/buildstats`);
  const reader = response.body?.getReader();
  await reader?.read();
  const firstByteMs = performance.now() - began;
  await reader?.cancel();
  return { process: child, url: origin, firstByteMs };
}

export async function stopServer({ process: child }: Running): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  // A server that does not end by itself is a fault of its own, not a reason to hang here.
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
}

function memoryMb(child: ChildProcess, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024;
}

/** The unit of deploy/ gives one to the server; the floor has the same. */
const compileCache = (bench: Bench): string => join(bench.scratch, 'compile-cache');

function settings(bench: Bench, database: string): Record<string, string> {
  const data = join(bench.scratch, 'server-data');
  mkdirSync(data, { recursive: true });
  return {
    BAKEHOUSE_PORT: '0',
    BAKEHOUSE_DATA: data,
    BAKEHOUSE_DATABASE: `sqlite:${database}`,
    BAKEHOUSE_LOG_LEVEL: 'error',
    // As `npm start`, the unit and the container file set it.
    MALLOC_ARENA_MAX: '1',
    NODE_COMPILE_CACHE: compileCache(bench),
  };
}

/** The query thread is ended after a minute without questions. */
const AT_REST_MS = 75_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const serverStart: Row = {
  id: 'server',
  async run(bench) {
    const script = bench.release('server.mjs');
    if (script === null) return [cannot('start of the server', 'dist/server.mjs is not built (npm run build)')];
    const database = join(bench.scratch, 'server-20.db');
    const store = await openStore(`sqlite:${database}`);
    const base = generateBuild({ tasks: bench.options.quick ? 300 : 10_000 });
    for (let i = 0; i < 20; i++) await store.saveBuild(buildId(i), varyBuild(base, i));
    await store.close();

    const empty = await bench.bundle('bench/floors/empty-server.ts');
    const env = settings(bench, database);
    const ours: number[] = [];
    const floor: number[] = [];
    let afterPageMb = Number.NaN;
    let atRestMb = Number.NaN;
    const rounds = bench.options.quick ? 2 : 7;
    for (let round = -1; round < rounds; round++) {
      const server = await startServer(script, [], env);
      if (round === rounds - 1) {
        await pause(3000);
        afterPageMb = memoryMb(server.process, 'VmRSS');
        if (!bench.options.quick) await pause(AT_REST_MS - 3000);
        atRestMb = memoryMb(server.process, 'VmRSS');
      }
      await stopServer(server);
      const bare = await startServer(empty, [join(bench.scratch, 'empty.db')], {
        NODE_COMPILE_CACHE: compileCache(bench),
      });
      await stopServer(bare);
      // The first round fills the compile caches of both.
      if (round < 0) continue;
      ours.push(server.firstByteMs);
      floor.push(bare.firstByteMs);
    }
    const ratio = median(ours.map((ms, i) => ms / floor[i]!));
    const best = Math.min(...ours);
    const results: RowResult[] = [
      row(
        'start to the first byte of the page, 20 builds in the store / empty Fastify with node:sqlite',
        ratio,
        2,
        `${milliseconds(best)} against ${milliseconds(Math.min(...floor))}; 600 ms wanted${best <= 600 ? '' : ', missed'}`,
      ),
      absolute(
        'memory of the server just after a page, 20 builds in the store',
        afterPageMb,
        'MB',
        null,
        'resident, 3 s after the first page: the query thread is up',
      ),
      absolute(
        'memory of the server at rest, 20 builds in the store',
        atRestMb,
        'MB',
        bench.options.quick ? null : 120,
        `resident, ${AT_REST_MS / 1000} s after the first page`,
      ),
    ];
    results.push(...(await withLargeStore(bench, script)));
    return results;
  },
};

/** After the questions that pages ask: the list, a build's columns, a comparison, a history, top tasks over 100 builds. */
async function withLargeStore(bench: Bench, script: string): Promise<RowResult[]> {
  const what = 'memory of the server with 1,000 builds of 10,000 tasks';
  const database = largeStore(bench);
  if (!existsSync(database)) return [cannot(what, 'the row `queries`, which makes that store, did not run before')];
  const server = await startServer(script, [], settings(bench, database));
  try {
    const fetched = async (path: string): Promise<void> => {
      const response = await fetch(`${server.url}/api/v1${path}`);
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    };
    const [a, b, c] = [buildId(997), buildId(998), buildId(999)];
    const questions = [
      '/builds?limit=500',
      '/facets',
      `/builds/${a}`,
      `/builds/${a}/columns?metrics=*`,
      `/compare?b=${a}&b=${b}&b=${c}&metric=walltime`,
      '/trend?recipe=busybox&task=do_compile&builds=1000',
      '/explore?builds=100&level=recipe&x=recipe&y=cputime&aggregate=sum',
    ];
    for (let round = 0; round < 3; round++) for (const question of questions) await fetched(question);
    await pause(3000);
    const peak = memoryMb(server.process, 'VmHWM');
    return [
      absolute(
        what,
        memoryMb(server.process, 'VmRSS'),
        'MB',
        250,
        `resident after three rounds of all pages' questions; at most ${peak.toFixed(0)} MB`,
      ),
    ];
  } finally {
    await stopServer(server);
  }
}
