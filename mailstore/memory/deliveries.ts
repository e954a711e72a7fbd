/** Deliveries, whole and in pieces, in memory. */

import { type Bytes, equalBytes } from "../../crypto/bytes.ts";
import * as check from "../arguments.ts";
import {
  type Commit,
  type CommitOutcome,
  type Delivery,
  type DeliveryOutcome,
  type DeliveryStore,
  type Piece,
  STAGE_LIFETIME_MS,
  type StageLimits,
  type StageOutcome,
  type Upload,
} from "../store.ts";
import type { MemoryMessage, MemoryUpload, Sync, Tables } from "./tables.ts";

/** The functions behind DeliveryStore; synchronous, so each is one step. */
export class MemoryDeliveries implements Sync<DeliveryStore> {
  constructor(readonly tables: Tables, readonly limits: StageLimits) {}

  deliver(delivery: Delivery): DeliveryOutcome {
    check.checkEnvelope(delivery);
    const present = this.tables.messages.get(delivery.messageId.toHex());
    if (present !== undefined) {
      if (!equalBytes(present.digest, delivery.digest)) return { outcome: "id_reused" };
      return this.tables.duplicateOf(present);
    }
    const refused = this.#refused(delivery.mailboxes);
    if (refused.length > 0) return { outcome: "refused", tags: refused };
    return this.#add(copyMessage(delivery, null), delivery);
  }

  dropExpiredUploads(now: number): void {
    this.tables.removeUploads(({ upload }) => upload.now <= now - STAGE_LIFETIME_MS);
  }

  stage(upload: Upload): StageOutcome {
    check.checkUpload(upload);
    this.dropExpiredUploads(upload.now);
    const present = this.tables.messages.get(upload.messageId.toHex());
    if (present !== undefined) {
      return { outcome: equalBytes(present.digest, upload.digest) ? "done" : "id_reused" };
    }
    const begun = this.#find(upload);
    if (begun !== undefined) {
      const same = equalBytes(begun.upload.digest, upload.digest) &&
        begun.content.length === upload.contentLength;
      return same ? { outcome: "staged", received: begun.received } : { outcome: "id_reused" };
    }
    if (upload.contentLength > this.limits.bytesPerOwner) return { outcome: "too_large" };
    const refused = this.#refused(upload.mailboxes);
    if (refused.length > 0) return { outcome: "refused", tags: refused };
    this.#makeRoom(upload);
    const content = new Uint8Array(upload.contentLength);
    this.tables.uploads.push({ upload: structuredClone(upload), content, received: 0 });
    return { outcome: "staged", received: 0 };
  }

  appendContent(piece: Piece): number | null {
    check.checkPiece(piece);
    const begun = this.#find(piece);
    if (begun === undefined) return null;
    const fits = piece.offset + piece.data.length <= begun.content.length;
    if (piece.offset === begun.received && fits) {
      begun.content.set(piece.data, begun.received);
      begun.received += piece.data.length;
    }
    return begun.received;
  }

  commitStaged(commit: Commit): CommitOutcome {
    check.checkTags([commit.owner]);
    check.checkMessageIds([commit.messageId]);
    const present = this.tables.messages.get(commit.messageId.toHex());
    const begun = this.#find(commit);
    if (begun === undefined) {
      const own = present?.uploadedBy === commit.owner.toHex();
      return own ? this.tables.duplicateOf(present) : { outcome: "not_staged" };
    }
    const { upload, content, received } = begun;
    if (received < content.length) return { outcome: "incomplete", received };
    const refused = present === undefined ? this.#refused(upload.mailboxes) : [];
    if (refused.length > 0) return { outcome: "refused", tags: refused };
    this.tables.removeUploads((other) => other === begun);
    if (present !== undefined) return this.deliver({ ...upload, content });
    const message = copyMessage({ ...upload, content, meta: commit.meta }, upload.owner);
    const own = commit.own ? { tag: commit.owner, sealed: commit.own } : null;
    return this.#add(message, { mailboxes: upload.mailboxes, own });
  }

  #find({ owner, messageId }: { owner: Bytes; messageId: Bytes }): MemoryUpload | undefined {
    return this.tables.uploads.find(({ upload }) =>
      equalBytes(upload.owner, owner) && equalBytes(upload.messageId, messageId)
    );
  }

  #refused(tags: readonly Bytes[]): Bytes[] {
    return check.distinct(tags).filter((tag) => this.tables.account(tag)?.status !== "active");
  }

  #makeRoom({ owner, contentLength }: Upload): void {
    const own = this.tables.uploads.filter(({ upload }) => equalBytes(upload.owner, owner))
      .sort((a, b) => a.upload.now - b.upload.now);
    let bytes = own.reduce((sum, { content }) => sum + content.length, contentLength);
    while (own.length >= this.limits.uploadsPerOwner || bytes > this.limits.bytesPerOwner) {
      const oldest = own.shift();
      if (oldest === undefined) return;
      bytes -= oldest.content.length;
      this.tables.removeUploads((upload) => upload === oldest);
    }
  }

  #add(
    message: MemoryMessage,
    { mailboxes, own = null }: Pick<Delivery, "mailboxes" | "own">,
  ): DeliveryOutcome {
    const messageId = message.messageId.toHex();
    this.tables.messages.set(messageId, message);
    const entries = check.distinct(mailboxes).map((tag) => {
      const account = this.tables.account(tag)!;
      const index = ++account.lastIndex;
      const sealed = own !== null && equalBytes(own.tag, tag) ? own.sealed.slice() : null;
      const revision = sealed === null ? 0 : 1;
      account.entries.set(index, { messageId, revision, sealed, modseq: ++account.modseq });
      return { tag: tag.slice(), index };
    });
    return { outcome: "stored", meta: message.meta.slice(), entries };
  }
}

function copyMessage(delivery: Delivery, uploadedBy: Bytes | null): MemoryMessage {
  return {
    messageId: delivery.messageId.slice(),
    digest: delivery.digest.slice(),
    uploadedBy: uploadedBy?.toHex() ?? null,
    meta: delivery.meta.slice(),
    header: delivery.header.slice(),
    summary: delivery.summary.slice(),
    content: delivery.content.slice(),
  };
}
