/**
 * Task files `<PF>/<task>`: the hot path of every reading, so bytes and columns, no strings.
 *
 *     Event: TaskStarted␠                          a run opens
 *     Started: 1795219537.75␠
 *     alpha-2_1.2-r0: do_compile                   a block begins; up to morty "…: do_compile: Elapsed time: 2.24 seconds␠"
 *     Elapsed time: 2.24 seconds                   since pyro
 *     IO read_bytes: 8192                          a metric; any `<words>: <number>` is one
 *     Status: PASSED␠
 *     Ended: 1795219539.99␠                        the block closes the run that it fits
 *
 * Files are opened for appending, so one file can hold several runs, also interleaved (multiconfigs that share a TMPDIR):
 * Event, Started, Event, Started, block, block. A block belongs to the open run with Started = Ended - Elapsed, else to the
 * oldest. Blocks close late, at the first line that cannot belong to them, because 2011 wrote Ended before, after or not at all.
 *
 * Lines come in the same order in nearly every file of a build, so the key that followed a key last time is compared first:
 * 20 byte comparisons instead of a search, a string and a map.
 *
 * A number counts only when something stands behind it. The last line of a file that was cut may read `IO rchar: 2108`.
 */
import { TEXT_LINE_CHARS_MAX } from '../../model/limits.ts';
import { metricIdOfKey } from '../../model/metric-registry.ts';
import type { ProblemList } from '../../model/problem.ts';
import { TASK_FAILED, TASK_SUCCEEDED, TASK_UNFINISHED } from '../../model/task-table.ts';
import type { GrowingRows } from './growing-rows.ts';
import { scanEnd, scanNumber, scanNumberInto } from './scan-number.ts';

/** What a key means: a metric column if >= 0, else one of these. */
const EVENT = -1;
const STARTED = -2;
const HEADER = -3;
const ELAPSED = -4;
const STATUS = -5;
const ENDED = -6;
const SKIP = -7;

const NEWLINE = 10;
/** No key is longer: bounds the search for the colon. */
const KEY_BYTES_MAX = 300;
/** Keys kept for prediction. Past it, new keys are looked at and forgotten. */
const KEYS_MAX = 1024;
/** Started, Ended and Elapsed are rounded to 0.01 s each; 0.05 s apart is the most seen in 2,345 files. */
const FIT_MS = 60;
/** 10,000 s of 1970 to the year 5138: anything else is no time of a build. */
const TIME_S_MIN = 1e4;
const TIME_S_MAX = 1e11;
/** Longer than any task: the clock was set meanwhile. Kept, and said. */
const DURATION_MS_PLAUSIBLE = 30 * 86_400_000;

const METRIC_KEY = /^[A-Za-z][\w .()/%-]*$/;
/** Aug 2011 to jethro: counters of the whole disk, and each under its neighbour's name. */
const DISK_COUNTER =
  /^(?:Start|End)(?:IOinProgress|ReadsComp|ReadsMerged|SectRead|SectWrite|TimeIO|TimeReads|TimeWrite|WTimeIO|WritesComp)$/;

/** A wanted metric's line as it stands in a file, and its column once there is one. */
interface Needle {
  readonly id: string;
  /** `\nrusage ru_utime: ` */
  readonly line: string;
  column: number;
  /** Not searched in a file that has rusage: it tells the same in clock ticks, for files of before that. */
  readonly instead: boolean;
}

/** More than so many searches are slower than a look at every byte. */
const NEEDLES_MAX = 16;
const GROUPS: Readonly<Record<string, string>> = { io: 'IO ', rusage: 'rusage ', child_rusage: 'Child rusage ' };

/** Null where a metric's line cannot be told from its id, or too many are wanted. */
function needlesFor(wanted: WantedMetrics, fallbacks: ReadonlySet<string>): Needle[] | null {
  if (wanted === 'all' || wanted.size > NEEDLES_MAX) return null;
  const needles: Needle[] = [];
  const hasRusage = wanted.has('rusage.ru_utime') && wanted.has('rusage.ru_stime');
  for (const id of wanted) {
    const [group, name] = id.includes('.') ? [id.slice(0, id.indexOf('.')), id.slice(id.indexOf('.') + 1)] : ['', id];
    const written = group === '' ? '' : GROUPS[group];
    if (written === undefined || !/^[a-z_]+$/.test(name)) return null;
    needles.push({ id, line: `\n${written}${name}: `, column: -1, instead: hasRusage && fallbacks.has(id) });
  }
  return needles;
}

