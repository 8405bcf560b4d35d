/**
 * What a buildhistory tree tells of builds. The tree holds the last known state of everything that was ever packaged into it, over all machines;
 * each commit of it is one build, whose message says which:
 *
 *     No changes: Build 20261121005839 of poky 5.1 for machine qemux86-64 on host7
 *     cmd: bitbake -k core-image-minimal
 *     result: failed
 *     metadata revisions:
 *     meta              = master:35a2c6e…
 *
 * So sizes of a build are those of the state it left behind: of packages that it did not touch, what they were before it. Images of other
 * machines are left out.
 */
import type { ArtifactSize, Build, BuildOutcome } from '../../model/build.ts';
import { blankBuild } from '../../model/draw-build.ts';
import { ARTIFACT_SIZES_MAX, REPORT_NAME_CHARS_MAX, TARGETS_MAX, TEXT_LINE_CHARS_MAX } from '../../model/limits.ts';
import { ProblemList } from '../../model/problem.ts';
import { compareText } from '../../model/task-rows.ts';
import { readBuildConfiguration } from '../eventlog/messages.ts';

/** PKGSIZE is bytes since the class computes it itself (commit of 2013-12-10); before, `du` gave KiB. */
export const BYTES_SINCE_MS = Date.UTC(2013, 11, 10);

export interface HistoryState {
  /** Where it was read, as it should appear in the build's sources. */
  readonly location: string;
  /** The message of its commit; null: a tree without git, which does not say whose build left it so. */
  readonly message: string | null;
  /** When it was committed; null: not known. */
  readonly committedMs: number | null;
  /** `metadata-revs`, for a tree without a commit. */
  readonly metadataRevs: string | null;
  /** For a build that is not named. One of its own for each tree. */
  readonly fallbackName: string;
  /** Paths of `latest` and `image-info.txt` files, from the top of the tree, with their text; others are passed over. */
  readonly files: Iterable<readonly [path: string, text: string]>;
  /** All names that tell how old the tree is: a `build-id` without `.txt` is of 2013 or before. */
  readonly isOld: boolean;
}

/** `KEY = value` lines: the keys that are asked for. */
export function readRecord(text: string, keys: ReadonlySet<string>): Map<string, string> {
  const found = new Map<string, string>();
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const equals = text.indexOf(' =', from);
    if (equals > from && equals < Math.min(end, from + 60)) {
      const key = text.slice(from, equals);
      if (keys.has(key)) found.set(key, text.slice(equals + 2, Math.min(end, equals + 2 + TEXT_LINE_CHARS_MAX)).trim());
    }
    from = end + 1;
  }
  return found;
}

const RECORD_KEYS: ReadonlySet<string> = new Set([
  'PE',
  'PV',
  'PR',
  'PKGSIZE',
  'IMAGESIZE',
  'DISTRO',
  'DISTRO_VERSION',
]);

interface Told {
  readonly name: string;
  readonly distro: string | null;
  readonly distroVersion: string | null;
  readonly machine: string | null;
  readonly host: string | null;
  readonly targets: readonly string[] | null;
  readonly outcome: BuildOutcome;
  readonly revisions: string;
}

/** What a commit's message says of its build; null: it is no build's. */
export function readMessage(message: string): Told | null {
  const lines = message.split('\n', 2000).map((line) => line.slice(0, TEXT_LINE_CHARS_MAX));
  const head = /^(?:No changes: )?Build (\S+) of (\S+) (\S*) ?for machine (\S+) on (\S+)\s*$/.exec(lines[0] ?? '');
  if (head === null) return null;
  const [, name = '', distro = '', version = '', machine = '', host = ''] = head.map((part) =>
    part.slice(0, REPORT_NAME_CHARS_MAX),
  );
  const after = (word: string) => lines.find((line) => line.startsWith(`${word}: `))?.slice(word.length + 2) ?? null;
  const revisions = lines.findIndex((line) => /^metadata revisions:/.test(line));
  return {
    name,
    distro: orNull(distro),
    distroVersion: orNull(version),
    machine: orNull(machine),
    host: orNull(host),
    targets: targetsOf(after('cmd')),
    outcome: outcomeOf(after('result')),
    revisions: revisions < 0 ? '' : lines.slice(revisions + 1).join('\n'),
  };
}

function orNull(text: string): string | null {
  return text === '' || text === 'unknown' ? null : text;
}

function outcomeOf(result: string | null): BuildOutcome {
  if (result === null) return 'not-recorded';
  if (/interrupted/.test(result)) return 'interrupted';
  if (/^succeeded/.test(result)) return 'succeeded';
  return /^failed/.test(result) ? 'failed' : 'not-recorded';
}

/** Options of bitbake that are followed by a value. */
const WITH_VALUE =
  /^-(?:[cCbrRlBuwtDIPS]|-(?:cmd|buildfile|read|postread|log-domains|bind|ui|write-log|token|remote-server))$/;

