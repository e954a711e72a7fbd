/** Files that are read: in pieces, whole with a limit, and what stands in the way. */

import { describeFileProblem } from "../../cli/secret_file.ts";
import type { Bytes } from "../../crypto/bytes.ts";
import { tooLarge } from "./problems.ts";
import type { Place, TransferProblem } from "./types.ts";

const CHUNK_BYTES = 256 * 1024;

/** A place that is a whole file. */
export function wholeFile(file: string): Place {
  return { file, mail: null, offset: null };
}

/** The bytes of a file, in pieces that are the caller's. Throws what the system throws. */
export async function* fileChunks(path: string): AsyncGenerator<Uint8Array, void, void> {
  const file = await Deno.open(path);
  try {
    for (;;) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const length = await file.read(chunk);
      if (length === null) return;
      yield chunk.subarray(0, length);
    }
  } finally {
    file.close();
  }
}

/** A file that was read, or why it was not. */
export type WholeFile =
  | { readonly kind: "file"; readonly bytes: Bytes; readonly modified: number }
  | TransferProblem;

/**
 * A whole file of a folder. What is no regular file is not even opened: a FIFO would make us wait
 * for ever, and a symbolic link leads elsewhere.
 */
export async function readWhole(path: string, maxBytes: number): Promise<WholeFile> {
  const place = wholeFile(path);
  try {
    const info = await Deno.lstat(path);
    if (!info.isFile) return { kind: "problem", place, reason: notRegular(info) };
    if (info.size > maxBytes) return tooLarge(place, info.size);
    const bytes = await readLimited(path, maxBytes);
    if (bytes === null) return tooLarge(place, maxBytes + 1);
    return { kind: "file", bytes, modified: info.mtime?.getTime() ?? 0 };
  } catch (error) {
    return { kind: "problem", place, reason: describeFileProblem(error) };
  }
}

/** Why something in a folder is not read. */
export function notRegular({ isSymlink }: { isSymlink: boolean }): string {
  return isSymlink ? "it is a symbolic link, which is not followed" : "it is not a regular file";
}

/** Null when the file has grown beyond the limit meanwhile. */
async function readLimited(path: string, maxBytes: number): Promise<Bytes | null> {
  const file = await Deno.open(path);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) return null;
    // One byte more than there is shows that there is no more.
    let bytes = new Uint8Array(size + 1);
    let length = 0;
    for (;;) {
      const got = await file.read(bytes.subarray(length));
      if (got === null) return bytes.slice(0, length);
      length += got;
      if (length > maxBytes) return null;
      if (length === bytes.length) {
        const larger = new Uint8Array(Math.min(2 * length, maxBytes + 1));
        larger.set(bytes);
        bytes = larger;
      }
    }
  } finally {
    file.close();
  }
}

/** The first bytes of a file. */
export async function beginning(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await Deno.open(path);
  try {
    const bytes = new Uint8Array(maxBytes);
    let length = 0;
    while (length < maxBytes) {
      const got = await file.read(bytes.subarray(length));
      if (got === null) break;
      length += got;
    }
    return bytes.subarray(0, length);
  } finally {
    file.close();
  }
}

/** What is in a folder, by name, without what is hidden unless that is asked for. */
export async function entriesOf(
  path: string,
  options: { hidden?: boolean } = {},
): Promise<Deno.DirEntry[]> {
  const entries: Deno.DirEntry[] = [];
  for await (const entry of Deno.readDir(path)) {
    if (options.hidden === true || !entry.name.startsWith(".")) entries.push(entry);
  }
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}
