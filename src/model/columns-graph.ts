/** A task graph as stored bytes: two columns in the container of columns-body.ts. */
import type { Compress, Decompress } from './columns.ts';
import { encodeColumn } from './columns.ts';
import { decodeGraphColumns, type EncodedColumn, graphBody } from './columns-body.ts';
import { BakehouseError } from './errors.ts';
import type { TaskGraph } from './task-table.ts';

/** Per row its number of dependencies; per dependency how many rows away it is: most are in the same recipe, so small. */
export function encodeGraph({ offsets, targets }: TaskGraph, compress: Compress): Uint8Array {
  const rows = Math.max(0, offsets.length - 1);
  const degrees = new Float64Array(rows);
  const distances = new Float64Array(targets.length);
  for (let row = 0; row < rows; row++) {
    const end = offsets[row + 1]!;
    degrees[row] = end - offsets[row]!;
    for (let edge = offsets[row]!; edge < end; edge++) distances[edge] = targets[edge]! - row;
  }
  const columns: EncodedColumn[] = [
    { id: '@degree', blocks: encodeColumn(degrees, compress) },
    { id: '@distance', blocks: encodeColumn(distances, compress) },
  ];
  return graphBody(rows, targets.length, columns);
}

export function decodeGraph(bytes: Uint8Array, decompress: Decompress): TaskGraph {
  const { degrees, distances } = decodeGraphColumns(bytes, decompress);
  const offsets = new Uint32Array(degrees.length + 1);
  const targets = new Uint32Array(distances.length);
  let edge = 0;
  for (let row = 0; row < degrees.length; row++) {
    const end = edge + degrees[row]!;
    if (!(end >= edge && end <= distances.length)) throw broken();
    for (; edge < end; edge++) {
      const target = row + distances[edge]!;
      if (!(target >= 0 && target < degrees.length && Number.isInteger(target))) throw broken();
      targets[edge] = target;
    }
    offsets[row + 1] = end;
  }
  if (edge !== distances.length) throw broken();
  return { offsets, targets };
}

function broken(): BakehouseError {
  return new BakehouseError('unreadable', 'A task graph cannot be read: its rows do not fit its dependencies.');
}
