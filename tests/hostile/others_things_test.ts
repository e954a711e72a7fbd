/** A server that gives a user what belongs to somebody else, or what was the user's once. */

import { assertEquals } from "@std/assert";
import type { Bytes } from "../../crypto/bytes.ts";
import { REJECT_REASONS } from "../../crypto/envelope_reject.ts";
import type { MailboxEntry } from "../../protocol/messages/list.ts";
import { HostileOffice, told, write } from "./hostile_office.ts";
import type { HostileServer } from "./hostile_server.ts";

async function office(...names: string[]) {
  const made = await HostileOffice.open();
  const people = [];
  for (const name of names) people.push(await made.join(name));
  return {
    ...{ office: made, server: made.server, people },
    [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
  };
}

/** Changes what a user's mailbox says about mails. */
function changeEntries(
  server: HostileServer,
  user: string,
  change: (entry: MailboxEntry) => MailboxEntry,
): void {
  server.lies.list = async ({ user: asking, honest }) => {
    const { entries, ...page } = await honest();
    return { ...page, entries: asking === user ? entries.map(change) : entries };
  };
  server.lies.entries = async ({ user: asking, honest }) => {
    const { entries } = await honest();
    return { entries: asking === user ? entries.map(change) : entries };
  };
}

Deno.test("hostile server: a mail given to somebody it is not for is not shown", async () => {
  await using at = await office("alice", "bob", "carol");
  const [alice, bob, carol] = at.people;
  let mail: { messageId: Bytes; header: Bytes; summary: Bytes } | undefined;
  at.server.lies.fetch = async ({ user, honest }) => {
    const reply = await honest();
    if (user === "bob") mail = reply.mails[0];
    if (user !== "carol") return reply;
    // Carol's mail by name, bob's by content.
    return { mails: reply.mails.map(({ messageId }) => ({ ...mail!, messageId })) };
  };
  await write(alice!, "bob", "for bob only");
  await bob!.box.list();
  await write(alice!, "carol", "hello");
  const [item] = await carol!.box.list();
  assertEquals([item!.title, item!.rejected], ["", REJECT_REASONS.not_sealed_to_me]);
  const error = await told(() => carol!.box.read(1));
  assertEquals([error.name, error.code], ["RejectedMailError", "mail_rejected"]);
});

Deno.test("hostile server: another user's sealed entry, and an old one under a new revision, are damage", async (t) => {
  await using at = await office("alice", "bob", "carol");
  const [alice, bob, carol] = at.people;
  await alice!.box.send({ to: ["bob", "carol"], title: "both", body: "" });
  const sealed = new Map<string, Bytes[]>();
  at.server.lies.put_entry = async ({ user, body, honest }) => {
    sealed.set(user, [...sealed.get(user) ?? [], ...body.items.map((item) => item.sealed)]);
    return await honest();
  };
  await bob!.box.read(1);
  await carol!.box.list();
  assertEquals(sealed.get("bob")!.length, 2);
  const cases: [name: string, sealed: Bytes][] = [
    ["another user's", sealed.get("carol")![0]!],
    ["the one before", sealed.get("bob")![0]!],
  ];
  for (const [name, wrong] of cases) {
    await t.step(name, async () => {
      changeEntries(at.server, "bob", (entry) => ({ ...entry, sealed: wrong }));
      const { box } = await at.office.login("bob");
      const [item] = await box.list();
      assertEquals([item!.title, item!.rejected !== undefined], ["", true]);
      const error = await told(() => box.read(1));
      assertEquals(error.code, "mail_rejected");
    });
  }
});

Deno.test("hostile server: an account state that is old or another user's ends the login", async (t) => {
  await using at = await office("alice", "bob");
  const [alice, bob] = at.people;
  const states: { revision: number; sealed: Bytes | null }[] = [];
  at.server.lies.get_state = async ({ honest }) => {
    const state = await honest();
    states.push(state);
    return state;
  };
  await at.office.login("alice", alice!.config);
  const before = states.at(-1)!;
  await write(alice!, "bob");
  await at.office.login("alice", alice!.config);
  const now = states.at(-1)!;
  assertEquals(now.revision > before.revision, true);
  await at.office.login("bob", bob!.config);
  const bobs = states.at(-1)!;
  const { revision } = now;
  const cases: [name: string, code: string, told: typeof now][] = [
    ["an old one", "state_rollback", before],
    ["an old one as the newest", "account_state", { ...before, revision }],
    ["another user's", "account_state", { ...bobs, revision }],
    ["none", "account_state", { revision, sealed: null }],
  ];
  for (const [name, code, state] of cases) {
    await t.step(name, async () => {
      at.server.lies.get_state = () => state;
      const asked = at.server.asked.length;
      const error = await told(() => at.office.login("alice", alice!.config));
      assertEquals([error.name, error.code], ["TrustError", code]);
      const types = at.server.asked.slice(asked).map(({ type }) => type);
      assertEquals(types, ["get_state"], "something was asked or sent with a wrong state");
    });
  }
});

Deno.test("hostile server: a session in which the state goes back does not send", async () => {
  await using at = await office("alice", "bob");
  const [alice] = at.people;
  const first = await stateOf(at.server, "alice", () => at.office.login("alice", alice!.config));
  await write(alice!, "bob");
  const asked = at.server.askedBy("alice").length;
  // Another device was faster, says the server, and has written what was there long ago.
  at.server.lies.put_state = async ({ body, honest }) =>
    await honest({ ...body, revision: body.revision + 1000 });
  at.server.lies.get_state = () => first;
  const error = await told(() => write(alice!, "bob"));
  assertEquals([error.name, error.code], ["TrustError", "state_rollback"]);
  assertEquals(at.server.askedBy("alice").slice(asked).includes("send"), false);
});

async function stateOf(server: HostileServer, user: string, login: () => Promise<unknown>) {
  let seen: { revision: number; sealed: Bytes | null } | undefined;
  server.lies.get_state = async (question) => {
    const state = await question.honest();
    if (question.user === user) seen ??= state;
    return state;
  };
  await login();
  delete server.lies.get_state;
  return seen!;
}

Deno.test("hostile server: a key bundle that is old, changed or another user's ends the login", async (t) => {
  await using at = await office("alice", "bob");
  const [alice] = at.people;
  const bundles = new Map<string, Bytes[]>();
  const watch = (bundle: Bytes, user: string) => {
    bundles.set(user, [...bundles.get(user) ?? [], bundle]);
    return bundle;
  };
  at.server.handshake.bundle = watch;
  await at.office.login("alice");
  await at.office.login("bob");
  await alice!.box.care.rotateKeys();
  await at.office.login("alice");
  const [old, now] = bundles.get("alice")!;
  const [bobs] = bundles.get("bob")!;
  const changed = now!.slice();
  changed[changed.length - 1]! ^= 1;
  const cases: [string, Bytes][] = [["old", old!], ["another user's", bobs!], ["changed", changed]];
  for (const [name, bundle] of cases) {
    await t.step(name, async () => {
      at.server.handshake.bundle = () => bundle;
      const steps: string[] = [];
      at.server.onHandshake = (call) => steps.push(call);
      const error = await told(() => at.office.login("alice"));
      assertEquals([error.name, error.code], ["TrustError", "key_bundle"]);
      assertEquals(steps.includes("loginConfirm"), false, "the server got a proof of the key");
    });
  }
});
