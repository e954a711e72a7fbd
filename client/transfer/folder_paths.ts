/**
 * Folder names as folders on the disk, for .eml files: "Work/Plans" is the folder `Plans` in the
 * folder `Work`. What a file system could take for something else is written as %XX of its UTF-8,
 * so that every name comes back and none leaves the output.
 */

/** How the inbox is named in files, in lower case; any case is read. */
export const INBOX = "inbox";

/** Controls, what file systems of other machines refuse, and the escape itself. */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x1f\x7f%\\:*?"<>|]/g;

/** The folder on the disk, relative, without a slash at either end; "" only for the empty name. */
export function folderPath(name: string): string {
  const parts = name.split("/");
  const isPlain = parts.every((part) => part !== "");
  return isPlain ? parts.map(safePart).join("/") : safePart(name).replaceAll("/", "%2F");
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
