import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64 } from './base64.ts';
import { literalPrefix } from './draft.ts';
import { LineSplitter } from './lines.ts';
import { causeLine, formatMessage, readBuildConfiguration, readQaIssue, readSstateSummary } from './messages.ts';
import { peekLevel } from './peek-level.ts';
import { FieldScanner } from './scan-fields.ts';
import { TextCache } from './text-cache.ts';
import { attributesOf, PickleDecoder, PickleError } from './unpickle.ts';
import { EMPTY_TUPLE, mimeBase64, type Picklable, PickledObject, pickle } from './write-events.ts';

const FIXTURES = join(import.meta.dirname, '../../../fixtures/eventlog');

describe('base64 inside JSON', () => {
  const decode = (text: string, room = text.length): Uint8Array | null => {
    const out = new Uint8Array(room);
    const length = decodeBase64(new TextEncoder().encode(text), 0, text.length, out);
    return length < 0 ? null : out.subarray(0, length);
  };
  const inJson = (bytes: Uint8Array) => JSON.stringify(mimeBase64(bytes)).slice(1, -1);

  test('any bytes come back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(mimeBase64(bytes)).toBe(
          bytes.length === 0
            ? ''
            : Buffer.from(bytes)
                .toString('base64')
                .replace(/.{1,76}/g, '$&\n'),
        );
        expect(decode(inJson(bytes))).toEqual(bytes);
        expect(decode(Buffer.from(bytes).toString('base64'))).toEqual(bytes);
        expect(decode(inJson(bytes).replaceAll('/', '\\/'))).toEqual(bytes);
      }),
    );
  });

  test('the first lines of it are the first bytes', () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => i);
    expect(decode(inJson(bytes).slice(0, 2 * 78))).toEqual(bytes.subarray(0, 2 * 57));
  });

  test.each(['AAAA*AAA', 'A', 'AAAAA', 'AA=A', '\\x', `${'A'.repeat(75)}*\\nAAAA`, '"(ibb.event'])(
    '"%s" is none',
    (text) => {
      expect(decode(text)).toBeNull();
    },
  );
});

describe('the level of a log record, peeked', () => {
  const peek = (attributes: { [key: string]: Picklable }, name = 'logging.LogRecord') => {
    const text = JSON.stringify(mimeBase64(pickle(new PickledObject(name, attributes)))).slice(1, -1);
    return peekLevel(new TextEncoder().encode(text), 0, text.length);
  };
  const record = { name: 'BitBake.Main', msg: 'a message', args: [], levelname: 'INFO', levelno: 20, pathname: 'x' };

  test('is right or not there, whatever the message', () => {
    const text = fc.oneof(fc.string(), fc.string({ minLength: 200, maxLength: 700 }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(text, fc.constantFrom('BitBake', 'BitBake.RunQueue'), fc.nat(255), (msg, name, levelno) => {
        const level = peek({ ...record, name, msg, levelno, args: EMPTY_TUPLE });
        // A message that is one of the keys is a reference in the pickle.
        if (!Object.keys(record).includes(msg) && msg !== name) expect(level).toBe(levelno);
        else if (!Number.isNaN(level)) expect(level).toBe(levelno);
      }),
    );
  });

  test('is not there for other forms', () => {
    expect(peek({ ...record, levelname: 'WARNING', levelno: 30, args: EMPTY_TUPLE })).toBeNaN();
    expect(peek({ ...record, args: ['x'] })).toBeNaN();
    expect(peek({ msg: 'levelno' })).toBeNaN();
    expect(peek(record, 'other.Class')).toBeNaN();
    expect(peek({})).toBeNaN();
  });

  test('agrees with decoding on every record of the fixtures', () => {
    let peeked = 0;
    for (const name of readdirSync(FIXTURES).filter((file) => file.endsWith('.gz'))) {
      for (const line of gunzipSync(readFileSync(join(FIXTURES, name)))
        .toString()
        .split('\n')) {
        if (!line.startsWith('{"class": "logging.LogRecord"')) continue;
        const from = line.indexOf('"vars": "') + 9;
        const level = peekLevel(new TextEncoder().encode(line), from, line.length - 2);
        const known = attributesOf(new PickleDecoder().decode(Buffer.from(JSON.parse(line).vars, 'base64')))?.get(
          'levelno',
        );
        if (!Number.isNaN(level)) peeked++;
        expect(Number.isNaN(level) || level === known).toBe(true);
      }
    }
    expect(peeked).toBeGreaterThan(5);
  });
});

describe('lines', () => {
  const split = (text: string, sizes: readonly number[], max = 1000, want: (line: string) => boolean = () => true) => {
    const bytes = new TextEncoder().encode(text);
    const got: string[] = [];
    const string = (b: Uint8Array, from: number, to: number) => new TextDecoder().decode(b.subarray(from, to));
    const splitter = new LineSplitter(
      max,
      (b, from, to) => got.push(string(b, from, to)),
      (b, from, to) => want(string(b, from, to)),
    );
    let at = 0;
    for (const size of sizes) {
      splitter.push(bytes.subarray(at, at + size));
      at += size;
    }
    splitter.push(bytes.subarray(Math.min(at, bytes.length)));
    return { got, rest: new TextDecoder().decode(splitter.rest), splitter };
  };

  test('are the same however the file is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n') })),
        fc.array(fc.nat(9)),
        (parts, sizes) => {
          const text = parts.join('');
          const lines = text.split('\n');
          const { got, rest, splitter } = split(text, sizes);
          expect(got).toEqual(lines.slice(0, -1));
          expect(rest).toBe(lines.at(-1));
          expect(splitter.lines).toBe(lines.length - 1);
        },
      ),
    );
  });

  test('one that is too long is dropped and counted, the next is read', () => {
    const { got, splitter } = split(`a\n${'x'.repeat(50)}\nb\n`, [10, 10, 10], 20);
    expect([got, splitter.tooLong, splitter.lines]).toEqual([['a', 'b'], 1, 3]);
  });

  test('one that nobody wants is not collected', () => {
    const { got, rest } = split(
      `a\nno${'x'.repeat(900)}\nb\nno${'x'.repeat(900)}`,
      [100, 300, 300, 300, 400],
      5000,
      (line) => !line.startsWith('no'),
    );
    expect([got, rest]).toEqual([['a', 'b'], '']);
  });
});

