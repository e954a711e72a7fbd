/**
 * Sealing of imported mail: a mail to oneself alone, whose bytes are those that were read. What it
 * is, and who is said to have written it, stands in the sealed entry that goes with it, so that no
 * device takes it for mail of the user's own.
 */

import type { Bytes } from "../../crypto/bytes.ts";
import { importKemPublicKey, type KemPublicKey } from "../../crypto/composite_kem.ts";
import {
  type AcceptedEntry,
  acceptedEntry,
  marksIn,
  MAX_ALSO,
  type Origin,
} from "../../crypto/entry_fields.ts";
import { MAX_REFERENCES } from "../../crypto/envelope_fields.ts";
import { type SealedMail, sealMail } from "../../crypto/envelope_seal.ts";
import { EntrySealer } from "../../crypto/sealed_entry.ts";
import type { OpenAccount } from "../account.ts";
import { systemClock } from "../clock.ts";
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
  readonly #account: OpenAccount;
  readonly #entries: EntrySealer;
  /** The user's own key, out of the bundle: nobody has to be asked for it. */
  #key: { readonly bytes: Bytes; readonly kem: Promise<KemPublicKey> } | null = null;

  constructor(account: OpenAccount) {
    this.#account = account;
    const { user, realm, keys } = account;
    this.#entries = new EntrySealer(keys.bundleKey, { realm, user });
  }

  /** @throws {FormatError} when it cannot be put into the form of a sealed mail. */
  async seal(mail: MailToImport): Promise<SealedImport> {
    const { user, realm, fingerprint, keys, log } = this.#account;
    const [summary, kem] = await Promise.all([summaryOf(mail.bytes), this.#ownKey()]);
    const { subject, preview, attachments, size } = summary;
    const { size: logSize, root } = log.head;
    const sealed = await sealMail({
      ...{ signer: keys.signer, from: user, realm, mime: mail.bytes },
      recipients: [{ user, fingerprint, kem, copy: true }],
      ...{ cc: [], counter: new Map(), log: { size: logSize, root } },
      ...{ subject, preview, attachments, size, date: dateOf(mail, summary) },
      ...threadOf(summary),
    });
    const { messageId, header, content } = sealed;
    const entry = entryOf(sealed, summary, mail);
    // Not by the entry book, which would remember it: nobody asks for it soon.
    const ownEntry = this.#entries.seal({ messageId, revision: FIRST_REVISION }, entry);
    return { messageId, header, summary: sealed.summary, content, ownEntry };
  }

  #ownKey(): Promise<KemPublicKey> {
    const { publicKey } = this.#account.keys.kem[0]!;
    // Another device may have replaced it.
    if (this.#key?.bytes !== publicKey) {
      this.#key = { bytes: publicKey, kem: importKemPublicKey(publicKey) };
    }
    return this.#key.kem;
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
