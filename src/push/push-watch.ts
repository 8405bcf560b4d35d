/** `watch --push`: what is built at a path goes to a server while it runs, and whole when it is over. */
import { mergeBuilds, sameOrigin } from '../analysis/merge-builds.ts';
import { PathWatch, watchPaths } from '../collector/watch.ts';
import type { Build } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import { type PrepareOptions, prepareUpload } from './prepare.ts';
import type { Claim } from './push-key.ts';
import { addressOf, UploadClient, type UploadClientOptions } from './upload-client.ts';

export interface PushWatchOptions {
  readonly prepare: Omit<PrepareOptions, 'nowMs'>;
  readonly client: Pick<UploadClientOptions, 'server' | 'send' | 'token'>;
  /** The least time between two pushes of one build that runs. */
  readonly everyMs: number;
  /** A build is told for the first time: its address. */
  readonly onAddress: (build: Build, url: string) => void;
  readonly onWarning: (message: string) => void;
  readonly now: () => number;
}

/** A server that is away must not hold up the next look: the build is pushed again in a while anyway. */
const PATIENCE_MS = 5000;
/** A push is the whole build, and may take this part of the time. */
const DUTY = 10;

interface Pushed {
  /** By the places they were read from: a directory with its logs, a record. */
  readonly accounts: Map<string, Build>;
  readonly path: string;
  build: Build;
  dirty: boolean;
  notBeforeMs: number;
  /** As it was told first; null: not yet. */
  claim: Claim | null;
  warned: string;
}

export class PushWatch {
  readonly #options: PushWatchOptions;
  readonly #watches: readonly PathWatch[];
  readonly #builds: Pushed[] = [];
  readonly #stop = new AbortController();
  #working: Promise<void> = Promise.resolve();

  constructor(paths: readonly string[], options: PushWatchOptions) {
    this.#options = options;
    this.#watches = paths.map((path) => {
      const take = async (build: Build) => {
        this.#take(build, path);
        return { id: '', revision: '', changed: false };
      };
      return new PathWatch(take, path, { onWarning: options.onWarning });
    });
    // What is over by now is for `push`: here goes what runs, or begins.
    for (const watch of this.#watches) watch.prime();
  }

  start(): void {
    this.#working = Promise.all([watchPaths(this.#watches, this.#stop.signal), this.#pushAgain()]).then(() => {});
  }

  /** Ends; what was not sent yet of builds that are over is tried once more. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#working;
    for (const pushed of this.#builds) if (pushed.dirty && pushed.build.outcome !== 'running') await this.#push(pushed);
  }

  #take(build: Build, path: string): void {
    const key = build.sources.map(({ kind, location }) => `${kind} ${location}`).join('\n');
    let pushed = this.#builds.find((known) => known.accounts.has(key) || sameOrigin(known.build, build));
    if (pushed === undefined) {
      pushed = { accounts: new Map(), path, build, dirty: true, notBeforeMs: 0, claim: null, warned: '' };
      this.#builds.push(pushed);
    }
    // A directory alone, and then with its event log: the later account holds the earlier.
    for (const other of pushed.accounts.keys()) if (key.includes(other)) pushed.accounts.delete(other);
    pushed.accounts.set(key, build);
    pushed.build = [...pushed.accounts.values()].reduce(mergeBuilds);
    pushed.dirty = true;
    // How it ended is told at once.
    if (pushed.build.outcome !== 'running')
      pushed.notBeforeMs = Math.min(pushed.notBeforeMs, this.#options.now() + SETTLE_MS);
  }

  /** Looks once a second for what has to be sent. */
  async #pushAgain(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      for (const pushed of this.#builds) {
        if (signal.aborted) break;
        if (pushed.dirty && this.#options.now() >= pushed.notBeforeMs) await this.#push(pushed);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        signal.addEventListener(
          'abort',
          () => {
            clearTimeout(timer);
            resolve();
          },
          { once: true },
        );
      });
    }
  }

  async #push(pushed: Pushed): Promise<void> {
    const { prepare, client, everyMs, onAddress, onWarning, now } = this.#options;
    const startedAt = performance.now();
    let costMs = 0;
    pushed.dirty = false;
    try {
      const { upload } = await prepareUpload(pushed.build, pushed.path, {
        ...prepare,
        nowMs: now(),
        claim: pushed.claim ?? undefined,
      });
      // Waiting for a server costs the build nothing.
      costMs = performance.now() - startedAt;
      const address = addressOf(client.server, upload.claim.id);
      if (pushed.claim === null) onAddress(pushed.build, address);
      pushed.claim = upload.claim;
      const { messages } = await new UploadClient({ ...client, patienceMs: PATIENCE_MS }).upload(upload);
      this.#warn(pushed, messages.join(' '), onWarning);
    } catch (error) {
      if (!(error instanceof BakehouseError)) throw error;
      // What is refused stays refused until something changes; what could not be sent is sent later.
      if (error.code === 'unavailable' || error.code === 'too-many') pushed.dirty = true;
      this.#warn(pushed, error.message, onWarning);
    }
    pushed.notBeforeMs = now() + Math.max(everyMs, DUTY * costMs);
  }

  /** Said when it is another sentence than the last. */
  #warn(pushed: Pushed, message: string, onWarning: (message: string) => void): void {
    if (message !== '' && message !== pushed.warned) onWarning(`${pushed.build.name}: ${message}`);
    pushed.warned = message;
  }
}

const LOOK_MS = 1000;
/** The last lines of logs come a moment after the end. */
const SETTLE_MS = 3000;
