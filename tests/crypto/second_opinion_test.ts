/**
 * The runtime's own primitives against @noble/post-quantum and @noble/curves: two independent
 * implementations that must agree, in both directions.
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import { ed25519, x25519 as nobleX25519 } from "@noble/curves/ed25519.js";
import { ml_kem768_x25519 } from "@noble/post-quantum/hybrid.js";
import { ml_dsa65 } from "@noble/post-quantum/ml-dsa.js";
import { ml_kem768 } from "@noble/post-quantum/ml-kem.js";
import { type Bytes, concat, randomBytes } from "../../crypto/bytes.ts";
import { sha512 } from "../../crypto/kdf.ts";
import { labelled } from "../../crypto/labels.ts";
import { importSigner, verifySignature } from "../../crypto/sign.ts";
import {
  importMlKemPublic,
  importMlKemSeed,
  mlKemDecapsulate,
  mlKemEncapsulate,
} from "../../crypto/ml_kem.ts";
import { generateX25519, x25519 } from "../../crypto/x25519.ts";
import { xWingEncapsulate, xWingGenerate } from "../../crypto/x_wing.ts";

/** noble's types allow shared buffers; the bytes are ours all the same. */
const own = (bytes: Uint8Array): Bytes => new Uint8Array(bytes);

Deno.test("x-wing: noble encapsulates, we decapsulate", async () => {
  const pair = await xWingGenerate();
  const { cipherText, sharedSecret } = ml_kem768_x25519.encapsulate(pair.publicKey);
  assertEquals(await pair.decapsulate(own(cipherText)), own(sharedSecret));
});

Deno.test("x-wing: we encapsulate, noble decapsulates", async () => {
  const pair = ml_kem768_x25519.keygen();
  const { ciphertext, sharedSecret } = await xWingEncapsulate(own(pair.publicKey));
  assertEquals(own(ml_kem768_x25519.decapsulate(ciphertext, pair.secretKey)), sharedSecret);
});

Deno.test("ml-kem-768: same key from a seed, and each opens what the other encapsulates", async () => {
  const seed = randomBytes(64);
  const noble = ml_kem768.keygen(seed);
  const privateKey = await importMlKemSeed(seed);
  const theirs = ml_kem768.encapsulate(noble.publicKey);
  assertEquals(
    await mlKemDecapsulate(privateKey, own(theirs.cipherText)),
    own(theirs.sharedSecret),
  );
  const ours = await mlKemEncapsulate(await importMlKemPublic(own(noble.publicKey)));
  assertEquals(own(ml_kem768.decapsulate(ours.ciphertext, noble.secretKey)), ours.sharedKey);
});

Deno.test("ml-kem-768: a changed ciphertext gives the same unrelated secret in both", async () => {
  const seed = randomBytes(64);
  const noble = ml_kem768.keygen(seed);
  const changed = own(ml_kem768.encapsulate(noble.publicKey).cipherText);
  changed[100]! ^= 1;
  const privateKey = await importMlKemSeed(seed);
  const expected = own(ml_kem768.decapsulate(changed, noble.secretKey));
  assertEquals(await mlKemDecapsulate(privateKey, changed), expected);
});

Deno.test("x25519: both sides agree with noble", async () => {
  const pair = await generateX25519();
  const secret = nobleX25519.utils.randomSecretKey();
  const shared = await x25519(pair.privateKey, own(nobleX25519.getPublicKey(secret)));
  assertEquals(shared, own(nobleX25519.getSharedSecret(secret, pair.publicKey)));
});

Deno.test("signatures: keys from seeds as noble makes them, both halves verify there", async () => {
  const secret = { ed25519Seed: randomBytes(32), mlDsaSeed: randomBytes(32) };
  const signer = await importSigner(secret);
  const mlDsa = ml_dsa65.keygen(secret.mlDsaSeed);
  const ed25519Public = ed25519.getPublicKey(secret.ed25519Seed);
  assertEquals(signer.publicKey, concat(ed25519Public, mlDsa.publicKey));

  const message = randomBytes(100);
  const signed = labelled("sig mail", sha512(signer.publicKey), sha512(message));
  const signature = await signer.sign("mail", message);
  assert(ed25519.verify(signature.slice(0, 64), signed, ed25519Public));
  assert(ml_dsa65.verify(signature.slice(64), signed, mlDsa.publicKey));
});

Deno.test("signatures: what noble signs, we verify; half of it is not enough", async () => {
  const secret = { ed25519Seed: randomBytes(32), mlDsaSeed: randomBytes(32) };
  const { publicKey } = await importSigner(secret);
  const message = randomBytes(100);
  const signed = labelled("sig identity", sha512(publicKey), sha512(message));
  const first = ed25519.sign(signed, secret.ed25519Seed);
  const second = ml_dsa65.sign(signed, ml_dsa65.keygen(secret.mlDsaSeed).secretKey);
  const verify = (signature: Bytes) =>
    verifySignature(publicKey, { purpose: "identity", message, signature });
  assert(await verify(concat(first, second)));
  assertFalse(await verify(concat(new Uint8Array(64), second)));
  assertFalse(await verify(concat(first, new Uint8Array(3309))));
});