/** The words of `bitbake …` that are no options: what was asked for. */
function targetsOf(cmd: string | null): readonly string[] | null {
  const words = cmd?.trim().split(/\s+/) ?? [];
  if (!/(?:^|\/)bitbake$/.test(words[0] ?? '')) return null;
  const targets: string[] = [];
  for (let i = 1; i < words.length && targets.length < TARGETS_MAX; i++) {
    const word = words[i]!;
    if (WITH_VALUE.test(word)) i++;
    else if (!word.startsWith('-')) targets.push(word.replace(/^(['"])(.*)\1$/, '$2').slice(0, REPORT_NAME_CHARS_MAX));
  }
  return targets.length === 0 ? null : targets;
}

/** 14 digits are the start, in UTC. */
function startOf(name: string): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(name);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second);
}

/** The build that left the tree so; null: the commit is of something else. */
export function readHistory(state: HistoryState): Build | null {
  const told = state.message === null ? null : readMessage(state.message);
  if (state.message !== null && told === null) return null;
  const problems = new ProblemList();
  const { sizes, distro, distroVersion, machines } = sizesOf(state, told?.machine ?? null, problems);
  const revisions = told?.revisions ?? state.metadataRevs ?? '';
  const name = told?.name ?? state.fallbackName;
  return {
    ...blankBuild(name),
    sources: [{ kind: 'buildhistory', location: state.location }],
    startedMs: startOf(name),
    outcome: told?.outcome ?? 'not-recorded',
    targets: told?.targets ?? null,
    machine: told?.machine ?? (machines.size === 1 ? [...machines][0]! : null),
    distro: told?.distro ?? distro,
    distroVersion: told?.distroVersion ?? distroVersion,
    host: { ...blankBuild('').host, name: told?.host ?? null },
    layers: readBuildConfiguration(`Build Configuration:\n${revisions}`)?.layers ?? [],
    sizes,
    problems: problems.list(),
  };
}

const PACKAGE = /^packages\/([^/]+)\/([^/]+)\/([^/]+)\/latest$/;
const RECIPE = /^packages\/([^/]+)\/([^/]+)\/latest$/;
const IMAGE = /^images\/([^/]+)\/[^/]+\/([^/]+)\/image-info\.txt$/;

/** Whether a file of the tree is looked into at all. */
export function isWanted(path: string): boolean {
  return path.length <= TEXT_LINE_CHARS_MAX && (PACKAGE.test(path) || RECIPE.test(path) || IMAGE.test(path));
}

function sizesOf(
  state: HistoryState,
  machine: string | null,
  problems: ProblemList,
): { sizes: ArtifactSize[]; distro: string | null; distroVersion: string | null; machines: Set<string> } {
  const kib = state.isOld || (state.committedMs !== null && state.committedMs < BYTES_SINCE_MS);
  const unit = kib ? 1024 : 1;
  const pfOf = new Map<string, string>();
  const packages: { recipe: string; name: string; bytes: number }[] = [];
  const images: ArtifactSize[] = [];
  const machines = new Set<string>();
  let distro: string | null = null;
  let distroVersion: string | null = null;
  let leftOut = 0;
  let unread = 0;
  const wanted = machine?.replaceAll('-', '_') ?? null;
  for (const [path, text] of state.files) {
    const asPackage = PACKAGE.exec(path);
    const asRecipe = asPackage === null ? RECIPE.exec(path) : null;
    const asImage = IMAGE.exec(path);
    if (asPackage === null && asRecipe === null && asImage === null) continue;
    const record = readRecord(text, RECORD_KEYS);
    if (asRecipe !== null) {
      const [, arch, pn] = asRecipe;
      const pe = record.get('PE') ?? '';
      const version = `${pe === '' ? '' : `${pe}_`}${record.get('PV') ?? ''}`;
      if (version !== '') pfOf.set(`${arch}/${pn}`, `${pn}-${version}-${record.get('PR') ?? 'r0'}`);
      continue;
    }
    const size = wholeNumber(record.get(asPackage === null ? 'IMAGESIZE' : 'PKGSIZE'));
    if (asImage !== null) {
      const [, arch = '', name = ''] = asImage;
      machines.add(arch);
      distro ??= record.get('DISTRO') ?? null;
      distroVersion ??= record.get('DISTRO_VERSION') ?? null;
      if (wanted !== null && arch !== wanted) continue;
      if (size === null) unread++;
      else images.push({ kind: 'image', name, pf: null, mc: '', bytes: size * 1024, files: null, fileList: null });
      continue;
    }
    const [, arch, pn, name = ''] = asPackage!;
    if (size === null) unread++;
    else if (packages.length >= ARTIFACT_SIZES_MAX) leftOut++;
    else packages.push({ recipe: `${arch}/${pn}`, name, bytes: size * unit });
  }
  if (unread > 0)
    problems.add('warning', 'history-size-missing', `${unread} records have no size that can be read.`, null);
  if (leftOut > 0)
    problems.add('warning', 'history-too-long', `${leftOut} more packages are in the tree and were left out.`, null);
  const sizes = packages.map(
    ({ recipe, name, bytes }): ArtifactSize => ({
      kind: 'package',
      name,
      pf: pfOf.get(recipe) ?? null,
      mc: '',
      bytes,
      files: null,
      fileList: null,
    }),
  );
  // In one order, whatever order a folder is listed in.
  sizes.sort((a, b) => compareText(a.name, b.name) || compareText(a.pf ?? '', b.pf ?? '') || a.bytes - b.bytes);
  images.sort((a, b) => compareText(a.name, b.name));
  return { sizes: [...images, ...sizes], distro, distroVersion, machines };
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}
