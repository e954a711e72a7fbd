/**
 * Sealing of a mail, "MSE1": header (who, and the content key wrapped for each recipient), summary
 * (what the sender signs) and content (the RFC 5322 bytes).
 *
 * Bytes: docs/protocol.md, 10.
 */

import { type Bytes, randomBytes } from "./bytes.ts";
import { encapsulate, type KemPublicKey } from "./composite_kem.ts";
import { contentHash, sealContent } from "./envelope_content.ts";
import {
  encodeFields,
  type LogHead,
  type MailFields,
  type MailText,
  type SignedRecipient,
} from "./envelope_fields.ts";
import { encodeHeader, MESSAGE_ID_BYTES, type Stanza } from "./envelope_header.ts";
import { CONTENT_KEY_BYTES, maskCounter, recipientKeys, wrapContentKey } from "./envelope_key.ts";
import { sealSummary } from "./envelope_summary.ts";
import { FormatError } from "./errors.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { sha512 } from "./kdf.ts";
import type { Signer } from "./sign.ts";

/** Somebody to seal a mail to. */
export interface MailRecipient extends SignedRecipient {
  readonly kem: KemPublicKey;
  /** The sender's own copy: sealed to, but not named as a recipient. */
  readonly copy?: true;
}

/** A mail to be sealed. */
export interface MailToSeal extends MailText {
  readonly signer: Signer;
  /** The sender's user name. */
  readonly from: string;
  /** 32 bytes. */
  readonly realm: Bytes;
  /** Each user once; the sender among them, with `copy` unless the mail is addressed to her too. */
  readonly recipients: readonly MailRecipient[];
  /** Those of the recipients who are named under cc; the others are under to. */
  readonly cc: readonly string[];
  /** For each recipient but the copy: how many mails, with this one, she has sent to that user. */
  readonly counter: ReadonlyMap<string, number>;
  readonly log: LogHead;
  /** The RFC 5322 bytes. */
  readonly mime: Bytes;
  /** 16 random bytes that were never used before; made here unless given. */
  readonly messageId?: Bytes;
}

/** A sealed mail, and what its sender needs for the entry of her own copy. */
export interface SealedMail {
  /** 16 bytes. */
  readonly messageId: Bytes;
  readonly header: Bytes;
  readonly summary: Bytes;
  readonly content: Bytes;
  /** 32 bytes, secret. */
  readonly contentKey: Bytes;
  /** 64 bytes. */
  readonly headerSha512: Bytes;
  readonly fields: MailFields;
  /** As it was given, by recipient. */
  readonly counter: ReadonlyMap<string, number>;
}

/**
 * Seals a mail under a fresh content key, and a fresh message id unless one is given.
 *
 * @throws {FormatError} when a limit of the format is exceeded, a recipient is doubled, or a counter
 *   is missing.
 */
export async function sealMail(mail: MailToSeal): Promise<SealedMail> {
  if (!mail.recipients.some(({ user }) => user === mail.from)) {
    throw new RangeError("sealMail: the sender must be a recipient");
  }
  const messageId = mail.messageId ?? randomBytes(MESSAGE_ID_BYTES);
  const contentKey = randomBytes(CONTENT_KEY_BYTES);
  const parts = await Promise.all(
    mail.recipients.map((recipient) => partFor(recipient, messageId, contentKey)),
  );
  const fields = await fieldsOf(mail, messageId, maskedCounters(mail, parts));
  const fieldBytes = encodeFields(fields);
  const signature = await mail.signer.sign("mail", fieldBytes);
  const stanzas = parts.map(({ stanza }) => stanza);
  const { from, fromFingerprint } = fields;
  const header = encodeHeader({ messageId, from, fromFingerprint, stanzas });
  const headerSha512 = sha512(header);
  const [summary, content] = await Promise.all([
    sealSummary({ contentKey, headerSha512 }, { fields: fieldBytes, signature }),
    sealContent({ contentKey, headerSha512, mime: mail.mime }),
  ]);
  const { counter } = mail;
  return { messageId, header, summary, content, contentKey, headerSha512, fields, counter };
}

async function fieldsOf(
  mail: MailToSeal,
  messageId: Bytes,
  counter: MailFields["counter"],
): Promise<MailFields> {
  const named = mail.recipients
    .filter(({ copy }) => copy !== true)
    .map(({ user, fingerprint }) => ({ user, fingerprint }));
  const isCc = ({ user }: SignedRecipient) => mail.cc.includes(user);
  const { realm, from, date, inReplyTo, references, attachments, size, log } = mail;
  return {
    ...{ realm, messageId, from, date, inReplyTo, references, attachments, size, log, counter },
    // As they come back: a lone surrogate has no UTF-8.
    subject: mail.subject.toWellFormed(),
    preview: mail.preview.toWellFormed(),
    fromFingerprint: fingerprintOf(mail.signer.publicKey),
    to: named.filter((recipient) => !isCc(recipient)),
    cc: named.filter(isCc),
    contentLength: mail.mime.length,
    contentSha512: await contentHash(mail.mime),
  };
}

/** What one recipient gets. */
interface RecipientPart {
  readonly stanza: Stanza;
  /** 8 bytes. */
  readonly counterMask: Bytes;
}

async function partFor(
  { user, kem }: MailRecipient,
  messageId: Bytes,
  contentKey: Bytes,
): Promise<RecipientPart> {
  const { ciphertext, sharedSecret } = await encapsulate(kem);
  const keys = await recipientKeys({ sharedSecret, messageId, kemPublicKey: kem.publicKey });
  const wrap = await wrapContentKey(keys, contentKey);
  const { counterMask } = keys;
  return { stanza: { user, keyId: kem.keyId, ciphertext, wrap }, counterMask };
}

function maskedCounters(mail: MailToSeal, parts: RecipientPart[]): Map<string, Bytes> {
  const masked = new Map<string, Bytes>();
  mail.recipients.forEach(({ user, copy }, i) => {
    if (copy === true) return;
    const counter = mail.counter.get(user) ?? 0;
    if (!Number.isSafeInteger(counter) || counter < 1) {
      throw new FormatError(`There is no counter for the recipient "${user}".`);
    }
    masked.set(user, maskCounter(counter, parts[i]!.counterMask));
  });
  return masked;
}
