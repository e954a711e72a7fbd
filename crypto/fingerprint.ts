/**
 * Fingerprints of signing keys: what people compare, and what names an installation.
 */

import { type Bytes, toCrockford } from "./bytes.ts";
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
