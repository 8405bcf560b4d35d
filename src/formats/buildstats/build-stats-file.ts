/**
 * The file `build_stats`: one block a build, two of them interleaved for two multiconfigs, many one after the other when
 * local.conf sets BUILDNAME (every file is opened for appending).
 *
 *     Host Info: Linux vm 6.18.44 #1 SMP PREEMPT_DYNAMIC @0 x86_64␠
 *     Build Started: 1795219534.75␠
 *     Failed at: gamma-3-r0 at task: do_compile␠            one per failed task, in order of failure
 *     Uncompressed Rootfs size: 93M<TAB>/path/rootfs        `du -sh`
 *     Elapsed time: 5.62 seconds␠
 *     CPU usage: 20.9%␠                                      of the BitBake server alone: never shown as the build's
 */
import type { RootfsSize } from '../../model/build.ts';
import { TEXT_LINE_CHARS_MAX } from '../../model/limits.ts';
import type { ProblemList } from '../../model/problem.ts';
import type { EpochMs } from '../../model/units.ts';

/** One build of a build_stats file; all multiconfigs of one run together. */
export interface BuildStatsBlock {
  /** First `Build Started`; null when the line is missing. */
  startedMs: EpochMs | null;
  /** Latest `Build Started` plus its `Elapsed time`; null unless every start has its end. */
  endedMs: EpochMs | null;
  /** Text behind `Host Info:`. */
  hostInfo: string | null;
  readonly failed: { readonly pf: string; readonly task: string }[];
  readonly rootfsSizes: RootfsSize[];
  readonly extras: Record<string, string>;
}

/** Multiconfigs announce their builds one after the other within this time, in a directory with a name of BitBake's. */
const MULTICONFIG_GAP_MS = 3_600_000;
/** In a directory named by the user a killed build and its next try look alike; two BuildStarted events are seconds apart. */
const MULTICONFIG_GAP_USER_NAMED_MS = 10_000;
/** `CPU usage` is that of the server process alone, as a share of the whole machine: under its own name it would be taken for the build's. */
const SERVER_CPU = 'CPU usage of the BitBake server';
const EXTRAS_MAX = 200;
/** Failures, images and builds of one file; a directory named by the user gathers them for years. */
const ENTRIES_MAX = 100_000;

interface OpenBlock extends BuildStatsBlock {
  readonly starts: number[];
  ends: number;
}

function newBlock(): OpenBlock {
  return {
    startedMs: null,
    endedMs: null,
    hostInfo: null,
    failed: [],
    rootfsSizes: [],
    extras: {},
    starts: [],
    ends: 0,
  };
}

/** `YYYYMMDDHHMM` (to 2015, local time) and `YYYYMMDDHHMMSS` (UTC): what BitBake names a build by itself. */
export function isBitbakeBuildName(name: string): boolean {
  return (name.length === 12 || name.length === 14) && /^20\d+$/.test(name);
}

/**
 * The builds of a build_stats file, in the order they are written; never empty.
 * @param directoryName name of the build directory: decides how far apart two starts of one build may be.
 */
