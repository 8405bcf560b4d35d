/** Values that stand in many parts of the contract. */
import { z } from 'zod';
import { BUILD_OUTCOMES } from '../../model/build.ts';
import { ERROR_CODES } from '../../model/errors.ts';

export const epochMs = z.number().int();
export const count = z.number().int().min(0);
export const PAGE_LIMIT_MAX = 500;

export const ProblemDocument = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.enum([...ERROR_CODES, 'internal']),
});
export type ProblemDocument = z.infer<typeof ProblemDocument>;
export const BuildOutcome = z.enum(BUILD_OUTCOMES);

export const BuildId = z
  .string()
  .min(4)
  .max(64)
  .regex(/^(@last(~[0-9]{1,5})?|[0-9a-fA-F-]+)$/, 'is not a build id, a prefix of one, @last or @last~N')
  .describe('UUID of a build, a unique prefix of it, @last or @last~N (N builds before the last)');
export const BuildParams = z.object({ id: BuildId });

export const Visibility = z.enum(['public', 'unlisted', 'private']);
export type Visibility = z.infer<typeof Visibility>;

/** Values of one facet, comma-separated. */
export const csv = z.string().max(2000).optional();

/** `r`: the revision the caller knows; with it the answer of a finished build is immutable. Another revision: the newest is answered, uncached. */
export const revision = z.string().max(64).optional().describe('revision of the build, from its BuildRow');

/** One value per compared build; null: not executed or not recorded there (never zero). */
export const values = z.array(z.number().nullable());
