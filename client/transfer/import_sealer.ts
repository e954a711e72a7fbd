/**
 * Sealing of imported mail: a mail to oneself alone, whose bytes are those that were read. What it
 * is, and who is said to have written it, stands in the sealed entry that goes with it, so that no
 * device takes it for mail of the user's own.
 */

import type { Bytes } from "../../crypto/bytes.ts";
import {
  type AcceptedEntry,
  acceptedEntry,
  marksIn,
  MAX_ALSO,
  type Origin,
} from "../../crypto/entry_fields.ts";
import { MAX_REFERENCES } from "../../crypto/envelope_fields.ts";
import type { SealedMail } from "../../crypto/envelope_seal.ts";
import { EntrySealer } from "../../crypto/sealed_entry.ts";
import type { OpenAccount } from "../account.ts";
import { systemClock } from "../clock.ts";
import { OwnMailSealer } from "../own_mail.ts";
import { threadIdsIn } from "../threading.ts";
import { type ImportSummary, summaryOf } from "./import_summary.ts";
import type { MailToImport } from "./import_target.ts";

const TRASH = "trash";
const FIRST_REVISION = 1;
/** The greatest date that ECMAScript knows, ms since the epoch. */
const MAX_DATE_MS = 8.64e15;

/** An imported mail, ready to be uploaded. */
export interface SealedImport
  extends Pick<SealedMail, "messageId" | "header" | "summary" | "content"> {
  /** The sealed entry, which comes with the mail. */
  readonly ownEntry: Bytes;
}

export class ImportSealer {
  readonly #entries: EntrySealer;
  readonly #mails: OwnMailSealer;

  constructor(account: OpenAccount) {
    this.#mails = new OwnMailSealer(account);
    const { user, realm, keys } = account;
    this.#entries = new EntrySealer(keys.bundleKey, { realm, user });
  }

  /** @throws {FormatError} when it cannot be put into the form of a sealed mail. */
  async seal(mail: MailToImport): Promise<SealedImport> {
    const summary = await summaryOf(mail.bytes);
    const { subject, preview, attachments, size } = summary;
    const sealed = await this.#mails.seal({
      ...{ subject, preview, attachments, size, mime: mail.bytes, date: dateOf(mail, summary) },
      ...threadOf(summary),
    });
    const { messageId, header, content } = sealed;
    const entry = entryOf(sealed, summary, mail);
    // Not by the entry book, which would remember it: nobody asks for it soon.
    const ownEntry = this.#entries.seal({ messageId, revision: FIRST_REVISION }, entry);
    return { messageId, header, summary: sealed.summary, content, ownEntry };
  }
}

function entryOf(sealed: SealedMail, summary: ImportSummary, mail: MailToImport): AcceptedEntry {
  const { from, to, cc, bcc, messageId } = summary;
  const origin: Origin = { from, to, cc, bcc, messageId };
  const [folder, ...others] = mail.folders;
  // What is in the trash is nowhere else, and what is elsewhere is not in the trash.
  const also = folder === TRASH ? [] : others.filter((id) => id !== TRASH);
  const marks = {
    ...marksIn(folder, [...mail.flags]),
    also: also.slice(0, MAX_ALSO),
    trashed: folder === TRASH ? { at: systemClock.now(), folder: "inbox", also: [] } : null,
  };
  return acceptedEntry({ ...sealed, warnings: [] }, { ...marks, kind: "import", origin });
}

function dateOf(mail: MailToImport, summary: ImportSummary): number {
  const date = mail.statedDate ?? summary.date ?? mail.fallbackDate;
  return Math.min(Math.max(0, Math.floor(date) || 0), MAX_DATE_MS);
}

/** The mails that a mail answers, as its header names them. */
function threadOf(summary: ImportSummary): { inReplyTo: Bytes | null; references: Bytes[] } {
  const references = threadIdsIn(summary.references ?? "");
  return {
    inReplyTo: threadIdsIn(summary.inReplyTo ?? "").at(-1) ?? references.at(-1) ?? null,
    references: references.length <= MAX_REFERENCES
      ? references
      : [references[0]!, ...references.slice(1 - MAX_REFERENCES)],
  };
}
