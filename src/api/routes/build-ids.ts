import { BakehouseError } from '../../model/errors.ts';
import { BuildId } from '../contract.ts';

/** `?b=1&b=2` arrives as a list, `?b=1` as a text; each must look like a build. */
export function buildIds(b: string | readonly string[] | undefined, max: number): readonly string[] {
  const ids = b === undefined ? [] : typeof b === 'string' ? [b] : b;
  if (ids.length > max)
    throw new BakehouseError('invalid', `b: ${ids.length} builds were given, at most ${max} are taken.`);
  for (const id of ids) {
    const checked = BuildId.safeParse(id);
    if (!checked.success)
      throw new BakehouseError(
        'invalid',
        `b: "${id.slice(0, 50)}" ${checked.error.issues[0]?.message ?? 'is not a build'}`,
      );
  }
  return ids;
}
