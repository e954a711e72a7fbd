import { assertEquals } from "@std/assert";
import { utf8 } from "../../crypto/bytes.ts";
import type { MailStore } from "../../mailstore/store.ts";
import { conformance, rejection } from "./conformance.ts";
import { addAccounts, filled, mail, messageIdOf, NOW, tagOf, upload } from "./fixtures.ts";

const [alice, bob] = [tagOf("alice"), tagOf("bob")];

async function fill(store: MailStore, count: number): Promise<void> {
  await addAccounts(store, "alice", "bob");
  for (let i = 1; i <= count; i++) await store.deliver(mail(String(i), ["alice"]));
}

const indicesOf = (entries: { index: number }[]) => entries.map(({ index }) => index);

conformance("a mailbox is listed newest first, page by page", async (store) => {
  await fill(store, 5);
  const page = async (before: number | null, limit: number) => {
    const { total, entries } = await store.listEntries(alice, { before, limit });
    assertEquals(total, 5);
    return indicesOf(entries);
  };
  assertEquals(await page(null, 2), [5, 4]);
  assertEquals(await page(4, 2), [3, 2]);
  assertEquals(await page(2, 2), [1]);
  assertEquals(await page(1, 2), []);
  assertEquals(await page(99, 9), [5, 4, 3, 2, 1]);
  assertEquals(await page(null, 0), []);
});

conformance("entries are found by number and by id, each once", async (store) => {
  await fill(store, 5);
  await store.deliver(mail("bob's", ["bob"]));
  const messageIds = ["4", "2", "bob's", "none"].map(messageIdOf);
  const found = await store.findEntries(alice, { indices: [2, 5, 6, 0, 5], messageIds });
  assertEquals(indicesOf(found), [5, 4, 2]);
  assertEquals(found[1]?.messageId, messageIdOf("4"));
  assertEquals(await store.findEntries(alice, { indices: [], messageIds: [] }), []);
  assertEquals(await store.findEntries(tagOf("nobody"), { indices: [1], messageIds }), []);
});

conformance("nobody gets mail of another mailbox", async (store) => {
  await fill(store, 1);
  await store.deliver(mail("bob's", ["bob"]));
  const messageId = messageIdOf("bob's");
  assertEquals(await store.mailParts(alice, [messageId]), []);
  assertEquals(await store.readContent(alice, { messageId, offset: 0, length: 9 }), null);
  const [result] = await store.putEntries(alice, [{ messageId, revision: 0, sealed: utf8("x") }]);
  assertEquals(result, { messageId, revision: 0, ok: false, modseq: 0 });
  assertEquals(await store.removeEntries(alice, [messageId]), 0);
  assertEquals((await store.listEntries(bob, { before: null, limit: 1 })).entries[0]?.sealed, null);
});

conformance("headers and summaries come in the order asked for", async (store) => {
  await fill(store, 3);
  const parts = await store.mailParts(alice, ["3", "none", "1"].map(messageIdOf));
  assertEquals(
    parts,
    ["3", "1"].map((id) => ({
      messageId: messageIdOf(id),
      header: utf8(`header ${id}`),
      summary: utf8(`summary ${id}`),
    })),
  );
});

conformance(
  "an answer ends before the item that is too much, and has at least one",
  async (store) => {
    await fill(store, 4);
    const sealed = filled("", 100);
    const items = ["1", "2", "3"].map((id) => ({
      messageId: messageIdOf(id),
      revision: 0,
      sealed,
    }));
    await store.putEntries(alice, items);
    const listed = async (maxBytes: number) =>
      indicesOf((await store.listEntries(alice, { before: null, limit: 9, maxBytes })).entries);
    assertEquals(await listed(0), [4]);
    assertEquals(await listed(199), [4, 3]);
    assertEquals(await listed(200), [4, 3, 2]);
    assertEquals(await listed(300), [4, 3, 2, 1]);
    const found = async (maxBytes: number) => {
      const wanted = { indices: [1, 1, 3], messageIds: ["3", "2", "4"].map(messageIdOf), maxBytes };
      return indicesOf(await store.findEntries(alice, wanted));
    };
    assertEquals(await found(0), [1]);
    assertEquals(await found(200), [3, 1]);
    assertEquals(await found(300), [4, 3, 2, 1]);
    const ids = ["1", "1", "2", "3"].map(messageIdOf);
    const parts = async (maxBytes: number) =>
      (await store.mailParts(alice, ids, { maxBytes })).map(({ messageId }) => messageId);
    const bytes = "header 1summary 1".length;
    assertEquals(await parts(0), [messageIdOf("1")]);
    assertEquals(await parts(2 * bytes), ["1", "2"].map(messageIdOf));
    assertEquals(await parts(3 * bytes - 1), ["1", "2"].map(messageIdOf));
    assertEquals(await parts(3 * bytes), ["1", "2", "3"].map(messageIdOf));
  },
);

