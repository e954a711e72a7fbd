/** Invites and vouches that users make, and all the ways in which they are not theirs to make. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Bytes, randomBytes } from "../../crypto/bytes.ts";
import { type IdentityRecord, verifyIdentity } from "../../crypto/identity.ts";
import { inviteToken, inviteTokenHash, makeInvite, newInviteSecret } from "../../crypto/invite.ts";
import { type InviteGrantFields, makeInviteGrant } from "../../crypto/invite_grant.ts";
import { EMPTY_ROOT } from "../../crypto/merkle.ts";
import { generateSigningKeyPair, importSigner, type Signer } from "../../crypto/sign.ts";
import { makeVouch } from "../../crypto/vouch.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { inviteUser } from "../../protocol/messages/invite_user.ts";
import { lookup } from "../../protocol/messages/lookup.ts";
import { ping } from "../../protocol/messages/ping.ts";
import { putVouch } from "../../protocol/messages/put_vouch.ts";
import { removeUser, setRole } from "../../server/admin/users.ts";
import { verifyOffice } from "../../server/admin/verify.ts";
import { INVITE_LIFETIME_MS } from "../../server/vault/invites.ts";
import { startTestServer, type TestServer } from "./harness.ts";
import { acts, readLog } from "./log_reader.ts";
import { join, login, register, type TestClient } from "./test_client.ts";

const PASSWORD = "a password of nobody else";
const ZEROS = new Uint8Array(32);
const DAY_MS = 24 * 60 * 60_000;

async function newSigner(): Promise<Signer> {
  return await importSigner((await generateSigningKeyPair()).secret);
}

/** A user with a signing key of her own. */
async function joinWithKey(
  server: TestServer,
  user: string,
): Promise<{ client: TestClient; signer: Signer }> {
  const signer = await newSigner();
  return { client: await join(server, user, { password: PASSWORD, signer }), signer };
}

async function joinAdmin(server: TestServer, user: string) {
  const joined = await joinWithKey(server, user);
  await server.office((office) => setRole(office, user, "admin"));
  return joined;
}

/** The fields of a good grant for a name that nobody has had, by alice. */
function grantFor(user: string, secret: Bytes): InviteGrantFields {
  return {
    ...{ user, role: "member", epoch: 1, prevHash: ZEROS, time: Date.now(), by: "alice" },
    tokenHash: inviteTokenHash(inviteToken(secret)),
  };
}

function inviteLine(
  server: TestServer,
  { realm }: TestClient,
  { user, secret }: { user: string; secret: Bytes },
): string {
  return makeInvite({
    ...{ user, host: server.host, port: server.port, secret, rootFingerprint: realm },
    ...{ logSize: 0, logRoot: EMPTY_ROOT, inviterFingerprint: null },
  });
}

async function keysOf(client: TestClient, user: string): Promise<IdentityRecord[]> {
  const { results } = await client.session.request(lookup, { users: [user] });
  return await Promise.all(results[0]!.identities.map((record) => verifyIdentity(record, user)));
}

/** Asks for an invite; gives the code of the refusal, or null. */
async function invite(
  client: TestClient,
  { asked, ...fields }: InviteGrantFields & {
    signer: Signer;
    /** What the request says of a reset; what the grant says unless given. */
    asked?: boolean;
  },
): Promise<string | null> {
  const grant = (await makeInviteGrant(fields)).bytes;
  const reset = asked ?? fields.reset ?? false;
  return await codeOf(client.session.request(inviteUser, { grant, reset }));
}

async function codeOf(reply: Promise<unknown>): Promise<string | null> {
  try {
    await reply;
    return null;
  } catch (error) {
    if (error instanceof ServerError) return error.code;
    throw error;
  }
}

