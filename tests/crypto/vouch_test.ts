import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Bytes, ByteWriter, concat, utf8 } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { fingerprintOf } from "../../crypto/fingerprint.ts";
import {
  type InviteGrantFields,
  makeInviteGrant,
  parseInviteGrant,
  verifyInviteGrant,
} from "../../crypto/invite_grant.ts";
import { sha256 } from "../../crypto/kdf.ts";
import { generateSigningKeyPair, importSigner, verifySignature } from "../../crypto/sign.ts";
import { makeVouch, parseVouch, verifyVouch } from "../../crypto/vouch.ts";
import { MAX_GRANT_BYTES, MAX_VOUCH_BYTES } from "../../protocol/limits.ts";
import { assertAllRefused, type Layout, miscut, refusal, tampered } from "./tampering.ts";

const NOW = 1_760_000_000_000;
const newSigner = async () => await importSigner((await generateSigningKeyPair()).secret);
const [signer, other] = await Promise.all([newSigner(), newSigner()]);
const identityHash = sha256(utf8("an identity"));
const zeros: Bytes = new Uint8Array(32);
const LONGEST = "a".repeat(32);

const vouchFields = { voucher: "bob", signer, user: "alice", identityHash, time: NOW };
const vouch = await makeVouch(vouchFields);
const VOUCH: Layout = [
  ["version", 1],
  ["voucher", 4],
  ["voucherFingerprint", 32],
  ["user", 6],
  ["identityHash", 32],
  ["time", 8],
  ["signature, Ed25519", 64],
  ["signature, ML-DSA", 3309],
];

Deno.test("vouch: what is made is read back and verifies, with the documented bytes", async () => {
  assertEquals(await verifyVouch(vouch.bytes, signer.publicKey), vouch);
  assertEquals([vouch.voucher, vouch.user, vouch.time], ["bob", "alice", NOW]);
  const signed = concat(
    utf8("\x01\x03bob"),
    fingerprintOf(signer.publicKey),
    utf8("\x05alice"),
    identityHash,
    new ByteWriter().u64(NOW).finish(),
  );
  assertEquals(vouch.bytes.slice(0, -3373), signed);
  assertEquals(vouch.hash, sha256(vouch.bytes));
  const signature = vouch.bytes.slice(-3373);
  const part = { message: signed, signature };
  assert(await verifySignature(signer.publicKey, { purpose: "vouch", ...part }));
});

Deno.test("vouch: every changed field, and the key of somebody else, is refused", async () => {
  const verify = (bytes: Bytes) => verifyVouch(bytes, signer.publicKey);
  await assertAllRefused(tampered(vouch.bytes, VOUCH), verify);
  assertEquals(await refusal(verifyVouch(vouch.bytes, other.publicKey)), "vouch");
  const byOther = await makeVouch({ ...vouchFields, signer: other });
  assertEquals(await refusal(verify(byOther.bytes)), "vouch");
});

Deno.test("vouch: a signature under a borrowed fingerprint or for another purpose is refused", async () => {
  const signed = vouch.bytes.slice(0, -3373);
  const borrowed = concat(signed, await other.sign("vouch", signed));
  for (const key of [signer.publicKey, other.publicKey]) {
    assertEquals(await refusal(verifyVouch(borrowed, key)), "vouch");
  }
  const repurposed = concat(signed, await signer.sign("identity", signed));
  assertEquals(await refusal(verifyVouch(repurposed, signer.publicKey)), "vouch");
});

Deno.test("vouch: other versions, names and lengths are a FormatError", async () => {
  for (const version of [0, 2]) {
    assertThrows(() => parseVouch(vouch.bytes.with(0, version) as Bytes), FormatError, "version");
  }
  for (const [how, bytes] of miscut(vouch.bytes)) {
    assertThrows(() => parseVouch(bytes), FormatError, undefined, how);
  }
  for (const names of [{ voucher: "" }, { user: "" }, { voucher: "B" }, { user: `${LONGEST}a` }]) {
    await assertRejects(() => makeVouch({ ...vouchFields, ...names }), FormatError, "user name");
  }
  const longest = await makeVouch({ ...vouchFields, voucher: LONGEST, user: LONGEST });
  assertEquals(longest.bytes.length, 3512);
  assert(longest.bytes.length <= MAX_VOUCH_BYTES);
});

const grantFields: InviteGrantFields = {
  user: "alice",
  role: "admin",
  epoch: 2,
  prevHash: sha256(utf8("the record before")),
  tokenHash: sha256(utf8("a token")),
  time: NOW,
  by: "bob",
};
const grant = await makeInviteGrant({ ...grantFields, signer });
const GRANT: Layout = [
  ["version", 1],
  ["user", 6],
  ["wish", 1],
  ["epoch", 4],
  ["prevHash", 32],
  ["tokenHash", 32],
  ["time", 8],
  ["by", 4],
  ["byFingerprint", 32],
  ["signature, Ed25519", 64],
  ["signature, ML-DSA", 3309],
];

