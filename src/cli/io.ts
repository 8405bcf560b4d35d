/** What the command line touches of the process, in one object, so that a test runs it without one. */
import { writeSync } from 'node:fs';

export interface CliIo {
  /** The one place where the environment enters the program. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What relative paths are relative to. */
  readonly folder: string;
  readonly outIsTerminal: boolean;
  readonly errIsTerminal: boolean;
  /** Width of the terminal in columns. */
  readonly columns: number;
  nowMs(): number;
  /** Results: standard output. */
  out(text: string | Uint8Array): void;
  /** What is said beside them: standard error. */
  err(text: string): void;
}

/** Whoever reads our output has gone (`| head`): nothing to say, nothing to write any more. */
export class ReaderGone extends Error {}

/**
 * Synchronous writes: the verbs print once and end, and whole-process time counts. A pipe that is full answers EAGAIN when its other
 * end set it non-blocking; then the write goes on where it stopped.
 */
function writeAll(fd: number, text: string | Uint8Array): void {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code === 'EAGAIN') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
      else if (code === 'EPIPE') throw new ReaderGone();
      else throw error;
    }
  }
}

export function processIo(): CliIo {
  return {
    environment: process.env,
    folder: process.cwd(),
    outIsTerminal: process.stdout.isTTY === true,
    errIsTerminal: process.stderr.isTTY === true,
    columns: process.stdout.columns ?? 80,
    nowMs: () => Date.now(),
    out: (text) => writeAll(1, text),
    err: (text) => writeAll(2, text),
  };
}