const encoder = new TextEncoder();
const ONE_RUN = 'Event: TaskStarted \nStarted: ';
const USUAL_TAIL = '\nStatus: PASSED \nEnded: 1795219539.99 \n'.length;

/** Which metrics a caller wants: all, or the named ones (ids of the lines, `rusage.ru_utime`). Fewer is faster. */
export type WantedMetrics = 'all' | ReadonlySet<string>;

/** The recipe directory that a task file lies in. */
export interface RecipeDirectory {
  readonly pf: string;
  /** Index of the recipe, as committed to the rows. */
  readonly index: number;
  /** `<PF>: ` as bytes. */
  readonly header: Uint8Array;
}

export function recipeDirectory(pf: string, index: number): RecipeDirectory {
  return { pf, index, header: encoder.encode(`${pf}: `) };
}

export class TaskFileReader {
  readonly #rows: GrowingRows;
  readonly #problems: ProblemList;
  readonly #wanted: WantedMetrics;
  readonly #needles: Needle[] | null;

  readonly #keyBytes: Uint8Array[] = [];
  readonly #keyKind: number[] = [];
  /** Key that came after key i the last time; the last entry is for the start of a file. */
  readonly #after: number[] = [];
  readonly #keyIndex = new Map<string, number>();
  readonly #headerKey: number;
  #firstKey = -1;
  #diskCountersSeen = false;
  #tooManyMetricsSaid = false;

  // The open runs of the file being read, oldest first: their Started, epoch ms.
  readonly #open: number[] = [];
  #eventsWithoutStart = 0;
  // The block being read.
  #elapsedMs = Number.NaN;
  #elapsedInHeader = false;
  #status = -1;
  #endMs = Number.NaN;

  /** `fallbacks`: of the wanted metrics those that only stand in where a file has no rusage. */
  constructor(
    rows: GrowingRows,
    problems: ProblemList,
    wanted: WantedMetrics = 'all',
    fallbacks: ReadonlySet<string> = new Set(),
  ) {
    this.#rows = rows;
    this.#problems = problems;
    this.#wanted = wanted;
    this.#needles = needlesFor(wanted, fallbacks);
    this.#addKey('Event', EVENT);
    this.#addKey('Started', STARTED);
    // The header's bytes differ per recipe; '\0' is no key, so nothing else finds this entry.
    this.#headerKey = this.#addKey('\0', HEADER);
    this.#addKey('Elapsed time', ELAPSED);
    this.#addKey('Status', STATUS);
    this.#addKey('Ended', ENDED);
  }

