/** `bakehouse backup FOLDER`, while the server runs, and `bakehouse restore FOLDER`, into a place without a store. */
import { resolve } from 'node:path';
import { formatBytes, formatUtc, plural } from '../../model/format.ts';
import { VERSION } from '../../server/version.ts';
import { loadLibrary } from '../controller.ts';
import { EXIT_OK } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag } from '../options.ts';
import type { Options } from '../program.ts';
import { storeSettings } from '../stored.ts';
import { printable } from '../style.ts';

const POSTGRES =
  'The database is not in it: PostgreSQL is dumped by its own tools, before this: pg_dump --format=custom --file=bakehouse.dump DATABASE\n';

export async function backup(io: CliIo, args: readonly string[], options: Options): Promise<number> {
  const { takeBackup } = await loadLibrary();
  const folder = resolve(io.folder, args[0]!);
  const done = await takeBackup(await storeSettings(io, options), folder, VERSION, io.nowMs());
  if (flag(options, 'json')) io.out(`${JSON.stringify({ folder, ...done }, null, 2)}\n`);
  else {
    const { databaseBytes, blobs } = done.note;
    const database = databaseBytes === null ? '' : `the database (${formatBytes(databaseBytes)}) and `;
    io.out(`${printable(folder)} holds ${database}${plural(blobs, 'blob')}, ${done.newBlobs} of them new.\n`);
    if (databaseBytes === null) io.out(POSTGRES);
  }
  return EXIT_OK;
}

export async function restore(io: CliIo, args: readonly string[], options: Options): Promise<number> {
  const { restoreBackup } = await loadLibrary();
  const folder = resolve(io.folder, args[0]!);
  const note = await restoreBackup(folder, await storeSettings(io, options));
  if (flag(options, 'json')) io.out(`${JSON.stringify({ folder, note }, null, 2)}\n`);
  else io.out(`Restored what was backed up at ${formatUtc(note.takenMs)}, with ${plural(note.blobs, 'blob')}.\n`);
  return EXIT_OK;
}
