/** Where in the whole log of a task run some words stand, or what looks like an error: the page has only the lines that are on screen. */
import { type LogMarks, logMarker } from '../analysis/log-marks.ts';
import { BakehouseError } from '../model/errors.ts';
import { LOG_FILE_BYTES_MAX } from '../model/limits.ts';
import type { OperationContext } from './context.ts';
import { LOG_PIECE_BYTES } from './log-bytes.ts';
import { type LogName, withLog } from './read-log.ts';

export interface LogFound {
  /** From 1, ascending. */
  readonly found: readonly number[];
  /** Of error lines the one that says why. */
  readonly best: number | null;
  /** There are more than are here. */
  readonly more: boolean;
}

export async function findInLog(
  context: OperationContext,
  /** `words` left out: lines that look like errors. */
  input: LogName & {
    readonly words?: string | undefined;
    /** Of a longer log nothing is looked for: `more`. */
    readonly bytesMax?: number | undefined;
  },
): Promise<LogFound> {
  return withLog(context, input, async (log) => {
    if (log.bytes > LOG_FILE_BYTES_MAX) throw new BakehouseError('too-large', 'The log is too large to search in.');
    if (input.bytesMax !== undefined && log.bytes > input.bytesMax) return { found: [], best: null, more: true };
    const marker = logMarker(input.words ?? null);
    for (let at = 0; at < log.bytes; at += LOG_PIECE_BYTES) {
      // Other questions are answered between two pieces, which are some 15 ms each.
      const piece = await log.readBytes(at, at + LOG_PIECE_BYTES);
      if (piece.length === 0) break;
      if (!marker.add(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1'))) break;
    }
    const { lines, best, more }: LogMarks = marker.end();
    return { found: lines.map((line) => line + 1), best: best === null ? null : best + 1, more };
  });
}
