import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { concat, utf8 } from "../../../crypto/bytes.ts";
import { foreignMarks } from "../../../client/transfer/mbox/marks.ts";
import { quoteFrom, unquoteFrom } from "../../../client/transfer/mbox/quoting.ts";
import { readMbox } from "../../../client/transfer/mbox/reader.ts";
import { separatorDate, separatorLine } from "../../../client/transfer/mbox/separator.ts";
import { mboxText } from "../../../client/transfer/mbox/writer.ts";
import type { MailRead, TransferProblem } from "../../../client/transfer/types.ts";
import {
  anyMail,
  collect,
  essence,
  inPieces,
  mailToWrite,
  NOW,
  onlyMails,
  trickyBytes,
} from "./mail_values.ts";

const OPTIONS = { file: "x.mbox", maxMailBytes: 1_000_000 };
const SEPARATOR = "From bob@example.org Tue Nov 24 03:51:32 2026\n";

function read(
  text: Uint8Array | string,
  options: { piece?: number; maxMailBytes?: number } = {},
): Promise<(MailRead | TransferProblem)[]> {
  const bytes = typeof text === "string" ? utf8(text) : text;
  const { piece = 1 << 16, maxMailBytes = OPTIONS.maxMailBytes } = options;
  return collect(readMbox(inPieces(bytes, piece), { ...OPTIONS, maxMailBytes }));
}

async function textsOf(file: string): Promise<string[]> {
  return onlyMails(await read(file)).map(({ bytes }) => new TextDecoder().decode(bytes));
}

Deno.test("mbox: a separator has an address and a date as asctime writes it", () => {
  const seconds = (date: string) => separatorDate(utf8(date));
  for (
    const line of [
      "From bob@example.org Tue Nov 24 03:51:32 2026",
      "From bob Tue Nov 24 03:51:32 2026\r",
      "From - Tue Nov 24 03:51:32 2026",
      "From ???@??? Tue Nov 24 03:51:32 2026",
      'From "Bob B."@example.org Tue Nov 24 03:51:32 2026',
      "From 1234@xxx Tue Nov 24 03:51:32 +0000 2026",
      "From bob  Tue Nov 24 05:51:32 2026 +0200",
      "From bob Tue Nov 24 04:51:32 CET 2026",
      "From bob Mon Nov 23 22:51:32 EST 2026",
      // The name of the day is not computed from the date.
      "From bob Fri Nov 24 03:51:32 2026",
    ]
  ) assertEquals(seconds(line), NOW, line);
  assertEquals(seconds("From bob Wed Nov  4 03:51 2026"), Date.UTC(2026, 10, 4, 3, 51));
  for (
    const line of [
      "From bob@example.org",
      "From here on it gets worse",
      "From Tue Nov 24 03:51:32 2026",
      "From bob Tue Nov 24 03:51:32",
      "From bob Tue Nov 24 25:51:32 2026",
      "From bob Tue Nov 31 03:51:32 2026",
      "From bob Tue Nov 24 03:61:32 2026",
      "From bob Tue Noe 24 03:51:32 2026",
      "From bob and alice Tue Nov 24 03:51:32 2026",
      "From bob Tue Nov 24 03:51:32 2026 at noon",
      "From bob 2026-11-24T03:51:32Z",
      "from bob Tue Nov 24 03:51:32 2026",
      " From bob Tue Nov 24 03:51:32 2026",
      `From ${"b".repeat(1100)} Tue Nov 24 03:51:32 2026`,
      "",
    ]
  ) assertEquals(seconds(line), null, line);
});

Deno.test("mbox: every separator of ours is read with its date, whoever the sender is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.integer(), (from, seconds) => {
      const line = separatorLine(from, seconds * 1000);
      assertMatch(line, /^From [\x21-\x7E]+ [ -~]{24}\n$/);
      assertEquals(separatorDate(utf8(line.slice(0, -1))), Math.max(0, seconds * 1000));
    }),
    { numRuns: 300 },
  );
});

Deno.test("mbox: quoting can be undone, and leaves no line that begins with From", () => {
  const table: [string, string][] = [
    ["From x", ">From x"],
    [">From x\n>>From y\n", ">>From x\n>>>From y\n"],
    ["Fromage\nfrom x\n From x\n", "Fromage\nfrom x\n From x\n"],
    ["a\r\nFrom x\rFrom y", "a\r\n>From x\rFrom y"],
    ["\n\nFrom \n", "\n\n>From \n"],
    ["From", "From"],
    [">>>>", ">>>>"],
    ["", ""],
  ];
  for (const [text, quoted] of table) {
    assertEquals(new TextDecoder().decode(quoteFrom(utf8(text))), quoted);
    assertEquals(new TextDecoder().decode(unquoteFrom(utf8(quoted))), text);
  }
  fc.assert(
    fc.property(trickyBytes, (bytes) => {
      const quoted = quoteFrom(bytes);
      assertEquals(/(^|\n)From /.test(new TextDecoder("latin1").decode(quoted)), false);
      assertEquals(unquoteFrom(quoted), bytes);
    }),
    { numRuns: 300 },
  );
});

