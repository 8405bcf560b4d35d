/**
 * The line that says why: 50 MB of log, of which most lines are a compiler's; lines that were made to cost much; and a megabyte in one line.
 * The floor of a log is the same text cut into lines.
 */
import { createHash } from 'node:crypto';
import { findCause } from '../../src/analysis/cause-line.ts';
import { fingerprintOf } from '../../src/analysis/fingerprint.ts';
import { compareFunctions } from '../measure.ts';
import { absolute, type Row, type RowResult, row } from '../row.ts';

const MEGABYTE = 1 << 20;
const HOSTILE: readonly string[] = [
  ...[
    'a/',
    ': ',
    '| ',
    'error: ',
    'ERROR: QA Issue: ',
    'a:1:',
    '0x',
    '/work/a/b/c ',
    'run.do_x.',
    'relocation ',
    '../',
  ],
  ...['ExecutionError(', 'make: *** [', 'ERROR: x is trying', 'No such file or directory ', 'f1', 'tmp', 'line 1: 1 '],
];

function ofLines(lines: readonly string[], bytes: number): string {
  const once = `${lines.join('\n')}\n`;
  return once.repeat(Math.ceil(bytes / once.length)).slice(0, bytes);
}

function took(run: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

export const causes: Row = {
  id: 'causes',
  async run(bench) {
    const bytes = (bench.options.quick ? 5 : 50) * MEGABYTE;
    const results: RowResult[] = [];
    const compiler = ofLines(
      Array.from(
        { length: 40 },
        (_, i) =>
          `x86_64-poky-linux-gcc -m64 -O2 -Wformat -Werror=format-security --sysroot=/b/tmp/work/x/y/1.0/recipe-sysroot -c -o error${i}.o ../src/error${i}.c`,
      ),
      bytes,
    );
    const log = `${compiler}\nmain.c:12:3: error: 'x' undeclared\nmake: *** [main.o] Error 1\n`;
    const found = await compareFunctions(
      () => findCause(log),
      () => log.split('\n').length,
      3,
    );
    const what = `cause of a log of ${bytes / MEGABYTE} MB`;
    results.push(row(`${what} / cutting it into lines`, found.ratio, null, found.note));
    results.push(absolute(what, found.oursMs, 'ms', 3000, 'the error stands at its end'));
    let [worst, of] = [0, ''];
    for (const unit of HOSTILE) {
      const text = ofLines([unit.repeat(1000).slice(0, 1000)], MEGABYTE);
      const ms = took(() => findCause(text));
      if (ms > worst) [worst, of] = [ms, unit];
    }
    results.push(
      absolute('cause of 1 MB of lines made to cost much', worst, 'ms', 300, `the worst of ${HOSTILE.length}: "${of}"`),
    );
    worst = 0;
    for (const unit of HOSTILE) {
      const text = unit.repeat(MEGABYTE / unit.length);
      const ms = took(() => findCause(text));
      if (ms > worst) [worst, of] = [ms, unit];
    }
    results.push(absolute('cause of 1 MB in one line', worst, 'ms', 100, `the worst: "${of}"`));
    worst = 0;
    const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
    for (const unit of HOSTILE) {
      const cause = { line: 0, text: unit.repeat(1000), causeClass: 'compile', vague: false } as const;
      const ms = took(() => fingerprintOf({ pn: 'gcc', version: '13.2.0-r0', task: 'do_compile' }, cause, digest));
      if (ms > worst) [worst, of] = [ms, unit];
    }
    results.push(absolute('fingerprint of such a line', worst, 'ms', 10, `the worst: "${of}"`));
    return results;
  },
};
