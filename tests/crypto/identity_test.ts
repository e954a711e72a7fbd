import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Bytes, ByteWriter, concat, randomBytes, utf8 } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { fingerprintOf } from "../../crypto/fingerprint.ts";
import {
  grantOf,
  type IdentityRecord,
  identityUsesInvite,
  makeFirstIdentity,
  makeResetIdentity,
  makeRotatedIdentity,
  parseIdentity,
  verifyIdentity,
  verifyReset,
  verifySuccession,
} from "../../crypto/identity.ts";
import { inviteBindKey, inviteToken, inviteTokenHash } from "../../crypto/invite.ts";
import { type InviteGrantFields, makeInviteGrant } from "../../crypto/invite_grant.ts";
import { hmacSha256, sha256 } from "../../crypto/kdf.ts";
import {
  generateSigningKeyPair,
  importSigner,
  type Signer,
  verifySignature,
} from "../../crypto/sign.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { MAX_IDENTITY_BYTES } from "../../protocol/limits.ts";
import { assertAllRefused, type Layout, miscut, refusal, tampered } from "./tampering.ts";

const NOW = 1_760_000_000_000;
const newSigner = async () => await importSigner((await generateSigningKeyPair()).secret);
const [root, signer, nextSigner, thief] = await Promise.all([
  newSigner(),
  newSigner(),
  newSigner(),
  newSigner(),
]);
// The records carry KEM keys as bytes; nothing here encapsulates to them.
const [kemPublicKey, nextKem] = [randomBytes(1582), randomBytes(1582)];
const secret = randomBytes(16);
const bindKey = inviteBindKey(secret);
const zeros: Bytes = new Uint8Array(32);

const first = await makeFirstIdentity({
  user: "alice",
  kemPublicKey,
  signer,
  time: NOW,
  inviteSecret: secret,
});
const nextKeys = { kemPublicKey: nextKem, signer: nextSigner, time: NOW + 1 };
const rotated = await makeRotatedIdentity({
  previous: first,
  previousSigner: signer,
  ...nextKeys,
});

const grantFields: InviteGrantFields = {
  user: "alice",
  role: "member",
  epoch: 2,
  prevHash: first.hash,
  tokenHash: inviteTokenHash(inviteToken(secret)),
  time: NOW,
  by: "",
};
const grantWith = (changes: Partial<InviteGrantFields> & { signer?: Signer } = {}) =>
  makeInviteGrant({ signer: root, ...grantFields, ...changes });
const grant = await grantWith();
const resetWith = { user: "alice", inviteSecret: secret, ...nextKeys };
const reset = await makeResetIdentity({ ...resetWith, grant });

const FRONT: Layout = [
  ["version", 1],
  ["user", 6],
  ["epoch", 4],
  ["type", 1],
  ["KEM key", 1582],
  ["signing key", 1984],
  ["prevHash", 32],
  ["time", 8],
  ["inviteTag", 32],
  ["selfSig", 3373],
];
const SIGNED_BYTES = FRONT.slice(0, -1).reduce((sum, [, length]) => sum + length, 0);

/** The documented bytes of a record up to its tag. */
function front(epoch: number, type: number, keys: { kem: Bytes; signing: Bytes; time: number }) {
  return (prevHash: Bytes) =>
    concat(
      utf8("\x01\x05alice"),
      new ByteWriter().u32(epoch).u8(type).finish(),
      keys.kem,
      keys.signing,
      prevHash,
      new ByteWriter().u64(keys.time).finish(),
    );
}

Deno.test("identity: what is made is read back and verifies for its user", async () => {
  for (const record of [first, rotated, reset]) {
    assertEquals(await verifyIdentity(record.bytes, "alice"), record);
    assertEquals(record.hash, sha256(record.bytes));
  }
  assertEquals([first.user, first.epoch, first.time], ["alice", 1, NOW]);
  assertEquals([first.type, rotated.type, reset.type], ["first", "rotate", "reset"]);
  assertEquals(first.fingerprint, fingerprintOf(signer.publicKey));
  assertEquals([rotated.fingerprint, rotated.kemPublicKey], [
    fingerprintOf(nextSigner.publicKey),
    nextKem,
  ]);
  await verifySuccession(first, rotated);
  await verifyReset(reset, { grantKey: root.publicKey });
  await verifyReset(reset, { grantKey: root.publicKey, previous: first });
});

Deno.test("identity: a first record has the documented bytes", async () => {
  const keys = { kem: kemPublicKey, signing: signer.publicKey, time: NOW };
  const untagged = front(1, 1, keys)(zeros);
  const signed = concat(untagged, hmacSha256(bindKey, untagged));
  assertEquals(first.bytes.slice(0, signed.length), signed);
  assertEquals(first.bytes.length, signed.length + 3373);
  assertEquals([first.prevHash, first.authorization], [zeros, new Uint8Array(0)]);
  const signature = first.bytes.slice(-3373);
  assert(
    await verifySignature(signer.publicKey, { purpose: "identity", message: signed, signature }),
  );
});

