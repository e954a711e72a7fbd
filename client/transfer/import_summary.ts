/**
 * What an imported mail says of itself: the fields for lists and threads, as far as they fit into a
 * sealed mail's. All of it is what somebody has written into a file; nothing here is proven.
 */

import type { Address, Email } from "postal-mime";
import type { Bytes } from "../../crypto/bytes.ts";
import { utf8 } from "../../crypto/bytes.ts";
import {
  type AttachmentInfo,
  MAX_ATTACHMENT_NAME_BYTES,
  MAX_ATTACHMENT_TYPE_BYTES,
  MAX_ATTACHMENTS,
  MAX_PREVIEW_BYTES,
  MAX_SUBJECT_BYTES,
} from "../../crypto/envelope_fields.ts";
import { PREVIEW_CHARACTERS } from "../../protocol/limits.ts";

/** Together they must leave room in a sealed entry for everything else. */
const MAX_ADDRESSES = 50;
const MAX_ADDRESS_BYTES = 200;
const MAX_MESSAGE_ID_BYTES = 500;
/** How much of a text a preview is looked for in, in characters. */
const MAX_PREVIEW_SOURCE = 20_000;

export interface ImportSummary {
  /** ms since the epoch; null when the header has none that can be read. */
  readonly date: number | null;
  readonly subject: string;
  readonly preview: string;
  readonly attachments: readonly AttachmentInfo[];
  /** Bytes of the text and of the attachments. */
  readonly size: number;
  /** "Bob <bob@example.org>"; "" when there is none. */
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  /** Header texts as they stand there, with their angle brackets. */
  readonly messageId: string | null;
  readonly inReplyTo: string | null;
  readonly references: string | null;
}

/** Reads a mail as far as it can be read. */
export async function summaryOf(bytes: Bytes): Promise<ImportSummary> {
  const { default: PostalMime } = await import("postal-mime");
  let mail: Email;
  try {
    mail = await PostalMime.parse(bytes);
  } catch {
    // Nested too deep, or a header beyond all measure: the bytes are kept all the same.
    mail = { headers: [], headerLines: [], attachments: [] };
  }
  const attachments = mail.attachments.map((part): AttachmentInfo => ({
    name: cut(part.filename ?? "", MAX_ATTACHMENT_NAME_BYTES),
    type: cut(part.mimeType, MAX_ATTACHMENT_TYPE_BYTES),
    size: part.content instanceof Uint8Array || part.content instanceof ArrayBuffer
      ? part.content.byteLength
      : utf8(part.content).length,
  }));
  const date = Date.parse(mail.date ?? "");
  return {
    date: Number.isNaN(date) ? null : Math.max(date, 0),
    subject: cut(mail.subject ?? "", MAX_SUBJECT_BYTES),
    preview: previewOf(mail),
    attachments: attachments.slice(0, MAX_ATTACHMENTS),
    size: attachments.reduce(
      (sum, { size }) => sum + size,
      utf8(mail.text ?? mail.html ?? "").length,
    ),
    from: addressTexts(mail.from === undefined ? [] : [mail.from])[0] ?? "",
    to: addressTexts(mail.to ?? []),
    cc: addressTexts(mail.cc ?? []),
    bcc: addressTexts(mail.bcc ?? []),
    messageId: headerText(mail.messageId),
    inReplyTo: headerText(mail.inReplyTo),
    references: mail.references ?? null,
  };
}

function previewOf({ text, html }: Email): string {
  const source = text ?? withoutTags((html ?? "").slice(0, MAX_PREVIEW_SOURCE));
  const start = source.slice(0, 2 * PREVIEW_CHARACTERS).toWellFormed();
  return cut(Array.from(start).slice(0, PREVIEW_CHARACTERS).join(""), MAX_PREVIEW_BYTES);
}

/** Enough of a text for a preview: reading the mail does better. */
function withoutTags(html: string): string {
  return html
    .replace(/<(style|script|head)\b[^]*?<\/\1\s*>/gi, " ")
    .replace(/<!--[^]*?-->|<[^>]*>/g, " ")
    .replace(/&(nbsp|#160);/gi, " ").replace(/&lt;/gi, "<").replace(/&gt;/gi, ">")
    .replace(/&quot;/gi, '"').replace(/&#39;|&apos;/gi, "'").replace(/&amp;/gi, "&")
    .replace(/\s+/g, " ")
    .trim();
}

function addressTexts(addresses: readonly Address[]): string[] {
  return addresses
    .flatMap((address) => address.group ?? [address])
    .map(({ name, address = "" }) => {
      if (name === "") return address;
      return address === "" ? name : `${name} <${address}>`;
    })
    .filter((text) => text !== "")
    .slice(0, MAX_ADDRESSES)
    .map((text) => cut(text, MAX_ADDRESS_BYTES));
}

function headerText(text: string | undefined): string | null {
  const trimmed = text?.trim() ?? "";
  return trimmed === "" || utf8(trimmed).length > MAX_MESSAGE_ID_BYTES ? null : trimmed;
}

/** As many of the first characters as fit into so many bytes. */
function cut(text: string, maxBytes: number): string {
  const whole = text.toWellFormed();
  if (utf8(whole).length <= maxBytes) return whole;
  // One byte too few of a character is no character: it is left out.
  const bytes = utf8(whole).subarray(0, maxBytes);
  return new TextDecoder().decode(bytes, { stream: true });
}
