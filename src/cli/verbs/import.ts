/** `bakehouse import`: every build of the paths into the store. Reading a path twice changes nothing. */

import { BakehouseError } from '../../model/errors.ts';
import { plural } from '../../model/format.ts';
import { EXIT_OK, EXIT_UNREADABLE, errorSentence } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag } from '../options.ts';
import type { Options } from '../program.ts';
import { importInto, withStore } from '../stored.ts';
import { printable } from '../style.ts';

interface PathResult {
  readonly path: string;
  readonly builds: readonly { readonly id: string; readonly changed: boolean }[];
  readonly problems: readonly string[];
}

/** Paths that cannot be read are said, and do not keep the others from being read. */
export async function importPaths(io: CliIo, args: readonly string[], options: Options): Promise<number> {
  let unreadable = false;
  const results = await withStore(io, options, async (store) => {
    const done: PathResult[] = [];
    for (const path of args) {
      try {
        const { builds, problems, failed } = await importInto(io, options, store, path);
        // Found and not stored (a full disk): whoever calls us must not take it for done.
        if (failed > 0) unreadable = true;
        done.push({
          path,
          builds: builds.map(({ id, changed }) => ({ id, changed })),
          problems: problems.map(({ file, message }) => (file === null ? message : `${file}: ${message}`)),
        });
      } catch (error) {
        if (!(error instanceof BakehouseError)) throw error;
        unreadable = true;
        done.push({ path, builds: [], problems: [errorSentence(error)] });
      }
    }
    return done;
  });
  if (flag(options, 'json')) io.out(`${JSON.stringify({ paths: results }, null, 2)}\n`);
  for (const { path, builds, problems } of results) {
    if (!flag(options, 'json')) io.out(`${printable(path)}: ${sentence(builds)}\n`);
    for (const problem of problems) io.err(`bakehouse: ${printable(problem)}\n`);
  }
  return unreadable ? EXIT_UNREADABLE : EXIT_OK;
}

function sentence(builds: PathResult['builds']): string {
  const changed = builds.filter((build) => build.changed).length;
  if (builds.length === 0) return 'nothing was read';
  const already = builds.length - changed;
  if (already === 0) return `${plural(changed, 'build')} stored`;
  return `${plural(changed, 'build')} stored, ${already} already there`;
}
