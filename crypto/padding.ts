/**
 * How much is hidden of a length: padding of what is sealed.
 *
 * Bytes: docs/protocol.md, 1.6.
 */

import { ByteReader, type Bytes } from "./bytes.ts";
import { FormatError } from "./errors.ts";

/**
 * Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with
 * PURBs", algorithm 1): the smallest padded length for `length` bytes that leaks at most
 * O(log log n) bits of it, at a cost of at most 12 percent.
 *
 * @param length from 0 to 2^53 - 1
 */
export function padme(length: number): number {
  if (length < 2) return length;
  const exponent = length.toString(2).length - 1;
  const kept = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** Math.max(0, exponent - kept);
  return Math.ceil(length / step) * step;
}

/** `length` rounded up to a multiple of `step`, and to at least `least`. */
export function padToStep(length: number, step: number, least = step): number {
  return Math.max(least, Math.ceil(length / step) * step);
}

/** `u32 length ‖ value ‖ zeros` up to a multiple of `step` bytes. */
export function padBlob(value: Bytes, step: number): Bytes {
  const padded = new Uint8Array(padToStep(4 + value.length, step));
  new DataView(padded.buffer).setUint32(0, value.length);
  padded.set(value, 4);
  return padded;
}

/**
 * Takes the padding of {@linkcode padBlob} off.
 *
 * @throws {FormatError} when it is not exactly that padding.
 */
export function unpadBlob(padded: Bytes, step: number, what: string): Bytes {
  const reader = new ByteReader(padded, what);
  const value = reader.bytes(reader.u32());
  if (padded.length !== padToStep(4 + value.length, step)) {
    throw new FormatError(`The ${what} has padding of a wrong length.`);
  }
  reader.zeros(reader.remaining);
  return value;
}
