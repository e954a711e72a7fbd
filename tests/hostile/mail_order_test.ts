/** A server that withholds mail, and gives it in another order, at another time, or again. */

import { assertEquals } from "@std/assert";
import { equalBytes, fromHex, randomBytes } from "../../crypto/bytes.ts";
import { INTAKE_WARNINGS, REJECT_REASONS } from "../../crypto/envelope_reject.ts";
import type { MailboxEntry } from "../../protocol/messages/list.ts";
import type { MailListItem } from "../../client/mailbox_types.ts";
import { HostileOffice, told, write } from "./hostile_office.ts";
import type { HostileServer } from "./hostile_server.ts";

const HOUR_MS = 3_600_000;

/** Two people, and as many mails from alice to bob as there are titles. */
async function office(...titles: string[]) {
  const made = await HostileOffice.open();
  const alice = await made.join("alice");
  const bob = await made.join("bob");
  for (const title of titles) await write(alice, "bob", title);
  return {
    office: made,
    server: made.server,
    alice,
    bob,
    [Symbol.asyncDispose]: () => close(made),
  };
}

async function close(made: HostileOffice): Promise<void> {
  await made[Symbol.asyncDispose]();
}

/** Tells bob something else about his mailbox, however he asks. */
function pretend(server: HostileServer, box: (honest: MailboxEntry[]) => MailboxEntry[]): void {
  server.lies.list = async ({ user, body, honest }) => {
    if (user !== "bob") return await honest();
    const { modseq, entries } = await honest({ before: null, limit: 200 });
    const told = box(entries).sort((a, b) => b.index - a.index);
    const below = told.filter(({ index }) => body.before === null || index < body.before);
    return { total: told.length, modseq, entries: below.slice(0, body.limit) };
  };
  forgetChanges(server);
  server.lies.entries = async ({ user, body: { indices, messageIds }, honest }) => {
    if (user !== "bob") return await honest();
    const all = Array.from({ length: 50 }, (_, i) => i + 1);
    const told = box((await honest({ indices: all, messageIds: [] })).entries);
    const byIndex = indices.flatMap((i) => told.find(({ index }) => index === i) ?? []);
    const byId = messageIds.flatMap((id) =>
      told.find(({ messageId }) => equalBytes(messageId, id)) ?? []
    );
    return { entries: [...byIndex, ...byId] };
  };
}

/** Says that everything must be asked for anew. */
function forgetChanges(server: HostileServer): void {
  server.lies.changes = async ({ honest }) => ({
    ...await honest(),
    ...{ reset: true, more: false, entries: [], removed: [] },
  });
}

const shown = (items: MailListItem[]) =>
  items.map(({ title, rejected, warnings }) => [title, rejected ?? warnings.join(" ")]);

Deno.test("hostile server: a mail that is withheld is noticed at the next one", async () => {
  await using at = await office("one", "two", "three");
  pretend(at.server, (entries) => entries.filter(({ index }) => index !== 2));
  assertEquals(shown(await at.bob.box.list()), [
    ["three", INTAKE_WARNINGS.counter_gap],
    ["one", ""],
  ]);
  const { warnings } = await at.bob.box.read(3);
  assertEquals(warnings, [INTAKE_WARNINGS.counter_gap]);
});

Deno.test("hostile server: mails given in another order than they were written in warn while one is missing", async () => {
  await using at = await office("one", "two");
  // The second comes first, and the first when bob has already looked.
  pretend(at.server, (entries) => entries.filter(({ index }) => index === 2));
  assertEquals(shown(await at.bob.box.list()), [["two", INTAKE_WARNINGS.counter_gap]]);
  at.server.behave();
  forgetChanges(at.server);
  assertEquals(shown(await at.bob.box.list()), [["two", ""], ["one", ""]], "none is missing now");
});

Deno.test("hostile server: a list out of order is no list", async () => {
  await using at = await office("one", "two");
  at.server.lies.list = async ({ honest }) => {
    const { entries, ...page } = await honest();
    return { ...page, entries: entries.reverse() };
  };
  const error = await told(() => at.bob.box.list());
  assertEquals(error.code, "protocol");
});

Deno.test("hostile server: another arrival than the mail's date warns; the date itself is signed", async () => {
  await using at = await office("old news");
  pretend(
    at.server,
    (entries) => entries.map((entry) => ({ ...entry, arrived: Date.now() + HOUR_MS })),
  );
  const [item] = await at.bob.box.list();
  assertEquals(item!.warnings, [INTAKE_WARNINGS.date_differs]);
  assertEquals(Math.abs(Date.parse(item!.date) - Date.now()) < HOUR_MS / 2, true);
});

Deno.test("hostile server: a mail delivered twice is shown once", async (t) => {
  const again = (entry: MailboxEntry): MailboxEntry => ({
    ...entry,
    index: entry.index + 10,
    revision: 0,
    sealed: null,
  });
  await t.step("in one go", async () => {
    await using at = await office("pay 10");
    pretend(at.server, (entries) => entries.flatMap((entry) => [entry, again(entry)]));
    const good = (await at.bob.box.list()).filter(({ rejected }) => rejected === undefined);
    assertEquals(good.length, 1);
  });
  await t.step("with the note that its reader has made", async () => {
    await using at = await office("pay 10");
    await at.bob.box.list();
    pretend(at.server, (entries) => entries.flatMap((e) => [e, { ...e, index: e.index + 10 }]));
    assertEquals(shown(await at.bob.box.list()), [["", REJECT_REASONS.id_seen], ["pay 10", ""]]);
    const error = await told(() => at.bob.box.read(11));
    assertEquals(error.code, "mail_rejected");
  });
  await t.step("later, on the same device", async () => {
    await using at = await office("pay 10");
    assertEquals(shown(await at.bob.box.list()), [["pay 10", ""]]);
    pretend(at.server, (entries) => entries.map(again));
    assertEquals(shown(await at.bob.box.list()), [["", REJECT_REASONS.id_seen]]);
  });
  await t.step("later, on another device", async () => {
    await using at = await office("pay 10");
    await at.bob.box.list();
    pretend(at.server, (entries) => entries.map(again));
    const elsewhere = await at.office.login("bob");
    assertEquals(shown(await elsewhere.box.list()), [["", REJECT_REASONS.counter_seen]]);
    const error = await told(() => elsewhere.box.read(11));
    assertEquals(error.code, "mail_rejected");
  });
  await t.step("under another id", async () => {
    await using at = await office("pay 10");
    const [{ id }] = await at.bob.box.list() as [MailListItem];
    const other = randomBytes(16);
    pretend(at.server, (entries) => entries.map((e) => ({ ...again(e), messageId: other })));
    at.server.lies.fetch = async ({ honest }) => {
      const { mails } = await honest({ messageIds: [fromHex(id)] });
      return { mails: mails.map((mail) => ({ ...mail, messageId: other })) };
    };
    const elsewhere = await at.office.login("bob");
    const [item] = await elsewhere.box.list();
    assertEquals([item!.title, item!.rejected !== undefined], ["", true]);
  });
});

Deno.test("hostile server: a mail that its reader has put away does not come back as a new one", async () => {
  await using at = await office("pay 10");
  await at.bob.box.read(1);
  // The server forgets what bob's devices have written about it.
  pretend(at.server, (entries) => entries.map((e) => ({ ...e, revision: 0, sealed: null })));
  const elsewhere = await at.office.login("bob");
  assertEquals(shown(await elsewhere.box.list({ unread: true })), [
    ["", REJECT_REASONS.counter_seen],
  ]);
});
