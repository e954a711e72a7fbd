import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { styleFor } from "../../cli/style.ts";
import { textWidth } from "../../cli/text_width.ts";
import { mailListLines } from "../../client/terminal/mail_list.ts";
import { INBOX, rangeQuery, viewQuery } from "../../client/terminal/menu/list/list_view.ts";
import { FakeMailbox, listItem, mailWith, menuWith } from "./fake_menu.ts";

function withMails(count: number): FakeMailbox {
  const mailbox = new FakeMailbox();
  mailbox.inbox = Array.from({ length: count }, (_, at) => listItem(count - at));
  return mailbox;
}

/** Types below the inbox list, and goes back. */
async function typed(mailbox: FakeMailbox, ...lines: string[]) {
  return await menuWith(["2", ...lines, "q", "4"], { mailbox });
}

Deno.test("list: pages forward and back", async () => {
  const mailbox = withMails(45);
  const { err } = await typed(mailbox, "n", "n", "n", "p", "p", "p");
  assertEquals(mailbox.listed.map(({ offset }) => offset), [0, 20, 40, 20, 0]);
  assertStringIncludes(err, "This is the last page.");
  assertStringIncludes(err, "This is the first page.");
});

Deno.test("list: sorting, unread, threads, queries and folders say what is listed", async () => {
  const mailbox = withMails(3);
  await typed(mailbox, "s title", "v", "u", "t", "/ from:bob", "o archive");
  const asked = mailbox.listed.map(({ query, sort, reverse, threads }) =>
    [query, sort, reverse, threads].join(" ")
  );
  assertEquals(asked, [
    'in:"inbox" date false false',
    'in:"inbox" title false false',
    'in:"inbox" title true false',
    'in:"inbox" is:unread title true false',
    'in:"inbox" is:unread title true true',
    'in:"inbox" from:bob is:unread title true true',
    'in:"archive" title true true',
  ]);
});

Deno.test("list: a query that cannot be understood shows where, and the list stays", async () => {
  const mailbox = withMails(3);
  const { err } = await typed(mailbox, "/ from:bob is:rad");
  assertStringIncludes(err, "  from:bob is:rad\n");
  assertStringIncludes(err, "^\n");
  assertEquals(mailbox.listed.length, 1);
});

Deno.test("list: actions on one, on several, on a query, and back again", async () => {
  const mailbox = withMails(9);
  const { err } = await typed(
    ...[mailbox, "d 3", "d 5-8 2", "r from:bob", "f 1 2", "m 3 to archive", "z", "z"] as const,
  );
  assertEquals(mailbox.done, [
    ["trash", { indices: [3] }],
    ["trash", { query: 'in:"inbox" (index:5..8 OR index:2)' }],
    ["mark", { query: 'in:"inbox" from:bob' }, { add: ["read"] }],
    ["mark", { indices: [1, 2] }, { add: ["flagged"] }],
    ["move", { indices: [3] }, "archive"],
    ["undo", "move"],
  ]);
  assertStringIncludes(err, "1 mail moved to archive. z takes it back.");
  assertStringIncludes(err, "There is nothing to undo.");
});

Deno.test("list: what is read already becomes unread", async () => {
  const mailbox = withMails(3);
  mailbox.counts = [0, 2];
  await typed(mailbox, "r 1 2");
  assertEquals(mailbox.done.at(-1), ["mark", { indices: [1, 2] }, { remove: ["read"] }]);
});

Deno.test("list: what is missing is asked for; in the trash deleting is for ever and asked about", async () => {
  const mailbox = withMails(3);
  await typed(mailbox, "m", "1", "archive", "o trash", "d 1", "n", "d 1", "y", "c 1", "");
  assertEquals(mailbox.done, [
    ["move", { indices: [1] }, "archive"],
    ["erase", { indices: [1] }],
  ]);
});

