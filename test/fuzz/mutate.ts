/**
 * Bytes that almost are what a reader expects. A case is made from a number alone, so that what was found once is found again:
 * `random` gives the same sequence for the same seed on every machine.
 */
export type Random = () => number;

/** mulberry32: 32 bits of state are plenty for choosing mutations. Numbers in [0, 1). */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function below(random: Random, n: number): number {
  return Math.floor(random() * n);
}

/** What parsers stumble over, by experience: extremes, other locales, other protocols, the end of things, names of properties. */
const TOKENS: readonly string[] = [
  '',
  '\0',
  '\n',
  '\n\n\n',
  '\r\n',
  '-1',
  '0',
  'nan',
  'NaN',
  'inf',
  '-Infinity',
  '1e309',
  '1e-400',
  '9007199254740993',
  '18446744073709551616',
  '2147483648',
  '253402300800000',
  '-62135596800',
  '0,5',
  '١٢٣',
  'null',
  'true',
  '[]',
  '{}',
  '[[[[[[[[[[[[[[[[[[[[',
  '"',
  '\\u0000',
  '\\ud800',
  '__proto__',
  'constructor',
  'toString',
  '../../../etc/passwd',
  '/dev/stdin',
  '<script>alert(1)</script>',
  '\u001b]0;x\u0007\u001b[31m',
  '\u202e',
  '\ufeff',
  '%s%n',
  'do_compile',
  'Build Started: 1e400',
  'x'.repeat(70_000),
];

type Mutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

function slice(bytes: Buffer, random: Random, most: number): { from: number; to: number } {
  const from = below(random, bytes.length + 1);
  const to = Math.min(bytes.length, from + 1 + below(random, most));
  return { from, to };
}

const MUTATIONS: readonly Mutation[] = [
  // Single bits and bytes.
  (bytes, random) => {
    const changed = Buffer.from(bytes);
    for (let n = 1 + below(random, 8); n > 0 && changed.length > 0; n--) {
      const at = below(random, changed.length);
      changed[at] = random() < 0.5 ? changed[at]! ^ (1 << below(random, 8)) : below(random, 256);
    }
    return changed;
  },
  // Cut anywhere.
  (bytes, random) => bytes.subarray(0, below(random, bytes.length + 1)),
  (bytes, random) => bytes.subarray(below(random, bytes.length + 1)),
  // A piece left out, doubled, repeated, moved.
  (bytes, random) => {
    const { from, to } = slice(bytes, random, 2000);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, random) => {
    const { from, to } = slice(bytes, random, 2000);
    const times = random() < 0.9 ? 1 : 50;
    return Buffer.concat([
      bytes.subarray(0, to),
      ...Array.from({ length: times }, () => bytes.subarray(from, to)),
      bytes.subarray(to),
    ]);
  },
  (bytes, random) => {
    const { from, to } = slice(bytes, random, 2000);
    const rest = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
    const at = below(random, rest.length + 1);
    return Buffer.concat([rest.subarray(0, at), bytes.subarray(from, to), rest.subarray(at)]);
  },
  // A piece of another one.
  (bytes, random, other) => {
    const { from, to } = slice(other, random, 4000);
    const at = below(random, bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, to), bytes.subarray(at)]);
  },
  // A token put in.
  (bytes, random) => {
    const at = below(random, bytes.length + 1);
    const token = TOKENS[below(random, TOKENS.length)]!;
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(token), bytes.subarray(at)]);
  },
  // A number, or a quoted text, replaced by a token.
  (bytes, random) => replaced(bytes, random, /-?\d+(?:\.\d+)?/g),
  (bytes, random) => replaced(bytes, random, /"[^"\n]{0,200}"/g, (token) => JSON.stringify(token)),
  (bytes, random) => replaced(bytes, random, /"[^"\n]{0,200}"/g),
  // Lines in another order.
  (bytes, random) => {
    const lines = bytes.toString('latin1').split('\n');
    for (let n = 1 + below(random, 5); n > 0; n--) {
      const a = below(random, lines.length);
      const b = below(random, lines.length);
      [lines[a], lines[b]] = [lines[b]!, lines[a]!];
    }
    return Buffer.from(lines.join('\n'), 'latin1');
  },
];

/** Somewhere in a window of the bytes, so that a case of megabytes costs no more than one of kilobytes. */
function replaced(bytes: Buffer, random: Random, what: RegExp, spelled = (token: string) => token): Buffer {
  const from = below(random, Math.max(1, bytes.length - 4000));
  const window = bytes.toString('latin1', from, Math.min(bytes.length, from + 4000));
  const found = [...window.matchAll(what)];
  const hit = found[below(random, Math.max(1, found.length))];
  if (hit === undefined) return bytes;
  const token = Buffer.from(spelled(TOKENS[below(random, TOKENS.length)]!)).toString('latin1');
  const changed = window.slice(0, hit.index) + token + window.slice(hit.index + hit[0].length);
  return Buffer.concat([bytes.subarray(0, from), Buffer.from(changed, 'latin1'), bytes.subarray(from + window.length)]);
}

/** One to four mutations, one after the other. */
export function mutate(seeds: readonly Buffer[], random: Random): Buffer {
  let bytes = seeds[below(random, seeds.length)]!;
  const other = seeds[below(random, seeds.length)]!;
  for (let n = 1 + below(random, 4); n > 0; n--) {
    bytes = MUTATIONS[below(random, MUTATIONS.length)]!(bytes, random, other);
  }
  return bytes;
}
