import { assertEquals, assertRejects } from "@std/assert";
import { NotFoundError } from "../../client/errors.ts";
import { TRASH_LIFETIME_MS } from "../../client/mail_actions.ts";
import { Mailbox } from "../../client/mailbox.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { FakeServer, makePerson, type Person } from "./fake_server.ts";
import { Office } from "./people.ts";

let made: Promise<Person> | undefined;

/** Alice with some mails to herself, on a server in memory. */
async function office(titles: string[]) {
  const alice = await (made ??= makePerson("alice"));
  const server = new FakeServer();
  const box = new Mailbox(await server.join(alice));
  for (const title of titles) await box.send({ to: ["alice"], title, body: title });
  return { server, alice, box, login: async () => new Mailbox(await server.login(alice)) };
}

const titlesOf = async (box: Mailbox, query: string) =>
  (await box.list({ query, sort: "title" })).map(({ title }) => title);
const code = async (work: Promise<unknown>) => (await assertRejects(() => work, MailsecError)).code;

Deno.test("actions: flags, moves, copies, trash, each undone", async () => {
  const { box } = await office(["a", "b", "c"]);
  const flagged = await box.mails.mark({ query: "title:a OR title:b" }, { add: ["flagged"] });
  assertEquals([flagged.count, await titlesOf(box, "is:flagged")], [2, ["a", "b"]]);
  const again = await box.mails.mark({ query: "title:a" }, { add: ["flagged"] });
  assertEquals(again.count, 0, "it is so already");
  assertEquals([await flagged.undo(), await titlesOf(box, "is:flagged")], [2, []]);

  const moved = await box.mails.move({ query: "title:a" }, "Archive");
  assertEquals([moved.count, await titlesOf(box, "in:archive")], [1, ["a"]]);
  assertEquals(await titlesOf(box, ""), ["b", "c"]);
  await moved.undo();
  assertEquals(await titlesOf(box, ""), ["a", "b", "c"]);

  await box.mails.copy({ query: "title:a" }, "archive");
  assertEquals([await titlesOf(box, "in:archive"), await titlesOf(box, "in:inbox")], [
    ["a"],
    ["a", "b", "c"],
  ]);
  const deleted = await box.mails.trash({ query: "title:a OR title:b" });
  assertEquals([deleted.count, await titlesOf(box, "in:trash")], [2, ["a", "b"]]);
  assertEquals(await titlesOf(box, "in:archive"), []);
  await box.mails.restore({ query: "in:trash title:a" });
  assertEquals(await titlesOf(box, "in:archive"), ["a"], "to all folders that it was in");
  assertEquals(await deleted.undo(), 1, "what was changed since stays");
});

Deno.test("actions: what nobody means, and what cannot be", async () => {
  const { box } = await office(["a"]);
  for (const which of [{ query: "title:z" }, { indices: [7] }, { ids: ["ab".repeat(16)] }]) {
    await assertRejects(() => box.mails.trash(which), NotFoundError);
  }
  await assertRejects(() => box.mails.move({ query: "" }, "nowhere"), NotFoundError);
  assertEquals(await code(box.mails.copy({ query: "" }, "trash")), "folder_trash");
  assertEquals(await code(box.mails.erase({ query: "" })), "not_in_trash");
  assertEquals(await titlesOf(box, ""), ["a"]);
});

Deno.test("actions: erased is gone for every device, after 30 days by itself", async () => {
  const { server, box, login } = await office(["a", "b", "c"]);
  const other = await login();
  assertEquals((await other.list()).length, 3);
  await box.mails.trash({ query: "title:a OR title:b" });
  assertEquals(await box.mails.emptyOldTrash(), 0);
  assertEquals(await box.mails.erase({ query: "in:trash title:a" }), 1);
  assertEquals([await titlesOf(other, "in:anywhere"), server.box("alice").length], [["b", "c"], 2]);
  const now = Date.now;
  try {
    Date.now = () => now() + TRASH_LIFETIME_MS + 1000;
    const third = await login();
    await third.live.start();
    while (server.box("alice").length > 1) await third.list();
    await third.live.stop();
    assertEquals(await other.mails.emptyOldTrash(), 0, "the one that watches has done it");
  } finally {
    Date.now = now;
  }
  assertEquals(await titlesOf(box, "in:anywhere"), ["c"]);
});

