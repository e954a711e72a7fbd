/** Where sealed parts of the mail index and of the search index are kept. */

import type { Bytes } from "../../crypto/bytes.ts";

export interface SegmentStore {
  /** What was written last under that name; null when there is nothing that can be opened. */
  read(name: string): Promise<Bytes | null>;
  write(name: string, bytes: Bytes): Promise<void>;
  remove(name: string): Promise<void>;
}