Deno.test("mbox: any mails come back with every byte, folder, flag and date", async () => {
  const lists = fc.array(anyMail, { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(lists, fc.integer({ min: 1, max: 300 }), async (mails, piece) => {
      fc.pre(mails.length > 0);
      const file = concat(...mails.map(mboxText));
      const found = onlyMails(await read(file, { piece }));
      assertEquals(found.map(essence), mails.map(essence));
      assertEquals(found.map(({ statedDate }) => statedDate), mails.map(({ date }) => date));
      // Written again it is the same file.
      const again = found.map((mail, i) => mboxText({ ...mails[i]!, ...mail }));
      assertEquals(concat(...again), file);
    }),
    { numRuns: 300 },
  );
});

Deno.test("mbox: a mail that has lines like ours keeps them", async () => {
  const own = "X-Mailsec-Export: 1 lines=1 bytes=0\nStatus: RO\nSubject: x\n\nbody\n";
  const [mail] = onlyMails(await read(mboxText(mailToWrite(own, { folders: ["Work stuff"] }))));
  assertEquals(new TextDecoder().decode(mail!.bytes), own);
  assertEquals(mail!.folders, ["Work stuff"]);
  assertEquals([...mail!.flags], []);
});

Deno.test("mbox: lines that only look like ours belong to the mail", async () => {
  for (
    const lines of [
      "X-Mailsec-Export: 2 lines=1 bytes=3\nStatus: O\n",
      "X-Mailsec-Export: 1 lines=2 bytes=3\nStatus: O\nSubject: x\n",
      "X-Mailsec-Export: 1 lines=1 bytes=3\nX-Mailsec-Folder: %zz\n",
      "X-Mailsec-Export: 1 lines=2 bytes=3\nStatus: O\nStatus: O\n",
      "X-Mailsec-Export: 1 lines=9 bytes=3\n",
      "X-Mailsec-Export: 1 \n",
    ]
  ) {
    const [text] = await textsOf(`${SEPARATOR}${lines}\n${SEPARATOR}Subject: y\n`);
    assertEquals(text, lines);
  }
});

Deno.test("mbox: line ends are kept as they are, CRLF and LF and both", async () => {
  const lf = "Subject: x\n\nbody\n";
  const crlf = lf.replaceAll("\n", "\r\n");
  assertEquals(await textsOf(`${SEPARATOR}${lf}\n${SEPARATOR}${lf}`), [lf, lf]);
  assertEquals(await textsOf(`${SEPARATOR}${crlf}\r\n${SEPARATOR}${crlf}\r\n`), [crlf, crlf]);
  assertEquals(await textsOf(`${SEPARATOR}${crlf}\n${SEPARATOR}${lf}\n\n`), [crlf, `${lf}\n`]);
  const crlfSeparator = SEPARATOR.replace("\n", "\r\n");
  assertEquals(await textsOf(`${crlfSeparator}${crlf}\r\n${crlfSeparator}${crlf}`), [crlf, crlf]);
});

Deno.test("mbox: without an empty line between them mails are told apart, too", async () => {
  const file = `${SEPARATOR}Subject: a\n\none\n${SEPARATOR}Subject: b\n\ntwo`;
  assertEquals(await textsOf(file), ["Subject: a\n\none\n", "Subject: b\n\ntwo"]);
});

Deno.test("mbox: a line From without a date is text, also after an empty line", async () => {
  const mail = "Subject: x\n\nbody\n\nFrom here on it is text\nFrom bob Tue Nov 24 2026\n";
  assertEquals(await textsOf(`${SEPARATOR}${mail}`), [mail]);
});

Deno.test("mbox: of mboxo and mboxcl the quoting is taken away; Content-Length is not believed", async () => {
  const head = "Content-Length: 100000\nSubject: x\n\n";
  const file = `${SEPARATOR}${head}>From me\n>>From you\n\n${SEPARATOR}Subject: y\n\n`;
  assertEquals(await textsOf(file), [`${head}From me\n>From you\n`, "Subject: y\n"]);
});

Deno.test("mbox: empty lines before the first mail do not matter; anything else is no mbox", async () => {
  assertEquals((await textsOf(`\r\n\n${SEPARATOR}Subject: x\n`)).length, 1);
  for (const file of ["", "\n\n", "\r\n"]) assertEquals(await read(file), []);
  const nothing = ["Subject: x\n\nbody\n", "From bob\n", "\x7fELF", "From ", "Fr"];
  for (const file of nothing) {
    for (const piece of [1, 3, 1000]) {
      const found = await read(file, { piece });
      assertEquals(found.length, 1, JSON.stringify(file));
      const [problem] = found;
      if (problem?.kind !== "problem") throw new Error("not a problem");
      assertStringIncludes(problem.reason, "it is not an mbox");
    }
  }
});

Deno.test("mbox: what is no mbox is not read to its end", async () => {
  let given = 0;
  async function* endless() {
    for (;;) {
      given++;
      yield await Promise.resolve(utf8("no mail\n"));
    }
  }
  assertEquals((await collect(readMbox(endless(), OPTIONS))).length, 1);
  assertEquals(given, 1);
});

Deno.test("mbox: a file of ours that ends in the middle is noticed at every byte", async () => {
  const first = mboxText(mailToWrite("Subject: one\n\nbody\n"));
  const second = mboxText(mailToWrite("Subject: two\r\n\r\nFrom me\nno end"));
  const whole = concat(first, second);
  for (let length = first.length + SEPARATOR.length - 1; length < whole.length - 2; length++) {
    const found = await read(whole.slice(0, length));
    assertEquals(found.map((item) => item.kind), ["mail", "problem"], `cut after ${length}`);
    const { place, reason } = found[1] as TransferProblem;
    assertMatch(reason, /^(the file ends in the middle of it|there is nothing after)/);
    assertEquals(place, { file: "x.mbox", mail: 2, offset: first.length });
  }
});

Deno.test("mbox: a separator alone is reported, and what follows is read", async () => {
  const [empty, mail] = await read(`${SEPARATOR}\n${SEPARATOR}Subject: x\n\n`);
  assertEquals(empty, {
    kind: "problem",
    place: { file: "x.mbox", mail: 1, offset: 0 },
    reason: "there is nothing after its first line",
  });
  assertEquals(mail?.kind, "mail");
});

Deno.test("mbox: a mail at the limit is read, one byte more is reported, and the next is read", async () => {
  const limit = 100_000;
  for (const [length, kind] of [[limit, "mail"], [limit + 1, "problem"]] as const) {
    for (const filling of ["x", "From \n"]) {
      const big = mailToWrite(filling.repeat(length).slice(0, length));
      const file = concat(mboxText(big), mboxText(mailToWrite("Subject: x\n")));
      const found = await read(file, { maxMailBytes: limit });
      assertEquals(found.map((item) => item.kind), [kind, "mail"]);
    }
  }
});

Deno.test("mbox: a line of 100 MB is reported without being held in memory", async () => {
  const piece = new Uint8Array(1 << 20).fill(0x78);
  async function* hugeLine() {
    yield utf8(`${SEPARATOR}Subject: x\n\n`);
    for (let i = 0; i < 100; i++) yield await Promise.resolve(piece);
    yield utf8(`\n\n${SEPARATOR}Subject: y\n`);
  }
  const before = Deno.memoryUsage().external;
  let greatest = 0;
  const found: (MailRead | TransferProblem)[] = [];
  async function* watched() {
    for await (const chunk of hugeLine()) {
      greatest = Math.max(greatest, Deno.memoryUsage().external - before);
      yield chunk.slice();
    }
  }
  for await (const item of readMbox(watched(), OPTIONS)) found.push(item);
  assertEquals(found.map(({ kind }) => kind), ["problem", "mail"]);
  assertStringIncludes((found[0] as TransferProblem).reason, "larger than the server takes");
});

Deno.test("mbox: flags that other programs have stored are understood, and stay in the mail", async () => {
  const table: [string, string][] = [
    ["Status: RO\n", "read"],
    ["Status: O\n", ""],
    [
      "Status: RO\r\nX-Status: AF\r\nX-Keywords: $Forwarded work\r\n",
      "read answered forwarded flagged",
    ],
    ["X-Mozilla-Status: 1007\n", "read answered forwarded flagged"],
    ["X-Mozilla-Status: 0009\n", "read trashed"],
    ["X-Status: DT\n", "draft trashed"],
    ["Subject: x\n\nStatus: RO\n", ""],
  ];
  for (const [head, expected] of table) {
    const { flags, isDraft, isTrashed } = foreignMarks(utf8(`${head}\nbody`));
    const words = [...flags, ...(isDraft ? ["draft"] : []), ...(isTrashed ? ["trashed"] : [])];
    assertEquals(words.join(" "), expected, head);
    assertEquals((await textsOf(`${SEPARATOR}${head}\nbody`))[0], `${head}\nbody`);
  }
});
