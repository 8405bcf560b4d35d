/** Where to push and as whom: flags before the environment. The environment is read here and nowhere below. */
import { readFileSync } from 'node:fs';
import { homedir, hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { BakehouseError } from '../model/errors.ts';
import type { PrepareOptions, ProxySettings, Visibility } from '../push/index.ts';
import { VERSION } from '../server/version.ts';
import { ciJob } from './ci-job.ts';
import { loadLibrary } from './controller.ts';
import type { CliIo } from './io.ts';
import { text } from './options.ts';
import type { Options } from './program.ts';

const VISIBILITIES: readonly Visibility[] = ['public', 'unlisted', 'private'];

/** A variable of the environment that says something. */
function variable(io: CliIo, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = io.environment[name];
    if (value !== undefined && value !== '') return value;
  }
  return undefined;
}

/** What is sent of builds, and as whose. */
export async function prepareOptions(io: CliIo, options: Options): Promise<PrepareOptions> {
  const { DEFAULT_KINDS, kindsOf, readPushKey } = await loadLibrary();
  const send = text(options, 'send') ?? variable(io, 'BAKEHOUSE_SEND') ?? '';
  const kinds = kindsOf(send, DEFAULT_KINDS);
  if (typeof kinds === 'string') {
    throw new BakehouseError('invalid', `--send: there is no kind "${kinds}" (docs/formats/record.md lists them).`);
  }
  const asked = text(options, 'visibility') ?? variable(io, 'BAKEHOUSE_PUSH_VISIBILITY');
  const visibility = VISIBILITIES.find((known) => known === asked) ?? null;
  if (asked !== undefined && visibility === null) {
    throw new BakehouseError('invalid', `--visibility is public, unlisted or private, not "${asked}".`);
  }
  const config = variable(io, 'XDG_CONFIG_HOME') ?? join(variable(io, 'HOME') ?? homedir(), '.config');
  return {
    writer: `bakehouse ${VERSION}`,
    kinds,
    visibility,
    job: jobOf(io, options),
    key: () => readPushKey(join(config, 'bakehouse')),
    home: variable(io, 'HOME') ?? null,
    hostName: hostname() || null,
    userName: userName(),
    nowMs: io.nowMs(),
  };
}

/** What is set for us alone, before what the farm tells every program. */
function jobOf(io: CliIo, options: Options): NonNullable<PrepareOptions['job']> {
  const told = ciJob(io.environment);
  const builder = variable(io, 'BAKEHOUSE_BUILDER');
  return {
    url: text(options, 'job') ?? variable(io, 'BAKEHOUSE_JOB') ?? told.url,
    builder: builder ?? told.builder,
    builderId: variable(io, 'BAKEHOUSE_BUILDER_ID') ?? (builder === undefined ? told.builderId : null),
    reason: variable(io, 'BAKEHOUSE_REASON') ?? told.reason,
  };
}

function userName(): string | null {
  try {
    return userInfo().username || null;
  } catch {
    // A container's user without a line in /etc/passwd has no name that could be found in a text.
    return null;
  }
}

export interface Destination {
  /** Address without a slash at its end. */
  readonly server: string;
  readonly token: string | null;
  readonly proxies: ProxySettings;
}

/** The server of `flag`, else of BAKEHOUSE_SERVER. */
export async function destination(io: CliIo, options: Options, flag: string): Promise<Destination> {
  const { serverAddress } = await loadLibrary();
  const named = text(options, flag) ?? variable(io, 'BAKEHOUSE_SERVER');
  if (named === undefined) {
    throw new BakehouseError('invalid', 'Which server? Name it with --server URL, or set BAKEHOUSE_SERVER.');
  }
  return {
    server: serverAddress(named),
    token: tokenOf(io, options),
    proxies: {
      http_proxy: variable(io, 'http_proxy', 'HTTP_PROXY'),
      https_proxy: variable(io, 'https_proxy', 'HTTPS_PROXY'),
      no_proxy: variable(io, 'no_proxy', 'NO_PROXY'),
    },
  };
}

/** A token is read from a file or the environment: a command line is seen by everybody on the machine. */
function tokenOf(io: CliIo, options: Options): string | null {
  const file = text(options, 'tokenFile') ?? variable(io, 'BAKEHOUSE_TOKEN_FILE');
  if (file === undefined) return variable(io, 'BAKEHOUSE_TOKEN')?.trim() ?? null;
  let token: string;
  try {
    token = readFileSync(resolve(io.folder, file), 'utf8').trim();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BakehouseError('unreadable', `The token cannot be read: ${why}`, { file, cause });
  }
  if (token === '' || /\s/.test(token)) {
    throw new BakehouseError('unreadable', `${file} holds no token: one word in one line is wanted.`, { file });
  }
  return token;
}
