/**
 * What is read when a path is named for import: a Maildir, an mbox, an .eml file, or a folder with
 * such in it, to any depth. Below a folder that is named nothing outside of it is read, since no
 * link is followed. The names of folders and mbox files below it become names of folders.
 */

import { describeFileProblem } from "../../cli/secret_file.ts";
import { looksLikeMail, readEml } from "./eml/reader.ts";
import { beginning, entriesOf, fileChunks, notRegular, wholeFile } from "./files.ts";
import { folderOfPath, INBOX } from "./folder_paths.ts";
import { isMaildir, readMaildir } from "./maildir/reader.ts";
import { readMbox } from "./mbox/reader.ts";
import { separatorDate } from "./mbox/separator.ts";
import type { MailRead, TransferProblem } from "./types.ts";

type Found = AsyncGenerator<MailRead | TransferProblem, void, void>;

/** Enough to see a separator or a header line, in bytes. */
const SNIFF_BYTES = 2048;
/** Deeper folders are somebody's mistake. */
const MAX_DEPTH = 32;

export interface SourceOptions {
  /** Greatest mail, in bytes. */
  readonly maxMailBytes: number;
}

/** Where a folder stands below the path that was named; null: it is that path. */
interface Below {
  readonly folder: string | null;
  readonly depth: number;
}

/** The mails of a path that the user has named, which may itself be a link. */
export async function* readPath(path: string, options: SourceOptions): Found {
  try {
    const { isFile, isDirectory } = await Deno.stat(path);
    if (isDirectory) {
      yield* readFolder(await Deno.realPath(path), { folder: null, depth: 0 }, options);
    } else if (isFile) yield* readFile(await Deno.realPath(path), null, options);
    else yield problem(path, notRegular({ isSymlink: false }));
  } catch (error) {
    yield problem(path, describeFileProblem(error));
  }
}

async function* readFolder(path: string, below: Below, options: SourceOptions): Found {
  if (await isMaildir(path)) {
    for await (const found of readMaildir(path, options)) yield inside(found, below.folder);
    return;
  }
  if (below.depth === MAX_DEPTH) return yield problem(path, "the folders are too deep");
  let entries: Deno.DirEntry[];
  try {
    entries = await entriesOf(path);
  } catch (error) {
    return yield problem(path, describeFileProblem(error));
  }
  for (const entry of entries) {
    const inner = `${path}/${entry.name}`;
    if (entry.isDirectory) {
      const folder = joinNames(below.folder, folderOfPath(entry.name));
      yield* readFolder(inner, { folder, depth: below.depth + 1 }, options);
    } else if (entry.isFile) yield* readFileOfFolder(inner, entry.name, below.folder, options);
    else yield problem(inner, notRegular(entry));
  }
}

/** A file that the user has not named: only what is surely mail is read. */
async function* readFileOfFolder(
  path: string,
  name: string,
  folder: string | null,
  options: SourceOptions,
): Found {
  if (/\.eml$/i.test(name)) return yield await readEml(path, { folder, ...options });
  try {
    if (!beginsAsMbox(await beginning(path, SNIFF_BYTES))) {
      return yield problem(path, "it is neither an mbox nor an .eml file");
    }
    const own = joinNames(folder, folderOfPath(name.replace(/\.mbox$/i, "")));
    yield* readMboxFile(path, own, options);
  } catch (error) {
    yield problem(path, describeFileProblem(error));
  }
}

async function* readFile(path: string, folder: string | null, options: SourceOptions): Found {
  const start = await beginning(path, SNIFF_BYTES);
  const isEml = /\.eml$/i.test(path) || (!beginsAsMbox(start) && looksLikeMail(start));
  if (isEml) yield await readEml(path, { folder, ...options });
  else yield* readMboxFile(path, folder, options);
}

async function* readMboxFile(path: string, folder: string | null, options: SourceOptions): Found {
  for await (const found of readMbox(fileChunks(path), { file: path, ...options })) {
    // What the file says of a mail counts more than the name of the file.
    const isNamed = found.kind === "problem" || found.folders.length > 0 || folder === null;
    yield isNamed ? found : { ...found, folders: [folder] };
  }
}

function beginsAsMbox(start: Uint8Array): boolean {
  const text = start.findIndex((byte) => byte !== 0x0a && byte !== 0x0d);
  const end = start.indexOf(0x0a, Math.max(text, 0));
  return text !== -1 && end !== -1 && separatorDate(start.subarray(text, end)) !== null;
}

/** A mail of a Maildir that is itself below the folder that was named. */
function inside(
  found: MailRead | TransferProblem,
  folder: string | null,
): MailRead | TransferProblem {
  if (found.kind === "problem" || folder === null) return found;
  return { ...found, folders: found.folders.map((name) => innerName(folder, name)) };
}

/** The inbox of an inner Maildir has the name of that Maildir. */
function innerName(folder: string, name: string): string {
  return name === INBOX ? folder : joinNames(folder, name);
}

function joinNames(outer: string | null, inner: string): string {
  return outer === null ? inner : `${outer}/${inner}`;
}

function problem(path: string, reason: string): TransferProblem {
  return { kind: "problem", place: wholeFile(path), reason };
}

/** How much there is to read, as far as it can be told without reading it. */
export interface Amount {
  /** When nothing but files is named. */
  readonly totalBytes: number | null;
  /** When nothing but folders is named: the files in them. */
  readonly totalMails: number | null;
}

export async function amountOf(paths: readonly string[]): Promise<Amount> {
  let [files, folders, totalBytes, totalMails] = [0, 0, 0, 0];
  for (const path of paths) {
    try {
      const { isDirectory, size } = await Deno.stat(path);
      if (isDirectory) {
        folders++;
        totalMails += await countFiles(await Deno.realPath(path), 0);
      } else {
        files++;
        totalBytes += size;
      }
    } catch {
      // What is wrong with it is told when it is read.
    }
  }
  return {
    totalBytes: folders === 0 ? totalBytes : null,
    totalMails: files === 0 ? totalMails : null,
  };
}

async function countFiles(path: string, depth: number): Promise<number> {
  let count = 0;
  for await (const { name, isFile, isDirectory } of Deno.readDir(path)) {
    if (isFile) count++;
    else if (isDirectory && depth < MAX_DEPTH) {
      count += await countFiles(`${path}/${name}`, depth + 1);
    }
  }
  return count;
}
