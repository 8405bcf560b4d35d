/** From builds as they were read to what is sent of each: whose it is, what it tells, which logs go with it. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { findCause } from '../analysis/cause-line.ts';
import { originOf, withHostId } from '../collector/origin.ts';
import type { InnerLogs } from '../formats/open/error-report-file.ts';
import { NATIVE_PACKING } from '../formats/open/native-packing.ts';
import { readBlob, recordFileOf, recordIdOf } from '../formats/open/record-file.ts';
import { RECORD_KINDS, type RecordKind } from '../formats/record/kinds.ts';
import { type ScrubContext, scrubber } from '../formats/record/scrub.ts';
import { writeRecord } from '../formats/record/writer.ts';
import type { Build, TaskLog } from '../model/build.ts';
import { LOG_BLOB_BYTES_MAX } from '../model/limits.ts';
import { findLogs } from './kept-logs.ts';
import { type Claim, claimOf } from './push-key.ts';
import { type Blob, sha256, type Upload, type Visibility } from './upload-client.ts';

export interface FarmJob {
  readonly url: string | null;
  readonly builder: string | null;
  readonly builderId: string | null;
  readonly reason: string | null;
}

export interface PrepareOptions {
  /** Program and version. */
  readonly writer: string;
  readonly kinds: ReadonlySet<RecordKind>;
  readonly visibility: Visibility | null;
  /** The farm's job that runs the program, for builds that do not say it themselves. `url`: page of this run of it; `builderId`: page of the job. */
  readonly job?: FarmJob | undefined;
  readonly key: () => Uint8Array;
  /** Of a build that was told before: more may be known of its origin by now, and it is the same build all the same. */
  readonly claim?: Claim | undefined;
  /** Of the machine that pushes: what is scrubbed besides what the build says of its own. */
  readonly home: string | null;
  readonly hostName: string | null;
  readonly userName: string | null;
  readonly nowMs: number;
  /** Logs that came within the accounts of the build, by the names that it has for them. */
  readonly innerLogs?: InnerLogs | undefined;
}

export interface Prepared {
  readonly build: Build;
  readonly upload: Upload;
  readonly messages: readonly string[];
}

/** Of one build, all its accounts merged. `path`: what was named on the command line. */
export async function prepareUpload(read: Build, path: string, options: PrepareOptions): Promise<Prepared> {
  const build = withHostId(ranBy(read, options.job));
  const scrub = scrubberOf(build, path, options);
  const directories = build.sources.filter(({ kind }) => kind === 'record').map(({ location }) => location);
  const claim =
    options.claim ??
    directories.map(claimOfRecord).find((found) => found !== null) ??
    claimOf(options.key(), originOf(build));
  const inner = scrubbedLogs(build, options.innerLogs ?? new Map(), scrub);
  const found = await findLogs(build, path, options.kinds, scrub, options.nowMs);
  // The host's name is for its owner; the id is what tells hosts apart.
  const told: Build = {
    ...build,
    host: { ...build.host, name: null },
    logs: [...inner.logs, ...found.logs],
    failures: build.failures.map((failure) => ({
      ...failure,
      cause:
        failure.cause ??
        (failure.row === null ? null : (found.causes.get(failure.row) ?? inner.causes.get(failure.row) ?? null)),
    })),
  };
  const written = (kinds: ReadonlySet<RecordKind>) =>
    writeRecord(told, {
      id: claim.id,
      writer: options.writer,
      packing: NATIVE_PACKING,
      digest: sha256,
      stream: { kinds, scrub },
    });
  const whole = written(options.kinds);
  const blobs: Blob[] = [...found.blobs];
  const fromRecord = (name: string, kind: Blob['class']): void => {
    const directory = directories.find((candidate) => existsSync(join(candidate, 'blobs', name)));
    if (directory === undefined || blobs.some((blob) => blob.sha256 === name)) return;
    const bytes = readBlob(directory, name, LOG_BLOB_BYTES_MAX);
    if (bytes === null || sha256(bytes) !== name) return;
    blobs.push({ sha256: name, class: kind, bytes: bytes.length, read: async () => bytes });
  };
  const text = whole.lines.join('');
  for (const blob of inner.blobs) if (text.includes(blob.sha256)) blobs.push(blob);
  for (const log of build.logs)
    if (text.includes(log.blob)) fromRecord(log.blob, log.kind === 'failure' ? 'failure-log' : 'log');
  for (const { fileList } of build.sizes)
    if (fileList !== null && text.includes(fileList)) fromRecord(fileList, 'files');
  if (whole.graph !== null) {
    const { sha256: name, bytes } = whole.graph;
    blobs.push({ sha256: name, class: 'graph', bytes: bytes.length, read: async () => bytes });
  }
  const { name, startedMs, targets, machine, distro, outcome } = build;
  return {
    build: told,
    messages: found.messages,
    upload: {
      claim,
      writer: options.writer,
      visibility: options.visibility,
      about: {
        name: scrub(name).slice(0, ABOUT_CHARS_MAX),
        startedMs,
        targets: targets?.slice(0, 100).map((target) => scrub(target).slice(0, ABOUT_CHARS_MAX)) ?? null,
        machine: machine === null ? null : scrub(machine).slice(0, ABOUT_CHARS_MAX),
        distro: distro === null ? null : scrub(distro).slice(0, ABOUT_CHARS_MAX),
        outcome,
      },
      complete: outcome !== 'running',
      stream: (refused) => {
        const kinds = new Set([...options.kinds].filter((kind) => !refused.includes(kind)));
        return Buffer.from(refused.length === 0 ? text : written(kinds).lines.join(''));
      },
      blobs,
    },
  };
}

