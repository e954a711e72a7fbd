/** What lists, queries and searches know of a mail without its entry: a line of the mail index. */

import { type Bytes, toHex } from "../../crypto/bytes.ts";
import type { AcceptedEntry, MailKind } from "../../crypto/entry_fields.ts";
import type { KnownMail } from "../entry_book.ts";
import { ownThreadId, threadOf } from "../threading.ts";

/** Flags that an entry may have, in the order of their bits. */
export const FLAGS = ["read", "answered", "forwarded", "flagged"] as const;
export type Flag = (typeof FLAGS)[number];

/** Bytes of a content's hash that tell it from all others in a mailbox. */
const CONTENT_HASH_BYTES = 8;

export interface MailRow {
  readonly index: number;
  /** Message id: 32 hexadecimal digits. */
  readonly id: string;
  /** Of the sealed entry; 0: it has none, and the mail is to be looked at again. */
  readonly revision: number;
  /** What lists sort by, ms since the epoch: arrival, or the date of an imported mail. */
  readonly when: number;
  /** By the sender's clock; of a rejected mail the arrival. */
  readonly date: number;
  /** As it is shown: a user's name, or what the header of an imported mail says. */
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly title: string;
  /** Bytes of the body and of the attachments. */
  readonly size: number;
  readonly flags: readonly string[];
  /** Id of the folder. */
  readonly folder: string;
  readonly also: readonly string[];
  /** Since when it is in the trash, ms since the epoch. */
  readonly trashedAt: number | null;
  /** How many there are. */
  readonly attachments: number;
  readonly kind: MailKind;
  /** Threading id of the first mail of the thread: 32 hexadecimal digits. */
  readonly thread: string;
  /** Its own threading id. */
  readonly own: string;
  /** The first 16 hexadecimal digits of the SHA-512 of its content; empty of a rejected mail. */
  readonly contentHash: string;
  readonly rejected: boolean;
  /** Rejected because its message id is that of another mail, which came before it. */
  readonly repeated: boolean;
}

/** The line of a mail whose entry is open. */
export function rowOf({ index, messageId, arrived, revision, entry }: KnownMail): MailRow {
  const id = toHex(messageId);
  if (entry === "damaged" || entry.rejected !== null) {
    const marks = entry === "damaged" ? NO_MARKS : entry;
    return {
      ...{ index, id, revision, when: arrived, date: arrived, title: "", size: 0 },
      ...{ from: entry === "damaged" ? "" : entry.from, to: [], cc: [], bcc: [] },
      ...{ flags: marks.flags, folder: marks.folder, also: marks.also },
      trashedAt: marks.trashed?.at ?? null,
      ...{ attachments: 0, kind: "mail", thread: id, own: id, contentHash: "", rejected: true },
      repeated: entry !== "damaged" && entry.rejected === "id_seen",
    };
  }
  const { kind, date, subject, size, flags, folder, also, trashed } = entry;
  return {
    ...{ index, id, revision, date, title: subject, size, flags, folder, also, kind },
    ...peopleOf(entry),
    when: kind === "import" ? date : arrived,
    trashedAt: trashed?.at ?? null,
    attachments: entry.attachments.length,
    thread: toHex(threadOf(entry, messageId)),
    own: toHex(ownThreadId(entry, messageId)),
    contentHash: contentHashOf(entry.contentSha512),
    rejected: false,
    repeated: false,
  };
}

const NO_MARKS = { flags: [], folder: "inbox", also: [], trashed: null } as const;

/** Whom a mail is from and to, as it is shown. */
export function peopleOf(
  { kind, origin, from, to, cc }: Pick<AcceptedEntry, "kind" | "origin" | "from" | "to" | "cc">,
): { from: string; to: readonly string[]; cc: readonly string[]; bcc: readonly string[] } {
  if (origin === null) return { from, to, cc, bcc: [] };
  if (kind === "mail") return { from, to, cc, bcc: origin.bcc };
  return { from: origin.from, to: origin.to, cc: origin.cc, bcc: origin.bcc };
}

/** What tells a content from others: see {@linkcode MailRow.contentHash}. */
export function contentHashOf(sha512: Bytes): string {
  // Not a piece of the text of all of it, which would stay in memory with the piece.
  return toHex(sha512.subarray(0, CONTENT_HASH_BYTES));
}
