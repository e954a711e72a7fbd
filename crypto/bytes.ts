/**
 * Byte strings: joining, comparing, text encodings, and the strict reader and writer that every
 * binary layout of mailsec is parsed and made with. All integers are big-endian.
 */

import { FormatError } from "./errors.ts";

/** A byte string with a buffer of its own kind, as Web Crypto wants it. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** The empty byte string. */
export const EMPTY: Bytes = new Uint8Array(0);

/** Joins byte strings into a new one. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Whether two byte strings are equal. Looks at every byte of equally long strings, without an early
 * exit; JavaScript cannot promise more than that about timing.
 */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}

/** Fresh random bytes from the system's generator. */
export function randomBytes(length: number): Bytes {
  const bytes = new Uint8Array(length);
  // getRandomValues refuses more than 65,536 bytes at once.
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}

/**
 * Overwrites secrets that are no longer needed. Copies that the engine made on its own (moved
 * buffers, strings) are out of reach: this shortens the life of a secret, it does not end it.
 */
export function wipe(...secrets: readonly Uint8Array[]): void {
  for (const secret of secrets) secret.fill(0);
}

/**
 * Gives back the memory of bytes that nobody uses any more and that are the whole of their buffer:
 * whoever touches them afterwards gets an error. Left to the collector, which does not see how much
 * lies outside of its heap, what has passed through stays for a long time.
 */
export function release(bytes: Bytes): void {
  bytes.buffer.transfer(0);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Text to UTF-8. A lone surrogate becomes U+FFFD. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** UTF-8 to text, a leading byte order mark kept. Throws FormatError on anything not UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new FormatError("Text is not valid UTF-8.");
  }
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/** Hexadecimal, either case, to bytes. Throws FormatError. */
export function fromHex(text: string): Bytes {
  try {
    return Uint8Array.fromHex(text);
  } catch {
    throw new FormatError("Text is not hexadecimal.");
  }
}

/** Base64url without padding (RFC 4648 section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Base64url without padding to bytes. Throws FormatError on any text toBase64Url does not make. */
export function fromBase64Url(text: string): Bytes {
  let bytes: Bytes | undefined;
  try {
    bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
  } catch {
    // Reported below, together with texts that decode but are not canonical.
  }
  if (bytes === undefined || toBase64Url(bytes) !== text) {
    throw new FormatError("Text is not unpadded base64url.");
  }
  return bytes;
}

// Long enough for files of their own, but used together with the above everywhere.
export { fromCrockford, toCrockford } from "./crockford.ts";
export { ByteReader } from "./byte_reader.ts";
export { ByteWriter } from "./byte_writer.ts";
