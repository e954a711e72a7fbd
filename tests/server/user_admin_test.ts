/** What an administrator does at the server's machine, and what everybody sees of it. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { equalBytes } from "../../crypto/bytes.ts";
import { makeFirstIdentity, verifyIdentity, verifyReset } from "../../crypto/identity.ts";
import { parseInvite } from "../../crypto/invite.ts";
import { isIdentityEntry } from "../../crypto/log_entry.ts";
import { verifyLogHead } from "../../crypto/log_head.ts";
import { generateSigningKeyPair, importSigner } from "../../crypto/sign.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { getState } from "../../protocol/messages/get_state.ts";
import { list } from "../../protocol/messages/list.ts";
import { lookup } from "../../protocol/messages/lookup.ts";
import { ping } from "../../protocol/messages/ping.ts";
import { ConnectionLostError } from "../../protocol/session_errors.ts";
import { removeUser, setDisabled, setRole } from "../../server/admin/users.ts";
import { verifyOffice } from "../../server/admin/verify.ts";
import { AccountError } from "../../server/errors.ts";
import { startTestServer } from "./harness.ts";
import { acts, readLog, rootOf, serverRecord } from "./log_reader.ts";
import { join, login, register, testKeys } from "./test_client.ts";

const PASSWORD = "a password of nobody else";

Deno.test("user administration: every act is an entry of the key log, in its order", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  await server.invite("bob");
  await (await join(server, "bob")).close();
  await server.office((office) => setDisabled(office, "BOB", true));
  await server.office((office) => setDisabled(office, "bob", true));
  await server.office((office) => setDisabled(office, "bob", false));
  await server.office((office) => setRole(office, "bob", "admin"));
  await server.office((office) => setRole(office, "bob", "admin"));
  await server.office((office) => setRole(office, "bob", "member"));
  await server.office((office) => setRole(office, "bob", "admin"));
  await register(server.port, (await server.reset("bob")).invite, PASSWORD);
  await server.office((office) => removeUser(office, "bob"));
  await (await join(server, "bob")).close();
  const { entries } = await readLog(alice.session, server.port);
  assertEquals(acts(entries), [
    ...["first alice", "first bob", "disabled bob", "enabled bob", "admin_granted bob"],
    ...["admin_revoked bob", "admin_granted bob", "account_reset bob", "reset bob"],
    ...["admin_revoked bob", "removed bob", "reset bob"],
  ]);
  const users = await server.office(({ accounts }) => accounts.all());
  assertEquals(users.map(({ user, role }) => [user, role]), [["alice", "member"], [
    "bob",
    "member",
  ]]);
  assertEquals(await server.office(verifyOffice), { users: 2, problems: [] });
  await alice.close();
});

Deno.test("user administration: acts beside a server where users join lose nothing", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  const names = Array.from({ length: 6 }, (_, i) => `user${i}`);
  const invites = await Promise.all(names.map((name) => server.invite(name)));
  await Promise.all([
    ...invites.map((invite) => register(server.port, invite, PASSWORD)),
    ...names.map(async (name) => {
      await server.office((office) => setDisabled(office, "alice", false));
      await server.office((office) => setRole(office, "alice", "admin"));
      await server.invite(`friend.of.${name}`);
      await server.office((office) => setRole(office, "alice", "member"));
    }),
  ]);
  const { entries } = await readLog(alice.session, server.port);
  const joined = acts(entries).filter((act) => act.startsWith("first "));
  assertEquals(joined.toSorted(), ["first alice", ...names.map((name) => `first ${name}`)]);
  // Whoever found the role as it was already had nothing to do; grants and ends take turns.
  const roles = acts(entries).filter((act) => act.startsWith("admin_"));
  for (const [i, act] of roles.entries()) {
    assertEquals(act, `${i % 2 === 0 ? "admin_granted" : "admin_revoked"} alice`);
  }
  assert(roles.length >= 2);
  assertEquals(entries.map(({ seq }) => seq), entries.map((_, i) => i));
  assertEquals(await server.office(verifyOffice), { users: 13, problems: [] });
  await alice.close();
});

Deno.test("user administration: the log is the same after a restart, and a receipt is of it", async () => {
  await using first = await startTestServer();
  const { realm, signingKey } = await serverRecord(first.port);
  const receipts = [];
  for (const user of ["alice", "bob"]) {
    const result = await register(first.port, await first.invite(user), PASSWORD);
    assert(result.accepted);
    receipts.push(result.receipt);
  }
  const alice = await login(first.port, "alice", PASSWORD);
  const before = await readLog(alice.session, first.port);
  await alice.close();
  await first.drain();
  await using second = await startTestServer({ dataDir: first.dataDir });
  const again = await login(second.port, "alice", PASSWORD);
  const { head, leaves, entries } = await readLog(again.session, second.port);
  assertEquals([head.size, head.root, leaves], [before.head.size, before.head.root, before.leaves]);
  for (const [i, { index, head: note }] of receipts.entries()) {
    assertEquals(index, i);
    const seen = await verifyLogHead(note, { realm, signingKey });
    assert(seen.size > index);
    assertEquals(seen.root, rootOf(leaves.slice(0, seen.size)));
    const user = ["alice", "bob"][i]!;
    const { results } = await again.session.request(lookup, { users: [user] });
    const identity = await verifyIdentity(results[0]!.identities.at(-1)!, user);
    assertEquals(entries[index]!.recordHash, identity.hash);
  }
  await again.close();
});

Deno.test("user administration: an invite carries the head of the log that made it", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  const { logSize, logRoot, inviterFingerprint } = parseInvite(await server.invite("bob"));
  const { head } = await readLog(alice.session, server.port);
  assertEquals([logSize, inviterFingerprint], [head.size, null]);
  assert(equalBytes(logRoot, head.root.slice(0, 20)));
  await alice.close();
});

Deno.test("user administration: a reset ends sessions, empties the mailbox, and asks for new keys", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  const bob = await join(server, "bob", PASSWORD);
  await alice.send(await alice.seal(["bob"]));
  await bob.eventCount(1);
  await server.office((office) => setRole(office, "bob", "admin"));
  const { invite } = await server.reset("bob");
  await bob.wire.ended;
  const ended = await assertRejects(() => bob.session.request(ping, {}), ServerError);
  assertEquals(ended.code, "credentials_changed");
  await assertRejects(() => login(server.port, "bob", PASSWORD), Error, "wrong password");
  const gone = await assertRejects(async () => alice.send(await alice.seal(["bob"])), ServerError);
  assertEquals(gone.code, "unknown_recipients");

  const signing = await generateSigningKeyPair();
  const signer = await importSigner(signing.secret);
  const { accepted } = await register(server.port, invite, { password: "another one", signer });
  assert(accepted);
  await assertRejects(() => login(server.port, "bob", PASSWORD), Error, "wrong password");
  const again = await login(server.port, "bob", "another one");
  assertEquals((await again.session.request(list, { before: null, limit: 10 })).total, 0);
  assertEquals((await again.session.request(getState, {})).revision, 1);
  const { results } = await alice.session.request(lookup, { users: ["bob"] });
  const [first, second] = await Promise.all(
    results[0]!.identities.map((record) => verifyIdentity(record, "bob")),
  );
  const { signingKey } = await serverRecord(server.port);
  await verifyReset(second!, { previous: first!, grantKey: signingKey });
  assertEquals(second!.signingPublicKey, signer.publicKey);
  const { entries } = await readLog(alice.session, server.port);
  assertEquals(acts(entries).slice(2), ["admin_granted bob", "account_reset bob", "reset bob"]);
  await alice.close();
  await again.close();
});

Deno.test("user administration: a name that had keys is not joined with first ones", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  await server.office((office) => removeUser(office, "alice"));
  const older = await server.invite("alice");
  const newer = await server.invite("alice");
  const { kem, signer } = await testKeys();
  const first = () =>
    makeFirstIdentity({
      ...{ user: "alice", kemPublicKey: kem.publicKey, signer, time: Date.now() },
      inviteSecret: parseInvite(newer).secret,
    });
  const asFirst = { password: PASSWORD, identity: first };
  await assertRejects(() => register(server.port, newer, asFirst), ConnectionLostError);
  assertEquals(await register(server.port, older, PASSWORD), {
    accepted: false,
    code: "invite_unknown",
  });
  assert((await register(server.port, newer, PASSWORD)).accepted);
  const again = await login(server.port, "alice", PASSWORD);
  const { entries } = await readLog(again.session, server.port);
  assertEquals(acts(entries.filter(isIdentityEntry)), ["first alice", "reset alice"]);
  alice.wire.close();
  await again.close();
});

Deno.test("user administration: what cannot be done is refused in words", async () => {
  await using server = await startTestServer();
  await (await join(server, "alice")).close();
  await server.invite("bob");
  const refusal = async (work: () => Promise<unknown>) =>
    (await assertRejects(work, AccountError)).code;
  assertEquals(await refusal(() => server.invite("ALICE")), "user_exists");
  assertEquals(await refusal(() => server.reset("bob")), "user_state");
  assertEquals(await refusal(() => server.reset("nobody")), "user_unknown");
  const role = (name: string) => server.office((office) => setRole(office, name, "admin"));
  assertEquals(await refusal(() => role("bob")), "user_state");
  assertEquals(await refusal(() => role("nobody")), "user_unknown");
  assertEquals(
    await refusal(() => server.office((office) => removeUser(office, "nobody"))),
    "user_unknown",
  );
});
