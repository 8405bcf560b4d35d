/** One failure, as its page shows it. */
import { z } from 'zod';
import { BuildHost, LayerInfo } from './builds.ts';
import { BuildOutcome, count, epochMs, Visibility } from './values.ts';

export const FailureAddress = z.string().describe('`<first digits of the build>.<key>`, as in the address of its page');

export const FailureParams = z.object({
  failure: z
    .string()
    .max(80)
    .regex(/^[^./\s]{4,64}\.[0-9a-f]{6}(-[0-9]{1,4})?$/, 'is not the first digits of a build, a dot and 6 digits')
    .describe('`<first digits of the build>.<key>`'),
});

const RangeEnd = z.object({
  build: z.string(),
  startedMs: epochMs.nullable(),
  failure: FailureAddress.nullable().describe('null: it passed there'),
  hostDistro: z.string().nullable(),
});

const RevisionRange = z.object({
  from: RangeEnd,
  to: RangeEnd,
  worth: z.enum(['revisions', 'same-revisions', 'not-recorded']),
  layers: z.array(
    z.object({
      name: z.string(),
      change: z.enum(['moved', 'added', 'removed', 'modified', 'not-recorded']),
      from: z.string().nullable(),
      to: z.string().nullable(),
      fromBranch: z.string().nullable(),
      toBranch: z.string().nullable(),
      link: z.string().nullable().describe('page of the commits between'),
    }),
  ),
  unchecked: count.describe('builds between that did not execute the task, or failed for no reason of the source'),
  sameHash: z.boolean().nullable(),
  otherHost: z.boolean().nullable(),
});

/** Since when a task fails in one configuration: the same on the pages of failures and recipes. */
export const ShownBlame = z.object({
  builds: count.describe('of its machine, distribution and branch that were looked at'),
  late: count.describe('of them made of older revisions than one that began before; the order is an estimate'),
  firstFailure: RangeEnd,
  lastFailure: RangeEnd,
  failures: count,
  broke: RevisionRange.nullable(),
  sinceCause: RevisionRange.nullable().describe('where it failed in other words before'),
  fixed: RevisionRange.nullable(),
});
export type ShownBlame = z.infer<typeof ShownBlame>;

const RecipeSuccess = z.object({
  build: z.string(),
  name: z.string(),
  startedMs: epochMs.nullable(),
  machine: z.string().nullable(),
  distro: z.string().nullable(),
  builder: z.string().nullable(),
  hostDistro: z.string().nullable(),
  branch: z.string().nullable(),
  coreCommit: z.string().nullable(),
  version: z.string().nullable(),
});
const GroupingStep = z.object({ name: z.string(), why: z.string(), before: z.string(), after: z.string() });

export const FailureDetail = z.object({
  id: FailureAddress,
  build: z.string(),
  visibility: Visibility,
  title: z.string(),
  pn: z.string().nullable(),
  version: z.string().nullable(),
  mc: z.string(),
  task: z.string().nullable(),
  row: count.nullable().describe('of the task table'),
  cause: z.string().nullable(),
  causeLine: count.nullable().describe('of the log, from 1'),
  around: z
    .object({ from: count.nullable(), lines: z.array(z.string()), at: count.nullable().describe('index into lines') })
    .nullable()
    .describe('the cause with three lines around it; of a log in which no line says why its end'),
  log: z.union([
    z.object({
      row: count.nullable(),
      blob: z.string().nullable(),
      bytes: count,
      lines: count.nullable(),
      missing: z.null(),
    }),
    z.object({ missing: z.string().describe('why there is none') }),
  ]),
  fingerprint: z
    .object({
      hash: z.string(),
      crossHash: z.string(),
      class: z.string(),
      infrastructure: z.boolean().describe('of the machine or the network, not of the source'),
      text: z.string().describe('the words that were hashed'),
      rules: count,
    })
    .nullable()
    .describe('null: not looked at yet'),
  grouping: z
    .object({
      steps: z.array(GroupingStep).describe('from the line that says why to the words of the fingerprint'),
      crossSteps: z.array(GroupingStep).describe('from there to what other recipes may have as well'),
      exactOf: z.array(z.string()).describe('what the hash is made of, part by part'),
      crossOf: z.array(z.string()).describe('what crossHash is made of'),
    })
    .nullable()
    .describe('how the fingerprint came about (docs/fingerprints.md); null: rules of another version made it'),
  environment: z.object({
    name: z.string(),
    startedMs: epochMs.nullable(),
    endedMs: epochMs.nullable(),
    outcome: BuildOutcome,
    machine: z.string().nullable(),
    distro: z.string().nullable(),
    distroVersion: z.string().nullable(),
    targets: z.array(z.string()).nullable(),
    builder: z.string().nullable(),
    bitbakeVersion: z.string().nullable(),
    host: BuildHost,
  }),
  layers: z.array(LayerInfo.extend({ link: z.string().nullable() })),
  seen: z
    .object({
      failures: count,
      builds: count,
      machineCount: count,
      machines: z.array(z.string()),
      builderCount: count,
      builders: z.array(z.string()),
      hostCount: count,
      hostDistros: z.array(z.string()),
      recipeCount: count,
      recipes: z.array(z.string()),
      firstMs: epochMs.nullable(),
      lastMs: epochMs.nullable(),
      newest: z.array(
        z.object({
          build: z.string(),
          key: z.string(),
          failure: FailureAddress,
          name: z.string(),
          startedMs: epochMs.nullable(),
          machine: z.string().nullable(),
          distro: z.string().nullable(),
          builder: z.string().nullable(),
          hostDistro: z.string().nullable(),
          branch: z.string().nullable(),
          pn: z.string().nullable(),
          version: z.string().nullable(),
          task: z.string().nullable(),
        }),
      ),
    })
    .nullable()
    .describe('other builds with the same fingerprint'),
  alike: z
    .object({ failures: count, builds: count, recipeCount: count, recipes: z.array(z.string()) })
    .nullable()
    .describe('the same cause in whatever recipe'),
  blame: ShownBlame.nullable(),
  next: z
    .object({
      builds: count.describe('of all configurations of the branch that were looked at'),
      between: count.describe('revisions between the ends of blame.broke that builds here had'),
      middle: z
        .object({
          layers: z.array(
            z.object({
              name: z.string(),
              branch: z.string().nullable(),
              commit: z.string(),
              link: z.string().nullable(),
            }),
          ),
          firstMs: epochMs.nullable(),
          builds: count.describe('that had it'),
          told: z
            .array(
              z.object({
                build: z.string(),
                startedMs: epochMs.nullable(),
                failure: FailureAddress.nullable().describe('null: the task passed there'),
                machine: z.string().nullable(),
                distro: z.string().nullable(),
              }),
            )
            .describe('the newest build of each machine and distribution that executed the task'),
        })
        .nullable()
        .describe('the middle one, by an estimate of their order'),
      commands: z
        .array(z.object({ layers: z.array(z.string()), command: z.string() }))
        .describe('git bisect, a repository each'),
    })
    .nullable()
    .describe('which revision to try next; null: it does not fail any more, or no layer moved'),
  fixedElsewhere: RevisionRange.nullable().describe('of the same failure in another configuration'),
  lastSucceeded: z
    .object({ here: RecipeSuccess.nullable(), elsewhere: RecipeSuccess.nullable() })
    .nullable()
    .describe('builds that executed the recipe'),
});
export type FailureDetail = z.infer<typeof FailureDetail>;
