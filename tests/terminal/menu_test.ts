import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LoginError } from "../../client/errors.ts";
import { InterruptedError } from "../../client/terminal/prompter.ts";
import { ConnectError } from "../../client/errors.ts";
import { formatDate } from "../../client/terminal/format.ts";
import { FakeMailbox, listItem, mailWith, menuWith } from "./fake_menu.ts";

Deno.test("menu: the entries are shown again after each choice", async () => {
  const { out } = await menuWith(["", "9", "4"]);
  const menu = `
alice at localhost:12049
  1) create and send
  2) display the inbox list
  3) display an email
  4) terminate
  5) contacts
  6) account
  7) search
  8) folders
`;
  assertEquals(out, menu.repeat(3));
});

Deno.test("menu: terminates at 4, a word for it, and the end of the input", async () => {
  for (const answer of ["4", " 4) ", "quit", "q", "EXIT", null]) {
    const { questions, unused } = await menuWith([answer, "4"]);
    assertEquals([questions.length, unused], [1, 1], String(answer));
  }
});

Deno.test("menu: what is no entry is explained", async () => {
  const { err } = await menuWith(["9", "hello"]);
  assertEquals(err, "Please type a number from 1 to 8.\n".repeat(2));
});

Deno.test("menu: the inbox list has index, unread mark, sender, date, title and size", async () => {
  const mailbox = new FakeMailbox();
  mailbox.inbox = [listItem(2, { unread: true, size: 1_000_000 }), listItem(1)];
  const { out } = await menuWith(["2", "4"], { mailbox, interactive: false });
  const rows = out.split("\n").filter((line) => /bob/.test(line));
  const date = formatDate(listItem(1).date);
  assertEquals(rows, [
    `    2  *  bob   ${date}  Title 2  1.0 MB`,
    `    1     bob   ${date}  Title 1    12 B`,
  ]);
});

Deno.test("menu: an empty inbox says so", async () => {
  assertStringIncludes((await menuWith(["2"])).err, "The inbox is empty.");
});

Deno.test("menu: a long inbox comes in pages for a person and whole for a script", async () => {
  const mailbox = new FakeMailbox();
  mailbox.inbox = Array.from({ length: 45 }, (_, at) => listItem(45 - at));
  const rows = (out: string) => out.split("\n").filter((line) => line.includes("bob")).length;
  const all = await menuWith(["2", "", "", "", "4"], { mailbox });
  assertEquals([rows(all.out), all.unused], [45, 0]);
  assertEquals(rows((await menuWith(["2", "", "q", "4"], { mailbox })).out), 40);
  assertEquals(rows((await menuWith(["2", "4"], { mailbox, interactive: false })).out), 45);
  mailbox.inbox.length = 20;
  assertEquals((await menuWith(["2", "", "4"], { mailbox })).questions.length, 3);
});

Deno.test("menu: a wrong index is asked for again", async () => {
  const mailbox = new FakeMailbox();
  mailbox.opened = [mailWith(3)];
  const { out, err, unused } = await menuWith(["3", "9", "x", "3", "", "4"], { mailbox });
  assertStringIncludes(err, "No mail 9.\n");
  assertStringIncludes(err, '"x" is no index.');
  assertStringIncludes(out, "Title:    Title 3\n");
  assertStringIncludes(out, "\n\nThe body\n");
  assertEquals(unused, 0);
});

Deno.test("menu: nothing in a mail can move the cursor", async () => {
  const mailbox = new FakeMailbox();
  const body = { kind: "text", text: "one\r\n\x1b[2Jtwo\ttab" } as const;
  mailbox.opened = [mailWith(1, {
    ...{ title: "\x1b]0;x\x07\n\u202e", body, warnings: ["bad\x1bkey"] },
    attachments: [{ name: "a\rb", type: "x/\x1by", size: 1, content: new Uint8Array(1) }],
  })];
  mailbox.inbox = [listItem(1, { title: "\x1b[1A\n", from: "\x9b" })];
  const { out } = await menuWith(["2", "q", "3", "1", "", "4"], { mailbox });
  // deno-lint-ignore no-control-regex
  assert(!/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]/.test(out), JSON.stringify(out));
  assertStringIncludes(out, "one\n␛[2Jtwo\ttab\n");
});

Deno.test("menu: a binary body is not poured on the terminal", async () => {
  const mailbox = new FakeMailbox();
  const body = { kind: "binary", bytes: new Uint8Array([0, 1, 255]), fileName: "x.bin" } as const;
  mailbox.opened = [mailWith(1, { body })];
  const { out } = await menuWith(["3", "1"], { mailbox });
  assertStringIncludes(out, '(The body "x.bin" is no text: 3 B.');
  assertStringIncludes(out, "mailsec read 1 --body-only > FILE");
});

Deno.test("menu: new mail is announced", async () => {
  const mailbox = new FakeMailbox();
  const arrives = () => {
    mailbox.newMail(listItem(8, { title: "\x1b[2JHi" }));
    return "4";
  };
  const { err } = await menuWith([arrives], { mailbox });
  assertEquals(err, "\x07New mail from bob: ␛[2JHi (index 8)\n");
  const silent = await menuWith([arrives], { mailbox, env: { MAILSEC_BELL: "off" } });
  assertEquals(silent.err, "New mail from bob: ␛[2JHi (index 8)\n");
});

Deno.test("menu: a lost connection is explained, and there is a new one without asking", async () => {
  const mailbox = new FakeMailbox();
  const breaks = () => {
    const waiting = {
      state: "waiting",
      reason: "The server is shutting down.",
      retryMs: 1,
    } as const;
    // Each attempt is reported; a person wants to hear of it once.
    mailbox.connection(waiting);
    mailbox.connection(waiting);
    return "2";
  };
  const { err } = await menuWith([breaks, "2", "4"], { mailbox });
  assertEquals(err.split("The connection was lost: The server is shutting down.").length, 2);
  assertEquals(err.split("Connected again.\n").length, 2);
});

Deno.test("menu: an error of one entry does not end it, one of the account does", async () => {
  const mailbox = new FakeMailbox();
  const fails = (error: Error) => {
    mailbox.list = () => Promise.reject(error);
    return menuWith(["2", "4"], { mailbox });
  };
  const { err, unused } = await fails(
    new ConnectError("unreachable", "No way.", { hint: "Wait." }),
  );
  assertEquals([err, unused], ["No way.\n  Wait.\n", 0]);
  await assertRejects(() => fails(new LoginError("disabled", "No.")), LoginError);
  await assertRejects(() => fails(new InterruptedError()), InterruptedError);
  await assertRejects(() => fails(new TypeError("a fault")), TypeError);
});
