/** Blobs, in memory. */

import type { Bytes } from "../../crypto/bytes.ts";
import * as check from "../arguments.ts";
import type { BlobChange, BlobInfo, BlobOutcome, BlobStore } from "../blob_store.ts";
import type { Sync, Tables } from "./tables.ts";

/** The functions behind BlobStore; synchronous, so each is one step. */
export class MemoryBlobs implements Sync<BlobStore> {
  constructor(readonly tables: Tables) {}

  putBlob(tag: Bytes, change: BlobChange): BlobOutcome {
    check.checkBlob(tag, change);
    const blobs = this.tables.account(tag)?.blobs;
    const name = change.name.toHex();
    const present = blobs?.get(name);
    if (blobs === undefined || (present?.revision ?? 0) !== change.revision) {
      return { outcome: "conflict" };
    }
    const others = [...blobs.values()].filter((blob) => blob !== present);
    const total = others.reduce((sum, { sealed }) => sum + sealed.length, change.sealed.length);
    if (total > change.maxTotalBytes) return { outcome: "too_large" };
    const revision = change.revision + 1;
    blobs.set(name, { revision, sealed: change.sealed.slice() });
    return { outcome: "saved", revision };
  }

  blob(tag: Bytes, name: Bytes): { revision: number; sealed: Bytes } | null {
    check.checkBlob(tag, { name, revision: 0 });
    const blob = this.tables.account(tag)?.blobs.get(name.toHex());
    return blob === undefined ? null : { revision: blob.revision, sealed: blob.sealed.slice() };
  }

  blobs(tag: Bytes, { after, limit }: { after: Bytes | null; limit: number }): BlobInfo[] {
    check.checkTags([tag]);
    check.checkCount("the number of blobs to list", limit);
    return [...this.tables.account(tag)?.blobs ?? []]
      .filter(([name]) => after === null || name > after.toHex())
      .sort(([a], [b]) => a < b ? -1 : 1)
      .slice(0, limit)
      .map(([name, { revision, sealed }]) => (
        { name: Uint8Array.fromHex(name), revision, bytes: sealed.length }
      ));
  }

  removeBlob(tag: Bytes, name: Bytes, revision: number): boolean {
    check.checkBlob(tag, { name, revision });
    const blobs = this.tables.account(tag)?.blobs;
    if (blobs?.get(name.toHex())?.revision !== revision) return false;
    return blobs.delete(name.toHex());
  }
}