  #addKey(key: string, kind: number): number {
    const index = this.#keyBytes.length;
    this.#keyBytes.push(encoder.encode(`${key}: `));
    this.#keyKind.push(kind);
    this.#after.push(-1);
    this.#keyIndex.set(key, index);
    return index;
  }

  /** Reads `bytes[0, length)` of `<pf>/<task>` and commits its runs. */
  read(bytes: Uint8Array, length: number, recipe: RecipeDirectory, taskName: string, task: number): void {
    const rows = this.#rows;
    const keyBytes = this.#keyBytes;
    const keyKind = this.#keyKind;
    const after = this.#after;
    const headerKey = this.#headerKey;
    const startsAndEndsOnly = this.#wanted !== 'all' && this.#wanted.size === 0;
    this.#open.length = 0;
    this.#eventsWithoutStart = 0;
    this.#resetBlock();

    let inBlock = false;
    let headerSeen = false;
    let complete = false;
    let cut = false;
    let damaged = 0;
    let line = 0;
    let previous = -1;
    let pos = 0;
    while (pos < length) {
      line++;
      if (startsAndEndsOnly && headerSeen) {
        // Lines of metrics begin with none of these; another header may follow (several runs in one file).
        const first = bytes[pos];
        if (first !== 69 && first !== 83 && first !== recipe.header[0]) {
          while (pos < length && bytes[pos] !== NEWLINE) pos++;
          pos++;
          continue;
        }
      } else if (inBlock && !complete) {
        pos = this.#metricLines(bytes, pos, length, previous);
        previous = this.#lastKey;
        line += this.#linesPassed;
        if (pos >= length) break;
      }
      // Which key is it? The predicted one, nearly always.
      let key = previous < 0 ? this.#firstKey : after[previous]!;
      let p = pos;
      let matched = false;
      if (key >= 0) {
        const expected = key === headerKey ? recipe.header : keyBytes[key]!;
        const n = expected.length;
        if (pos + n <= length) {
          let i = 0;
          while (i < n && bytes[pos + i] === expected[i]) i++;
          if (i === n) {
            matched = true;
            p = pos + n;
          }
        }
      }
      if (!matched) {
        let from = pos;
        while (from < length && (bytes[from] === 0 || bytes[from] === 32 || bytes[from] === 13)) {
          if (bytes[from] === 0) damaged |= 1;
          from++;
        }
        if (from >= length) break;
        if (bytes[from] === NEWLINE) {
          pos = from + 1;
          continue;
        }
        const colon = colonOf(bytes, from, length);
        key = colon < 0 ? -1 : this.#findKey(bytes, from, colon, length, recipe);
        if (key < 0) {
          // A line nobody knows: note it, go on behind it.
          const next = lineEnd(bytes, from, length);
          if (next >= length) cut = true;
          else if (key === -1) damaged |= 2;
          pos = next + 1;
          continue;
        }
        if (key < keyBytes.length) {
          if (previous < 0) this.#firstKey = key;
          else after[previous] = key;
        }
        p = colon + 1;
        if (p < length && bytes[p] === 32) p++;
      }
      previous = key;
      const kind = keyKind[key]!;

      if (kind >= 0 || kind === SKIP) {
        if (complete) {
          this.#closeBlock(recipe, taskName, task);
          complete = false;
          headerSeen = false;
        }
        inBlock = true;
        if (kind >= 0) {
          const column = rows.columns[kind]!;
          p = scanNumberInto(bytes, p, length, column, rows.length);
          // p === length: nothing stands behind the number, it may be cut.
          const stop = p < length ? bytes[p]! : 0;
          const whole = stop === NEWLINE || stop === 32 || stop === 13 || stop === 9 || stop === 37;
          if (!whole || Number.isNaN(column[rows.length])) {
            column[rows.length] = Number.NaN;
            if (p >= length) cut = true;
            else {
              damaged |= stop === 0 ? 1 : 4;
              const glued = gluedEvent(bytes, p, length);
              if (glued >= 0) {
                pos = glued;
                continue;
              }
            }
          }
        }
      } else if (kind === HEADER) {
        if (inBlock && (headerSeen || this.#status >= 0 || !Number.isNaN(this.#endMs))) {
          this.#closeBlock(recipe, taskName, task);
          complete = false;
        }
        inBlock = true;
        headerSeen = true;
        const elapsed = elapsedInHeader(bytes, p, length);
        if (elapsed >= 0) {
          this.#elapsedMs = Math.round(elapsed * 1000);
          this.#elapsedInHeader = true;
        }
      } else if (kind === EVENT) {
        if (inBlock) {
          this.#closeBlock(recipe, taskName, task);
          inBlock = false;
          headerSeen = false;
          complete = false;
        }
        this.#eventsWithoutStart++;
      } else if (kind === STATUS) {
        if (this.#status >= 0) {
          this.#closeBlock(recipe, taskName, task);
          headerSeen = false;
        }
        inBlock = true;
        this.#status = statusAt(bytes, p, length);
        complete = !Number.isNaN(this.#endMs);
        if (this.#status < 0) {
          if (lineEnd(bytes, p, length) >= length) cut = true;
          else damaged |= 4;
        } else {
          // Early 2011 wrote no newline here, so a second run's Event is glued to it.
          const glued = bytes[p + 6] === NEWLINE || bytes[p + 6] === 32 ? -1 : gluedEvent(bytes, p + 6, length);
          if (glued >= 0) {
            pos = glued;
            continue;
          }
        }
      } else {
        // A time: Started, Ended or Elapsed.
        let value = scanNumber(bytes, p, length);
        p = scanEnd();
        const stop = p < length ? bytes[p]! : 0;
        if (stop !== NEWLINE && stop !== 32 && stop !== 13 && stop !== 9) {
          if (p >= length) cut = true;
          else damaged |= stop === 0 ? 1 : 4;
          value = Number.NaN;
        } else if (kind !== ELAPSED && !(value >= TIME_S_MIN && value <= TIME_S_MAX)) {
          damaged |= 4;
          value = Number.NaN;
        }
        const ms = Math.round(value * 1000);
        if (kind === STARTED) {
          if (inBlock) {
            this.#closeBlock(recipe, taskName, task);
            inBlock = false;
            headerSeen = false;
            complete = false;
          }
          if (!Number.isNaN(ms)) {
            this.#open.push(ms);
            if (this.#eventsWithoutStart > 0) this.#eventsWithoutStart--;
          }
        } else if (kind === ENDED) {
          if (!Number.isNaN(this.#endMs)) {
            this.#closeBlock(recipe, taskName, task);
            headerSeen = false;
          }
          inBlock = true;
          this.#endMs = ms;
          complete = this.#status >= 0 && !Number.isNaN(ms);
        } else {
          if (complete) {
            this.#closeBlock(recipe, taskName, task);
            complete = false;
            headerSeen = false;
          }
          inBlock = true;
          this.#elapsedMs = ms;
        }
        if (Number.isNaN(value)) {
          const glued = gluedEvent(bytes, p, length);
          if (glued >= 0) {
            pos = glued;
            continue;
          }
        }
      }
      while (p < length && bytes[p] !== NEWLINE) p++;
      pos = p + 1;
    }
    if (inBlock) this.#closeBlock(recipe, taskName, task);

    const committedBefore = rows.length;
    for (const startMs of this.#open) this.#commit(recipe, taskName, task, TASK_UNFINISHED, startMs, Number.NaN);
    for (let i = 0; i < this.#eventsWithoutStart; i++) {
      this.#commit(recipe, taskName, task, TASK_UNFINISHED, Number.NaN, Number.NaN);
    }
    const unfinished = rows.length - committedBefore;
    if (length === 0 || cut || damaged !== 0 || unfinished > 0) {
      this.#complain(length, cut, damaged, unfinished, recipe, taskName, line);
    }
  }

  #lastKey = -1;
  #linesPassed = 0;

  /**
   * Nine lines of ten: metrics in the order of the file before, each with a sound number. Stops at the first line that is anything
   * else. A function of its own, because V8 compiles a small one 20 ms sooner than `read`, and 20 ms is the time of 3,000 files.
   * Returns the position behind the last line taken; its key is in #lastKey.
   */
  #metricLines(bytes: Uint8Array, from: number, length: number, previous: number): number {
    const rows = this.#rows;
    const row = rows.length;
    const keyBytes = this.#keyBytes;
    const keyKind = this.#keyKind;
    const after = this.#after;
    let pos = from;
    let last = previous;
    let lines = 0;
    while (pos < length) {
      const key = after[last]!;
      if (key < 0) break;
      const kind = keyKind[key]!;
      if (kind < 0) break;
      const expected = keyBytes[key]!;
      const n = expected.length;
      let i = 0;
      while (i < n && bytes[pos + i] === expected[i]) i++;
      if (i < n) break;
      const column = rows.columns[kind]!;
      const p = scanNumberInto(bytes, pos + n, length, column, row);
      if (p >= length || bytes[p] !== NEWLINE || Number.isNaN(column[row])) {
        column[row] = Number.NaN;
        break;
      }
      pos = p + 1;
      last = key;
      lines++;
    }
    this.#lastKey = last;
    this.#linesPassed = lines;
    return pos;
  }

  /** Whether `readText` can be of use: few metrics are wanted, and each has a line of a known form. */
  get takesText(): boolean {
    return this.#needles !== null;
  }

  /**
   * Start, end, outcome and the few wanted metrics of a file that holds one whole run and nothing odd; false, and nothing done, for
   * any other, which then goes through `read`. For callers that have the file as latin1 text: a dozen searches by the library
   * instead of a look at every byte, which halves the time of `bakehouse summary`. Lines that nobody asked for are not looked at,
   * so damage in them is not noticed. @returns false when `read` must do it
   */
  readText(text: string, recipe: RecipeDirectory, taskName: string, task: number): boolean {
    const needles = this.#needles;
    if (needles === null) return false;
    // The first file is read in full, so that the metrics stand in the order of its lines as always.
    if (needles.length > 0 && this.#rows.length === 0) return false;
    if (!this.#needlesInOrder) this.#orderNeedles(needles);
    const from = ONE_RUN.length;
    if (!text.startsWith(ONE_RUN) || text.includes('Event:', from)) return false;
    // `\nStatus: PASSED \nEnded: 1795219539.99 \n` has been as long in every file of the century: no search for it.
    const usual = text.length - USUAL_TAIL;
    const status = text.startsWith('\nStatus: ', usual) ? usual : text.indexOf('\nStatus: ', from);
    const ended = status + 17;
    let outcome: number;
    if (text.startsWith('PASSED \nEnded: ', status + 9)) outcome = TASK_SUCCEEDED;
    else if (text.startsWith('FAILED \nEnded: ', status + 9)) outcome = TASK_FAILED;
    else return false;
    // Nothing behind the line of the end.
    if (status < 0 || text.indexOf('\n', ended) !== text.length - 1) return false;
    const startMs = Math.round(Number(text.slice(from, text.indexOf('\n', from))) * 1000);
    const endMs = Math.round(Number(text.slice(ended + 7, -1)) * 1000);
    const plausible =
      startMs >= TIME_S_MIN * 1000 &&
      endMs >= startMs &&
      endMs - startMs <= DURATION_MS_PLAUSIBLE &&
      endMs <= TIME_S_MAX * 1000;
    if (!plausible || !this.#takeMetrics(text, needles)) {
      this.#rows.clearPending();
      return false;
    }
    this.#commit(recipe, taskName, task, outcome, startMs, endMs);
    return true;
  }

  #needlesInOrder = false;

  /** In the order of the lines of the first file, so that each is mostly found right behind the one before. The rest comes last. */
  #orderNeedles(needles: Needle[]): void {
    const ids = this.#rows.metrics.map(({ id }) => id);
    for (const needle of needles) needle.column = ids.indexOf(needle.id);
    const rank = ({ column }: Needle): number => (column < 0 ? ids.length : column);
    // What stands in for something else is only looked for after that.
    needles.sort((a, b) => Number(a.instead) - Number(b.instead) || rank(a) - rank(b));
    this.#needlesInOrder = true;
  }

  /** Fills the pending row. Lines mostly come in one order, so each search starts behind the line that was found before. */
  #takeMetrics(text: string, needles: readonly Needle[]): boolean {
    const rows = this.#rows;
    let pos = 0;
    let rusageSeen = false;
    for (let i = 0; i < needles.length; i++) {
      const needle = needles[i]!;
      if (needle.instead && rusageSeen) continue;
      // Neighbours in the file as in the list: the line behind the one before, or some lines on, or anywhere.
      let at = pos;
      if (!text.startsWith(needle.line, pos)) {
        at = text.indexOf(needle.line, pos);
        if (at < 0 && pos > 0) at = text.indexOf(needle.line);
      }
      if (at < 0) continue;
      const first = at + needle.line.length;
      const end = text.indexOf('\n', first);
      const value = Number(text.slice(first, end));
      // What Number takes and a task file never has (nothing at all, 0x1f, Infinity) is for `read` to judge.
      const c0 = text.charCodeAt(first);
      const c1 = text.charCodeAt(first + 1);
      if (c0 < 48 || c0 > 57 || c1 > 57 || Number.isNaN(value)) return false;
      if (needle.column < 0) {
        needle.column = rows.metricColumn(needle.id);
        if (needle.column < 0) return false;
      }
      rows.columns[needle.column]![rows.length] = value;
      if (needle.id === 'rusage.ru_stime') rusageSeen = true;
      pos = end;
    }
    return true;
  }

  #complain(
    length: number,
    cut: boolean,
    damaged: number,
    unfinished: number,
    recipe: RecipeDirectory,
    taskName: string,
    line: number,
  ): void {
    const file = `${recipe.pf}/${taskName}`;
    const problems = this.#problems;
    if (length === 0) {
      problems.add(
        'warning',
        'task-file-empty',
        'The file is empty, as a full disk leaves it: nothing is known.',
        file,
      );
      return;
    }
    if (cut) {
      problems.add(
        'warning',
        'task-file-truncated',
        'The file ends in the middle of a line; what stands before it was read, the cut value was not.',
        file,
        line,
      );
    }
    if ((damaged & 1) !== 0) {
      problems.add(
        'warning',
        'nul-bytes',
        'The file holds NUL bytes, as a crash leaves them; they were passed over.',
        file,
      );
    }
    if ((damaged & 2) !== 0) {
      problems.add(
        'note',
        'line-not-understood',
        'The file holds a line that is no "key: value"; it was passed over.',
        file,
      );
    }
    if ((damaged & 4) !== 0) {
      problems.add(
        'note',
        'value-not-understood',
        'The file holds a value that is missing or damaged; it is treated as not recorded.',
        file,
      );
    }
    if (unfinished > 0) {
      problems.add(
        'note',
        'task-unfinished',
        'The task started and has no end: killed, failed before its end, or still running.',
        file,
      );
    }
  }

  #resetBlock(): void {
    this.#elapsedMs = Number.NaN;
    this.#elapsedInHeader = false;
    this.#status = -1;
    this.#endMs = Number.NaN;
  }

  /** Commits the block that was read, with the Started of the open run it belongs to. */
  #closeBlock(recipe: RecipeDirectory, taskName: string, task: number): void {
    const open = this.#open;
    let endMs = this.#endMs;
    const elapsedMs = this.#elapsedMs;
    // The first form wrote no Ended; its elapsed time is all there is, and Status says that the block is whole.
    const endFromElapsed = Number.isNaN(endMs) && this.#elapsedInHeader && this.#status >= 0;
    let startMs = Number.NaN;
    if (open.length === 1) {
      startMs = open[0]!;
      open.length = 0;
    } else if (open.length > 1) {
      if (Number.isNaN(endMs) && !endFromElapsed) {
        // Cut: which of the open runs it is cannot be known, and a guess would be a wrong number.
        this.#rows.clearPending();
        this.#resetBlock();
        this.#problems.add(
          'warning',
          'run-not-attributed',
          'Several runs are open and the block that follows is cut: its numbers were left out, because they may belong to any of them.',
          `${recipe.pf}/${taskName}`,
        );
        return;
      }
      let at = 0;
      let best = FIT_MS;
      for (let i = 0; i < open.length; i++) {
        const off = Math.abs(endMs - elapsedMs - open[i]!);
        if (off <= best) {
          best = off;
          at = i;
        }
      }
      startMs = open[at]!;
      open.splice(at, 1);
    } else if (this.#eventsWithoutStart > 0) {
      this.#eventsWithoutStart--;
    }
    if (endFromElapsed) endMs = startMs + elapsedMs;
    if (endMs < startMs) {
      this.#problems.add(
        'warning',
        'clock-went-back',
        `The task ended ${((startMs - endMs) / 1000).toFixed(2)} s before it started by the clock of its host, which was set meanwhile; its end is treated as not recorded.`,
        `${recipe.pf}/${taskName}`,
      );
      endMs = Number.NaN;
    } else if (endMs - startMs > DURATION_MS_PLAUSIBLE) {
      this.#problems.add(
        'warning',
        'duration-not-plausible',
        'The task seems to have run for more than 30 days: the clock of its host was probably set meanwhile.',
        `${recipe.pf}/${taskName}`,
      );
    }
    const outcome = this.#status >= 0 ? this.#status : TASK_UNFINISHED;
    if (this.#status < 0) {
      this.#problems.add(
        'warning',
        'status-missing',
        'The file has numbers of the task and no Status: whether it passed is not recorded.',
        `${recipe.pf}/${taskName}`,
      );
    } else if (Number.isNaN(startMs)) {
      this.#problems.add(
        'note',
        'start-missing',
        'The task has a status and no Started: it failed before it began, or the file lost its head.',
        `${recipe.pf}/${taskName}`,
      );
    }
    this.#commit(recipe, taskName, task, outcome, startMs, endMs);
    this.#resetBlock();
  }

  #commit(
    recipe: RecipeDirectory,
    taskName: string,
    task: number,
    outcome: number,
    startMs: number,
    endMs: number,
  ): void {
    if (this.#rows.commit(recipe.index, task, outcome, startMs, endMs)) return;
    this.#problems.add(
      'error',
      'too-many-tasks',
      'The build has more task runs than are kept; this one was left out.',
      `${recipe.pf}/${taskName}`,
    );
  }

  /** Index of the key at bytes[from, colon), made when new; -1 for a line that is no key with a value; -2 for one passed over on purpose. */
  #findKey(bytes: Uint8Array, from: number, colon: number, length: number, recipe: RecipeDirectory): number {
    const header = recipe.header;
    if (colon - from === header.length - 2) {
      let i = 0;
      while (i < colon - from && bytes[from + i] === header[i]) i++;
      if (i === colon - from) return this.#headerKey;
    }
    const key = latin1(bytes, from, colon);
    const known = this.#keyIndex.get(key);
    if (known !== undefined) return known === this.#headerKey ? -1 : known;

    let p = colon + 1;
    while (p < length && bytes[p] === 32) p++;
    if (bytes[p] === 100 && bytes[p + 1] === 111 && bytes[p + 2] === 95) {
      this.#problems.add(
        'note',
        'recipe-name-differs',
        `The file names the recipe "${key.slice(0, 100)}", its directory another; the directory counts.`,
        recipe.pf,
      );
      return this.#headerKey;
    }
    if (DISK_COUNTER.test(key)) {
      if (!this.#diskCountersSeen) {
        this.#diskCountersSeen = true;
        this.#problems.add(
          'note',
          'disk-counters-left-out',
          'The task files hold disk counters of 2011 to 2015. They count the whole disk, not the task, and carry wrong names: left out.',
        );
      }
      return this.#keyBytes.length < KEYS_MAX ? this.#addKey(key, SKIP) : -2;
    }
    if (!METRIC_KEY.test(key)) return -1;
    const value = scanNumber(bytes, colon + 1, length);
    // `IO rchar: ` without a value makes no metric of `rchar`, but is no strange line either.
    if (Number.isNaN(value)) return -1;
    if (this.#keyBytes.length >= KEYS_MAX) return -2;
    const id = metricIdOfKey(key);
    if (id === '') return -1;
    // The line may be the cut end of a file (`IO rch: 1` is no new metric): only whole lines make one.
    const end = lineEnd(bytes, colon, length);
    if (end >= length) return -1;
    if (this.#wanted !== 'all' && !this.#wanted.has(id)) return this.#addKey(key, SKIP);
    const unit = latin1(bytes, scanEnd(), end).trim();
    const column = this.#rows.metricColumn(id, unit);
    if (column < 0) {
      if (!this.#tooManyMetricsSaid) {
        this.#tooManyMetricsSaid = true;
        this.#problems.add(
          'warning',
          'too-many-metrics',
          `The task files hold more different numbers than are kept; "${key.slice(0, 60)}" and others were left out.`,
        );
      }
      return this.#addKey(key, SKIP);
    }
    return this.#addKey(key, column);
  }
}

