/**
 * Strict CBOR (RFC 8949) for what is signed or sealed: one value has one encoding, and only that
 * one is read. Shortest integers and lengths, definite lengths, map keys are texts, shorter keys
 * first and then in byte order, no tags, no floats, no `undefined`; text is exact UTF-8.
 *
 * Bytes: docs/protocol.md, 1.6.
 */

import { encode, Type } from "cborg";
import type { Bytes } from "./bytes.ts";
import { CborTokens } from "./cbor_tokens.ts";
import { FormatError } from "./errors.ts";

/** What such CBOR can hold. Numbers are integers between 0 and 2^53 - 1. */
export type CborValue = number | string | boolean | null | Bytes | CborValue[] | CborMap;
export type CborMap = Map<string, CborValue>;

/** The one encoding of a value. A lone surrogate in a text becomes U+FFFD. */
export function encodeCbor(value: CborValue): Bytes {
  // A copy: cborg may answer with a view of a larger buffer.
  return new Uint8Array(encode(value));
}

/**
 * The value in `bytes`, all of them.
 *
 * @param what is being read, for the error message
 * @throws {FormatError} on anything {@linkcode encodeCbor} does not make.
 */
export function decodeCbor(bytes: Bytes, what: string): CborValue {
  try {
    const tokens = new CborTokens(bytes);
    const value = readValue(tokens);
    if (!tokens.isDone) throw new FormatError("Bytes after the end of CBOR.");
    return value;
  } catch (cause) {
    // Among the causes: a RangeError when arrays are nested deeper than the stack.
    throw new FormatError(`The ${what} is not valid CBOR.`, { cause });
  }
}

function readValue(tokens: CborTokens): CborValue {
  const { type, value } = tokens.next();
  if (type === Type.array) {
    const items: CborValue[] = [];
    while (items.length < (value as number)) items.push(readValue(tokens));
    return items;
  }
  return type === Type.map ? readMap(tokens, value as number) : value as CborValue;
}

/** The order of the keys is that of their encodings: the head of a longer text is greater. */
function readMap(tokens: CborTokens, size: number): CborMap {
  const map: CborMap = new Map();
  let last = tokens.bytes.subarray(0, 0);
  while (map.size < size) {
    const start = tokens.position;
    const { type, value } = tokens.next();
    if (type !== Type.string) throw new FormatError(`CBOR type ${type.name} as a key.`);
    const key = tokens.bytes.subarray(start, tokens.position);
    if (!isBefore(last, key)) throw new FormatError("CBOR keys are not in order.");
    last = key;
    map.set(value as string, readValue(tokens));
  }
  return map;
}

function isBefore(left: Uint8Array, right: Uint8Array): boolean {
  const shared = Math.min(left.length, right.length);
  let at = 0;
  while (at < shared && left[at] === right[at]) at++;
  return at < shared ? left[at]! < right[at]! : left.length < right.length;
}
