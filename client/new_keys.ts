import type { KeyBundle } from "../crypto/bundle_keys.ts";
import { generateKemKeyPair } from "../crypto/composite_kem.ts";
import { generateSigningKeyPair } from "../crypto/sign.ts";

/** New keys of a user. Slow (0.2 to 1.5 s, RSA): to be made before a connection waits. */
export async function newKeys(): Promise<Pick<KeyBundle, "kem" | "signing">> {
  const [kem, signing] = await Promise.all([generateKemKeyPair(), generateSigningKeyPair()]);
  return { kem: { publicKey: kem.publicKey, ...kem.secret }, signing: signing.secret };
}
