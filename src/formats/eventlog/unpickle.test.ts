import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  PickleDecoder,
  PickleDict,
  PickleError,
  PickleGlobal,
  PickleObject,
  type PickleValue,
  unpickle,
} from './unpickle.ts';

/**
 * Written by CPython 3.11, `pickle.dumps(values, protocol)`, of one list that holds every kind of value the opcodes of
 * protocols 2 to 5 can say; the last is an object whose attribute `self` is itself.
 */
const BY_PYTHON: readonly (readonly [protocol: number, base64: string])[] = [
  [
    2,
    'gAJdcQAoSwFL/00AAU3//0oAAAEASv////9KAAAAgIoFAAAAgACKBsC2ZyK8f4oH////////H4oHAAAAAAAAIIoIAAAAAAAAAICK' +
      'DQAAAAAAAAAAAAAAABBHP/gAAAAAAABHf/AAAAAAAABOiIlYAQAAAGFxAVgCAAAAw7xxAlgJAAAAeHh4eHh4eHh4cQNYAAAAAHEE' +
      'Y19jb2RlY3MKZW5jb2RlCnEFWAIAAABieXEGWAYAAABsYXRpbjFxB4ZxCFJxCWgFWAIAAAB6enEKaAeGcQtScQxjX19idWlsdGlu' +
      'X18KYnl0ZWFycmF5CnENaAVYAQAAAHFxDmgHhnEPUnEQhXERUnESKUsBhXETSwFLAoZxFEsBSwJLA4dxFShLAUsCSwNLBHRxFl1x' +
      'F31xGH1xGVgBAAAAa3EaXXEbKEsBSwFLAWVzY19fYnVpbHRpbl9fCnNldApxHF1xHShLAUsCZYVxHlJxH2NfX2J1aWx0aW5fXwpm' +
      'cm96ZW5zZXQKcSBdcSFLA2GFcSJScSNjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcSQpUnElaAFLAXNjYmIucnVucXVldWUKUnVu' +
      'UXVldWVTdGF0cwpxJimBcSd9cSgoWAUAAAB0b3RhbHEpTZ4CWAQAAABuYW1lcSpYAgAAAMOpcStYBAAAAHNlbGZxLGgndWJlLg==',
  ],
  [
    3,
    'gANdcQAoSwFL/00AAU3//0oAAAEASv////9KAAAAgIoFAAAAgACKBsC2ZyK8f4oH////////H4oHAAAAAAAAIIoIAAAAAAAAAICK' +
      'DQAAAAAAAAAAAAAAABBHP/gAAAAAAABHf/AAAAAAAABOiIlYAQAAAGFxAVgCAAAAw7xxAlgJAAAAeHh4eHh4eHh4cQNYAAAAAHEE' +
      'QwJieXEFQwJ6enEGY2J1aWx0aW5zCmJ5dGVhcnJheQpxB0MBcXEIhXEJUnEKKUsBhXELSwFLAoZxDEsBSwJLA4dxDShLAUsCSwNL' +
      'BHRxDl1xD31xEH1xEVgBAAAAa3ESXXETKEsBSwFLAWVzY2J1aWx0aW5zCnNldApxFF1xFShLAUsCZYVxFlJxF2NidWlsdGlucwpm' +
      'cm96ZW5zZXQKcRhdcRlLA2GFcRpScRtjY29sbGVjdGlvbnMKT3JkZXJlZERpY3QKcRwpUnEdaAFLAXNjYmIucnVucXVldWUKUnVu' +
      'UXVldWVTdGF0cwpxHimBcR99cSAoWAUAAAB0b3RhbHEhTZ4CWAQAAABuYW1lcSJYAgAAAMOpcSNYBAAAAHNlbGZxJGgfdWJlLg==',
  ],
  [
    4,
    'gASVXgEAAAAAAABdlChLAUv/TQABTf//SgAAAQBK/////0oAAACAigUAAACAAIoGwLZnIrx/igf///////8figcAAAAAAAAgiggA' +
      'AAAAAAAAgIoNAAAAAAAAAAAAAAAAEEc/+AAAAAAAAEd/8AAAAAAAAE6IiYwBYZSMAsO8lIwJeHh4eHh4eHh4lIwAlEMCYnmUQwJ6' +
      'epSMCGJ1aWx0aW5zlIwJYnl0ZWFycmF5lJOUQwFxlIWUUpQpSwGFlEsBSwKGlEsBSwJLA4eUKEsBSwJLA0sEdJRdlH2UfZSMAWuU' +
      'XZQoSwFLAUsBZXOPlChLAUsCkChLA5GUjAtjb2xsZWN0aW9uc5SMC09yZGVyZWREaWN0lJOUKVKUaAFLAXOMC2JiLnJ1bnF1ZXVl' +
      'lIwNUnVuUXVldWVTdGF0c5STlCmBlH2UKIwFdG90YWyUTZ4CjARuYW1llIwCw6mUjARzZWxmlGgfdWJlLg==',
  ],
  [
    5,
    'gAWVSAEAAAAAAABdlChLAUv/TQABTf//SgAAAQBK/////0oAAACAigUAAACAAIoGwLZnIrx/igf///////8figcAAAAAAAAgiggA' +
      'AAAAAAAAgIoNAAAAAAAAAAAAAAAAEEc/+AAAAAAAAEd/8AAAAAAAAE6IiYwBYZSMAsO8lIwJeHh4eHh4eHh4lIwAlEMCYnmUQwJ6' +
      'epSWAQAAAAAAAABxlClLAYWUSwFLAoaUSwFLAksDh5QoSwFLAksDSwR0lF2UfZR9lIwBa5RdlChLAUsBSwFlc4+UKEsBSwKQKEsD' +
      'kZSMC2NvbGxlY3Rpb25zlIwLT3JkZXJlZERpY3SUk5QpUpRoAUsBc4wLYmIucnVucXVldWWUjA1SdW5RdWV1ZVN0YXRzlJOUKYGU' +
      'fZQojAV0b3RhbJRNngKMBG5hbWWUjALDqZSMBHNlbGaUaBp1YmUu',
  ],
];

