/**
 * A failure as a page, a text or a title shows it: what failed, the line that says why, who else had it and since when, what fixed it, and when
 * the recipe was built last. Everything but the log itself, which is read by its lines.
 */
import { createHash } from 'node:crypto';
import { plainText } from '../analysis/ansi.ts';
import { type ExplainedStep, explainKept } from '../analysis/fingerprint.ts';
import { commitLink, layerPage } from '../analysis/revision-links.ts';
import { prefixOfShortId } from '../collector/short-id.ts';
import type { Failure, LayerRevision } from '../model/build.ts';
import { BakehouseError } from '../model/errors.ts';
import { CAUSE_LOG_BYTES_MAX } from '../model/limits.ts';
import type { BuildHead, RecipeSuccesses, Seen, StoredFailure, Visibility } from '../store/store.ts';
import { findBlame, type ShownBlame, type ShownRange, showBlame, showFound } from './blame-failure.ts';
import type { OperationContext } from './context.ts';
import { failureAddress } from './failure-address.ts';
import { findInLog } from './find-in-log.ts';
import { type LogName, readLog } from './read-log.ts';
import { resolveBuildId } from './resolve-build-id.ts';
import { type ShownNext, tryNext } from './try-next.ts';

/** Before and after the line that says why. */
const AROUND_LINES = 3;
/** Of one line of it. */
const AROUND_CHARS_MAX = 500;
/** Builds named that had the same. */
const SEEN_NAMED_MAX = 20;

/** A log, or why there is none. */
export type FailureLog =
  | {
      readonly row: number | null;
      readonly blob: string | null;
      readonly bytes: number;
      readonly lines: number | null;
      readonly missing: null;
    }
  | { readonly missing: string };

export interface AroundCause {
  /** Of the first line, from 1; null: of an excerpt whose log is gone. */
  readonly from: number | null;
  readonly lines: readonly string[];
  /** Index of the one that says why. */
  readonly at: number | null;
}

export interface ShownLayer extends LayerRevision {
  /** The repository's page of the commit. */
  readonly link: string | null;
}

export interface SeenElsewhere extends Omit<Seen, 'newest'> {
  readonly newest: readonly (Seen['newest'][number] & { readonly failure: string })[];
}

/** How the fingerprint came about: what was taken out of the line, step by step. */
export interface ShownGrouping {
  readonly steps: readonly ExplainedStep[];
  readonly crossSteps: readonly ExplainedStep[];
  /** What the two hashes were made of, part by part. */
  readonly exactOf: readonly string[];
  readonly crossOf: readonly string[];
}

export interface FailureDetail {
  /** Address: `<first digits of the build>.<key>`. */
  readonly id: string;
  readonly build: string;
  readonly visibility: Visibility;
  readonly title: string;
  readonly pn: string | null;
  readonly version: string | null;
  readonly mc: string;
  readonly task: string | null;
  readonly row: number | null;
  readonly cause: string | null;
  /** From 1, in the log. */
  readonly causeLine: number | null;
  readonly around: AroundCause | null;
  readonly log: FailureLog;
  readonly fingerprint: StoredFailure['fingerprint'];
  readonly grouping: ShownGrouping | null;
  readonly environment: Pick<
    BuildHead,
    | 'name'
    | 'startedMs'
    | 'endedMs'
    | 'outcome'
    | 'machine'
    | 'distro'
    | 'distroVersion'
    | 'targets'
    | 'builder'
    | 'bitbakeVersion'
  > & { readonly host: Omit<BuildHead['host'], 'id'> };
  readonly layers: readonly ShownLayer[];
  readonly seen: SeenElsewhere | null;
  /** The same cause in other recipes and tasks, this one's words included. */
  readonly alike: Pick<Seen, 'failures' | 'builds' | 'recipeCount' | 'recipes'> | null;
  readonly blame: ShownBlame | null;
  /** Where it still fails: which revision to try next. */
  readonly next: ShownNext | null;
  /** What builds of its own configuration do not tell: the same failure in another one, and the build there that passed after it. */
  readonly fixedElsewhere: ShownRange | null;
  readonly lastSucceeded: RecipeSuccesses | null;
}

