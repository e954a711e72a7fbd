/** log.json against the second implementation of docs/protocol.md, and verified by the product. */
import { assert, assertEquals } from "@std/assert";
import {
  identityUsesInvite,
  verifyIdentity,
  verifyReset,
  verifySuccession,
} from "../../crypto/identity.ts";
import { inviteFitsLog, parseInvite, verifyInviteServer } from "../../crypto/invite.ts";
import { verifyLogHead } from "../../crypto/log_head.ts";
import { parseServerRecord, verifyServerRecord } from "../../crypto/server_record.ts";
import { verifyVouch } from "../../crypto/vouch.ts";
import type { Vector } from "../../tools/vectors/values.ts";
import { identityStart, inviteTag } from "./account.ts";
import { readVector } from "./files.ts";
import { inviteCode, isHead, logEntry, rootOf, serverRecordStart } from "./key_log.ts";
import { type Person, person } from "./persons.ts";
import {
  crockford,
  fingerprint,
  grouped,
  hkdf,
  join,
  keyId,
  lp8,
  type Raw,
  sha256,
  u16,
  u32,
  u64,
  u8,
  verifies,
  zeros,
} from "./primitives.ts";

const NOW = 1_760_000_000_000;
const [operator, alice, alice2, alice3, bob] = await Promise.all(
  ["server", "alice", "alice2", "alice3", "bob"].map(person),
) as [Person, Person, Person, Person, Person];
const realm = operator.fingerprint;

/** The log's entries (13.1): type, whom it is about, name of the record. */
const STORY: readonly (readonly [number, string, string])[] = [
  [1, "bob", "identity first bob"],
  [19, "bob", "act admin_granted"],
  [1, "alice", "identity first"],
  [5, "alice", "vouch"],
  [2, "alice", "identity rotate"],
  [16, "alice", "act disabled"],
  [17, "alice", "act enabled"],
  [21, "alice", "act account_reset"],
  [3, "alice", "identity reset"],
  [20, "bob", "act admin_revoked"],
  [18, "bob", "act removed"],
];

/** Checks that a record begins with `start` and goes on with a signature over it; gives the rest. */
function signedBy(
  [purpose, sigpk]: readonly [string, Raw],
  record: Raw,
  start: Raw,
): Raw {
  assertEquals(record.slice(0, start.length), start);
  const signature = record.slice(start.length, start.length + 3373);
  assert(verifies(purpose, sigpk, start, signature), purpose);
  return record.slice(start.length + 3373);
}

function checkIdentity(
  record: Raw,
  who: { user: string; epoch: number; type: number; keys: Person; prevHash: Raw; time: number },
  inviteSecret: Raw | null,
): Raw {
  const { user, epoch, type, keys, prevHash, time } = who;
  const start = identityStart({
    user,
    epoch,
    type,
    prevHash,
    time,
    kempk: keys.kempk,
    sigpk: keys.sigpk,
  });
  const tagged = join(start, inviteTag(inviteSecret, start));
  return signedBy(["identity", keys.sigpk], record, tagged);
}

function tokenHash(secret: Raw): Raw {
  return sha256(hkdf(secret, "mailsec/1 invite-token\0", 32));
}

Deno.test("vectors: a second implementation computes the identities", async () => {
  const vector = await readVector("log");
  const [secret, resetSecret] = [
    vector.bytes("invite secret"),
    vector.bytes("reset invite secret"),
  ];
  const first = vector.bytes("identity first");
  const rotate = vector.bytes("identity rotate");
  const reset = vector.bytes("identity reset");
  const grant = vector.bytes("grant");
  const her = { user: "alice" };
  const one = { ...her, epoch: 1, type: 1, keys: alice, prevHash: zeros(32), time: NOW };
  assertEquals(checkIdentity(first, one, secret).length, 0);
  const two = { ...her, epoch: 2, type: 2, keys: alice2, prevHash: sha256(first), time: NOW + 1 };
  const authorization = checkIdentity(rotate, two, null);
  const before = rotate.slice(0, -3373);
  assert(verifies("identity-authorization", alice.sigpk, before, authorization));
  const three = {
    ...her,
    epoch: 3,
    type: 3,
    keys: alice3,
    prevHash: sha256(rotate),
    time: NOW + 3,
  };
  assertEquals(checkIdentity(reset, three, resetSecret), join(u16(grant.length), grant));
  const bobs = { user: "bob", epoch: 1, type: 1, keys: bob, prevHash: zeros(32), time: NOW };
  assertEquals(checkIdentity(vector.bytes("identity first bob"), bobs, null).length, 0);

  const granted = join(u8(1), lp8("alice"), u8(1), u32(3), sha256(rotate), tokenHash(resetSecret));
  const byBob = join(granted, u64(NOW + 2), lp8("bob"), bob.fingerprint);
  assertEquals(signedBy(["invite", bob.sigpk], grant, byBob).length, 0);
  const asAdmin = join(u8(1), lp8("alice"), u8(2), u32(1), zeros(32), tokenHash(secret));
  const byServer = join(asAdmin, u64(NOW), lp8(""), operator.fingerprint);
  const serverGrant = vector.bytes("grant by the server");
  assertEquals(signedBy(["invite", operator.sigpk], serverGrant, byServer).length, 0);
  const word = join(u8(1), lp8("bob"), bob.fingerprint, lp8("alice"), sha256(first), u64(NOW + 4));
  assertEquals(signedBy(["vouch", bob.sigpk], vector.bytes("vouch"), word).length, 0);
});

