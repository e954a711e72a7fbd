import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { isUtf8, parseMime } from "../../client/mime.ts";
import { composeMime } from "../../client/mime_compose.ts";
import type { MailBody } from "../../client/mailbox_types.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function compose(body: Uint8Array, fileName?: string) {
  return composeMime({
    from: "alice",
    to: ["bob", "carol"],
    messageId: new Uint8Array(16),
    title: "Plans",
    dateMs: Date.UTC(2026, 0, 2),
    body,
    fileName,
  });
}

function bytesOf(body: MailBody): Uint8Array {
  return body.kind === "text" ? encode(body.text) : body.bytes;
}

const EXACT: Record<string, string> = {
  "nothing": "",
  "one byte": "x",
  "no line end": "no line end",
  "LF": "one\ntwo\n",
  "CRLF": "one\r\ntwo\r\n",
  "CR alone": "one\rtwo\r",
  "mixed line ends": "a\nb\r\nc\rd\n\r\n\r",
  "empty lines at both ends": "\n\n\nx\n\n\n",
  "tabs and trailing blanks": "\tx \t \n  y   \n \t",
  "a dot alone": "before\n.\nafter",
  "From at the start": "From me\n>From you",
  "emoji and combining": "👩‍👩‍👧‍👦 é e\u0301 🇨🇿",
  "NUL": "a\0b\0",
  "control characters": "\x1b[2J\x07\x08\x7f",
  "byte order mark": "\ufeffstart",
  "line and paragraph separators": "a\u2028b\u2029c\u0085d",
  "looks like a header": "Subject: no\r\n\r\nbody",
  "looks like a boundary": "----_NmP-1\r\nContent-Type: text/html\r\n",
  "looks like base64": "eA==\r\neA==",
  "a very long line": "long ".repeat(10_000),
};

Deno.test("mime: text comes back exactly", async () => {
  for (const [name, text] of Object.entries(EXACT)) {
    const { body, attachments } = await parseMime(await compose(encode(text)));
    assertEquals(body, { kind: "text", text }, name);
    assertEquals(attachments, [], name);
  }
});

Deno.test("mime: bytes that are not UTF-8 come back exactly, under their file name", async () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 37) & 0xff);
  assert(!isUtf8(bytes));
  for (const fileName of ["photo.jpg", 'žluťoučký "kůň"\\; x.bin', "a".repeat(300)]) {
    const { body, attachments } = await parseMime(await compose(bytes, fileName));
    assertEquals(body, { kind: "binary", bytes, fileName });
    assertEquals(attachments, []);
  }
  assertEquals((await parseMime(await compose(bytes))).body, { kind: "binary", bytes });
});

Deno.test("mime: any bytes at all come back exactly", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
      const { body } = await parseMime(await compose(bytes));
      assertEquals([...bytesOf(body)], [...bytes]);
    }),
    { numRuns: 100 },
  );
});

Deno.test("mime: lines of base64 have at most 76 characters, at every length around one", async () => {
  for (const length of [56, 57, 58, 113, 114, 115]) {
    const bytes = new Uint8Array(length).fill(65);
    const message = new TextDecoder().decode(await compose(bytes));
    const [, encoded] = message.split("\r\n\r\n");
    for (const line of encoded!.split("\r\n")) assert(line.length <= 76);
    assert(message.endsWith("\r\n"));
    assertEquals([...bytesOf((await parseMime(await compose(bytes))).body)], [...bytes]);
  }
});

Deno.test("mime: a title cannot add header lines", async () => {
  const message = await composeMime({
    messageId: new Uint8Array(16),
    from: "alice",
    to: ["bob"],
    title: "Hello\r\nBcc: eve@example.org\r\n\r\nbody",
    dateMs: 0,
    body: encode("real"),
  });
  assert(!/^Bcc:/mi.test(new TextDecoder().decode(message)));
  assertEquals((await parseMime(message)).body, { kind: "text", text: "real" });
});

