/** The main thread's side of a thread: started when first asked, started again when it died, never more than a bound of questions waiting. */
import { Worker } from 'node:worker_threads';
import type { ServerEvent } from '../../api/contract.ts';
import type { EventAccess } from '../../api/routes/route.ts';
import { BakehouseError } from '../../model/errors.ts';
import type { OperationInput, OperationName } from '../../operations/index.ts';
import type { Answer, OperationRunner } from '../../operations/run.ts';
import { STRANGER, type Viewer } from '../../store/store.ts';
import { fromPlain } from './plain-error.ts';
import type { FromThread, ThreadData, ToThread } from './protocol.ts';

/** A page asks five questions at once; two hundred waiting are a client gone wild, and are told so. */
export const WAITING_MAX = 200;
/**
 * Without questions a thread is ended after this long: it holds 45 MB, and is there again in a fifth of a second. A page that is
 * looked at asks more often than that.
 */
const IDLE_MS = 60_000;
/**
 * For what the query thread makes new. Left to itself the engine grows this room to 48 MB under the questions of a page and keeps it: with 1,000
 * builds of 10,000 tasks the server then holds 235 MB and not 200.
 */
const YOUNG_MB_MAX = 12;
/** A thread that has not closed its database by then is ended. */
const CLOSE_TIMEOUT_MS = 5000;

export interface ThreadClientOptions {
  readonly data: ThreadData;
  /** The module that runs in the thread: this process's own entry (threadEntry). */
  readonly entry: URL;
  readonly onEvent: (event: ServerEvent, access: EventAccess | null) => void;
  readonly onWarning: (message: string) => void;
  /** It ended although nobody asked it to. */
  readonly onDeath: (error: Error) => void;
  /** Awaited before the thread opens its store: two threads must not migrate one database at once. */
  readonly before: () => Promise<void>;
  readonly idleMs?: number;
}

interface Waiting {
  readonly resolve: (answer: Answer | null) => void;
  readonly reject: (error: Error) => void;
}

interface Running {
  readonly worker: Worker;
  readonly ready: Promise<void>;
  readonly waiting: Map<number, Waiting>;
  closing: boolean;
}

/** A message before its call is numbered. */
type Question =
  | { readonly type: 'run'; readonly operation: OperationName; readonly input: unknown; readonly viewer: Viewer }
  | { readonly type: 'read'; readonly paths: readonly string[]; readonly watch: boolean };

/** The body of a report is handed over and not copied: 64 MB would stop the page's thread for 30 ms. */
function bodiesOf(input: unknown): ArrayBuffer[] {
  if (typeof input !== 'object' || input === null) return [];
  const body = 'body' in input ? input.body : null;
  const own = body instanceof Uint8Array && body.byteLength > 0 && body.byteLength === body.buffer.byteLength;
  const within = 'chunk' in input ? bodiesOf(input.chunk) : [];
  return own && body.buffer instanceof ArrayBuffer ? [body.buffer, ...within] : within;
}

export interface ThreadClient extends OperationRunner {
  /**
   * Starts it if it is not running; resolves when its store is open, rejects when that cannot be opened. `idleMs`: it is ended so soon if it
   * finds nothing to do and nobody asks.
   */
  start(idleMs?: number): Promise<void>;
  /** Resolves when every path was read once; with `watch` they are watched from then on. */
  read(paths: readonly string[], watch: boolean): Promise<void>;
  close(): Promise<void>;
}

