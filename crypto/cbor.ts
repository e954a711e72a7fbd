/**
 * Strict CBOR (RFC 8949) for what is signed or sealed: one value has one encoding, and only that
 * one is read. Shortest integers and lengths, definite lengths, map keys are texts, shorter keys
 * first and then in byte order, no tags, no floats, no `undefined`; text is exact UTF-8.
 *
 * Bytes: docs/protocol.md, 1.6.
 */

import { decode, encode, Token, Tokenizer, Type } from "cborg";
import { type Bytes, equalBytes, fromUtf8 } from "./bytes.ts";
import { FormatError } from "./errors.ts";

/** What such CBOR can hold. Numbers are integers between 0 and 2^53 - 1. */
export type CborValue = number | string | boolean | null | Bytes | CborValue[] | CborMap;
export type CborMap = Map<string, CborValue>;

const STRICT = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
  retainStringBytes: true,
  useMaps: true,
};

const ALLOWED: ReadonlySet<Type> = new Set([
  Type.uint,
  Type.string,
  Type.bytes,
  Type.array,
  Type.map,
  Type.true,
  Type.false,
  Type.null,
]);

/** First byte of a byte order mark, EF BB BF. */
const MARK_START = 0xef;

/** cborg's tokens without the types we never write, and with byte order marks kept. */
class StrictTokenizer extends Tokenizer {
  override next(): Token {
    const token = super.next();
    if (!ALLOWED.has(token.type)) {
      throw new FormatError(`CBOR type ${token.type.name} not allowed.`);
    }
    // cborg drops a mark at the start of a text. (Other lenience of its decoder, with bytes that are
    // not UTF-8, shows when the value is encoded again.)
    if (token.type !== Type.string || token.byteValue?.[0] !== MARK_START) return token;
    return new Token(Type.string, fromUtf8(token.byteValue), token.encodedLength);
  }
}

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
  let value: CborValue;
  let canonical: Bytes;
  try {
    value = decode(bytes, { ...STRICT, tokenizer: new StrictTokenizer(bytes, STRICT) });
    canonical = encodeCbor(value);
  } catch (cause) {
    // Among the causes: a RangeError when arrays are nested deeper than the stack.
    throw new FormatError(`The ${what} is not valid CBOR.`, { cause });
  }
  if (!equalBytes(canonical, bytes)) throw new FormatError(`The ${what} is not canonical CBOR.`);
  return value;
}
