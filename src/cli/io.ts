/** What the command line touches of the process, in one object, so that a test runs it without one. */
import { fstatSync, readSync, statSync, writeSync } from 'node:fs';

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
  /** A line of standard input, without its end. */
  readLine(): string;
  /** Asks on the terminal without showing what is typed; null: there is no terminal, or Ctrl-C. */
  askSecret(question: string): Promise<string | null>;
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

const LINE_BYTES_MAX = 4096;

/** A byte at a time, because what comes after the line is for whoever reads next. */
function readLine(): string {
  const bytes: number[] = [];
  const one = new Uint8Array(1);
  while (bytes.length < LINE_BYTES_MAX) {
    let read: number;
    try {
      read = readSync(0, one);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
        continue;
      }
      throw error;
    }
    if (read === 0 || one[0] === 10) break;
    bytes.push(one[0]!);
  }
  return new TextDecoder().decode(Uint8Array.from(bytes)).replace(/\r$/, '');
}

function askSecret(question: string): Promise<string | null> {
  const { stdin } = process;
  if (!stdin.isTTY) return Promise.resolve(null);
  writeAll(2, question);
  return new Promise((answer) => {
    let typed: string[] = [];
    stdin.setRawMode(true).setEncoding('utf8').resume();
    const end = (secret: string | null) => {
      stdin.off('data', hear).setRawMode(false).pause();
      writeAll(2, '\n');
      answer(secret);
    };
    const hear = (text: string): void => {
      for (const key of text) {
        if (key === '\r' || key === '\n') {
          end(typed.join(''));
          return;
        }
        // Ctrl-C, Ctrl-D.
        if (key === '\u0003' || key === '\u0004') {
          end(null);
          return;
        }
        if (key === '\u007f' || key === '\b') typed.pop();
        // Ctrl-U.
        else if (key === '\u0015') typed = [];
        else if (key >= ' ') typed.push(key);
      }
    };
    stdin.on('data', hear);
  });
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
    readLine,
    askSecret,
    out: (text) => writeAll(1, text),
    err: (text) => writeAll(2, text),
  };
}
