/** Full-text search of a mailbox: an index on this device, shared with the user's others. */

import type { SegmentStore } from "../index/segment_store.ts";
import type {
  FindOptions,
  Found,
  IndexOptions,
  ReadMail,
  SearchedMails,
  SearchStatus,
  SearchTerm,
} from "./types.ts";

export interface SearchParts {
  readonly mails: SearchedMails;
  readonly read: ReadMail;
  /** Sealed files of this device. */
  readonly disk: SegmentStore;
  /** Sealed blobs on the server, for the user's other devices. */
  readonly server: SegmentStore;
}

export class MailSearch {
  constructor(_parts: SearchParts) {}

  /** The mails that have all of the terms. */
  find(_terms: readonly SearchTerm[], _options: FindOptions = {}): Promise<Found> {
    throw new Error("not built yet");
  }

  /** Brings the index up to date, as far as the options let it. */
  index(_options: IndexOptions = {}): Promise<SearchStatus> {
    throw new Error("not built yet");
  }

  status(): Promise<SearchStatus> {
    throw new Error("not built yet");
  }

  /** Throws the index away, here and on the server, and makes it anew. */
  rebuild(_options: IndexOptions = {}): Promise<SearchStatus> {
    throw new Error("not built yet");
  }
}
