import { NOT_RECORDED, shortRevision } from '../../../model/format.ts';
import type { ExportTable } from '../../format/export.ts';
import { isoTime } from '../../format/export.ts';
import type { MarkupTable } from '../../format/table-markup.ts';
import type { TestingRow } from './Testing.tsx';

const day = (ms: number | null): string =>
  ms === null ? 'not recorded when' : new Date(ms).toISOString().slice(0, 10);

export function testingExport(rows: readonly TestingRow[]): ExportTable {
  return {
    columns: [
      'machine',
      'distro',
      'target',
      'branch',
      'host_distro',
      'builder',
      'builds',
      'last_success',
      'last_success_started',
      'last_success_revision',
      'failure',
      'failure_started',
      'failure_revision',
      'failed_task',
      'cause',
    ],
    rows: rows.map((r) => [
      r.machine,
      r.distro,
      r.target,
      r.branch,
      r.hostDistro,
      r.builder,
      r.builds,
      r.lastSuccess?.id ?? null,
      isoTime(r.lastSuccess?.startedMs),
      r.lastSuccess?.revision ?? null,
      r.failure?.id ?? null,
      isoTime(r.failure?.startedMs),
      r.failure?.revision ?? null,
      r.failure?.first ?? null,
      r.failure?.cause ?? null,
    ]),
  };
}

/** `base`: where the pages are, so that the links work from elsewhere. */
export function testingMarkup(rows: readonly TestingRow[], base: string): MarkupTable {
  const cell = (value: string | null) => ({ text: value ?? NOT_RECORDED });
  return {
    head: ['Machine', 'Distro', 'Target', 'Branch', 'Host distro', 'Builder', 'Last success', 'Fails now'],
    rows: rows.map(({ machine, distro, target, branch, hostDistro, builder, lastSuccess, failure }) => [
      cell(machine),
      cell(distro),
      cell(target),
      cell(branch),
      cell(hostDistro),
      cell(builder),
      lastSuccess === null
        ? { text: 'never' }
        : {
            text: `${day(lastSuccess.startedMs)}${lastSuccess.revision === null ? '' : ` ${shortRevision(lastSuccess.revision)}`}`,
            href: `${base}/b/${lastSuccess.id}`,
            tone: 'ok' as const,
          },
      failure === null
        ? { text: '' }
        : {
            text: `${day(failure.startedMs)} ${failure.first ?? 'failed'}`,
            href: failure.address === null ? `${base}/b/${failure.id}` : `${base}/f/${failure.address}`,
            tone: 'bad' as const,
          },
    ]),
  };
}
