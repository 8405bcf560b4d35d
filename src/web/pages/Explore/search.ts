import { compact, type RawSearch, readChoice, readFlag, readList, readNumber, readText } from '../../state/search.ts';

export const EXPLORE_KINDS = ['scatter', 'line', 'bar', 'histogram'] as const;
export type ExploreKind = (typeof EXPLORE_KINDS)[number];
export const EXPLORE_LEVELS = ['task', 'recipe', 'build'] as const;
export type ExploreLevel = (typeof EXPLORE_LEVELS)[number];
export const AGGREGATES = ['none', 'sum', 'mean', 'median', 'max', 'min', 'count'] as const;
export type Aggregate = (typeof AGGREGATES)[number];

export interface ExploreSearch {
  readonly kind?: ExploreKind | undefined;
  readonly b?: readonly string[] | undefined;
  /** Without `b`: the last so many builds. */
  readonly builds?: number | undefined;
  readonly level?: ExploreLevel | undefined;
  readonly x?: string | undefined;
  readonly y?: string | undefined;
  readonly size?: string | undefined;
  readonly colour?: string | undefined;
  readonly facet?: string | undefined;
  readonly aggregate?: Aggregate | undefined;
  readonly task?: string | undefined;
  readonly recipe?: string | undefined;
  /** Only points whose y is at least this. */
  readonly min?: number | undefined;
  /** `1` and `0`: some kinds begin logarithmic. */
  readonly logx?: '0' | '1' | undefined;
  readonly logy?: '0' | '1' | undefined;
  /** 1: the numbers as a table. */
  readonly table?: 1 | undefined;
}

export function exploreSearch(raw: RawSearch): ExploreSearch {
  return compact({
    kind: readChoice(raw, 'kind', EXPLORE_KINDS),
    b: readList(raw, 'b', 100),
    builds: readNumber(raw, 'builds'),
    level: readChoice(raw, 'level', EXPLORE_LEVELS),
    x: readText(raw, 'x'),
    y: readText(raw, 'y'),
    size: readText(raw, 'size'),
    colour: readText(raw, 'colour'),
    facet: readText(raw, 'facet'),
    aggregate: readChoice(raw, 'aggregate', AGGREGATES),
    task: readText(raw, 'task'),
    recipe: readText(raw, 'recipe'),
    min: readNumber(raw, 'min'),
    logx: readChoice(raw, 'logx', ['0', '1']),
    logy: readChoice(raw, 'logy', ['0', '1']),
    table: readFlag(raw, 'table'),
  });
}
