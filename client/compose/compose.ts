/** Writing mails: answers, forwards, and drafts that are kept, sealed, on the server. */

import { type Bytes, fromHex, randomBytes, toHex } from "../../crypto/bytes.ts";
import { acceptedEntry, marksIn } from "../../crypto/entry_fields.ts";
import { MESSAGE_ID_BYTES } from "../../crypto/envelope_header.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { MAX_MESSAGE_BYTES } from "../../protocol/limits.ts";
import type { OpenAccount } from "../account.ts";
import { systemClock } from "../clock.ts";
import type { EntryBook } from "../entry_book.ts";
import type { MailActions } from "../mail_actions.ts";
import { upload } from "../mailbox_deliver.ts";
import type { Mail, MailDraft, OnProgress } from "../mailbox_types.ts";
import { composeMime } from "../mime_compose.ts";
import { messageTooLarge, outgoingText } from "../outgoing.ts";
import { OwnMailSealer } from "../own_mail.ts";
import { draftHeaders, draftOf, draftOrigin } from "./draft_mail.ts";
import { forwardOf, replyTo } from "./reply.ts";

interface ComposeParts {
  readonly book: EntryBook;
  readonly mails: Pick<MailActions, "eraseIds">;
  read(which: number | string): Promise<Mail>;
  raw(which: number | string): Promise<Bytes>;
}

export class Compose {
  readonly #account: OpenAccount;
  readonly #parts: ComposeParts;
  readonly #sealer: OwnMailSealer;

  constructor(account: OpenAccount, parts: ComposeParts) {
    this.#account = account;
    this.#parts = parts;
    this.#sealer = new OwnMailSealer(account);
  }

  /**
   * The answer to a mail, to be written on. Throws as Mailbox.read.
   *
   * @throws {MailsecError} `not_a_user`
   */
  async reply(which: number | string, options: { all?: boolean } = {}): Promise<MailDraft> {
    return replyTo(await this.#parts.read(which), this.#account.user, options);
  }

  /** A mail passed on, with its attachments, to be written on. Throws as Mailbox.read. */
  async forward(which: number | string): Promise<MailDraft> {
    return forwardOf(await this.#parts.read(which));
  }

  /**
   * A draft, to be written on. Throws as Mailbox.read.
   *
   * @throws {MailsecError} `not_a_draft`
   */
  async open(which: number | string): Promise<MailDraft> {
    const mail = await this.#parts.read(which);
    const [place] = await this.#parts.book.find({ messageIds: [fromHex(mail.id)] });
    const entry = place === undefined ? undefined : this.#parts.book.open(place)?.entry;
    if (entry === undefined || entry === "damaged" || entry.rejected !== null) throw notADraft();
    if (entry.kind !== "draft") throw notADraft();
    return draftOf(mail, entry, await this.#parts.raw(mail.id));
  }

  /**
   * Keeps a draft on the server, sealed for this user alone. The one that it was before is removed
   * afterwards, so that a connection lost in between leaves both rather than none.
   *
   * @returns The draft with its new id.
   * @throws {TooLargeError} {ConnectError} {ServerError}
   */
  async save(draft: MailDraft, onProgress?: OnProgress): Promise<MailDraft> {
    const { user } = this.#account;
    const limits = { maxBodyBytes: MAX_MESSAGE_BYTES, maxMessageBytes: MAX_MESSAGE_BYTES };
    const text = outgoingText(draft, limits.maxBodyBytes);
    const messageId = randomBytes(MESSAGE_ID_BYTES);
    const date = systemClock.now();
    const mime = await composeMime({
      ...{ from: user, to: [], messageId, dateMs: date, title: draft.title, body: text.body },
      ...{ attachments: text.files, headers: draftHeaders(draft) },
    });
    if (mime.length > MAX_MESSAGE_BYTES) throw messageTooLarge({ ...limits, maxRecipients: 1 });
    const sealed = await this.#sealer.seal({
      ...{ ...text.summary, mime, date, messageId, inReplyTo: null, references: [] },
    });
    const entry = acceptedEntry({ ...sealed, warnings: [] }, {
      ...marksIn("drafts", ["read"]),
      ...{ kind: "draft", origin: draftOrigin(draft, user) },
    });
    const ownEntry = this.#parts.book.sealFirst(messageId, entry);
    await this.#account.withSession((session) => upload(session, sealed, { ownEntry, onProgress }));
    if (draft.id !== null) await this.remove(draft.id);
    return { ...draft, id: toHex(messageId) };
  }

  /** Removes a draft; one that is gone is removed already. @param id Its message id. */
  async remove(id: string): Promise<void> {
    await this.#parts.mails.eraseIds([id]);
  }
}

function notADraft(): MailsecError {
  return new MailsecError("not_a_draft", "This mail is not a draft.", {
    hint: "Drafts are listed with: mailsec list in:drafts",
  });
}
