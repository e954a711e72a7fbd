/**
 * The mailbox: the one API that every face of the client uses (commands, menu, later web and
 * bridges). No face speaks the protocol itself.
 */

import { type Bytes, fromHex } from "../crypto/bytes.ts";
import { MailsecError } from "../crypto/errors.ts";
import { formatFingerprint } from "../crypto/fingerprint.ts";
import type { OpenAccount } from "./account.ts";
import type { AccountCare } from "./account_care.ts";
import { Compose } from "./compose/compose.ts";
import { ContactBook } from "./contact_book.ts";
import type { CheckedRecipient, ContactInfo } from "./contact_types.ts";
import { Contacts } from "./contacts.ts";
import { Delivery } from "./delivery.ts";
import { EntryBook, type KnownMail } from "./entry_book.ts";
import { KeyLogBook } from "./key_log/key_log_book.ts";
import type { KeyLogView } from "./key_log/types.ts";
import { Folders } from "./folders.ts";
import { LiveMailbox } from "./live/live_mailbox.ts";
import { MailIndex } from "./index/mail_index.ts";
import { SegmentBlobs } from "./index/segment_blobs.ts";
import { IndexSealer } from "./index/segment_files.ts";
import { MailActions } from "./mail_actions.ts";
import { Intake } from "./mailbox_intake.ts";
import { Lister } from "./mailbox_list.ts";
import { Reader } from "./mailbox_read.ts";
import { MailSealer } from "./mailbox_seal.ts";
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
import { MailSearch } from "./search/search.ts";
import { Transfer } from "./transfer/transfer.ts";

export class Mailbox {
  /** The list of everybody's keys, and what was noticed about it. */
  readonly keyLog: KeyLogView;
  /** A line for every mail. */
  readonly index: MailIndex;
  /** What is done to mails: flags, folders, trash. */
  readonly mails: MailActions;
  readonly folders: Folders;
  /** New mail as it comes, over connections that are lost and opened again. */
  readonly live: LiveMailbox;
  /** Answers, forwards and drafts. */
  readonly compose: Compose;
  /** Mail into files and out of them. */
  readonly transfer: Transfer;
  /** What is in titles, names and bodies. */
  readonly search: MailSearch;
  readonly #account: OpenAccount;
  readonly #book: EntryBook;
  readonly #intake: Intake;
  readonly #sealer: MailSealer;
  readonly #delivery: Delivery;
  readonly #lister: Lister;
  readonly #reader: Reader;
  readonly #people: ContactBook;
  #isTidy = false;
  /** The connection is gone, and nothing has opened it again. */
  #isLost = false;

