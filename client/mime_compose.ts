/**
 * Making RFC 5322 messages. Header lines and structure are nodemailer's MailComposer's work; the
 * base64 lines of bodies and attachments are laid down here, where they cost a tenth.
 *
 * The body is always in base64, so that its bytes come back exactly whatever they are: line ends,
 * trailing blanks, NUL. UTF-8 goes as `text/plain; charset=utf-8`, anything else as
 * `application/octet-stream`, inline, under the name of the file it came from.
 *
 * Addresses are `user@mailsec.invalid` (RFC 2606) for the benefit of exports: sender, recipients,
 * title and date are believed from the signed summary only.
 */

import { type Bytes, concat, utf8 } from "../crypto/bytes.ts";
import type { OutgoingAttachment } from "./mailbox_types.ts";
import { headerLength, isUtf8 } from "./mime.ts";
import { MAIL_DOMAIN, messageIdHeader } from "./threading.ts";

/** RFC 2045 section 6.8: at most 76 characters a line. */
const BASE64_LINE = 76;
const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;

export interface ComposeInput {
  readonly from: string;
  readonly to: readonly string[];
  readonly cc?: readonly string[];
  readonly bcc?: readonly string[];
  readonly title: string;
  readonly dateMs: number;
  /** 16 bytes: the Message-ID is made from it. */
  readonly messageId: Bytes;
  /** Message-IDs with their angle brackets. */
  readonly inReplyTo?: string | null;
  readonly references?: readonly string[];
  readonly body: Uint8Array;
  /** For a body that is not UTF-8. */
  readonly fileName?: string | undefined;
  readonly attachments?: readonly OutgoingAttachment[];
  /** Further header lines. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A part whose content is put in afterwards. */
interface Placed {
  /** Stands where the content will be, in base64 and on a line of its own. */
  readonly mark: string;
  readonly content: Uint8Array;
}

export async function composeMime(input: ComposeInput): Promise<Bytes> {
  const { default: MailComposer } = await import("nodemailer/mail-composer");
  const placed: Placed[] = [];
  const part = (content: Uint8Array) => {
    // Of a length whose base64 needs no padding and fits one line.
    const mark = crypto.randomUUID().replaceAll("-", "").slice(0, 30);
    placed.push({ mark: btoa(mark), content });
    return { content: mark, contentTransferEncoding: "base64" as const };
  };
  const body = part(input.body);
  const files = (input.attachments ?? []).map(({ name, type, content }) => ({
    ...part(content),
    filename: name,
    ...(type === undefined ? {} : { contentType: type }),
    contentDisposition: "attachment" as const,
  }));
  const isText = isUtf8(input.body);
  const composer = new MailComposer({
    from: address(input.from),
    to: input.to.map(address),
    cc: (input.cc ?? []).map(address),
    bcc: (input.bcc ?? []).map(address),
    subject: input.title,
    date: new Date(input.dateMs),
    messageId: messageIdHeader(input.messageId),
    ...(input.inReplyTo ? { inReplyTo: input.inReplyTo } : {}),
    ...(input.references?.length ? { references: [...input.references] } : {}),
    headers: { ...input.headers },
    ...(isText ? { text: body, attachments: files } : {
      attachments: [{
        ...body,
        contentType: "application/octet-stream",
        contentDisposition: "inline",
        filename: input.fileName ?? false,
      }, ...files],
    }),
  });
  const compiled = composer.compile();
  compiled.keepBcc = true;
  return filled(await compiled.build(), placed);
}

function address(user: string): { name: string; address: string } {
  return { name: "", address: user.includes("@") ? user : `${user}@${MAIL_DOMAIN}` };
}

/** The message with the contents where their marks stand, each of which ends its part. */
function filled(message: Uint8Array, placed: readonly Placed[]): Bytes {
  const start = headerLength(message);
  const text = new TextDecoder("latin1").decode(message.subarray(start));
  const parts: Uint8Array[] = [message.subarray(0, start)];
  let done = 0;
  for (const { mark, content } of placed) {
    const at = text.indexOf(mark, done);
    if (at < 0) throw new Error("the composer has dropped a part");
    parts.push(message.subarray(start + done, start + at), base64Lines(content));
    done = at + mark.length;
    // The line end behind the mark is that of the last base64 line already.
    while (text[done] === "\r" || text[done] === "\n") {
      done += 1;
      if (text[done - 1] === "\n") break;
    }
  }
  parts.push(message.subarray(start + done));
  return concat(...parts.map((part) => part as Bytes));
}

/** Base64 in lines, each with its end. */
function base64Lines(content: Uint8Array): Uint8Array {
  const encoded = utf8(content.toBase64());
  const lines = Math.ceil(encoded.length / BASE64_LINE);
  const out = new Uint8Array(encoded.length + 2 * lines);
  let at = 0;
  for (let start = 0; start < encoded.length; start += BASE64_LINE) {
    const line = encoded.subarray(start, start + BASE64_LINE);
    out.set(line, at);
    at += line.length;
    out[at++] = CARRIAGE_RETURN;
    out[at++] = LINE_FEED;
  }
  return out;
}
