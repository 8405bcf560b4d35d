/** `bakehouse list`: the builds in the store, newest first. */
import { formatCount, formatDuration, formatQuantity, formatRatio, formatUtc } from '../../model/format.ts';
import type { BuildRow } from '../../operations/build-row.ts';
import { loadLibrary } from '../controller.ts';
import { EXIT_OK } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { flag, number, text } from '../options.ts';
import type { Options } from '../program.ts';
import { withStore } from '../stored.ts';
import { printable, type Style, styleFor } from '../style.ts';
import { textTable } from '../text-table.ts';

/** The store gives no larger page. */
const PAGE = 500;

export async function list(io: CliIo, _args: readonly string[], options: Options): Promise<number> {
  const top = Math.max(1, number(options, 'top') ?? 20);
  const words = (text(options, 'search') ?? '').split(/\s+/).filter((word) => word !== '');
  const { buildRows } = await loadLibrary();
  const found = await withStore(io, options, async (store) => {
    const rows: BuildRow[] = [];
    let after: string | null = null;
    let total = 0;
    do {
      const page = await store.listBuilds({ words }, { after, limit: Math.min(PAGE, top - rows.length) });
      rows.push(...(await buildRows(store, page.builds)));
      total = page.matching;
      after = page.next;
    } while (after !== null && rows.length < top);
    return { rows, total };
  });
  if (flag(options, 'json')) io.out(`${JSON.stringify({ builds: found.rows, matching: found.total }, null, 2)}\n`);
  else io.out(listText(found.rows, found.total, styleFor(io)));
  return EXIT_OK;
}

function listText(rows: readonly BuildRow[], total: number, style: Style): string {
  if (rows.length === 0) return 'There is no such build in the store. `bakehouse import PATH` reads builds into it.\n';
  const [heading = '', ...lines] = textTable(
    [
      { title: 'id' },
      { title: 'started' },
      { title: 'duration', align: 'right' },
      { title: 'usual', align: 'right' },
      { title: 'cpu', align: 'right' },
      { title: 'outcome' },
      { title: 'what' },
      { title: 'name' },
    ],
    rows.map((row) => [
      row.id.slice(0, 8),
      formatUtc(row.startedMs),
      row.durationMs === null ? '-' : formatDuration(row.durationMs),
      row.usual.ratio === null ? '-' : formatRatio(row.usual.ratio),
      row.cpuTimeS === null ? '-' : formatQuantity(row.cpuTimeS, 's'),
      `${row.outcome.replaceAll('-', ' ')}${row.failures === 0 ? '' : ` (${formatCount(row.failures)})`}`,
      printable([row.targets?.join(' '), row.machine].filter((part) => part != null).join(', ')),
      printable(row.name),
    ]),
  );
  const more = total > rows.length ? `${formatCount(total - rows.length)} more: --top shows them\n` : '';
  return `${style.dim(heading)}\n${lines.map((line) => `${line}\n`).join('')}${more}`;
}
