/** A mail that is being written. It outlives mistakes, failed sends and visits to the menu. */

import type {
  MailDraft,
  OutgoingAttachment,
  OutgoingMail,
  SealedOutgoing,
} from "../../mailbox_types.ts";
import { formatSize } from "../format.ts";

/** Names as they were typed. */
export interface Heads {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
}

export interface Draft {
  heads: Heads;
  /** Whether the recipients were found right. */
  checked: boolean;
  /** Changed keys that were accepted: the fingerprint shown, by recipient. */
  acceptChangedKeys: ReadonlyMap<string, string>;
  title: string;
  /** Null until it is complete. */
  body: DraftBody | null;
  /** Lines typed for a body that is not complete. */
  lines: string[];
  attachments: readonly OutgoingAttachment[];
  inReplyTo: string | null;
  forwards: string | null;
  /** Its id on the server; null: not saved there yet. */
  id: string | null;
  /** What the server has of it. */
  saved: MailDraft | null;
  /** The mail as it was sealed, when it is not known whether it has arrived. */
  sealed: SealedOutgoing | null;
}

export interface DraftBody {
  readonly content: string | Uint8Array<ArrayBuffer>;
  /** In bytes of UTF-8. */
  readonly size: number;
  /** Where it was loaded from, the last part of the path. */
  readonly fileName?: string;
}

export const NOBODY: Heads = { to: [], cc: [], bcc: [] };

export function emptyDraft(): Draft {
  return {
    ...{ heads: NOBODY, checked: false, acceptChangedKeys: new Map(), title: "" },
    ...{ body: null, lines: [], attachments: [] },
    ...{ inReplyTo: null, forwards: null, id: null, saved: null, sealed: null },
  };
}

/** A draft of the server's, an answer, or a mail passed on. */
export function draftFrom(mail: MailDraft): Draft {
  const { to, cc, bcc, title, body, attachments, inReplyTo, forwards, id } = mail;
  return {
    ...emptyDraft(),
    heads: { to, cc, bcc },
    body: body === "" ? null : textBody(body),
    ...{ title, attachments, inReplyTo, forwards, id },
    saved: id === null ? null : mail,
  };
}

/** As it is kept on the server. A body that is no text goes as an attachment: nothing is lost. */
export function mailDraft(draft: Draft): MailDraft {
  const { heads, title, attachments, inReplyTo, forwards, id } = draft;
  const content = draft.body?.content ?? draft.lines.join("\n");
  const rest = { ...heads, title, inReplyTo, forwards, id };
  if (typeof content === "string") return { ...rest, body: content, attachments };
  const file = { name: draft.body?.fileName ?? "body", content };
  return { ...rest, body: "", attachments: [file, ...attachments] };
}

/** Whether the server has it as it is now. */
export function isSaved(draft: Draft): boolean {
  if (draft.saved === null) return false;
  const [now, then] = [mailDraft(draft), draft.saved];
  return parts(now) === parts(then) && now.attachments.length === then.attachments.length &&
    now.attachments.every(({ name, content }, at) => {
      const other = then.attachments[at]!;
      return name === other.name && content === other.content;
    });
}

function parts({ to, cc, bcc, title, body }: MailDraft): string {
  return JSON.stringify([to, cc, bcc, title, body]);
}

/** Whether there is nothing in it that would be a loss. */
export function isEmpty({ heads, title, body, lines, attachments }: Draft): boolean {
  const people = heads.to.length + heads.cc.length + heads.bcc.length;
  return people === 0 && title === "" && attachments.length === 0 && lines.length === 0 &&
    (body === null || body.size === 0);
}

/** The draft in a line: whom it goes to, its title and size. */
export function describeDraft(draft: Draft): string {
  const { heads, title, body, lines } = draft;
  const size = body === null ? bytesOf(lines.join("\n")) : body.size;
  return `a mail to ${heads.to.join(", ") || "nobody yet"}, "${title}", ${formatSize(size)}`;
}

/** @throws {TypeError} when the body is not complete. */
export function outgoing(draft: Draft): OutgoingMail {
  const { body, heads, title, attachments, acceptChangedKeys, inReplyTo, forwards, id } = draft;
  if (body === null) throw new TypeError("the draft has no body yet");
  return {
    ...{ ...heads, title, attachments, acceptChangedKeys, body: body.content },
    ...(body.fileName === undefined ? {} : { bodyFileName: body.fileName }),
    ...(inReplyTo === null ? {} : { inReplyTo }),
    ...(forwards === null ? {} : { forwards }),
    ...(id === null ? {} : { draft: id }),
  };
}

export function textBody(content: string): DraftBody {
  return { content, size: bytesOf(content) };
}

/** Bytes of UTF-8. */
export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
