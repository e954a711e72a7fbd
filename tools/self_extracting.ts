import { gzipSync } from "node:zlib";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, concat, toHex, utf8 } from "../crypto/bytes.ts";
import type { BundledFile } from "./bundle.ts";
import { type ArchiveFile, ustar } from "./ustar.ts";

export interface SelfExtracting {
  version: string;
  target: string;
  /** The Deno executable that the program will run on. */
  runtime: Bytes;
  program: BundledFile[];
  /** Permission and feature flags that the program runs with. */
  flags: string[];
  /** The text of `unpack_head.sh`. */
  head: string;
}

/**
 * A self-extracting executable: the shell head, then a gzip-compressed ustar archive of `deno`,
 * the program and `SHA256SUMS`. Its identity is the SHA-256 of `SHA256SUMS`, which the head knows
 * and checks after unpacking; the same input gives the same bytes.
 */
export function selfExtracting(options: SelfExtracting): Bytes {
  const files: ArchiveFile[] = [
    { path: "deno", mode: 0o700, bytes: options.runtime },
    ...options.program.map(({ path, bytes }) => ({ path, mode: 0o600, bytes })),
  ];
  const sums = utf8(files.map(({ path, bytes }) => `${toHex(sha256(bytes))}  ${path}\n`).join(""));
  const id = toHex(sha256(sums));
  const archive = ustar([...files, { path: "SHA256SUMS", mode: 0o600, bytes: sums }]);
  const values: Record<string, string> = {
    VERSION: options.version,
    TARGET: options.target,
    ID: id,
    SHORT_ID: id.slice(0, 16),
    FLAGS: options.flags.map((flag) => `'${flag}'`).join(" "),
    HEAD_LINES: String(options.head.split("\n").length),
  };
  const head = options.head.replaceAll(/@([A-Z_]+)@/g, (found, name) => values[name] ?? found);
  return concat(utf8(head), new Uint8Array(gzipSync(archive, { level: 9 })));
}
