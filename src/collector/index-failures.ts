/**
 * Looks at failures that no rules of this version have looked at yet: reads their logs for the line that says why, and gives them fingerprints. Runs
 * when a build was saved, when a log came after its build, and over everything when the rules have grown; nothing is sent again for it.
 *
 * A log is read once for each version of the rules, however many failures have it. What it costs is bounded: so many failures at a time, so many bytes
 * of a log, and the rules themselves take time in proportion to them (analysis/cause-line.ts).
 */
import { createHash } from 'node:crypto';
import { CAUSE_CLASSES, type Cause, type CauseClass, excerptAround, findCause } from '../analysis/cause-line.ts';
import { fingerprintOf, RULES_VERSION } from '../analysis/fingerprint.ts';
import { CAUSE_LOG_BYTES_MAX } from '../model/limits.ts';
import type { BlobStore } from '../store/blobs/index.ts';
import type { IndexedFailure, LogCause, PendingFailure } from '../store/failure-index.ts';
import type { Store } from '../store/store.ts';
import { indexLogs } from './index-logs.ts';
import { matchNewFingerprints } from './match-known-issues.ts';

/** Failures of one transaction: some milliseconds of writing. */
const AT_ONCE = 50;

export interface IndexContext {
  readonly store: Store;
  readonly blobs: BlobStore;
  /** The log of a failure that lies where the build was read from; null: there is none. */
  readonly logOf?: ((build: string, ordinal: number) => Promise<string | null>) | undefined;
}

