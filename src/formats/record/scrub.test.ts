import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SCRUBBER_VERSION, type ScrubContext, scrubber, scrubLine } from './scrub.ts';

interface Table {
  readonly version: number;
  readonly cases: readonly {
    readonly what: string;
    readonly context: Partial<ScrubContext>;
    readonly text: string;
    readonly scrubbed: string;
  }[];
}

const table = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../fixtures/record/scrub.json'), 'utf8'),
) as Table;
const NOTHING: ScrubContext = {
  topdir: null,
  tmpdir: null,
  home: null,
  hostName: null,
  fullHostName: null,
  userName: null,
};

test('the table is of this version', () => {
  expect(table.version).toBe(SCRUBBER_VERSION);
});

test.each(table.cases)('$what', ({ context, text, scrubbed }) => {
  const scrub = scrubber({ ...NOTHING, ...context });
  expect(scrub(text)).toBe(scrubbed);
  // Twice is once: a text that was scrubbed when it was recorded is scrubbed again when it is sent.
  expect(scrub(scrubbed)).toBe(scrubbed);
});

test('every text of a line is scrubbed, and nothing that is no text', () => {
  const scrub = scrubber({ ...NOTHING, topdir: '/srv/b', userName: 'times' });
  const line = {
    type: 'recipes',
    kinds: ['times'],
    file: ['/srv/b/x.bb', null],
    variables: { TMPDIR: '/srv/b/tmp' },
    columns: [{ id: 'times' }],
    data: 'times',
    rows: 1,
  };
  expect(scrubLine(line, scrub)).toEqual({
    ...line,
    file: ['TOPDIR/x.bb', null],
    variables: { TMPDIR: 'TOPDIR/tmp' },
  });
});

test('takes no more time than the text is long', () => {
  const scrub = scrubber({ ...NOTHING, topdir: '/srv/b', home: '/home/jane', hostName: 'ws17', userName: 'jane' });
  const started = performance.now();
  for (const text of [
    'a://'.repeat(250_000),
    `a://${'b'.repeat(1_000_000)}`,
    '/srv/'.repeat(200_000),
    'a+'.repeat(500_000),
  ]) {
    scrub(`${text}@`);
  }
  expect(performance.now() - started).toBeLessThan(5000);
});