Deno.test("identity: a rotation has the documented bytes", async () => {
  const keys = { kem: nextKem, signing: nextSigner.publicKey, time: NOW + 1 };
  const signed = concat(front(2, 2, keys)(first.hash), zeros);
  assertEquals(rotated.bytes.slice(0, signed.length), signed);
  assertEquals(rotated.bytes.length, signed.length + 2 * 3373);
  assertEquals(rotated.authorization, rotated.bytes.slice(-3373));
  const authorized = {
    purpose: "identity-authorization",
    message: rotated.bytes.slice(0, -3373),
    signature: rotated.authorization,
  } as const;
  assert(await verifySignature(signer.publicKey, authorized));
});

Deno.test("identity: a reset has the documented bytes", () => {
  const keys = { kem: nextKem, signing: nextSigner.publicKey, time: NOW + 1 };
  const untagged = front(2, 3, keys)(first.hash);
  const signed = concat(untagged, hmacSha256(bindKey, untagged));
  assertEquals(reset.bytes.slice(0, signed.length), signed);
  const length = new ByteWriter().u16(grant.bytes.length).finish();
  assertEquals(reset.bytes.slice(signed.length + 3373), concat(length, grant.bytes));
  assertEquals(reset.authorization, grant.bytes);
  assertEquals(grantOf(reset), grant);
  for (const record of [first, rotated]) assertThrows(() => grantOf(record), RangeError);
});

Deno.test("identity: every changed field of every type is refused", async () => {
  await assertAllRefused(tampered(first.bytes, FRONT), (b) => verifyIdentity(b, "alice"));
  const rotation: Layout = [...FRONT, ["authSig, Ed25519", 64], ["authSig, ML-DSA", 3309]];
  await assertAllRefused(tampered(rotated.bytes, rotation), async (bytes) => {
    await verifySuccession(first, await verifyIdentity(bytes, "alice"));
  });
  const resetting: Layout = [
    ...FRONT,
    ...[["grant length", 2], ["grant version", 1], ["grant user", 6], ["grant role", 1]] as const,
    ...[["grant epoch", 4], ["grant prevHash", 32], ["grant tokenHash", 32]] as const,
    ...[["grant time", 8], ["grant by", 1], ["grant byFingerprint", 32]] as const,
    ["grant signature", 3373],
  ];
  await assertAllRefused(tampered(reset.bytes, resetting), async (bytes) => {
    await verifyReset(await verifyIdentity(bytes, "alice"), { grantKey: root.publicKey });
  });
});

Deno.test("identity: any changed byte of the signed part breaks the record's own signature", async () => {
  const changed = [...Array(40).keys()].map((i) => 12 + i * 89).filter((at) => at < SIGNED_BYTES);
  for (const at of changed) {
    const bytes = first.bytes.with(at, first.bytes[at]! ^ 1) as Bytes;
    const inZeros = at >= 12 + 1582 + 1984 && at < 12 + 1582 + 1984 + 32;
    if (inZeros) await assertRejects(() => verifyIdentity(bytes, "alice"), FormatError);
    else assertEquals(await refusal(verifyIdentity(bytes, "alice")), "identity_signature");
  }
});

Deno.test("identity: cut or longer records of every type are a FormatError", () => {
  for (const record of [first, rotated, reset]) {
    for (const [how, bytes] of miscut(record.bytes)) {
      assertThrows(() => parseIdentity(bytes), FormatError, undefined, `${record.type}, ${how}`);
    }
  }
  const withGrant = concat(first.bytes, reset.bytes.slice(SIGNED_BYTES + 3373));
  for (const bytes of [withGrant, concat(first.bytes, rotated.authorization)]) {
    assertThrows(() => parseIdentity(bytes), FormatError, "too many");
  }
});

Deno.test("identity: the longest record fits what is sent", async () => {
  const user = "a".repeat(32);
  const longest = await grantWith({ user, by: user });
  const record = await makeResetIdentity({ ...resetWith, user, grant: longest });
  assertEquals(record.bytes.length, 10_601);
  assert(record.bytes.length <= MAX_IDENTITY_BYTES);
  await verifyReset(record, { grantKey: root.publicKey });
});

Deno.test("identity: keys of another user are refused", async () => {
  for (const record of [first, rotated, reset]) {
    assertEquals(await refusal(verifyIdentity(record.bytes, "bob")), "identity_user");
  }
});

