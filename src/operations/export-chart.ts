/** The boot chart of a build as an SVG file, drawn by the code that draws it in the page and on the command line. */
import { type ChainKind, chainOf, NO_GRAPH } from '../chart/chain.ts';
import type { GroupBy } from '../chart/layout.ts';
import type { ColourBy, Scheme } from '../chart/palette.ts';
import { parseStrips } from '../chart/strips.ts';
import { chartSvg } from '../chart/svg.ts';
import type { FileAnswer } from './answer.ts';
import type { OperationContext } from './context.ts';
import { downloadName } from './file-name.ts';
import { graphOfBuild } from './graph-of-build.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

export interface ExportChartInput {
  readonly build: string;
  /** Runs shorter than this are in the density lane. */
  readonly minMs: number;
  readonly groupBy: GroupBy;
  readonly colourBy: ColourBy;
  readonly scheme: Scheme;
  readonly widthPx: number;
  /** Since the start of the build; null: the whole. */
  readonly range: { readonly fromMs: number; readonly toMs: number } | null;
  /** Series as the address of the page has them: `cpu.user+pressure.cpu.avg10,disk.read`; null: the usual ones. */
  readonly strips: string | null;
  /** Dims all but a chain of tasks; null: dims nothing. */
  readonly chain: ChainKind | null;
}

/** GET /builds/{id}/chart.svg */
export async function exportChart({ store }: OperationContext, input: ExportChartInput): Promise<FileAnswer> {
  const id = await resolveBuildId(store, input.build);
  const [head, tasks, samples] = await Promise.all([
    store.readHead(id),
    store.readTaskTable(id, ['cputime']),
    store.readSamples(id),
  ]);
  if (head === null || tasks === null || samples === null) throw noSuchBuild(id);
  const graph = input.chain === null ? null : await graphOfBuild(store, id, head, tasks);
  const chain = input.chain === null ? null : (chainOf({ ...head, tasks, graph }, input.chain) ?? { reason: NO_GRAPH });
  const { minMs, groupBy, colourBy, scheme, widthPx, range } = input;
  const strips = input.strips === null ? null : parseStrips(input.strips);
  const svg = chartSvg(
    { ...head, tasks, samples },
    { minMs, groupBy, colourBy, scheme, widthPx, ...(range ?? {}), chain, ...(strips === null ? {} : { strips }) },
  );
  return {
    bytes: new TextEncoder().encode(svg),
    mediaType: 'image/svg+xml',
    fileName: downloadName(head.name, 'chart', 'svg'),
    revision: head.revision,
    finished: head.outcome !== 'running',
  };
}
