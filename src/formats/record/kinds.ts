import type { LogKind } from '../../model/build.ts';

/** What can be recorded or sent, each switched on its own (docs/formats/record.md, "Kinds"). `times` is always there. */
export const RECORD_KINDS = [
  'times',
  'counters',
  'all-counters',
  'samples',
  'hashes',
  'graph',
  'layers',
  'messages',
  'failure-logs',
  'qa-logs',
  'success-logs',
  'pseudo',
  'host-stats',
  'packages',
  'images',
  'scratch',
] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** What is sent unless its owner says otherwise: nothing that grows with the build's output, and less than 400 kB of 10,000 tasks. */
export const DEFAULT_KINDS: readonly RecordKind[] = [
  'times',
  'counters',
  'samples',
  'hashes',
  'graph',
  'layers',
  'messages',
  'failure-logs',
  'qa-logs',
];

export const KIND_OF_LOG: Readonly<Record<LogKind, RecordKind>> = {
  failure: 'failure-logs',
  qa: 'qa-logs',
  success: 'success-logs',
  pseudo: 'pseudo',
  'host-stats': 'host-stats',
};

export const KIND_OF_SIZE = { package: 'packages', image: 'images', scratch: 'scratch' } as const satisfies Record<
  string,
  RecordKind
>;

/**
 * Metrics of the kind `all-counters`. They are more than half of the bytes of all counters, for they do not repeat from build to build:
 * caches and neighbours move them. What was computed, held in memory, read and written is told by the others.
 */
export const NOISY_COUNTERS: ReadonlySet<string> = new Set([
  ...['io.rchar', 'io.wchar', 'io.syscr', 'io.syscw', 'io.cancelled_write_bytes'],
  ...['minflt', 'majflt', 'nvcsw', 'nivcsw'].flatMap((name) => [`rusage.ru_${name}`, `child_rusage.ru_${name}`]),
]);
