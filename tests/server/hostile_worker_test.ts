/** What a session worker can do that is in the hands of somebody else: it says what it likes. */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { randomBytes } from "../../crypto/bytes.ts";
import { MAX_PENDING, type Port } from "../../server/vault/ports.ts";
import { VaultRig } from "./vault_rig.ts";
import { decodeHeader, encodeHeader } from "../../crypto/envelope_header.ts";
import { sealTestMail } from "./test_client.ts";
import { startLogin } from "../../crypto/password_client.ts";

const FAILED = { failed: true };

function without(answer: Record<string, unknown>): Record<string, unknown> {
  const { id: _, ...rest } = answer;
  return rest;
}

function forgedState() {
  return {
    chainingKey: randomBytes(64),
    hash: randomBytes(64),
    key: randomBytes(32),
    counter: 0,
  };
}

Deno.test("hostile worker: nothing can be asked before a login, and the first try ends the port", async () => {
  await using rig = await VaultRig.open();
  for (
    const [call, args] of [
      ["request", { type: "list", body: { before: null, limit: 10 } }],
      ["request", null],
      ["loginConfirm", { state: forgedState(), m7: randomBytes(80) }],
      ["loginFinish", { ke3: randomBytes(64) }],
      ["loginStart", { user: "alice", ke1: randomBytes(96), ticket: null }],
      ["registerFinish", {}],
      ["decapsulate", { keyId: randomBytes(8) }],
      ["decapsulate", null],
      ["constructor", {}],
      ["toString", {}],
      [7, {}],
    ] as const
  ) {
    const port = rig.connect();
    assertEquals(without(await port.call(call, args)), FAILED, String(call));
    assertNotEquals(port.ended, null, String(call));
    assertEquals(without(await port.call("serverRecord", {})), FAILED);
    port.port.close();
  }
});

Deno.test("hostile worker: one decapsulation a connection, no more", async () => {
  await using rig = await VaultRig.open();
  const port = rig.connect();
  const args = { keyId: randomBytes(8), ciphertext: randomBytes(1472) };
  assert("result" in await port.call("decapsulate", args));
  assertEquals(without(await port.call("decapsulate", args)), FAILED);
  assertEquals(port.ended, "out_of_order");
  port.port.close();
});

Deno.test("hostile worker: no login without the password's proof, none without the key's", async () => {
  await using rig = await VaultRig.open();
  await rig.register("alice");
  const owner = { realm: randomBytes(32), user: "alice", password: "guess" };
  const decapsulation = { keyId: randomBytes(8), ciphertext: randomBytes(1472) };

  const guess = rig.connect();
  await guess.call("decapsulate", decapsulation);
  const { ke1 } = startLogin(owner);
  assert("result" in await guess.call("loginStart", { user: "alice", ke1, ticket: null }));
  assertEquals(without(await guess.call("loginFinish", { ke3: randomBytes(64) })), FAILED);
  assertEquals(guess.ended, "wrong_password");

  const skip = rig.connect();
  await skip.call("decapsulate", decapsulation);
  await skip.call("loginStart", { user: "alice", ke1, ticket: null });
  const confirm = { state: forgedState(), m7: randomBytes(80) };
  assertEquals(without(await skip.call("loginConfirm", confirm)), FAILED);
  assertEquals(skip.ended, "out_of_order");
  assertEquals([guess.users, skip.users], [[], []]);
  guess.port.close();
  skip.port.close();
});

Deno.test("hostile worker: with the right password but without the user's key there is no session", async () => {
  await using rig = await VaultRig.open();
  await rig.register("alice");
  const port = await rig.passwordOnly("alice");
  const confirm = { state: forgedState(), m7: randomBytes(80) };
  assertEquals(without(await port.call("loginConfirm", confirm)), FAILED);
  assertEquals(port.ended, "wrong_key");
  assertEquals(port.users, []);
  port.port.close();
});

Deno.test("hostile worker: whoever is logged in stays that user", async () => {
  await using rig = await VaultRig.open();
  await rig.register("alice");
  await rig.register("bob");
  for (
    const [call, args] of [
      ["loginStart", { user: "bob", ke1: randomBytes(96), ticket: null }],
      ["loginConfirm", { state: forgedState(), m7: randomBytes(80) }],
      ["decapsulate", { keyId: randomBytes(8), ciphertext: randomBytes(1472) }],
      ["registerStart", { user: "carol", token: randomBytes(32), request: randomBytes(32) }],
    ] as const
  ) {
    const port = await rig.login("alice");
    assertEquals(port.users, ["alice"]);
    assertEquals(without(await port.call(call, args)), FAILED, call);
    assertEquals(port.users, ["alice"]);
    assertNotEquals(port.ended, null);
    port.port.close();
  }
});