Deno.test("user invites: an administrator invites from her own machine, a member and another one", async () => {
  await using server = await startTestServer();
  const { client: alice, signer } = await joinAdmin(server, "alice");
  const before = Date.now();
  for (const [user, role] of [["bob", "member"], ["carol", "admin"]] as const) {
    const secret = newInviteSecret();
    const grant = await makeInviteGrant({ ...grantFor(user, secret), role, signer });
    const { expires } = await alice.session.request(inviteUser, {
      grant: grant.bytes,
      reset: false,
    });
    assert(expires >= before + INVITE_LIFETIME_MS && expires <= Date.now() + INVITE_LIFETIME_MS);
    const line = inviteLine(server, alice, { user, secret });
    assert((await register(server.port, line, PASSWORD)).accepted);
  }
  const { entries } = await readLog(alice.session, server.port);
  assertEquals(
    acts(entries).slice(2),
    ["first bob", "first carol", "admin_granted carol"],
  );
  const carol = await login(server.port, "carol", PASSWORD);
  const grant = { ...grantFor("dave", newInviteSecret()), by: "carol", signer };
  assertEquals(await invite(carol, grant), "bad_request", "alice's key is not carol's");
  await carol.close();
  await alice.close();
});

Deno.test("user invites: who is no administrator invites nobody, nor with somebody's grant", async () => {
  await using server = await startTestServer();
  const { client: alice, signer } = await joinAdmin(server, "alice");
  const { client: bob, signer: bobs } = await joinWithKey(server, "bob");
  const good = grantFor("dave", newInviteSecret());
  assertEquals(await invite(bob, { ...good, by: "bob", signer: bobs }), "not_admin");
  assertEquals(await invite(bob, { ...good, signer }), "not_admin", "alice's grant, stolen");
  await server.office((office) => setRole(office, "alice", "member"));
  assertEquals(await invite(alice, { ...good, signer }), "not_admin", "not any more");
  await bob.close();
  await alice.close();
});

Deno.test("user invites: a grant that does not fit, in whatever way, changes nothing", async () => {
  await using server = await startTestServer();
  const { client: alice, signer } = await joinAdmin(server, "alice");
  const { client: bob } = await joinWithKey(server, "bob");
  const good = { ...grantFor("dave", newInviteSecret()), signer };
  const old = { ...good, time: Date.now() - INVITE_LIFETIME_MS };
  const [record] = await keysOf(alice, "bob");
  const bobAgain = { ...good, user: "bob", epoch: 2, prevHash: record!.hash };
  const [hers] = await keysOf(alice, "alice");
  const alices = { ...good, user: "alice", epoch: 2, prevHash: hers!.hash };
  const size = (await readLog(alice.session, server.port)).head.size;
  for (
    const [name, wish, code] of [
      ["another key", { ...good, signer: await newSigner() }, "bad_request"],
      ["another's name", { ...good, by: "bob" }, "bad_request"],
      ["the server's name", { ...good, by: "" }, "bad_request"],
      ["a time long ago", old, "bad_request"],
      ["keys that never were", { ...good, epoch: 2, prevHash: randomBytes(32) }, "bad_request"],
      ["no reset", bobAgain, "user_exists"],
      ["a reset of nobody", { ...good, reset: true }, "user_unknown"],
      ["a first for a user", { ...good, user: "bob", reset: true }, "bad_request"],
      ["other keys before", { ...bobAgain, prevHash: randomBytes(32), reset: true }, "bad_request"],
      ["an epoch too far", { ...bobAgain, epoch: 3, reset: true }, "bad_request"],
      ["an invite made a reset", { ...bobAgain, asked: true }, "bad_request"],
      ["a reset made an invite", { ...good, reset: true, asked: false }, "bad_request"],
      ["herself", { ...alices, reset: true }, "bad_request"],
      ["a time far ahead", { ...good, time: Date.now() + 2 * DAY_MS }, "bad_request"],
    ] as const
  ) {
    assertEquals(await invite(alice, wish), code, name);
  }
  const garbage = { grant: randomBytes(3500), reset: false };
  assertEquals(await codeOf(alice.session.request(inviteUser, garbage)), "bad_request");
  assertEquals((await keysOf(bob, "bob")).length, 1);
  assertEquals((await readLog(alice.session, server.port)).head.size, size);
  assertEquals((await server.office(verifyOffice)).users, 2);
  await bob.close();
  await alice.close();
});

