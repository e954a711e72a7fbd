import { assertEquals } from "@std/assert";
import { utf8 } from "../../crypto/bytes.ts";
import { CONTENT_PIECE_BYTES, STAGE_LIFETIME_MS } from "../../mailstore/store.ts";
import { conformance } from "./conformance.ts";
import {
  accountOf,
  addAccounts,
  filled,
  mail,
  messageIdOf,
  NOW,
  patterned,
  tagOf,
  upload,
} from "./fixtures.ts";

const ALL = { before: null, limit: 100 };
const [alice, bob, carol] = [tagOf("alice"), tagOf("bob"), tagOf("carol")];

conformance("a message is put into every mailbox once, numbered from 1", async (store) => {
  await addAccounts(store, "alice", "bob");
  assertEquals(await store.deliver(mail("1", ["alice"])), {
    outcome: "stored",
    meta: utf8("meta 1"),
    entries: [{ tag: alice, index: 1 }],
  });
  assertEquals(await store.deliver(mail("2", ["bob", "alice", "bob"])), {
    outcome: "stored",
    meta: utf8("meta 2"),
    entries: [{ tag: bob, index: 1 }, { tag: alice, index: 2 }],
  });
  assertEquals(await store.listEntries(bob, ALL), {
    total: 1,
    modseq: 1,
    entries: [{
      index: 1,
      messageId: messageIdOf("2"),
      meta: utf8("meta 2"),
      contentLength: 9,
      revision: 0,
      sealed: null,
    }],
  });
});

conformance("a recipient who is not active refuses the whole delivery", async (store) => {
  await addAccounts(store, "alice");
  await store.saveAccount(accountOf("bob", "disabled"), null);
  await store.saveAccount(accountOf("carol", "registered"), null);
  await store.saveAccount(accountOf("dave", "invited"), null);
  const outcome = await store.deliver(mail("1", ["bob", "alice", "carol", "dave", "nobody"]));
  const tags = [bob, carol, tagOf("dave"), tagOf("nobody")];
  assertEquals(outcome, { outcome: "refused", tags });
  assertEquals((await store.listEntries(alice, ALL)).total, 0);
  assertEquals((await store.deliver(mail("1", ["alice"]))).outcome, "stored");
});

conformance("a message sent again is not doubled and keeps its first meta", async (store) => {
  await addAccounts(store, "alice", "bob");
  await store.deliver(mail("0", ["alice"]));
  await store.deliver(mail("1", ["bob", "alice"]));
  await store.saveAccount(accountOf("bob", "disabled"), 1);
  const again = await store.deliver(mail("1", ["bob", "alice"], { meta: utf8("later") }));
  assertEquals(again, {
    outcome: "duplicate",
    meta: utf8("meta 1"),
    entries: [{ tag: alice, index: 2 }, { tag: bob, index: 1 }],
  });
  assertEquals((await store.listEntries(alice, ALL)).total, 2);
});

conformance("another message under a used id is told so", async (store) => {
  await addAccounts(store, "alice");
  await store.deliver(mail("1", ["alice"]));
  const digest = filled("other", 32);
  assertEquals(await store.deliver(mail("1", ["alice"], { digest })), { outcome: "id_reused" });
  const staged = await store.stage(upload("1", ["alice"], { contentLength: 1, digest }));
  assertEquals(staged, { outcome: "id_reused" });
});

conformance("the same message sent twice at once is stored once", async (store) => {
  await addAccounts(store, "alice");
  const outcomes = await Promise.all([1, 2, 3].map(() => store.deliver(mail("1", ["alice"]))));
  assertEquals(outcomes.map(({ outcome }) => outcome), ["stored", "duplicate", "duplicate"]);
  assertEquals((await store.listEntries(alice, ALL)).total, 1);
});

conformance("numbers are not used again after the newest entry is removed", async (store) => {
  await addAccounts(store, "alice");
  await store.deliver(mail("1", ["alice"]));
  await store.deliver(mail("2", ["alice"]));
  assertEquals(await store.removeEntries(alice, [messageIdOf("2"), messageIdOf("9")]), 1);
  const outcome = await store.deliver(mail("3", ["alice"]));
  assertEquals(outcome.outcome === "stored" && outcome.entries[0]?.index, 3);
  const { total, entries } = await store.listEntries(alice, ALL);
  assertEquals([total, ...entries.map(({ index }) => index)], [2, 3, 1]);
});

