import { expect, test } from 'vitest';
import { logMarker, MARKS_MAX } from './log-marks.ts';

const latin1 = (text: string) => Buffer.from(text).toString('latin1');

function marks(text: string, words: string | null, piece = 1 << 20) {
  const marker = logMarker(words);
  const bytes = latin1(text);
  for (let at = 0; at < bytes.length; at += piece) if (!marker.add(bytes.slice(at, at + piece))) break;
  return marker.end();
}

const LOG = [
  'NOTE: running do_compile',
  'gcc -c zlib.c',
  '\u001b[01;31mzlib.c:12:3: error: ‘Größe’ undeclared\u001b[m',
  '0 errors so far',
  'make: *** [Makefile:7: zlib.o] Error 1',
  'checking for working cannot... no',
  'ERROR: oe_runmake failed',
].join('\n');

test('lines that look like errors, and which of them says why', () => {
  expect(marks(LOG, null)).toEqual({ lines: [2, 4, 6], best: 2, more: false });
});

test('words are found in either case and through colours, wherever the pieces are cut', () => {
  for (const piece of [1 << 20, 7, 1]) {
    expect(marks(LOG, 'GRÖSSE', piece).lines).toEqual([]);
    expect(marks(LOG, '‘größe’', piece).lines).toEqual([2]);
    expect(marks(LOG, 'ZLIB.', piece).lines).toEqual([1, 2, 4]);
    expect(marks(LOG, 'failed', piece).lines).toEqual([6]);
    expect(marks(LOG, null, piece)).toEqual({ lines: [2, 4, 6], best: 2, more: false });
  }
});

test('of more than anybody steps through it says so', () => {
  const found = marks('x\n'.repeat(MARKS_MAX + 5), 'x');
  expect(found.lines).toHaveLength(MARKS_MAX);
  expect(found.more).toBe(true);
});

test('a log that is one line, or nothing but words of failure, is done with in a bounded time', () => {
  const began = performance.now();
  expect(marks(`${'a'.repeat(3 << 20)} error: x`, null).lines).toEqual([]);
  expect(marks('cannot\n'.repeat(60_000), null).more).toBe(true);
  expect(performance.now() - began).toBeLessThan(5000);
});
