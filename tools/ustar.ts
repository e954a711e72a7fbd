import { concat, utf8 } from "../crypto/bytes.ts";
import type { Bytes } from "../crypto/bytes.ts";

/** A file for an archive. `path` has forward slashes and at most 100 bytes; `mode` is like 0o755. */
export interface ArchiveFile {
  path: string;
  mode: number;
  bytes: Bytes;
}

const BLOCK = 512;

/**
 * An archive in the ustar format (POSIX.1-1988), which every `tar` reads. Times and owners are
 * zero, so the same files always give the same bytes. Throws a RangeError for a path too long.
 */
export function ustar(files: ArchiveFile[]): Bytes {
  const parts: Bytes[] = [];
  for (const file of files) {
    parts.push(header(file), file.bytes, new Uint8Array(-file.bytes.length & (BLOCK - 1)));
  }
  return concat(...parts, new Uint8Array(2 * BLOCK));
}

/** name 100 ‖ mode 8 ‖ uid 8 ‖ gid 8 ‖ size 12 ‖ mtime 12 ‖ checksum 8 ‖ type 1 ‖ … ‖ "ustar\0" "00" */
function header({ path, mode, bytes }: ArchiveFile): Bytes {
  const name = utf8(path);
  if (name.length > 100) throw new RangeError(`"${path}" is too long a path for the archive`);
  const block = new Uint8Array(BLOCK);
  const put = (offset: number, text: string) => block.set(utf8(text), offset);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0") + "\0";
  block.set(name);
  put(100, octal(mode, 7));
  put(108, octal(0, 7));
  put(116, octal(0, 7));
  put(124, octal(bytes.length, 11));
  put(136, octal(0, 11));
  put(148, "        ");
  put(156, "0");
  put(257, "ustar\0" + "00");
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, octal(sum, 6) + " ");
  return block;
}
