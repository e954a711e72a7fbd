import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { fetchMails } from "../../protocol/messages/fetch.ts";
import { list } from "../../protocol/messages/list.ts";
import { ping } from "../../protocol/messages/ping.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { ConnectionLostError } from "../../protocol/session_errors.ts";
import { inviteUser } from "../../server/admin/invites.ts";
import { withOffice } from "../../server/admin/office.ts";
import { removeUser, setDisabled } from "../../server/admin/users.ts";
import { verifyOffice } from "../../server/admin/verify.ts";
import { DataFolderError } from "../../server/errors.ts";
import { FREE_TRIES } from "../../server/vault/login_throttle.ts";
import { startTestServer, type TestServer } from "./harness.ts";
import { join, login, register } from "./test_client.ts";

const PASSWORD = "the password of alice";

Deno.test("lifecycle: after a restart everything that was acknowledged is there", async () => {
  await using first = await startTestServer();
  const alice = await join(first, "alice");
  const bob = await join(first, "bob");
  const mail = await alice.seal(["bob"]);
  const arrived = await alice.send(mail);
  await bob.close();
  await alice.close();
  await first.drain();
  await using second = await startTestServer({ dataDir: first.dataDir });
  assertEquals(second.info.users, 2);
  assertEquals(second.info.fingerprint, first.info.fingerprint);
  const again = await login(second.port, "bob", "the password of bob");
  const { entries } = await again.session.request(list, { before: null, limit: 10 });
  assertEquals(entries.map((entry) => [entry.messageId, entry.arrived]), [[
    mail.messageId,
    arrived,
  ]]);
  const { mails } = await again.session.request(fetchMails, { messageIds: [mail.messageId] });
  assertEquals(mails, [{ messageId: mail.messageId, header: mail.header, summary: mail.summary }]);
  await again.close();
});

Deno.test("lifecycle: killed in the middle, the store is whole and sending again doubles nothing", async () => {
  await using first = await startTestServer();
  const alice = await join(first, "alice");
  const mails = await Promise.all(Array.from({ length: 20 }, () => alice.seal(["alice"])));
  const answers = mails.map((mail) => alice.send(mail));
  await answers[3];
  await first.kill();
  const settled = await Promise.allSettled(answers);
  alice.wire.close();
  await using second = await startTestServer({ dataDir: first.dataDir });
  const problems = await withOffice(second.dataDir, verifyOffice);
  assertEquals(problems, { users: 1, problems: [] });
  const again = await login(second.port, "alice", PASSWORD);
  const { entries } = await again.session.request(list, { before: null, limit: 200 });
  const there = new Set(entries.map(({ messageId }) => String(messageId)));
  assertEquals(there.size, entries.length);
  for (const [i, answer] of settled.entries()) {
    if (answer.status === "fulfilled") assert(there.has(String(mails[i]!.messageId)));
  }
  for (const mail of mails) await again.send(mail);
  const { total } = await again.session.request(list, { before: null, limit: 200 });
  assertEquals(total, mails.length);
  await again.close();
});

Deno.test("lifecycle: draining answers what is under way, tells everybody, takes nobody new", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  const mails = await Promise.all(Array.from({ length: 10 }, () => alice.seal(["alice"])));
  const answers = mails.map((mail) => alice.send(mail));
  await answers[0];
  const drained = server.drain();
  const settled = await Promise.allSettled(answers);
  await drained;
  assert(await server.ended);
  for (const answer of settled) {
    if (answer.status === "fulfilled") continue;
    assert(answer.reason instanceof ServerError || answer.reason instanceof ConnectionLostError);
  }
  assert(alice.events.some(({ event }) => event === "closing"));
  const error = await assertRejects(() => alice.session.request(ping, {}), ServerError);
  assertEquals(error.code, "shutting_down");
  await assertRejects(() => login(server.port, "alice", PASSWORD), Deno.errors.ConnectionRefused);
  alice.wire.close();
});

Deno.test("lifecycle: a data folder has one server", async () => {
  await using server = await startTestServer();
  const error = await assertRejects(
    () => startTestServer({ dataDir: server.dataDir }),
    Error,
    "Another mailsec server is running",
  );
  assertEquals((error as DataFolderError).code, "data_folder_in_use");
});