conformance("content is read in ranges", async (store) => {
  await fill(store, 1);
  const read = (offset: number, length: number) =>
    store.readContent(alice, { messageId: messageIdOf("1"), offset, length });
  assertEquals(await read(0, 4), { data: utf8("cont"), total: 9 });
  assertEquals(await read(7, 4), { data: utf8(" 1"), total: 9 });
  assertEquals(await read(9, 4), { data: utf8(""), total: 9 });
  assertEquals(await read(99, 4), { data: utf8(""), total: 9 });
  assertEquals(await read(3, 0), { data: utf8(""), total: 9 });
});

conformance("a sealed entry is compare-and-set, item by item", async (store) => {
  await fill(store, 2);
  const item = (id: string, revision: number, text: string) => ({
    messageId: messageIdOf(id),
    revision,
    sealed: utf8(text),
  });
  const { modseq: before } = await store.listEntries(alice, { before: null, limit: 1 });
  const result = (id: string, revision: number, change: number) => ({
    messageId: messageIdOf(id),
    revision,
    ok: change > 0,
    modseq: change > 0 ? before + change : 0,
  });
  const first = [item("1", 0, "a"), item("none", 0, "x"), item("2", 4, "x"), item("1", 1, "b")];
  assertEquals(await store.putEntries(alice, first), [
    result("1", 1, 1),
    result("none", 0, 0),
    result("2", 0, 0),
    result("1", 2, 2),
  ]);
  const racing = await Promise.all([
    store.putEntries(alice, [item("1", 2, "c")]),
    store.putEntries(alice, [item("1", 2, "lost")]),
  ]);
  assertEquals(racing, [[result("1", 3, 3)], [result("1", 3, 0)]]);
  const { entries } = await store.listEntries(alice, { before: null, limit: 2 });
  assertEquals(entries.map(({ revision, sealed }) => [revision, sealed]), [
    [0, null],
    [3, utf8("c")],
  ]);
});

conformance("recipients of one message have entries of their own", async (store) => {
  await addAccounts(store, "alice", "bob");
  await store.deliver(mail("1", ["alice", "bob"]));
  await store.putEntries(alice, [{
    messageId: messageIdOf("1"),
    revision: 0,
    sealed: utf8("alice's"),
  }]);
  const { entries } = await store.listEntries(bob, { before: null, limit: 2 });
  assertEquals([entries[0]?.revision, entries[0]?.sealed], [0, null]);
});

conformance("a buffer that went in belongs to the caller again", async (store) => {
  await addAccounts(store, "alice");
  const delivery = mail("1", ["alice"]);
  await store.deliver(delivery);
  for (const bytes of [delivery.meta, delivery.header, delivery.content]) bytes.fill(0);
  const range = { messageId: messageIdOf("1"), offset: 0, length: 99 };
  const read = await store.readContent(alice, range);
  assertEquals(read?.data, utf8("content 1"));
  read?.data.fill(0);
  assertEquals((await store.readContent(alice, range))?.data, utf8("content 1"));
  assertEquals((await store.mailParts(alice, [messageIdOf("1")]))[0]?.header, utf8("header 1"));
});

conformance("arguments outside the contract are refused", async (store) => {
  await addAccounts(store, "alice");
  const short = filled("", 31);
  const page = { before: null, limit: 1 };
  const calls: Record<string, () => Promise<unknown>> = {
    tag: () => store.account(short),
    "recipient's tag": () => store.deliver({ ...mail("1", []), mailboxes: [alice, short] }),
    "no recipient": () => store.deliver(mail("1", [])),
    "message id": () => store.deliver(mail("1", ["alice"], { messageId: short })),
    digest: () => store.deliver(mail("1", ["alice"], { digest: short })),
    "negative length": () => store.stage(upload("1", ["alice"], { contentLength: -1 })),
    "broken time": () => store.stage(upload("1", ["alice"], { contentLength: 1, now: NaN })),
    "empty piece": () =>
      store.appendContent({
        owner: alice,
        messageId: messageIdOf("1"),
        offset: 0,
        data: utf8(""),
      }),
    "negative limit": () => store.listEntries(alice, { ...page, limit: -1 }),
    "broken index": () => store.findEntries(alice, { indices: [1.5], messageIds: [] }),
    "huge revision": () => store.saveState(alice, 2 ** 53, utf8("x")),
    "token hash": () => store.putInvite({ tag: alice, tokenHash: short, expires: NOW }),
    "negative attempts": () => store.saveAttempts(alice, { failed: -1, blockedUntil: 0 }),
  };
  for (const [name, call] of Object.entries(calls)) {
    assertEquals(await rejection(call), "store_misuse", name);
  }
});

conformance("one bad operation among many takes nobody with it", async (store) => {
  await addAccounts(store, "alice");
  const results = await Promise.allSettled([
    store.deliver(mail("1", ["alice"])),
    store.deliver(mail("2", ["alice"], { digest: filled("", 1) })),
    store.deliver(mail("3", ["alice", "nobody"])),
    store.deliver(mail("4", ["alice"])),
  ]);
  assertEquals(results.map(({ status }) => status === "fulfilled"), [true, false, true, true]);
  const { entries } = await store.listEntries(alice, { before: null, limit: 9 });
  assertEquals(entries.map(({ messageId }) => messageId), ["4", "1"].map(messageIdOf));
});
