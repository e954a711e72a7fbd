import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { FormatError } from "../../crypto/errors.ts";
import { composeMime, isUtf8, parseMime } from "../../client/mime.ts";
import type { MailBody } from "../../client/mailbox_types.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function compose(body: Uint8Array, fileName?: string) {
  return composeMime({
    from: "alice",
    to: ["bob", "carol"],
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

Deno.test("mime: bytes without an empty line are no mail", async () => {
  await assertRejects(() => parseMime(encode("Subject: x\r\nno end")), FormatError);
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
