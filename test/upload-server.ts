/** What tests of uploads share: a server as a process, ended by -9 where a test says so, and a client as small as one can be. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/**
 * `npm test` builds the release first and says so: what is killed is then what is shipped, and starts a third faster than the sources, which are
 * started where tests are run by hand and whatever lies in dist/ may be of yesterday.
 */
const entry = fileURLToPath(
  new URL(process.env.BAKEHOUSE_TEST_BUILT === '1' ? '../dist/server.mjs' : '../src/server/main.ts', import.meta.url),
);

/** Where the process ends: at the first statement that matches (or the nth), or once the transaction it is in is durable. */
export interface KillAt {
  readonly statement: string;
  readonly when: 'before' | 'after-commit';
  readonly nth?: number;
}

/**
 * Says to servers that were started with `killBy` when to die; null: not at all. A server can so prove first that the one before it lost nothing,
 * and then be the next to be killed: starting one is nine tenths of what such a test takes.
 */
export function armKill(killBy: string, killAt: KillAt | null): void {
  if (killAt === null) {
    rmSync(killBy, { force: true });
    return;
  }
  // In one step: it is read at any moment.
  writeFileSync(`${killBy}.new`, JSON.stringify(killAt));
  renameSync(`${killBy}.new`, killBy);
}

/**
 * Loaded into the server before anything else, and into each of its threads: SQLite's statements pass by here, and at the one named in the file
 * the process is killed as by a power cut, with nothing of it being told.
 */
function killer(killBy: string): string {
  const hook = `
    import { existsSync, readFileSync } from 'node:fs';
    import { DatabaseSync } from 'node:sqlite';
    const file = ${JSON.stringify(killBy)};
    const die = () => process.kill(process.pid, 'SIGKILL');
    const { prepare } = DatabaseSync.prototype;
    let met = 0;
    DatabaseSync.prototype.prepare = function (text) {
      const made = prepare.call(this, text);
      for (const name of ['run', 'all']) {
        const call = made[name].bind(made);
        made[name] = (...parameters) => {
          if (!existsSync(file)) return call(...parameters);
          const { statement, when, nth = 1 } = JSON.parse(readFileSync(file, 'utf8'));
          const meets = new RegExp(statement, 'i').test(text);
          if (meets && when === 'before' && met + 1 === nth) die();
          const result = call(...parameters);
          if (when === 'after-commit' && met >= nth && /^commit/i.test(text)) die();
          if (meets) met++;
          return result;
        };
      }
      return made;
    };`;
  return `data:text/javascript,${encodeURIComponent(hook)}`;
}

export interface ServerProcess {
  readonly origin: string;
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  kill(): Promise<void>;
  /** Ends by itself, as asked. */
  stop(): Promise<void>;
}

export async function startServerProcess(
  environment: Readonly<Record<string, string>>,
  options: {
    /** A file that says when to die (armKill). */
    readonly killBy?: string;
    readonly fileBlocksMax?: number;
    readonly paths?: readonly string[];
  } = {},
): Promise<ServerProcess> {
  const hook = options.killBy === undefined ? [] : ['--import', killer(options.killBy)];
  const args = [...hook, entry, ...(options.paths ?? [])];
  const spawned = {
    stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, BAKEHOUSE_PORT: '0', BAKEHOUSE_LOG_LEVEL: 'silent', ...environment },
  };
  const child =
    options.fileBlocksMax === undefined
      ? spawn(process.execPath, args, spawned)
      : spawn(
          'sh',
          ['-c', `trap '' XFSZ; ulimit -f ${options.fileBlocksMax}; exec "$@"`, 'sh', process.execPath, ...args],
          spawned,
        );
  const ended = once(child, 'exit');
  let text = '';
  for await (const piece of child.stdout.setEncoding('utf8')) {
    text += String(piece);
    const url = /at (http:\/\/\S+)\n/.exec(text)?.[1];
    if (url === undefined) continue;
    child.stdout.resume();
    return {
      origin: new URL(url).origin,
      child,
      ended,
      kill: async () => {
        child.kill('SIGKILL');
        await ended;
      },
      stop: async () => {
        child.kill('SIGTERM');
        await ended;
      },
    };
  }
  throw new Error(`the server ended before it listened: ${text}`);
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface Position {
  readonly generation: number;
  readonly offset: number;
  readonly complete: boolean;
}

