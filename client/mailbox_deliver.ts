/** The upload of a sealed mail, whole or in chunks. Doing it twice is harmless. */

import type { Bytes } from "../crypto/bytes.ts";
import { ServerError } from "../protocol/error_codes.ts";
import { CONTENT_CHUNK_BYTES, INLINE_CONTENT_BYTES } from "../protocol/limits.ts";
import { send } from "../protocol/messages/send.ts";
import { sendBegin } from "../protocol/messages/send_begin.ts";
import { sendChunk } from "../protocol/messages/send_chunk.ts";
import { sendCommit } from "../protocol/messages/send_commit.ts";
import type { Requester } from "./account.ts";
import { inOrder } from "./in_order.ts";
import type { OnProgress, SealedOutgoing } from "./mailbox_types.ts";

/** Chunks under way at once. */
const CHUNKS_AT_ONCE = 8;
/** How often an upload is taken up again where the server says that it stands. */
const MAX_RESUMES = 3;

/** What of a sealed mail is uploaded. */
type Sealed = Pick<SealedOutgoing, "messageId" | "header" | "summary" | "content">;

/**
 * Uploads a mail and resolves when the server has it durably.
 *
 * @throws {ServerError} when the server refuses it.
 * @throws {ConnectionLostError} when the connection is lost: ask again on another one.
 */
export async function upload(
  session: Requester,
  mail: Sealed,
  { ownEntry, onProgress = () => {} }: {
    /** The sealed entry of the sender's own copy, which comes with the mail. */
    ownEntry: Bytes | null;
    onProgress?: OnProgress | undefined;
  },
): Promise<void> {
  const { messageId, header, summary, content } = mail;
  const totalBytes = content.length;
  onProgress({ doneBytes: 0, totalBytes });
  if (totalBytes <= INLINE_CONTENT_BYTES) {
    await session.request(send, { messageId, header, summary, content, ownEntry });
  } else {
    await uploadInChunks(session, mail, onProgress);
    await session.request(sendCommit, { messageId, ownEntry });
  }
  onProgress({ doneBytes: totalBytes, totalBytes });
}

async function uploadInChunks(
  session: Requester,
  mail: Sealed,
  onProgress: OnProgress,
): Promise<void> {
  const { messageId, header, summary, content } = mail;
  for (let resumes = 0;; resumes++) {
    const begin = { messageId, header, summary, contentLength: content.length };
    const { received, done } = await session.request(sendBegin, begin);
    if (done) return;
    try {
      return await sendFrom(session, mail, { received, onProgress });
    } catch (error) {
      // Another upload of the same mail has moved on: take it up where it stands.
      const overtaken = error instanceof ServerError && error.code === "conflict";
      if (!overtaken || resumes === MAX_RESUMES) throw error;
    }
  }
}

async function sendFrom(
  session: Requester,
  { messageId, content }: Sealed,
  { received, onProgress }: { received: number; onProgress: OnProgress },
): Promise<void> {
  const offsets: number[] = [];
  for (let at = received; at < content.length; at += CONTENT_CHUNK_BYTES) offsets.push(at);
  const sendAt = (offset: number) => {
    const data = content.subarray(offset, offset + CONTENT_CHUNK_BYTES);
    return session.request(sendChunk, { messageId, offset, data });
  };
  for await (const reply of inOrder(offsets, sendAt, CHUNKS_AT_ONCE)) {
    onProgress({ doneBytes: reply.received, totalBytes: content.length });
  }
}
