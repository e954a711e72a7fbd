/**
 * Reading RFC 5322 messages: what stands inside the sealed content of a mail.
 *
 * A mail with a body alone, as mime_compose.ts makes it, is one part in base64 and is read here,
 * because the library needs 30 ms for what takes 5. Mail of any other shape is read by postal-mime,
 * which is loaded when first needed. Of HTML only the text is ever shown (html_text.ts).
 */

import type { Bytes } from "../crypto/bytes.ts";
import { FormatError } from "../crypto/errors.ts";
import { htmlToText } from "./html_text.ts";
import type { Attachment, MailBody } from "./mailbox_types.ts";

const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;

export interface ParsedMime {
  readonly body: MailBody;
  readonly attachments: Attachment[];
  /** The body is the text of what was written in HTML. */
  readonly fromHtml: boolean;
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

/**
 * Bytes of the header lines and the empty line after them (RFC 5322 section 2.1).
 *
 * @throws {FormatError} when there is no empty line.
 */
export function headerLength(message: Uint8Array): number {
  const length = headerEnd(message);
  if (length === null) throw new FormatError("the mail has no empty line after its header");
  return length;
}

function headerEnd(message: Uint8Array): number | null {
  for (let i = 0; i < message.length; i++) {
    if (message[i] !== LINE_FEED) continue;
    if (message[i + 1] === LINE_FEED) return i + 2;
    if (message[i + 1] === CARRIAGE_RETURN && message[i + 2] === LINE_FEED) return i + 3;
  }
  return null;
}

/** What a mail that cannot be taken apart is saved as. */
const WHOLE_MAIL_NAME = "message.eml";

/**
 * Reads the RFC 5322 bytes of a mail; an imported one may be a header and nothing else. One that the
 * library cannot take apart (nested 256 parts deep, a header of megabytes) is a file, whole.
 */
export async function parseMime(message: Bytes): Promise<ParsedMime> {
  try {
    return await takeApart(message);
  } catch {
    const body = { kind: "binary", bytes: message, fileName: WHOLE_MAIL_NAME } as const;
    return { body, attachments: [], fromHtml: false };
  }
}

async function takeApart(message: Bytes): Promise<ParsedMime> {
  const { default: PostalMime } = await import("postal-mime");
  const bodyStart = headerEnd(message) ?? message.length;
  const head = await PostalMime.parse(message.slice(0, bodyStart));
  const headers = new Map(head.headers.map(({ key, value }) => [key, value]));
  const single = readSinglePart(headers, message.subarray(bodyStart));
  if (single !== null) {
    const fileName = head.attachments[0]?.filename;
    const body = asBody(single.bytes, single.isText, fileName);
    return { body, attachments: [], fromHtml: false };
  }
  const mail = await PostalMime.parse(message, { forceRfc822Attachments: true });
  const fromHtml = !mail.text?.trim() && !!mail.html;
  const text = fromHtml ? await htmlToText(mail.html!) : mail.text ?? "";
  return {
    body: { kind: "text", text: firstTextPart(headers, message.subarray(bodyStart)) ?? text },
    fromHtml,
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

/**
 * The exact text of the first part of a mail with attachments, when it is of the shape that
 * mime_compose.ts makes; else null.
 */
function firstTextPart(headers: Map<string, string>, content: Uint8Array): string | null {
  const boundary = /^multipart\/mixed\s*;.*\bboundary="?([^";]+)"?/i
    .exec(headers.get("content-type") ?? "")?.[1];
  if (boundary === undefined) return null;
  const text = new TextDecoder("latin1").decode(content);
  const start = `--${boundary}\r\n`;
  const head = text.startsWith(start) ? text.indexOf("\r\n\r\n") : -1;
  const end = head < 0 ? -1 : text.indexOf(`--${boundary}`, head);
  if (end < 0) return null;
  const lines = text.slice(start.length, head).split("\r\n").map((line) => line.split(/:\s*/));
  const own = new Map(lines.map(([name, value]) => [name!.toLowerCase(), value ?? ""]));
  const part = readSinglePart(own, content.subarray(head + 4, end));
  return part === null || !part.isText ? null : decodeText(part.bytes);
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