/** Sends one build; a request that is not answered throws. */
export class UploadTester {
  readonly id: string = randomUUID();
  readonly secret: string = randomBytes(32).toString('base64url');

  async ask(
    origin: string,
    method: string,
    path: string,
    body: Uint8Array | string,
    headers: object = {},
  ): Promise<Answered> {
    const answer = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { 'bakehouse-secret': this.secret, 'content-type': 'application/octet-stream', ...headers },
      body: typeof body === 'string' ? body : new Uint8Array(body),
    });
    return { status: answer.status, headers: answer.headers, json: (await answer.json()) as Record<string, unknown> };
  }

  meet(origin: string, more: object = {}): Promise<Answered> {
    const stream = { bytes: 0, complete: false };
    return this.ask(origin, 'POST', '/uploads', JSON.stringify({ format: 1, build: this.id, stream, ...more }));
  }

  put(
    origin: string,
    stream: Uint8Array,
    from: number,
    to: number,
    complete = to === stream.length,
    generation = 1,
  ): Promise<Answered> {
    return this.ask(
      origin,
      'PUT',
      `/uploads/${this.id}/${generation}/${from}${complete ? '?complete=1' : ''}`,
      gzipSync(stream.subarray(from, to), { level: 1 }),
      { 'content-encoding': 'gzip', 'bakehouse-sha256': sha256(stream.subarray(0, to)) },
    );
  }

  /** Sends the rest in pieces that end at `ends`; gives what was acknowledged when the server went away. */
  async send(
    origin: string,
    stream: Uint8Array,
    ends: readonly number[],
    acknowledged = 0,
  ): Promise<{ offset: number; complete: boolean }> {
    let offset = acknowledged;
    let complete = false;
    try {
      const met = await this.meet(origin);
      if (met.status !== 200) return { offset, complete };
      offset = Math.max(offset, Number(met.json.offset));
      complete = met.json.complete === true;
      for (const end of [...ends, stream.length]) {
        if (end <= offset && !(end === stream.length && !complete)) continue;
        const answer = await this.put(origin, stream, offset, end);
        if (answer.status !== 200) return { offset, complete };
        offset = Number(answer.json.offset);
        complete = answer.json.complete === true;
      }
    } catch (error) {
      // No answer: nothing was promised.
      if (!(error instanceof TypeError)) throw error;
    }
    return { offset, complete };
  }
}

/** A record of a build with as many messages as lines are asked for. */
export function streamOf(id: string, lines: number, padding: () => string = () => ''): Buffer {
  const startedMs = Date.UTC(2026, 10, 27, 10);
  const all: object[] = [
    { type: 'record', format: 1, id, writer: 'test 1' },
    {
      type: 'build',
      name: `build-${id.slice(0, 8)}`,
      startedMs,
      machine: 'qemux86-64',
      targets: ['core-image-minimal'],
    },
    { type: 'recipes', from: 0, pf: ['zlib-1.3-r0'], pn: ['zlib'], pv: ['1.3'] },
    { type: 'failure', recipe: 0, task: 'do_compile', mc: '', cause: 'zlib.c:1: error: no' },
    ...Array.from({ length: lines }, (_, n) => ({
      type: 'qa',
      severity: 'warning',
      message: `issue ${n} ${padding()}`,
    })),
    { type: 'build', endedMs: startedMs + 60_000, outcome: 'failed' },
    { type: 'end', atMs: startedMs + 60_000 },
  ];
  return Buffer.from(all.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

export async function showBuild(origin: string, id: string): Promise<Readonly<Record<string, unknown>> | null> {
  const answer = await fetch(`${origin}/api/v1/builds/${id}`);
  const build = (await answer.json()) as Record<string, unknown>;
  return answer.ok ? build : null;
}

export async function buildsOf(origin: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const answer = await fetch(`${origin}/api/v1/builds?limit=500`);
  return ((await answer.json()) as { builds: Record<string, unknown>[] }).builds;
}
