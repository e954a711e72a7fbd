/**
 * RFC 5322 messages: what stands inside the sealed content of a mail.
 *
 * A mail with a body alone is one part, always in base64, so that its bytes come back exactly
 * whatever they are: line ends, trailing blanks, NUL. UTF-8 goes as `text/plain; charset=utf-8`,
 * anything else as `application/octet-stream`, inline, under the name of the file it came from.
 * The header lines are nodemailer's MailComposer's work; the base64 lines are laid down here, and
 * read here, because both libraries need 30 ms for what takes 5. Mail of any other shape is read
 * by postal-mime. Both libraries are loaded when first needed.
 *
 * Addresses are `user@mailsec.invalid` (RFC 2606) for the benefit of exports: sender, recipients,
 * title and date are believed from the signed summary only.
 */

import type { Bytes } from "../crypto/bytes.ts";
import { FormatError } from "../crypto/errors.ts";
import type { Attachment, MailBody } from "./mailbox_types.ts";

const MAIL_DOMAIN = "mailsec.invalid";
/** RFC 2045 section 6.8: at most 76 characters a line. */
const BASE64_LINE = 76;
const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;

export interface ComposeInput {
  readonly from: string;
  readonly to: readonly string[];
  readonly title: string;
  readonly dateMs: number;
  readonly body: Uint8Array;
  /** For a body that is not UTF-8. */
  readonly fileName?: string | undefined;
}

export interface ParsedMime {
  readonly body: MailBody;
  readonly attachments: Attachment[];
}

/** Whether bytes are well-formed UTF-8 and may so be shown as text. */
export function isUtf8(bytes: Uint8Array): boolean {
  return decodeText(bytes) !== null;
}

/** Text of well-formed UTF-8, a leading byte order mark kept; null for anything else. */
export function decodeText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Makes the RFC 5322 bytes of a mail that has a body and no attachments. */
export async function composeMime(input: ComposeInput): Promise<Bytes> {
  const { default: MailComposer } = await import("nodemailer/mail-composer");
  // A body must be given for the header to be made; it is cut off again below.
  const part = { content: "-", contentTransferEncoding: "base64" };
  const composer = new MailComposer({
    from: address(input.from),
    to: input.to.map(address),
    subject: input.title,
    date: new Date(input.dateMs),
    messageId: `<${crypto.randomUUID()}@${MAIL_DOMAIN}>`,
    ...(isUtf8(input.body) ? { text: part } : {
      attachments: [{
        ...part,
        contentType: "application/octet-stream",
        contentDisposition: "inline",
        filename: input.fileName ?? false,
      }],
    }),
  });
  const message: Uint8Array = await composer.compile().build();
  const header = message.subarray(0, headerLength(message));
  return withBase64Lines(header, input.body);
}

function address(user: string): { name: string; address: string } {
  return { name: "", address: `${user}@${MAIL_DOMAIN}` };
}

/** `header ‖ base64 of body in lines`. */
function withBase64Lines(header: Uint8Array, body: Uint8Array): Bytes {
  const encoded = new TextEncoder().encode(body.toBase64());
  const lines = Math.ceil(encoded.length / BASE64_LINE);
  const out = new Uint8Array(header.length + encoded.length + 2 * lines);
  out.set(header);
  let at = header.length;
  for (let start = 0; start < encoded.length; start += BASE64_LINE) {
    const line = encoded.subarray(start, start + BASE64_LINE);
    out.set(line, at);
    at += line.length;
    out[at++] = CARRIAGE_RETURN;
    out[at++] = LINE_FEED;
  }
  return out;
}

/** Bytes of the header lines and the empty line after them (RFC 5322 section 2.1). */
function headerLength(message: Uint8Array): number {
  for (let i = 0; i < message.length; i++) {
    if (message[i] !== LINE_FEED) continue;
    if (message[i + 1] === LINE_FEED) return i + 2;
    if (message[i + 1] === CARRIAGE_RETURN && message[i + 2] === LINE_FEED) return i + 3;
  }
  throw new FormatError("the mail has no empty line after its header");
}

/**
 * Reads the RFC 5322 bytes of a mail.
 *
 * @throws {FormatError} when they are not a mail.
 */
export async function parseMime(message: Bytes): Promise<ParsedMime> {
  const { default: PostalMime } = await import("postal-mime");
  const bodyStart = headerLength(message);
  const head = await PostalMime.parse(message.slice(0, bodyStart));
  const headers = new Map(head.headers.map(({ key, value }) => [key, value]));
  const single = readSinglePart(headers, message.subarray(bodyStart));
  if (single !== null) {
    const fileName = head.attachments[0]?.filename;
    return { body: asBody(single.bytes, single.isText, fileName), attachments: [] };
  }
  const mail = await PostalMime.parse(message);
  return {
    body: { kind: "text", text: mail.text ?? "" },
    attachments: mail.attachments.map((part) => {
      const content = contentBytes(part.content);
      return {
        name: part.filename ?? "",
        type: part.mimeType,
        size: content.length,
        content,
      };
    }),
  };
}

/** The decoded body when the mail is of the one shape that `composeMime` makes, else null. */
function readSinglePart(
  headers: Map<string, string>,
  encoded: Uint8Array,
): { bytes: Bytes; isText: boolean } | null {
  if (headers.get("content-transfer-encoding")?.trim().toLowerCase() !== "base64") return null;
  const type = headers.get("content-type")?.toLowerCase() ?? "";
  const isText = /^text\/plain\s*;\s*charset="?utf-8"?\s*$/.test(type);
  const isBinary = /^application\/octet-stream\s*(;|$)/.test(type) &&
    /^inline\b/i.test(headers.get("content-disposition") ?? "");
  if (!isText && !isBinary) return null;
  try {
    // Base64 is ASCII, and of the white space between its lines the decoder takes care.
    const bytes = Uint8Array.fromBase64(new TextDecoder("latin1").decode(encoded));
    return { bytes, isText };
  } catch {
    return null;
  }
}

function asBody(bytes: Bytes, isText: boolean, fileName: string | null | undefined): MailBody {
  const text = isText ? decodeText(bytes) : null;
  if (text !== null) return { kind: "text", text };
  return { kind: "binary", bytes, ...(fileName ? { fileName } : {}) };
}

function contentBytes(content: ArrayBuffer | Uint8Array | string): Bytes {
  if (typeof content === "string") return new TextEncoder().encode(content);
  return new Uint8Array(content);
}
