/** What goes into a mailbox and what comes out of it, as every face of the client sees it. */

import type { Bytes } from "../crypto/bytes.ts";
import type { AcceptedEntry, MailKind } from "../crypto/entry_fields.ts";
import type { ContactState } from "./contact_types.ts";

/** What the server allows, as it stated at login. */
export interface MailLimits {
  /** Greatest body, in bytes (of UTF-8 when it is text). */
  readonly maxBodyBytes: number;
  /** Greatest message with its attachments and MIME structure, in bytes. */
  readonly maxMessageBytes: number;
  /** Greatest number of recipients of one mail, the sender's own copy included. */
  readonly maxRecipients: number;
}

/** How far an upload or a download has come. */
export interface Progress {
  /** Sealed bytes moved so far; equals `total` in the last call. */
  readonly doneBytes: number;
  /** Sealed bytes in all. */
  readonly totalBytes: number;
}

export type OnProgress = (progress: Progress) => void;

/** A file that goes with a mail. */
export interface OutgoingAttachment {
  /** Base name, shown to the reader. */
  readonly name: string;
  /** Media type; found out from the name unless said. */
  readonly type?: string;
  readonly content: Bytes;
}

/** A mail that is being written. */
export interface MailDraft {
  /** Names as they were typed. */
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly title: string;
  readonly body: string;
  readonly attachments: readonly OutgoingAttachment[];
  /** Ids of the mails that it answers and passes on. */
  readonly inReplyTo: string | null;
  readonly forwards: string | null;
  /** Id under which it was saved last; null: never. */
  readonly id: string | null;
}

/** A mail to be sent. */
export interface OutgoingMail {
  /** User names in any case; doubles are sent once; the sender may be among them. */
  readonly to: readonly string[];
  readonly cc?: readonly string[];
  /** Each of them gets a mail of his own, and nobody else learns of it. */
  readonly bcc?: readonly string[];
  readonly attachments?: readonly OutgoingAttachment[];
  /** Id of the mail in this mailbox that this one answers. */
  readonly inReplyTo?: string;
  /** Id of the mail in this mailbox that this one passes on. */
  readonly forwards?: string;
  /** Id of the draft that this mail was; it is removed once the mail is sent. */
  readonly draft?: string;
  readonly title: string;
  /**
   * Comes back byte for byte. Bytes that are not UTF-8 are sent as a binary body: see `MailBody`.
   */
  readonly body: string | Uint8Array;
  /** Base name of the file that the body was loaded from, shown to readers of a binary body. */
  readonly bodyFileName?: string;
  /**
   * Changed keys that the sender has looked at and accepts: the fingerprint that was shown
   * (KeyChangedError), by user name. Other keys of these users are a KeyChangedError again.
   */
  readonly acceptChangedKeys?: ReadonlyMap<string, string>;
  readonly onProgress?: OnProgress;
}

/** A mail that the server has acknowledged, durably. */
export interface SentMail {
  /** Message id: 32 hexadecimal digits. */
  readonly id: string;
  /** Recipients as sent: lower case, each once. */
  readonly to: string[];
  readonly cc: string[];
  readonly bcc: string[];
  /** Bytes of the body and of the attachments. */
  readonly size: number;
  /** When it was sealed, ISO 8601 in UTC. */
  readonly date: string;
}

/** One line of a list. */
export interface MailListItem {
  /** The server's number of this mail in this mailbox: stable, from 1, never used again. */
  readonly index: number;
  /** Message id: 32 hexadecimal digits. */
  readonly id: string;
  readonly from: string;
  readonly to: string[];
  /** When the sender sealed it, ISO 8601 in UTC; of a rejected mail, when it arrived. */
  readonly date: string;
  readonly title: string;
  /** Bytes of the body and of the attachments. */
  readonly size: number;
  readonly unread: boolean;
  /** Such as "read", "answered", "forwarded", "flagged". */
  readonly flags: readonly string[];
  /** Id of the folder: "inbox", "sent", "drafts", "archive", "trash", or of one of the user's own. */
  readonly folder: string;
  /** The folder as it is shown. */
  readonly folderName: string;
  /** Names of further folders that the mail was copied to. */
  readonly also: readonly string[];
  readonly cc: readonly string[];
  /** How many attachments there are. */
  readonly attachments: number;
  /** `draft`: not sent yet. `import`: brought in from elsewhere, nobody here vouches for the sender. */
  readonly kind: MailKind;
  /** What all mails of a thread have in common: 32 hexadecimal digits. */
  readonly thread: string;
  /** Of a folded thread, how many mails of it the list stands for. */
  readonly threadCount?: number;
  /** The beginning of the body. */
  readonly preview: string;
  /** Sentences that the reader must see: a sender's key has changed, a doubtful date… */
  readonly warnings: string[];
  /** How sure one can be of the sender's keys now; null for a rejected mail. */
  readonly contact: ContactState | null;
  /**
   * Why this mail is not to be believed, when that is so: then `from` is only what the server
   * says (perhaps empty), `title` is empty, and the mail cannot be read.
   */
  readonly rejected?: string;
}

