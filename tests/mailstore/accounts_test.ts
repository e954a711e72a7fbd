import { assertEquals } from "@std/assert";
import { utf8 } from "../../crypto/bytes.ts";
import { MAX_ATTEMPT_TAGS, type Registration } from "../../mailstore/store.ts";
import { conformance } from "./conformance.ts";
import {
  accountOf,
  addAccounts,
  addIdentity,
  filled,
  mail,
  messageIdOf,
  NOW,
  patterned,
  tagOf,
  upload,
} from "./fixtures.ts";

const TOKEN_HASH = filled("token", 32);

const registration: Registration = {
  tag: tagOf("bob"),
  tokenHash: TOKEN_HASH,
  now: NOW,
  account: { profile: utf8("profile"), login: utf8("login"), bundle: utf8("bundle") },
  identity: utf8("identity 1"),
  state: utf8("state"),
  log: [],
};

conformance("an account comes back as it was saved, with its version", async (store) => {
  assertEquals(await store.account(tagOf("alice")), null);
  assertEquals(await store.saveAccount(accountOf("alice"), null), 1);
  assertEquals(await store.account(tagOf("alice")), { ...accountOf("alice"), version: 1 });
});

conformance("saving an account at another version changes nothing", async (store) => {
  await addAccounts(store, "alice");
  const disabled = accountOf("alice", "disabled");
  assertEquals(await store.saveAccount(disabled, 2), null);
  assertEquals(await store.saveAccount(disabled, null), null);
  assertEquals(await store.saveAccount(accountOf("bob"), 1), null);
  assertEquals((await store.account(tagOf("alice")))?.status, "active");
  assertEquals(await store.account(tagOf("bob")), null);
  assertEquals(await store.saveAccount(disabled, 1), 2);
  assertEquals((await store.account(tagOf("alice")))?.status, "disabled");
});

conformance("accounts are listed in the order of their creation", async (store) => {
  await addAccounts(store, "zoe", "alice", "max");
  await store.saveAccount(accountOf("zoe", "disabled"), 1);
  await store.removeAccount(tagOf("alice"));
  const { login: _login, bundle: _bundle, ...zoe } = accountOf("zoe", "disabled");
  const { login: _login2, bundle: _bundle2, ...max } = accountOf("max");
  assertEquals(await store.accounts(), [{ ...zoe, version: 2 }, { ...max, version: 1 }]);
});

conformance("an invite leads to one registration", async (store) => {
  await store.saveAccount(accountOf("bob", "invited"), null);
  const invite = { tag: tagOf("bob"), tokenHash: TOKEN_HASH, expires: NOW + 1 };
  assertEquals(await store.putInvite(invite), true);
  assertEquals(await store.peekInvite(registration), "valid");
  assertEquals(await store.register(registration), "registered");
  assertEquals(await store.account(tagOf("bob")), {
    tag: tagOf("bob"),
    status: "registered",
    version: 2,
    ...registration.account,
  });
  assertEquals(await store.identities([tagOf("bob")]), [[utf8("identity 1")]]);
  assertEquals(await store.state(tagOf("bob")), { revision: 1, sealed: utf8("state") });
  assertEquals(await store.peekInvite(registration), "account_taken");
  assertEquals(await store.register(registration), "account_taken");
  assertEquals((await store.account(tagOf("bob")))?.version, 2);
});

conformance("a registration without a valid invite changes nothing", async (store) => {
  assertEquals(await store.register(registration), "invite_unknown");
  await store.saveAccount(accountOf("bob", "invited"), null);
  assertEquals(await store.register(registration), "invite_unknown");
  await store.putInvite({ tag: tagOf("bob"), tokenHash: filled("x", 32), expires: NOW + 1 });
  assertEquals(await store.register(registration), "invite_unknown");
  await store.putInvite({ tag: tagOf("bob"), tokenHash: TOKEN_HASH, expires: NOW });
  assertEquals(await store.register(registration), "invite_expired");
  assertEquals((await store.account(tagOf("bob")))?.status, "invited");
  assertEquals(await store.identities([tagOf("bob")]), [[]]);
  assertEquals(await store.state(tagOf("bob")), { revision: 0, sealed: null });
});