/** A pickle by hand: numbers are bytes, text is its characters' bytes. */
function bytesOf(...parts: readonly (number | string | readonly number[])[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'number' ? [part] : typeof part === 'string' ? [...Buffer.from(part, 'utf8')] : [...part],
    ),
  );
}
const u32 = (n: number) => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, n >>> 24];
const MEMOIZE = 0x94;

function failure(bytes: Uint8Array): PickleError {
  try {
    unpickle(bytes);
  } catch (error) {
    if (error instanceof PickleError) return error;
    throw error;
  }
  throw new Error('the pickle was read');
}

describe('what Python wrote', () => {
  test.each(BY_PYTHON)('protocol %i', (protocol, base64) => {
    const read = unpickle(new Uint8Array(Buffer.from(base64, 'base64')));
    if (!Array.isArray(read)) throw new Error('not a list');
    const plain = read.slice(0, 25);
    expect(plain).toEqual([
      1,
      255,
      256,
      65535,
      65536,
      -1,
      -(2 ** 31),
      2 ** 31,
      140446007801536,
      2 ** 53 - 1,
      2n ** 53n,
      -(2n ** 63n),
      2n ** 100n,
      1.5,
      Number.POSITIVE_INFINITY,
      null,
      true,
      false,
      'a',
      'ü',
      'x'.repeat(9),
      '',
      ...plain.slice(22),
    ]);
    // Bytes have no opcode before protocol 3: there they are a call of _codecs.encode, which stays a call nobody makes.
    if (protocol === 2) expect(read[22]).toMatchObject({ className: '_codecs.encode', args: ['by', 'latin1'] });
    else expect(read.slice(22, 24)).toEqual([bytesOf('by'), bytesOf('zz')]);
    if (protocol === 5) expect(read[24]).toEqual(bytesOf('q'));
    expect(read.slice(25, 31)).toEqual([[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4], []]);
    expect(read[31]).toBeInstanceOf(PickleDict);
    const [, , dict, set, frozen, ordered, object] = read.slice(30);
    expect(dict instanceof PickleDict && dict.get('k')).toEqual([1, 1, 1]);
    if (protocol >= 4) expect([set, frozen]).toEqual([[1, 2], [3]]);
    expect(ordered).toMatchObject({ className: 'collections.OrderedDict' });
    expect(ordered instanceof PickleObject && ordered.entries?.get('a')).toBe(1);
    expect(object).toMatchObject({ className: 'bb.runqueue.RunQueueStats' });
    if (!(object instanceof PickleObject) || !(object.state instanceof PickleDict)) throw new Error('no attributes');
    expect(object.state.get('total')).toBe(670);
    expect(object.state.get('name')).toBe('é');
    expect(object.state.get('self')).toBe(object);
  });

  test('an extension of the dict does not change what was set before, and the last of equal keys counts', () => {
    const dict = unpickle(bytesOf(0x80, 4, '}(', 0x8c, 1, 'a', 'K', 1, 0x8c, 1, 'a', 'K', 2, 'u.'));
    expect(dict instanceof PickleDict && dict.get('a')).toBe(2);
  });

  test('a large dict is found by name too', () => {
    const items = Array.from({ length: 200 }, (_, i) => [0x8c, 4, ...Buffer.from(`k${100 + i}`), 0x4b, i]);
    const dict = unpickle(bytesOf('}(', items.flat(), 'u.'));
    if (!(dict instanceof PickleDict)) throw new Error('no dict');
    expect([dict.get('k100'), dict.get('k299'), dict.get('k300')]).toEqual([0, 199, undefined]);
  });
});

