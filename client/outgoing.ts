/** What a mail that is to be sent says of itself: sizes within the limits, summary, thread. */

import type { AcceptedEntry, SealedEntry } from "../crypto/entry_fields.ts";
import { type Bytes, utf8 } from "../crypto/bytes.ts";
import {
  type AttachmentInfo,
  MAX_ATTACHMENT_NAME_BYTES,
  MAX_ATTACHMENT_TYPE_BYTES,
  MAX_ATTACHMENTS,
} from "../crypto/envelope_fields.ts";
import { MAX_TITLE_BYTES, PREVIEW_CHARACTERS } from "../protocol/limits.ts";
import { TooLargeError } from "./errors.ts";
import type {
  MailLimits,
  OutgoingAttachment,
  OutgoingMail,
  SealedOutgoing,
} from "./mailbox_types.ts";
import { decodeText } from "./mime.ts";
import { messageIdHeader, ownThreadId, referencesAfter } from "./threading.ts";

/** What the summary says of a mail's text and files. */
export interface OutgoingText {
  readonly body: Uint8Array;
  readonly files: readonly OutgoingAttachment[];
  readonly summary: {
    readonly subject: string;
    readonly preview: string;
    readonly size: number;
    readonly attachments: readonly AttachmentInfo[];
  };
}

/** @throws {TooLargeError} for a title, a body or files beyond the limits. */
export function outgoingText(
  { title, body: given, attachments: files = [] }: Pick<
    OutgoingMail,
    "title" | "body" | "attachments"
  >,
  maxBodyBytes: number,
): OutgoingText {
  const body = typeof given === "string" ? utf8(given) : given;
  checkSizes(title, body, maxBodyBytes);
  if (files.length > MAX_ATTACHMENTS) {
    throw new TooLargeError("message", `A mail can have at most ${MAX_ATTACHMENTS} attachments.`, {
      hint: "Put them into one archive, or send several mails; nothing was sent.",
    });
  }
  const attachments = files.map(({ name, type, content }) => ({
    name: cut(name, MAX_ATTACHMENT_NAME_BYTES),
    type: cut(type ?? "application/octet-stream", MAX_ATTACHMENT_TYPE_BYTES),
    size: content.length,
  }));
  const size = attachments.reduce((sum, file) => sum + file.size, body.length);
  const summary = { subject: title, preview: previewOf(body), size, attachments };
  return { body, files, summary };
}

function checkSizes(title: string, body: Uint8Array, maxBodyBytes: number): void {
  const titleBytes = utf8(title).length;
  if (titleBytes > MAX_TITLE_BYTES) {
    const sizes = `The title has ${count(titleBytes)} bytes; at most ${count(MAX_TITLE_BYTES)}`;
    throw new TooLargeError("title", `${sizes} are allowed.`, { hint: "Make it shorter." });
  }
  if (body.length > maxBodyBytes) {
    const sizes = `The body has ${count(body.length)} bytes; at most ${count(maxBodyBytes)}`;
    throw new TooLargeError("body", `${sizes} are allowed.`, {
      hint: "Make it shorter, attach it as a file or send it in parts; nothing was sent.",
    });
  }
}

export function messageTooLarge({ maxMessageBytes }: MailLimits): TooLargeError {
  return new TooLargeError(
    "message",
    `The mail is larger than this server takes (${count(maxMessageBytes)} bytes, of which ` +
      "attachments take a third more than their size).",
    { hint: "Make it smaller or send it in parts; nothing was sent." },
  );
}

/** The beginning of a text; nothing of a body that is not text. */
export function previewOf(body: Uint8Array): string {
  // A character has at most two UTF-16 units.
  const start = decodeText(body)?.slice(0, 2 * PREVIEW_CHARACTERS) ?? "";
  return Array.from(start).slice(0, PREVIEW_CHARACTERS).join("");
}

/** Where a mail stands among others: in its signed fields, and in its header. */
export interface OutgoingThread {
  readonly fields: { readonly inReplyTo: Bytes | null; readonly references: readonly Bytes[] };
  readonly headers: { readonly inReplyTo: string | null; readonly references: readonly string[] };
}

export const NO_THREAD: OutgoingThread = {
  fields: { inReplyTo: null, references: [] },
  headers: { inReplyTo: null, references: [] },
};

/** That of an answer to a mail. */
export function threadAfter(entry: AcceptedEntry, messageId: Bytes): OutgoingThread {
  const inReplyTo = ownThreadId(entry, messageId);
  const references = referencesAfter(entry, messageId);
  const foreign = entry.kind === "import" ? entry.origin?.messageId ?? null : null;
  const answered = foreign ?? messageIdHeader(inReplyTo);
  const earlier = references.slice(0, -1).map(messageIdHeader);
  return {
    fields: { inReplyTo, references },
    headers: { inReplyTo: answered, references: [...earlier, answered] },
  };
}

/** With the names of those whom nobody else learns of, in the sender's own entry. */
export function withBcc(sealed: SealedOutgoing, bcc: readonly string[]): SealedOutgoing {
  const { ownCopy } = sealed;
  return ownCopy === null ? sealed : { ...sealed, ownCopy: withOriginBcc(ownCopy, bcc) };
}

/** The entry of a sent mail, which says to whom else it has gone. */
export function withOriginBcc<Entry extends SealedEntry>(
  entry: Entry,
  bcc: readonly string[],
): Entry {
  if (entry.rejected !== null || entry.origin !== null || bcc.length === 0) return entry;
  const { from, to, cc } = entry;
  return { ...entry, origin: { from, to, cc, bcc, messageId: null } };
}

/** A text of at most so many bytes of UTF-8, its end cut off. */
function cut(text: string, maxBytes: number): string {
  const bytes = utf8(text.toWellFormed());
  if (bytes.length <= maxBytes) return text.toWellFormed();
  return new TextDecoder().decode(bytes.subarray(0, maxBytes)).replace(/\ufffd+$/, "");
}

function count(bytes: number): string {
  return bytes.toLocaleString("en");
}