const REFERENCE = /^([^.\s]{4,64})\.([0-9a-f]{6}(?:-\d{1,4})?)$/;

export async function showFailure(
  context: OperationContext,
  input: { readonly failure: string },
): Promise<FailureDetail> {
  const { store } = context;
  const [, reference, key] = REFERENCE.exec(input.failure) ?? [];
  if (reference === undefined || key === undefined)
    throw new BakehouseError(
      'invalid',
      `"${input.failure.slice(0, 80)}" is not a failure: give the first digits of its build, a dot, and 6 digits.`,
    );
  const noSuchFailure = () => new BakehouseError('not-found', `There is no failure ${input.failure}.`);
  const id = await resolveBuildId(store, prefixOfShortId(reference) ?? reference);
  const [head, failures, access] = await Promise.all([
    store.readHead(id),
    store.readFailures(id),
    store.readAccess(id),
  ]);
  const stored = failures?.find((failure) => failure.key === key);
  if (head === null || access === null || stored === undefined) throw noSuchFailure();
  const failure = head.failures[stored.ordinal];
  if (failure === undefined) throw noSuchFailure();
  const { fingerprint, pn, task } = stored;
  const [found, seen, alike, { blame, next }, lastSucceeded, address] = await Promise.all([
    readCause(context, id, failure, stored),
    fingerprint === null ? null : store.readSeen({ hash: fingerprint.hash, except: id, limit: SEEN_NAMED_MAX }),
    fingerprint === null ? null : store.readSeen({ cross: fingerprint.crossHash, except: id, limit: 0 }),
    blameAndNext(context, id, stored),
    pn === null ? null : store.readSuccesses({ pn, like: id }),
    failureAddress(store, id, key),
  ]);
  const { id: _, ...host } = head.host;
  return {
    id: address,
    build: id,
    visibility: access.visibility,
    title: titleOf(failure, stored, found.cause),
    pn,
    version: stored.version,
    mc: failure.mc,
    task,
    row: failure.row,
    ...found,
    fingerprint,
    grouping: groupingOf(stored),
    environment: {
      name: head.name,
      startedMs: head.startedMs,
      endedMs: head.endedMs,
      outcome: head.outcome,
      machine: head.machine,
      distro: head.distro,
      distroVersion: head.distroVersion,
      targets: head.targets,
      builder: head.builder,
      bitbakeVersion: head.bitbakeVersion,
      host,
    },
    layers: head.layers.map((layer) => {
      const page = layerPage(
        context.layerPages ?? new Map(),
        { name: layer.name, from: null, to: layer.commit },
        besides(head.layers),
      );
      return { ...layer, link: page === null ? null : commitLink(page, layer.commit) };
    }),
    seen: seen === null ? null : await withAddresses(context, seen),
    alike:
      alike === null
        ? null
        : {
            failures: alike.failures,
            builds: alike.builds,
            recipeCount: alike.recipeCount,
            recipes: alike.recipes,
          },
    blame,
    next,
    fixedElsewhere: blame?.fixed != null || seen === null ? null : await fixElsewhere(context, stored, seen),
    lastSucceeded,
  };
}

function besides(layers: readonly LayerRevision[]) {
  return layers.map(({ name, commit }) => ({ name, from: null, to: commit }));
}

/** `zlib-1.3-r0 do_compile failed: zlib.c:12:3: error: …`: what a chat shows of the address. */
function titleOf({ pf, mc }: Failure, { pn, version, task }: StoredFailure, cause: string | null): string {
  const recipe = pn === null ? pf : version === null ? pn : `${pn}-${version}`;
  const what = [mc === '' ? null : `mc:${mc}`, recipe, task].filter((part) => part !== null).join(' ');
  const failed = what === '' ? 'The build failed' : `${what} failed`;
  return cause === null ? failed : `${failed}: ${cause.split('\n')[0]}`;
}

