/** Blobs: what a user's devices keep on the server for each other, sealed. Rules: docs/protocol.md, 7.2. */
import { MAX_LISTED_BLOBS } from "../limits.ts";
import { boolean, empty, list, nullable, struct } from "../schema.ts";
import { blobName, byteCount, revision, sealedBlob } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * Saves a blob by compare-and-set: `revision` is the one that the client has seen (0: there is
 * none), the reply's is the new one. Another one there: `conflict`. More than MAX_BLOBS_BYTES of
 * blobs: `too_large`.
 */
export const putBlob = {
  type: "put_blob",
  request: struct({ name: blobName, revision, sealed: sealedBlob }),
  reply: struct({ revision }),
} satisfies Message<"put_blob", unknown, unknown>;

/** A blob and its revision; null and 0 when there is none. */
export const getBlob = {
  type: "get_blob",
  request: struct({ name: blobName }),
  reply: struct({ revision, sealed: nullable(sealedBlob) }),
} satisfies Message<"get_blob", unknown, unknown>;

/** Names, revisions and lengths of the blobs behind `after` (null: all), in order of their names. */
export const listBlobs = {
  type: "list_blobs",
  request: struct({ after: nullable(blobName) }),
  reply: struct({
    blobs: list(struct({ name: blobName, revision, bytes: byteCount }), { max: MAX_LISTED_BLOBS }),
    more: boolean,
  }),
} satisfies Message<"list_blobs", unknown, unknown>;

/** Removes a blob, if it is at this revision; else `conflict`. */
export const removeBlob = {
  type: "remove_blob",
  request: struct({ name: blobName, revision }),
  reply: empty,
} satisfies Message<"remove_blob", unknown, unknown>;

export type PutBlobRequest = RequestOf<typeof putBlob>;
export type PutBlobReply = ReplyOf<typeof putBlob>;
export type GetBlobReply = ReplyOf<typeof getBlob>;
export type ListBlobsReply = ReplyOf<typeof listBlobs>;
