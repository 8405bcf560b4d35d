import { BUILD_OUTCOMES, type BuildKind, type BuildOutcome } from '../../model/build.ts';
import { BakehouseError } from '../../model/errors.ts';
import type { BuildListFilter } from '../../operations/list-builds.ts';
import { type BuildsQuery, Visibility } from '../contract.ts';

const KINDS: readonly BuildKind[] = ['clean', 'incremental', 'sstate', 'not-recorded'];
/** More words than a person types cost the store a comparison of every build each. */
const WORDS_MAX = 12;
const VALUES_MAX = 100;

/** `a,b` -> [a, b]; '' -> [''], which means "not recorded". */
export function values(text: string | undefined): string[] | undefined {
  return text === undefined ? undefined : text.split(',', VALUES_MAX);
}

export function known<T extends string>(name: string, text: string | undefined, all: readonly T[]): T[] | undefined {
  return values(text)?.map((value) => {
    const found = all.find((one) => one === value);
    if (found === undefined)
      throw new BakehouseError('invalid', `${name}: "${value.slice(0, 50)}" is none of ${all.join(', ')}.`);
    return found;
  });
}

export function given<T extends object>(filter: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as Partial<T>;
}

export function words(text: string | undefined): string[] | undefined {
  return text?.split(/\s+/, WORDS_MAX).filter((word) => word !== '');
}

/** The query of the list and its facets -> what the store filters by. */
export function buildFilter(query: Omit<BuildsQuery, 'limit' | 'after'>): BuildListFilter {
  return given<{ [K in keyof BuildListFilter]-?: NonNullable<BuildListFilter[K]> }>({
    words: words(query.q),
    machine: values(query.machine),
    distro: values(query.distro),
    target: values(query.target),
    builder: values(query.builder),
    host: values(query.host),
    hostDistro: values(query.hostDistro),
    branch: values(query.branch),
    release: values(query.release),
    outcome: known<BuildOutcome>('outcome', query.outcome, BUILD_OUTCOMES),
    kind: known<BuildKind>('kind', query.kind, KINDS),
    visibility: known<Visibility>('visibility', query.visibility, Visibility.options),
    fromMs: query.from,
    toMs: query.to,
  });
}
