import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64 } from '../eventlog/base64.ts';
import { mimeBase64 } from '../eventlog/write-events.ts';
import { NATIVE_BASE64 } from './native-base64.ts';

/** Both decoders on the same text: length, result, and that the text is as it was. */
function both(text: string, from = 0, to = text.length) {
  const bytes = Buffer.from(text, 'latin1');
  const out = NATIVE_BASE64.buffer(text.length + 3);
  const own = new Uint8Array(text.length + 3);
  const length = NATIVE_BASE64.decode(bytes, from, to, out);
  const ownLength = decodeBase64(bytes, from, to, own);
  expect(length).toBe(ownLength);
  if (length >= 0) expect(new Uint8Array(out.subarray(0, length))).toEqual(own.subarray(0, length));
  expect(bytes.toString('latin1')).toBe(text);
  return length;
}
const inJson = (bytes: Uint8Array) => JSON.stringify(mimeBase64(bytes)).slice(1, -1);

test("Node's decoder gives what ours gives, of whole texts and of their first lines", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(5), (bytes, lines) => {
      const text = inJson(bytes);
      expect(both(text)).toBe(bytes.length);
      both(text, 0, Math.min(text.length, 78 * lines));
      both(`{"vars": "${text}"}`, 10, 10 + text.length);
    }),
  );
});

// But for - and _, the digits of URLs, which Node takes for + and /: as a digit changed into another, nobody could tell.
test('and refuses what ours refuses', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 3, maxLength: 200 }),
      fc.nat(),
      fc.constantFrom('*', '\\', '=', 'n', '"'),
      (bytes, at, char) => {
        const text = inJson(bytes);
        const i = at % text.length;
        both(text.slice(0, i) + char + text.slice(i + 1));
      },
    ),
    { numRuns: 1000 },
  );
});
