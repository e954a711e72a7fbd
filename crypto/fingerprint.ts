/**
 * Fingerprints of signing keys: what people compare, and what names an installation.
 *
 * Bytes: docs/protocol.md, 2.2.
 */

import { type Bytes, fromCrockford, toCrockford } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { sha256 } from "./kdf.ts";
import { FINGERPRINT, labelled } from "./labels.ts";

/** How much of a fingerprint is shown: 160 bits, in bytes. */
const SHOWN_BYTES = 20;

/** `SHA-256("mailsec/1 fingerprint\0" ‖ public signing key)`: 32 bytes. */
export function fingerprintOf(signingPublicKey: Bytes): Bytes {
  return sha256(labelled(FINGERPRINT, signingPublicKey));
}

/** The first 160 bits in Crockford base32, eight groups of four: `"0RH4-7M2K-…"`. */
export function formatFingerprint(fingerprint: Bytes): string {
  const text = toCrockford(fingerprint.subarray(0, SHOWN_BYTES));
  return text.match(/.{4}/g)?.join("-") ?? "";
}

/**
 * A fingerprint as typed, in the form of {@linkcode formatFingerprint}: either case, hyphens and
 * blanks anywhere, `o` read as 0, `i` and `l` as 1.
 *
 * @throws {FormatError} when it is not the whole of one.
 */
export function normalizeFingerprint(text: string): string {
  const symbols = text.replace(/[-\s]/g, "");
  if (symbols.length !== (SHOWN_BYTES * 8) / 5) {
    throw new FormatError(`"${text}" is not a fingerprint.`, {
      hint: "Copy the whole of it: eight groups of four letters and digits.",
    });
  }
  return formatFingerprint(fromCrockford(symbols));
}