describe('a hostile pickle', () => {
  test('names what it would call, and nothing is called', () => {
    const read = unpickle(bytesOf('cos\nsystem\n', 0x8c, 9, 'rm -rf /~', 0x85, 'R.'));
    expect(read).toBeInstanceOf(PickleObject);
    expect(read).toMatchObject({ className: 'os.system', args: ['rm -rf /~'] });
  });

  test.each([
    ['a string of 2^33 characters', bytesOf(0x80, 4, 0x8d, u32(0), u32(2), 'abc'), 'are left', 2],
    ['a string of 2^63', bytesOf(0x8d, u32(0), u32(0x80000000)), 'are left', 0],
    ['bytes longer than the pickle', bytesOf('NB', u32(1000), 'abc'), 'are left', 1],
    ['an integer of 4 GiB', bytesOf(0x8b, u32(0xffffffff)), 'an integer of', 0],
    ['a memo entry at 2^32', bytesOf('Nr', u32(0xffffffff), '.'), 'memo entry', 1],
    ['a memo entry that is not there', bytesOf('h', 7, '.'), 'never stored', 0],
    ['a mark that is not there', bytesOf('t.'), 'no mark', 0],
    ['an empty stack', bytesOf(0x85, '.'), 'stack is empty', 0],
    ['values taken from below the mark', bytesOf('N(', 0x85, '.'), 'stack is empty', 2],
    ['leftovers', bytesOf('NN.'), 'left over', 2],
    ['no end', bytesOf('N'), 'without its last opcode', 1],
    ['an opcode of protocol 0', bytesOf('I1\n.'), '0x49', 0],
    ['a persistent id', bytesOf('NQ.'), '0x51', 1],
    ['protocol 9', bytesOf(0x80, 9, 'N.'), 'newer', 0],
    ['an object of a number', bytesOf('K', 1, ')R.'), 'not a class', 3],
    ['a state for a list', bytesOf(']}b.'), 'not an object', 2],
    ['a key without a value', bytesOf('}(Nu.'), 'key without', 3],
    ['a global without end', bytesOf('c', 'x'.repeat(2000)), 'without end', 0],
  ] as const)('%s is an error with its place', (_, bytes, message, offset) => {
    const error = failure(bytes);
    expect(error.message).toContain(message);
    expect(error.offset).toBe(offset);
  });

  test('lists inside lists, half a million deep, need no stack of ours', () => {
    const depth = 500_000;
    const bytes = new Uint8Array(2 * depth + 1);
    bytes.fill(0x5d, 0, depth);
    bytes.fill(0x61, depth, 2 * depth - 1);
    bytes[2 * depth - 1] = 0x2e;
    let value: PickleValue | undefined = unpickle(bytes.subarray(0, 2 * depth));
    let levels = 0;
    while (Array.isArray(value)) {
      value = value[0];
      levels++;
    }
    expect(levels).toBe(depth);
  });

  test('doubling one list 60 times makes 60 lists and not 2^60 values', () => {
    // ] memo0; then ( get(i) get(i) t memo(i+1), 60 times: the "billion laughs" of pickles.
    const steps = Array.from({ length: 60 }, (_, i) => [0x28, 0x68, i, 0x68, i, 0x74, MEMOIZE]);
    const nested = unpickle(
      bytesOf(
        ']',
        MEMOIZE,
        '0',
        steps.flatMap((step) => [...step, 0x30]),
        'h',
        60,
        '.',
      ),
    );
    let value: PickleValue | undefined = nested;
    let levels = 0;
    while (Array.isArray(value) && value.length === 2) {
      expect(value[0]).toBe(value[1]);
      value = value[0];
      levels++;
    }
    expect(levels).toBe(60);
  });

  test('a list that holds itself is read', () => {
    const list = unpickle(bytesOf(']', MEMOIZE, 'h', 0, 'a.'));
    expect(Array.isArray(list) && list[0] === list).toBe(true);
  });

  test('many small containers are stopped by the memory account, quickly', () => {
    // 12 million empty dicts, made and thrown away: the account counts what was made, so it ends a third of the way.
    const bytes = new Uint8Array(24 << 20).fill(0x7d);
    for (let i = 1; i < bytes.length; i += 2) bytes[i] = 0x30;
    bytes[bytes.length - 1] = 0x2e;
    const started = performance.now();
    expect(failure(bytes).message).toContain('MiB');
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test('a stack that only grows is stopped', () => {
    expect(failure(new Uint8Array(4 << 20).fill(0x4e)).message).toContain('wait on the stack');
    expect(failure(new Uint8Array(1 << 20).fill(0x28)).message).toContain('marks');
  });
});

describe('any bytes', () => {
  const decoder = new PickleDecoder();
  const OPCODES = [...'.(012NKMJGXBUTC])}ltdasuehjqrcRb'].map((c) => c.charCodeAt(0));
  const HIGH = [
    0x80, 0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95,
    0x96, 0x98,
  ];

  const readsOrRefuses = (bytes: Uint8Array) => {
    try {
      decoder.decode(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(PickleError);
    }
  };

  test('are read or refused with a PickleError, never anything else', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), readsOrRefuses), { numRuns: 2000 });
  });

  test('so are opcodes in any order', () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...OPCODES, ...HIGH) },
      { weight: 1, arbitrary: fc.nat(255) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (ops) => readsOrRefuses(Uint8Array.from([...ops, 0x2e]))),
      { numRuns: 5000 },
    );
  });

  test('and a real pickle with one byte changed', () => {
    const real = new Uint8Array(Buffer.from(BY_PYTHON[2]![1], 'base64'));
    fc.assert(
      fc.property(fc.nat(real.length - 1), fc.nat(255), (at, byte) => {
        const bytes = real.slice();
        bytes[at] = byte;
        readsOrRefuses(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  test('decodes a part of a larger buffer without looking beyond it', () => {
    const inner = bytesOf(0x80, 4, 0x8c, 3, 'abc.');
    const outer = bytesOf('....', [...inner], '....');
    expect(decoder.decode(outer, 4, 4 + inner.length)).toBe('abc');
    expect(() => decoder.decode(outer, 4, 4 + inner.length - 1)).toThrow(PickleError);
    expect(new PickleGlobal('a.b').name).toBe('a.b');
  });
});
