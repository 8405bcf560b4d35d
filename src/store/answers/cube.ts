import type { CubeAmount, CubeDimension, CubePart, CubePlace } from '../../model/cube.ts';
import type { BuildListFilter } from './builds.ts';
import type { StoredRecipeRun } from './recipes.ts';

export interface CubeQuestion {
  readonly filter: BuildListFilter;
  readonly dimensions: readonly CubeDimension[];
  readonly recipes: readonly string[];
  /** How many of the last builds that match are looked at. */
  readonly builds: number;
  readonly cellsMax: number;
}

export type CubeCells = readonly (CubeAmount & { readonly values: readonly (string | null)[] })[];

export interface CubeAnswer {
  /** How many were looked at. */
  readonly builds: number;
  /** Older ones match too. */
  readonly more: boolean;
  /** Those of the most runs first; `values` in the order of the dimensions, null: not recorded. */
  readonly cells: CubeCells;
  readonly leftOut: number;
  /**
   * Where the target is a dimension, the same without it: there a run counts once, which has a cell for each target of its build in `cells`. Null:
   * it is none, and `cells` add up.
   */
  readonly once: CubeCells | null;
}

export interface RunsOfCellQuestion extends Omit<CubeQuestion, 'dimensions' | 'cellsMax'> {
  /** What all of them are; none: every run that the cube counts. */
  readonly at: readonly CubePlace[];
  readonly part: CubePart;
  /** `next` of the page before. */
  readonly after: string | null;
  readonly limit: number;
}

/** A recipe run as the list of a cell shows it. */
export type RunOfCell = Omit<StoredRecipeRun, 'failure' | 'layers'> & {
  readonly pn: string;
  readonly host: string | null;
  readonly release: string | null;
  readonly failure: Pick<NonNullable<StoredRecipeRun['failure']>, 'key' | 'cause'> | null;
};

export interface RunsOfCell {
  readonly builds: number;
  readonly more: boolean;
  /** What the cell holds, whichever part of it is listed. */
  readonly amount: CubeAmount;
  /** Of how many builds the listed part is. */
  readonly ofBuilds: number;
  /** Newest build first. */
  readonly runs: readonly RunOfCell[];
  readonly next: string | null;
}