/** A record with any epoch, type, prevHash and tag, validly signed by the keys in it. */
async function signedRecord(
  { epoch, type, prevHash = zeros, tag = zeros, tail = new Uint8Array(0) }: {
    epoch: number;
    type: number;
    prevHash?: Bytes;
    tag?: Bytes;
    tail?: Bytes;
  },
): Promise<Bytes> {
  const keys = { kem: nextKem, signing: nextSigner.publicKey, time: NOW + 1 };
  const signed = concat(front(epoch, type, keys)(prevHash), tag);
  return concat(signed, await nextSigner.sign("identity", signed), tail);
}

Deno.test("identity: type, epoch, prevHash and tag must fit each other", async () => {
  const authSig = rotated.authorization;
  const grantTail = reset.bytes.slice(SIGNED_BYTES + 3373);
  const { hash: prevHash } = first;
  const shapes: [boolean, Parameters<typeof signedRecord>[0]][] = [
    [false, { epoch: 0, type: 1 }],
    [true, { epoch: 1, type: 1 }],
    [false, { epoch: 2, type: 1 }],
    [false, { epoch: 1, type: 1, prevHash }],
    [false, { epoch: 1, type: 1, tail: authSig }],
    [false, { epoch: 0, type: 2, prevHash, tail: authSig }],
    [false, { epoch: 1, type: 2, prevHash, tail: authSig }],
    [true, { epoch: 2, type: 2, prevHash, tail: authSig }],
    [true, { epoch: 0xffff_ffff, type: 2, prevHash, tail: authSig }],
    [false, { epoch: 2, type: 2, prevHash }],
    [false, { epoch: 2, type: 2, prevHash, tag: prevHash, tail: authSig }],
    [false, { epoch: 2, type: 2, prevHash, tail: grantTail }],
    [false, { epoch: 1, type: 3, prevHash, tail: grantTail }],
    [true, { epoch: 2, type: 3, prevHash, tail: grantTail }],
    [false, { epoch: 2, type: 3, prevHash }],
    [false, { epoch: 2, type: 3, prevHash, tail: Uint8Array.of(0, 0) }],
    [false, { epoch: 2, type: 3, prevHash, tail: authSig }],
    [false, { epoch: 2, type: 4, prevHash, tail: authSig }],
    [false, { epoch: 1, type: 0 }],
  ];
  for (const [valid, shape] of shapes) {
    const bytes = await signedRecord(shape);
    const what = `type ${shape.type}, epoch ${shape.epoch}`;
    if (valid) assertEquals((await verifyIdentity(bytes, "alice")).epoch, shape.epoch, what);
    else assertThrows(() => parseIdentity(bytes), FormatError, undefined, what);
  }
});

Deno.test("identity: only the record's successor follows it", async () => {
  const bob = { user: "bob", kemPublicKey, signer, time: NOW, inviteSecret: null };
  const bobs = await makeFirstIdentity(bob);
  const other = await makeFirstIdentity({ ...bob, user: "alice" });
  const thirdSigner = await newSigner();
  const third = await makeRotatedIdentity({
    previous: rotated,
    previousSigner: nextSigner,
    ...{ kemPublicKey, signer: thirdSigner, time: NOW + 2 },
  });
  await verifySuccession(rotated, third);
  const wrong: [string, IdentityRecord, IdentityRecord][] = [
    ["a record skipped", first, third],
    ["backwards", rotated, first],
    ["itself", rotated, rotated],
    ["another user's", bobs, rotated],
    ["another record with the same keys", other, rotated],
    ["a reset", first, reset],
    ["a first record", first, other],
  ];
  for (const [what, previous, next] of wrong) {
    assertEquals(await refusal(verifySuccession(previous, next)), "identity_chain", what);
  }
});

Deno.test("identity: new keys that the old ones did not sign do not follow", async () => {
  const byThief = await makeRotatedIdentity({
    previous: first,
    previousSigner: thief,
    ...nextKeys,
  });
  assertEquals((await verifyIdentity(byThief.bytes, "alice")).epoch, 2);
  assertEquals(await refusal(verifySuccession(first, byThief)), "identity_chain");
  const bySelf = await makeRotatedIdentity({
    previous: first,
    previousSigner: nextSigner,
    ...nextKeys,
  });
  assertEquals(await refusal(verifySuccession(first, bySelf)), "identity_chain");
  // The old key's signature is there, but made for another purpose.
  const signed = rotated.bytes.slice(0, -3373);
  const repurposed = parseIdentity(concat(signed, await signer.sign("identity", signed)));
  assertEquals(await refusal(verifySuccession(first, repurposed)), "identity_chain");
  // The authorization is for other new keys.
  const others = await makeRotatedIdentity({
    previous: first,
    previousSigner: signer,
    ...{ ...nextKeys, kemPublicKey },
  });
  const moved = parseIdentity(concat(others.bytes.slice(0, -3373), rotated.authorization));
  assertEquals(await refusal(verifySuccession(first, moved)), "identity_chain");
});

