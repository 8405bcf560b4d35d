/** The sample series of a build as CSV: a line a moment, a column a series, units in the header. */
import type { Build } from '../model/build.ts';
import type { SampleTable } from '../model/samples.ts';
import type { FileAnswer } from './answer.ts';
import type { OperationContext } from './context.ts';
import { csvHeader, csvLine, csvNumber, csvTime } from './csv.ts';
import { downloadName } from './file-name.ts';
import { noSuchBuild, resolveBuildId } from './resolve-build-id.ts';

export interface ExportSamplesInput {
  readonly build: string;
  readonly safe?: boolean;
}

/** GET /builds/{id}/samples.csv, `bakehouse export --samples`. */
export async function exportSamples({ store }: OperationContext, input: ExportSamplesInput): Promise<FileAnswer> {
  const id = await resolveBuildId(store, input.build);
  const head = await store.readHead(id);
  const samples = await store.readSamples(id);
  if (head === null || samples === null) throw noSuchBuild(id);
  return {
    bytes: Buffer.from(samplesCsv({ samples, startedMs: head.startedMs }, input.safe ?? true)),
    mediaType: 'text/csv; charset=utf-8; header=present',
    fileName: downloadName(head.name, 'samples', 'csv'),
    revision: head.revision,
    finished: head.outcome !== 'running',
  };
}

/**
 * Files of one build are sampled at moments of their own, so a line is a moment of at least one and empty for the others: nothing
 * is interpolated. Numbers are those of the model: disk throughput is corrected, as the pages show it.
 */
export function samplesCsv(build: Pick<Build, 'samples' | 'startedMs'>, safe = true): string {
  const tables = build.samples.filter((table) => table.timeMs.length > 0);
  const lines = [
    csvLine([
      'time [UTC]',
      'since start [s]',
      ...tables.flatMap((table) => table.series.map((series) => csvHeader(series.id, series.unit, safe))),
    ]),
  ];
  // A merge of sorted lists: each table stands at its next moment.
  const next = tables.map(() => 0);
  for (;;) {
    const timeMs = earliest(tables, next);
    if (timeMs === null) break;
    const since = build.startedMs === null ? null : (timeMs - build.startedMs) / 1000;
    const fields = [csvTime(timeMs), csvNumber(since)];
    tables.forEach((table, t) => {
      const at = next[t]!;
      const now = table.timeMs[at] === timeMs;
      for (const series of table.series) fields.push(now ? csvNumber(series.values[at]) : '');
      if (now) next[t] = at + 1;
    });
    lines.push(csvLine(fields));
  }
  return lines.join('');
}

function earliest(tables: readonly SampleTable[], next: readonly number[]): number | null {
  let first: number | null = null;
  tables.forEach((table, t) => {
    const at = table.timeMs[next[t]!];
    if (at !== undefined && (first === null || at < first)) first = at;
  });
  return first;
}
