/** Vectors of identities and the key log: records, grants, vouches, entries, heads, invites. */
import { fromHex, utf8 } from "../../crypto/bytes.ts";
import { kemKeyId } from "../../crypto/composite_kem.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import {
  makeFirstIdentity,
  makeResetIdentity,
  makeRotatedIdentity,
} from "../../crypto/identity.ts";
import { inviteToken, inviteTokenHash, makeInvite, newInviteSecret } from "../../crypto/invite.ts";
import { makeInviteGrant } from "../../crypto/invite_grant.ts";
import {
  encodeAdminAct,
  encodeLogEntry,
  type LogEntryType,
  recordHashOf,
} from "../../crypto/log_entry.ts";
import { makeLogHead } from "../../crypto/log_head.ts";
import { leafHash, MerkleFrontier } from "../../crypto/merkle.ts";
import { sha256 } from "../../crypto/kdf.ts";
import { makeVouch } from "../../crypto/vouch.ts";
import { type Bytes } from "../../crypto/bytes.ts";
import { loadPeople, NOW, type People, serverRecordOf, type StoredKeys } from "./people.ts";
import { Recorder, type Values } from "./values.ts";

/** What the log of the vectors tells, in order: type, whom it is about, name of the record. */
export const STORY: readonly (readonly [type: LogEntryType, user: string, record: string])[] = [
  ["first", "bob", "identity first bob"],
  ["admin_granted", "bob", "act admin_granted"],
  ["first", "alice", "identity first"],
  ["vouch", "alice", "vouch"],
  ["rotate", "alice", "identity rotate"],
  ["disabled", "alice", "act disabled"],
  ["enabled", "alice", "act enabled"],
  ["account_reset", "alice", "act account_reset"],
  ["reset", "alice", "identity reset"],
  ["admin_revoked", "bob", "act admin_revoked"],
  ["removed", "bob", "act removed"],
];

/** Makes the vector; call it under fixed randomness. */
export async function makeLog(keys: StoredKeys): Promise<Values> {
  const people = await loadPeople(keys);
  const values = new Recorder();
  const record = await serverRecordOf(people);
  values.put("server record", record.bytes);
  values.put("realm", record.realm);
  values.put("server fingerprint shown", formatFingerprint(people.server.fingerprint));
  values.put("server kem key id", kemKeyId(people.server.kem.publicKey));
  await makeIdentities(people, values);
  for (const [type, user, name] of STORY) {
    if (!name.startsWith("act ")) continue;
    // The last two by the server's own machine.
    const by = user === "bob" ? "" : "bob";
    values.put(name, encodeAdminAct({ type: type as "removed", user, by, time: NOW + 5 }));
  }
  await makeHeads(people, values);
  return values.values;
}

async function makeIdentities({ server, alice, alice2, alice3, bob }: People, values: Recorder) {
  const secret = values.put("invite secret", newInviteSecret());
  const first = await makeFirstIdentity({
    ...{ user: "alice", kemPublicKey: alice.kem.publicKey, signer: alice.signer, time: NOW },
    inviteSecret: secret,
  });
  values.put("identity first", first.bytes);
  const rotated = await makeRotatedIdentity({
    ...{ previous: first, previousSigner: alice.signer, time: NOW + 1 },
    ...{ kemPublicKey: alice2.kem.publicKey, signer: alice2.signer },
  });
  values.put("identity rotate", rotated.bytes);
  const resetSecret = values.put("reset invite secret", newInviteSecret());
  const grant = await makeInviteGrant({
    ...{ user: "alice", role: "member", epoch: 3, prevHash: rotated.hash, time: NOW + 2 },
    ...{ tokenHash: inviteTokenHash(inviteToken(resetSecret)), by: "bob", signer: bob.signer },
  });
  values.put("grant", grant.bytes);
  const firstGrant = await makeInviteGrant({
    ...{ user: "alice", role: "admin", epoch: 1, prevHash: new Uint8Array(32), time: NOW },
    ...{ tokenHash: inviteTokenHash(inviteToken(secret)), by: "", signer: server.signer },
  });
  values.put("grant by the server", firstGrant.bytes);
  const reset = await makeResetIdentity({
    ...{ user: "alice", kemPublicKey: alice3.kem.publicKey, signer: alice3.signer, grant },
    ...{ time: NOW + 3, inviteSecret: resetSecret },
  });
  values.put("identity reset", reset.bytes);
  const bobs = await makeFirstIdentity({
    ...{ user: "bob", kemPublicKey: bob.kem.publicKey, signer: bob.signer, time: NOW },
    inviteSecret: null,
  });
  values.put("identity first bob", bobs.bytes);
  const vouch = await makeVouch({
    ...{ voucher: "bob", signer: bob.signer, user: "alice", identityHash: first.hash },
    time: NOW + 4,
  });
  values.put("vouch", vouch.bytes);
}

async function makeHeads({ server, bob }: People, values: Recorder): Promise<void> {
  const realm = server.fingerprint;
  const tree = new MerkleFrontier();
  const head = () => makeLogHead(server.signer, { realm, size: tree.size, root: tree.root() });
  values.put("head 0", (await head()).note);
  for (const [seq, [type, user, name]] of STORY.entries()) {
    const recordHash = recordHashOf(bytesOf(values, name));
    const entry = encodeLogEntry({ seq, time: NOW + 10 + seq, type, user, recordHash });
    values.put(`entry ${seq}`, entry);
    tree.append(leafHash(entry));
    values.put(`root ${seq + 1}`, tree.root());
  }
  values.put(`head ${tree.size}`, (await head()).note);
  const address = { user: "alice", host: "mail.example.org", port: 12_049 };
  const code = {
    ...{ rootFingerprint: realm, secret: bytesOf(values, "invite secret") },
    ...{ logSize: tree.size, logRoot: tree.root() },
  };
  values.put("invite", makeInvite({ ...address, ...code, inviterFingerprint: bob.fingerprint }));
  const empty = { logSize: 0, logRoot: sha256(utf8("")) };
  const ipv6 = { ...address, host: "2001:db8::1" };
  values.put(
    "invite by the server",
    makeInvite({ ...ipv6, ...code, ...empty, inviterFingerprint: null }),
  );
}

function bytesOf({ values }: Recorder, name: string): Bytes {
  return fromHex(values[name]!);
}