conformance("a message leaves with its last entry", async (store) => {
  await addAccounts(store, "alice", "bob");
  await store.deliver(mail("1", ["alice", "bob"]));
  await store.removeEntries(alice, [messageIdOf("1")]);
  assertEquals((await store.mailParts(bob, [messageIdOf("1")])).length, 1);
  const still = await store.deliver(mail("1", ["alice", "bob"]));
  assertEquals(still.outcome === "duplicate" && still.entries, [{ tag: bob, index: 1 }]);
  await store.removeEntries(bob, [messageIdOf("1")]);
  assertEquals((await store.deliver(mail("1", ["alice"]))).outcome, "stored");
});

for (
  const length of [0, 1, CONTENT_PIECE_BYTES - 1, CONTENT_PIECE_BYTES, CONTENT_PIECE_BYTES + 1]
) {
  conformance(`content of ${length} bytes comes back whole`, async (store) => {
    await addAccounts(store, "alice");
    const content = patterned(length);
    await store.deliver(mail("1", ["alice"], { content }));
    const range = { messageId: messageIdOf("1"), offset: 0, length: length + 1 };
    assertEquals(await store.readContent(alice, range), { data: content, total: length });
  });
}

conformance("an upload in pieces becomes a message when it is committed", async (store) => {
  await addAccounts(store, "alice", "bob");
  const content = patterned(700_000);
  const id = { owner: alice, messageId: messageIdOf("1") };
  const begin = upload("1", ["bob", "alice"], { contentLength: content.length });
  assertEquals(await store.stage(begin), { outcome: "staged", received: 0 });
  const first = { ...id, offset: 0, data: content.subarray(0, 100_000) };
  assertEquals(await store.appendContent(first), 100_000);
  assertEquals(await store.appendContent(first), 100_000, "a repeated piece changes nothing");
  const gap = { ...id, offset: 100_001, data: content.subarray(100_001, 100_010) };
  assertEquals(await store.appendContent(gap), 100_000, "a gap changes nothing");
  const long = { ...id, offset: 100_000, data: patterned(600_001) };
  assertEquals(await store.appendContent(long), 100_000, "too much changes nothing");
  assertEquals(await store.stage(begin), { outcome: "staged", received: 100_000 });
  const incomplete = await store.commitStaged({ ...id, meta: utf8("meta") });
  assertEquals(incomplete, { outcome: "incomplete", received: 100_000 });
  assertEquals((await store.listEntries(bob, ALL)).total, 0);
  const rest = { ...id, offset: 100_000, data: content.subarray(100_000) };
  assertEquals(await store.appendContent(rest), 700_000);
  const entries = [{ tag: bob, index: 1 }, { tag: alice, index: 1 }];
  const committed = await store.commitStaged({ ...id, meta: utf8("new meta") });
  assertEquals(committed, { outcome: "stored", meta: utf8("new meta"), entries });
  const range = { messageId: messageIdOf("1"), offset: 0, length: 700_000 };
  assertEquals(await store.readContent(bob, range), { data: content, total: 700_000 });
  for (const offset of [0, 99_999, 100_000, 362_143, 362_144, 699_999, 700_000]) {
    const part = await store.readContent(bob, { ...range, offset, length: 3 });
    assertEquals(part?.data, content.slice(offset, offset + 3), `from ${offset}`);
  }
});

conformance("a commit repeated by its owner is a duplicate, by others nothing", async (store) => {
  await addAccounts(store, "alice", "bob");
  await store.stage(upload("1", ["bob"], { contentLength: 0 }));
  const commit = { owner: alice, messageId: messageIdOf("1"), meta: utf8("m") };
  assertEquals((await store.commitStaged(commit)).outcome, "stored");
  assertEquals((await store.stage(upload("1", ["bob"], { contentLength: 0 }))).outcome, "done");
  const again = await store.commitStaged({ ...commit, meta: utf8("later") });
  const entries = [{ tag: bob, index: 1 }];
  assertEquals(again, { outcome: "duplicate", meta: utf8("m"), entries });
  assertEquals(await store.commitStaged({ ...commit, owner: bob }), { outcome: "not_staged" });
});

