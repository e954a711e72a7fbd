import { assertEquals } from "@std/assert";
import { utf8 } from "../../crypto/bytes.ts";
import { conformance, rejection } from "./conformance.ts";
import { addAccounts, logEntry, tagOf } from "./fixtures.ts";

conformance("the log keeps its entries in order and gives them by pages", async (store) => {
  assertEquals(await store.logSize(), 0);
  assertEquals(await store.logEntries(0, 9), []);
  assertEquals(await store.appendLog([logEntry(0, "alice"), logEntry(1, "bob")]), true);
  assertEquals(await store.appendLog([logEntry(2, "alice")]), true);
  assertEquals(await store.logSize(), 3);
  const all = [0, 1, 2].map((seq) => utf8(`entry ${seq}`));
  assertEquals(await store.logEntries(0, 9), all);
  assertEquals(await store.logEntries(0, 2), all.slice(0, 2));
  assertEquals(await store.logEntries(1, 1), all.slice(1, 2));
  assertEquals(await store.logEntries(3, 9), []);
});

conformance("an entry that is not for the end of the log is not written", async (store) => {
  await store.appendLog([logEntry(0, "alice")]);
  assertEquals(await store.appendLog([logEntry(0, "bob")]), false);
  assertEquals(await store.appendLog([logEntry(2, "bob")]), false);
  assertEquals(await store.appendLog([logEntry(0, "bob"), logEntry(1, "bob")]), false);
  assertEquals(await store.logEntries(0, 9), [utf8("entry 0")]);
  assertEquals(await store.appendLog([]), true);
});

conformance("of two who append at once one must look again", async (store) => {
  const racing = await Promise.all([
    store.appendLog([logEntry(0, "alice"), logEntry(1, "alice")]),
    store.appendLog([logEntry(0, "bob")]),
    store.appendLog([logEntry(2, "carol")]),
  ]);
  assertEquals(racing, [true, false, true]);
  assertEquals(await store.logSize(), 3);
});

conformance("records are found by whom they are about", async (store) => {
  await store.appendLog([
    logEntry(0, "alice"),
    logEntry(1, "alice", "one"),
    logEntry(2, "bob", "two"),
    logEntry(3, "alice", ""),
  ]);
  assertEquals(await store.logRecords(tagOf("alice")), [
    { seq: 1, entry: utf8("entry 1"), record: utf8("one") },
    { seq: 3, entry: utf8("entry 3"), record: utf8("") },
  ]);
  assertEquals(await store.logRecords(tagOf("nobody")), []);
});

conformance("the log outlives the accounts that it is about", async (store) => {
  await addAccounts(store, "alice");
  await store.appendLog([logEntry(0, "alice", "kept")]);
  await store.removeAccount(tagOf("alice"));
  assertEquals((await store.logRecords(tagOf("alice"))).length, 1);
});

conformance("log entries that do not follow each other are a misuse", async (store) => {
  const gap = [logEntry(0, "alice"), logEntry(2, "alice")];
  assertEquals(await rejection(() => store.appendLog(gap)), "store_misuse");
  const shortTag = { ...logEntry(0, "alice"), tag: utf8("short") };
  assertEquals(await rejection(() => store.appendLog([shortTag])), "store_misuse");
  assertEquals(await rejection(() => store.logEntries(-1, 1)), "store_misuse");
  assertEquals(await store.logSize(), 0);
});
