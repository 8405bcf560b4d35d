import { describe, expect, test } from 'vitest';
import { formatLineRange, parseLineRange } from './line-range.ts';
import { BLOCK_LINES, LINE_CHARS_SHOWN, logLines } from './log-lines.ts';
import { LINE_PX, longScroll } from './long-scroll.ts';

const E = '\u001b';

function open(lines: readonly string[], mostLines = 1000) {
  const asked: string[] = [];
  let changes: (() => void)[] = [];
  const log = logLines(
    lines.length,
    async (from, to, signal) => {
      asked.push(`${from}-${to}`);
      await Promise.resolve();
      signal.throwIfAborted();
      const end = Math.min(to, from + mostLines - 1);
      return { lines: lines.length, from, to: end, text: `${lines.slice(from - 1, end).join('\n')}\n` };
    },
    () => {
      const now = changes;
      changes = [];
      for (const one of now) one();
    },
  );
  return { log, asked, change: () => new Promise<void>((done) => changes.push(done)) };
}
const text = (line: { spans: readonly { text: string }[] } | null) => line?.spans.map((span) => span.text).join('');

describe('lines of a long log', () => {
  const lines = Array.from({ length: 10 * BLOCK_LINES }, (_, n) => `line ${n + 1}`);

  test('come in blocks, once', async () => {
    const { log, asked, change } = open(lines);
    log.want(1, 30);
    expect(log.line(1)).toBeNull();
    await change();
    expect(text(log.line(1))).toBe('line 1');
    expect(text(log.line(BLOCK_LINES))).toBe(`line ${BLOCK_LINES}`);
    log.want(1, 40);
    expect(asked).toEqual([`1-${BLOCK_LINES}`]);
  });

  test('have the colours that the block before left', async () => {
    const coloured = [...lines];
    coloured[BLOCK_LINES - 1] = `${E}[31mred from here`;
    coloured[BLOCK_LINES + 2] = `to here${E}[m`;
    const { log, change } = open(coloured);
    log.want(BLOCK_LINES + 1, BLOCK_LINES + 5);
    while (log.line(1) === null || log.line(BLOCK_LINES + 1) === null) await change();
    expect([1, 2, 4, 5].map((n) => log.line(BLOCK_LINES + n)!.spans[0]!.style.ink)).toEqual([1, 1, null, null]);
  });

  test('are joined where an answer holds only some, and cut where one is long', async () => {
    const long = [...lines];
    long[5] = 'x'.repeat(LINE_CHARS_SHOWN + 7);
    const { log, change } = open(long, 150);
    log.want(1, 1);
    await change();
    expect(log.line(6)!.left).toBe(7);
    expect(text(log.line(399))).toBe('line 399');
  });

  test('that were dragged past are not waited for', async () => {
    const { log, change, asked } = open(lines);
    log.want(1, 10);
    log.want(9 * BLOCK_LINES + 1, 9 * BLOCK_LINES + 10);
    while (log.line(9 * BLOCK_LINES + 1) === null) await change();
    expect(log.line(1)).toBeNull();
    log.want(1, 10);
    await change();
    expect(text(log.line(1))).toBe('line 1');
    expect(asked).toHaveLength(4);
  });

  test('that did not come are asked for again when somebody says so', async () => {
    let broken = true;
    let done = () => {};
    const log = logLines(
      10,
      async () => {
        if (broken) throw new Error('away');
        return { lines: 10, from: 1, to: 10, text: 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n' };
      },
      () => done(),
    );
    const change = () => new Promise<void>((resolve) => (done = resolve));
    const first = change();
    log.want(1, 10);
    await first;
    expect(log.failed).toMatchObject({ message: 'away' });
    broken = false;
    log.retry();
    await change();
    expect(log.failed).toBeNull();
    expect(text(log.line(10))).toBe('j');
  });
});

describe('the bar of a long log', () => {
  const view = 600;

  test('is the lines themselves as long as browsers have room', () => {
    const bar = longScroll(1000, view, 0);
    expect(bar.height).toBe(1000 * LINE_PX);
    expect(bar.moved(0, 0, 500)).toBe(500);
    expect(bar.barOf(500)).toBe(500);
  });

  test('reaches every line of ten million, by small steps and by large ones', () => {
    const bar = longScroll(10_000_000, view, 0);
    expect(bar.height).toBeLessThan(17_000_000);
    const end = 10_000_000 * LINE_PX - view;
    expect(bar.topMax).toBe(end);
    expect(bar.moved(1800, 80, 180)).toBe(1900);
    expect(bar.moved(0, 0, (bar.height - view) / 2)).toBeCloseTo(end / 2);
    expect(bar.moved(5000, 10, 0)).toBe(0);
    expect(bar.moved(5000, 10, bar.height - view)).toBe(end);
    expect(bar.moved(0, 0, bar.barOf(123_456_789))).toBeCloseTo(123_456_789, 3);
  });
});

test('#L120-L130 names lines', () => {
  expect(parseLineRange('L120-L130')).toEqual({ from: 120, to: 130 });
  expect(parseLineRange('#L130-120')).toEqual({ from: 120, to: 130 });
  expect(parseLineRange('L7')).toEqual({ from: 7, to: 7 });
  for (const none of ['', 'L0', 'top', 'L1-', 'L12345678901']) expect(parseLineRange(none)).toBeNull();
  expect(formatLineRange({ from: 120, to: 130 })).toBe('L120-L130');
});