Deno.test("lifecycle: keys that others can read, and folders of somebody else, are refused", async () => {
  await using server = await startTestServer();
  const { dataDir } = server;
  await server.drain();
  const start = () => startTestServer({ dataDir });
  await Deno.chmod(`${dataDir}/server.key`, 0o640);
  assertStringIncludes((await assertRejects(start, Error)).message, "server.key");
  await Deno.chmod(`${dataDir}/server.key`, 0o600);
  await Deno.chmod(dataDir, 0o755);
  assertStringIncludes((await assertRejects(start, Error)).message, dataDir);
  const other = await Deno.makeTempDir();
  await Deno.writeTextFile(`${other}/diary.txt`, "");
  await assertRejects(() => startTestServer({ dataDir: other }), DataFolderError, "other things");
  await Deno.remove(other, { recursive: true });
});

Deno.test("lifecycle: the first run makes folder and keys for the owner only", async () => {
  const parent = await Deno.makeTempDir();
  await using server = await startTestServer({ dataDir: `${parent}/deep/data` });
  assert(server.info.isNew);
  const mode = async (path: string) => (await Deno.stat(path)).mode! & 0o777;
  assertEquals(await mode(server.dataDir), 0o700);
  for await (const { name } of Deno.readDir(server.dataDir)) {
    assertEquals(await mode(`${server.dataDir}/${name}`), 0o600, name);
  }
  await server.stop();
  await Deno.remove(parent, { recursive: true });
});

/** Whether somebody can log in. */
async function mayLogIn(server: TestServer, user: string, password: string): Promise<boolean> {
  try {
    await (await login(server.port, user, password)).close();
    return true;
  } catch {
    return false;
  }
}

Deno.test("lifecycle: failed logins are counted across a restart, for names that nobody has too", async () => {
  await using first = await startTestServer();
  await (await join(first, "alice")).close();
  for (let i = 0; i <= FREE_TRIES; i++) {
    for (const user of ["alice", "nobody"]) assert(!await mayLogIn(first, user, "wrong"));
  }
  await first.drain();
  await using second = await startTestServer({ dataDir: first.dataDir });
  const blocked = (name: string) =>
    second.logged("login_refused").some(({ user, reason }) =>
      user === name && reason === "blocked"
    );
  for (const user of ["alice", "nobody"]) {
    // A slow machine may outlast the first delays, which double; were the tries forgotten, these
    // would all be free.
    for (let i = 0; i < FREE_TRIES && !blocked(user); i++) await mayLogIn(second, user, "wrong");
    assert(blocked(user), user);
  }
});

Deno.test("lifecycle: a user who is disabled or removed is out within a second, and may come back", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  const bob = await join(server, "bob");
  const admin = <T>(work: Parameters<typeof withOffice<T>>[1]) => withOffice(server.dataDir, work);
  const before = performance.now();
  await admin((office) => setDisabled(office, "ALICE", true));
  await alice.wire.ended;
  assert(performance.now() - before < 1500);
  const error = await assertRejects(() => alice.session.request(ping, {}), ServerError);
  assertEquals(error.code, "disabled");
  assert(!await mayLogIn(server, "alice", PASSWORD));
  const mail = await bob.seal(["alice"]);
  const refused = await assertRejects(() => bob.send(mail), ServerError);
  assertEquals([refused.code, refused.names], ["unknown_recipients", ["alice"]]);
  await admin((office) => setDisabled(office, "alice", false));
  assert(await mayLogIn(server, "alice", PASSWORD));
  await bob.send(mail);
  await admin((office) => removeUser(office, "bob"));
  await bob.wire.ended;
  assert(!await mayLogIn(server, "bob", "the password of bob"));
});

Deno.test("lifecycle: an invite is good for one use, until the next one, and not too long", async () => {
  await using server = await startTestServer();
  const replaced = await server.invite("alice");
  const good = await server.invite("alice");
  const old = await withOffice(
    server.dataDir,
    (office) => inviteUser(office, "bob", { now: Date.now() - 73 * 3_600_000, address: null }),
  );
  const outcome = async (invite: string) => {
    const result = await register(server.port, invite, PASSWORD);
    return result.accepted ? "accepted" : result.code;
  };
  assertEquals(await outcome(replaced), "invite_unknown");
  assertEquals(await outcome(good), "accepted");
  assertEquals(await outcome(good), "account_taken");
  assertEquals(await outcome(old.invite), "invite_expired");
  assertEquals(
    server.logged("registration_refused").map(({ reason, user }) => [reason, user]),
    [["invite_unknown", "alice"], ["account_taken", "alice"], ["invite_expired", "bob"]],
  );
  assert(await mayLogIn(server, "alice", PASSWORD));
});
