import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bareLine, findCause } from './cause-line.ts';

const log = (...lines: string[]): string => `${lines.join('\n')}\n`;

describe('the line that says why', () => {
  test('stands above what make and bitbake repeat', () => {
    const cause = findCause(
      log(
        'DEBUG: Executing shell function do_compile',
        'main.c: In function main:',
        "main.c:12:3: error: 'foo' undeclared (first use in this function)",
        'make[1]: *** [Makefile:3: main.o] Error 1',
        'ERROR: oe_runmake failed',
        'WARNING: exit code 1 from a shell command.',
      ),
    );
    expect(cause).toEqual({
      line: 2,
      text: "main.c:12:3: error: 'foo' undeclared (first use in this function)",
      causeClass: 'compile',
      vague: false,
    });
  });

  test('is a full disk or the want of memory before any error that followed from it', () => {
    const cause = findCause(log('a.c:1:1: error: x', 'collect2: fatal error: ld terminated with signal 9 [Killed]'));
    expect(cause).toMatchObject({ line: 1, causeClass: 'out-of-memory' });
    expect(findCause('ERROR: Execution of run.do_compile failed with exit code 137: x')).toMatchObject({
      causeClass: 'killed',
    });
  });

  test('has its prefixes taken off', () => {
    expect(bareLine('06:46:03 | ModuleNotFoundError: No module named x')).toBe(
      'ModuleNotFoundError: No module named x',
    );
    expect(bareLine('> $<50>| \u001b[31mld: error: y\u001b[0m\r')).toBe('ld: error: y');
  });

  test('of CMake has the message that stands on the next line', () => {
    const cause = findCause(log('CMake Error at CMakeLists.txt:3 (find_package):', '', '  Could not find Foo', 'x'));
    expect(cause?.text).toBe('CMake Error at CMakeLists.txt:3 (find_package): Could not find Foo');
  });

  test('is vague where only wrappers speak, and nothing where nobody does', () => {
    expect(findCause(log("ERROR: Task (x.bb:do_y) failed with exit code '1'"))).toMatchObject({ vague: true });
    expect(findCause(log('checking for error: handling... no', 'NOTE: make: *** is fine'))).toBeNull();
    expect(findCause('')).toBeNull();
  });

  test('hostile lines cost no more than their length', () => {
    const start = performance.now();
    for (const bad of ['a/'.repeat(500_000), ': '.repeat(500_000), "Task '".repeat(200_000), '| '.repeat(500_000)]) {
      findCause(bad);
      findCause(log(...Array<string>(1000).fill(bad.slice(0, 2000))));
    }
    // Without the cut one of these took 16 s; the bound is loose because machines are shared.
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('is a line of the text, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 300 }),
        fc.constantFrom('ERROR: x', 'ld: error: y', 'make: *** z'),
        (noise, bad) => {
          const text = `${noise}\n${bad}\n${noise}`;
          const cause = findCause(text);
          expect(cause).not.toBeNull();
          expect(cause!.line).toBeLessThan(text.split('\n').length);
          expect(cause!.text.length).toBeLessThanOrEqual(1000);
        },
      ),
    );
  });
});
