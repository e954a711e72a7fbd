/**
 * How folder and flags travel in an mbox without being part of the mail: as header lines before its
 * first, which other programs understand, too. The first of them says how many there are, and how
 * long the mail is; the reader takes exactly those lines away again, and notices a mail that was
 * cut off.
 *
 *     X-Mailsec-Export: 1 lines=3 bytes=4711
 *     Status: RO
 *     X-Status: AF
 *     X-Mailsec-Folder: Work%20stuff Archive
 *
 * The writer always writes them, and the reader only takes the first ones away: a mail that has
 * such lines itself keeps its own.
 */

import type { Bytes } from "../../../crypto/bytes.ts";
import { utf8 } from "../../../crypto/bytes.ts";
import type { MailMarks, TransferFlag } from "../types.ts";

/** Greatest block of lines that is looked at, in bytes. */
const MAX_BLOCK_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;
const FIRST_LINE = /^X-Mailsec-Export: 1 lines=([1-9]) bytes=(0|[1-9]\d{0,14})$/;
const MARKER = utf8("X-Mailsec-Export: 1 ");

/** What the lines of ours before a mail say. */
export interface MarkedMail {
  readonly marks: MailMarks;
  /** Length of the lines, in bytes. */
  readonly blockBytes: number;
  /** Length of the mail as it was written, in bytes. */
  readonly mailBytes: number;
}

/** The lines before a mail of so many bytes. */
export function marksBlock(marks: MailMarks, mailBytes: number): Bytes {
  const { flags } = marks;
  const xStatus = [
    ...(flags.has("answered") ? ["A"] : []),
    ...(marks.isTrashed ? ["D"] : []),
    ...(flags.has("flagged") ? ["F"] : []),
    ...(marks.isDraft ? ["T"] : []),
  ].join("");
  const lines = [
    `Status: ${flags.has("read") ? "RO" : "O"}`,
    ...(xStatus === "" ? [] : [`X-Status: ${xStatus}`]),
    ...(flags.has("forwarded") ? ["X-Keywords: $Forwarded"] : []),
    ...(marks.folders.length === 0 ? [] : [`X-Mailsec-Folder: ${folderText(marks.folders)}`]),
  ];
  const first = `X-Mailsec-Export: 1 lines=${lines.length} bytes=${mailBytes}`;
  return utf8([first, ...lines].map((line) => `${line}\n`).join(""));
}

function folderText(folders: readonly string[]): string {
  return folders.map((name) => encodeURIComponent(name.toWellFormed())).join(" ");
}

/**
 * The lines of ours at the beginning of a mail as it stands in a file; null when there are none,
 * "cut" when the text ends in the middle of them.
 */
export function readMarksBlock(text: Uint8Array): MarkedMail | "cut" | null {
  const beginning = MARKER.subarray(0, text.length);
  if (!beginning.every((byte, i) => text[i] === byte)) return null;
  if (text.length < MARKER.length) return text.length === 0 ? null : "cut";
  const lines: string[] = [];
  let wanted = 1;
  let at = 0;
  while (lines.length < wanted) {
    const end = text.indexOf(LINE_FEED, at);
    if ((end === -1 ? text.length : end) > MAX_BLOCK_BYTES) return null;
    if (end === -1) return "cut";
    // A program that has changed the line ends of the file must not make our lines part of the mail.
    lines.push(new TextDecoder("latin1").decode(text.subarray(at, end)).replace(/\r$/, ""));
    at = end + 1;
    if (lines.length > 1) continue;
    const first = FIRST_LINE.exec(lines[0]!);
    if (first === null) return null;
    wanted += Number(first[1]);
  }
  const marks = marksOfLines(lines.slice(1));
  if (marks === null) return null;
  return { marks, blockBytes: at, mailBytes: Number(FIRST_LINE.exec(lines[0]!)![2]) };
}

/** Null when a line is there that the writer does not write. */
function marksOfLines(lines: readonly string[]): MailMarks | null {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = /^(Status|X-Status|X-Keywords|X-Mailsec-Folder): (.*)$/.exec(line) ??
      [];
    if (name === undefined || fields.has(name)) return null;
    fields.set(name, value!);
  }
  try {
    const folders = fields.get("X-Mailsec-Folder")?.split(" ").map(decodeURIComponent) ?? [];
    return { ...marksOfFields(fields), folders };
  } catch {
    return null;
  }
}

/** What the customary fields say: of ours, and of mail that other programs have stored. */
function marksOfFields(fields: ReadonlyMap<string, string>): Omit<MailMarks, "folders"> {
  const status = fields.get("Status") ?? "";
  const xStatus = fields.get("X-Status") ?? "";
  const keywords = (fields.get("X-Keywords") ?? "").split(/[\s,]+/);
  const mozilla = parseInt(fields.get("X-Mozilla-Status") ?? "0", 16) || 0;
  const flags = new Set<TransferFlag>();
  if (status.includes("R") || (mozilla & 0x0001) !== 0) flags.add("read");
  if (xStatus.includes("A") || (mozilla & 0x0002) !== 0) flags.add("answered");
  if (keywords.includes("$Forwarded") || (mozilla & 0x1000) !== 0) flags.add("forwarded");
  if (xStatus.includes("F") || (mozilla & 0x0004) !== 0) flags.add("flagged");
  return {
    flags,
    isDraft: xStatus.includes("T"),
    isTrashed: xStatus.includes("D") || (mozilla & 0x0008) !== 0,
  };
}

/**
 * The marks that other programs have left in the header of a mail in an mbox (mutt, Dovecot:
 * Status, X-Status, X-Keywords; Thunderbird: X-Mozilla-Status). The lines stay in the mail.
 */
export function foreignMarks(mail: Uint8Array): MailMarks {
  const fields = new Map<string, string>();
  for (const line of headText(mail).split(/\r?\n/)) {
    const [, name, value] =
      /^(Status|X-Status|X-Keywords|X-Mozilla-Status):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name !== undefined && !fields.has(name)) fields.set(name, value!);
  }
  return { ...marksOfFields(fields), folders: [] };
}

/** The header lines of a mail, as Latin-1, as far as they are looked at. */
function headText(mail: Uint8Array): string {
  const start = new TextDecoder("latin1").decode(mail.subarray(0, MAX_BLOCK_BYTES));
  const end = /\r?\n\r?\n/.exec(start)?.index;
  return start.slice(0, end);
}
