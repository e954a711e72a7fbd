import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type Bytes, randomBytes, utf8 } from "../../crypto/bytes.ts";
import { openContent, sealedContentLength } from "../../crypto/envelope_content.ts";
import { decodeHeader } from "../../crypto/envelope_header.ts";
import { intakeMail } from "../../crypto/envelope_intake.ts";
import { ContentOpener } from "../../crypto/envelope_content.ts";
import { type SealedMail, sealMail } from "../../crypto/envelope_seal.ts";
import { DecryptionError, FormatError } from "../../crypto/errors.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import {
  alice,
  bob,
  bytesOfText,
  carol,
  intakeInput,
  mailFrom,
  NOW,
  ownCopy,
  recipient,
} from "./mail_fixture.ts";

for (const reader of [alice, bob, carol]) {
  Deno.test(`envelope: ${reader.user} opens what alice sealed to bob and carol`, async () => {
    const mime = utf8("Subject: Zahlen\r\n\r\n\u{1F4EC} \0 ok\r\n");
    const subject = "\uFEFFZahlen \u{1F4EC}";
    const mail = await sealMail(mailFrom({ mime, subject, cc: ["carol"] }));
    const taken = await intakeMail(intakeInput(mail, {}, reader));
    assert(taken.accepted);
    assertEquals(taken.warnings, []);
    assertEquals(taken.fields, mail.fields);
    assertEquals(taken.fields.subject, subject);
    assertEquals(taken.fields.to.map(({ user }) => user), ["bob"]);
    assertEquals(taken.fields.cc.map(({ user }) => user), ["carol"]);
    assertEquals(taken.contentKey, mail.contentKey);
    assertEquals(taken.headerSha512, mail.headerSha512);
    assertEquals(await openContent(taken, mail.content), mime);
  });
}

Deno.test("envelope: a mail to oneself alone has one stanza", async () => {
  const mail = await sealMail(mailFrom({ recipients: [recipient(alice)] }));
  assertEquals(decodeHeader(mail.header).stanzas.length, 1);
  assert((await intakeMail(intakeInput(mail, {}, alice))).accepted);
});

Deno.test("envelope: equal mails get other ids, keys and bytes", async () => {
  const [first, second] = await Promise.all([sealMail(mailFrom()), sealMail(mailFrom())]);
  assertNotEquals(first.messageId, second.messageId);
  assertNotEquals(first.contentKey, second.contentKey);
  assertNotEquals(first.content, second.content);
});

Deno.test("envelope: a mail that an earlier key of mine opens is taken in", async () => {
  const mail = await sealMail(mailFrom());
  const input = intakeInput(mail);
  const me = { ...input.me, keys: [carol.key, bob.key] };
  assert((await intakeMail({ ...input, me })).accepted);
});

Deno.test("envelope: a lone surrogate in a subject becomes U+FFFD on both sides", async () => {
  const mail = await sealMail(mailFrom({ subject: "a\uD800b" }));
  const taken = await intakeMail(intakeInput(mail));
  assert(taken.accepted);
  assertEquals([mail.fields.subject, taken.fields.subject], ["a\uFFFDb", "a\uFFFDb"]);
});

for (const length of [0, 1, 1015, 1016, 1017, 16_376, 16_384, 1_000_000]) {
  Deno.test(`envelope: a content of ${length} bytes comes back, in pieces of any size`, async () => {
    const mime = bytesOfText(length);
    const mail = await sealMail(mailFrom({ mime }));
    assertEquals(mail.content.length, sealedContentLength(length));
    const opener = new ContentOpener(mail);
    for (let at = 0; at < mail.content.length; at += 7001) {
      await opener.push(mail.content.subarray(at, at + 7001));
    }
    assertEquals(await opener.finish(), mime);
  });
}

Deno.test("envelope: contents up to 1016 bytes have one sealed length, summaries too", async () => {
  const lengths = [0, 500, 1016].map(sealedContentLength);
  assertEquals(new Set(lengths).size, 1);
  const short = await sealMail(mailFrom({ subject: "", preview: "" }));
  const long = await sealMail(mailFrom({ subject: "s".repeat(100), preview: "p".repeat(200) }));
  assertEquals(short.summary.length, long.summary.length);
});

const CONTENT_CHANGES: Record<string, (content: Bytes, other: SealedMail) => Bytes> = {
  "cut by a byte": (content) => content.slice(0, -1),
  "cut after the first chunk": (content) => content.slice(0, 24 + 32 + 16_400),
  "cut to nothing": () => new Uint8Array(0),
  "longer by a byte": (content) => new Uint8Array([...content, 0]),
  "changed in its first chunk": (content) => content.with(100, content[100]! ^ 1),
  "changed in its last byte": (content) => content.with(-1, content.at(-1)! ^ 1),
  "under a wrong commitment": (content) => content.with(30, content[30]! ^ 1),
  "of another mail": (_content, other) => other.content,
};

Deno.test("envelope: a changed, cut or swapped content is refused", async (t) => {
  const mime = bytesOfText(40_000);
  const mail = await sealMail(mailFrom({ mime }));
  const other = await sealMail(mailFrom({ mime }));
  for (const [change, apply] of Object.entries(CONTENT_CHANGES)) {
    await t.step(change, async () => {
      const content = apply(mail.content, other) as Bytes;
      await assertRejects(() => openContent(mail, content), DecryptionError);
    });
  }
});

Deno.test("envelope: a content that is not the signed one is refused by hash and length", async () => {
  const mail = await sealMail(mailFrom());
  for (
    const fields of [
      { ...mail.fields, contentSha512: randomBytes(64) },
      { ...mail.fields, contentLength: mail.fields.contentLength + 1 },
      { ...mail.fields, contentLength: 5000 },
    ]
  ) {
    const error = await assertRejects(
      () => openContent({ ...mail, fields }, mail.content),
      TrustError,
    );
    assertEquals(error.code, "content_mismatch");
  }
});

Deno.test("envelope: limits of the format are kept when sealing", async (t) => {
  const twice = [recipient(bob), recipient(bob), ownCopy(alice)];
  const tooMany = Array.from({ length: 51 }, () => ({ name: "a", type: "text/plain", size: 1 }));
  const cases = {
    "a subject of 1001 bytes": { subject: "s".repeat(1001) },
    "51 attachments": { attachments: tooMany },
    "a recipient twice": { recipients: twice },
    "no counter for a recipient": { counter: new Map([["bob", 1]]) },
    "a counter of zero": { counter: new Map([["bob", 1], ["carol", 0]]) },
    "a negative size": { size: -1 },
    "a date that is no integer": { date: NOW + 0.5 },
  };
  for (const [name, changes] of Object.entries(cases)) {
    await t.step(
      name,
      () => assertRejects(() => sealMail(mailFrom(changes)), FormatError).then(() => {}),
    );
  }
  await sealMail(mailFrom({ subject: "s".repeat(1000), attachments: tooMany.slice(1) }));
});

Deno.test("envelope: a sender who is no recipient is a mistake of the caller", async () => {
  await assertRejects(() => sealMail(mailFrom({ recipients: [recipient(bob)] })), RangeError);
});