Deno.test("user invites: an administrator resets a user, whose session ends at once", async () => {
  await using server = await startTestServer();
  const { client: alice, signer } = await joinAdmin(server, "alice");
  const { client: bob } = await joinWithKey(server, "bob");
  const [record] = await keysOf(alice, "bob");
  const secret = newInviteSecret();
  const place = { epoch: 2, prevHash: record!.hash };
  const wish = { ...grantFor("bob", secret), ...place, signer, reset: true };
  assertEquals(await invite(alice, wish), null);
  await bob.wire.ended;
  assertEquals(await codeOf(bob.session.request(ping, {})), "credentials_changed");
  const line = inviteLine(server, alice, { user: "bob", secret });
  assert((await register(server.port, line, PASSWORD)).accepted);
  assertEquals((await register(server.port, line, PASSWORD)).accepted, false, "used up");
  // The grant is brought again: there are other keys now.
  assertEquals(await invite(alice, wish), "bad_request");
  const { entries } = await readLog(alice.session, server.port);
  assertEquals(acts(entries).slice(3), ["account_reset bob", "reset bob"]);
  assertEquals(await server.office(verifyOffice), { users: 2, problems: [] });
  await alice.close();
});

Deno.test("user invites: the word of an administrator counts as long as she is one", async () => {
  await using server = await startTestServer();
  const { client: alice, signer } = await joinAdmin(server, "alice");
  const secret = newInviteSecret();
  assertEquals(await invite(alice, { ...grantFor("dave", secret), signer }), null);
  const line = inviteLine(server, alice, { user: "dave", secret });
  await server.office((office) => setRole(office, "alice", "member"));
  const refused = { accepted: false, code: "invite_unknown" } as const;
  assertEquals(await register(server.port, line, PASSWORD), refused);
  await server.office((office) => setRole(office, "alice", "admin"));
  await server.office((office) => removeUser(office, "alice"));
  assertEquals(await register(server.port, line, PASSWORD), refused);
  alice.wire.close();
});

Deno.test("user invites: an invite that was replaced does not come back with its grant", async () => {
  await using server = await startTestServer();
  const { client: alice, signer } = await joinAdmin(server, "alice");
  const [leaked, sent] = [newInviteSecret(), newInviteSecret()];
  const earlier = { ...grantFor("dave", leaked), signer };
  const later = { ...grantFor("dave", sent), time: earlier.time + 1, signer };
  assertEquals(await invite(alice, earlier), null);
  assertEquals(await invite(alice, later), null);
  assertEquals(await invite(alice, earlier), "bad_request");
  assertEquals(await invite(alice, later), null, "asked again");
  const old = inviteLine(server, alice, { user: "dave", secret: leaked });
  assertEquals((await register(server.port, old, PASSWORD)).accepted, false);
  const line = inviteLine(server, alice, { user: "dave", secret: sent });
  assert((await register(server.port, line, PASSWORD)).accepted);
  await alice.close();
});

Deno.test("user invites: an invite that was removed does not come back with its grant", async () => {
  await using server = await startTestServer();
  const { client: alice, signer } = await joinAdmin(server, "alice");
  const earlier = { ...grantFor("dave", newInviteSecret()), time: Date.now() - 1, signer };
  assertEquals(await invite(alice, earlier), null);
  await server.office((office) => removeUser(office, "dave"));
  assertEquals(await invite(alice, earlier), "bad_request");
  const later = { ...grantFor("dave", newInviteSecret()), time: Date.now() + 1, signer };
  assertEquals(await invite(alice, later), null);
  await alice.close();
});

