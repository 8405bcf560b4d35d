/**
 * Lines of a log as they are asked for, in blocks: of a log of 200 MB the page holds what was on screen lately. Colours go on from the block
 * before where it is here; it is asked for together with each block that is shown, so that a jump into the middle begins in the right ones
 * unless they were set a block and more above.
 */

import { type AnsiSpan, type AnsiState, PLAIN, readAnsi } from '../../../analysis/ansi.ts';
import { LruMap } from './lru-map.ts';

export const BLOCK_LINES = 400;
/** Of lines of 100 characters 5 MB. */
const BLOCKS_KEPT = 120;
/** Of one line; the whole of it is in the raw log. A browser takes seconds to lay out a line of a megabyte. */
export const LINE_CHARS_SHOWN = 4000;

export interface LogLine {
  readonly spans: readonly AnsiSpan[];
  /** Characters that are not shown. */
  readonly left: number;
}

interface Block {
  readonly raw: readonly { readonly text: string; readonly left: number }[];
  lines: readonly LogLine[];
  before: AnsiState;
  after: AnsiState;
}

export interface LogPart {
  readonly lines: number | null;
  readonly from: number;
  readonly to: number | null;
  readonly text: string;
}

export interface LogLines {
  /** Null: on its way, or not there. Counted from 1. */
  line(number: number): LogLine | null;
  /** Asks for what is missing of these lines, both ends included. */
  want(from: number, to: number): void;
  /** Something that was asked for did not come; asking again may help. */
  readonly failed: unknown;
  retry(): void;
  stop(): void;
}

export function logLines(
  total: number,
  read: (from: number, to: number, signal: AbortSignal) => Promise<LogPart>,
  changed: () => void,
): LogLines {
  const blocks = new LruMap<number, Block>(BLOCKS_KEPT);
  const asked = new Map<number, AbortController>();
  let failed: unknown = null;
  let last: readonly [number, number] | null = null;

  /** With the state the block before left; the ones behind follow where that changes theirs. */
  function paint(index: number): void {
    for (let at = index; ; at++) {
      const block = blocks.get(at);
      if (block === undefined) return;
      const before = blocks.get(at - 1)?.after ?? PLAIN;
      if (at !== index && before === block.before) return;
      let state = before;
      block.before = before;
      block.lines = block.raw.map(({ text, left }) => {
        const { spans, after } = readAnsi(text, state);
        state = after;
        return { spans, left };
      });
      block.after = state;
    }
  }

  async function load(index: number): Promise<void> {
    const stop = new AbortController();
    asked.set(index, stop);
    const raw: { text: string; left: number }[] = [];
    const end = Math.min(total, (index + 1) * BLOCK_LINES);
    let from = index * BLOCK_LINES + 1;
    try {
      // An answer is bounded in bytes: of very long lines several make a block.
      while (from <= end) {
        const part = await read(from, end, stop.signal);
        if (part.to === null || part.to < from) break;
        const texts = part.text.split('\n');
        for (let n = from; n <= part.to; n++) {
          const text = texts[n - from] ?? '';
          raw.push({ text: text.slice(0, LINE_CHARS_SHOWN), left: Math.max(0, text.length - LINE_CHARS_SHOWN) });
        }
        from = part.to + 1;
      }
      blocks.set(index, { raw, lines: [], before: PLAIN, after: PLAIN });
      paint(index);
      failed = null;
    } catch (error) {
      if (stop.signal.aborted) return;
      failed = error;
    } finally {
      asked.delete(index);
    }
    changed();
  }

  function want(from: number, to: number): void {
    last = [from, to];
    if (failed !== null) return;
    const first = Math.floor((Math.max(1, from) - 1) / BLOCK_LINES);
    const end = Math.floor((Math.min(total, Math.max(1, to)) - 1) / BLOCK_LINES);
    const near = (index: number): boolean => index >= first - 1 && index <= end + 1;
    // Dragged past: nobody waits for it any more.
    for (const [index, stop] of asked) {
      if (near(index)) continue;
      stop.abort();
      asked.delete(index);
    }
    for (let index = Math.max(0, first - 1); index <= end; index++)
      if (blocks.get(index) === undefined && !asked.has(index)) void load(index);
  }

  return {
    line: (number) => blocks.get(Math.floor((number - 1) / BLOCK_LINES))?.lines[(number - 1) % BLOCK_LINES] ?? null,
    want,
    get failed() {
      return failed;
    },
    retry() {
      failed = null;
      if (last !== null) want(...last);
      changed();
    },
    stop() {
      for (const stop of asked.values()) stop.abort();
      asked.clear();
    },
  };
}