export interface IndexWhat {
  /** Id of one build; left out: all that are left. */
  readonly build?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** At most so many failures. */
  readonly limit?: number | undefined;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

/** How many failures it looked at. */
export async function indexFailures(context: IndexContext, what: IndexWhat = {}): Promise<number> {
  const { store } = context;
  const { build, signal, limit = Number.POSITIVE_INFINITY } = what;
  let done = 0;
  while (done < limit && signal?.aborted !== true) {
    const pending = await store.failureIndex.pending(RULES_VERSION, Math.min(AT_ONCE, limit - done), build);
    if (pending.length === 0) break;
    const known = new Map(
      await store.failureIndex.logCauses(
        pending.flatMap(({ blob }) => (blob === null ? [] : [blob])),
        RULES_VERSION,
      ),
    );
    const logs: LogCause[] = [];
    const failures: IndexedFailure[] = [];
    for (const failure of pending) {
      let said: LogCause | null = failure.blob === null ? null : (known.get(failure.blob) ?? null);
      if (said === null && failure.blob !== null) {
        said = await lookThrough(context.blobs, failure.blob);
        if (said !== null) {
          known.set(failure.blob, said);
          logs.push(said);
        }
      }
      if (said === null && failure.blob === null && context.logOf !== undefined) {
        const text = await context.logOf(failure.id, failure.ordinal);
        if (text !== null) said = causeOf('', text, 0);
      }
      failures.push(indexed(failure, said));
      // Chunks that arrived meanwhile are answered before the next log.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await store.failureIndex.write({ failures, logs, rules: RULES_VERSION });
    done += pending.length;
  }
  if (done > 0) await matchNewFingerprints(store);
  return done;
}

/** What the machine did to the task is bitbake's to say: the log of a task that was killed just ends. */
const OF_MACHINE: ReadonlySet<CauseClass> = new Set(['no-space', 'out-of-memory', 'killed', 'timeout']);

/** Which of the two says why: the log, or what the source of the build said. */
export function chooseCause(log: Cause | null, source: string | null): { cause: Cause | null; fromLog: boolean } {
  const found = source === null || source.trim() === '' ? null : findCause(source);
  // Words that no rule knows are a cause as they are: of a build that was told by somebody else's means.
  const told: Cause | null =
    source === null || source.trim() === ''
      ? null
      : (found ?? { line: 0, text: source.trim().split('\n')[0]!, causeClass: 'other', vague: false });
  if (told !== null && !told.vague && OF_MACHINE.has(told.causeClass)) return { cause: told, fromLog: false };
  if (log !== null && !log.vague) return { cause: log, fromLog: true };
  if (told !== null && !told.vague) return { cause: told, fromLog: false };
  return log === null ? { cause: told, fromLog: false } : { cause: log, fromLog: true };
}

function indexed(
  { build, ordinal, pn, task, version, cause: source }: PendingFailure,
  said: LogCause | null,
): IndexedFailure {
  const { cause, fromLog } = chooseCause(said === null ? null : asCause(said), source);
  const { hash, crossHash, causeClass, infrastructure, text } = fingerprintOf({ pn, version, task }, cause, digest);
  return {
    build,
    ordinal,
    cause: cause?.text ?? null,
    causeLine: fromLog && cause !== null ? cause.line : null,
    fingerprint: { hash, crossHash, class: causeClass, infrastructure, pn, task, text },
  };
}

function asCause({ line, text, class: kind, vague }: LogCause): Cause | null {
  const causeClass = CAUSE_CLASSES.find((one) => one === kind);
  return line === null || text === null || causeClass === undefined ? null : { line, text, causeClass, vague };
}

/** Null: it is not here, although a row says so. */
async function lookThrough(blobs: BlobStore, hash: string): Promise<LogCause | null> {
  const size = await blobs.size(hash);
  if (size === null) return null;
  const read = async (from: number, to: number): Promise<string> =>
    Buffer.from(await blobs.readBytes(hash, from, to)).toString('utf8');
  if (size.bytes <= CAUSE_LOG_BYTES_MAX) return causeOf(hash, await read(0, size.bytes), 0);
  // The first error may stand anywhere; of a longer log head and tail are looked at, as its reader sees them.
  const half = CAUSE_LOG_BYTES_MAX / 2;
  const head = causeOf(hash, await read(0, half), 0);
  if (head.line !== null && !head.vague) return head;
  const text = await read(size.bytes - half, size.bytes);
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  const tail = causeOf(hash, text, Math.max(0, size.lines - lines));
  return tail.line === null && head.line !== null ? head : tail;
}

/** Lines at the end of a log in which nothing says why: all there is to look at. */
const LAST_LINES = 6;

function causeOf(hash: string, text: string, firstLine: number): LogCause {
  const cause = findCause(text);
  const lastLine = cause === null ? Math.max(0, linesOf(text) - 1 - LAST_LINES / 2) : 0;
  const excerpt = excerptAround(text, cause?.line ?? lastLine);
  return cause === null
    ? { hash, line: null, text: null, class: null, vague: true, excerpt }
    : { hash, line: firstLine + cause.line, text: cause.text, class: cause.causeClass, vague: cause.vague, excerpt };
}

function linesOf(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return text.endsWith('\n') || text === '' ? count : count + 1;
}

/** How often is looked for what was left: by another controller, by one that was killed, or since the rules have grown. */
const SWEEP_MS = 60_000;
/** Of one look: a build that was saved meanwhile waits for no more. */
const SWEEP_FAILURES_MAX = 500;
const SWEEP_LOGS_MAX = 100;
const SWEEP_BUILDS_MAX = 20;

export interface FailureIndexerOptions extends IndexContext {
  readonly onWarning: (message: string) => void;
  readonly onBusy: (busy: boolean) => void;
}

/** Looks at failures as they come, one after the other. */
export class FailureIndexer {
  readonly #options: FailureIndexerOptions;
  readonly #stop = new AbortController();
  #working: Promise<void> = Promise.resolve();
  #waiting = 0;
  #all = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: FailureIndexerOptions) {
    this.#options = options;
  }

  start(): void {
    this.poke();
    this.#timer = setInterval(() => this.poke(), SWEEP_MS);
    this.#timer.unref();
  }

  /** Those of a build that was just saved; resolves when they were looked at, and never fails: a look is made up for later. */
  ofBuild(build: string): Promise<void> {
    return this.#then(async (signal) => {
      await indexFailures(this.#options, { build, signal });
      await indexLogs(this.#options, { build, signal });
    });
  }

  /** Whatever is left: a log has come. Many of these make one look. */
  poke(): void {
    if (this.#all) return;
    this.#all = true;
    void this.#then(async (signal) => {
      this.#all = false;
      const failures = await indexFailures(this.#options, { limit: SWEEP_FAILURES_MAX, signal });
      const logs = await indexLogs(this.#options, { limit: SWEEP_LOGS_MAX, signal });
      const gone = await this.#options.store.logIndex.forget(SWEEP_LOGS_MAX);
      const recounted = signal.aborted ? 0 : await this.#options.store.recipeRecount.step(SWEEP_BUILDS_MAX);
      // Builds that were saved meanwhile come first.
      if (
        failures === SWEEP_FAILURES_MAX ||
        logs === SWEEP_LOGS_MAX ||
        gone === SWEEP_LOGS_MAX ||
        recounted === SWEEP_BUILDS_MAX
      )
        this.poke();
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#working;
  }

  #then(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const { onWarning, onBusy } = this.#options;
    if (this.#waiting++ === 0) onBusy(true);
    this.#working = this.#working.then(async () => {
      try {
        const { signal } = this.#stop;
        if (!signal.aborted) await work(signal);
      } catch (error) {
        onWarning(
          `Failures could not be looked at, and are later: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      if (--this.#waiting === 0) onBusy(false);
    });
    return this.#working;
  }
}
