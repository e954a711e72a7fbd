/**
 * Crockford base32 (https://www.crockford.com/base32.html), without its check symbol: for what
 * people read aloud and type, such as fingerprints, invites and recovery codes.
 *
 * Bits are taken from the most significant end of the byte string; the last symbol is filled up with
 * zero bits.
 *
 * Bytes: docs/protocol.md, 1.7.
 */

import { FormatError } from "./errors.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Symbol to value, lower case and the look-alikes o, i and l included. */
const VALUES: ReadonlyMap<string, number> = new Map([
  ...Array.from(ALPHABET, (symbol, value) => [symbol, value] as const),
  ...Array.from(ALPHABET.toLowerCase(), (symbol, value) => [symbol, value] as const),
  ...Array.from("oO", (symbol) => [symbol, 0] as const),
  ...Array.from("iIlL", (symbol) => [symbol, 1] as const),
]);

/** Bytes to upper-case Crockford base32. */
export function toCrockford(bytes: Uint8Array): string {
  let text = "";
  let pending = 0;
  let pendingBits = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    pendingBits += 8;
    while (pendingBits >= 5) {
      pendingBits -= 5;
      text += ALPHABET[(pending >>> pendingBits) & 31];
    }
    pending &= (1 << pendingBits) - 1;
  }
  if (pendingBits > 0) text += ALPHABET[(pending << (5 - pendingBits)) & 31];
  return text;
}

/**
 * Crockford base32 to bytes. Either case, `o` read as 0, `i` and `l` as 1, hyphens and blanks
 * ignored. Throws FormatError on other symbols, on a length no byte string has, and on filling bits
 * that are not zero.
 */
export function fromCrockford(text: string): Uint8Array<ArrayBuffer> {
  const symbols = text.replace(/[-\s]/g, "");
  const bytes = new Uint8Array(Math.floor((symbols.length * 5) / 8));
  let at = 0;
  let pending = 0;
  let pendingBits = 0;
  for (const symbol of symbols) {
    const value = VALUES.get(symbol);
    if (value === undefined) throw new FormatError(`Text has "${symbol}", which base32 has not.`);
    pending = (pending << 5) | value;
    pendingBits += 5;
    if (pendingBits >= 8) {
      pendingBits -= 8;
      bytes[at++] = pending >>> pendingBits;
      pending &= (1 << pendingBits) - 1;
    }
  }
  if (pendingBits >= 5 || pending !== 0) throw new FormatError("Text is not complete base32.");
  return bytes;
}
