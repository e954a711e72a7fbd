/**
 * The delivery of a sealed mail. Whoever is under Bcc gets a mail of his own. These go first: the
 * mail to everybody else, whose entry among the sender's says who has it, is the last step, so that
 * a mail that stands in "sent" has gone to all.
 */

import { toHex } from "../crypto/bytes.ts";
import { MailsecError } from "../crypto/errors.ts";
import { type ErrorCode, ServerError } from "../protocol/error_codes.ts";
import type { OpenAccount } from "./account.ts";
import type { EntryBook } from "./entry_book.ts";
import { ConnectError, LoginError, SendInterruptedError, TooLargeError } from "./errors.ts";
import type { MailIndex } from "./index/mail_index.ts";
import type { MailActions } from "./mail_actions.ts";
import { upload } from "./mailbox_deliver.ts";
import type { Intake } from "./mailbox_intake.ts";
import type { OnProgress, SealedOutgoing, SentMail } from "./mailbox_types.ts";
import { withOriginBcc } from "./outgoing.ts";
import { unknownRecipients } from "./recipients.ts";

/** Refusals of the server after which it has not got the mail, if it had not got it before. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(
  ["unknown_recipients", "too_large", "sender_mismatch", "bad_request"] as const,
);

/** Mails whose upload was begun, in whatever mailbox: an earlier one may have arrived unnoticed. */
const begun = new WeakSet<SealedOutgoing>();

interface DeliveryParts {
  readonly book: EntryBook;
  readonly intake: Intake;
  readonly index: Pick<MailIndex, "changed">;
  readonly mails: Pick<MailActions, "eraseIds" | "mark">;
  /** Gives the counters of a mail back. */
  release(sealed: SealedOutgoing): Promise<void>;
}

/** A delivery that is under way. */
interface UnderWay {
  readonly whole: SealedOutgoing;
  /** Who has a mail of their own already. */
  readonly gone: readonly string[];
}

export class Delivery {
  readonly #account: OpenAccount;
  readonly #parts: DeliveryParts;
  /** Ids of mails that were sent from here. */
  readonly #sent = new Set<string>();

  constructor(account: OpenAccount, parts: DeliveryParts) {
    this.#account = account;
    this.#parts = parts;
  }

  /** Whether a mail, by its id, was sent from here: the sender's copy is no news. */
  hasSent(id: string): boolean {
    return this.#sent.has(id);
  }

  /** Uploads a sealed mail; doing it twice is harmless. Throws as `Mailbox.send`. */
  async deliver(sealed: SealedOutgoing, onProgress?: OnProgress): Promise<SentMail> {
    await this.#account.log.alarms.assertNone();
    const parts = [...sealed.bcc, sealed];
    const totalBytes = parts.reduce((sum, { content }) => sum + content.length, 0);
    let before = 0;
    const gone: string[] = [];
    for (const part of parts) {
      await this.#upload(part, { whole: sealed, gone }, ({ doneBytes }) => {
        onProgress?.({ doneBytes: before + doneBytes, totalBytes });
      });
      before += part.content.length;
      gone.push(...part.to);
    }
    await this.#afterwards(sealed);
    const { to, cc, size, date } = sealed;
    const bcc = sealed.bcc.flatMap((one) => one.to);
    return { id: toHex(sealed.messageId), to, cc, bcc, size, date };
  }

  async #upload(sealed: SealedOutgoing, underWay: UnderWay, onProgress: OnProgress) {
    const { messageId, ownCopy } = sealed;
    const ownEntry = ownCopy === null ? null : this.#parts.book.sealFirst(messageId, ownCopy);
    let isFirst = false;
    this.#sent.add(toHex(messageId));
    try {
      await this.#account.withSession((session) => {
        isFirst = !begun.has(sealed);
        begun.add(sealed);
        return upload(session, sealed, { ownEntry, onProgress });
      });
    } catch (error) {
      const wasRefused = error instanceof ServerError && REFUSALS.has(error.code);
      // Counters are free again only when the very first upload was refused: a recipient takes two
      // mails with one counter for a replay.
      if (wasRefused && isFirst) await this.#parts.release(sealed);
      throw notDelivered(underWay, error);
    }
  }

  /**
   * What a mail leaves behind once it is sent. That it cannot be done now must not make the mail
   * look as if it had not been sent.
   */
  async #afterwards(sealed: SealedOutgoing): Promise<void> {
    const { mails } = this.#parts;
    const { bcc, then: { answers, forwards, draft } } = sealed;
    const flags = [["answered", answers], ["forwarded", forwards]] as const;
    try {
      if (sealed.ownCopy === null && bcc.length > 0) await this.#recordBcc(sealed);
      // The copies that the sender gets of what went to one recipient each. That to the sender has
      // none: it is the mail itself.
      const copies = bcc.filter(({ ownCopy }) => ownCopy !== null);
      const gone = [...copies.map(({ messageId }) => toHex(messageId)), ...(draft ? [draft] : [])];
      if (gone.length > 0) await mails.eraseIds(gone);
      for (const [flag, id] of flags) {
        if (id !== undefined) await mails.mark({ ids: [id] }, { add: [flag] });
      }
    } catch (error) {
      if (!(error instanceof MailsecError)) throw error;
    }
  }

  /** Notes who is under Bcc in the entry of a mail that the sender gets like all others. */
  async #recordBcc({ messageId, bcc }: SealedOutgoing): Promise<void> {
    const { book, intake, index } = this.#parts;
    const names = bcc.flatMap(({ to }) => to);
    const taken = await intake.takeIn(await book.find({ messageIds: [messageId] }));
    await index.changed(await book.change(taken, (entry) => withOriginBcc(entry, names)));
  }
}

/** What to tell about a mail that was not acknowledged. */
function notDelivered({ whole, gone }: UnderWay, error: unknown): unknown {
  const unclear = error instanceof ServerError && !REFUSALS.has(error.code);
  if (unclear || error instanceof ConnectError || error instanceof LoginError) {
    const text = "The sending broke off; it is not known whether the server has the mail.";
    const hint = "Send it again: it will be neither lost nor doubled.";
    return new SendInterruptedError(whole, text, { hint, cause: error });
  }
  if (!(error instanceof ServerError)) return error;
  if (error.code === "unknown_recipients") return unknownRecipients(error.names, gone);
  if (error.code === "too_large") {
    const sent = gone.length === 0 ? "nothing was sent" : `${gone.join(", ")} (Bcc) has it already`;
    return new TooLargeError("message", "The mail is larger than this server takes.", {
      hint: `Make it smaller or send it in parts; ${sent}.`,
      cause: error,
    });
  }
  return error;
}
