import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ConnectError, RecipientsError, SendInterruptedError } from "../../client/errors.ts";
import type { SealedOutgoing } from "../../client/mailbox_types.ts";
import { InterruptedError } from "../../client/terminal/prompter.ts";
import { FakeMailbox, mailWith, menuWith } from "./fake_menu.ts";

const lost = () => new ConnectError("unreachable", "No way.");
const interrupts = () => {
  throw new InterruptedError();
};

Deno.test("draft: all heads and the text are shown before a mail is sent", async () => {
  const answers = ["1", "bob", "eve; bcc: alice", "Hi", "", "text", ".", "", "4"];
  const { mailbox: { sent, drafts }, out, unused } = await menuWith(answers);
  assertStringIncludes(out, "To:       bob\nCc:       eve\nBcc:      alice (nobody else");
  assertStringIncludes(out, "Title:    Hi\n");
  assertStringIncludes(out, "  text\n");
  assertStringIncludes(out, "Sent 4 B to bob, eve, alice (bcc).");
  assertEquals(sent.map(({ to, cc, bcc }) => [to, cc, bcc]), [[["bob"], ["eve"], ["alice"]]]);
  assertEquals([drafts.length, unused], [0, 0]);
});

Deno.test("draft: copies may be named with the recipients, each person counts once", async () => {
  const answers = ["1", "bob; cc: eve, bob; bcc: alice", "T", "", ".", "", "4"];
  const { mailbox: { sent } } = await menuWith(answers);
  assertEquals(sent.map(({ to, cc, bcc }) => [to, cc, bcc]), [[["bob"], ["eve"], ["alice"]]]);
});

Deno.test("draft: every part can be changed before it is sent", async () => {
  const answers = [
    ...["1", "bob", "", "T", "", "text", "."],
    ...["i", "U", "t", "eve", "bcc: bob", "b", "t", "new", ".", "s", "4"],
  ];
  const { mailbox: { sent }, unused } = await menuWith(answers);
  const [mail] = sent;
  assertEquals([mail?.to, mail?.bcc, mail?.title, mail?.body], [["eve"], ["bob"], "U", "new"]);
  assertEquals(unused, 0);
});

Deno.test("draft: what is cut off is saved on the server, offered again and gone once it is sent", async () => {
  const first = await menuWith(["1", "bob", "", "T", "", "one", null]);
  const { drafts } = first.mailbox;
  assertEquals(drafts.map(({ to, title, body }) => [to, title, body]), [[["bob"], "T", "one"]]);
  assertStringIncludes(first.err, "Not sent. It is saved as a draft");
  // Another machine has the same mailbox and nothing else.
  const mailbox = new FakeMailbox();
  mailbox.drafts = drafts;
  const second = await menuWith(["1", "1", "", "4"], { mailbox });
  assertStringIncludes(second.out, '  1) a mail to bob, "T"\n');
  assertEquals(mailbox.sent.map(({ title, body }) => [title, body]), [["T", "one"]]);
  assertEquals([mailbox.drafts.length, second.unused], [0, 0]);
});

Deno.test("draft: Ctrl-C while writing saves it and goes back to the menu", async () => {
  const typed = ["1", "bob", "", "T", "", "one"];
  const { mailbox, err, unused } = await menuWith([...typed, interrupts, "4"]);
  assertEquals(mailbox.drafts.map(({ body }) => body), ["one"]);
  assertStringIncludes(err, "saved as a draft");
  assertEquals(unused, 0);
  await assertRejects(() => menuWith([interrupts]), InterruptedError);
});

Deno.test("draft: it can be kept or discarded instead of being sent", async () => {
  const begin = ["1", "bob", "", "T", "", "text", "."];
  const kept = await menuWith([...begin, "k", "1", "1", "d", "4"]);
  assertEquals([kept.mailbox.sent.length, kept.mailbox.drafts.length, kept.unused], [0, 0, 0]);
  assertStringIncludes(kept.err, "Discarded.");
  const keeps = await menuWith([...begin, "k", "4"]);
  assertEquals(keeps.mailbox.drafts.length, 1);
});

