/** `bakehouse retention`: what the owner's rules no longer keep, told or taken; `pin` and `unpin`: builds they do not touch. */
import { formatBytes, formatCount } from '../../model/format.ts';
import type { RetentionDone } from '../../operations/apply-retention.ts';
import type { RetentionItem, RetentionKind } from '../../store/retention.ts';
import { loadLibrary } from '../controller.ts';
import { EXIT_OK } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag } from '../options.ts';
import type { Options } from '../program.ts';
import { storeContext, storeSettings } from '../stored.ts';
import { textTable } from '../text-table.ts';

const WORDS: Readonly<Record<RetentionKind, string>> = {
  uploads: 'reports that were begun and not finished',
  builds: 'builds',
  reports: 'reports as they came',
  logs: 'logs of tasks that did not fail',
  'failure-logs': 'logs of failed tasks',
  size: 'the oldest of what is more than may be kept together',
  unused: 'logs and others that no build uses any more',
};

export async function retention(io: CliIo, _args: readonly string[], options: Options): Promise<number> {
  const { applyRetention, planRetention } = await loadLibrary();
  const { keeping } = await storeSettings(io, options);
  const dry = flag(options, 'dryRun');
  const done = await storeContext(io, options, (context) =>
    (dry ? planRetention : applyRetention)(context, { rules: keeping }),
  );
  if (flag(options, 'json')) io.out(`${JSON.stringify({ dryRun: dry, ...done }, null, 2)}\n`);
  else io.out(told(done, dry));
  return EXIT_OK;
}

function told({ items, strays }: RetentionDone, dry: boolean): string {
  const lines = items.map(({ kind, count, bytes }: RetentionItem) => [
    kind === 'size' && dry ? '' : formatCount(count),
    formatBytes(bytes),
    WORDS[kind],
  ]);
  if (strays > 0) lines.push([formatCount(strays), '', 'files that nothing knew of']);
  if (lines.length === 0) return dry ? 'Nothing would go.\n' : 'Nothing had to go.\n';
  const [, ...rows] = textTable([{ title: '', align: 'right' }, { title: '', align: 'right' }, { title: '' }], lines);
  return `${dry ? 'Would go:' : 'Went:'}\n${rows.map((row) => `  ${row}\n`).join('')}`;
}

export const pin = (io: CliIo, args: readonly string[], options: Options): Promise<number> =>
  setPinned(io, args, options, true);
export const unpin = (io: CliIo, args: readonly string[], options: Options): Promise<number> =>
  setPinned(io, args, options, false);

async function setPinned(io: CliIo, args: readonly string[], options: Options, pinned: boolean): Promise<number> {
  const { pinBuild } = await loadLibrary();
  const done = await storeContext(io, options, async (context) => {
    const all = [];
    for (const build of args) all.push(await pinBuild(context, { build, pinned }));
    return all;
  });
  if (flag(options, 'json')) io.out(`${JSON.stringify({ builds: done }, null, 2)}\n`);
  else
    for (const { id } of done)
      io.out(pinned ? `${id} is kept whatever its age.\n` : `${id} is kept as the rules say.\n`);
  return EXIT_OK;
}
