import { assertEquals } from "@std/assert";
import { utf8 } from "../../crypto/bytes.ts";
import { STAGE_LIFETIME_MS } from "../../mailstore/store.ts";
import { rejection } from "./conformance.ts";
import {
  addAccounts,
  ENGINES,
  mail,
  messageIdOf,
  NOW,
  tagOf,
  upload,
  withFolder,
  withSqlite,
} from "./fixtures.ts";

for (const engine of ENGINES) {
  Deno.test(`mailstore (${engine.name}): close waits for what is under way, then all is refused`, () =>
    engine.with(async (store) => {
      await addAccounts(store, "alice");
      const deliveries = ["1", "2"].map((id) => store.deliver(mail(id, ["alice"])));
      await store.close();
      const outcomes = (await Promise.all(deliveries)).map(({ outcome }) => outcome);
      assertEquals(outcomes, ["stored", "stored"]);
      assertEquals(await rejection(() => store.account(tagOf("alice"))), "store_closed");
      assertEquals(await rejection(() => store.deliver(mail("3", ["alice"]))), "store_closed");
      assertEquals(await rejection(() => store.verify()), "store_closed");
      await store.close();
    }));
}

Deno.test("mailstore (sqlite): what was acknowledged is there after a close", () =>
  withFolder(async (folder) => {
    const path = `${folder}/mail.db`;
    await withSqlite(path, async (store) => {
      await addAccounts(store, "alice");
      await store.deliver(mail("1", ["alice"]));
      await store.removeEntries(tagOf("alice"), [messageIdOf("1")]);
      await store.deliver(mail("2", ["alice"]));
    });
    await withSqlite(path, async (store) => {
      const { entries } = await store.listEntries(tagOf("alice"), { before: null, limit: 9 });
      assertEquals(entries.map(({ index, messageId }) => [index, messageId]), [
        [2, messageIdOf("2")],
      ]);
      assertEquals((await store.deliver(mail("2", ["alice"]))).outcome, "duplicate");
    });
  }));

Deno.test("mailstore (sqlite): an unfinished upload goes on after a restart, for a day", () =>
  withFolder(async (folder) => {
    const path = `${folder}/mail.db`;
    const begin = upload("1", ["alice"], { contentLength: 2 });
    const append = { owner: tagOf("alice"), messageId: messageIdOf("1"), data: utf8("x") };
    await withSqlite(path, async (store) => {
      await addAccounts(store, "alice");
      await store.stage(begin);
      await store.appendContent({ ...append, offset: 0 });
    });
    const justInTime = { now: NOW + STAGE_LIFETIME_MS - 1 };
    await withSqlite(path, async (store) => {
      assertEquals(await store.stage(begin), { outcome: "staged", received: 1 });
    }, justInTime);
    const tooLate = { now: NOW + STAGE_LIFETIME_MS };
    await withSqlite(path, async (store) => {
      assertEquals(await store.appendContent({ ...append, offset: 1 }), null);
      assertEquals(await store.verify(), []);
    }, tooLate);
  }));