Deno.test("list: a query with OR stays together inside the list's own", () => {
  const view = { ...INBOX, query: "from:bob OR from:eve", unread: true };
  assertEquals(viewQuery(view), 'in:"inbox" (from:bob OR from:eve) is:unread');
  assertEquals(
    viewQuery({ ...view, query: "" }, "a OR b"),
    'in:"inbox" (a OR b) is:unread',
  );
  assertEquals(viewQuery({ ...INBOX, query: "in:sent x" }), "in:sent x");
  assertEquals(
    rangeQuery({ ...INBOX, folder: null }, [{ first: 2, last: 4 }]),
    "in:anywhere -in:trash index:2..4",
  );
});

Deno.test("display: next and previous go through the list, unread and delete leave it", async () => {
  const mailbox = withMails(3);
  mailbox.opened = [1, 2, 3].map((index) => mailWith(index));
  const { out, err } = await typed(mailbox, "2", "n", "n", "p", "p", "p", "u", "2", "d");
  const shown = [...out.matchAll(/Title: +Title (\d)/g)].map(([, index]) => index);
  assertEquals(shown, ["2", "1", "2", "3", "2"]);
  assertStringIncludes(err, "This is the last one.");
  assertStringIncludes(err, "This is the first one.");
  assertEquals(mailbox.done, [
    ["mark", { indices: [3] }, { remove: ["read"] }],
    ["trash", { indices: [2] }],
  ]);
});

Deno.test("display: attachments are saved where asked, and it is said where they went", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const content = new Uint8Array([1, 2]);
    const attachments = ["a.txt", "../b.txt", "a.txt"].map((name) => ({
      ...{ name, type: "text/plain", size: 2, content },
    }));
    const mailbox = withMails(1);
    mailbox.opened = [mailWith(1, { attachments })];
    const answers = ["3", "1", "s", "1-2", folder, "s", "", folder, "", "4"];
    const { err, unused } = await menuWith(answers, { mailbox });
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assertEquals(names.sort(), ["a (2).txt", "a (3).txt", "a.txt", "b (2).txt", "b.txt"]);
    assertStringIncludes(err, `Saved: ${folder}/a.txt`);
    assertEquals(unused, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("folders: listed with counts, opened, made, renamed, removed", async () => {
  const mailbox = new FakeMailbox();
  const { out, err } = await menuWith(
    ["8", "a", "Projects", "r 6", "Work", "a Other", "x Other", "y", "1", "archive", "", "4"],
    { mailbox },
  );
  assertStringIncludes(out, "NO  FOLDER   UNREAD  MAILS\n");
  assertStringIncludes(out, " 1  inbox         1      3\n");
  assertEquals([...mailbox.ownFolders.values()], ["Work"]);
  assertStringIncludes(err, "Made: Projects");
  assertStringIncludes(err, "mails moved to the archive: 2.");
  assertEquals(mailbox.listed.map(({ query }) => query), ['in:"inbox"', 'in:"archive"']);
});

Deno.test("search: everywhere but in the trash, with the index brought up to date", async () => {
  const mailbox = withMails(2);
  const { err, out } = await menuWith(["7", "is:rad", "budget from:bob", "q", "4"], { mailbox });
  assertStringIncludes(err, "^\n");
  assertEquals(mailbox.listed.map(({ query }) => query), [
    "in:anywhere -in:trash budget from:bob",
  ]);
  assertEquals(mailbox.done, [["index"]]);
  assertStringIncludes(out, "FOLDER");
});

Deno.test("list: fits terminals of 40, 80 and 200 columns, with every mark", () => {
  const items = [
    listItem(1234, {
      ...{ unread: true, flags: ["flagged", "answered"], attachments: 2, threadCount: 12 },
      ...{ title: "x".repeat(300), from: "somebody-with-a-long-name", size: 999_000 },
      ...{ kind: "import", contact: "unverified", folderName: "A folder with a long name" },
    }),
    listItem(2),
  ];
  for (const width of [40, 60, 80, 200]) {
    for (const folders of [false, width > 40]) {
      const lines = mailListLines(items, { sent: false, folders, width, style: styleFor(false) });
      for (const line of lines) assert(textWidth(line) <= width, `${width}: ${line}`);
      assertStringIncludes(lines[1]!, width < 64 ? "*?+@ri" : "*+@ri");
    }
  }
});