conformance("of two registrations at once one wins", async (store) => {
  await store.saveAccount(accountOf("bob", "invited"), null);
  await store.putInvite({ tag: tagOf("bob"), tokenHash: TOKEN_HASH, expires: NOW + 1 });
  const outcomes = await Promise.all([
    store.register(registration),
    store.register({ ...registration, identity: utf8("identity 2") }),
  ]);
  assertEquals(outcomes, ["registered", "account_taken"]);
  assertEquals(await store.identities([tagOf("bob")]), [[utf8("identity 1")]]);
});

conformance("only an invited account takes an invite, and the latest counts", async (store) => {
  await addAccounts(store, "alice");
  const invite = { tag: tagOf("alice"), tokenHash: TOKEN_HASH, expires: NOW + 1 };
  assertEquals(await store.putInvite(invite), false);
  assertEquals(await store.putInvite({ ...invite, tag: tagOf("nobody") }), false);
  await store.saveAccount(accountOf("bob", "invited"), null);
  await store.putInvite({ ...invite, tag: tagOf("bob") });
  await store.putInvite({ ...invite, tag: tagOf("bob"), tokenHash: filled("newer", 32) });
  assertEquals(await store.peekInvite(registration), "invite_unknown");
  const newer = { ...registration, tokenHash: filled("newer", 32) };
  assertEquals(await store.peekInvite(newer), "valid");
});

conformance("an invited account that is kept out for a while keeps its invite", async (store) => {
  await store.saveAccount(accountOf("bob", "invited"), null);
  await store.putInvite({ tag: tagOf("bob"), tokenHash: TOKEN_HASH, expires: NOW + 1 });
  await store.saveAccount({ ...accountOf("bob", "invited"), status: "disabled" }, 1);
  assertEquals(await store.register(registration), "account_taken");
  await store.saveAccount(accountOf("bob", "invited"), 2);
  assertEquals(await store.register(registration), "registered");
});

conformance("an account invited again does not take the old invite", async (store) => {
  await store.saveAccount(accountOf("bob", "invited"), null);
  await store.putInvite({ tag: tagOf("bob"), tokenHash: TOKEN_HASH, expires: NOW + 1 });
  await store.register(registration);
  await store.saveAccount(accountOf("bob", "invited"), 2);
  assertEquals(await store.register(registration), "invite_unknown");
});

conformance("identity records keep their order and survive the account", async (store) => {
  await addAccounts(store, "alice");
  const [alice, bob] = [tagOf("alice"), tagOf("bob")];
  await addIdentity(store, "alice", utf8("one"));
  await addIdentity(store, "alice", utf8("two"));
  await store.removeAccount(alice);
  assertEquals(await store.identities([bob, alice]), [[], [utf8("one"), utf8("two")]]);
  assertEquals(await store.identities([]), []);
});

conformance("failed logins are counted for names without an account too", async (store) => {
  const nobody = tagOf("nobody");
  assertEquals(await store.attempts(nobody), { failed: 0, blockedUntil: 0 });
  await store.saveAttempts(nobody, { failed: 6, blockedUntil: NOW });
  assertEquals(await store.attempts(nobody), { failed: 6, blockedUntil: NOW });
  await store.saveAttempts(nobody, { failed: 0, blockedUntil: 0 });
  assertEquals(await store.attempts(nobody), { failed: 0, blockedUntil: 0 });
});

