import { assertEquals } from "@std/assert";
import { filledIn, outgoingOf, type TypedMail } from "../../client/commands/typed_mail.ts";
import type { MailDraft } from "../../client/mailbox_types.ts";

const PHOTO = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0);
const MARKED = new TextEncoder().encode("\uFEFFtext");
const ID = "ab".repeat(16);
const NEW: MailDraft = {
  ...{ to: ["bob"], cc: [], bcc: [], title: "T", body: "", attachments: [] },
  ...{ inReplyTo: null, forwards: null, id: null },
};

function typed(body: Uint8Array, quote = false): TypedMail {
  return {
    ...{ to: ["bob"], cc: [], bcc: [], title: "T", body, bodyFileName: "photo.jpg", quote },
    ...{ isFromKeyboard: false, attachments: [], acceptChangedKeys: new Map() },
  };
}

Deno.test("send: a draft of a file that is no text keeps its bytes, as an attachment", () => {
  const draft = filledIn(NEW, typed(PHOTO));
  assertEquals(draft.body, "");
  assertEquals(draft.attachments, [{ name: "photo.jpg", content: PHOTO }]);
  assertEquals(filledIn(NEW, typed(MARKED)).body, "\uFEFFtext");
});

Deno.test("send: a file that is no text is the body, and with a quotation an attachment", () => {
  const plain = outgoingOf(filledIn(NEW, typed(PHOTO)), typed(PHOTO));
  assertEquals([plain.body, plain.attachments], [PHOTO, []]);
  const forward = { ...NEW, body: "\n-- Forwarded --\nhi", forwards: ID };
  const answer = { ...NEW, body: "> hi\n", inReplyTo: ID };
  for (const [draft, quote] of [[forward, false], [answer, true]] as const) {
    const given = typed(PHOTO, quote);
    const mail = outgoingOf(filledIn(draft, given), given);
    assertEquals(mail.attachments, [{ name: "photo.jpg", content: PHOTO }]);
    assertEquals(String(mail.body).endsWith(draft.body), true);
  }
  const unquoted = outgoingOf(filledIn(answer, typed(PHOTO)), typed(PHOTO));
  assertEquals([unquoted.body, unquoted.attachments], [PHOTO, []]);
});