Deno.test("hostile worker: another user's mail is not there, however it is asked for", async () => {
  await using rig = await VaultRig.open();
  for (const user of ["alice", "bob", "carol"]) await rig.register(user);
  const [alice, bob, carol] = [
    await rig.login("alice"),
    await rig.login("bob"),
    await rig.login("carol"),
  ];
  const realm = rig.realm;
  const mail = await sealTestMail({ from: "bob", realm, to: ["carol"] });
  const { messageId, header, summary, content } = mail;
  const sent = await bob.call("request", {
    type: "send",
    body: { messageId, header, summary, content, ownEntry: null },
  });
  assert("body" in (sent.result as object), JSON.stringify(sent));
  const ask = async (port: typeof alice, type: string, body: unknown) =>
    (await port.call("request", { type, body })).result as Record<string, unknown>;
  const got = await ask(carol, "fetch", { messageIds: [messageId] });
  assertEquals((got.body as { mails: unknown[] }).mails.length, 1);

  const theirs = { messageId, offset: 0, length: 100 };
  assertEquals(await ask(alice, "content", theirs), { error: "not_found", names: [] });
  assertEquals(await ask(alice, "fetch", { messageIds: [messageId] }), { body: { mails: [] } });
  const entries = await ask(alice, "entries", { indices: [1], messageIds: [messageId] });
  assertEquals(entries, { body: { entries: [] } });
  const put = { items: [{ messageId, revision: 0, sealed: randomBytes(10) }] };
  assertEquals(await ask(alice, "put_entry", put), {
    body: { results: [{ messageId, revision: 0, ok: false, modseq: 0 }] },
  });
  assertEquals(await ask(alice, "remove_mails", { messageIds: [messageId] }), {
    body: { removed: 0 },
  });
  const changes = await ask(alice, "changes", { since: 0, limit: 200 });
  assertEquals((changes.body as { entries: unknown[] }).entries, []);
  const blob = { name: randomBytes(16), revision: 0, sealed: randomBytes(10) };
  assertEquals(await ask(carol, "put_blob", blob), { body: { revision: 1 } });
  assertEquals(await ask(alice, "get_blob", { name: blob.name }), {
    body: { revision: 0, sealed: null },
  });
  assertEquals(await ask(alice, "list_blobs", { after: null }), {
    body: { blobs: [], more: false },
  });
  assertEquals(await ask(alice, "remove_blob", { name: blob.name, revision: 1 }), {
    error: "conflict",
    names: [],
  });
  // Her own entry of a mail that she does not get.
  const toCarol = await sealTestMail({ from: "alice", realm, to: ["carol"] });
  const stanzas = decodeHeader(toCarol.header).stanzas.filter(({ user }) => user !== "alice");
  const withoutHer = encodeHeader({ ...decodeHeader(toCarol.header), stanzas });
  const { summary: text, content: bytes } = toCarol;
  const odd = { messageId: toCarol.messageId, header: withoutHer, summary: text, content: bytes };
  assertEquals(await ask(alice, "send", { ...odd, ownEntry: randomBytes(10) }), {
    error: "bad_request",
    names: [],
  });
  for (
    const body of [
      { ...theirs, user: "carol" },
      { ...theirs, tag: randomBytes(32) },
      { ...theirs, messageId: "carol" },
      { ...theirs, offset: -1 },
      { ...theirs, length: 1e9 },
      null,
      [theirs],
    ]
  ) assertEquals(await ask(alice, "content", body), { error: "bad_request", names: [] });
  for (const type of ["__proto__", "constructor", "nothing", 5, null]) {
    assertEquals(await ask(alice, type as string, {}), { error: "bad_request", names: [] });
  }
  for (const port of [alice, bob, carol]) port.port.close();
});

Deno.test("hostile worker: a mail in another name, or of another key, than the sender's is refused", async () => {
  await using rig = await VaultRig.open();
  for (const user of ["alice", "bob"]) await rig.register(user);
  const alice = await rig.login("alice");
  const { realm } = rig;
  const asBob = await sealTestMail({ from: "bob", realm, to: ["alice"] });
  const own = await sealTestMail({ from: "alice", realm, to: ["bob"] });
  const otherKey = { ...decodeHeader(own.header), fromFingerprint: new Uint8Array(32) };
  for (const mail of [asBob, { ...own, header: encodeHeader(otherKey) }]) {
    const { messageId, header, summary, content } = mail;
    const upload = { messageId, header, summary };
    for (
      const request of [
        { type: "send", body: { ...upload, content, ownEntry: null } },
        { type: "send_begin", body: { ...upload, contentLength: content.length } },
      ]
    ) {
      const answer = await alice.call("request", request);
      assertEquals(answer.result, { error: "sender_mismatch", names: [] });
    }
  }
  alice.port.close();
});

Deno.test("hostile worker: more calls at once than any worker makes end its port only", async () => {
  await using rig = await VaultRig.open();
  for (const user of ["alice", "bob"]) await rig.register(user);
  const [alice, bob] = [await rig.login("alice"), await rig.login("bob")];
  for (let id = 1; id <= MAX_PENDING + 1; id++) {
    const args = { type: "put_state", body: { revision: 1, sealed: new Uint8Array(100_000) } };
    alice.port.postMessage({ id, call: "request", args });
  }
  while (alice.ended === null) await alice.change();
  assertEquals(alice.ended, "misbehaved");
  const pong = await bob.call("request", { type: "ping", body: {} });
  assert("body" in (pong.result as object));
  alice.port.close();
  bob.port.close();
});

Deno.test("hostile worker: one that does not follow the protocol is not heard again", async () => {
  await using rig = await VaultRig.open();
  const said: unknown[] = [];
  const ended: string[] = [];
  let closed = 0;
  const port: Port = {
    onmessage: null,
    postMessage: (message: unknown) => void said.push(message),
    close: () => void closed++,
  };
  rig.vault.connect(0, port, { onUser: () => {}, onEnd: (reason) => void ended.push(reason) });
  port.onmessage!.call(port as MessagePort, new MessageEvent("message", { data: { id: "one" } }));
  assertEquals([port.onmessage, closed, ended, said], [null, 1, ["misbehaved"], []]);
});
