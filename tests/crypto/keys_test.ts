import { assert, assertEquals, assertFalse, assertNotEquals, assertRejects } from "@std/assert";
import { type Bytes, concat, randomBytes, toHex, utf8 } from "../../crypto/bytes.ts";
import {
  decapsulate,
  encapsulate,
  importKemPrivateKey,
  importKemPublicKey,
  KEM_CIPHERTEXT_BYTES,
  KEM_PUBLIC_BYTES,
  kemKeyId,
} from "../../crypto/composite_kem.ts";
import { FormatError } from "../../crypto/errors.ts";
import { fingerprintOf, formatFingerprint } from "../../crypto/fingerprint.ts";
import { sha256 } from "../../crypto/kdf.ts";
import {
  generateSigningKeyPair,
  importSigner,
  SIGNATURE_BYTES,
  SIGNING_PUBLIC_BYTES,
  verifySignature,
} from "../../crypto/sign.ts";
import { kemPair } from "./keys.ts";
import { xWingEncapsulate, xWingGenerate } from "../../crypto/x_wing.ts";

const flipped = (bytes: Bytes, index: number): Bytes => {
  const changed = bytes.slice();
  changed[index]! ^= 1;
  return changed;
};

Deno.test("composite kem: what is encapsulated is decapsulated, with the stated lengths", async () => {
  const { publicKey, privateKey } = await kemPair("alice");
  assertEquals(publicKey.length, KEM_PUBLIC_BYTES);
  assertEquals(KEM_PUBLIC_BYTES, 1582);
  const { ciphertext, sharedSecret } = await encapsulate(await importKemPublicKey(publicKey));
  assertEquals(ciphertext.length, KEM_CIPHERTEXT_BYTES);
  assertEquals(KEM_CIPHERTEXT_BYTES, 1472);
  assertEquals(await decapsulate(privateKey, ciphertext), sharedSecret);
});

Deno.test("composite kem: a change in either half gives another secret and never an error", async () => {
  const { publicKey, privateKey } = await kemPair("alice");
  const { ciphertext, sharedSecret } = await encapsulate(await importKemPublicKey(publicKey));
  for (const index of [0, 1087, 1088, 1471]) {
    const secret = await decapsulate(privateKey, flipped(ciphertext, index));
    assertEquals(secret.length, 32);
    assertNotEquals(toHex(secret), toHex(sharedSecret));
  }
  const withoutRsa = concat(ciphertext.slice(0, 1088), new Uint8Array(384).fill(0xff));
  const [first, second] = await Promise.all([
    decapsulate(privateKey, withoutRsa),
    decapsulate(privateKey, withoutRsa),
  ]);
  assertNotEquals(toHex(first), toHex(second), "the substitute for t must be random");
});

Deno.test("composite kem: ciphertexts of another length are refused", async () => {
  const { privateKey } = await kemPair("alice");
  for (const length of [0, KEM_CIPHERTEXT_BYTES - 1, KEM_CIPHERTEXT_BYTES + 1]) {
    await assertRejects(() => decapsulate(privateKey, new Uint8Array(length)), FormatError);
  }
});

Deno.test("composite kem: public keys of a wrong form are refused", async () => {
  const { publicKey } = await kemPair("alice");
  const cases: Record<string, Bytes> = {
    "too short": publicKey.slice(1),
    "too long": concat(publicKey, new Uint8Array(1)),
    "ML-KEM coefficient not below the modulus": concat(
      new Uint8Array(1152).fill(0xff),
      publicKey.slice(1152),
    ),
    "RSA outer length": flipped(publicKey, 1184 + 3),
    "RSA modulus of 3071 bits": concat(
      publicKey.slice(0, 1184 + 9),
      Uint8Array.of(0x7f),
      publicKey.slice(1184 + 10),
    ),
    "RSA modulus even": concat(
      publicKey.slice(0, 1582 - 6),
      Uint8Array.of(publicKey.at(-6)! & 0xfe),
      publicKey.slice(-5),
    ),
    "RSA exponent 65536": flipped(publicKey, 1581),
  };
  for (const [name, key] of Object.entries(cases)) {
    await assertRejects(() => importKemPublicKey(key), FormatError, undefined, name);
  }
});

