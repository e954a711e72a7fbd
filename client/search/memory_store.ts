/** Parts of the index in memory: for an account that keeps nothing on disk. */

import type { Bytes } from "../../crypto/bytes.ts";
import type { SegmentStore } from "../index/segment_store.ts";

export class MemoryStore implements SegmentStore {
  readonly parts = new Map<string, Bytes>();

  read(name: string): Promise<Bytes | null> {
    return Promise.resolve(this.parts.get(name)?.slice() ?? null);
  }

  write(name: string, bytes: Bytes): Promise<void> {
    this.parts.set(name, bytes.slice());
    return Promise.resolve();
  }

  remove(name: string): Promise<void> {
    this.parts.delete(name);
    return Promise.resolve();
  }
}
