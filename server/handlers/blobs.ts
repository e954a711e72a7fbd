import { ServerError } from "../../protocol/error_codes.ts";
import { MAX_BLOBS_BYTES, MAX_LISTED_BLOBS } from "../../protocol/limits.ts";
import type { getBlob, listBlobs, putBlob, removeBlob } from "../../protocol/messages/blobs.ts";
import type { Handler } from "./handler.ts";

/** Saves a blob of the user. */
export const handlePutBlob: Handler<typeof putBlob> = async ({ tag, office }, blob) => {
  const saved = await office.store.putBlob(tag, { ...blob, maxTotalBytes: MAX_BLOBS_BYTES });
  if (saved.outcome !== "saved") throw new ServerError(saved.outcome);
  return { revision: saved.revision };
};

export const handleGetBlob: Handler<typeof getBlob> = async ({ tag, office }, { name }) =>
  await office.store.blob(tag, name) ?? { revision: 0, sealed: null };

export const handleListBlobs: Handler<typeof listBlobs> = async ({ tag, office }, { after }) => {
  const found = await office.store.blobs(tag, { after, limit: MAX_LISTED_BLOBS + 1 });
  return { blobs: found.slice(0, MAX_LISTED_BLOBS), more: found.length > MAX_LISTED_BLOBS };
};

export const handleRemoveBlob: Handler<typeof removeBlob> = async ({ tag, office }, blob) => {
  if (!await office.store.removeBlob(tag, blob.name, blob.revision)) {
    throw new ServerError("conflict");
  }
  return {};
};
