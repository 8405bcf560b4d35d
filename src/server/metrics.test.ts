import { expect, test } from 'vitest';
import { figuresText, Histogram } from './metrics.ts';

test('a histogram counts what is below each limit, and escapes what a label may hold', () => {
  const histogram = new Histogram('x_seconds', 'A test.');
  for (const seconds of [0.001, 0.02, 0.3, 100]) histogram.observe({ route: 'a"b\\c\n' }, seconds);
  expect(histogram.text()).toBe(
    [
      '# HELP x_seconds A test.',
      '# TYPE x_seconds histogram',
      ...[
        ['0.005', 1],
        ['0.02', 2],
        ['0.05', 2],
        ['0.2', 2],
        ['1', 3],
        ['5', 3],
        ['30', 3],
        ['+Inf', 4],
      ].map(([limit, count]) => `x_seconds_bucket{route="a\\"b\\\\c\\n",le="${limit}"} ${count}`),
      'x_seconds_sum{route="a\\"b\\\\c\\n"} 100.321',
      'x_seconds_count{route="a\\"b\\\\c\\n"} 4',
      '',
    ].join('\n'),
  );
});

test('labels without end are counted together', () => {
  const histogram = new Histogram('x', 'A test.');
  for (let n = 0; n < 5000; n++) histogram.observe({ route: String(n) }, 1);
  expect(histogram.text().split('\n').length).toBeLessThan(11_000);
  expect(histogram.text()).toContain('x_count{route="other"} 4000');
});

test('what is not known now is left out, and is not zero', () => {
  const figure = { help: 'h', type: 'gauge' as const };
  expect(
    figuresText([
      { ...figure, name: 'a', value: null },
      { ...figure, name: 'b', value: 0 },
    ]),
  ).toBe('# HELP b h\n# TYPE b gauge\nb 0\n');
});