Deno.test("actions: a clock that is wrong erases nothing", async (t) => {
  const { box, server, alice } = await office(["a"]);
  const device = async ({ clock, said }: { clock: number; said: number }) => {
    const account = await server.login(alice);
    account.hello.timeMs = said;
    const now = Date.now;
    Date.now = () => clock;
    try {
      return new Mailbox(account);
    } finally {
      Date.now = now;
    }
  };
  const now = Date.now();
  const later = now + TRASH_LIFETIME_MS + 60_000;
  const isErased = async (clock: number, said: number) => {
    const real = Date.now;
    const opened = await device({ clock, said });
    Date.now = () => clock;
    try {
      return await opened.mails.emptyOldTrash();
    } finally {
      Date.now = real;
    }
  };
  await box.mails.trash({ query: "title:a" });
  await t.step("of the device, or of the server, far ahead", async () => {
    assertEquals([await isErased(later, now), await isErased(now, later)], [0, 0]);
    assertEquals(await isErased(later, later), 1);
  });
  await t.step("of the device that deletes, far behind", async () => {
    await box.send({ to: ["alice"], title: "b", body: "" });
    const real = Date.now;
    const behind = now - TRASH_LIFETIME_MS - 60_000;
    const opened = await device({ clock: behind, said: now });
    Date.now = () => behind;
    try {
      await opened.mails.trash({ query: "title:b" });
    } finally {
      Date.now = real;
    }
    assertEquals(await isErased(now, now), 0);
    assertEquals(await isErased(later, later), 1);
  });
});

Deno.test("actions: two devices that change the same mails lose nothing of each other", async () => {
  const { box, login } = await office(["a", "b"]);
  const other = await login();
  await Promise.all([box.list(), other.list()]);
  await Promise.all([
    box.mails.mark({ indices: [1, 2] }, { add: ["flagged"] }),
    other.mails.mark({ indices: [1, 2] }, { add: ["answered"] }),
    other.mails.move({ indices: [2] }, "archive"),
  ]);
  for (const device of [box, other]) {
    const items = await device.list({ query: "in:anywhere", sort: "title" });
    const flags = items.map((item) => [...item.flags].sort());
    assertEquals(flags, [["answered", "flagged"], ["answered", "flagged"]]);
    assertEquals(items.map(({ folder }) => folder), ["inbox", "archive"]);
  }
});

Deno.test("actions: a thousand in one go, cut off in the middle and done again", async () => {
  const { server, box } = await office(["a"]);
  const ids = Array.from({ length: 1200 }, (_, i) => i);
  for (const i of ids) await box.send({ to: ["alice"], title: `m${i}`, body: "" });
  assertEquals((await box.list()).length, 1201);
  let requests = 0;
  server.lies.put_entry = (_, __, honest) => {
    if (++requests === 2) throw new MailsecError("cut", "cut off");
    return honest();
  };
  await assertRejects(() => box.mails.mark({ query: "" }, { add: ["flagged"] }), MailsecError);
  server.lies = {};
  const { count } = await box.mails.mark({ query: "" }, { add: ["flagged"] });
  assertEquals(count > 0 && count < 1201, true, "some were done already");
  assertEquals((await box.list({ query: "is:flagged" })).length, 1201);
});

