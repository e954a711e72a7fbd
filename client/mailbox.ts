/**
 * The mailbox: the one API that every face of the client uses (commands, menu, later web and
 * bridges). No face speaks the protocol itself.
 */

import type { Account } from "./account.ts";
import type {
  ListOptions,
  Mail,
  MailLimits,
  MailListItem,
  OnProgress,
  OutgoingMail,
  ReadOptions,
  SealedOutgoing,
  SentMail,
} from "./mailbox_types.ts";

export class Mailbox {
  /** The user's name, in lower case. */
  readonly me: string;

  constructor(account: Account) {
    this.me = account.user;
  }

  /** What the server allows. */
  get limits(): MailLimits {
    throw new Error("skeleton");
  }

  /**
   * Checks recipients before anything is typed: normalises the names and drops doubles.
   *
   * @returns The names as they will be used.
   * @throws {RecipientsError} (code "no_recipients", "too_many_recipients", "bad_recipient_names",
   *   "unknown_recipients"; `names` says which) when one of them cannot get mail.
   * @throws {KeyChangedError} when the keys of one have changed since they were first seen.
   */
  checkRecipients(_names: readonly string[]): Promise<string[]> {
    throw new Error("skeleton");
  }

  /**
   * Seals and sends a mail and resolves when the server has it durably. A connection lost on the
   * way is opened again once and the same sealed mail sent again.
   *
   * @throws {TooLargeError} before any upload.
   * @throws {RecipientsError} {KeyChangedError} as `checkRecipients`; nothing was sent.
   * @throws {SendInterruptedError} when it is not known whether the server has it: its `sealed` can
   *   be given to `deliver` of this or another Mailbox of the same user.
   */
  send(_mail: OutgoingMail): Promise<SentMail> {
    throw new Error("skeleton");
  }

  /** Checks and seals a mail without sending it. Throws as `send`. */
  seal(_mail: OutgoingMail): Promise<SealedOutgoing> {
    throw new Error("skeleton");
  }

  /** Uploads a sealed mail; doing it twice is harmless. Throws as `send`. */
  deliver(_sealed: SealedOutgoing, _onProgress?: OnProgress): Promise<SentMail> {
    throw new Error("skeleton");
  }

  /** The inbox (or the sent mails), each mail checked as it is first seen. */
  list(_options: ListOptions = {}): Promise<MailListItem[]> {
    throw new Error("skeleton");
  }

  /**
   * Opens a mail and, unless told otherwise, marks it read.
   *
   * @param _which Index in this mailbox (a number, or digits as typed), or message id (32
   *   hexadecimal digits).
   * @throws {NotFoundError} when there is no such mail.
   * @throws {RejectedMailError} when the mail failed a check; it is never shown.
   */
  read(_which: number | string, _options: ReadOptions = {}): Promise<Mail> {
    throw new Error("skeleton");
  }

  /** Marks mails read or unread, by index. */
  markRead(_indices: readonly number[], _read = true): Promise<void> {
    throw new Error("skeleton");
  }

  /**
   * Tells of mail that arrives while connected, already checked; not of own sent copies.
   *
   * @returns A function that ends the telling.
   */
  onNewMail(_callback: (item: MailListItem) => void): () => void {
    throw new Error("skeleton");
  }

  /** Tells when the server ends the session or the connection is lost, with a public text. */
  onClosed(_callback: (reason: string) => void): () => void {
    throw new Error("skeleton");
  }

  /** Saves what must be kept, says goodbye to the server and ends the connection. */
  close(): Promise<void> {
    throw new Error("skeleton");
  }
}
