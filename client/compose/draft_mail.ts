/**
 * Drafts as mails: a draft is kept as a mail to oneself, whose header has all that was typed.
 * `X-Mailsec-Answers` and `X-Mailsec-Forwards` have the ids of the mails that it answers and passes
 * on; recipients are in the sealed entry, as they were typed.
 */

import type { AcceptedEntry, Origin } from "../../crypto/entry_fields.ts";
import { MAX_ORIGIN_BYTES, MAX_ORIGIN_PEOPLE } from "../../crypto/entry_fields.ts";
import type { Mail, MailDraft } from "../mailbox_types.ts";

const ANSWERS = "X-Mailsec-Answers";
const FORWARDS = "X-Mailsec-Forwards";
const ID = /^[0-9a-f]{32}$/;

/** The header lines of a draft. */
export function draftHeaders({ inReplyTo, forwards }: MailDraft): Record<string, string> {
  return {
    ...(inReplyTo === null ? {} : { [ANSWERS]: inReplyTo }),
    ...(forwards === null ? {} : { [FORWARDS]: forwards }),
  };
}

/** Whom it is meant for, as it stands in the entry. */
export function draftOrigin(draft: MailDraft, me: string): Origin {
  const names = (list: readonly string[]) =>
    list.slice(0, MAX_ORIGIN_PEOPLE).map((name) => name.slice(0, MAX_ORIGIN_BYTES / 4));
  const { to, cc, bcc } = draft;
  return { from: me, to: names(to), cc: names(cc), bcc: names(bcc), messageId: null };
}

/** The draft that a mail is. @param raw Its RFC 5322 bytes. */
export function draftOf(mail: Mail, entry: AcceptedEntry, raw: Uint8Array): MailDraft {
  const { to = [], cc = [], bcc = [] } = entry.origin ?? {};
  const head = new TextDecoder("latin1").decode(raw.subarray(0, 16_384));
  return {
    ...{ to, cc, bcc, title: mail.title },
    body: mail.body.kind === "text" ? mail.body.text : "",
    attachments: mail.attachments.map(({ name, type, content }) => ({ name, type, content })),
    inReplyTo: headerId(head, ANSWERS),
    forwards: headerId(head, FORWARDS),
    id: mail.id,
  };
}

function headerId(head: string, name: string): string | null {
  const headers = head.split("\r\n\r\n", 1)[0]!;
  const value = new RegExp(`^${name}:\\s*(\\S+)\\s*$`, "im").exec(headers)?.[1];
  return value !== undefined && ID.test(value) ? value : null;
}