Deno.test("invite grant: what is made is read back and verifies, with the documented bytes", async () => {
  const read = parseInviteGrant(grant.bytes);
  await verifyInviteGrant(read, signer.publicKey);
  const byFingerprint = fingerprintOf(signer.publicKey);
  assertEquals(read, { ...grantFields, reset: false, byFingerprint, bytes: grant.bytes });
  const signed = concat(
    utf8("\x01\x05alice\x02"),
    Uint8Array.of(0, 0, 0, 2),
    grantFields.prevHash,
    grantFields.tokenHash,
    new ByteWriter().u64(NOW).finish(),
    utf8("\x03bob"),
    byFingerprint,
  );
  assertEquals(grant.bytes.slice(0, -3373), signed);
  const part = { message: signed, signature: grant.bytes.slice(-3373) };
  assert(await verifySignature(signer.publicKey, { purpose: "invite", ...part }));
});

Deno.test("invite grant: both roles, a reset or not, and the server as the one who grants", async () => {
  for (
    const [role, reset, code] of [
      ["member", false, 1],
      ["admin", false, 2],
      ["member", true, 17],
      ["admin", true, 18],
    ] as const
  ) {
    const made = await makeInviteGrant({ ...grantFields, role, reset, by: "", signer });
    assertEquals([made.role, made.reset, made.bytes[7], made.by], [role, reset, code, ""]);
    await verifyInviteGrant(made, signer.publicKey);
  }
});

Deno.test("invite grant: every changed field, and the key of somebody else, is refused", async () => {
  const verify = async (bytes: Bytes) => {
    await verifyInviteGrant(parseInviteGrant(bytes), signer.publicKey);
  };
  await assertAllRefused(tampered(grant.bytes, GRANT), verify);
  assertEquals(await refusal(verifyInviteGrant(grant, other.publicKey)), "invite_grant");
  const signed = grant.bytes.slice(0, -3373);
  const borrowed = parseInviteGrant(concat(signed, await other.sign("invite", signed)));
  for (const key of [signer.publicKey, other.publicKey]) {
    assertEquals(await refusal(verifyInviteGrant(borrowed, key)), "invite_grant");
  }
  const repurposed = concat(signed, await signer.sign("vouch", signed));
  assertEquals(await refusal(verify(repurposed)), "invite_grant");
});

Deno.test("invite grant: epoch and earlier keys must fit each other", async () => {
  const hash = grantFields.prevHash;
  const shapes: [boolean, number, Bytes][] = [
    [false, 0, zeros],
    [false, 0, hash],
    [true, 1, zeros],
    [false, 1, hash],
    [false, 2, zeros],
    [true, 2, hash],
    [true, 0xffff_ffff, hash],
    [false, 0x1_0000_0000, hash],
  ];
  for (const [valid, epoch, prevHash] of shapes) {
    const making = makeInviteGrant({ ...grantFields, epoch, prevHash, signer });
    if (valid) assertEquals((await making).epoch, epoch);
    else await assertRejects(() => making, FormatError);
  }
});

Deno.test("invite grant: other versions, roles, names and lengths are a FormatError", async () => {
  for (const version of [0, 2]) {
    const bytes = grant.bytes.with(0, version) as Bytes;
    assertThrows(() => parseInviteGrant(bytes), FormatError, "version");
  }
  for (const role of [0, 3, 16, 19, 33, 255]) {
    assertThrows(() => parseInviteGrant(grant.bytes.with(7, role) as Bytes), FormatError, "role");
  }
  for (const [how, bytes] of miscut(grant.bytes)) {
    assertThrows(() => parseInviteGrant(bytes), FormatError, undefined, how);
  }
  for (const names of [{ user: "" }, { user: "Alice" }, { by: "B" }, { by: `${LONGEST}a` }]) {
    const making = makeInviteGrant({ ...grantFields, ...names, signer });
    await assertRejects(() => making, FormatError, "user name");
  }
  const longest = { ...grantFields, user: LONGEST, by: LONGEST };
  const made = await makeInviteGrant({ ...longest, signer });
  assertEquals(made.bytes.length, 3549);
  assert(made.bytes.length <= MAX_GRANT_BYTES);
});

Deno.test("vouch, invite grant: any bytes are read or are a FormatError", () => {
  const parsers = [[vouch.bytes, parseVouch], [grant.bytes, parseInviteGrant]] as const;
  fc.assert(fc.property(fc.nat(200), fc.uint8Array(), (place, inserted) => {
    for (const [bytes, parse] of parsers) {
      const changed = concat(bytes.slice(0, place), inserted, bytes.slice(place + inserted.length));
      for (const candidate of [changed, new Uint8Array(inserted)]) {
        try {
          assertEquals(parse(candidate).bytes, candidate);
        } catch (error) {
          assert(error instanceof FormatError, String(error));
        }
      }
    }
  }));
});