Deno.test("folders: names in any case, unique, and only known to the user's devices", async (t) => {
  const { box, login } = await office(["a", "b"]);
  const other = await login();
  await t.step("made, renamed, found", async () => {
    assertEquals((await box.folders.add("  Project X ")).name, "Project X");
    await box.mails.move({ query: "title:a" }, "project x");
    await box.folders.rename("PROJECT X", "Projekt Ä");
    assertEquals(await titlesOf(box, 'in:"projekt ä"'), ["a"]);
    const listed = (await box.folders.list()).map((
      { name, total, unread },
    ) => [name, total, unread]);
    assertEquals(listed.at(-1), ["Projekt Ä", 1, 1]);
    assertEquals(listed.slice(0, 5).map(([name]) => name), [
      ...["inbox", "sent", "drafts", "archive", "trash"],
    ]);
  });
  await t.step("names that cannot be", async () => {
    for (const name of ["", " ", "a\nb", "x".repeat(101), "anywhere", 'a"b', "\u202Ex"]) {
      assertEquals(await code(box.folders.add(name)), "folder_name", JSON.stringify(name));
    }
    for (const name of ["projekt ä", "INBOX", "Trash"]) {
      assertEquals(await code(box.folders.add(name)), "folder_exists", name);
    }
    assertEquals(await code(box.folders.rename("inbox", "other")), "folder_built_in");
    assertEquals(await code(box.folders.remove("trash")), "folder_built_in");
    const error = await assertRejects(() => box.folders.remove("projekt b"), NotFoundError);
    assertEquals(error.hint, 'Did you mean "projekt ä"?');
  });
  await t.step("two devices that add one each have both", async () => {
    await Promise.all([box.folders.add("One"), other.folders.add("Two")]);
    const third = await login();
    assertEquals(third.folders.names().slice(5), ["One", "Projekt Ä", "Two"]);
  });
  await t.step("removed, its mails are in the archive", async () => {
    assertEquals(await box.folders.remove("Projekt Ä"), 1);
    assertEquals(await titlesOf(box, "in:archive"), ["a"]);
  });
  await t.step(
    "removed while a mail of it is in the trash, that mail comes back to the archive",
    async () => {
      for (const back of ["restore", "undo"]) {
        await box.folders.add("Short");
        await box.mails.move({ query: "in:anywhere title:a" }, "Short");
        const deleted = await box.mails.trash({ query: "in:short" });
        await box.folders.remove("Short");
        if (back === "undo") await deleted.undo();
        else await box.mails.restore({ query: "in:trash" });
        assertEquals(await titlesOf(box, "in:archive"), ["a"], back);
      }
    },
  );
});

Deno.test("list: offset, folder, sorts and threads on the index", async () => {
  const { box } = await office(["c", "a", "b"]);
  const titles = async (options: Parameters<Mailbox["list"]>[0]) =>
    (await box.list(options)).map(({ title }) => title);
  assertEquals(await titles({ limit: 2, offset: 1 }), ["a", "c"]);
  assertEquals(await titles({ reverse: true }), ["c", "a", "b"]);
  assertEquals(await titles({ sort: "title", offset: 2 }), ["c"]);
  assertEquals(await titles({ folder: "archive" }), []);
  await assertRejects(() => box.list({ folder: "nope" }), NotFoundError);
  await assertRejects(() => box.list({ query: "in:nope" }), NotFoundError);
  assertEquals((await box.list({ threads: true })).map((item) => item.threadCount), [1, 1, 1]);
});

Deno.test("index: kept on disk, sealed, and kept up from there", async () => {
  await using office = await Office.open();
  const config = office.configOf("alice");
  const alice = await office.join("alice");
  for (const title of ["one", "two", "three"]) {
    await alice.send({ to: ["alice"], title: `very secret ${title}`, body: "" });
  }
  assertEquals((await alice.list()).length, 3);
  await alice.close();
  const folder = `${config.directory}/index`;
  const files: string[] = [];
  for (const account of Deno.readDirSync(folder)) {
    for (const { name } of Deno.readDirSync(`${folder}/${account.name}`)) {
      files.push(`${folder}/${account.name}/${name}`);
    }
  }
  assertEquals(files.length >= 2, true);
  for (const path of files) {
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    const bytes = new TextDecoder("latin1").decode(await Deno.readFile(path));
    assertEquals(/secret|alice/.test(bytes), false, path);
  }
  const again = await office.login("alice", { config });
  await again.mails.trash({ query: "title:two" });
  assertEquals(await titlesOf(again, ""), ["very secret one", "very secret three"]);
  await again.close();
  for (const [i, path] of files.entries()) {
    // Cut, changed, and something else altogether.
    const bytes = await Deno.readFile(path);
    if (i % 3 === 0) await Deno.truncate(path, 10);
    else {await Deno.writeFile(
        path,
        i % 3 === 1 ? bytes.with(99, bytes[99]! ^ 1) : new Uint8Array(5),
      );}
  }
  const third = await office.login("alice", { config });
  assertEquals(await titlesOf(third, ""), ["very secret one", "very secret three"]);
  await third.close();
});
