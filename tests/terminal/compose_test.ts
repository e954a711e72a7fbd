import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  ConnectError,
  KeyChangedError,
  RecipientsError,
  TooLargeError,
} from "../../client/errors.ts";
import { FakeMailbox, menuWith as menuWithPerson } from "./fake_menu.ts";

/** As scripts use it: no question about copies, no look at the mail before it is sent. */
const menuWith: typeof menuWithPerson = (answers, options) =>
  menuWithPerson(answers, { interactive: false, ...options });

async function withFile(content: string | Uint8Array, use: (path: string) => Promise<void>) {
  const path = await Deno.makeTempFile({ prefix: "mailsec-" });
  try {
    await Deno.writeFile(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("compose: recipients, title, and lines up to a single dot", async () => {
  const { mailbox, out } = await menuWith(["1", "bob; Eve", "Hi", "", "one", "", " two", ".", "4"]);
  const [mail] = mailbox.sent;
  assertEquals([mail?.to, mail?.title, mail?.body], [["bob", "eve"], "Hi", "one\n\n two"]);
  assertStringIncludes(out, "Sent 9 B to bob, eve.\n");
});

Deno.test("compose: names are separated by ; or , and blanks do not matter", async () => {
  for (const answer of ["bob;eve", "bob,eve", " bob ; eve ", "bob eve", ";bob,,eve;"]) {
    const { mailbox } = await menuWith(["1", answer, "T", "", ".", "4"]);
    assertEquals(mailbox.sent[0]?.to, ["bob", "eve"], answer);
  }
});

Deno.test("compose: a line of two dots or more stands for one with a dot less, other lines for themselves", async () => {
  const { mailbox } = await menuWith([
    "1",
    "bob",
    "T",
    "",
    "..",
    "...",
    "..x",
    ".x",
    "x.",
    ".",
    "4",
  ]);
  assertEquals(mailbox.sent[0]?.body, ".\n..\n..x\n.x\nx.");
});

Deno.test("compose: an empty body can be sent", async () => {
  const { mailbox } = await menuWith(["1", "bob", "", "", ".", "4"]);
  assertEquals([mailbox.sent[0]?.title, mailbox.sent[0]?.body], ["", ""]);
});

Deno.test("compose: a wrong recipient is asked about again with what was typed", async () => {
  const { mailbox, questions, err } = await menuWith(["1", "bob; xx", "bob", "T", "", ".", "4"]);
  assertStringIncludes(err, "Unknown: xx.");
  assertStringIncludes(questions.join("\n"), "To (names separated by ; or ,):|bob; xx");
  assertEquals(mailbox.sent[0]?.to, ["bob"]);
});

Deno.test("compose: no recipient at all goes back to the menu", async () => {
  const { mailbox, unused } = await menuWith(["1", "", "4"]);
  assertEquals([mailbox.sent.length, unused], [0, 0]);
});

Deno.test("compose: a title that is too long is asked for again", async () => {
  const long = "é".repeat(501);
  const { mailbox, questions, err } = await menuWith([
    "1",
    "bob",
    long,
    "é".repeat(500),
    "",
    ".",
    "4",
  ]);
  assertStringIncludes(err, "The title has 1002 bytes; it may have 1000.");
  assertStringIncludes(questions.join("\n"), `Title:|${long}`);
  assertEquals(mailbox.sent[0]?.title.length, 500);
});

Deno.test("compose: a body from a file keeps its bytes and its name", async () => {
  const bytes = new Uint8Array([0, 255, 13, 10, 46, 10]);
  await withFile(bytes, async (path) => {
    const { mailbox } = await menuWith(["1", "bob", "T", path, "4"]);
    assertEquals(mailbox.sent[0]?.body, bytes);
    assertEquals(mailbox.sent[0]?.bodyFileName, path.split("/").at(-1));
  });
});

Deno.test("compose: ~/ is the home folder, blanks around a name do not matter", async () => {
  await withFile("x", async (path) => {
    const [, folder, name] = /^(.*)\/([^/]*)$/.exec(path)!;
    const env = { HOME: folder! };
    const { mailbox } = await menuWith(["1", "bob", "T", ` ~/${name} `, "4"], { env });
    assertEquals(mailbox.sent.length, 1);
  });
});

Deno.test("compose: a mistake in a file name is asked about again, nothing is lost", async () => {
  await withFile("x".repeat(101), async (large) => {
    const answers = ["1", "bob", "T", "/nowhere/x", "/", large, "", "typed", ".", "4"];
    const { mailbox, questions, err } = await menuWith(answers);
    assertStringIncludes(err, 'Cannot load "/nowhere/x": there is no such file');
    assertStringIncludes(err, 'Cannot load "/": it is a folder');
    assertStringIncludes(err, "is too large: a body may have 100 B, this has 101 B");
    const question = "File to load the body from (Enter to type it):";
    for (const path of ["/nowhere/x", "/", large]) {
      assert(questions.includes(`${question}|${path}`), path);
    }
    assertEquals([mailbox.sent[0]?.title, mailbox.sent[0]?.body], ["T", "typed"]);
  });
});

Deno.test("compose: exactly the greatest body goes, a line beyond it is refused alone", async () => {
  const typed = ["x".repeat(50), "y".repeat(50), "z".repeat(49), "", "."];
  const { mailbox, err } = await menuWith(["1", "bob", "T", "", ...typed, "4"]);
  assertStringIncludes(err, "This line does not fit: 50 B are left.");
  assertStringIncludes(err, "This line does not fit: 0 B are left.");
  assertEquals(mailbox.sent[0]?.body, "x".repeat(50) + "\n" + "z".repeat(49));
});

Deno.test("compose: after a failed send the very same mail is offered again", async () => {
  const mailbox = new FakeMailbox();
  mailbox.sendErrors = [new ConnectError("unreachable", "No way.")];
  const { err, unused } = await menuWith(["1", "bob", "T", "", "text", ".", "y", "4"], { mailbox });
  assertStringIncludes(err, "No way.");
  assertEquals([mailbox.sent.map((mail) => mail.body), unused], [["text"], 0]);
});

Deno.test("compose: what was wrong is asked for again and nothing else", async () => {
  const mailbox = new FakeMailbox();
  mailbox.sendErrors = [
    new RecipientsError("unknown_recipients", "eve is gone.", ["eve"]),
    new TooLargeError("title", "Title too large."),
    new TooLargeError("message", "Message too large."),
  ];
  const answers = ["1", "bob;eve", "T", "", "text", ".", "bob", "U", "t", "short", ".", "4"];
  const { unused } = await menuWith(answers, { mailbox });
  assertEquals(unused, 0);
  const sent = mailbox.sent.map((mail) => [mail.to, mail.title, mail.body]);
  assertEquals(sent, [[["bob"], "U", "short"]]);
});

Deno.test("compose: keys that change again after a yes are asked about again", async () => {
  const mailbox = new FakeMailbox();
  mailbox.sendErrors = ["BBBB", "CCCC"].map((now) =>
    new KeyChangedError([{ user: "bob", before: "AAAA", now, state: "changed" }], "Changed.")
  );
  const answers = ["1", "bob", "T", "", "text", ".", "yes", "yes", "4"];
  const { err, mailbox: { sent } } = await menuWith(answers, { mailbox });
  assertStringIncludes(err, "BBBB");
  assertStringIncludes(err, "CCCC");
  assertEquals(sent.map((mail) => mail.acceptChangedKeys), [new Map([["bob", "CCCC"]])]);
});

Deno.test("compose: changed keys are shown, and accepted only by a yes", async () => {
  const changes = [{ user: "bob", before: "AAAA", now: "BBBB", state: "changed" }] as const;
  const mailbox = () => {
    const fake = new FakeMailbox();
    fake.sendErrors = [new KeyChangedError(changes, "Changed.")];
    return fake;
  };
  const begin = ["1", "bob", "T", "", "text", "."];
  const yes = await menuWith([...begin, "yes", "4"], { mailbox: mailbox() });
  assertStringIncludes(yes.err, "bob: before AAAA\n");
  assertEquals(yes.mailbox.sent[0]?.acceptChangedKeys, new Map([["bob", "BBBB"]]));
  const no = await menuWith([...begin, "", "eve", "4"], { mailbox: mailbox() });
  assertEquals(no.mailbox.sent[0]?.to, ["eve"]);
  assertEquals(no.mailbox.sent[0]?.acceptChangedKeys, new Map());
});