  /** @param account Belongs to the mailbox from now on: `close` closes it. */
  constructor(account: OpenAccount) {
    const contacts = new Contacts(account);
    this.#account = account;
    this.#book = new EntryBook(account);
    const known = (id: string, index: number) => this.index.firstIndex(id, index);
    const places = {
      disk: account.indexStore,
      server: new SegmentBlobs(account, new IndexSealer(account.keys.bundleKey, account)),
    };
    this.#intake = new Intake(account, { contacts, book: this.#book, known });
    this.index = new MailIndex({
      ...{ book: this.#book, intake: this.#intake },
      places,
    });
    const find = (id: string) => this.#known(id);
    this.#sealer = new MailSealer(account, contacts, find);
    const parts = { book: this.#book, intake: this.#intake, contacts, index: this.index };
    this.search = new MailSearch({
      ...{ mails: this.index, ...places },
      read: (index) => this.#reader.read(index, { markRead: false }),
    });
    this.#lister = new Lister(account, {
      ...parts,
      findText: async (term, options) => (await this.search.find([term], options)).ranks,
    });
    const select = (options: ListOptions) => this.#lister.select(options);
    this.mails = new MailActions(account, { ...parts, select });
    this.folders = new Folders({
      ...{ state: account.state, index: this.index },
      emptyInto: (folder) => this.#archiveAll(folder),
    });
    this.#delivery = new Delivery(account, {
      ...{ ...parts, mails: this.mails },
      release: (sealed) => this.#sealer.release(sealed),
    });
    this.#reader = new Reader(account, parts);
    this.live = new LiveMailbox({
      onEvent: (listener) => account.events.onEvent(listener),
      onClosed: (listener) => account.events.onClosed(listener),
      sync: () => this.#syncAndTidy(),
      lastIndex: () => this.index.lastIndex,
      mailsAfter: (index) => this.#newMails(index),
    });
    account.events.onClosed(() => this.#isLost = true);
    this.live.onConnection(({ state }) => this.#isLost = state !== "connected");
    this.compose = new Compose(account, {
      ...{ book: this.#book, mails: this.mails },
      read: (id) => this.read(id, { markRead: false }),
      raw: (id) => this.#reader.raw(id),
    });
    this.transfer = new Transfer({
      ...{ account, index: this.index, folders: this.folders },
      maxMessageBytes: () => this.limits.maxMessageBytes,
      select: (query) => select({ query }),
      raw: (index) => this.#reader.raw(index),
      copy: async (indices, folder) => void await this.mails.copy({ indices }, folder),
    });
    this.#people = new ContactBook(account, contacts);
    this.keyLog = new KeyLogBook(account);
  }

  /** The user's name, in lower case. */
  get me(): string {
    return this.#account.user;
  }

  /** What this user does for the own account: password, recovery, keys, devices, invites. */
  get care(): AccountCare {
    return this.#account.care;
  }

  /** Of this user's signing key, as people compare it. */
  get ownFingerprint(): string {
    return formatFingerprint(this.#account.fingerprint);
  }

  /** What the server allows. */
  get limits(): MailLimits {
    return this.#sealer.limits;
  }

  /**
   * Checks recipients before anything is typed: normalises the names and drops doubles.
   *
   * @returns The names as they will be used, and how sure one can be of their keys.
   * @throws {RecipientsError} (code "no_recipients", "too_many_recipients", "bad_recipient_names",
   *   "unknown_recipients"; `names` says which) when one of them cannot get mail.
   * @throws {KeyChangedError} when the keys of one have changed since they were first seen.
   * @throws {TrustError} with an AlarmCode: something is wrong with the key log, see `keyLog`.
   */
  async checkRecipients(names: readonly string[]): Promise<CheckedRecipient[]> {
    const contacts = await this.#sealer.recipients(names);
    this.#sealer.checkKeys(contacts);
    return contacts.map(({ user, state }) => ({ user, state }));
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
  async send(mail: OutgoingMail): Promise<SentMail> {
    return await this.deliver(await this.seal(mail), mail.onProgress);
  }

  /** Checks and seals a mail without sending it. Throws as `send`. */
  seal(mail: OutgoingMail): Promise<SealedOutgoing> {
    return this.#sealer.seal(mail);
  }

  /** Uploads a sealed mail; doing it twice is harmless. Throws as `send`. */
  deliver(sealed: SealedOutgoing, onProgress?: OnProgress): Promise<SentMail> {
    return this.#delivery.deliver(sealed, onProgress);
  }

  /** Everybody who has or had keys on this server, by name. */
  contacts(): Promise<ContactInfo[]> {
    return this.#people.all();
  }

  /** @throws {NotFoundError} when nobody has that name (in any case). */
  contact(name: string): Promise<ContactInfo> {
    return this.#people.one(name);
  }

  /**
   * Marks somebody's keys as verified, after their fingerprint was compared with what the person
   * shows or reads out.
   *
   * @param fingerprint What the person shows, in any of the forms that `normalizeFingerprint` takes.
   * @throws {FormatError} when it is not the whole of one.
   * @throws {TrustError} `fingerprint_mismatch`; nothing has changed then.
   * @throws {NotFoundError}
   */
  verifyContact(name: string, fingerprint: string): Promise<ContactInfo> {
    return this.#people.verify(name, fingerprint);
  }

  /**
   * Accepts changed or reset keys without comparing them: they count as first seen now.
   *
   * @param fingerprint The one that was shown. Throws as `verifyContact`.
   */
  acceptContact(name: string, fingerprint: string): Promise<ContactInfo> {
    return this.#people.accept(name, fingerprint);
  }

  /** The inbox, or the mails that the options mean, each checked as it is first seen. */
  async list(options: ListOptions = {}): Promise<MailListItem[]> {
    return await this.#lister.list(options);
  }

  /**
   * Opens a mail and, unless told otherwise, marks it read.
   *
   * @param which Index in this mailbox (a number, or digits as typed), or message id (32
   *   hexadecimal digits).
   * @throws {NotFoundError} when there is no such mail.
   * @throws {RejectedMailError} when the mail failed a check; it is never shown.
   * @throws {TrustError} `content_mismatch` when its content is not what was signed.
   */
  async read(which: number | string, options: ReadOptions = {}): Promise<Mail> {
    return await this.#reader.read(which, options);
  }

  /** The RFC 5322 bytes of a mail, verified; nothing is marked. Throws as `read`. */
  raw(which: number | string, onProgress?: OnProgress): Promise<Bytes> {
    return this.#reader.raw(which, onProgress);
  }

  /** Tells when the server ends the session or the connection is lost, with a public text. */
  onClosed(callback: (reason: string) => void): () => void {
    return this.#account.events.onClosed(callback);
  }

  /** Saves what must be kept, says goodbye to the server and ends the connection. */
  async close(): Promise<void> {
    try {
      await this.search.close();
      await this.index.save();
      if (!this.#isLost) await this.#shareIndex();
    } finally {
      await this.#account.close();
    }
  }

  /** What the server cannot take now it is given the next time. */
  async #shareIndex(): Promise<void> {
    try {
      await this.index.share();
    } catch (error) {
      if (!(error instanceof MailsecError)) throw error;
    }
  }

  /** Asks for what is new; the first time old trash is erased, which nobody waits for. */
  async #syncAndTidy(): Promise<void> {
    await this.index.catchUp();
    if (this.#isTidy) return;
    this.#isTidy = true;
    this.mails.emptyOldTrash().catch(() => this.#isTidy = false);
  }

  /** Mails behind an index that others have sent, the oldest first. */
  async #newMails(after: number): Promise<MailListItem[]> {
    const indices = (await this.index.above(after)).filter((index) => {
      const row = this.index.row(index);
      return row?.kind === "mail" && row.folder !== "sent" && !this.#delivery.hasSent(row.id);
    });
    const places = await this.#book.find({ indices });
    const items = await this.#lister.items(await this.#intake.takeIn(places));
    return items.sort((a, b) => a.index - b.index);
  }

  /** A mail of this mailbox, by its message id. */
  async #known(id: string): Promise<KnownMail | null> {
    const found = await this.#book.find({ messageIds: [fromHex(id)] });
    return (await this.#intake.takeIn(found))[0] ?? null;
  }

  /** Moves the mails of a folder, by id, to the archive. */
  async #archiveAll(folder: string): Promise<number> {
    const indices = this.index.indexes().filter((index) => {
      const row = this.index.row(index)!;
      return row.folder === folder || row.also.includes(folder);
    });
    return indices.length === 0 ? 0 : (await this.mails.move({ indices }, "archive")).count;
  }
}