export function readBuildStats(text: string, directoryName: string, problems: ProblemList): BuildStatsBlock[] {
  const gap = isBitbakeBuildName(directoryName) ? MULTICONFIG_GAP_MS : MULTICONFIG_GAP_USER_NAMED_MS;
  const blocks: OpenBlock[] = [];
  let block = newBlock();
  /** Host Info stands before the Build Started that may begin a new block. */
  let hostInfo: string | null = null;
  let hasLines = false;
  let entries = 0;
  let line = 0;
  let pos = 0;
  if (text.includes('\0')) {
    problems.add(
      'warning',
      'nul-bytes',
      'The file holds NUL bytes, as a crash leaves them; they were passed over.',
      'build_stats',
    );
  }
  while (pos < text.length) {
    line++;
    let end = text.indexOf('\n', pos);
    const whole = end >= 0;
    if (!whole) end = text.length;
    const raw = text.slice(pos, Math.min(end, pos + TEXT_LINE_CHARS_MAX));
    pos = end + 1;
    const content = raw.includes('\0') ? raw.replaceAll('\0', '') : raw;
    const colon = content.indexOf(':');
    if (colon < 0) {
      if (content.trim() !== '') {
        const code = whole ? 'line-not-understood' : 'build-stats-truncated';
        problems.add('note', code, 'The line is no "key: value"; it was passed over.', 'build_stats', line);
      }
      continue;
    }
    const key = content.slice(0, colon).trim();
    const value = content.slice(colon + 1);
    // A number at the very end of a file without newline or blank may be cut.
    const trusted = whole || /\s$/.test(value);
    if (key === 'Host Info') {
      hostInfo = value.trim();
      if (block.hostInfo === null) block.hostInfo = hostInfo;
      hasLines = true;
    } else if (key === 'Build Started') {
      const startedMs = trusted ? secondsToMs(value) : null;
      if (startedMs === null) {
        problems.add(
          'warning',
          'value-not-understood',
          'The start of the build is damaged; it is treated as not recorded.',
          'build_stats',
          line,
        );
        hasLines = true;
        continue;
      }
      const last = block.starts.at(-1);
      if (last !== undefined && (block.ends > 0 || Math.abs(startedMs - last) > gap)) {
        if (++entries > ENTRIES_MAX) break;
        blocks.push(block);
        block = newBlock();
        block.hostInfo = hostInfo;
      }
      block.starts.push(startedMs);
      block.startedMs = block.startedMs === null ? startedMs : Math.min(block.startedMs, startedMs);
      hasLines = true;
    } else if (key === 'Elapsed time') {
      const seconds = trusted ? leadingNumber(value) : null;
      const startedMs = block.starts[block.ends];
      if (seconds === null) {
        problems.add(
          'warning',
          'value-not-understood',
          'The elapsed time of the build is damaged; it is treated as not recorded.',
          'build_stats',
          line,
        );
      } else if (seconds < 0) {
        problems.add(
          'warning',
          'clock-went-back',
          'The elapsed time of the build is negative: the clock of its host was set meanwhile; the end is treated as not recorded.',
          'build_stats',
          line,
        );
      } else if (startedMs === undefined) {
        problems.add(
          'note',
          'build-end-without-start',
          'An end of a build without its start was passed over.',
          'build_stats',
          line,
        );
      } else {
        const endedMs = startedMs + Math.round(seconds * 1000);
        block.endedMs = block.endedMs === null ? endedMs : Math.max(block.endedMs, endedMs);
        block.ends++;
      }
      hasLines = true;
    } else if (key === 'Failed at') {
      const failed = /^\s*(\S+) at task: (\S+)\s*$/.exec(value);
      if (failed?.[1] !== undefined && failed[2] !== undefined && trusted) {
        if (++entries > ENTRIES_MAX) break;
        block.failed.push({ pf: failed[1], task: failed[2] });
      } else {
        problems.add(
          'note',
          'value-not-understood',
          'The line of a failure is damaged; it was passed over.',
          'build_stats',
          line,
        );
      }
      hasLines = true;
    } else if (key === 'Uncompressed Rootfs size') {
      const tab = value.search(/[\t ]\//);
      const size = (tab < 0 ? value : value.slice(0, tab)).trim();
      const path = tab < 0 ? '' : value.slice(tab + 1).trim();
      if (++entries > ENTRIES_MAX) break;
      block.rootfsSizes.push({ path, text: size, bytes: duBytes(size) });
      hasLines = true;
    } else if (Object.keys(block.extras).length < EXTRAS_MAX && key !== '') {
      block.extras[key === 'CPU usage' ? SERVER_CPU : key] = value.trim();
      hasLines = true;
    }
  }
  if (hasLines || blocks.length === 0) blocks.push(block);
  return blocks.map(finished);
}

/** A build whose starts have not all an end has not ended. */
function finished({ starts, ends, ...block }: OpenBlock): BuildStatsBlock {
  return ends < starts.length ? { ...block, endedMs: null } : block;
}

function leadingNumber(text: string): number | null {
  const number = /^\s*(-?\d{1,15}(?:[.,]\d{0,20})?)/.exec(text)?.[1];
  return number === undefined ? null : Number(number.replace(',', '.'));
}

function secondsToMs(text: string): EpochMs | null {
  const seconds = leadingNumber(text);
  return seconds === null || seconds < 1e4 || seconds > 1e11 ? null : Math.round(seconds * 1000);
}

const DU_FACTOR: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  K: 2 ** 10,
  M: 2 ** 20,
  G: 2 ** 30,
  T: 2 ** 40,
  P: 2 ** 50,
};

/** Bytes of a `du -sh` text (`93M`, `1,2G`: powers of 1024, rounded up), or null. */
export function duBytes(text: string): number | null {
  const match = /^(\d{1,9})(?:[.,](\d{1,3}))?\s?([KMGTPB]?)$/.exec(text);
  if (match === null) return null;
  const factor = DU_FACTOR[match[3] ?? ''] ?? 1;
  return Math.round(Number(`${match[1]}.${match[2] ?? 0}`) * factor);
}
