/**
 * Reads a Maildir: the files in `cur` and `new` of the Maildir itself and of its subfolders, in the
 * order of their names. What is in `tmp` was never delivered. Links are not followed.
 */

import { describeFileProblem } from "../../../cli/secret_file.ts";
import { entriesOf, notRegular, readWhole, wholeFile } from "../files.ts";
import type { MailRead, TransferProblem } from "../types.ts";
import { marksOfLetters, parseMaildirFileName } from "./file_names.ts";
import { folderOfMaildir } from "./folder_names.ts";

/** What a Maildir has beside mail and subfolders. */
const SUBFOLDERS = ["new", "cur"] as const;

/** Whether a folder is a Maildir. */
export async function isMaildir(path: string): Promise<boolean> {
  const found = await Promise.all(["cur", "new"].map((name) => isFolder(`${path}/${name}`)));
  return found.every((is) => is);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isDirectory;
  } catch {
    return false;
  }
}

/** The mails of a Maildir and of its subfolders, and what cannot be read. */
export async function* readMaildir(
  path: string,
  options: { maxMailBytes: number },
): AsyncGenerator<MailRead | TransferProblem, void, void> {
  yield* readFolder(path, folderOfMaildir("")!, options);
  for (const { name, isDirectory, isSymlink } of await entriesOf(path, { hidden: true })) {
    const folder = folderOfMaildir(name);
    if (folder === null || (!isDirectory && !isSymlink)) continue;
    const place = wholeFile(`${path}/${name}`);
    if (isSymlink) yield { kind: "problem", place, reason: notRegular({ isSymlink }) };
    else if (await isMaildir(place.file)) yield* readFolder(place.file, folder, options);
  }
}

async function* readFolder(
  path: string,
  folder: string,
  { maxMailBytes }: { maxMailBytes: number },
): AsyncGenerator<MailRead | TransferProblem, void, void> {
  for (const subfolder of SUBFOLDERS) {
    let entries: Deno.DirEntry[];
    try {
      entries = await entriesOf(`${path}/${subfolder}`);
    } catch (error) {
      const place = wholeFile(`${path}/${subfolder}`);
      yield { kind: "problem", place, reason: describeFileProblem(error) };
      continue;
    }
    for (const { name } of entries) {
      yield await readMail(`${path}/${subfolder}/${name}`, { name, folder, maxMailBytes });
    }
  }
}

async function readMail(
  path: string,
  { name, folder, maxMailBytes }: { name: string; folder: string; maxMailBytes: number },
): Promise<MailRead | TransferProblem> {
  const found = await readWhole(path, maxMailBytes);
  if (found.kind === "problem") return found;
  const { key, date, letters } = parseMaildirFileName(name);
  return {
    kind: "mail",
    bytes: found.bytes,
    folders: [folder],
    ...marksOfLetters(letters),
    statedDate: key === null ? null : date,
    fallbackDate: date ?? found.modified,
    place: wholeFile(path),
  };
}
