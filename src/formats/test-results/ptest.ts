/** The log of ptest-runner: suites between BEGIN and END, a line a case. Names become those that oeqa gives the same cases. */
import { TEST_CASES_MAX, TEST_NAME_CHARS_MAX, TEST_SUITES_MAX, TEXT_LINE_CHARS_MAX } from '../../model/limits.ts';
import type { ProblemList } from '../../model/problem.ts';
import type { TestCase, TestRun, TestSuite } from '../../model/test-run.ts';

const MARK = /^(?:PASS|FAIL|SKIP|BEGIN|END|DURATION|ERROR|TIMEOUT):/;
const STATUS: Readonly<Record<string, string>> = { PASS: 'PASSED', FAIL: 'FAILED', SKIP: 'SKIPPED' };

export function isPtestLog(head: string): boolean {
  return /^(?:START: \S*ptest-runner|BEGIN: \S*\/ptest)\s*$/m.test(head);
}

export function readPtestLog(log: string, key: string, problems: ProblemList): TestRun {
  const cases = new Map<string, TestCase>();
  const suites: TestSuite[] = [];
  let suite: { name: string; durationMs: number | null; exitCode: string | null; timeout: boolean } | null = null;
  let leftOut = 0;
  const close = () => {
    if (suite !== null && suites.length < TEST_SUITES_MAX) suites.push(suite);
    suite = null;
  };
  for (let from = 0; from < log.length; ) {
    const newline = log.indexOf('\n', from);
    const end = newline < 0 ? log.length : newline;
    const line = log.slice(from, Math.min(end, from + TEXT_LINE_CHARS_MAX)).trimEnd();
    from = end + 1;
    if (!MARK.test(line)) continue;
    const colon = line.indexOf(':');
    const word = line.slice(0, colon);
    const rest = line.slice(colon + 1).trim();
    const named = /\/([^/]+)\/ptest$/.exec(rest)?.[1];
    if (word === 'BEGIN' && named !== undefined) {
      close();
      suite = { name: named.slice(0, TEST_NAME_CHARS_MAX), durationMs: null, exitCode: null, timeout: false };
    } else if (suite === null) continue;
    else if (word === 'END' && named !== undefined) close();
    else if (word === 'TIMEOUT' && named !== undefined) suite.timeout = true;
    else if (word === 'DURATION') {
      const seconds = Number.parseFloat(rest);
      if (seconds >= 0 && seconds < 1e9) suite.durationMs = Math.round(seconds * 1000);
    } else if (word === 'ERROR') suite.exitCode = /^Exit status is (\S{1,20})/.exec(rest)?.[1] ?? suite.exitCode;
    else if (STATUS[word] !== undefined) {
      // `FAIL: name (3 of 4)`, `SKIP: name # only on Windows`.
      const name = (word === 'FAIL' ? rest.split('(', 1)[0]! : rest).split('#', 1)[0]!.trim();
      if (name === '') continue;
      const full = `ptestresult.${suite.name}.${name.replaceAll(/[() ]/g, '_')}`.slice(0, TEST_NAME_CHARS_MAX);
      if (cases.size >= TEST_CASES_MAX && !cases.has(full)) leftOut++;
      else cases.set(full, { name: full, status: STATUS[word], durationMs: null, detail: null });
    }
  }
  if (suite !== null) {
    problems.add('warning', 'ptest-log-cut', `The log ends within the suite ${(suite as TestSuite).name}.`, key);
    close();
  }
  if (leftOut > 0) problems.add('warning', 'too-many-test-cases', `${leftOut} cases were left out.`, key);
  return {
    ...{ key, format: 'ptest', type: 'runtime', series: null, machine: null, image: null, distro: null },
    ...{ startedMs: null, layers: [], configuration: {}, suites, cases: [...cases.values()], withoutStatus: [] },
  };
}