Deno.test("user invites: the word of whoever had an administrator's name before does not count", async () => {
  await using server = await startTestServer();
  const { client: former, signer } = await joinAdmin(server, "alice");
  const secret = newInviteSecret();
  assertEquals(await invite(former, { ...grantFor("dave", secret), signer }), null);
  await register(server.port, (await server.reset("alice")).invite, PASSWORD);
  const alice = await login(server.port, "alice", PASSWORD);
  const wish = { ...grantFor("erin", newInviteSecret()), signer };
  assertEquals(await invite(alice, wish), "bad_request", "alice has other keys now");
  const line = inviteLine(server, alice, { user: "dave", secret });
  const refused = { accepted: false, code: "invite_unknown" } as const;
  assertEquals(await register(server.port, line, PASSWORD), refused);
  await alice.close();
  former.wire.close();
});

Deno.test("vouches: a word for somebody's keys is in the log once, and in the directory", async () => {
  await using server = await startTestServer();
  const { client: alice, signer } = await joinWithKey(server, "alice");
  const { client: bob } = await joinWithKey(server, "bob");
  const [record] = await keysOf(alice, "bob");
  const fields = { voucher: "alice", user: "bob", identityHash: record!.hash, signer };
  const vouches = await Promise.all([1, 2].map((time) => makeVouch({ ...fields, time })));
  await Promise.all(
    vouches.map(({ bytes: vouch }) => alice.session.request(putVouch, { vouch })),
  );
  const { entries } = await readLog(bob.session, server.port);
  assertEquals(acts(entries), ["first alice", "first bob", "vouch bob"]);
  const { results } = await bob.session.request(lookup, { users: ["alice", "bob"] });
  assertEquals(results[0]!.vouches, []);
  const known = vouches.find(({ hash }) => String(hash) === String(entries[2]!.recordHash));
  assertEquals(results[1]!.vouches, [known!.bytes]);
  await bob.close();

  await register(server.port, (await server.reset("bob")).invite, PASSWORD);
  const after = await alice.session.request(lookup, { users: ["bob"] });
  assertEquals(after.results[0]!.vouches, [], "a word for keys that were replaced");
  assertEquals(
    await codeOf(alice.session.request(putVouch, { vouch: vouches[0]!.bytes })),
    "bad_request",
  );
  assertEquals(await server.office(verifyOffice), { users: 2, problems: [] });
  await alice.close();
});

Deno.test("vouches: nobody gives another's word, or a word for keys that are not there", async () => {
  await using server = await startTestServer();
  const { client: alice, signer } = await joinWithKey(server, "alice");
  const { client: bob, signer: bobs } = await joinWithKey(server, "bob");
  const [hers, his] = [await keysOf(alice, "alice"), await keysOf(alice, "bob")];
  const good = { voucher: "alice", user: "bob", identityHash: his[0]!.hash, time: 1, signer };
  for (
    const [name, fields] of [
      ["another's name", { ...good, voucher: "bob" }],
      ["another's name and key", { ...good, voucher: "bob", signer: bobs }],
      ["another's key", { ...good, signer: bobs }],
      ["other keys", { ...good, identityHash: randomBytes(32) }],
      ["another's keys", { ...good, identityHash: hers[0]!.hash }],
      ["a name that nobody has", { ...good, user: "nobody" }],
      ["oneself", { ...good, user: "alice", identityHash: hers[0]!.hash }],
    ] as const
  ) {
    const { bytes: vouch } = await makeVouch(fields);
    const code = await codeOf(alice.session.request(putVouch, { vouch }));
    assertEquals(code, "bad_request", name);
  }
  const changed = (await makeVouch(good)).bytes;
  changed[changed.length - 1]! ^= 1;
  assertEquals(await codeOf(alice.session.request(putVouch, { vouch: changed })), "bad_request");
  assertEquals((await readLog(bob.session, server.port)).head.size, 2);
  await assertRejects(() => alice.session.request(putVouch, { vouch: randomBytes(5000) }));
  await bob.close();
  alice.wire.close();
});