Deno.test("mime: mail of other shapes is read too", async () => {
  const message = encode([
    "From: a@example.org",
    "Subject: x",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    "--b",
    "Content-Type: text/plain; charset=iso-8859-1",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    "caf=E9",
    "--b",
    "Content-Type: image/png",
    "Content-Disposition: attachment; filename=dot.png",
    "Content-Transfer-Encoding: base64",
    "",
    "AP8=",
    "--b--",
    "",
  ].join("\r\n"));
  const { body, attachments } = await parseMime(message);
  assert(body.kind === "text");
  assertStringIncludes(body.text, "café");
  assertEquals(attachments, [
    { name: "dot.png", type: "image/png", size: 2, content: new Uint8Array([0, 255]) },
  ]);
});

Deno.test("mime: base64 that is broken falls back to the lenient parser", async () => {
  const message = encode(
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\neA==!\r\n",
  );
  const { body } = await parseMime(message);
  assertEquals(body.kind, "text");
});

Deno.test("mime: bytes without an empty line are a header, and no body", async () => {
  for (const text of ["Subject: x\r\nno end", "garbage\0\x01", ""]) {
    const { body, attachments } = await parseMime(encode(text));
    assertEquals([body, attachments], [{ kind: "text", text: "" }, []]);
  }
});

Deno.test("mime: a megabyte is composed and read in a fraction of its time budget", async () => {
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, i) => 32 + (i * 7) % 90);
  await parseMime(await compose(bytes));
  const began = performance.now();
  const message = await compose(bytes);
  const composed = performance.now();
  await parseMime(message);
  const parsed = performance.now();
  // Ten times what it takes on a quiet machine: only a return to slow paths is caught.
  assertLess(composed - began, 150);
  assertLess(parsed - composed, 150);
});

const FILES = [
  { name: "ž a.txt", content: encode("a file\r\nof two lines") },
  { name: "photo.jpg", type: "image/jpeg", content: crypto.getRandomValues(new Uint8Array(1000)) },
  { name: "empty", content: new Uint8Array(0) },
];

Deno.test("mime: text beside attachments comes back exactly, and so do they", async () => {
  for (const [name, text] of Object.entries(EXACT)) {
    const message = await composeMime({
      ...{ from: "alice", to: ["bob"], cc: ["carol"], title: name, dateMs: 0 },
      ...{ messageId: new Uint8Array(16), body: encode(text), attachments: FILES },
    });
    const { body, attachments } = await parseMime(message);
    assertEquals(body, { kind: "text", text }, name);
    assertEquals(
      attachments.map(({ name, content }) => [name, content]),
      FILES.map((file) => [
        file.name,
        file.content,
      ]),
    );
    assertEquals(attachments[1]!.type, "image/jpeg");
  }
});

Deno.test("mime: a body that is not text goes before the attachments as one of them", async () => {
  const body = Uint8Array.of(0xff, 0xfe, 0, 1);
  const message = await composeMime({
    ...{ from: "alice", to: ["bob"], title: "", dateMs: 0, messageId: new Uint8Array(16) },
    ...{ body, fileName: "body.bin", attachments: FILES.slice(0, 1) },
  });
  const { attachments } = await parseMime(message);
  assertEquals(attachments.map(({ name, content }) => [name, content]), [
    ["body.bin", body],
    [FILES[0]!.name, FILES[0]!.content],
  ]);
});

Deno.test("mime: the header names the mail, those it answers, and its recipients", async () => {
  const message = await composeMime({
    ...{ from: "alice", to: ["bob"], cc: ["carol"], title: "☂", dateMs: 0, body: encode("x") },
    ...{ messageId: new Uint8Array(16).fill(0xab), inReplyTo: "<b@x>" },
    references: ["<a@x>", "<b@x>"],
  });
  const head = new TextDecoder().decode(message).split("\r\n\r\n")[0]!.split("\r\n");
  assert(head.includes(`Message-ID: <${"ab".repeat(16)}@mailsec.invalid>`));
  assert(head.includes("In-Reply-To: <b@x>"));
  assert(head.includes("References: <a@x> <b@x>"));
  assert(head.includes("Cc: carol@mailsec.invalid"));
  assert(!head.some((line) => line.startsWith("Bcc")));
});

const mailOf = (type: string, body: string) =>
  encode(`From: a@b.c\r\nContent-Type: ${type}\r\n\r\n${body}`);

