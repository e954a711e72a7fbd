/** What is searched for, what is found, and what the search needs of the mailbox. */

import type { Bytes } from "../../crypto/bytes.ts";
import type { MailRow } from "../index/mail_row.ts";
import type { Mail } from "../mailbox_types.ts";

/** Where a word is looked for; `any`: in all of them. */
export type SearchColumn = "any" | "title" | "people" | "attachments" | "body";

/** A word or phrase that mails must have. */
export interface SearchTerm {
  /** As it was typed. Case, accents and punctuation do not count. */
  readonly text: string;
  /** The words stand next to each other, in this order; so do those of a single word ("foo-bar"). */
  readonly phrase?: boolean;
  /** The last word may go on: "bud" finds "budget". */
  readonly prefix?: boolean;
  /** `any` unless told. */
  readonly column?: SearchColumn;
}

export interface FindOptions {
  /** Ends when so many are found, the newest by their index. All unless told. */
  readonly limit?: number;
  /** Leaves out mails before they count. */
  readonly accepts?: (index: number) => boolean;
  /** Ranks them by relevance, which takes longer; else every rank is 0. */
  readonly ranked?: boolean;
}

/** How much of the mailbox the index has. */
export interface Coverage {
  /** Mails whose text is searched; those that nobody can open are among them. */
  readonly covered: number;
  /** Mails in the mailbox, without those that failed a check. */
  readonly total: number;
}

export interface Found {
  /** By mailbox index, the newest index first; the greater the rank, the better it fits. */
  readonly ranks: ReadonlyMap<number, number>;
  /** Whether the text of all mails was searched; of the others title and people were. */
  readonly complete: boolean;
  readonly coverage: Coverage;
}

export interface IndexOptions {
  readonly onProgress?: (coverage: Coverage) => void;
  /** Ends the work between two mails; what was done is kept. */
  readonly signal?: AbortSignal;
  /** Ends the work after so many ms. */
  readonly budgetMs?: number;
}

export interface SearchStatus extends Coverage {
  /** Mails that are covered though their content could not be opened. */
  readonly unreadable: number;
}

/** The mails of the mailbox, as the search needs them: client/index/mail_index.ts. */
export interface SearchedMails {
  /** Brings them up to date. Without it, mails that are there would look as if they were gone. */
  catchUp(): Promise<void>;
  /**
   * Which mails there are: from an index on, which is one more than a multiple of 8, a bit for each,
   * the lowest index and bit first.
   */
  there(): Iterable<readonly [first: number, mails: Bytes]>;
  /** Reads the lines of these mails. */
  load(indexes: readonly number[]): Promise<void>;
  /** The line of a mail that was loaded. */
  row(index: number): MailRow | undefined;
}

/** Opens a mail and verifies it; throws when it cannot be. Marks nothing. */
export type ReadMail = (index: number) => Promise<Mail>;
