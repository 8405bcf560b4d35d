/**
 * Samples of a record are frames of buildstats' sample files, taken apart into a template and numbers. Here they become text again,
 * which the reader of those files reads: what it knows of them (docs/formats/buildstats.md) is said once.
 */
import { RECORD_SAMPLE_BYTES_MAX, TEXT_LINE_CHARS_MAX } from '../../model/limits.ts';
import type { ProblemList } from '../../model/problem.ts';
import type { SampleTable } from '../../model/samples.ts';
import { SampleFiles } from '../buildstats/sample-files.ts';
import type { NumberColumn } from './columns.ts';

/** The frames of one line, still as numbers. */
export interface Frames {
  readonly file: string;
  /** The lines of a frame, `#` for each number. */
  readonly template: string;
  readonly rows: number;
  /** In the order of their places in the template. */
  readonly columns: readonly NumberColumn[];
}

const CHUNK_BYTES = 64 << 10;
/** A number of a column as text: sign, 20 digits, point. */
const NUMBER_CHARS_MAX = 32;

/** A template as the bytes between its numbers: column i stands behind part i. Null where it does not fit the columns. */
export function partsOf(template: string, columns: number): Uint8Array[] | null {
  const parts = `${template.replace(/\n+$/, '')}\n\n`.split('#');
  if (parts.length !== columns + 1) return null;
  const encoder = new TextEncoder();
  return parts.map((part) => encoder.encode(part));
}

/** All sample tables of a record. `problems` receives what the reader of sample files finds. */
export function readFrames(lines: readonly Frames[], problems: ProblemList): SampleTable[] {
  const byFile = new Map<string, Frames[]>();
  for (const frames of lines) {
    const known = byFile.get(frames.file);
    if (known === undefined) byFile.set(frames.file, [frames]);
    else known.push(frames);
  }
  const files = new SampleFiles(problems);
  let left = RECORD_SAMPLE_BYTES_MAX;
  for (const [file, list] of byFile) {
    const out = files.open(file);
    const writer = new FrameWriter((bytes) => out.push(bytes));
    for (const [frames, row] of inOrder(list)) {
      const written = writer.frame(frames, row);
      left -= written;
      if (left < 0) {
        problems.add(
          'warning',
          'record-samples-too-large',
          'There are more samples than are read; the rest was left out.',
          file,
        );
        break;
      }
    }
    writer.flush();
    out.end();
    if (left < 0) break;
  }
  return files.finish();
}

/**
 * Frames of one file in the order in which it had them. Lines of one template are as they were written; where templates change (an
 * interface came up), they go by time.
 */
function* inOrder(list: readonly Frames[]): Generator<[Frames, number]> {
  const groups = new Map<string, { frames: Frames; row: number }[]>();
  for (const frames of list) {
    const group = groups.get(frames.template) ?? [];
    groups.set(frames.template, group);
    group.push({ frames, row: 0 });
  }
  const queues = [...groups.values()].map((group) => ({ group, at: 0 }));
  for (;;) {
    let next: (typeof queues)[number] | null = null;
    let nextTime = Number.POSITIVE_INFINITY;
    for (const queue of queues) {
      let head = queue.group[queue.at];
      while (head !== undefined && head.row >= head.frames.rows) head = queue.group[++queue.at];
      if (head === undefined) continue;
      const time = queues.length === 1 ? 0 : timeOf(head.frames, head.row);
      if (next === null || time < nextTime) {
        next = queue;
        nextTime = time;
      }
    }
    if (next === null) return;
    const head = next.group[next.at]!;
    yield [head.frames, head.row++];
  }
}

function timeOf(frames: Frames, row: number): number {
  const column = frames.columns[0];
  return column === undefined ? 0 : column.values[row]! / 10 ** column.scale;
}

/** Makes text of frames, as bytes: a string of each would cost more than reading it again. */
class FrameWriter {
  readonly #onBytes: (bytes: Uint8Array) => void;
  readonly #parts = new Map<Frames, Uint8Array[]>();
  #bytes = new Uint8Array(CHUNK_BYTES);
  #at = 0;

  constructor(onBytes: (bytes: Uint8Array) => void) {
    this.#onBytes = onBytes;
  }

  /** Writes one frame and returns how many bytes it is. A number that is not recorded leaves its place empty. */
  frame(frames: Frames, row: number): number {
    let parts = this.#parts.get(frames);
    if (parts === undefined) {
      parts = partsOf(frames.template, frames.columns.length) ?? [];
      this.#parts.set(frames, parts);
    }
    let size = 0;
    for (const part of parts) size += part.length + NUMBER_CHARS_MAX;
    if (this.#at + size > this.#bytes.length) {
      this.flush();
      if (size > this.#bytes.length) this.#bytes = new Uint8Array(size + CHUNK_BYTES);
    }
    const before = this.#at;
    for (let i = 0; i < parts.length; i++) {
      this.#bytes.set(parts[i]!, this.#at);
      this.#at += parts[i]!.length;
      const column = frames.columns[i];
      if (column !== undefined) this.#number(column.values[row]!, column.scale);
    }
    return this.#at - before;
  }

  flush(): void {
    if (this.#at > 0) this.#onBytes(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
  }

  #number(value: number, scale: number): void {
    if (Number.isNaN(value)) return;
    if (!Number.isInteger(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      const text = String(value / 10 ** scale).slice(0, NUMBER_CHARS_MAX);
      for (let i = 0; i < text.length; i++) this.#bytes[this.#at++] = text.charCodeAt(i);
      return;
    }
    let rest = value;
    if (rest < 0) {
      this.#bytes[this.#at++] = 45;
      rest = -rest;
    }
    // From the last digit to the first, at least one before the point.
    let digits = 1;
    for (let power = 10; rest >= power; power *= 10) digits++;
    digits = Math.max(digits, scale + 1);
    const end = this.#at + digits + (scale > 0 ? 1 : 0);
    let at = end - 1;
    for (let d = 0; d < digits; d++) {
      if (d === scale && scale > 0) this.#bytes[at--] = 46;
      const next = Math.floor(rest / 10);
      this.#bytes[at--] = 48 + rest - next * 10;
      rest = next;
    }
    this.#at = end;
  }
}

/** Whether a template is one that can be put back: as long as a frame may be, every `#` with its column. */
export function isTemplate(template: string, columns: number): boolean {
  return template.length <= 64 * TEXT_LINE_CHARS_MAX && partsOf(template, columns) !== null;
}
