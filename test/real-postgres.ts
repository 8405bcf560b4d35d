/**
 * A real PostgreSQL for tests: a throw-away cluster in a temporary folder, reached by a unix socket (no port, no password). It never
 * outlives the tests: a shell holds the other end of a pipe to this process and kills the server when the pipe closes, however this
 * process ends.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { requirePart } from './real-parts.ts';

export interface RealPostgres {
  /** Version as the server says it. */
  readonly version: string;
  /** A new, empty database. */
  newDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/** Start takes 1 s on a quiet machine, initdb included; a shared one is slower. */
const START_TIMEOUT_MS = 60_000;

/** fsync off: a cluster that lives for seconds need not survive the power. */
const SETTINGS = [
  'fsync=off',
  'full_page_writes=off',
  "listen_addresses=''",
  'max_connections=40',
  'shared_buffers=64MB',
];

const UNTIL_PIPE_CLOSES = `
"$1" -D "$2/data" -c "unix_socket_directories=$2" $3 >&2 &
server=$!
cat >/dev/null
kill -QUIT $server
wait $server
rm -rf "$2"
`;

export async function startPostgres(): Promise<RealPostgres> {
  const bin = requirePart('postgres');
  const user = unprivilegedUser();
  // Socket paths end at 107 characters: a deep TMPDIR will not do.
  const folder = mkdtempSync(join(tmpdir().length < 60 ? tmpdir() : '/tmp', 'bakehouse-pg-'));
  const libraries = [linkLibraries(bin, folder), join(bin, '..', 'lib')].join(':');
  // The library folder too: the server's user removes the whole at the end.
  for (const made of user === null ? [] : [folder, join(folder, 'lib')]) chownSync(made, user!.uid, user!.gid);
  const options = {
    ...(user ?? {}),
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', LD_LIBRARY_PATH: libraries, DYLD_LIBRARY_PATH: libraries },
  };
  const initdb = ['-D', join(folder, 'data'), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'];
  try {
    execFileSync(join(bin, 'initdb'), initdb, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  const settings = SETTINGS.map((setting) => `-c ${setting.replaceAll("'", '')}`).join(' ');
  const server = spawn('/bin/sh', ['-c', UNTIL_PIPE_CLOSES, 'sh', join(bin, 'postgres'), folder, settings], {
    ...options,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  await untilReady(server);
  const urlOf = (database: string) => `postgres://postgres@localhost/${database}?host=${encodeURIComponent(folder)}`;
  let databases = 0;
  return {
    version: await ask(urlOf('postgres'), 'show server_version'),
    async newDatabase() {
      const name = `test${++databases}`;
      await ask(urlOf('postgres'), `create database ${name}`);
      return urlOf(name);
    },
    async stop() {
      const ended = new Promise<void>((done) => server.once('exit', () => done()));
      server.stdin?.end();
      await ended;
    },
  };
}

async function ask(url: string, question: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, string>>(question);
    return String(Object.values(rows[0] ?? {})[0] ?? '');
  } finally {
    await client.end();
  }
}

function untilReady(server: ChildProcess): Promise<void> {
  return new Promise((ready, failed) => {
    let log = '';
    const settle = () => {
      clearTimeout(timer);
      server.off('error', give).off('exit', ended).stderr?.off('data', listen).resume();
    };
    const give = (error: Error) => {
      settle();
      server.stdin?.end();
      failed(error);
    };
    const timer = setTimeout(() => give(new Error(`PostgreSQL did not start:\n${log}`)), START_TIMEOUT_MS);
    const ended = (code: number | null) => give(new Error(`PostgreSQL ended with ${code}:\n${log}`));
    const listen = (text: string) => {
      log = (log + text).slice(-10_000);
      if (log.includes('FATAL:') && !log.includes('starting up')) give(new Error(`PostgreSQL did not start:\n${log}`));
      if (!log.includes('ready to accept connections')) return;
      settle();
      ready();
    };
    server.once('error', give).once('exit', ended);
    server.stderr?.setEncoding('utf8').on('data', listen);
  });
}

/** initdb and the server refuse root: then they run as whoever of these the machine knows. */
function unprivilegedUser(): { uid: number; gid: number } | null {
  if (process.getuid?.() !== 0) return null;
  const users = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .map(([name, , uid, gid]) => [name ?? '', { uid: Number(uid), gid: Number(gid) }]),
  );
  const user = users.get('postgres') ?? users.get('nobody');
  if (user === undefined)
    throw new Error('PostgreSQL refuses to run as root, and neither "postgres" nor "nobody" is a user here.');
  return user;
}

/**
 * The package's libraries want links (libpq.so.5 -> libpq.so.5.18) that its install script would make, and no install script runs here.
 * They are made in our own folder and not in node_modules, which may be read-only or shared.
 */
function linkLibraries(bin: string, folder: string): string {
  const links = join(folder, 'lib');
  mkdirSync(links);
  const list = join(bin, '..', 'pg-symlinks.json');
  if (existsSync(list)) {
    const wanted = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
    for (const { source, target } of wanted) {
      const name = target.slice(target.lastIndexOf('/') + 1);
      if (!existsSync(join(links, name))) symlinkSync(join(bin, '..', '..', source), join(links, name));
    }
  }
  return links;
}
