/**
 * Folder names as folders on the disk, for .eml files: "Work/Plans" is the folder `Plans` in the
 * folder `Work`. What a file system could take for something else is written as %XX of its UTF-8,
 * so that every name comes back and none leaves the output; only a part that is too long for a file
 * system is cut.
 */

import { toHex, utf8 } from "../../crypto/bytes.ts";
import { sha256 } from "../../crypto/kdf.ts";

/** How the inbox is named in files, in lower case; any case is read. */
export const INBOX = "inbox";

/** File systems take 255 bytes; some room for a dot before them. */
const MAX_PART_BYTES = 240;
const HASH_DIGITS = 16;

/** Controls, what file systems of other machines refuse, and the escape itself. */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x1f\x7f%\\:*?"<>|]/g;

/** The folder on the disk, relative, without a slash at either end; "" only for the empty name. */
export function folderPath(name: string): string {
  const parts = name.split("/");
  const isPlain = parts.every((part) => part !== "");
  return isPlain ? parts.map(diskPart).join("/") : diskPart(name);
}

function diskPart(part: string): string {
  return shortPart(safePart(part).replaceAll("/", "%2F"), part);
}

/**
 * A name that file systems take, which is mostly `text` itself. One that is too long is cut, with
 * "~" and something of the hash of `name` at its end, so that it is another name's for nobody.
 */
export function shortPart(text: string, name: string): string {
  const bytes = utf8(text);
  if (bytes.length <= MAX_PART_BYTES) return text;
  const digits = toHex(sha256(utf8(name))).slice(0, HASH_DIGITS);
  const start = bytes.subarray(0, MAX_PART_BYTES - HASH_DIGITS - 1);
  // The beginning of a character at its end is left out.
  return `${new TextDecoder().decode(start, { stream: true })}~${digits}`;
}

/** A part of a path that is neither ".", "..", hidden, nor one that Windows would cut. */
function safePart(part: string): string {
  return part.replace(UNSAFE, percent).replace(/^\.|[. ]$/g, percent);
}

/** The name of a folder of the disk. */
export function folderOfPath(path: string): string {
  return path.split("/").map(plainPart).join("/");
}

function plainPart(part: string): string {
  try {
    return part.replace(/(%[0-9A-Fa-f]{2})+/g, decodeURIComponent);
  } catch {
    // Not ours: the percent signs stand for themselves.
    return part;
  }
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}