conformance("an upload belongs to who began it", async (store) => {
  await addAccounts(store, "alice", "bob");
  await store.stage(upload("1", ["alice"], { contentLength: 2 }));
  const messageId = messageIdOf("1");
  const data = utf8("x");
  assertEquals(await store.appendContent({ owner: bob, messageId, offset: 0, data }), null);
  const stolen = await store.commitStaged({ owner: bob, messageId, meta: utf8("m") });
  assertEquals(stolen, { outcome: "not_staged" });
  const own = await store.stage(upload("1", ["alice"], { contentLength: 1, owner: bob }));
  assertEquals(own, { outcome: "staged", received: 0 });
});

conformance(
  "an upload whose message arrived meanwhile is a duplicate or refused",
  async (store) => {
    await addAccounts(store, "alice", "bob");
    await store.stage(upload("same", ["bob"], { contentLength: 0 }));
    await store.stage(upload("other", ["bob"], { contentLength: 0, digest: filled("o", 32) }));
    await store.deliver(mail("same", ["bob"]));
    await store.deliver(mail("other", ["bob"]));
    const commit = (id: string) =>
      store.commitStaged({ owner: alice, messageId: messageIdOf(id), meta: utf8("m") });
    assertEquals((await commit("same")).outcome, "duplicate");
    assertEquals((await commit("other")).outcome, "id_reused");
  },
);

conformance("recipients are looked at when an upload begins and when it ends", async (store) => {
  await addAccounts(store, "alice", "bob");
  const refused = await store.stage(upload("1", ["carol", "bob"], { contentLength: 0 }));
  assertEquals(refused, { outcome: "refused", tags: [carol] });
  await store.stage(upload("1", ["bob", "alice"], { contentLength: 0 }));
  await store.saveAccount(accountOf("bob", "disabled"), 1);
  const commit = { owner: alice, messageId: messageIdOf("1"), meta: utf8("m") };
  assertEquals(await store.commitStaged(commit), { outcome: "refused", tags: [bob] });
  assertEquals((await store.listEntries(alice, ALL)).total, 0);
  await store.saveAccount(accountOf("bob"), 2);
  assertEquals((await store.commitStaged(commit)).outcome, "stored");
});

conformance("another beginning under the id of an upload is told so", async (store) => {
  await addAccounts(store, "alice");
  await store.stage(upload("1", ["alice"], { contentLength: 5 }));
  const longer = await store.stage(upload("1", ["alice"], { contentLength: 6 }));
  assertEquals(longer, { outcome: "id_reused" });
  const digest = filled("o", 32);
  const other = await store.stage(upload("1", ["alice"], { contentLength: 5, digest }));
  assertEquals(other, { outcome: "id_reused" });
});

conformance("uploads past their lifetime are dropped when another begins", async (store) => {
  await addAccounts(store, "alice", "bob");
  await store.stage(upload("old", ["alice"], { contentLength: 5, owner: bob }));
  await store.stage(upload("young", ["alice"], { contentLength: 5, owner: bob, now: NOW + 1 }));
  await store.stage(upload("new", ["alice"], { contentLength: 5, now: NOW + STAGE_LIFETIME_MS }));
  const append = (id: string) =>
    store.appendContent({ owner: bob, messageId: messageIdOf(id), offset: 0, data: utf8("x") });
  assertEquals(await append("old"), null);
  assertEquals(await append("young"), 1);
});

const LIMITS = { stageLimits: { uploadsPerOwner: 2, bytesPerOwner: 1000 } };

conformance("a new upload replaces the owner's oldest", async (store) => {
  await addAccounts(store, "alice", "bob");
  const begin = (id: string, contentLength: number, owner = alice) =>
    store.stage(upload(id, ["alice"], { contentLength, owner }));
  const alive = async (id: string, owner = alice) =>
    (await store.commitStaged({ owner, messageId: messageIdOf(id), meta: utf8("m") })).outcome !==
      "not_staged";
  await begin("bob's", 1000, bob);
  await begin("1", 400);
  await begin("2", 400);
  await begin("3", 400);
  assertEquals([await alive("1"), await alive("2"), await alive("3")], [false, true, true]);
  await begin("4", 601);
  assertEquals([await alive("2"), await alive("3"), await alive("4")], [false, false, true]);
  assertEquals(await begin("5", 1001), { outcome: "too_large" });
  assertEquals([await alive("4"), await alive("bob's", bob)], [true, true]);
}, LIMITS);
