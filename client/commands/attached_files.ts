/** Files that go with a mail, as they are named on a command line or typed. */

import type { Bytes } from "../../crypto/bytes.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { safeFileName } from "../attachments.ts";
import type { OutgoingAttachment } from "../mailbox_types.ts";
import { readBodyFile } from "./body_source.ts";

/** Media types by the ending of a name: those that mail programs ask for most. */
const TYPES: Readonly<Record<string, string>> = {
  csv: "text/csv",
  doc: "application/msword",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  eml: "message/rfc822",
  gif: "image/gif",
  gz: "application/gzip",
  html: "text/html",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  json: "application/json",
  md: "text/markdown",
  mp3: "audio/mpeg",
  mp4: "video/mp4",
  odt: "application/vnd.oasis.opendocument.text",
  pdf: "application/pdf",
  png: "image/png",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  svg: "image/svg+xml",
  tar: "application/x-tar",
  txt: "text/plain",
  webp: "image/webp",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  xml: "application/xml",
  zip: "application/zip",
};

/**
 * Reads the files, all of them before anything is sent.
 *
 * @param maxBytes What they may have together.
 * @throws {MailsecError} when one cannot be read or they are too large together.
 */
export async function readAttachments(
  paths: readonly string[],
  maxBytes: number,
): Promise<OutgoingAttachment[]> {
  const files: OutgoingAttachment[] = [];
  let left = maxBytes;
  for (const path of paths) {
    const file = await readAttachment(path, left);
    left -= file.content.length;
    files.push(file);
  }
  return files;
}

/** @throws {MailsecError} */
export async function readAttachment(path: string, maxBytes: number): Promise<OutgoingAttachment> {
  const content: Bytes = new Uint8Array(
    await readBodyFile(path, Math.max(0, maxBytes), "attachments"),
  );
  const name = safeFileName(path.replace(/[\\/]+$/, ""));
  const type = TYPES[name.slice(name.lastIndexOf(".") + 1).toLowerCase()];
  return { name, content, ...(type === undefined ? {} : { type }) };
}

/** What attachments may have together, for a message of so many bytes: base64 takes a third more. */
export function maxAttachedBytes(maxMessageBytes: number): number {
  return Math.floor(maxMessageBytes * 0.73);
}

/** @throws {MailsecError} `no_attachment` */
export function numbered<T>(attachments: readonly T[], number: number): T {
  const found = attachments[number - 1];
  if (found !== undefined) return found;
  const count = attachments.length;
  throw new MailsecError("no_attachment", `This mail has no attachment ${number}.`, {
    hint: count === 0 ? "It has none." : `It has ${count}: 1 to ${count}.`,
  });
}
