/** Blobs: what a user's devices keep for each other, under names that say nothing. */

import type { Bytes } from "../crypto/bytes.ts";

/** A blob without its bytes. */
export interface BlobInfo {
  /** 16 bytes. */
  readonly name: Bytes;
  readonly revision: number;
  /** Length of the blob. */
  readonly bytes: number;
}

/** A blob to be saved in place of the one at `revision` (0: there is none yet). */
export interface BlobChange {
  /** 16 bytes. */
  readonly name: Bytes;
  readonly revision: number;
  readonly sealed: Bytes;
  /** How many bytes all blobs of the account may have together. */
  readonly maxTotalBytes: number;
}

export type BlobOutcome =
  | { readonly outcome: "saved"; readonly revision: number }
  | { readonly outcome: "conflict" | "too_large" };

/** What a user's devices keep for each other; it leaves with the account. */
export interface BlobStore {
  putBlob(tag: Bytes, change: BlobChange): Promise<BlobOutcome>;
  /** Null if there is none of that name. */
  blob(tag: Bytes, name: Bytes): Promise<{ revision: number; sealed: Bytes } | null>;
  /** In the order of their names, those behind `after` (null: all). */
  blobs(tag: Bytes, page: { after: Bytes | null; limit: number }): Promise<BlobInfo[]>;
  /** False if there is none of that name and revision. */
  removeBlob(tag: Bytes, name: Bytes, revision: number): Promise<boolean>;
}
