/** `bakehouse failures`: what fails, as the few kinds it is; `--week`: what the rota reads on Monday. */
import { kindName } from '../../analysis/failure-week.ts';
import { formatCount, formatUtc, plural } from '../../model/format.ts';
import { TRIAGE_STATE_NAMES } from '../../model/triage.ts';
import type { FailureGroups } from '../../store/store.ts';
import { loadLibrary } from '../controller.ts';
import { EXIT_OK } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag, number, text } from '../options.ts';
import type { Options } from '../program.ts';
import { storeContext } from '../stored.ts';
import { printable, type Style, styleFor } from '../style.ts';
import { textTable } from '../text-table.ts';

const DAY_MS = 86_400_000;

export async function failures(io: CliIo, _args: readonly string[], options: Options): Promise<number> {
  const library = await loadLibrary();
  const words = (text(options, 'search') ?? '').split(/\s+/).filter((word) => word !== '');
  const filter = words.length === 0 ? {} : { words };
  if (options.week !== undefined && options.week !== false) {
    const week = text(options, 'week') ?? null;
    await storeContext(io, options, async (context) => {
      if (flag(options, 'json'))
        io.out(`${JSON.stringify(await library.showWeek(context, { week, filter }), null, 2)}\n`);
      else {
        const { bytes } = await library.weekAsText(context, { week, filter, base: text(options, 'url') ?? null });
        io.out(printableLines(new TextDecoder().decode(bytes)));
      }
    });
    return EXIT_OK;
  }
  const top = Math.max(1, number(options, 'top') ?? 20);
  const days = number(options, 'days') ?? null;
  const found = await storeContext(io, options, (context) =>
    library.groupFailures(context, {
      filter: { ...filter, ...(days === null ? {} : { fromMs: io.nowMs() - days * DAY_MS }) },
      failures: {},
      limit: top,
    }),
  );
  if (flag(options, 'json')) io.out(`${JSON.stringify(found, null, 2)}\n`);
  else io.out(groupsText(found, styleFor(io)));
  return EXIT_OK;
}

/** Words of strangers' builds, line by line: nothing in them may steer the terminal. */
function printableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line))
    .join('\n');
}

function groupsText(found: FailureGroups, style: Style): string {
  if (found.groups.length === 0)
    return 'No failure is in the store that matches. `bakehouse import PATH` reads builds into it.\n';
  const [heading = '', ...lines] = textTable(
    [
      { title: 'failures', align: 'right' },
      { title: 'builds', align: 'right' },
      { title: 'last' },
      { title: 'state' },
      { title: 'class' },
      { title: 'what' },
      { title: 'cause' },
    ],
    found.groups.map((group) => [
      formatCount(group.failures),
      formatCount(group.builds),
      formatUtc(group.lastMs),
      TRIAGE_STATE_NAMES[group.triage?.state ?? 'new'].toLowerCase(),
      group.class ?? 'not looked at yet',
      printable(kindName(group)),
      printable((group.cause ?? '').slice(0, 100)),
    ]),
  );
  const more =
    found.matching > found.groups.length
      ? `${formatCount(found.matching - found.groups.length)} more: --top shows them\n`
      : '';
  const sum = `${plural(found.failures, 'failure')} of ${plural(found.matching, 'kind')} in ${plural(found.builds, 'build')}\n`;
  return `${style.dim(heading)}\n${lines.map((line) => `${line}\n`).join('')}${more}${sum}`;
}
