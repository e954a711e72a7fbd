/** The key log over a store: what is in it, and who may be writing beside it. */

import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type Bytes, randomBytes } from "../../crypto/bytes.ts";
import { encodeCbor } from "../../crypto/cbor.ts";
import { DecryptionError } from "../../crypto/errors.ts";
import { fingerprintOf } from "../../crypto/fingerprint.ts";
import { makeFirstIdentity } from "../../crypto/identity.ts";
import { parseLogEntry } from "../../crypto/log_entry.ts";
import { verifyLogHead } from "../../crypto/log_head.ts";
import { EMPTY_ROOT } from "../../crypto/merkle.ts";
import { openMemoryStore } from "../../mailstore/memory_store.ts";
import type { AccountStatus, MailStore } from "../../mailstore/store.ts";
import { Accounts } from "../../server/vault/accounts.ts";
import { AtRest } from "../../server/vault/at_rest.ts";
import { KeyLog } from "../../server/vault/key_log.ts";
import { actEntry, identityEntry, type NewLogEntry } from "../../server/vault/new_log_entry.ts";
import { acts, rootOf } from "./log_reader.ts";
import { testKeys } from "./test_client.ts";

const NOW = 1_800_000_000_000;
const DATABASE_KEY = new Uint8Array(32).fill(7);
const atRest = new AtRest(DATABASE_KEY);

async function openLog(store: MailStore, databaseKey = DATABASE_KEY): Promise<KeyLog> {
  const { signing, signer } = await testKeys();
  const realm = fingerprintOf(signer.publicKey);
  return new KeyLog({
    ...{ store, atRest: new AtRest(databaseKey), signing: signing.secret, realm },
    now: () => NOW,
  });
}

function act(user: string): NewLogEntry {
  return actEntry({ type: "disabled", user, by: "", time: NOW });
}

async function entriesOf(log: KeyLog) {
  const { head, leaves } = await log.page(0, Infinity);
  assertEquals([head.size, head.root], [leaves.length, rootOf(leaves)]);
  return leaves.map(parseLogEntry);
}

Deno.test("key log: a log without entries has a signed head, too", async () => {
  const store = await openMemoryStore({ now: NOW });
  const log = await openLog(store);
  const { signer } = await testKeys();
  const realm = fingerprintOf(signer.publicKey);
  const head = await log.head();
  assertEquals([head.size, head.root], [0, EMPTY_ROOT]);
  assertEquals(await verifyLogHead(head.note, { realm, signingKey: signer.publicKey }), head);
  await store.close();
});

Deno.test("key log: entries are written with what they tell of, or not at all", async () => {
  const store = await openMemoryStore({ now: NOW });
  const log = await openLog(store);
  const write = (outcome: "changed" | "conflict") =>
    log.append([act("alice"), act("bob")], async (entries) => {
      if (outcome === "conflict") return outcome;
      return await store.appendLog(entries) ? outcome : "log_conflict";
    });
  assertEquals(await write("changed"), { outcome: "changed", index: 0 });
  assertEquals(await write("conflict"), { outcome: "conflict", index: 2 });
  const before = await log.head();
  assertEquals(await write("changed"), { outcome: "changed", index: 2 });
  const entries = await entriesOf(log);
  assertEquals(acts(entries), ["disabled alice", "disabled bob", "disabled alice", "disabled bob"]);
  assertEquals(entries.map(({ seq, time }) => [seq, time]), [0, 1, 2, 3].map((seq) => [seq, NOW]));
  const { leaves } = await log.page(0, Infinity);
  assertEquals(before.root, rootOf(leaves.slice(0, before.size)));
  await assertRejects(() => log.append([act("x")], () => Promise.reject(new Error("no disk"))));
  assertEquals((await log.head()).size, 4);
  await store.close();
});

Deno.test("key log: two processes that append at once lose nothing and number everything once", async () => {
  const store = await openMemoryStore({ now: NOW });
  const logs = await Promise.all([openLog(store), openLog(store)]);
  const users = Array.from({ length: 40 }, (_, i) => `user${i}`);
  let conflicts = 0;
  const indices = await Promise.all(users.map(async (user, i) => {
    const { index } = await logs[i % 2]!.append([act(user)], async (entries) => {
      // The other one may be between its own reading and writing.
      await Promise.resolve();
      if (await store.appendLog(entries)) return "changed";
      conflicts += 1;
      return "log_conflict";
    });
    return index;
  }));
  assertEquals(indices.toSorted((a, b) => a - b), users.map((_, i) => i));
  assertNotEquals(conflicts, 0);
  const [first, second] = await Promise.all(logs.map(entriesOf));
  assertEquals(first, second);
  for (const [i, index] of indices.entries()) assertEquals(first![index]!.user, users[i]);
  await store.close();
});

