import { assertEquals } from "@std/assert";
import { utf8 } from "../../crypto/bytes.ts";
import type { AccountChange, MailStore } from "../../mailstore/store.ts";
import { conformance, rejection } from "./conformance.ts";
import {
  accountOf,
  addAccounts,
  filled,
  logEntry,
  mail,
  messageIdOf,
  NOW,
  patterned,
  tagOf,
  upload,
} from "./fixtures.ts";

const TOKEN_HASH = filled("token", 32);
const alice = tagOf("alice");
const PAGE = { before: null, limit: 9 };

/** What alice's account is saved with. */
function partsOf(status: "invited" | "active" | "disabled") {
  const { tag: _tag, ...parts } = accountOf("alice", status);
  return parts;
}

/** A change of everything at once, for an account at version 1. */
const everything: AccountChange = {
  tag: alice,
  expectedVersion: 1,
  account: partsOf("disabled"),
  identity: { expectedCount: 0, record: utf8("identity") },
  log: [logEntry(0, "alice", "record"), logEntry(1, "alice")],
};

/** What a refused change must leave as it is. */
async function stateOf(store: MailStore): Promise<unknown[]> {
  const claim = { tag: alice, tokenHash: TOKEN_HASH, now: NOW };
  return [
    await store.account(alice),
    await store.identities([alice]),
    await store.logSize(),
    await store.peekInvite(claim),
    await store.listEntries(alice, PAGE),
    await store.state(alice),
  ];
}

conformance("a change of an account makes it, changes it and removes it", async (store) => {
  const make = { tag: alice, expectedVersion: null, account: partsOf("active") };
  assertEquals(await store.changeAccount(make), "changed");
  assertEquals(await store.account(alice), { ...accountOf("alice"), version: 1 });
  assertEquals(await store.changeAccount(make), "conflict");
  assertEquals(await store.changeAccount(everything), "changed");
  assertEquals(await store.account(alice), { ...accountOf("alice", "disabled"), version: 2 });
  assertEquals(await store.identities([alice]), [[utf8("identity")]]);
  assertEquals(await store.logEntries(0, 9), [utf8("entry 0"), utf8("entry 1")]);
  const removal = { tag: alice, account: null, log: [logEntry(2, "alice", "removed")] };
  assertEquals(await store.changeAccount({ ...removal, expectedVersion: 1 }), "conflict");
  assertEquals(await store.changeAccount({ ...removal, expectedVersion: 2 }), "changed");
  assertEquals(await store.account(alice), null);
  assertEquals(await store.logSize(), 3);
  assertEquals(await store.identities([alice]), [[utf8("identity")]]);
});

conformance("a change that is refused changes nothing", async (store) => {
  await addAccounts(store, "alice");
  await store.deliver(mail("1", ["alice"]));
  await store.saveState(alice, 0, utf8("state"));
  const before = await stateOf(store);
  const emptying = { ...everything, empties: true, account: partsOf("invited") };
  const invite = { tokenHash: TOKEN_HASH, expires: NOW + 1 };
  const refused: [AccountChange, string][] = [
    [{ ...emptying, invite, expectedVersion: 2 }, "conflict"],
    [{ ...emptying, invite, expectedVersion: null }, "conflict"],
    [{ ...emptying, invite, tag: tagOf("nobody") }, "conflict"],
    [{ ...emptying, invite, identity: { expectedCount: 1, record: utf8("x") } }, "conflict"],
    [{ ...emptying, invite, log: [logEntry(1, "alice")] }, "log_conflict"],
    [{ ...everything, account: null, log: [logEntry(7, "alice")] }, "log_conflict"],
  ];
  for (const [change, outcome] of refused) {
    assertEquals(await store.changeAccount(change), outcome);
    assertEquals(await stateOf(store), before);
  }
});

conformance("of two changes at once one is made", async (store) => {
  await addAccounts(store, "alice", "bob");
  const { tag: _tag, ...bob } = accountOf("bob", "disabled");
  const outcomes = await Promise.all([
    store.changeAccount(everything),
    store.changeAccount(everything),
    store.changeAccount({
      tag: tagOf("bob"),
      expectedVersion: 1,
      account: bob,
      log: [logEntry(1, "bob")],
    }),
  ]);
  assertEquals(outcomes, ["changed", "conflict", "log_conflict"]);
  assertEquals((await store.account(tagOf("bob")))?.status, "active");
  assertEquals(await store.logSize(), 2);
});

