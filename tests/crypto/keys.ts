/** Key pairs for tests: made once per run, because RSA generation takes up to 1.5 s. */

import type { Bytes } from "../../crypto/bytes.ts";
import {
  generateKemKeyPair,
  importKemPrivateKey,
  type KemPrivateKey,
  type KemSecret,
} from "../../crypto/composite_kem.ts";

export interface TestKemPair {
  publicKey: Bytes;
  secret: KemSecret;
  privateKey: KemPrivateKey;
}

const pairs = new Map<string, Promise<TestKemPair>>();

/** The key pair of this name, always the same one within a test file. */
export function kemPair(name: string): Promise<TestKemPair> {
  const known = pairs.get(name) ?? generate();
  pairs.set(name, known);
  return known;
}

async function generate(): Promise<TestKemPair> {
  const { publicKey, secret } = await generateKemKeyPair();
  return { publicKey, secret, privateKey: await importKemPrivateKey(secret, publicKey) };
}