/** The logs of the build with those that came within an account scrubbed, as every log that is sent is, and named anew by that. */
function ranBy(build: Build, job: FarmJob | undefined): Build {
  if (job === undefined) return build;
  const { url, builder, builderId, reason } = job;
  return {
    ...build,
    jobId: build.jobId ?? url,
    builder: build.builder ?? builder,
    // The page of a job is no id of a builder that is called otherwise.
    builderId: build.builderId ?? (build.builder === null ? builderId : null),
    extras: reason === null ? build.extras : { reason, ...build.extras },
  };
}

function scrubbedLogs(
  build: Build,
  given: InnerLogs,
  scrub: (text: string) => string,
): {
  readonly logs: readonly TaskLog[];
  readonly blobs: readonly Blob[];
  readonly causes: ReadonlyMap<number, string>;
} {
  const blobs = new Map<string, Blob>();
  const causes = new Map<number, string>();
  const logs = build.logs.map((log) => {
    const own = given.get(log.blob);
    if (own === undefined) return log;
    const text = scrub(new TextDecoder().decode(own));
    const bytes = new TextEncoder().encode(text);
    const name = sha256(bytes);
    blobs.set(name, { sha256: name, class: 'failure-log', bytes: bytes.length, read: async () => bytes });
    const cause = log.row === null ? null : findCause(text);
    if (log.row !== null && cause !== null) causes.set(log.row, cause.text);
    return { ...log, blob: name, bytes: bytes.length };
  });
  return { logs, blobs: [...blobs.values()], causes };
}

/** Names as the announcement of a build has them; its stream tells them whole. */
const ABOUT_CHARS_MAX = 300;

/** Id and secret as meta-bakehouse made them; null where the record's directory has no secret: then it is not ours to write to that build. */
function claimOfRecord(directory: string): Claim | null {
  const file = recordFileOf(directory);
  if (file === null) return null;
  try {
    const secret = readFileSync(join(dirname(file), 'secret'), 'utf8').trim();
    const id = recordIdOf(file);
    return id === null || !/^[\w-]{32,128}$/.test(secret) ? null : { id, secret };
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause) return null;
    throw cause;
  }
}

/** What the build says of the machine it ran on, and then what this machine is called. */
function scrubberOf(build: Build, path: string, options: PrepareOptions): (text: string) => string {
  const { TMPDIR: tmpdir = null } = build.variables;
  const tmp =
    tmpdir ??
    tmpOf(
      build.sources.map(({ location }) => location),
      path,
    );
  const own = scrubber({
    ...placesOf(tmp),
    home: homeOf(tmp) ?? options.home,
    ...namesOf(build.host.name),
    userName: userOf(tmp) ?? options.userName,
  });
  const here = scrubber({
    topdir: null,
    tmpdir: null,
    home: options.home,
    ...namesOf(options.hostName),
    userName: options.userName,
  });
  return (text) => here(own(text));
}

/** The tmp of a build whose variables are not recorded: what lies above its `buildstats`. */
function tmpOf(locations: readonly string[], path: string): string | null {
  for (const location of [...locations, path]) {
    const at = location.lastIndexOf('/buildstats');
    if (location.startsWith('/') && at > 0) return location.slice(0, at);
  }
  return null;
}

/** TOPDIR is what TMPDIR lies in, as by default; elsewhere it is a place of its own. */
function placesOf(tmp: string | null): Pick<ScrubContext, 'topdir' | 'tmpdir'> {
  if (tmp === null) return { topdir: null, tmpdir: null };
  const inTopdir = basename(tmp).startsWith('tmp') && dirname(tmp) !== '/';
  return inTopdir ? { topdir: dirname(tmp), tmpdir: null } : { topdir: null, tmpdir: tmp };
}

const HOME = /^\/(?:home|Users)\/([^/]+)/;

function homeOf(tmp: string | null): string | null {
  return tmp === null ? null : (HOME.exec(tmp)?.[0] ?? null);
}

function userOf(tmp: string | null): string | null {
  return tmp === null ? null : (HOME.exec(tmp)?.[1] ?? null);
}

function namesOf(hostName: string | null): Pick<ScrubContext, 'hostName' | 'fullHostName'> {
  const short = hostName?.split('.')[0] ?? null;
  return { hostName: short, fullHostName: hostName === short ? null : hostName };
}

/** Kinds by name, as `--send` and BAKEHOUSE_SEND list them: `default`, `all`, names, and `-name` for without. */
export function kindsOf(text: string, defaults: readonly RecordKind[]): ReadonlySet<RecordKind> | string {
  const chosen = new Set<RecordKind>();
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  // A list of nothing but exceptions is one from the default.
  if (words.every((word) => word.startsWith('-'))) for (const kind of defaults) chosen.add(kind);
  for (const word of words) {
    if (word === 'all') for (const kind of RECORD_KINDS) chosen.add(kind);
    else if (word === 'default') for (const kind of defaults) chosen.add(kind);
    else {
      const without = word.startsWith('-');
      const kind = RECORD_KINDS.find((known) => known === (without ? word.slice(1) : word));
      if (kind === undefined) return word;
      if (without) chosen.delete(kind);
      else chosen.add(kind);
    }
  }
  return chosen.add('times');
}
