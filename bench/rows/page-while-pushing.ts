/**
 * Pages of a server while 20 clients push builds of 10,000 tasks to it: as fast as it answers them, which is more than any farm does, and at
 * two builds a second. The clients are a process of their own, so that what is measured is the server.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../src/store/index.ts';
import { generateBuild, varyBuild } from '../generate.ts';
import { pushedBuild } from '../pushed-builds.ts';
import { absolute, type Bench, cannot, type Row, type RowResult } from '../row.ts';
import { thousands } from './read.ts';
import { startServer, stopServer } from './server.ts';
import { buildId } from './store.ts';

const CLIENTS = 20;
const PAGE_MS_MAX = 50;
/** Of a page and its questions; each is asked so often that one in a hundred means something. */
const QUESTIONS = (id: string): readonly string[] => [
  '/buildstats',
  '/api/v1/builds?limit=100',
  `/api/v1/builds/${id}`,
  `/api/v1/builds/${id}/columns?metrics=walltime`,
  '/api/v1/facets',
];

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

async function whilePushing(bench: Bench, origin: string, id: string, folder: string, everyMs: number) {
  const questions = QUESTIONS(id);
  // The threads are up and the pages were looked at: a start is measured elsewhere.
  for (const question of [...questions, ...questions]) await (await fetch(`${origin}${question}`)).arrayBuffer();
  const clients: ChildProcess = spawn(
    process.execPath,
    [join(bench.root, 'bench/floors/push-clients.ts'), origin, folder, String(CLIENTS), String(everyMs)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(clients, 'exit');
  let said = '';
  const begun = new Promise<void>((resolve) => {
    clients.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      resolve();
    });
  });
  await Promise.race([begun, ended]);
  const times: number[] = [];
  const until = performance.now() + (bench.options.quick ? 3000 : 20_000);
  for (let n = 0; performance.now() < until; n++) {
    const start = performance.now();
    const answer = await fetch(`${origin}${questions[n % questions.length]!}`);
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${questions[n % questions.length]} answered ${answer.status}`);
    times.push(performance.now() - start);
    // Somebody who looks, and not a load of its own.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  clients.kill('SIGTERM');
  await ended;
  const [, builds = '0', seconds = '1'] = /pushed (\d+) in ([\d.]+)/.exec(said) ?? [];
  return { times, perSecond: Number(builds) / Number(seconds) };
}

export const pageWhilePushing: Row = {
  id: 'page-while-pushing',
  async run(bench) {
    const what = `a page while ${CLIENTS} clients push builds`;
    const script = bench.release('server.mjs');
    if (script === null) return [cannot(what, 'dist/server.mjs is not built (npm run build)')];
    const tasks = bench.options.quick ? 1000 : 10_000;
    bench.progress(`builds of ${tasks} tasks for ${CLIENTS} clients`);
    const base = generateBuild({ tasks });
    const folder = join(bench.scratch, 'pushes');
    mkdirSync(folder);
    for (let n = 0; n < CLIENTS; n++) writeFileSync(join(folder, `${n}`), pushedBuild(varyBuild(base, n), n).stream);
    const database = join(bench.scratch, 'pushing.db');
    const store = await openStore(`sqlite:${database}`);
    for (let n = 0; n < 20; n++) await store.saveBuild(buildId(n), varyBuild(base, 1000 + n));
    await store.close();

    const results: RowResult[] = [];
    for (const { everyMs, how, limit } of [
      { everyMs: 10_000, how: 'two builds a second in all', limit: PAGE_MS_MAX },
      { everyMs: 0, how: 'as fast as they are answered', limit: PAGE_MS_MAX },
    ]) {
      const server = await startServer(script, [], {
        BAKEHOUSE_PORT: '0',
        BAKEHOUSE_DATA: join(bench.scratch, 'pushing-data'),
        BAKEHOUSE_DATABASE: `sqlite:${database}`,
        BAKEHOUSE_LOG_LEVEL: 'error',
      });
      try {
        const { times, perSecond } = await whilePushing(bench, server.url, buildId(3), folder, everyMs);
        results.push(
          absolute(
            `p99 of a page while ${CLIENTS} clients push builds of ${thousands(tasks)} tasks, ${how}`,
            percentile(times, 0.99),
            'ms',
            bench.options.quick ? null : limit,
            `median ${percentile(times, 0.5).toFixed(1)} ms of ${times.length} answers; ${perSecond.toFixed(1)} builds a second were taken`,
          ),
        );
      } finally {
        await stopServer(server);
      }
    }
    return results;
  },
};