export function createThreadClient(options: ThreadClientOptions): ThreadClient {
  const role = options.data.bakehouseThread;
  let running: Promise<Running> | null = null;
  let calls = 0;
  let outstanding = 0;
  let watching = false;
  let busy = false;
  /** What `running` became; an older one that dies later must not take its place away. */
  let current: Running | null = null;
  let idle: NodeJS.Timeout | null = null;
  let ending: Promise<void> = Promise.resolve();

  async function launch(): Promise<Running> {
    await options.before();
    const worker = new Worker(options.entry, {
      workerData: options.data,
      name: `bakehouse-${role}`,
      ...(role === 'query' ? { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB_MAX } } : {}),
    });
    const waiting = new Map<number, Waiting>();
    const { promise: ready, resolve: readyNow, reject: failedNow } = Promise.withResolvers<void>();
    // Whoever asks hears of it; nobody asking is no reason to end the process.
    ready.catch(() => {});
    const thread: Running = { worker, ready, waiting, closing: false };

    const die = (error: Error): void => {
      if (current === thread) {
        current = null;
        running = null;
        busy = false;
      }
      failedNow(error);
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    };
    current = thread;
    worker.on('message', (message: FromThread) => {
      switch (message.type) {
        case 'ready':
          readyNow();
          break;
        case 'event':
          options.onEvent(message.event, message.access);
          break;
        case 'busy':
          if (current !== thread) break;
          busy = message.busy;
          rest();
          break;
        case 'warning':
          options.onWarning(message.message);
          break;
        case 'answer':
          waiting.get(message.call)?.resolve(message.answer);
          waiting.delete(message.call);
          break;
        case 'error':
          if (message.call === 0) failedNow(fromPlain(message.error));
          waiting.get(message.call)?.reject(fromPlain(message.error));
          waiting.delete(message.call);
          break;
      }
    });
    worker.on('error', (error: unknown) => {
      const bug = error instanceof Error ? error : new Error(String(error));
      thread.closing = true;
      die(bug);
      options.onDeath(bug);
    });
    worker.on('exit', (code) => {
      die(new BakehouseError('unavailable', 'The server is shutting down, or restarting the part that answers this.'));
      if (!thread.closing && code !== 0) options.onDeath(new Error(`the ${role} thread ended with code ${code}`));
    });
    return thread;
  }

  function thread(): Promise<Running> {
    running ??= launch();
    return running;
  }

  async function ask(question: Question): Promise<Answer | null> {
    if (outstanding >= WAITING_MAX)
      throw new BakehouseError('unavailable', `${WAITING_MAX} questions are waiting already; ask again in a moment.`);
    outstanding++;
    if (idle !== null) clearTimeout(idle);
    try {
      const { worker, ready, waiting } = await thread();
      await ready;
      const call = ++calls;
      return await new Promise<Answer | null>((resolve, reject) => {
        waiting.set(call, { resolve, reject });
        const bodies = question.type === 'run' ? bodiesOf(question.input) : [];
        worker.postMessage({ ...question, call } satisfies ToThread, bodies);
      });
    } finally {
      outstanding--;
      rest();
    }
  }

  function rest(idleMs = options.idleMs ?? IDLE_MS): void {
    if (idle !== null) clearTimeout(idle);
    if (outstanding > 0 || watching || busy) return;
    idle = setTimeout(() => {
      ending = end();
    }, idleMs);
    idle.unref();
  }

  /** Whoever asks from now on gets a new thread; this one closes its store and is gone. */
  async function end(): Promise<void> {
    if (idle !== null) clearTimeout(idle);
    if (running === null) return;
    const launched = running;
    running = null;
    busy = false;
    const last = await launched;
    last.closing = true;
    const ended = new Promise<void>((resolve) => last.worker.once('exit', () => resolve()));
    last.worker.postMessage({ type: 'close' } satisfies ToThread);
    const timer = setTimeout(() => void last.worker.terminate(), CLOSE_TIMEOUT_MS);
    await ended;
    clearTimeout(timer);
  }

  return {
    async run<N extends OperationName>(operation: N, input: OperationInput<N>, viewer = STRANGER): Promise<Answer> {
      const answer = await ask({ type: 'run', operation, input, viewer });
      if (answer === null) throw new Error(`${operation} gave no answer`);
      return answer;
    },
    async start(idleMs) {
      const asked = running === null;
      await (await thread()).ready;
      rest(asked ? idleMs : undefined);
    },
    async read(paths, watch) {
      watching = watch;
      await ask({ type: 'read', paths, watch });
    },
    async close() {
      await Promise.all([ending, end()]);
    },
  };
}

/**
 * Where a thread begins. Bundled, this module is part of the one file, whose entry dispatches by `workerData`; from a checkout it is
 * the same entry, the module in the folder above.
 */
export function threadEntry(): URL {
  const here = import.meta.url;
  return here.endsWith('/threads/thread-client.ts') ? new URL('../main.ts', here) : new URL(here);
}
