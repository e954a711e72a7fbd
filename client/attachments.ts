/**
 * Attachments out of mails into files. A name that came with a mail is a stranger's word: a safe base
 * name is made of it, and no file that is there is ever written over.
 */

import { utf8 } from "../crypto/bytes.ts";
import { MailsecError } from "../crypto/errors.ts";
import type { Attachment } from "./mailbox_types.ts";

/** Greatest length of a name, in bytes of UTF-8; file systems take 255, and " (999)" must fit. */
const MAX_NAME_BYTES = 200;
/** Longest ending that stays when a name is cut. */
const MAX_ENDING = 20;
/** How many files of one name may be in a folder. */
const MAX_SAME_NAMES = 1000;
/** Names that are devices in Windows, whatever their ending. */
const DEVICES = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|$)/i;

/**
 * A base name that means a file in the folder it is put into and nothing else, on any system: no
 * folders, no control or invisible characters, none that turn the direction of writing, no leading
 * dot, no name of a device, at most 200 bytes.
 *
 * @param fallback When nothing is left.
 */
export function safeFileName(name: string, fallback = "attachment"): string {
  const base = name.toWellFormed().normalize("NFC").replace(/^.*[\\/]/s, "");
  const plain = base
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/gu, "")
    .replace(/[<>:"|?*]/g, "_")
    .replace(/\s+/g, " ")
    .replace(/^[\s.]+|[\s.]+$/g, "");
  const cut = withinLength(plain).replace(/[\s.]+$/g, "");
  if (cut === "") return fallback;
  return DEVICES.test(cut) ? `_${cut}` : cut;
}

function withinLength(name: string): string {
  if (utf8(name).length <= MAX_NAME_BYTES) return name;
  const { stem, ending } = parts(name);
  const characters = Array.from(stem);
  while (utf8(characters.join("") + ending).length > MAX_NAME_BYTES) characters.pop();
  return characters.join("") + ending;
}

function parts(name: string): { stem: string; ending: string } {
  const dot = name.lastIndexOf(".");
  const isEnding = dot > 0 && name.length - dot <= MAX_ENDING;
  return isEnding
    ? { stem: name.slice(0, dot), ending: name.slice(dot) }
    : { stem: name, ending: "" };
}

/**
 * Saves an attachment in a folder, which must be there, under its name or, where that is taken, with
 * " (2)", " (3)" behind it. The file is for the user alone (0600).
 *
 * @returns The path.
 * @throws {MailsecError} `cannot_save`
 */
export async function saveAttachment(
  { name, content }: Pick<Attachment, "name" | "content">,
  folder: string,
): Promise<string> {
  const { stem, ending } = parts(safeFileName(name));
  const base = folder.replace(/(?<=.)\/+$/, "");
  for (let number = 1; number <= MAX_SAME_NAMES; number++) {
    const path = `${base}/${stem}${number === 1 ? "" : ` (${number})`}${ending}`;
    try {
      await writeNew(path, content);
      return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw cannotSave(path, error);
    }
  }
  throw cannotSave(`${base}/${stem}${ending}`, new Error("too many files of this name"));
}

/** Never follows a link: the system refuses to create what is there in any form (O_EXCL). */
async function writeNew(path: string, content: Uint8Array): Promise<void> {
  const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  try {
    for (let at = 0; at < content.length;) at += await file.write(content.subarray(at));
  } catch (error) {
    await Deno.remove(path).catch(() => undefined);
    throw error;
  } finally {
    file.close();
  }
}

function cannotSave(path: string, cause: unknown): MailsecError {
  const reason = cause instanceof Deno.errors.NotFound
    ? "there is no such folder"
    : cause instanceof Error
    ? cause.message
    : String(cause);
  return new MailsecError("cannot_save", `Cannot save "${path}": ${reason}.`, {
    hint: "Name a folder that is there and that you may write to.",
    cause,
  });
}
