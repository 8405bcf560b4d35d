import { describe, expect, test } from 'vitest';
import { type AnsiState, PLAIN, plainText, readAnsi } from './ansi.ts';

const E = '\u001b';
const read = (line: string, before: AnsiState = PLAIN) => readAnsi(line, before);
const texts = (line: string): string[] => read(line).spans.map(({ text }) => text);

describe('colours of a log', () => {
  test('last until they are ended, also on the next lines', () => {
    const first = read(`a ${E}[01;31m${E}[Kerror`);
    expect(first.spans).toEqual([
      { text: 'a ', style: PLAIN },
      { text: 'error', style: { ...PLAIN, bold: true, ink: 1 } },
    ]);
    const second = read('still red', first.after);
    expect(second.spans[0]!.style).toMatchObject({ bold: true, ink: 1 });
    const third = read(`end${E}[m of it`, second.after);
    expect(third.spans.map(({ style }) => style.ink)).toEqual([1, null]);
    expect(third.after).toBe(PLAIN);
  });

  test('are sixteen, whatever was asked for', () => {
    expect(read(`${E}[38;5;9mx`).spans[0]!.style.ink).toBe(9);
    expect(read(`${E}[38;5;196mx`).spans[0]!.style.ink).toBe(9);
    expect(read(`${E}[38;2;0;128;0;1mx`).spans[0]!.style).toMatchObject({ ink: 2, bold: true });
    expect(read(`${E}[97;44mx`).spans[0]!.style).toMatchObject({ ink: 15, paper: 4 });
    expect(read(`${E}[38;5;244mx`).spans[0]!.style.ink).toBe(8);
  });

  test('are all of a terminal that is obeyed', () => {
    expect(texts(`${E}]8;;https://example.org${E}\\link${E}]8;;${E}\\${E}[2J${E}[1;1Hx`)).toEqual(['linkx']);
    expect(texts(`${E}]0;title\u0007x`)).toEqual(['x']);
    expect(texts('bell\u0007 and \u001b alone')).toEqual(['bell␇ and ␛ alone']);
    expect(texts('a\u202eb')).toEqual(['a⟨U+202E⟩b']);
    expect(texts('a\tb')).toEqual(['a\tb']);
  });

  test('a line that was written over is what it came to', () => {
    expect(texts('10 %\r 50 %\r100 %\r')).toEqual(['100 %']);
    expect(plainText(`10 %\r${E}[32mdone${E}[m`)).toBe('done');
  });

  test('a hostile line takes no time', () => {
    const began = performance.now();
    read(`${E}[`.repeat(50_000));
    read(`${E}]`.repeat(50_000));
    read(`${E}[${'1;'.repeat(100_000)}m`);
    expect(performance.now() - began).toBeLessThan(5000);
  });
});
