/**
 * A real Buildbot for tests (Debian's package): master, two workers and an in-memory database in one Python process, which ends when the pipe
 * to it closes, however this process ends.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { requirePart } from './real-parts.ts';

export interface RealBuildbot {
  /** Ends in a slash. */
  readonly url: string;
  /** Runs a build of the builder and of all that it triggers to the end; its buildid. */
  run(builder: string, reason: string): Promise<number>;
  /** Begins one and gives its buildid as soon as it has one. */
  begin(builder: string, reason: string): Promise<number>;
  stopBuild(id: number): Promise<void>;
  /** Builds of long ago, which are put straight into its database; the first has the id 1,000,000. */
  fill(count: number): Promise<void>;
  /** Takes a build out of its database. */
  forget(id: number): Promise<void>;
  stop(): Promise<void>;
}

/** 2 s on a quiet machine, most of it Python's imports. */
const START_TIMEOUT_MS = 60_000;
const BUILD_TIMEOUT_MS = 60_000;

/** `push`: the command of the step that pushes statistics; left out: the builders have none. */
export async function startBuildbot(push: readonly string[] = []): Promise<RealBuildbot> {
  const python = join(dirname(requirePart('buildbot')), 'python3');
  const folder = mkdtempSync(join(tmpdir(), 'bakehouse-buildbot-'));
  const script = join(import.meta.dirname, 'buildbot-master.py');
  const { PYTHONPATH: _, ...env } = process.env;
  const master = spawn(python, [script, folder, ...push], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  let log = '';
  const url = await new Promise<string>((ready, failed) => {
    const timer = setTimeout(() => failed(new Error(`Buildbot did not start:\n${log}`)), START_TIMEOUT_MS);
    const listen = (text: string): void => {
      log = (log + text).slice(-20_000);
      const port = /^ready (\d+)$/m.exec(log)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      ready(`http://127.0.0.1:${port}/`);
    };
    master.stdout.setEncoding('utf8').on('data', listen);
    master.stderr.setEncoding('utf8').on('data', listen);
    master.once('error', failed);
    master.once('exit', (code) => failed(new Error(`Buildbot ended with ${code}:\n${log}`)));
  });

  async function get<T>(path: string): Promise<T> {
    const answer = await fetch(`${url}api/v2/${path}`);
    if (!answer.ok) throw new Error(`${path} answers ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
  async function call(path: string, method: string, params: Record<string, unknown>): Promise<unknown> {
    const answer = await fetch(`${url}api/v2/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = (await answer.json()) as { result?: unknown; error?: unknown };
    if (error !== undefined) throw new Error(`${path}: ${JSON.stringify(error)}`);
    return result;
  }
  async function until<T>(what: string, ask: () => Promise<T | null>): Promise<T> {
    for (const end = Date.now() + BUILD_TIMEOUT_MS; Date.now() < end; ) {
      const found = await ask();
      if (found !== null) return found;
      await new Promise((next) => setTimeout(next, 50));
    }
    throw new Error(`${what} did not come:\n${log}`);
  }
  interface Told {
    readonly buildid: number;
    readonly complete: boolean;
  }
  async function begin(builder: string, reason: string): Promise<number> {
    const { builders } = await get<{ builders: { builderid: number; name: string }[] }>('builders');
    const builderid = builders.find(({ name }) => name === builder)?.builderid;
    const [, requests] = (await call('forceschedulers/force', 'force', {
      builderid: String(builderid),
      reason,
    })) as [number, Record<string, number>];
    const request = Object.values(requests)[0];
    return until(`a build of ${builder}`, async () => {
      const { builds } = await get<{ builds: Told[] }>(`builds?buildrequestid=${request}`);
      return builds[0]?.buildid ?? null;
    });
  }
  let told = Promise.resolve();
  const tell = (line: string): Promise<void> => {
    told = told.then(
      () =>
        new Promise<void>((done) => {
          const listen = (text: string): void => {
            if (!/^done$/m.test(text)) return;
            master.stdout.off('data', listen);
            done();
          };
          master.stdout.on('data', listen);
          master.stdin.write(`${line}\n`);
        }),
    );
    return told;
  };
  const finished = (id: number) =>
    until(`the end of build ${id}`, async () => {
      const { builds } = await get<{ builds: Told[] }>(`builds/${id}`);
      return builds[0]?.complete === true ? id : null;
    });
  return {
    url,
    begin,
    run: async (builder, reason) => finished(await begin(builder, reason)),
    stopBuild: async (id) => {
      await call(`builds/${id}`, 'stop', { reason: 'enough' });
      await finished(id);
    },
    fill: (count) => tell(`fill ${count}`),
    forget: (id) => tell(`forget ${id}`),
    async stop() {
      const ended = new Promise<void>((done) => master.once('close', () => done()));
      master.stdin.end();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