Deno.test("draft: without a connection it waits in memory and is saved when there is one", async () => {
  const mailbox = new FakeMailbox();
  mailbox.saveErrors = [lost()];
  const answers = ["1", "bob", "", "T", "", "text", ".", "k", "2", "", "4"];
  const { err } = await menuWith(answers, { mailbox });
  assertStringIncludes(err, "what you wrote is kept here until it can be");
  assertStringIncludes(err, 'Saved as a draft: a mail to bob, "T", 4 B.');
  assertEquals(mailbox.drafts.length, 1);
});

Deno.test("draft: terminating never loses one without a word", async () => {
  const mailbox = new FakeMailbox();
  mailbox.saveErrors = Array.from({ length: 9 }, lost);
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/rescued`;
    await Deno.writeTextFile(`${folder}/there`, "untouched");
    const answers = [
      ...["1", "bob", "", "T", "", "text", ".", "k"],
      ...["4", "y", "n", `${folder}/there`, path],
    ];
    const { unused, err } = await menuWith(answers, { mailbox });
    assertEquals(await Deno.readTextFile(path), "To: bob\nTitle: T\n\ntext\n");
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    assertEquals(await Deno.readTextFile(`${folder}/there`), "untouched");
    assertStringIncludes(err, "it exists");
    assert(!err.includes("is lost"));
    assertEquals(unused, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("draft: a terminal that is gone ends the menu, saved or not", async () => {
  const mailbox = new FakeMailbox();
  mailbox.saveErrors = Array.from({ length: 9 }, lost);
  const { questions } = await menuWith(["1", "bob", "", "T", "", "text", "."], { mailbox });
  assertStringIncludes(questions.at(-1)!, "Terminate, and give up what was written?");
});

Deno.test("draft: when it is not known whether a mail arrived, the same sealed one goes again", async () => {
  const sealed = { to: ["bob"], cc: [], bcc: [], size: 4, date: "" } as unknown as SealedOutgoing;
  const mailbox = new FakeMailbox();
  const broken = () => new SendInterruptedError(sealed, "Lost.");
  mailbox.sendErrors = [broken(), broken()];
  const answers = ["1", "bob", "", "T", "", "text", ".", "", "y", "n", "1", "1", "", "4"];
  const { unused } = await menuWith(answers, { mailbox });
  assertEquals(mailbox.sent, []);
  assertEquals(mailbox.delivered, [sealed]);
  assertEquals([mailbox.drafts.length, unused], [0, 0]);
});

const OLD = {
  ...{ to: ["bob"], cc: [], bcc: [], title: "T", body: "old", attachments: [] },
  ...{ inReplyTo: null, forwards: null, id: "d".repeat(32) },
};
const broken = () => {
  const sealed = { to: ["bob"], cc: [], bcc: [], size: 4, date: "" };
  return new SendInterruptedError(sealed as unknown as SealedOutgoing, "Lost.");
};
/** Opens the saved draft, writes it anew, sends it in vain and does not try again. */
const WRITTEN_ANEW = ["1", "1", "b", "t", "new", ".", "", "n"];

Deno.test("draft: what was changed in a saved one is saved at the end, though it may have arrived", async () => {
  const mailbox = new FakeMailbox();
  mailbox.drafts = [OLD];
  mailbox.sendErrors = [broken()];
  mailbox.saveErrors = [lost()];
  const { unused, err } = await menuWith([...WRITTEN_ANEW, "4"], { mailbox });
  assertStringIncludes(err, "what you wrote is kept here until it can be");
  assertEquals(mailbox.drafts.map(({ body }) => body), ["new"]);
  assertEquals(unused, 0);
});

Deno.test("draft: what was changed in a saved one is not given up without a question", async () => {
  const mailbox = new FakeMailbox();
  mailbox.drafts = [OLD];
  mailbox.sendErrors = [broken()];
  mailbox.saveErrors = Array.from({ length: 3 }, lost);
  const answers = [...WRITTEN_ANEW, "4", "n", "", "y"];
  const { questions } = await menuWith(answers, { mailbox });
  assertStringIncludes(questions.at(-1)!, "Terminate, and give up what was written?");
});

Deno.test("draft: recipients that are corrected after a send that broke off are those it goes to", async () => {
  const mailbox = new FakeMailbox();
  const refused = new RecipientsError("unknown_recipients", "Unknown: bob.", ["bob"]);
  mailbox.sendErrors = [broken(), refused];
  const answers = ["1", "bob", "", "T", "", "text", ".", "", "y", "eve", "", "4"];
  const { unused } = await menuWith(answers, { mailbox });
  assertEquals([mailbox.sent.map(({ to }) => to), mailbox.delivered], [[["eve"]], []]);
  assertEquals(unused, 0);
});

Deno.test("draft: attachments are checked at once, shown, and can be taken away", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/one.txt`, "one");
    await Deno.writeTextFile(`${folder}/two.txt`, "two!");
    await Deno.writeTextFile(`${folder}/large.bin`, "x".repeat(2000));
    const env = { HOME: folder };
    const answers = [
      ...["1", "bob", "", "T", "", "."],
      ...["a", "~/nowhere", "~/large.bin", "~/one.txt", ` ${folder}/two.txt `, ""],
      ...["x", "1", "", "4"],
    ];
    const { mailbox: { sent }, err, out, unused } = await menuWith(answers, { env });
    assertStringIncludes(err, "there is no such file");
    assertStringIncludes(err, 'large.bin" is too large');
    assertStringIncludes(err, "Attached: one.txt (3 B)");
    assertStringIncludes(out, "Attached: 2) two.txt (4 B)");
    assertEquals(sent[0]?.attachments?.map(({ name, type }) => [name, type]), [
      ["two.txt", "text/plain"],
    ]);
    assertEquals(unused, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("draft: an answer has its recipients, its quote and what it answers", async () => {
  const mailbox = new FakeMailbox();
  mailbox.opened = [mailWith(3)];
  const answers = ["3", "3", "a", "", "yes", ".", "", "4"];
  const { unused } = await menuWith(answers, { mailbox });
  const [mail] = mailbox.sent;
  assertEquals([mail?.to, mail?.cc, mail?.title], [["bob"], ["eve"], "Re: Title 3"]);
  assertEquals([mail?.body, mail?.inReplyTo], ["bob wrote:\n> hi\n\nyes", mailWith(3).id]);
  assertEquals(unused, 0);
});

Deno.test("draft: a mail passed on asks whom it goes to, the text stands above", async () => {
  const mailbox = new FakeMailbox();
  mailbox.opened = [mailWith(3)];
  await menuWith(["3", "3", "f", "eve", "", "", "see", ".", "", "4"], { mailbox });
  const [mail] = mailbox.sent;
  assertEquals([mail?.to, mail?.body], [["eve"], "see\n-- Forwarded --\nhi"]);
  assertEquals(mail?.forwards, mailWith(3).id);
});

Deno.test("draft: the editor gets a file of its own, which is gone afterwards", async () => {
  const runtime = await Deno.makeTempDir();
  try {
    const env = { XDG_RUNTIME_DIR: runtime };
    const seen: string[] = [];
    const edit = async (path: string) => {
      const folder = path.replace(/\/[^/]*$/, "");
      seen.push(path, await Deno.readTextFile(path));
      assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
      assertEquals((await Deno.stat(folder)).mode! & 0o777, 0o700);
      await Deno.writeTextFile(path, "edited\n");
      await Deno.writeTextFile(`${folder}/mail.txt~`, "backup");
      return 0;
    };
    const answers = ["1", "bob", "", "T", "e", "", "4"];
    const { mailbox } = await menuWith(answers, { env, edit });
    assert(seen[0]!.startsWith(`${runtime}/`));
    assertEquals([seen[1], mailbox.sent[0]?.body], ["", "edited\n"]);
    assertEquals(await Array.fromAsync(Deno.readDir(runtime)), []);
  } finally {
    await Deno.remove(runtime, { recursive: true });
  }
});

Deno.test("draft: an editor that fails or changes nothing takes nothing away", async () => {
  const unchanged = await menuWith(["1", "bob", "", "T", "e", "", "typed", ".", "", "4"], {
    edit: () => Promise.resolve(0),
  });
  assertStringIncludes(unchanged.err, "The editor has left the text as it was.");
  assertEquals(unchanged.mailbox.sent[0]?.body, "typed");
  const fails = async (path: string) => {
    await Deno.writeTextFile(path, "half");
    return 1;
  };
  const answers = ["1", "bob", "", "T", "", "typed", ".", "b", "e", "n", "", "", "4"];
  const failed = await menuWith(answers, { edit: fails });
  assertStringIncludes(failed.err, "The editor ended with code 1.");
  assertEquals(failed.mailbox.sent[0]?.body, "typed");
});