Deno.test("identity: nobody takes over the keys of somebody else in a rotation", async () => {
  const borrowed: Signer = {
    publicKey: nextSigner.publicKey,
    sign: (purpose, message) => signer.sign(purpose, message),
  };
  const forged = await makeRotatedIdentity({
    previous: first,
    previousSigner: signer,
    ...{ ...nextKeys, signer: borrowed },
  });
  assertEquals(await refusal(verifyIdentity(forged.bytes, "alice")), "identity_signature");
});

Deno.test("identity: a reset counts only with a grant for it, by the right key", async () => {
  const grantKey = root.publicKey;
  assertEquals(await refusal(verifyReset(reset, { grantKey: thief.publicKey })), "invite_grant");
  const withGrant = async (changes: Partial<InviteGrantFields> & { signer?: Signer }) => {
    const { bytes } = await grantWith(changes);
    const length = new ByteWriter().u16(bytes.length).finish();
    return parseIdentity(concat(reset.bytes.slice(0, SIGNED_BYTES + 3373), length, bytes));
  };
  for (
    const changes of [
      { user: "bob" },
      { epoch: 3 },
      { epoch: 1, prevHash: zeros },
      { prevHash: rotated.hash },
      { signer: thief },
    ]
  ) {
    const record = await withGrant(changes);
    assertEquals(await refusal(verifyReset(record, { grantKey })), "invite_grant");
  }
  const byAdmin = await withGrant({ by: "bob", signer });
  await verifyReset(byAdmin, { grantKey: signer.publicKey });
  assertEquals(await refusal(verifyReset(byAdmin, { grantKey })), "invite_grant");
});

Deno.test("identity: a reset replaces the last record and no other", async () => {
  const grantKey = root.publicKey;
  for (const previous of [rotated, reset]) {
    assertEquals(await refusal(verifyReset(reset, { grantKey, previous })), "identity_chain");
  }
  for (const record of [first, rotated]) {
    assertEquals(await refusal(verifyReset(record, { grantKey })), "identity_chain");
  }
  const later = await grantWith({ epoch: 3, prevHash: rotated.hash });
  const second = await makeResetIdentity({ ...resetWith, grant: later });
  await verifyReset(second, { grantKey, previous: rotated });
  assertEquals(
    await refusal(verifyReset(second, { grantKey, previous: first })),
    "identity_chain",
  );
});

Deno.test("identity: a reset is not made with a grant for something else", async () => {
  const wrong = [
    { user: "bob" },
    { tokenHash: sha256(secret) },
    { epoch: 1, prevHash: zeros },
  ];
  for (const changes of wrong) {
    const foreign = await grantWith(changes);
    const made = makeResetIdentity({ ...resetWith, grant: foreign });
    assertEquals(await refusal(made), "invite_grant");
  }
});

Deno.test("identity: the invite's tag tells which invite was used", async () => {
  assert(identityUsesInvite(first, bindKey));
  assert(identityUsesInvite(reset, bindKey));
  assert(!identityUsesInvite(rotated, bindKey));
  for (const other of [secret, randomBytes(32), zeros]) assert(!identityUsesInvite(first, other));
  const without = { user: "bob", kemPublicKey, signer, time: NOW, inviteSecret: null };
  const untagged = await makeFirstIdentity(without);
  assertEquals(untagged.inviteTag, zeros);
  assert(!identityUsesInvite(untagged, bindKey));
  // A server that registers keys of its own cannot make the tag, nor take it from a record.
  const stolen = await signedRecord({ epoch: 1, type: 1, tag: first.inviteTag });
  assert(!identityUsesInvite(await verifyIdentity(stolen, "alice"), bindKey));
});

Deno.test("identity: records of the same keys differ in hash, so a chain has one history", async () => {
  const again = await makeRotatedIdentity({
    previous: first,
    previousSigner: signer,
    ...nextKeys,
  });
  assertNotEquals(again.hash, rotated.hash);
  await verifySuccession(first, again);
});

Deno.test("identity: any bytes are read or are a FormatError", () => {
  fc.assert(fc.property(fc.nat(), fc.uint8Array(), (at, inserted) => {
    for (const { bytes } of [first, rotated, reset]) {
      const place = at % bytes.length;
      const changed = concat(bytes.slice(0, place), inserted, bytes.slice(place + inserted.length));
      for (const candidate of [changed, bytes.slice(0, place), new Uint8Array(inserted)]) {
        try {
          assertEquals(parseIdentity(candidate).bytes, candidate);
        } catch (error) {
          assert(error instanceof FormatError && !(error instanceof TrustError), String(error));
        }
      }
    }
  }));
});