describe('attributes without decoding', () => {
  const cache = new TextCache();
  const scanner = new FieldScanner(cache);
  const decoder = new PickleDecoder(cache);

  /** What the scanner says must be what the decoder says, attribute by attribute. */
  const agree = (bytes: Uint8Array) => {
    const attributes = attributesOf(decoder.decode(bytes));
    scanner.scan(bytes, bytes.length);
    for (const [name, value] of attributes ?? []) {
      expect(scanner.has(name)).toBe(true);
      expect(scanner.text(name)).toBe(typeof value === 'string' ? value : null);
      expect(scanner.flag(name)).toBe(typeof value === 'boolean' ? value : null);
      if (typeof value === 'number') expect(scanner.number(name)).toBe(value);
      else expect(scanner.number(name)).toBeNaN();
    }
  };

  test('gives the same as decoding, on every event of the fixtures', () => {
    let events = 0;
    for (const name of readdirSync(FIXTURES).filter((file) => file.endsWith('.gz'))) {
      for (const line of gunzipSync(readFileSync(join(FIXTURES, name)))
        .toString()
        .split('\n')) {
        if (!line.startsWith('{"class"') || line.includes('DepTreeGenerated')) continue;
        agree(new Uint8Array(Buffer.from(JSON.parse(line).vars, 'base64')));
        events++;
      }
    }
    expect(events).toBeGreaterThan(3000);
  });

  const scalar = fc.oneof(
    fc.string(),
    fc.nat(),
    fc.integer(),
    fc.double({ noNaN: true }),
    fc.boolean(),
    fc.constant(null),
  );
  const event = fc
    .dictionary(
      fc.string({ minLength: 1, maxLength: 8 }),
      fc.oneof(scalar, fc.array(scalar), fc.dictionary(fc.string(), scalar)),
    )
    .map((attributes) => pickle(new PickledObject('bb.event.Any', attributes)));

  test('on any event of ours', () => {
    fc.assert(fc.property(event, agree));
  });

  test('of the first part of an event: right or not there', () => {
    fc.assert(
      fc.property(event, fc.nat(400), (bytes, cut) => {
        const attributes = attributesOf(decoder.decode(bytes));
        // What follows the cut in the buffer is of another event.
        const part = bytes.slice();
        part.fill(0xff, Math.min(cut, bytes.length));
        scanner.scan(part, Math.min(cut, bytes.length), true);
        for (const [name, value] of attributes ?? []) {
          const text = scanner.text(name);
          const number = scanner.number(name);
          if (text !== null && typeof value === 'string') expect(text).toBe(value);
          if (!Number.isNaN(number) && typeof value === 'number') expect(number).toBe(value);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('of any bytes: an answer or a PickleError, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (bytes, partial) => {
        try {
          scanner.scan(bytes, bytes.length, partial);
          scanner.text('time');
        } catch (error) {
          expect(error).toBeInstanceOf(PickleError);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test('of one nested too deep: refused', () => {
    const bytes = new Uint8Array(100_000).fill(0x5d);
    expect(() => scanner.scan(bytes, bytes.length)).toThrow('nested too deep');
    expect(() => scanner.scan(bytes.fill(0x28), bytes.length)).toThrow('nested too deep');
  });
});

describe('messages', () => {
  test.each([
    ['Sstate summary: Wanted 40 Found 10 Missed 30 Current 5 (25% match, 33% complete)', 10, null, null],
    ['Sstate summary: Wanted 40 Local 4 Network 6 Missed 30 Current 5 (25% match)', 10, 4, 6],
    ['Initialising tasks...Sstate summary: Wanted 40 Local 4 Mirrors 6 Missed 30 Current 5 (25%)', 10, 4, 6],
  ])('%s', (line, found, local, mirrors) => {
    expect(readSstateSummary(line)).toEqual({ wanted: 40, found, local, mirrors, missed: 30, current: 5 });
  });

  test('is no sstate summary', () => {
    expect(readSstateSummary('Sstate summary: Wanted many')).toBeNull();
  });

  test('costs no more than its length, whatever stands in it', () => {
    const blanks = `LAYER = ${' '.repeat(4000)}""x`;
    const before = performance.now();
    readBuildConfiguration(`Build Configuration:\n${Array(1500).fill(blanks).join('\n')}`);
    // It was two minutes.
    expect(performance.now() - before).toBeLessThan(5000);
  });

  test('a layer without a revision has that of the next one', () => {
    const read = readBuildConfiguration(
      [
        '',
        'Build Configuration (mc:musl):',
        'BB_VERSION           = "2.8.0"',
        'NATIVELSBSTRING      = "universal"',
        'TARGET_FPU           = ""',
        'MACHINE              = "qemux86-64"',
        'meta                 ',
        'meta-poky            ',
        'meta-yocto-bsp       = "scarthgap:0123456789abcdef0123456789abcdef01234567"',
        'meta-own-with-a-very-long-name = "HEAD:89abcdef0123456789abcdef0123456701234567 -- modified"',
        'BSP                  = "main:76543210fedcba9876543210fedcba9876543210"',
        'meta-copied          = "<unknown>:<unknown>"',
        'meta-last',
      ].join('\n'),
    );
    expect(read?.mc).toBe('musl');
    expect(Object.fromEntries(read?.variables ?? [])).toEqual({
      BB_VERSION: '2.8.0',
      NATIVELSBSTRING: 'universal',
      MACHINE: 'qemux86-64',
    });
    expect(read?.layers.map((l) => `${l.name} ${l.branch} ${l.commit?.slice(0, 4)} ${l.modified}`)).toEqual([
      'meta scarthgap 0123 null',
      'meta-poky scarthgap 0123 null',
      'meta-yocto-bsp scarthgap 0123 null',
      'meta-own-with-a-very-long-name HEAD 89ab true',
      'BSP main 7654 null',
      'meta-copied null undefined null',
      'meta-last null undefined null',
    ]);
  });

  test('with arguments', () => {
    expect(formatMessage('Attempted %d tasks of which %d', [670, 0])).toBe('Attempted 670 tasks of which 0');
    expect(formatMessage('100% of %s, %.2f, %r', ['a', 1.5, 'b'])).toBe('100% of a, 1.50, b');
    expect(formatMessage('%s and %s', ['a'])).toBe('a and %s');
    expect(formatMessage('100%', [])).toBe('100%');
  });

  test('QA issues have the class of their last line', () => {
    const text =
      'QA Issue: sample: Files were installed but not shipped:\n  /opt\nsample: 1 installed file. [installed-vs-shipped]';
    expect(readQaIssue(text)?.qaClass).toBe('installed-vs-shipped');
    expect(readQaIssue('QA Issue: something else')).toEqual({ qaClass: null, message: 'something else' });
    expect(readQaIssue('no such thing')).toBeNull();
  });

  test('the cause of a Python error is its exception', () => {
    expect(
      causeLine("Error executing a python function in exec_func_python():\n\nThe stack\nException: KeyError: 'x'\n"),
    ).toBe("Exception: KeyError: 'x'");
    expect(causeLine('\n  first\nsecond')).toBe('first');
    expect(causeLine('')).toBeNull();
  });

  test('a layer pattern is text and never an expression', () => {
    expect(literalPrefix('^/home/a\\-b/meta\\-x/')).toBe('/home/a-b/meta-x/');
    expect(literalPrefix('^/src/meta.d/')).toBe('/src/meta.d/');
    expect(literalPrefix('^/src/(a+)+$')).toBe('/src/');
    expect(literalPrefix('')).toBe('');
  });
});
