/**
 * X25519 (RFC 7748), the classical half of X-Wing.
 *
 * Bytes: docs/protocol.md, 1.2.
 */

import type { Bytes } from "./bytes.ts";
import { FormatError } from "./errors.ts";

/** A new key pair: the private half cannot be exported, the public one is 32 bytes. */
export async function generateX25519(): Promise<{ privateKey: CryptoKey; publicKey: Bytes }> {
  const pair = await crypto.subtle.generateKey("X25519", false, ["deriveBits"]) as CryptoKeyPair;
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { privateKey: pair.privateKey, publicKey };
}

/**
 * The shared secret, 32 bytes. Throws FormatError on a key that cannot be used and on an all-zero
 * result, which a peer forces with a point of small order (RFC 7748 section 6.1).
 */
export async function x25519(privateKey: CryptoKey, peer: Bytes): Promise<Bytes> {
  let secret: Bytes;
  try {
    const publicKey = await crypto.subtle.importKey("raw", peer, "X25519", false, []);
    const algorithm = { name: "X25519", public: publicKey };
    secret = new Uint8Array(await crypto.subtle.deriveBits(algorithm, privateKey, 256));
  } catch (cause) {
    throw new FormatError("The X25519 key cannot be used.", { cause });
  }
  let bits = 0;
  for (const byte of secret) bits |= byte;
  if (bits === 0) throw new FormatError("The X25519 key is of small order.");
  return secret;
}