/** The line that says why with some around it, and where the log is. */
async function readCause(
  context: OperationContext,
  build: string,
  failure: Failure,
  stored: StoredFailure,
): Promise<Pick<FailureDetail, 'cause' | 'causeLine' | 'around' | 'log'>> {
  const log: LogName | null =
    failure.row !== null ? { build, row: failure.row } : stored.blob !== null ? { build, blob: stored.blob } : null;
  const { cause: said } = stored;
  const gone = (missing: string) => ({
    cause: said,
    causeLine: stored.causeLine === null ? null : stored.causeLine + 1,
    around: excerptOf(stored),
    log: { missing },
  });
  if (log === null)
    return gone(failure.logPath === null ? 'It failed outside any task.' : 'No log came with the build.');
  try {
    // Not looked through yet, or its log is no blob: then it is looked through now, but nobody waits for a long one: its marks come later.
    const causeLine =
      stored.causeLine === null
        ? (await findInLog(context, { ...log, bytesMax: CAUSE_LOG_BYTES_MAX })).best
        : stored.causeLine + 1;
    const text =
      causeLine === null
        ? await readLog(context, { ...log, tail: 2 * AROUND_LINES + 1 })
        : await readLog(context, { ...log, from: Math.max(1, causeLine - AROUND_LINES), to: causeLine + AROUND_LINES });
    const lines = text.text
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => plainText(line).slice(0, AROUND_CHARS_MAX));
    const at = causeLine === null ? null : causeLine - text.from;
    return {
      cause: said ?? (at === null ? null : (lines[at]?.trim() ?? null)),
      causeLine,
      around: lines.length === 1 && lines[0] === '' ? null : { from: text.from, lines, at },
      log: { row: failure.row, blob: text.blob, bytes: text.bytes, lines: text.lines, missing: null },
    };
  } catch (error) {
    if (!(error instanceof BakehouseError)) throw error;
    return gone(error.message);
  }
}

/** What was kept when the log was looked through. */
function excerptOf({ excerpt, causeLine, cause }: StoredFailure): AroundCause | null {
  if (excerpt === null || excerpt === '') return null;
  const lines = excerpt.split('\n').map(plainText);
  const at = causeLine === null ? -1 : Math.min(causeLine, AROUND_LINES);
  const found = lines[at] !== undefined ? at : lines.findIndex((line) => cause !== null && line.includes(cause));
  return {
    from: causeLine === null ? null : Math.max(0, causeLine - AROUND_LINES) + 1,
    lines,
    at: found < 0 ? null : found,
  };
}

/** Null: not looked at yet, or by rules of another version. */
function groupingOf({ pn, version, task, cause, fingerprint }: StoredFailure): ShownGrouping | null {
  if (fingerprint === null) return null;
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
  const told = explainKept({ pn, version, task, cause, fingerprint }, digest);
  if (told === null) return null;
  const { steps, crossSteps, exactOf, crossOf } = told;
  return { steps, crossSteps, exactOf, crossOf };
}

async function blameAndNext(
  context: OperationContext,
  build: string,
  { mc, pn, task }: StoredFailure,
): Promise<{ blame: ShownBlame | null; next: ShownNext | null }> {
  const of = pn === null || task === null ? null : { build, mc, pn, task };
  const found = of === null ? null : await findBlame(context, of);
  if (of === null || found === null) return { blame: null, next: null };
  return { blame: await showFound(context, found), next: await tryNext(context, found, of) };
}

/** Others who had it may be ahead: the newest of them, each in a configuration of its own, that passed afterwards. */
async function fixElsewhere(context: OperationContext, stored: StoredFailure, seen: Seen): Promise<ShownRange | null> {
  const asked = new Set<string>();
  for (const { build, machine, distro, branch, pn, task } of seen.newest) {
    const configuration = JSON.stringify([machine, distro, branch]);
    if (asked.has(configuration) || pn !== stored.pn || task !== stored.task) continue;
    asked.add(configuration);
    const blame = await showBlame(context, build, stored);
    if (blame?.fixed != null) return blame.fixed;
  }
  return null;
}

async function withAddresses({ store }: OperationContext, seen: Seen): Promise<SeenElsewhere> {
  const newest = await Promise.all(
    seen.newest.map(async (one) => ({ ...one, failure: await failureAddress(store, one.build, one.key) })),
  );
  return { ...seen, newest };
}
