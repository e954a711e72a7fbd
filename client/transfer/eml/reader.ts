/** Reads one .eml file. */

import { readWhole, wholeFile } from "../files.ts";
import { marksOfLetters } from "../maildir/file_names.ts";
import type { MailRead, TransferProblem } from "../types.ts";
import { parseEmlFileName } from "./file_names.ts";

/** The first line of a mail is a header field (RFC 5322 section 2.2), or a separator before it. */
const BEGINS_AS_MAIL = /^[\x21-\x39\x3B-\x7E]{1,200}[ \t]*:/;

/** Whether bytes begin as a mail begins. */
export function looksLikeMail(bytes: Uint8Array): boolean {
  return BEGINS_AS_MAIL.test(new TextDecoder("latin1").decode(bytes.subarray(0, 256)));
}

/**
 * The mail in a file.
 *
 * @param folder Name of the folder it goes to; null when nothing says that.
 */
export async function readEml(
  path: string,
  { folder, maxMailBytes }: { folder: string | null; maxMailBytes: number },
): Promise<MailRead | TransferProblem> {
  const found = await readWhole(path, maxMailBytes);
  if (found.kind === "problem") return found;
  const place = wholeFile(path);
  const ours = parseEmlFileName(path.replace(/^.*\//s, ""));
  if (ours === null && !looksLikeMail(found.bytes)) {
    return { kind: "problem", place, reason: "it is no mail: it does not begin with a header" };
  }
  return {
    kind: "mail",
    bytes: found.bytes,
    folders: folder === null ? [] : [folder],
    ...marksOfLetters(ours?.letters ?? ""),
    statedDate: ours === null ? null : ours.key.seconds * 1000,
    fallbackDate: found.modified,
    place,
  };
}