function colonOf(bytes: Uint8Array, from: number, length: number): number {
  const end = Math.min(length, from + KEY_BYTES_MAX);
  for (let i = from; i < end; i++) {
    const b = bytes[i];
    if (b === 58) return i;
    if (b === NEWLINE) return -1;
  }
  return -1;
}

/** Position of the newline at or after `from`, or `length`. */
function lineEnd(bytes: Uint8Array, from: number, length: number): number {
  let p = from;
  while (p < length && bytes[p] !== NEWLINE) p++;
  return p;
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  const end = Math.min(to, from + TEXT_LINE_CHARS_MAX);
  let text = '';
  for (let i = from; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

const PASSED = encoder.encode('PASSED');
const FAILED = encoder.encode('FAILED');
const EVENT_LINE = encoder.encode('Event: TaskStarted');

function startsWith(bytes: Uint8Array, at: number, length: number, word: Uint8Array): boolean {
  if (at + word.length > length) return false;
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false;
  return true;
}

function statusAt(bytes: Uint8Array, at: number, length: number): number {
  if (startsWith(bytes, at, length, PASSED)) return TASK_SUCCEEDED;
  if (startsWith(bytes, at, length, FAILED)) return TASK_FAILED;
  return -1;
}

/** Where in the rest of this line the next run's `Event: TaskStarted` begins, or -1. */
function gluedEvent(bytes: Uint8Array, from: number, length: number): number {
  const end = lineEnd(bytes, from, length);
  for (let p = from; p < end; p++) if (bytes[p] === 69 && startsWith(bytes, p, end, EVENT_LINE)) return p;
  return -1;
}

const ELAPSED_IN_HEADER = encoder.encode(': Elapsed time:');

/** Seconds of `do_compile: Elapsed time: 12.34 seconds` (up to morty), or -1. */
function elapsedInHeader(bytes: Uint8Array, from: number, length: number): number {
  let p = from;
  while (p < length && bytes[p] !== NEWLINE && bytes[p] !== 58) p++;
  if (!startsWith(bytes, p, length, ELAPSED_IN_HEADER)) return -1;
  const seconds = scanNumber(bytes, p + ELAPSED_IN_HEADER.length, length);
  const stop = scanEnd();
  return seconds >= 0 && stop < length && bytes[stop] === 32 ? seconds : -1;
}
