/**
 * The short form of a build's id, for addresses that are read aloud and pasted on IRC: the first 80 bits of the UUID as 16 characters of
 * Crockford's base32 in lower case (docs/formats/upload.md). 74 of the 80 bits are random.
 */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** `3f2b8c1e-9d4a-4e77-b1c2-…` -> `7wnr` … */
export function shortIdOf(id: string): string {
  let bits = BigInt(`0x${id.replaceAll('-', '').slice(0, 20)}`);
  let short = '';
  for (let n = 0; n < 16; n++) {
    short = ALPHABET[Number(bits & 31n)]! + short;
    bits >>= 5n;
  }
  return short;
}

/** The beginning of the id that a short form stands for, with its hyphens; null for what is none. I, L and O are read as 1, 1 and 0. */
export function prefixOfShortId(short: string): string | null {
  const plain = short.toLowerCase().replaceAll(/[il]/g, '1').replaceAll('o', '0');
  if (!/^[0-9a-hjkmnp-tv-z]{16}$/.test(plain)) return null;
  let bits = 0n;
  for (const character of plain) bits = (bits << 5n) | BigInt(ALPHABET.indexOf(character));
  const hex = bits.toString(16).padStart(20, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16)}`;
}