conformance("a change that empties leaves the account and its identity alone", async (store) => {
  await addAccounts(store, "alice", "bob");
  await store.changeAccount(everything);
  await store.saveAccount(accountOf("alice"), 2);
  await store.deliver(mail("both", ["alice", "bob"]));
  await store.deliver(mail("alice's", ["alice"]));
  await store.stage(upload("begun", ["bob"], { contentLength: 2 }));
  await store.saveState(alice, 0, utf8("state"));
  await store.saveAttempts(alice, { failed: 1, blockedUntil: 1 });
  const invite = { tokenHash: TOKEN_HASH, expires: NOW + 1 };
  const reset = { tag: alice, expectedVersion: 3, account: partsOf("invited"), empties: true };
  assertEquals(await store.changeAccount({ ...reset, invite }), "changed");
  assertEquals(await store.account(alice), { ...accountOf("alice", "invited"), version: 4 });
  assertEquals(await store.identities([alice]), [[utf8("identity")]]);
  assertEquals(await store.listEntries(alice, PAGE), {
    total: 0,
    modseq: (await store.listEntries(alice, PAGE)).modseq,
    entries: [],
  });
  assertEquals(await store.state(alice), { revision: 0, sealed: null });
  assertEquals(await store.attempts(alice), { failed: 0, blockedUntil: 0 });
  const claim = { tag: alice, tokenHash: TOKEN_HASH, now: NOW };
  assertEquals(await store.peekInvite(claim), "valid");
  const piece = { owner: alice, messageId: messageIdOf("begun"), offset: 0 };
  assertEquals(await store.appendContent({ ...piece, data: patterned(1) }), null);
  assertEquals((await store.listEntries(tagOf("bob"), PAGE)).total, 1);
  // Nothing of the mail that only alice had is left to be a duplicate of.
  assertEquals((await store.deliver(mail("alice's", ["bob"]))).outcome, "stored");
});

conformance("an emptied mailbox goes on with numbers it has not used", async (store) => {
  await addAccounts(store, "alice");
  await store.deliver(mail("1", ["alice"]));
  const account = partsOf("active");
  await store.changeAccount({ tag: alice, expectedVersion: 1, account, empties: true });
  const next = await store.deliver(mail("2", ["alice"]));
  assertEquals(next.outcome === "stored" && next.entries, [{ tag: alice, index: 2 }]);
});

conformance("a change gives an invite, keeps it or takes it away", async (store) => {
  const invited = { tag: alice, account: partsOf("invited") };
  const invite = { tokenHash: TOKEN_HASH, expires: NOW + 1 };
  const claim = { tag: alice, tokenHash: TOKEN_HASH, now: NOW };
  await store.changeAccount({ ...invited, expectedVersion: null, invite });
  assertEquals(await store.peekInvite(claim), "valid");
  await store.changeAccount({ ...invited, expectedVersion: 1 });
  assertEquals(await store.peekInvite(claim), "valid");
  const newer = { ...invite, tokenHash: filled("newer", 32) };
  await store.changeAccount({ ...invited, expectedVersion: 2, invite: newer });
  assertEquals(await store.peekInvite(claim), "invite_unknown");
  assertEquals(await store.peekInvite({ ...claim, tokenHash: newer.tokenHash }), "valid");
  await store.changeAccount({ ...invited, expectedVersion: 3, invite: null });
  assertEquals(await store.peekInvite({ ...claim, tokenHash: newer.tokenHash }), "invite_unknown");
});

conformance("a registration and its log entries are written together", async (store) => {
  await store.saveAccount(accountOf("alice", "invited"), null);
  await store.putInvite({ tag: alice, tokenHash: TOKEN_HASH, expires: NOW + 1 });
  const registration = {
    tag: alice,
    tokenHash: TOKEN_HASH,
    now: NOW,
    account: { profile: utf8("p"), login: utf8("l"), bundle: utf8("b") },
    identity: utf8("identity"),
    state: utf8("state"),
  };
  const before = await stateOf(store);
  const late = { ...registration, log: [logEntry(1, "alice")] };
  assertEquals(await store.register(late), "log_conflict");
  assertEquals(await stateOf(store), before);
  const inTime = { ...registration, log: [logEntry(0, "alice")] };
  assertEquals(await store.register(inTime), "registered");
  assertEquals(await store.logSize(), 1);
});

conformance("changes that make no sense are a misuse", async (store) => {
  await addAccounts(store, "alice");
  const invite = { tokenHash: TOKEN_HASH, expires: NOW };
  const wrong: AccountChange[] = [
    { ...everything, tag: utf8("short") },
    { ...everything, account: null, expectedVersion: null },
    { ...everything, invite },
    { ...everything, account: null, invite },
    { ...everything, account: partsOf("invited"), invite: { ...invite, tokenHash: utf8("x") } },
    { ...everything, identity: { expectedCount: -1, record: utf8("x") } },
    { ...everything, log: [logEntry(0, "alice"), logEntry(0, "alice")] },
  ];
  for (const change of wrong) {
    assertEquals(await rejection(() => store.changeAccount(change)), "store_misuse");
  }
  assertEquals((await store.account(alice))?.version, 1);
});