Deno.test("composite kem: a private key with somebody else's public half is refused", async () => {
  const [alice, bob] = [await kemPair("alice"), await kemPair("bob")];
  const mixed = [
    bob.publicKey,
    concat(alice.publicKey.slice(0, 1184), bob.publicKey.slice(1184)),
    concat(bob.publicKey.slice(0, 1184), alice.publicKey.slice(1184)),
  ];
  for (const publicKey of mixed) {
    await assertRejects(() => importKemPrivateKey(alice.secret, publicKey), FormatError);
  }
});

Deno.test("composite kem: the key id is the labelled hash's first eight bytes", async () => {
  const { publicKey, privateKey } = await kemPair("alice");
  const expected = sha256(concat(utf8("mailsec/1 kem-key-id\0"), publicKey)).slice(0, 8);
  assertEquals(kemKeyId(publicKey), expected);
  assertEquals(privateKey.keyId, expected);
});

Deno.test("x-wing: an all-zero X25519 half and wrong lengths are refused by both sides", async () => {
  const pair = await xWingGenerate();
  const { ciphertext } = await xWingEncapsulate(pair.publicKey);
  const zeroKey = concat(pair.publicKey.slice(0, 1184), new Uint8Array(32));
  const zeroCiphertext = concat(ciphertext.slice(0, 1088), new Uint8Array(32));
  await assertRejects(() => xWingEncapsulate(zeroKey), FormatError);
  await assertRejects(() => pair.decapsulate(zeroCiphertext), FormatError);
  await assertRejects(() => xWingEncapsulate(pair.publicKey.slice(1)), FormatError);
  await assertRejects(() => pair.decapsulate(ciphertext.slice(1)), FormatError);
});

Deno.test("signatures: valid for their key, purpose and message only", async () => {
  const { publicKey, secret } = await generateSigningKeyPair();
  const other = await generateSigningKeyPair();
  const signer = await importSigner(secret);
  assertEquals(signer.publicKey, publicKey);
  assertEquals(publicKey.length, SIGNING_PUBLIC_BYTES);
  const message = randomBytes(50);
  const signature = await signer.sign("mail", message);
  assertEquals(signature.length, SIGNATURE_BYTES);
  assertEquals(SIGNATURE_BYTES, 3373);

  const good = { purpose: "mail", message, signature } as const;
  assert(await verifySignature(publicKey, good));
  assertFalse(await verifySignature(other.publicKey, good));
  assertFalse(await verifySignature(publicKey, { ...good, purpose: "identity" }));
  assertFalse(await verifySignature(publicKey, { ...good, message: flipped(message, 0) }));
  for (const index of [0, 63, 64, 3372]) {
    const changed = flipped(signature, index);
    assertFalse(await verifySignature(publicKey, { ...good, signature: changed }));
  }
  for (const wrong of [signature.slice(1), concat(signature, Uint8Array.of(0))]) {
    assertFalse(await verifySignature(publicKey, { ...good, signature: wrong }));
  }
  assertFalse(await verifySignature(publicKey.slice(1), good));
});

Deno.test("signatures: halves of two signers do not make a signature of either", async () => {
  const [a, b] = await Promise.all([generateSigningKeyPair(), generateSigningKeyPair()]);
  const message = randomBytes(50);
  const [byA, byB] = [
    await (await importSigner(a.secret)).sign("mail", message),
    await (await importSigner(b.secret)).sign("mail", message),
  ];
  // A key of mixed halves: SHA-512(sigpk) inside what is signed binds the halves together.
  const mixedKey = concat(a.publicKey.slice(0, 32), b.publicKey.slice(32));
  const mixed = concat(byA.slice(0, 64), byB.slice(64));
  for (const key of [a.publicKey, b.publicKey, mixedKey]) {
    assertFalse(await verifySignature(key, { purpose: "mail", message, signature: mixed }));
  }
});

Deno.test("fingerprint: 160 bits shown as eight groups of four", async () => {
  const { publicKey } = await generateSigningKeyPair();
  const fingerprint = fingerprintOf(publicKey);
  assertEquals(fingerprint, sha256(concat(utf8("mailsec/1 fingerprint\0"), publicKey)));
  assert(/^([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$/.test(formatFingerprint(fingerprint)));
  assertEquals(
    formatFingerprint(new Uint8Array(32)),
    "0000-0000-0000-0000-0000-0000-0000-0000",
  );
});
