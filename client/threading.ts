/**
 * Threads: which mail answers which. Every mail has a threading id of 16 bytes: a mail of mailsec its
 * message id, which is also its Message-ID header, `<HEX32@mailsec.invalid>`; any other Message-ID
 * stands for the first 16 bytes of its SHA-256. So threads go on across mails that were imported.
 */

import { type Bytes, fromHex, toHex, utf8 } from "../crypto/bytes.ts";
import type { AcceptedEntry } from "../crypto/entry_fields.ts";
import { MAX_REFERENCES } from "../crypto/envelope_fields.ts";
import { sha256 } from "../crypto/kdf.ts";

/** What stands behind the @ of addresses and Message-IDs (RFC 2606: it is nobody's). */
export const MAIL_DOMAIN = "mailsec.invalid";

const THREAD_ID_BYTES = 16;
const OWN_ID = new RegExp(`^<([0-9a-f]{32})@${MAIL_DOMAIN.replace(".", "\\.")}>$`);

/** The Message-ID header of a mail of mailsec. */
export function messageIdHeader(messageId: Bytes): string {
  return `<${toHex(messageId)}@${MAIL_DOMAIN}>`;
}

/** The threading id that a Message-ID stands for. */
export function threadIdOf(messageIdText: string): Bytes {
  const text = messageIdText.trim();
  const own = OWN_ID.exec(text);
  return own === null ? sha256(utf8(text)).slice(0, THREAD_ID_BYTES) : fromHex(own[1]!);
}

/** The threading ids in a References or In-Reply-To header (RFC 5322 section 3.6.4). */
export function threadIdsIn(header: string): Bytes[] {
  return (header.match(/<[^<>\s]+>/g) ?? []).map(threadIdOf);
}

type Threaded = Pick<AcceptedEntry, "kind" | "origin" | "inReplyTo" | "references">;

/** A mail's own threading id. */
export function ownThreadId({ kind, origin }: Threaded, messageId: Bytes): Bytes {
  const foreign = kind === "import" ? origin?.messageId : null;
  return foreign ? threadIdOf(foreign) : messageId;
}

/** The threading id of the mail with which a mail's thread began, as far as it says. */
export function threadOf(entry: Threaded, messageId: Bytes): Bytes {
  return entry.references[0] ?? entry.inReplyTo ?? ownThreadId(entry, messageId);
}

/** What the answer to a mail refers to: the thread's beginning and its newest mails. */
export function referencesAfter(entry: Threaded, messageId: Bytes): Bytes[] {
  const earlier = entry.references.length > 0 || entry.inReplyTo === null
    ? entry.references
    : [entry.inReplyTo];
  const all = [...earlier, ownThreadId(entry, messageId)];
  return all.length <= MAX_REFERENCES ? all : [all[0]!, ...all.slice(1 - MAX_REFERENCES)];
}
