import { assertEquals, assertThrows } from "@std/assert";
import { type Bytes, concat, randomBytes, toHex, utf8 } from "../../crypto/bytes.ts";
import { type CredentialsChange, signedCredentials } from "../../crypto/credentials.ts";
import { sha256 } from "../../crypto/kdf.ts";
import { generateSigningKeyPair, importSigner, verifySignature } from "../../crypto/sign.ts";

const change: CredentialsChange = {
  user: "alice",
  version: 0x01020304,
  record: randomBytes(192),
  recoveryHash: randomBytes(32),
  identity: randomBytes(10_000),
  bundle: randomBytes(3000),
};

Deno.test("credentials: what is signed has the documented bytes", () => {
  const lp8 = (bytes: Bytes) => concat(Uint8Array.of(bytes.length), bytes);
  const head = concat(utf8("mailsec/1 credentials\0"), lp8(utf8("alice")));
  assertEquals(
    signedCredentials(change),
    concat(
      head,
      Uint8Array.of(1, 2, 3, 4),
      lp8(sha256(change.record!)),
      lp8(change.recoveryHash!),
      lp8(sha256(change.identity!)),
      sha256(change.bundle),
    ),
  );
  const least = { ...change, record: null, recoveryHash: null, identity: null };
  assertEquals(
    signedCredentials(least),
    concat(head, Uint8Array.of(1, 2, 3, 4, 0, 0, 0), sha256(change.bundle)),
  );
});

Deno.test("credentials: every part counts, and no part can pass for another", () => {
  const hash = randomBytes(32);
  const changes: Partial<CredentialsChange>[] = [
    {},
    { user: "bob" },
    { version: 2 },
    { record: randomBytes(192) },
    { record: null },
    { recoveryHash: randomBytes(32) },
    { recoveryHash: null },
    { identity: randomBytes(10_000) },
    { identity: null },
    { bundle: randomBytes(3000) },
    { record: change.identity, identity: change.record },
    { record: null, recoveryHash: hash, identity: null },
    { record: hash, recoveryHash: null, identity: null },
    { record: null, recoveryHash: null, identity: hash },
    { record: null, recoveryHash: null, identity: null },
    { record: new Uint8Array(0) },
  ];
  const signed = changes.map((each) => toHex(signedCredentials({ ...change, ...each })));
  assertEquals(new Set(signed).size, changes.length);
});

Deno.test("credentials: a recovery hash of another length, or a version too great, is refused", () => {
  for (const length of [0, 31, 33]) {
    const recoveryHash = new Uint8Array(length);
    assertThrows(() => signedCredentials({ ...change, recoveryHash }), RangeError);
  }
  for (const version of [-1, 2 ** 32]) {
    assertThrows(() => signedCredentials({ ...change, version }));
  }
});

Deno.test("credentials: a signature for another purpose, key or change does not count", async () => {
  const { publicKey, secret } = await generateSigningKeyPair();
  const signer = await importSigner(secret);
  const message = signedCredentials(change);
  const signature = await signer.sign("credentials", message);
  const verify = (key: Bytes, signed: Bytes, made: Bytes) =>
    verifySignature(key, { purpose: "credentials", message: signed, signature: made });
  assertEquals(await verify(publicKey, message, signature), true);
  const other = (await generateSigningKeyPair()).publicKey;
  assertEquals(await verify(other, message, signature), false);
  const next = signedCredentials({ ...change, version: change.version + 1 });
  assertEquals(await verify(publicKey, next, signature), false);
  for (const purpose of ["identity", "identity-authorization", "mail", "vouch"] as const) {
    const misused = await signer.sign(purpose, message);
    assertEquals(await verify(publicKey, message, misused), false);
  }
});
