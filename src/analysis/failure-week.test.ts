import { expect, test } from 'vitest';
import { weekOf } from '../model/week.ts';
import { kindName, sortWeek, type WeekKind, weekText } from './failure-week.ts';

const week = weekOf(Date.UTC(2026, 10, 25));
const DAY = 86_400_000;

function kind(name: string, more: Partial<WeekKind> = {}): WeekKind {
  return {
    crossHash: name,
    recipes: [name],
    recipeCount: 1,
    tasks: ['do_compile'],
    class: 'compile',
    infrastructure: false,
    cause: `${name}.c:1: error`,
    failures: 2,
    builds: 1,
    machineCount: 1,
    lastMs: week.fromMs + DAY,
    lastBuild: 'abcdef12',
    lastKey: '123456',
    triage: { state: 'new', link: null, fixedIn: null, owner: null, changedMs: null, issue: null },
    ...more,
  };
}

const said = (state: 'fixed' | 'reported', changedMs: number): Partial<WeekKind> => ({
  triage: { state, link: 'https://bugs.example/7', fixedIn: null, owner: 'eva', changedMs, issue: null },
});
const names = (kinds: readonly WeekKind[]): string => kinds.map(({ recipes }) => recipes[0]).join(' ');

test('kinds are new, back, going on or gone', () => {
  const before = [
    kind('old', { lastMs: week.fromMs - DAY }),
    kind('mended', { lastMs: week.fromMs - DAY }),
    kind('long-ago', { lastMs: week.fromMs - 8 * DAY }),
    kind('gone', { lastMs: week.fromMs - DAY }),
  ];
  const now = [
    kind('old'),
    kind('fresh'),
    kind('mended', said('fixed', week.fromMs - DAY)),
    // Said to be fixed after it was seen last.
    kind('just-fixed', said('fixed', week.fromMs + 2 * DAY)),
    kind('not-looked-at', { crossHash: null, triage: null }),
  ];
  const kinds = sortWeek(week, now, before);
  expect(names(kinds.new)).toBe('fresh just-fixed not-looked-at');
  expect(names(kinds.back)).toBe('mended');
  expect(names(kinds.goingOn)).toBe('old');
  expect(names(kinds.gone)).toBe('gone');
});

test('a kind of several recipes or tasks is told by their number', () => {
  expect(kindName(kind('zlib'))).toBe('zlib do_compile');
  expect(kindName(kind('zlib', { recipeCount: 21, tasks: ['do_fetch', 'do_unpack'] }))).toBe(
    '21 recipes do_fetch do_unpack',
  );
  expect(kindName(kind('zlib', { tasks: ['a', 'b', 'c'] }))).toBe('zlib 3 tasks');
  expect(kindName(kind('zlib', { recipes: [], recipeCount: 0, tasks: [''] }))).toBe('outside any task');
});

test('the week as text', () => {
  const numbers = { builds: 21, succeeded: 13, failed: 8, failures: 9, infrastructure: 3 };
  const kinds = sortWeek(week, [kind('fresh'), kind('old', said('reported', 1))], [kind('old')]);
  const text = weekText(
    {
      week,
      untilMs: week.toMs,
      numbers,
      before: { ...numbers, builds: 1 },
      kinds,
      unsteady: [{ pn: 'python3', task: 'do_compile', kind: 'flaky', passed: 2, failed: 1 }],
      journal: [
        // Said of two kinds at once.
        { name: 'eva', what: 'note', atMs: 7, was: null, said: 'Seen.' },
        { name: 'eva', what: 'note', atMs: 7, was: null, said: 'Seen.' },
        { name: 'eva', what: 'state', atMs: 7, was: 'new', said: 'known' },
      ],
    },
    ({ lastBuild, lastKey }) => `https://x/f/${lastBuild}.${lastKey}`,
  );
  expect(text).toBe(`Failures of 2026-W48: 2026-11-23 to 2026-11-29 (UTC)

21 builds: 13 succeeded, 8 failed; the week before 13 and 8 of 1
9 failures of 2 kinds, 3 of the infrastructure
1 kind nobody has looked at yet.

New (1)
  fresh do_compile (compile): 2 failures in 1 build; new
    fresh.c:1: error
    https://x/f/abcdef12.123456

Going on (1)
  old do_compile (compile): 2 failures in 1 build; reported, owner eva, https://bugs.example/7
    old.c:1: error
    https://x/f/abcdef12.123456

Passed and failed with one task hash (1)
  python3:do_compile  flaky, 2 passed, 1 failed

Said in this week: eva 2
`);
});