export type SortKey = "date" | "sender" | "title" | "size" | "relevance";

export interface ListOptions {
  /**
   * Which mails: the language is in docs/query.md. Without a folder in it those of the inbox, but
   * everywhere except the trash when it has words to search for.
   */
  readonly query?: string;
  /** Name or id of a folder. */
  readonly folder?: string;
  /** Only mails not read yet. */
  readonly unread?: boolean;
  /** Mails that this user sent instead of the inbox. */
  readonly sent?: boolean;
  /** Of each thread only the mail that comes first in the list. */
  readonly threads?: boolean;
  /** Leaves out so many at the beginning. */
  readonly offset?: number;
  /** "date" (newest first) unless said; "size" greatest first; "sender" and "title" from A to Z. */
  readonly sort?: SortKey;
  /** The other way round. */
  readonly reverse?: boolean;
  /** At most so many; without it all. */
  readonly limit?: number;
}

/** Text when the sender's bytes were UTF-8 (then exactly those), bytes otherwise. */
export type MailBody =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "binary"; readonly bytes: Bytes; readonly fileName?: string };

export interface Attachment {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly content: Bytes;
}

/** A mail that was opened: both signatures verified, content equal to what was signed. */
export interface Mail {
  readonly index: number;
  /** Message id: 32 hexadecimal digits. */
  readonly id: string;
  readonly from: string;
  readonly to: string[];
  readonly cc: string[];
  /** Of a mail that this user sent: whom else it has gone to. */
  readonly bcc: string[];
  readonly folder: string;
  readonly folderName: string;
  readonly also: readonly string[];
  /** As they are from now on. */
  readonly flags: readonly string[];
  readonly kind: MailKind;
  /** Threading ids, 32 hexadecimal digits: of the mail it answers, and of its thread. */
  readonly inReplyTo: string | null;
  readonly thread: string;
  /** The text was made from HTML, of which only the text is ever shown. */
  readonly fromHtml: boolean;
  /** ISO 8601 in UTC. */
  readonly date: string;
  readonly title: string;
  readonly size: number;
  readonly body: MailBody;
  readonly attachments: Attachment[];
  readonly warnings: string[];
  /** How sure one can be of the sender's keys now; null when the name has none any more. */
  readonly contact: ContactState | null;
}

export interface ReadOptions {
  readonly onProgress?: OnProgress;
  /** Whether the mail counts as read from now on; true unless said. */
  readonly markRead?: boolean;
}

/**
 * A mail sealed once under its message id, ready to be uploaded. Uploading the same one again,
 * on whatever connection, neither loses nor doubles the mail.
 */
export interface SealedOutgoing {
  readonly messageId: Bytes;
  readonly header: Bytes;
  readonly summary: Bytes;
  readonly content: Bytes;
  /** Lower case, each once. */
  readonly to: string[];
  readonly cc: string[];
  /** The mails to those whom nobody else learns of, one each. */
  readonly bcc: readonly SealedOutgoing[];
  /** What is done once it has arrived: ids of mails in this mailbox. */
  readonly then: { readonly answers?: string; readonly forwards?: string; readonly draft?: string };
  /** Bytes of the body and of the attachments. */
  readonly size: number;
  /** ISO 8601 in UTC. */
  readonly date: string;
  /** The counters that it has used up, by recipient. */
  readonly counter: ReadonlyMap<string, number>;
  /** The entry of the sender's own copy; null when the sender is among the recipients. */
  readonly ownCopy: AcceptedEntry | null;
}
