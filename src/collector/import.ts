import { mergeBuilds, sameOrigin } from '../analysis/merge-builds.ts';
import { type InnerLogs, openBuilds } from '../formats/open/index.ts';
import type { Build } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import { LOG_BLOB_BYTES_MAX } from '../model/limits.ts';
import { type Problem, ProblemList } from '../model/problem.ts';
import { namedBlobs } from '../store/blob-index.ts';
import type { BlobStore } from '../store/blobs/index.ts';
import type { BuildAccess, SavedBuild, Store } from '../store/store.ts';
import type { UploadReceipt } from '../store/uploads.ts';
import { keepLogs, withCausesOf } from './inner-logs.ts';
import { joinRule, type MayJoin } from './may-join.ts';
import { buildId, withHostId } from './origin.ts';

export interface ImportOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
  /** After each account; a build told by a directory and an event log is saved twice. */
  readonly onSaved?: ((saved: SavedBuild) => void) | undefined;
  /** The clock, epoch ms; default now. */
  readonly nowMs?: number | undefined;
  /** Where logs go that a source holds within itself; left out: the builds are saved without them. */
  readonly blobs?: BlobStore | undefined;
}

export interface ImportResult {
  /** Every build that was found, once, in the order found; `changed` where anything was written. */
  readonly builds: readonly SavedBuild[];
  readonly imported: number;
  readonly unchanged: number;
  /** Accounts that could not be read or saved; `problems` says why. */
  readonly failed: number;
  /** Of the path as a whole: a build that could not be read, a refused link. A build's own problems are kept with it. */
  readonly problems: readonly Problem[];
}

/**
 * Reads every build that a path leads to into the store. Reading twice changes nothing.
 *
 * Builds are saved as they come, each merged with what the store has of it, and not collected first: a thousand of them are
 * gigabytes. So a directory's event log, which comes after all directories, finds its build in the store.
 */
export async function importPath(store: Store, path: string, options: ImportOptions = {}): Promise<ImportResult> {
  const { signal, onProgress, onSaved, nowMs, blobs } = options;
  const problems = new ProblemList();
  const builds = new Map<string, SavedBuild>();
  let notSaved = 0;
  let inner: InnerLogs = new Map();
  const onLogs = (logs: InnerLogs): void => {
    inner = logs;
  };
  for await (const read of openBuilds(path, { problems, signal, onProgress, onLogs, nowMs })) {
    signal?.throwIfAborted();
    const logs = inner;
    inner = new Map();
    const build = logs.size === 0 ? read : withCausesOf(blobs === undefined ? { ...read, logs: [] } : read, logs);
    try {
      if (blobs !== undefined && logs.size > 0)
        await keepLogs(store, blobs, build, logs, { bytesMax: LOG_BLOB_BYTES_MAX, nowMs: nowMs ?? Date.now() });
      const saved = await saveAccount(store, build);
      if (blobs !== undefined && logs.size > 0) await store.blobIndex.addUses(saved.id, namedBlobs(build));
      const before = builds.get(saved.id);
      builds.set(saved.id, { ...saved, changed: saved.changed || before?.changed === true });
      onSaved?.(saved);
    } catch (error) {
      if (!(error instanceof BakehouseError)) throw error;
      notSaved++;
      problems.add('error', 'build-not-saved', error.message, build.sources[0]?.location ?? path);
    }
  }
  const found = [...builds.values()];
  const imported = found.filter((saved) => saved.changed).length;
  const unreadable = problems.kept.filter((problem) => problem.code === 'build-unreadable').length;
  return {
    builds: found,
    imported,
    unchanged: found.length - imported,
    failed: notSaved + unreadable,
    problems: problems.list(),
  };
}

/** Another writer may be at the same build: then what it wrote is taken into account. More often in a row is a fault. */
const TRIES = 5;

export interface AccountOptions {
  /** The build's id as its client gave it; left out: that of its origin. */
  readonly id?: string | undefined;
  /** Of a build that is new to the store. */
  readonly access?: BuildAccess | undefined;
  /** Of which stored builds this account may become part; left out: those that the server's own owner may write to. */
  readonly mayJoin?: MayJoin | undefined;
  /** Of the upload it was read from (Store.saveBuild). */
  readonly receipt?: UploadReceipt | undefined;
}

