/** Opening a mail: its entry gives the key, its content is fetched, verified and parsed. */

import { toHex } from "../crypto/bytes.ts";
import type { Bytes } from "../crypto/bytes.ts";
import type { AcceptedEntry, SealedEntry } from "../crypto/entry_fields.ts";
import { ContentOpener, sealedContentLength } from "../crypto/envelope_content.ts";
import { DecryptionError } from "../crypto/errors.ts";
import { TrustError } from "../crypto/trust_error.ts";
import { CONTENT_CHUNK_BYTES } from "../protocol/limits.ts";
import { content as contentMessage } from "../protocol/messages/content.ts";
import type { OpenAccount } from "./account.ts";
import type { Contacts } from "./contacts.ts";
import type { EntryBook, KnownMail } from "./entry_book.ts";
import { NotFoundError, RejectedMailError } from "./errors.ts";
import { inOrder } from "./in_order.ts";
import { rejectionText, warningTexts } from "./mail_warnings.ts";
import { peopleOf } from "./index/mail_row.ts";
import { isoDate, placesOf } from "./mailbox_list.ts";
import type { Intake } from "./mailbox_intake.ts";
import type { Mail, OnProgress, ReadOptions } from "./mailbox_types.ts";
import { parseMime } from "./mime.ts";
import { threadOf } from "./threading.ts";

/** Chunks under way at once. */
const CHUNKS_AT_ONCE = 8;

export class Reader {
  readonly #account: OpenAccount;
  readonly #book: EntryBook;
  readonly #intake: Intake;
  readonly #contacts: Contacts;

  constructor(
    account: OpenAccount,
    { book, intake, contacts }: { book: EntryBook; intake: Intake; contacts: Contacts },
  ) {
    this.#account = account;
    this.#book = book;
    this.#intake = intake;
    this.#contacts = contacts;
  }

  /** See Mailbox.read. */
  async read(which: number | string, options: ReadOptions): Promise<Mail> {
    const { onProgress, markRead = true } = options;
    const mail = await this.#find(which);
    const { entry } = mail;
    if (entry === "damaged" || entry.rejected !== null) {
      if (markRead) await this.#markRead(mail);
      throw rejected(which, entry === "damaged" ? entry : entry.rejected!);
    }
    const mime = await this.#content(mail, entry, onProgress);
    const [{ body, attachments, fromHtml }, states] = await Promise.all([
      parseMime(mime),
      this.#contacts.statesOf([entry.from]),
      markRead ? this.#markRead(mail) : undefined,
    ]);
    const people = peopleOf(entry);
    const state = this.#account.state.current;
    return {
      index: mail.index,
      id: toHex(mail.messageId),
      from: people.from,
      to: [...people.to],
      cc: [...people.cc],
      bcc: [...people.bcc],
      ...placesOf(entry, state),
      flags: markRead && !entry.flags.includes("read") ? [...entry.flags, "read"] : entry.flags,
      kind: entry.kind,
      inReplyTo: entry.inReplyTo === null ? null : toHex(entry.inReplyTo),
      thread: toHex(threadOf(entry, mail.messageId)),
      fromHtml,
      date: isoDate(entry.date),
      title: entry.subject,
      size: entry.size,
      body,
      attachments,
      warnings: warningTexts(entry, state),
      contact: entry.kind === "import" ? null : states.get(entry.from) ?? null,
    };
  }

  /** The RFC 5322 bytes of a mail, verified; it stays as read or unread as it is. Throws as `read`. */
  async raw(which: number | string, onProgress?: OnProgress): Promise<Bytes> {
    const mail = await this.#find(which);
    const { entry } = mail;
    if (entry === "damaged") throw rejected(which, entry);
    if (entry.rejected !== null) throw rejected(which, entry.rejected);
    return await this.#content(mail, entry, onProgress);
  }

  /** Marks a mail read, whatever other devices do to it meanwhile. */
  async #markRead(mail: KnownMail): Promise<void> {
    await this.#book.change([mail], (entry): SealedEntry => {
      return entry.flags.includes("read") ? entry : { ...entry, flags: [...entry.flags, "read"] };
    });
  }

  async #find(which: number | string): Promise<KnownMail> {
    const found = await this.#book.find(wanted(which));
    const [mail] = await this.#intake.takeIn(found);
    if (mail === undefined) throw notFound(String(which));
    return mail;
  }

  /** The RFC 5322 bytes: chunks are fetched several at once and decrypted as they come. */
  async #content(
    { messageId, contentLength: totalBytes }: KnownMail,
    entry: AcceptedEntry,
    onProgress: OnProgress = () => {},
  ): Promise<Bytes> {
    if (totalBytes !== sealedContentLength(entry.contentLength)) throw contentMismatch();
    const { contentKey, headerSha512 } = entry;
    const opener = new ContentOpener({ contentKey, headerSha512, fields: entry });
    const offsets: number[] = [];
    for (let at = 0; at < totalBytes; at += CONTENT_CHUNK_BYTES) offsets.push(at);
    const fetchAt = (offset: number) =>
      this.#account.request(contentMessage, { messageId, offset, length: CONTENT_CHUNK_BYTES });
    let doneBytes = 0;
    onProgress({ doneBytes, totalBytes });
    try {
      for await (const { data } of inOrder(offsets, fetchAt, CHUNKS_AT_ONCE)) {
        await opener.push(data);
        doneBytes = Math.min(totalBytes, doneBytes + data.length);
        onProgress({ doneBytes, totalBytes });
      }
      return await opener.finish();
    } catch (cause) {
      if (!(cause instanceof DecryptionError)) throw cause;
      throw contentMismatch(cause);
    }
  }
}

const MESSAGE_ID = /^[0-9a-f]{32}$/i;
const INDEX = /^[1-9][0-9]{0,14}$/;

function wanted(which: number | string): { indices: number[] } | { messageIds: Bytes[] } {
  const text = String(which).trim();
  if (MESSAGE_ID.test(text)) return { messageIds: [Uint8Array.fromHex(text)] };
  if (INDEX.test(text)) return { indices: [Number(text)] };
  throw new NotFoundError(`"${text}" is neither an index nor a message id.`, {
    hint: "Take the number in front of the mail in the list.",
  });
}

function notFound(which: string): NotFoundError {
  return new NotFoundError(`There is no mail ${which} in this mailbox.`, {
    hint: "Take the number in front of the mail in the list.",
  });
}

function contentMismatch(cause?: unknown): TrustError {
  return new TrustError("content_mismatch", "The content of the mail is not what was signed.", {
    hint: "It was changed or cut off on the server: ask its administrator.",
    cause,
  });
}

function rejected(which: number | string, reason: string): RejectedMailError {
  const text = `Mail ${which} is not shown: ${rejectionText(reason)}`;
  return new RejectedMailError(reason, text, {
    hint: "It may be forged or damaged. Ask the sender, not by mail, whether it was sent.",
  });
}