Deno.test("vectors: a second implementation computes the key log and the invites", async () => {
  const vector = await readVector("log");
  assertEquals(vector.bytes("realm"), fingerprint(operator.sigpk));
  assertEquals(vector.text("server fingerprint shown"), grouped(crockford(realm.slice(0, 20))));
  assertEquals(vector.bytes("server kem key id"), keyId(operator.kempk));
  const start = serverRecordStart({
    ...{ realm, seq: 3, notBefore: NOW - 60_000, notAfter: NOW + 120 * 86_400_000 },
    ...operator,
  });
  const record = vector.bytes("server record");
  assertEquals(signedBy(["server-record", operator.sigpk], record, start).length, 0);

  const entries: Raw[] = [];
  checkHead(vector, entries);
  for (const [seq, [type, user, name]] of STORY.entries()) {
    const record = vector.bytes(name);
    if (name.startsWith("act ")) {
      const by = user === "bob" ? "" : "bob";
      assertEquals(record, join(u8(1), u8(type), lp8(user), lp8(by), u64(NOW + 5)));
    }
    entries.push(logEntry({ seq, time: NOW + 10 + seq, type, user, record }));
    assertEquals(vector.bytes(`entry ${seq}`), entries[seq]);
    assertEquals(vector.bytes(`root ${seq + 1}`), rootOf(entries));
  }
  checkHead(vector, entries);

  const invite = { rootFingerprint: realm, secret: vector.bytes("invite secret") };
  const byBob = inviteCode({
    ...{ ...invite, logSize: entries.length, logRoot: rootOf(entries), inviter: bob.fingerprint },
  });
  assertEquals(vector.text("invite"), `mailsec://alice@mail.example.org:12049/${byBob}`);
  const byServer = inviteCode({ ...invite, logSize: 0, logRoot: rootOf([]), inviter: zeros(32) });
  assertEquals(
    vector.text("invite by the server"),
    `mailsec://alice@[2001:db8::1]:12049/${byServer}`,
  );
  // In the test of the identities, above.
  for (const name of ["reset invite secret", "grant", "grant by the server"]) vector.text(name);
  assertEquals(vector.unread, []);
});

function checkHead(vector: Vector, entries: readonly Raw[]): void {
  const [size, root] = [entries.length, rootOf(entries)];
  assert(isHead(vector.text(`head ${size}`), { realm, size, root, sigpk: operator.sigpk }));
}

Deno.test("vectors: the product verifies the identities, the log and the invites of the file", async () => {
  const vector = await readVector("log");
  const record = parseServerRecord(vector.bytes("server record"));
  await verifyServerRecord(record, { now: NOW });
  const first = await verifyIdentity(vector.bytes("identity first"), "alice");
  const rotated = await verifyIdentity(vector.bytes("identity rotate"), "alice");
  const reset = await verifyIdentity(vector.bytes("identity reset"), "alice");
  await verifySuccession(first, rotated);
  await verifyReset(reset, { grantKey: bob.sigpk, previous: rotated });
  const bindKey = hkdf(vector.bytes("invite secret"), "mailsec/1 bind\0", 32);
  assert(identityUsesInvite(first, bindKey));
  assert(!identityUsesInvite(reset, bindKey));
  const vouch = await verifyVouch(vector.bytes("vouch"), bob.sigpk);
  assertEquals(vouch.identityHash, first.hash);
  const size = STORY.length;
  const head = await verifyLogHead(vector.text(`head ${size}`), {
    realm,
    signingKey: operator.sigpk,
  });
  assertEquals([head.size, head.root], [size, vector.bytes(`root ${size}`)]);
  const invite = parseInvite(vector.text("invite"));
  verifyInviteServer(invite, { fingerprint: realm });
  assert(inviteFitsLog(invite, head.root));
  assertEquals(parseInvite(vector.text("invite by the server")).inviterFingerprint, null);
});
