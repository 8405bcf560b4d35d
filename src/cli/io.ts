/** What the command line touches of the process, in one object, so that a test runs it without one. */
import { fstatSync, statSync, writeSync } from 'node:fs';

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

/**
 * Whether a person looks at it. process.stdout would say so too, but opening it loads streams and the network code (10 ms), and in most runs
 * it is a pipe or a file, which the file system knows.
 */
function isTerminal(fd: number): boolean {
  const kind = fstatSync(fd);
  if (!kind.isCharacterDevice() || kind.rdev === statSync('/dev/null', { throwIfNoEntry: false })?.rdev) return false;
  return process.getBuiltinModule('node:tty').isatty(fd);
}

export function processIo(): CliIo {
  return {
    environment: process.env,
    folder: process.cwd(),
    get outIsTerminal() {
      return isTerminal(1);
    },
    get errIsTerminal() {
      return isTerminal(2);
    },
    get columns() {
      return isTerminal(1) ? (process.stdout.columns ?? 80) : 80;
    },
    nowMs: () => Date.now(),
    out: (text) => writeAll(1, text),
    err: (text) => writeAll(2, text),
  };
}
