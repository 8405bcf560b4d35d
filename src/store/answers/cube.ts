import type { CubeAmount, CubeDimension } from '../../model/cube.ts';
import type { BuildListFilter } from './builds.ts';

export interface CubeQuestion {
  readonly filter: BuildListFilter;
  readonly dimensions: readonly CubeDimension[];
  readonly recipes: readonly string[];
  /** How many of the last builds that match are looked at. */
  readonly builds: number;
  readonly cellsMax: number;
}

export interface CubeAnswer {
  /** How many were looked at. */
  readonly builds: number;
  /** Older ones match too. */
  readonly more: boolean;
  /** Those of the most runs first; `values` in the order of the dimensions, null: not recorded. */
  readonly cells: readonly (CubeAmount & { readonly values: readonly (string | null)[] })[];
  readonly leftOut: number;
}
