/**
 * Messages to bytes and back. A message is CBOR in its one canonical form; a struct is the array
 * of its fields in the order of the schema (names do not travel). What is decoded was checked
 * against every limit of its schema, and encoding it again gives the same bytes.
 *
 * Bytes: docs/protocol.md, 7.
 */
import { encode as encodeCbor } from "cborg";
import type { Bytes } from "../crypto/bytes.ts";
import { Lexer } from "./lexer.ts";
import type { Schema } from "./schema.ts";

/** The canonical bytes of `value`. Throws CodecError when the schema does not allow it. */
export function encode<T>(schema: Schema<T>, value: T): Bytes {
  return encodePacked(schema.pack(schema.check(value)));
}

/** The value in `bytes`, all of them. Throws CodecError, and nothing else. */
export function decode<T>(schema: Schema<T>, bytes: Uint8Array): T {
  const lexer = new Lexer(bytes);
  const value = schema.read(lexer);
  lexer.end();
  return value;
}

/**
 * Checks a plain value that came from somewhere else (a worker's port): right types, every limit
 * kept, no key too many. Returns a fresh copy of objects and arrays (byte arrays are not copied).
 * Throws CodecError.
 */
export function validate<T>(schema: Schema<T>, value: unknown): T {
  return schema.check(value);
}

/** CBOR of what `Schema.pack` returned (arrays, numbers, texts, byte arrays, booleans, null). */
export function encodePacked(packed: unknown): Bytes {
  // cborg may answer with a Buffer, or with a view of a pool of them, which must never be
  // transferred to a worker: then the bytes move into a buffer of their own.
  const bytes = encodeCbor(packed);
  const own = bytes.byteLength === bytes.buffer.byteLength && bytes.constructor === Uint8Array;
  return own ? bytes : new Uint8Array(bytes);
}