Deno.test("mime: of HTML the text is shown, with where links lead and nothing that is fetched", async () => {
  const html = `<html><head><title>t</title><style>p{}</style></head><body><h1>Offer</h1>
    <p>Pay <a href="https://evil.example/login">your bank</a></p>
    <img src="https://track.example/pixel.gif"><script>alert(1)</script></body></html>`;
  const { body, fromHtml } = await parseMime(mailOf("text/html; charset=utf-8", html));
  assert(body.kind === "text" && fromHtml);
  assertStringIncludes(body.text, "your bank [https://evil.example/login]");
  for (const hidden of ["track.example", "alert", "p{}", "<"]) {
    assert(!body.text.includes(hidden), hidden);
  }
});

Deno.test("mime: text is preferred to HTML, whatever the HTML says", async () => {
  const parts = "--x\r\nContent-Type: text/plain\r\n\r\nplain\r\n" +
    "--x\r\nContent-Type: text/html\r\n\r\n<b>other</b>\r\n--x--\r\n";
  const { body, fromHtml } = await parseMime(mailOf('multipart/alternative; boundary="x"', parts));
  assertEquals([body.kind === "text" && body.text.trim(), fromHtml], ["plain", false]);
});

Deno.test("mime: HTML made to waste time and memory is read in bounds", async () => {
  const hostile = {
    deep: "<div>".repeat(200_000) + "x",
    long: `<p>${"word ".repeat(400_000)}</p>`,
    open: "<a href='x'>".repeat(50_000) + "<b".repeat(50_000),
    table: `<table>${"<tr><td>a<table>".repeat(5000)}`,
    entities: "&#x1F600;&lt;".repeat(100_000),
    rowspan: "<table><tr><td rowspan=1000000000>x</td></tr></table>",
    colspan: "<table><tr><td colspan=20000>x</td></tr></table>",
    endless: "<table><tr><td colspan=Infinity rowspan=-5>x</td></tr></table>",
    spans: `<table>${"<tr><td rowspan=50 colspan=50>x</td></tr>".repeat(9000)}</table>`,
    rows: `<table>${"<tbody>".concat("<tr><td>x".repeat(15_000)).repeat(3)}</table>`,
    tables: "<table><tr><td rowspan=50 colspan=50>x</table>".repeat(8000),
  };
  for (const [name, html] of Object.entries(hostile)) {
    const start = performance.now();
    const { body } = await parseMime(mailOf("text/html", html));
    assertEquals(body.kind, "text", name);
    assertLess(performance.now() - start, 20_000, name);
  }
});

Deno.test("mime: tables are shown in columns, those too large for that row by row", async () => {
  const table = (rows: number) => {
    const row = "<tr><td>one <b>1</b></td><td>two</td></tr>";
    return mailOf(
      "text/html",
      `<table><tr><th colspan=2>Head</th></tr>${row.repeat(rows)}</table>`,
    );
  };
  const small = (await parseMime(table(2))).body;
  assertEquals(small.kind === "text" && small.text, "Head\none 1   two\none 1   two");
  const large = (await parseMime(table(1500))).body;
  assert(large.kind === "text");
  assertEquals(large.text.split("\n").filter((line) => line.startsWith("one 1")).length, 1500);
});

Deno.test("mime: a mail that cannot be taken apart is a file, whole", async () => {
  const nested = Array.from(
    { length: 300 },
    (_, i) => `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`,
  ).join("");
  for (const text of [`${nested}\r\nx\r\n`, `X: ${"a".repeat(3_000_000)}\r\n\r\nhi\r\n`]) {
    const bytes = encode(text);
    const { body, attachments } = await parseMime(bytes);
    assertEquals(body, { kind: "binary", bytes, fileName: "message.eml" });
    assertEquals(attachments, []);
  }
});

Deno.test("mime: a mail inside a mail is an attachment", async () => {
  const inner = "Subject: inner\r\n\r\nsecret";
  const parts = `--x\r\nContent-Type: text/plain\r\n\r\nouter\r\n--x\r\n` +
    `Content-Type: message/rfc822\r\n\r\n${inner}\r\n--x--\r\n`;
  const { body, attachments } = await parseMime(mailOf('multipart/mixed; boundary="x"', parts));
  assertEquals(body.kind === "text" && body.text.trim(), "outer");
  assertEquals(attachments.map(({ type }) => type), ["message/rfc822"]);
});
