/**
 * What every way of sending has in common: the checks of a header against who is logged in, and what
 * the store is given.
 *
 * The meta of a message is `u8 1 ‖ u64 arrival (ms since the epoch) ‖ lp8(sender)`, sealed.
 */

import { createHash } from "node:crypto";
import { ByteReader, type Bytes, ByteWriter, equalBytes, utf8 } from "../../crypto/bytes.ts";
import { decodeHeader } from "../../crypto/envelope_header.ts";
import { FormatError } from "../../crypto/errors.ts";
import type { DeliveryOutcome } from "../../mailstore/store.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import type { AtRest } from "../vault/at_rest.ts";
import type { RequestContext } from "./handler.ts";

const META_VERSION = 1;

/** A mail as a client hands it in; `content` only where it comes in one piece. */
export interface IncomingMail {
  readonly messageId: Bytes;
  readonly header: Bytes;
  readonly summary: Bytes;
  readonly content?: Bytes;
}

/** A mail that was checked, as the store takes it. */
export interface CheckedMail {
  readonly messageId: Bytes;
  readonly digest: Bytes;
  readonly meta: Bytes;
  readonly header: Bytes;
  readonly summary: Bytes;
  readonly mailboxes: readonly Bytes[];
  /** The recipients, in the order of `mailboxes`. */
  readonly recipients: readonly string[];
  /** ms since the epoch. */
  readonly arrived: number;
}

/**
 * Checks a mail and prepares it for the store.
 *
 * @throws {ServerError} `bad_request` for a header that is not one, or of another message;
 *   `sender_mismatch` when it names somebody else, or another signing key, as the sender: nobody
 *   could ever verify such a mail, and its readers would look for its key again and again.
 */
export function checkMail(
  { user, session, office }: RequestContext,
  mail: IncomingMail,
): CheckedMail {
  const header = readHeader(mail.header);
  if (!equalBytes(header.messageId, mail.messageId)) throw new ServerError("bad_request");
  const isSender = header.from === user && equalBytes(header.fromFingerprint, session.fingerprint);
  if (!isSender) throw new ServerError("sender_mismatch");
  const recipients = header.stanzas.map((stanza) => stanza.user);
  const arrived = office.now();
  const { messageId, summary } = mail;
  return {
    messageId,
    digest: digestOf(mail),
    meta: sealMeta(office.atRest, messageId, { arrived, from: user }),
    header: office.atRest.seal("header", messageId, mail.header),
    summary,
    mailboxes: recipients.map((recipient) => office.accounts.tagOf(recipient)),
    recipients,
    arrived,
  };
}

/**
 * Tells the recipients of a mail that is new, and gives the time at which it arrived.
 *
 * @throws {ServerError} `unknown_recipients` with the names, `id_reused`
 */
export function concludeDelivery(
  { office }: RequestContext,
  messageId: Bytes,
  outcome: DeliveryOutcome,
): { arrived: number } | { refused: readonly Bytes[] } {
  if (outcome.outcome === "id_reused") throw new ServerError("id_reused");
  if (outcome.outcome === "refused") return { refused: outcome.tags };
  if (outcome.outcome === "stored") office.announce(messageId, outcome.entries);
  return { arrived: openMeta(office.atRest, messageId, outcome.meta).arrived };
}

/** The refusal of a mail because of recipients that get none. */
export function refusal(mail: CheckedMail, tags: readonly Bytes[]): ServerError {
  const names = mail.recipients.filter((_, i) =>
    tags.some((tag) => equalBytes(tag, mail.mailboxes[i]!))
  );
  return new ServerError("unknown_recipients", names);
}

/** The sender's own mailbox, to which the mail must go. @throws {ServerError} `bad_request` */
export function ownMailbox({ tag }: RequestContext, { mailboxes }: CheckedMail): Bytes {
  if (!mailboxes.some((mailbox) => equalBytes(mailbox, tag))) throw new ServerError("bad_request");
  return tag;
}

/** What the server notes of a message. */
export interface MailMeta {
  readonly arrived: number;
  readonly from: string;
}

export function sealMeta(atRest: AtRest, messageId: Bytes, { arrived, from }: MailMeta): Bytes {
  const meta = new ByteWriter(64).u8(META_VERSION).u64(arrived).lp8(utf8(from)).finish();
  return atRest.seal("meta", messageId, meta);
}

export function openMeta(atRest: AtRest, messageId: Bytes, sealed: Bytes): MailMeta {
  const reader = new ByteReader(atRest.open("meta", messageId, sealed), "meta of a mail");
  if (reader.u8() !== META_VERSION) throw new FormatError("The meta of a mail is not version 1.");
  const meta = { arrived: reader.safeU64(), from: new TextDecoder().decode(reader.lp8()) };
  reader.end();
  return meta;
}

function readHeader(bytes: Bytes): ReturnType<typeof decodeHeader> {
  try {
    return decodeHeader(bytes);
  } catch (error) {
    if (error instanceof FormatError) throw new ServerError("bad_request");
    throw error;
  }
}

/** SHA-256 over the lengths and bytes of the parts: native, this is on the path of every mail. */
function digestOf({ header, summary, content }: IncomingMail): Bytes {
  const lengths = new ByteWriter(12)
    .u32(header.length).u32(summary.length).u32(content?.length ?? 0).finish();
  const hash = createHash("sha256").update(lengths).update(header).update(summary);
  if (content !== undefined) hash.update(content);
  return new Uint8Array(hash.digest());
}
