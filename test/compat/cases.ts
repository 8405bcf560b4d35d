/** Command lines that both upstream's scripts and ours are run with; paths are names of trees (trees.ts). */
export interface CompatCase {
  readonly verb: 'summary' | 'compare';
  readonly args: readonly string[];
}

const compare = (line: string): CompatCase => ({ verb: 'compare', args: line.split(' ') });
const summary = (line: string): CompatCase => ({ verb: 'summary', args: line.split(' ') });
const ATTRIBUTES = ['cputime', 'walltime', 'read_bytes', 'write_bytes', 'read_ops', 'write_ops'];

export const CASES: readonly CompatCase[] = [
  summary('before'),
  summary('after --sort duration'),
  summary('before -s start -t 0'),
  summary('before -t 10 -g 30'),
  summary('before -t 0 -g 0 --sort duration'),
  summary('ties -t 0'),
  summary('versions --shortest 8 --highlight 10'),
  summary('unfinished -t 0'),
  summary('before.json -t 2'),
  ...ATTRIBUTES.flatMap((attribute) => [
    compare(`before after --diff-attr ${attribute}`),
    compare(`before after --diff-attr ${attribute} --min-val 0 --min-absdiff 0 --sort-by pkg,task`),
  ]),
  ...['cputime', 'walltime', 'write_bytes'].map((attribute) =>
    compare(`ties ties --diff-attr ${attribute} --min-absdiff 0`),
  ),
  compare('ties versions --diff-attr read_bytes --min-val 0 --sort-by=-value1,pkg'),
  compare('ties versions --diff-attr write_ops --min-val 0 --sort-by=-value1,pkg'),
  compare('versions versions2 --sort-by reldiff,pkg'),
  compare('versions versions2 --sort-by=-pkg_op,-absdiff'),
  compare('versions versions2 --diff-attr walltime --sort-by task_op,-value2'),
  compare('versions versions2 --ver-diff'),
  compare('versions2 versions --ver-diff'),
  compare('before after --ver-diff'),
  compare('before before --ver-diff'),
  compare('before after --only-task do_compile'),
  compare('before after --only-task do_compile --only-task do_package --sort-by=-absdiff --diff-attr walltime'),
  compare('before after --min-val 12.75 --min-absdiff 0.25 --diff-attr walltime'),
  compare('before after --min-val 2000000 --min-absdiff 1 --diff-attr read_bytes'),
  compare('before after --min-val 1500 --min-absdiff 700 --diff-attr write_ops'),
  compare('before restored --diff-attr walltime --sort-by absdiff,pkg,task'),
  compare('before.json after.json --diff-attr walltime'),
  compare('before.json after --diff-attr cputime'),
  compare('many many --multi --sort-by pkg,task --min-val 0'),
  compare('many before --multi --diff-attr write_ops'),
  compare('many before --multi --diff-attr walltime --min-absdiff 0.05 --sort-by=-absdiff,pkg'),
];

/** Command lines that upstream stops at or answers wrongly, with why. */
export const BETTER: readonly (CompatCase & { readonly why: string })[] = [
  { ...compare('zero versions --diff-attr cputime --min-val 0'), why: 'a total of zero: ZeroDivisionError' },
  { ...compare('versions zero --diff-attr read_bytes --min-val 0'), why: 'a total of zero: logarithm of 0' },
  { ...compare('zero zero --diff-attr write_ops --min-val 0 --min-absdiff 0'), why: 'zero against zero' },
  { ...compare('versions unfinished'), why: 'a task without counters: KeyError' },
  {
    ...compare('versions killed --diff-attr walltime --min-absdiff 0'),
    why: 'the end of a killed build is taken for its start',
  },
  { ...compare('twice twice2 --diff-attr walltime --min-absdiff 0'), why: 'two versions of one recipe: BSError' },
  { ...summary('killed --shortest=-100'), why: 'an unfinished task of a killed build lasts a negative time' },
  { ...summary('twice'), why: 'two versions of one recipe: BSError' },
];
