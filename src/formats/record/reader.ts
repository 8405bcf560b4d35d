import type { Build } from '../../model/build.ts';
import { RECORD_LINE_BYTES_MAX, RECORD_LINES_MAX } from '../../model/limits.ts';
import { ProblemList } from '../../model/problem.ts';
import { LineSplitter } from '../eventlog/lines.ts';
import { assembleBuild } from './assemble.ts';
import { ColumnsError } from './columns.ts';
import { RecordDraft } from './draft.ts';
import { type Fields, get, isFields } from './fields.ts';
import type { Packing } from './packing.ts';

export interface RecordReaderOptions {
  /** Where the record was read, as it should appear in the build's sources. */
  readonly location: string;
  readonly packing: Packing;
}

export interface SnapshotOptions {
  /** Whether whoever writes the record is still at it: a young file, a stream whose client says so. Of no account once it has an end. */
  readonly running: boolean;
  /** The bytes of the blob that `graph` names, where they are at hand. */
  readonly graph?: Uint8Array | null | undefined;
}

/** What a `record` line says; null before it came. */
export interface RecordHead {
  readonly id: string | null;
  readonly writer: string | null;
  readonly kinds: readonly string[] | null;
}

const NEWLINE_BYTES = new Uint8Array([10]);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads a record (docs/formats/record.md) as it comes: `push` its bytes in pieces of any size, ask for a `snapshot` of the build at any
 * time, `end` when nothing follows. The same for a file on disk and for the stream of an upload.
 */
export class RecordReader {
  readonly #options: RecordReaderOptions;
  readonly #file: string;
  readonly #draft: RecordDraft;
  readonly #lines: LineSplitter;
  readonly #decoder = new TextDecoder();
  #head: RecordHead | null = null;
  #refused = false;
  #any = false;

  constructor(options: RecordReaderOptions) {
    this.#options = options;
    this.#file = options.location.slice(options.location.lastIndexOf('/') + 1);
    this.#draft = new RecordDraft(options.packing, this.#file);
    this.#lines = new LineSplitter(
      RECORD_LINE_BYTES_MAX,
      (bytes, from, to) => this.#readLine(bytes, from, to),
      () => !this.#refused,
    );
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  /** Nothing follows. A last line without its newline is read where it is whole; else it was torn, and is dropped without a word. */
  end(): void {
    const rest = this.#lines.rest;
    if (rest.length > 0 && isJson(this.#decoder.decode(rest))) this.#lines.push(NEWLINE_BYTES);
  }

  /** What the first line says. */
  get head(): RecordHead | null {
    return this.#head;
  }

  /** The blob of the task graph; its bytes go into `snapshot`. */
  get graph(): { readonly blob: string; readonly bytes: number } | null {
    return this.#draft.graph;
  }

  /** Numbers that it holds in memory, eight bytes each: what keeping this reader costs, texts aside. */
  get cells(): number {
    return this.#draft.cells;
  }

  /** Whether an `end` line came: nothing follows, and the build is over. */
  get ended(): boolean {
    return this.#draft.ended !== null;
  }

  /** Whether any line was understood: a file of another format, or of a later version, gives no build. */
  get isRecord(): boolean {
    return this.#any && !this.#refused;
  }

  /** Whether the build can be told from others by now: an account without name and start would be taken for another build's. */
  get isNamed(): boolean {
    return this.isRecord && this.#draft.texts.has('name') && this.#draft.startedMs !== null;
  }

  /** The build as far as the record goes. */
  snapshot(options: SnapshotOptions): Build {
    const build = assembleBuild(this.#draft, {
      source: { kind: 'record', location: this.#options.location },
      file: this.#file,
      running: options.running,
      graph: options.graph ?? null,
    });
    const { tooLong } = this.#lines;
    if (tooLong === 0) return build;
    const problems = new ProblemList();
    problems.addAll(build.problems);
    problems.add('warning', 'record-line-too-long', `${tooLong} lines are too long and were skipped.`, this.#file);
    return { ...build, problems: problems.list() };
  }

  #readLine(bytes: Uint8Array, from: number, to: number): void {
    const draft = this.#draft;
    draft.line = this.#lines.lines;
    if (from === to || this.#refused) return;
    if (draft.line > RECORD_LINES_MAX) {
      draft.once('too many lines', () =>
        draft.complain(
          'error',
          'record-too-long',
          `The record has more than ${RECORD_LINES_MAX} lines; the rest was left out.`,
        ),
      );
      return;
    }
    let line: unknown;
    try {
      line = JSON.parse(this.#decoder.decode(bytes.subarray(from, to)));
    } catch {
      draft.complain('warning', 'record-line-broken', 'A line is not JSON and is left out.');
      return;
    }
    if (!isFields(line)) {
      draft.complain('warning', 'record-line-broken', 'A line is not an object and is left out.');
      return;
    }
    try {
      this.#take(line);
    } catch (error) {
      if (!(error instanceof ColumnsError)) throw error;
      draft.complain(
        'warning',
        'record-line-broken',
        `The numbers of a line cannot be read: ${error.message}; it was left out.`,
      );
    }
  }

  #take(line: Fields): void {
    const draft = this.#draft;
    const type = get(line, 'type');
    switch (type) {
      case 'record':
        if (get(line, 'format') !== 1) {
          this.#refused = true;
          draft.complain('error', 'record-too-new', 'The record is of a later version than this program reads.');
          return;
        }
        draft.record(line);
        this.#head = { id: draft.id, writer: draft.writer, kinds: draft.kinds };
        break;
      case 'build':
        draft.build(line);
        break;
      case 'recipes':
        draft.recipeLine(line);
        break;
      case 'tasks':
        draft.tasks(line);
        break;
      case 'running':
        draft.runningLine(line);
        break;
      case 'graph':
        draft.graphLine(line);
        break;
      case 'phase':
        draft.phase(line);
        break;
      case 'samples':
        draft.samples(line);
        break;
      case 'series':
        draft.seriesLine(line);
        break;
      case 'failure':
        draft.failure(line);
        break;
      case 'log':
        draft.log(line);
        break;
      case 'qa':
        draft.qa(line);
        break;
      case 'message':
        draft.message(line);
        break;
      case 'size':
        draft.size(line);
        break;
      case 'problem':
        draft.problem(line);
        break;
      case 'end':
        draft.end(line);
        break;
      default: {
        const name = typeof type === 'string' ? `type "${type.slice(0, 40)}"` : 'type';
        draft.complain('note', 'record-line-unknown', `A line has no known ${name} and is left out.`);
        return;
      }
    }
    this.#any = true;
  }
}