/** Saves one account of a build, merged with what the store has of that build from other sources. */
export async function saveAccount(store: Store, account: Build, options: AccountOptions = {}): Promise<SavedBuild> {
  const build = withHostId(account);
  const own = options.id ?? buildId(build);
  const { receipt } = options;
  const mayJoin = options.mayJoin ?? joinRule(store, { client: null, secret: null, nowMs: Date.now() });
  for (let attempt = 1; ; attempt++) {
    const { stored, seen } = await findStored(store, own, build, mayJoin);
    try {
      if (stored === null) {
        const access = options.access === undefined ? {} : { access: options.access };
        const saved = await store.saveBuild(own, build, { replacing: null, receipt, ...access });
        return saved.changed ? await joinTwins(store, saved, build, seen, mayJoin) : saved;
      }
      const whole = stored.replaced ? build : mergeBuilds(stored.build, build);
      const saved = await store.saveBuild(stored.id, whole, { replacing: stored.revision, receipt });
      // Every id that was given to an account leads to its build, whichever came first.
      if (stored.id !== own && stored.id !== (await store.aliasOf(own))) await store.addAlias(own, stored.id);
      return saved;
    } catch (error) {
      if (!(error instanceof BakehouseError && error.code === 'conflict')) throw error;
      // Of what is told here more is stored by now: trying again would tell it again.
      if (attempt >= TRIES || error.details?.stale === true) throw error;
    }
  }
}

/**
 * Another account of a build that was new a moment ago may have been saved under its own id meanwhile, by a process that could not see
 * ours either. Of the two writers at least the later one comes here and finds both; should both, they choose alike: the build that
 * knows its host stays, for its id is the one everybody computes, else the smaller id. The other's content goes over, then its row.
 */
async function joinTwins(
  store: Store,
  saved: SavedBuild,
  build: Build,
  seen: ReadonlySet<string>,
  mayJoin: MayJoin,
): Promise<SavedBuild> {
  const near = await store.findByOrigin({ name: build.name, startedMs: build.startedMs, slackMs: START_SLACK_MS });
  for (const id of near) {
    if (id === saved.id || seen.has(id) || !(await mayJoin(id))) continue;
    const [own, twin] = await Promise.all([store.readHead(saved.id), store.readHead(id)]);
    if (own === null || twin === null) continue;
    const ownStays = (own.host.id === null) === (twin.host.id === null) ? own.id < twin.id : own.host.id !== null;
    const [stays, goes] = ownStays ? [own, twin] : [twin, own];
    const [kept, gone] = await Promise.all([store.readBuild(stays.id), store.readBuild(goes.id)]);
    if (kept === null || gone === null || !sameOrigin(kept, gone)) continue;
    const joined = await store.saveBuild(stays.id, mergeBuilds(kept, gone), { replacing: stays.revision });
    await store.addAlias(goes.id, stays.id);
    await store.deleteBuild(goes.id);
    return { ...joined, changed: true };
  }
  return saved;
}

type Stored =
  | { readonly id: string; readonly revision: string; readonly replaced: true }
  | { readonly id: string; readonly revision: string; readonly replaced: false; readonly build: Build };

/** How far apart two accounts may put the start of one build; sameOrigin has the last word. */
const START_SLACK_MS = 120_000;
/** Builds that started in the same minutes: a farm's; each costs a read of some 30 ms. */
const CANDIDATES_MAX = 50;

/**
 * What the store has of this build: under its own id, or under the id that another account brought. `replaced`: all that was stored
 * came from the sources that were now read again, so the new reading stands for it; a task that is gone must not live on.
 */
async function findStored(
  store: Store,
  given: string,
  build: Build,
  mayJoin: MayJoin,
): Promise<{ readonly stored: Stored | null; readonly seen: ReadonlySet<string> }> {
  const own = (await store.aliasOf(given)) ?? given;
  const ids = await store.findByOrigin({ name: build.name, startedMs: build.startedMs, slackMs: START_SLACK_MS });
  const sorted = [own, ...ids.filter((id) => id !== own)].slice(0, CANDIDATES_MAX);
  const seen = new Set(ids);
  const sources = new Set(build.sources.map((source) => `${source.kind} ${source.location}`));
  for (const id of sorted) {
    const head = await store.readHead(id);
    if (head === null) continue;
    const { revision } = head;
    const again = head.sources.every((source) => sources.has(`${source.kind} ${source.location}`));
    if (id !== own && !(await mayJoin(id))) continue;
    // The same file may hold another build: only its own id, or the look at the tasks, makes it the same.
    if (again && id === own) return { stored: { id, revision, replaced: true }, seen };
    const whole = await store.readBuild(id);
    if (whole === null || !(id === own || sameOrigin(whole, build))) continue;
    return { stored: again ? { id, revision, replaced: true } : { id, revision, replaced: false, build: whole }, seen };
  }
  return { stored: null, seen };
}
