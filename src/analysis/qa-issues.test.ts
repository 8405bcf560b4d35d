import { describe, expect, test } from 'vitest';
import { type EarlierQaCheck, type EarlierQaFact, judgeQaIssues, type QaFact, saysOfQa } from './qa-issues.ts';

/** `✓` executed the check and found nothing, `!` found it, `s` took the recipe from sstate; the last build is the one that is asked for. */
function drawn(builds: string): { earlier: EarlierQaFact[]; checks: EarlierQaCheck[] } {
  const before = [...builds].slice(0, -1);
  const at = before.indexOf('!');
  const last = Math.max(before.lastIndexOf('!'), before.lastIndexOf('✓'));
  return {
    earlier: at < 0 ? [] : [{ ...issue('cairo'), build: `b${at}` }],
    checks: last < 0 ? [] : [{ pn: 'cairo', task: 'do_package_qa', build: `b${last}` }],
  };
}

function issue(pn: string, part: Partial<QaFact> = {}): QaFact {
  return {
    qaClass: 'buildpaths',
    pn,
    version: '1.18.0-r0',
    task: 'do_package_qa',
    message: `File /usr/lib/debug/${pn}.debug in package ${pn}-dbg contains reference to TMPDIR [buildpaths]`,
    ...part,
  };
}

describe('an issue of the newest build', () => {
  test.each([
    ['✓✓ss!', 'new', null, 'b1'],
    ['✓!s!!', 'known', 'b1', null],
    ['ssss!', 'not-checked-before', null, null],
    // It was mended in between: known all the same, for the first build tells since when.
    ['!✓✓s!', 'known', 'b0', null],
    ['!', 'not-checked-before', null, null],
  ] as const)('%s', (builds, state, firstBuild, lastCheck) => {
    const { earlier, checks } = drawn(builds);
    expect(judgeQaIssues([issue('cairo')], earlier, checks)).toEqual([{ state, firstBuild, lastCheck }]);
  });

  test('is the same one on another machine and in another version', () => {
    const at = (topdir: string, version: string) =>
      issue('cairo', {
        version: `${version}-r0`,
        message: `File ${topdir}/tmp/work/core2-64-poky-linux/cairo/${version}/image/usr/lib/libcairo.so in package cairo is odd`,
      });
    const [verdict] = judgeQaIssues(
      [at('/srv/other', '1.18.2')],
      [{ ...at('/home/me/build', '1.18.0'), build: 'first' }],
      [{ pn: 'cairo', task: 'do_package_qa', build: 'last' }],
    );
    expect(verdict).toEqual({ state: 'known', firstBuild: 'first', lastCheck: null });
  });

  test('is another where class, recipe or file differ', () => {
    const { earlier, checks } = drawn('!✓!');
    const others = [
      issue('cairo', { qaClass: 'already-stripped' }),
      issue('cairo', { message: issue('cairo').message.replace('cairo.debug', 'cairo-gobject.debug') }),
      issue('pango'),
    ];
    expect(judgeQaIssues(others, earlier, checks).map(({ state }) => state)).toEqual([
      'new',
      'new',
      'not-checked-before',
    ]);
  });

  test('of a task is judged by runs of that task', () => {
    const found = issue('cairo', { qaClass: 'installed-vs-shipped', task: 'do_package' });
    const check = (task: string) => [{ pn: 'cairo', task, build: 'b' }];
    expect(judgeQaIssues([found], [], check('do_package_qa'))[0]!.state).toBe('not-checked-before');
    expect(judgeQaIssues([found], [], check('do_package'))[0]!.state).toBe('new');
    // A line that names no task is of the usual one; one that names no recipe can be known, and never be new.
    expect(judgeQaIssues([{ ...found, task: null }], [], check('do_package_qa'))[0]!.state).toBe('new');
    expect(judgeQaIssues([{ ...found, pn: null }], [], check('do_package'))[0]!.state).toBe('not-checked-before');
  });
});

test('a build that executed no check says nothing, and one without a task table says what it found', () => {
  expect(saysOfQa({ checks: 0, issues: 0 })).toBe(false);
  expect(saysOfQa({ checks: null, issues: 0 })).toBe(false);
  expect(saysOfQa({ checks: 3, issues: 0 })).toBe(true);
  expect(saysOfQa({ checks: null, issues: 2 })).toBe(true);
});