Deno.test("key log: pages are what is asked for, and past the end there is the head alone", async () => {
  const store = await openMemoryStore({ now: NOW });
  const log = await openLog(store);
  const users = Array.from({ length: 600 }, (_, i) => `user${i}`);
  await log.append(users.map(act), async (entries) => {
    return await store.appendLog(entries) ? "changed" : "log_conflict";
  });
  const reopened = await openLog(store);
  for (const [from, limit] of [[0, 10], [595, 10], [599, 1], [600, 10], [10_000, 10]] as const) {
    const { head, leaves } = await reopened.page(from, limit);
    assertEquals(head.size, 600);
    const expected = users.slice(from, from + limit);
    assertEquals(leaves.map((leaf) => parseLogEntry(leaf).user), expected);
  }
  await store.close();
});

Deno.test("key log: what is sealed for another place, or under another key, is not taken", async () => {
  const store = await openMemoryStore({ now: NOW });
  const log = await openLog(store);
  await log.append([act("alice"), act("bob")], async (entries) => {
    const swapped = [{ ...entries[0]!, entry: entries[1]!.entry }, entries[1]!];
    return await store.appendLog(swapped) ? "changed" : "log_conflict";
  });
  await assertRejects(() => log.head(), DecryptionError);
  await assertRejects(async () => (await openLog(store, randomBytes(32))).head(), DecryptionError);
  await store.close();
});

/** An account as a release without a key log has left it. */
async function earlierAccount(
  store: MailStore,
  user: string,
  status: AccountStatus | "removed",
): Promise<Bytes> {
  const { kem, signer } = await testKeys();
  const tag = atRest.tagOf(user);
  const fields = new Map<string, string | number | null>([
    ...[["user", user], ["created", 1], ["joined", 2]] as const,
  ]);
  const profile = atRest.seal("profile", tag, encodeCbor(fields));
  const login = atRest.seal("login", tag, randomBytes(192));
  const bundle = atRest.seal("bundle", tag, randomBytes(9));
  const keys = { user, kemPublicKey: kem.publicKey, signer, time: NOW, inviteSecret: null };
  const { bytes } = await makeFirstIdentity(keys);
  const account = { status: "invited", profile, login: null, bundle: null } as const;
  await store.changeAccount({ tag, expectedVersion: null, account });
  const tokenHash = randomBytes(32);
  await store.putInvite({ tag, tokenHash, expires: NOW + 1 });
  const state = randomBytes(9);
  const identity = atRest.seal("identity", tag, bytes);
  const parts = { profile, login, bundle };
  await store.register({
    ...{ tag, tokenHash, now: NOW, state, log: [] },
    account: parts,
    identity,
  });
  const account2 = { status: status as AccountStatus, ...parts };
  if (status === "removed") await store.removeAccount(tag);
  else await store.changeAccount({ tag, expectedVersion: 2, account: account2 });
  return bytes;
}

Deno.test("key log: keys of a store without a log get their entries, once", async () => {
  const store = await openMemoryStore({ now: NOW });
  const records = new Map([
    ["alice", await earlierAccount(store, "alice", "active")],
    ["bob", await earlierAccount(store, "bob", "removed")],
    ["carol", await earlierAccount(store, "carol", "disabled")],
  ]);
  const logs = await Promise.all([openLog(store), openLog(store)]);
  const entries = await entriesOf(logs[0]!);
  assertEquals(
    acts(entries).toSorted(),
    ["disabled carol", "first alice", "first bob", "first carol", "removed bob"],
  );
  for (const { user, type, recordHash } of entries) {
    if (type !== "first") continue;
    const identity = await new Accounts({ store, atRest, keyLog: logs[0]! }).identityRecords(user);
    assertEquals(identity[0]!.bytes, records.get(user));
    assertEquals(identity[0]!.hash, recordHash);
    assertEquals(identityEntry(identity[0]!).user, user);
  }
  assertEquals(await entriesOf(logs[1]!), entries);
  const accounts = new Accounts({ store, atRest, keyLog: logs[1]! });
  const { role, recovery, grant, enrolment } = (await accounts.find("alice"))!;
  assertEquals([role, recovery, grant, enrolment], ["member", null, null, null]);
  await store.close();
});
