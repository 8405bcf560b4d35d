/** The boot chart of a build that is held in a report file, as an address an image can have. */
import { decompress } from 'fzstd';
import type { BuildDetail } from '../../api/contract.ts';
import { chartSvg, type SvgOptions } from '../../chart/svg.ts';
import { decodeColumns } from '../../model/columns-body.ts';
import { bytesOf } from './held-bytes.ts';
import type { Report } from './report-file.ts';

const unpack = (bytes: Uint8Array, rawLength: number): Uint8Array => decompress(bytes, new Uint8Array(rawLength));

/** Null: the build is not in the file. Without strips: samples are not decoded for a drawing this small. */
export function heldChart(held: Report, id: string, options: SvgOptions): string | null {
  const detail = held.answers[`/builds/${id}`];
  const columns = held.answers[`/builds/${id}/columns`];
  if (detail === undefined || !('json' in detail) || columns === undefined || !('base64' in columns)) return null;
  // Written by export-report.ts from the operation `show-build`, whose answer this is.
  const build = detail.json as BuildDetail;
  const tasks = decodeColumns(bytesOf(columns.base64), unpack);
  const svg = chartSvg({ ...build, tasks, samples: [] }, { ...options, strips: [] });
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