conformance("when failed logins are too many, those blocked the shortest go", async (store) => {
  const tags = Array.from({ length: MAX_ATTEMPT_TAGS }, (_, i) => tagOf(String(i)));
  await Promise.all(
    tags.map((tag, i) => store.saveAttempts(tag, { failed: 1, blockedUntil: i === 7 ? 5 : 10 })),
  );
  await store.saveAttempts(tagOf("last"), { failed: 9, blockedUntil: 20 });
  assertEquals((await store.attempts(tags[7]!)).failed, 0);
  assertEquals((await store.attempts(tags[8]!)).failed, 1);
  assertEquals((await store.attempts(tagOf("last"))).failed, 9);
});

conformance(
  "failed logins of an account are not forgotten, however many names are tried",
  async (store) => {
    await addAccounts(store, "alice");
    await store.saveAttempts(tagOf("alice"), { failed: 6, blockedUntil: 1 });
    const tags = Array.from({ length: MAX_ATTEMPT_TAGS + 1 }, (_, i) => tagOf(String(i)));
    await Promise.all(tags.map((tag) => store.saveAttempts(tag, { failed: 1, blockedUntil: 10 })));
    assertEquals(await store.attempts(tagOf("alice")), { failed: 6, blockedUntil: 1 });
    const known = await Promise.all(tags.map((tag) => store.attempts(tag)));
    assertEquals(known.filter(({ failed }) => failed > 0).length, MAX_ATTEMPT_TAGS - 1);
  },
);

conformance("removing an account takes all that is its own, and mail nobody has", async (store) => {
  await addAccounts(store, "alice", "bob");
  await store.deliver(mail("both", ["alice", "bob"]));
  await store.deliver(mail("alice's", ["alice"]));
  await store.stage(upload("begun", ["bob"], { contentLength: 2 }));
  await store.saveState(tagOf("alice"), 0, utf8("state"));
  await store.saveAttempts(tagOf("alice"), { failed: 1, blockedUntil: 1 });
  assertEquals(await store.removeAccount(tagOf("alice")), true);
  assertEquals(await store.removeAccount(tagOf("alice")), false);
  assertEquals(await store.account(tagOf("alice")), null);
  assertEquals(await store.state(tagOf("alice")), { revision: 0, sealed: null });
  assertEquals(await store.attempts(tagOf("alice")), { failed: 0, blockedUntil: 0 });
  const page = { before: null, limit: 9 };
  assertEquals(await store.listEntries(tagOf("alice"), page), { total: 0, modseq: 0, entries: [] });
  assertEquals((await store.listEntries(tagOf("bob"), page)).total, 1);
  const piece = { owner: tagOf("alice"), messageId: messageIdOf("begun"), offset: 0 };
  assertEquals(await store.appendContent({ ...piece, data: patterned(1) }), null);
  // What is gone can be sent anew: nothing of it is left to be a duplicate of.
  assertEquals((await store.deliver(mail("alice's", ["bob"]))).outcome, "stored");
  assertEquals((await store.deliver(mail("both", ["bob"]))).outcome, "duplicate");
});

conformance("a removed account comes back empty and is numbered from 1", async (store) => {
  await addAccounts(store, "alice");
  await store.deliver(mail("m", ["alice"]));
  await store.removeAccount(tagOf("alice"));
  await addAccounts(store, "alice");
  const outcome = await store.deliver(mail("n", ["alice"]));
  assertEquals(outcome.outcome === "stored" && outcome.entries, [
    { tag: tagOf("alice"), index: 1 },
  ]);
});

conformance("sealed state is compare-and-set", async (store) => {
  await addAccounts(store, "alice");
  const alice = tagOf("alice");
  assertEquals(await store.saveState(alice, 1, utf8("no")), null);
  assertEquals(await store.saveState(alice, 0, utf8("one")), 1);
  assertEquals(await store.saveState(alice, 0, utf8("again")), null);
  const racing = await Promise.all([
    store.saveState(alice, 1, utf8("two")),
    store.saveState(alice, 1, utf8("lost")),
  ]);
  assertEquals(racing, [2, null]);
  assertEquals(await store.state(alice), { revision: 2, sealed: utf8("two") });
  assertEquals(await store.saveState(tagOf("nobody"), 0, utf8("x")), null);
});
