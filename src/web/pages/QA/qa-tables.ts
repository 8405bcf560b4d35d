/** The answer of the server as what is drawn and written: classes in order, builds oldest first. Pure. */

import { saysOfQa } from '../../../analysis/qa-issues.ts';
import type { QaIssues } from '../../../api/contract.ts';
import type { QaTrendInput } from '../../../chart/qa-trend.ts';
import { NOT_RECORDED, plural } from '../../../model/format.ts';
import type { ExportTable } from '../../format/export.ts';
import { isoTime } from '../../format/export.ts';
import { formatWhen } from '../../format/time.ts';

export type QaGroup = QaIssues['groups'][number];
export type QaBuild = QaIssues['builds'][number];

/** In addresses: no class is called so. */
export const NO_CLASS = '~';

export interface QaClass {
  /** As addresses have it. */
  readonly id: string;
  readonly label: string;
  readonly issues: number;
}

export function classId(qaClass: string | null): string {
  return qaClass ?? NO_CLASS;
}

export function classLabel(id: string): string {
  return id === NO_CLASS ? 'class not named' : id;
}

/** Most issues first. */
export function classesOf({ counts }: QaIssues): QaClass[] {
  const sums = new Map<string, number>();
  for (const { qaClass, issues } of counts) sums.set(classId(qaClass), (sums.get(classId(qaClass)) ?? 0) + issues);
  return [...sums]
    .map(([id, issues]) => ({ id, label: classLabel(id), issues }))
    .sort((a, b) => b.issues - a.issues || (a.id < b.id ? -1 : 1));
}

export interface QaTrend {
  readonly input: QaTrendInput;
  /** Of each place of the picture. */
  readonly builds: readonly QaBuild[];
  /** Builds that say nothing. */
  readonly gaps: number;
}

/** `classes`: those that are shown. */
export function trendOf(answer: QaIssues, classes: readonly QaClass[], build: string | undefined): QaTrend {
  const placeOf = new Map(classes.map(({ id }, place) => [id, place]));
  const issues = answer.builds.map((one) => (saysOfQa(one) ? new Array<number>(classes.length).fill(0) : null));
  for (const count of answer.counts) {
    const place = placeOf.get(classId(count.qaClass));
    const own = issues[count.build];
    if (place !== undefined && own !== null && own !== undefined) own[place]! += count.issues;
  }
  const builds = answer.builds.toReversed();
  return {
    builds,
    gaps: issues.filter((one) => one === null).length,
    input: {
      classes: classes.map(({ label }) => label),
      builds: issues
        .toReversed()
        .map((one, i) => ({ issues: one, when: formatWhen(builds[i]!.startedMs) || NOT_RECORDED })),
      cursor: build === undefined ? -1 : builds.findIndex((one) => one.build.startsWith(build)),
    },
  };
}

/** A build of the trend in a sentence. */
export function describeBuild(trend: QaTrend, index: number): string {
  const build = trend.builds[index];
  const drawn = trend.input.builds[index];
  if (build === undefined || drawn === undefined) return '';
  const { issues } = drawn;
  const found =
    issues === null
      ? 'executed no check'
      : [
          plural(
            issues.reduce((sum, one) => sum + one, 0),
            'issue',
          ),
          ...trend.input.classes.flatMap((label, i) => (issues[i] === 0 ? [] : [`${issues[i]} ${label}`])),
          build.checks === null ? 'how many checks it executed is not recorded' : plural(build.checks, 'check'),
        ].join(', ');
  const where = [build.machine, build.distro, build.branch].filter((part) => part !== null).join(', ');
  return `${formatWhen(build.startedMs)}, ${build.targets?.join(' ') ?? build.name} (${where}): ${found}`;
}

export function groupsTable(answer: QaIssues, groups: readonly QaGroup[]): ExportTable {
  return {
    columns: ['class', 'recipe', 'severity', 'issues', 'builds', 'first_seen', 'last_seen', 'last_build', 'message'],
    rows: groups.map((g) => [
      g.qaClass,
      g.pn,
      g.severity,
      g.issues,
      g.builds,
      isoTime(answer.builds[g.first]!.startedMs),
      isoTime(answer.builds[g.last]!.startedMs),
      answer.builds[g.last]!.build,
      g.message,
    ]),
  };
}

/** A row for each build; a build that executed no check has nothing in the columns of the classes. */
export function trendTable({ builds, input }: QaTrend): ExportTable {
  return {
    columns: ['build', 'started', 'machine', 'distro', 'branch', 'builder', 'checks', ...input.classes],
    rows: builds.map((b, i) => [
      b.build,
      isoTime(b.startedMs),
      b.machine,
      b.distro,
      b.branch,
      b.builder,
      b.checks,
      ...(input.builds[i]!.issues ?? input.classes.map(() => null)),
    ]),
  };
}
