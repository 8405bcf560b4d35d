/** Reading for --compat: what upstream's scripts take for a path, and no more (no event log is looked at). */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type CompatAttribute, type CompatBuild, compatBuild, compatMean } from '../analysis/compat.ts';
import { compatFromJson } from '../analysis/compat-json.ts';
import { BakehouseError } from '../model/errors.ts';
import type { CliIo } from './io.ts';
import type { Options } from './program.ts';
import { compareInput, isBuildDirectory, meansStored, readBuild, readDirectory } from './read-build.ts';

/** A build of 100,000 tasks is about 100 MB of JSON; more than this cannot be one string. */
const JSON_BYTES_MAX = 500 << 20;

function readJson(path: string): CompatBuild {
  if (statSync(path).size > JSON_BYTES_MAX) {
    throw new BakehouseError('too-large', `${path}: more than 500 MiB is not read as buildstats JSON.`, { file: path });
  }
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new BakehouseError('unreadable', `${path}: is no JSON: ${cause.message}`, { file: path, cause });
  }
  return compatFromJson(value, path);
}

export interface CompatRead {
  readonly attribute: CompatAttribute;
  /** Average over several builds below the path. */
  readonly multi: boolean;
}

export async function readCompat(
  io: CliIo,
  options: Options,
  text: string,
  { attribute, multi }: CompatRead,
): Promise<CompatBuild> {
  const read = { metrics: attribute === 'walltime' ? [] : [attribute], samples: false };
  if (meansStored(io, text)) return compatBuild(compareInput(await readBuild(io, options, text, read)));
  const path = resolve(io.folder, text);
  const kind = statSync(path, { throwIfNoEntry: false });
  if (kind === undefined) throw new BakehouseError('unreadable', `No such file or directory: ${text}`, { file: text });
  const directory = (folder: string): CompatBuild => compatBuild(compareInput(readDirectory(io, folder, read)));
  if (kind.isFile()) return readJson(path);
  if (isBuildDirectory(path)) return directory(path);

  const entries = readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (entries.length > 1) {
    if (!multi) {
      throw new BakehouseError(
        'unreadable',
        `Multiple buildstats found in '${text}'. Please give a single buildstats directory or use the --multi option.`,
        { file: text },
      );
    }
    io.err(`INFO: Averaging over ${entries.length} buildstats from ${text}\n`);
  }
  const builds = entries.map((entry) => {
    const inner = join(path, entry.name);
    if (entry.isFile()) return readJson(inner);
    if (isBuildDirectory(inner)) return directory(inner);
    throw new BakehouseError('unreadable', `${inner} does not look like a buildstats directory.`, { file: inner });
  });
  if (builds.length === 0) throw new BakehouseError('unreadable', `No buildstats found under ${text}`, { file: text });
  return compatMean(builds);
}
