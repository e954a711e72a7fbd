import { assertEquals } from "@std/assert";
import { utf8 } from "../../crypto/bytes.ts";
import type { MailStore } from "../../mailstore/store.ts";
import { conformance, rejection } from "./conformance.ts";
import { accountOf, addAccounts, filled, mail, messageIdOf, tagOf, upload } from "./fixtures.ts";

const [alice, bob] = [tagOf("alice"), tagOf("bob")];

async function fill(store: MailStore, count: number): Promise<void> {
  await addAccounts(store, "alice", "bob");
  for (let i = 1; i <= count; i++) await store.deliver(mail(String(i), ["alice"]));
}

async function changes(store: MailStore, since: number, limit = 99) {
  const { entries, ...rest } = await store.listChanges(alice, { since, limit });
  return { ...rest, entries: entries.map(({ index, revision }) => [index, revision]) };
}

const put = (store: MailStore, id: string, revision: number, sealed = "sealed") =>
  store.putEntries(alice, [{ messageId: messageIdOf(id), revision, sealed: utf8(sealed) }]);

conformance(
  "every change is told once, in its order, with what the entry is now",
  async (store) => {
    await fill(store, 3);
    const { modseq } = await store.listEntries(alice, { before: null, limit: 1 });
    assertEquals(modseq, 3);
    const nothing = { reset: false, next: 3, more: false, entries: [], removed: [] };
    assertEquals(await changes(store, 3), nothing);
    await put(store, "2", 0);
    await put(store, "2", 1);
    await store.deliver(mail("4", ["alice"]));
    await store.removeEntries(alice, [messageIdOf("1")]);
    assertEquals(await changes(store, 3), {
      ...{ reset: false, next: 7, more: false },
      entries: [[2, 2], [4, 0]],
      removed: [1],
    });
    assertEquals((await changes(store, 0)).entries, [[3, 0], [2, 2], [4, 0]]);
    assertEquals((await store.listChanges(bob, { since: 0, limit: 9 })).next, 0);
  },
);

conformance("what was refused, or is another mailbox's, is no change", async (store) => {
  await fill(store, 2);
  await put(store, "1", 7);
  await put(store, "none", 0);
  await store.deliver(mail("1", ["alice"]));
  await store.removeEntries(alice, [messageIdOf("none")]);
  await store.deliver(mail("b", ["bob"]));
  assertEquals((await changes(store, 0)).next, 2);
});

conformance("changes come page by page, by number and by bytes, none left out", async (store) => {
  await fill(store, 5);
  for (const id of ["4", "1", "5"]) await put(store, id, 0, "x".repeat(10));
  await store.removeEntries(alice, [messageIdOf("3")]);
  for (const page of [{ limit: 1 }, { limit: 2 }, { limit: 9, maxBytes: 15 }]) {
    const seen: number[] = [];
    const gone: number[] = [];
    for (let since = 0, more = true; more;) {
      const answer = await store.listChanges(alice, { since, ...page });
      assertEquals(answer.next > since, true);
      ({ next: since, more } = answer);
      seen.push(...answer.entries.map(({ index }) => index));
      gone.push(...answer.removed);
    }
    assertEquals([seen, gone], [[2, 4, 1, 5], [3]]);
  }
  assertEquals(await rejection(() => changes(store, 0, 0)), "store_misuse");
});

conformance("who has not heard of forgotten removals has to start anew", async (store) => {
  await fill(store, 4);
  for (const id of ["1", "2", "3"]) await store.removeEntries(alice, [messageIdOf(id)]);
  assertEquals((await changes(store, 4)).reset, true);
  const known = await changes(store, 5);
  assertEquals([known.reset, known.removed], [false, [2, 3]]);
  assertEquals((await changes(store, 8)).reset, true, "of another mailbox, or of a later backup");
}, { maxRemovals: 2 });

conformance("more removals than an answer takes come in the next ones", async (store) => {
  await addAccounts(store, "alice");
  const ids = Array.from({ length: 1005 }, (_, i) => `m${i}`);
  await Promise.all(ids.map((id) => store.deliver(mail(id, ["alice"]))));
  await store.removeEntries(alice, ids.map(messageIdOf));
  const first = await changes(store, 1005);
  assertEquals([first.removed.length, first.more, first.next], [1000, true, 2005]);
  const second = await changes(store, first.next);
  assertEquals([second.removed.length, second.more], [5, false]);
});

conformance("a mailbox that is emptied has to be looked at anew, numbers go on", async (store) => {
  await fill(store, 2);
  const { tag: _, ...account } = accountOf("alice");
  await store.changeAccount({ tag: alice, expectedVersion: 1, account, empties: true });
  assertEquals((await changes(store, 2)).reset, true);
  const { next } = await changes(store, 2);
  assertEquals(await changes(store, next), {
    ...{ reset: false, next, more: false },
    ...{ entries: [], removed: [] },
  });
});

