/** What differs between builds before any task ran: machine, layers, variables, host. One row a name, one value a build. */
import type { CompareHead } from './join-builds.ts';

export interface ConfigurationRow {
  readonly name: string;
  readonly kind: 'build' | 'host' | 'layer' | 'variable';
  /** Per build; null: not recorded there. */
  readonly values: (string | null)[];
  readonly differs: boolean;
}

/** A layer that a build which tells its layers has not got. */
export const LAYER_ABSENT = 'absent';
/** A variable that a build which tells its variables has not set. */
export const VARIABLE_UNSET = 'unset';

/** Two recorded values that are not equal. Not recorded is unknown: no ground to say that it differs. */
function differ(values: readonly (string | null)[]): boolean {
  return new Set(values.filter((value) => value !== null)).size > 1;
}

export function compareConfiguration(heads: readonly CompareHead[]): ConfigurationRow[] {
  const rows: ConfigurationRow[] = [];
  const add = (kind: ConfigurationRow['kind'], name: string, values: (string | null)[]): void => {
    if (values.some((value) => value !== null)) rows.push({ name, kind, values, differs: differ(values) });
  };
  const number = (value: number | null): string | null => (value === null ? null : String(value));
  const recorded = (value: string): string | null => (value === 'not-recorded' ? null : value);

  add(
    'build',
    'machine',
    heads.map((h) => h.machine),
  );
  add(
    'build',
    'distro',
    heads.map((h) => h.distro),
  );
  add(
    'build',
    'distro version',
    heads.map((h) => h.distroVersion),
  );
  add(
    'build',
    'targets',
    heads.map((h) => h.targets?.join(' ') ?? null),
  );
  add(
    'build',
    'outcome',
    heads.map((h) => recorded(h.outcome)),
  );
  add(
    'build',
    'type',
    heads.map((h) => recorded(h.type.kind)),
  );
  add(
    'build',
    'bitbake',
    heads.map((h) => h.bitbakeVersion),
  );
  add(
    'build',
    'builder',
    heads.map((h) => h.builder),
  );
  add(
    'host',
    'host',
    heads.map((h) => h.host.name),
  );
  add(
    'host',
    'host distribution',
    heads.map((h) => h.host.distro),
  );
  add(
    'host',
    'kernel',
    heads.map((h) => h.host.kernel),
  );
  add(
    'host',
    'architecture',
    heads.map((h) => h.host.arch),
  );
  add(
    'host',
    'cpu',
    heads.map((h) => h.host.cpuModel),
  );
  add(
    'host',
    'cores',
    heads.map((h) => number(h.host.cores)),
  );
  add(
    'host',
    'memory in bytes',
    heads.map((h) => number(h.host.memoryBytes)),
  );

  const layers = new Set(heads.flatMap((h) => h.layers.map((layer) => layer.name)));
  for (const name of [...layers].sort()) {
    add(
      'layer',
      name,
      heads.map((h) => {
        if (h.layers.length === 0) return null;
        const layer = h.layers.find((l) => l.name === name);
        if (layer === undefined) return LAYER_ABSENT;
        const at = [layer.branch, layer.commit].filter((part) => part !== null).join(':');
        if (at === '' && layer.modified === null) return null;
        return `${at}${layer.modified === true ? ' modified' : ''}`.trim();
      }),
    );
  }
  const variables = new Set(heads.flatMap((h) => Object.keys(h.variables)));
  // The name of the run is no setting of it.
  variables.delete('BUILDNAME');
  for (const name of [...variables].sort()) {
    add(
      'variable',
      name,
      heads.map((h) => {
        if (Object.keys(h.variables).length === 0) return null;
        return Object.hasOwn(h.variables, name) ? h.variables[name]! : VARIABLE_UNSET;
      }),
    );
  }
  return [...rows.filter((row) => row.differs), ...rows.filter((row) => !row.differs)];
}

/** A build in a sentence of a comparison, by the letter that every table of it has above that column. */
export function comparedName(head: CompareHead, index: number): string {
  return `${String.fromCharCode(65 + index)} (${head.name})`;
}

/** Sentences that say why the numbers below may not mean what they seem to. */
export function comparisonWarnings(heads: readonly CompareHead[]): string[] {
  const warnings: string[] = [];
  const nameOf = (b: number): string => comparedName(heads[b]!, b);
  const list = (said: readonly (string | null)[]): string =>
    said.map((value, b) => `${nameOf(b)}: ${value ?? 'not recorded'}`).join(', ');
  const warnIfDiffers = (what: string, said: readonly (string | null)[], so: string): void => {
    if (differ(said)) warnings.push(`${what} differ${so}: ${list(said)}.`);
  };

  heads.forEach((head, b) => {
    const why = PARTIAL[head.outcome];
    if (why !== undefined) warnings.push(`${nameOf(b)} ${why}, so tasks that it never reached look dropped.`);
  });
  const outcomes = heads.map((h) => (h.outcome === 'not-recorded' ? null : h.outcome));
  warnIfDiffers('The outcomes', outcomes, '');
  const kinds = heads.map((h) => (h.type.kind === 'not-recorded' ? null : h.type.kind));
  warnIfDiffers('The build types', kinds, ', so the builds did not do the same work');
  warnIfDiffers(
    'The machines',
    heads.map((h) => h.machine),
    '',
  );
  warnIfDiffers(
    'The distros',
    heads.map((h) => h.distro),
    '',
  );
  warnIfDiffers(
    'The targets',
    heads.map((h) => h.targets?.toSorted().join(' ') ?? null),
    '',
  );
  warnIfDiffers(
    'The hosts',
    heads.map((h) => h.host.name ?? h.host.id),
    ', so times compare the machines too',
  );
  const starts = heads.map((h) => (h.startedMs === null ? '' : `${h.name} ${h.startedMs}`)).filter((s) => s !== '');
  if (new Set(starts).size < starts.length) warnings.push('The same build is compared with itself.');
  return warnings;
}

const PARTIAL: Readonly<Record<string, string>> = {
  failed: 'failed',
  interrupted: 'was interrupted',
  lost: 'has no end',
  running: 'is still running',
  'never-started': 'never started',
};
