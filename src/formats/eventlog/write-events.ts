/**
 * Writes event log lines, for tests and for generated builds: the pickle that Python 3.8 to 3.13 would make of an event of plain
 * attributes (protocol 4), as bitbake's event log writer encodes it. Reading needs nothing of this file.
 */

/** `()`: what log records without arguments have, which is not an empty list. */
export const EMPTY_TUPLE = Symbol('()');

export type Picklable =
  | typeof EMPTY_TUPLE
  | null
  | boolean
  | number
  | string
  | readonly Picklable[]
  | PickledObject
  | { readonly [key: string]: Picklable };

/** An instance of `module.Name` with these attributes. */
export class PickledObject {
  readonly module: string;
  readonly name: string;
  readonly attributes: { readonly [key: string]: Picklable };

  constructor(className: string, attributes: { readonly [key: string]: Picklable }) {
    const dot = className.lastIndexOf('.');
    this.module = className.slice(0, dot);
    this.name = className.slice(dot + 1);
    this.attributes = attributes;
  }
}

/** One line of an event log: `eventLine('bb.build.TaskStarted', { _task: 'do_compile', time: 1795222722.64, … })`. */
export function eventLine(className: string, attributes: { readonly [key: string]: Picklable }): string {
  const vars = mimeBase64(pickle(new PickledObject(className, attributes)));
  return `${JSON.stringify({ class: className, vars }).replace('","vars":"', '", "vars": "').replace('{"class":', '{"class": ')}\n`;
}

/** The `allvariables` line; real ones have the history of each of 2,300 variables. */
export function variablesLine(variables: { readonly [name: string]: string }): string {
  const all = Object.entries(variables).map(
    ([name, v]) => `${JSON.stringify(name)}: {"v": ${JSON.stringify(v)}, "history": [], "doc": null, "func": null}`,
  );
  return `{"allvariables": {${all.join(', ')}}}\n`;
}

/** Protocol 4 with a memo for text, as Python writes it: a string seen before is a reference. Lists, dicts and objects must be a tree. */
export function pickle(value: Picklable): Uint8Array {
  let bytes = new Uint8Array(256);
  let length = 0;
  const memo = new Map<string, number>();
  let memoCount = 0;
  const encoder = new TextEncoder();
  const put = (...added: number[]): void => {
    for (const byte of added) {
      if (length === bytes.length) {
        const larger = new Uint8Array(2 * bytes.length);
        larger.set(bytes);
        bytes = larger;
      }
      bytes[length++] = byte;
    }
  };
  const u32 = (n: number) => [n & 255, (n >>> 8) & 255, (n >>> 16) & 255, (n >>> 24) & 255];
  const memoize = (): number => {
    put(0x94);
    return memoCount++;
  };
  const text = (string: string): void => {
    const known = memo.get(string);
    if (known !== undefined) {
      if (known < 256) put(0x68, known);
      else put(0x6a, ...u32(known));
      return;
    }
    const utf8 = encoder.encode(string);
    if (utf8.length < 256) put(0x8c, utf8.length);
    else put(0x58, ...u32(utf8.length));
    for (const byte of utf8) put(byte);
    memo.set(string, memoize());
  };
  const float = new DataView(new ArrayBuffer(8));
  const write = (item: Picklable): void => {
    if (item === null) put(0x4e);
    else if (item === EMPTY_TUPLE) put(0x29);
    else if (item === true) put(0x88);
    else if (item === false) put(0x89);
    else if (typeof item === 'string') text(item);
    else if (typeof item === 'number') {
      if (Number.isInteger(item) && item >= 0 && item < 256) put(0x4b, item);
      else if (Number.isInteger(item) && item >= 0 && item < 65536) put(0x4d, item & 255, item >> 8);
      else if (Number.isInteger(item) && Math.abs(item) < 2 ** 31) put(0x4a, ...u32(item));
      else {
        float.setFloat64(0, item);
        put(0x47, ...new Uint8Array(float.buffer));
      }
    } else if (item instanceof PickledObject) {
      text(item.module);
      text(item.name);
      put(0x93);
      memoize();
      put(0x29, 0x81);
      memoize();
      dict(item.attributes);
      put(0x62);
    } else if (Array.isArray(item)) {
      put(0x5d);
      memoize();
      if (item.length > 0) {
        put(0x28);
        for (const element of item) write(element);
        put(0x65);
      }
    } else dict(item as { readonly [key: string]: Picklable });
  };
  const dict = (entries: { readonly [key: string]: Picklable }): void => {
    put(0x7d);
    memoize();
    const all = Object.entries(entries);
    if (all.length === 0) return;
    put(0x28);
    for (const [key, element] of all) {
      text(key);
      write(element);
    }
    put(0x75);
  };
  put(0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0);
  write(value);
  put(0x2e);
  const frame = length - 11;
  bytes.set(u32(frame), 3);
  return bytes.slice(0, length);
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Base64 in lines of 76 characters, each ended by a newline, as Python's base64.encodebytes has it. */
export function mimeBase64(bytes: Uint8Array): string {
  let out = '';
  for (let line = 0; line < bytes.length; line += 57) {
    const end = Math.min(bytes.length, line + 57);
    for (let i = line; i < end; i += 3) {
      const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
      out += DIGITS[group >> 18]! + DIGITS[(group >> 12) & 63]!;
      out += i + 1 < end ? DIGITS[(group >> 6) & 63]! : '=';
      out += i + 2 < end ? DIGITS[group & 63]! : '=';
    }
    out += '\n';
  }
  return out;
}