conformance("a mail comes with its sender's entry, whole or in pieces", async (store) => {
  await addAccounts(store, "alice", "bob");
  const own = { tag: alice, sealed: utf8("mine") };
  await store.deliver(mail("1", ["bob", "alice"], { own }));
  await store.stage(upload("2", ["alice", "bob"], { owner: alice, contentLength: 1 }));
  const piece = { owner: alice, messageId: messageIdOf("2") };
  await store.appendContent({ ...piece, offset: 0, data: utf8("x") });
  await store.commitStaged({ ...piece, meta: utf8("m"), own: utf8("mine too") });
  const page = { before: null, limit: 9 };
  const entriesOf = async (tag: typeof alice) =>
    (await store.listEntries(tag, page)).entries.map(({ revision, sealed }) => [revision, sealed]);
  assertEquals(await entriesOf(alice), [[1, utf8("mine too")], [1, utf8("mine")]]);
  assertEquals(await entriesOf(bob), [[0, null], [0, null]]);
  await store.deliver(mail("1", ["bob", "alice"], { own: { ...own, sealed: utf8("again") } }));
  assertEquals((await entriesOf(alice))[1], [1, utf8("mine")], "a duplicate writes nothing");
  const others = { own: { tag: tagOf("nobody"), sealed: utf8("x") } };
  assertEquals((await store.deliver(mail("3", ["alice"], others))).outcome, "stored");
  assertEquals((await entriesOf(alice))[0], [0, null]);
});

conformance("blobs are replaced by compare-and-set, up to a sum of bytes", async (store) => {
  await addAccounts(store, "alice", "bob");
  const save = (name: string, revision: number, sealed: string) =>
    store.putBlob(alice, {
      ...{ name: messageIdOf(name), revision, sealed: utf8(sealed) },
      maxTotalBytes: 10,
    });
  assertEquals(await save("a", 1, "x"), { outcome: "conflict" });
  assertEquals(await save("a", 0, "12345"), { outcome: "saved", revision: 1 });
  assertEquals(await save("a", 0, "x"), { outcome: "conflict" });
  assertEquals(await save("b", 0, "123456"), { outcome: "too_large" });
  assertEquals(await save("b", 0, "12345"), { outcome: "saved", revision: 1 });
  assertEquals(await save("a", 1, "123"), { outcome: "saved", revision: 2 });
  assertEquals(await store.blob(alice, messageIdOf("a")), { revision: 2, sealed: utf8("123") });
  assertEquals(await store.blob(bob, messageIdOf("a")), null);
  const nobody = { name: messageIdOf("a"), revision: 0, sealed: utf8("x"), maxTotalBytes: 10 };
  assertEquals(await store.putBlob(tagOf("nobody"), nobody), { outcome: "conflict" });
  assertEquals(
    await rejection(() => store.putBlob(alice, { ...nobody, name: filled("n", 15) })),
    "store_misuse",
  );
});

conformance(
  "blobs are listed in order of their names, and leave with the account",
  async (store) => {
    await addAccounts(store, "alice", "bob");
    const names = [3, 1, 2].map((n) => new Uint8Array(16).fill(n));
    for (const name of names) {
      const blob = { name, revision: 0, sealed: utf8("x".repeat(name[0]!)), maxTotalBytes: 99 };
      await store.putBlob(alice, blob);
      await store.putBlob(bob, blob);
    }
    const listed = async (after: number | null, limit = 9) => {
      const from = after === null ? null : new Uint8Array(16).fill(after);
      const found = await store.blobs(alice, { after: from, limit });
      return found.map(({ name, revision, bytes }) => [name[0], revision, bytes]);
    };
    assertEquals(await listed(null), [[1, 1, 1], [2, 1, 2], [3, 1, 3]]);
    assertEquals(await listed(1, 1), [[2, 1, 2]]);
    assertEquals(await listed(3), []);
    assertEquals(await store.removeBlob(alice, names[0]!, 2), false);
    assertEquals(await store.removeBlob(alice, names[0]!, 1), true);
    assertEquals(await store.removeBlob(alice, names[0]!, 1), false);
    assertEquals((await listed(null)).length, 2);
    const { tag: _, ...account } = accountOf("alice");
    await store.changeAccount({ tag: alice, expectedVersion: 1, account, empties: true });
    assertEquals(await listed(null), []);
    await store.removeAccount(bob);
    await addAccounts(store, "bob");
    assertEquals(await store.blobs(bob, { after: null, limit: 9 }), []);
  },
);
