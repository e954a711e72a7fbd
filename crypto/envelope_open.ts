/**
 * Opening of a mail's header and summary with the recipient's KEM key. What comes out is not
 * verified: that is for envelope_intake.ts, and nothing of it is shown before.
 *
 * The RSA decryption inside takes a time that depends on the key (see rsa_oaep.ts). A client that
 * lets the server see when it is done releases a batch of results with releaseOnTick.
 *
 * Bytes: docs/protocol.md, 11.
 */

import { type Bytes, equalBytes } from "./bytes.ts";
import { decapsulate, type KemPrivateKey } from "./composite_kem.ts";
import { decodeHeader, type MailHeader } from "./envelope_header.ts";
import { recipientKeys, unwrapContentKey } from "./envelope_key.ts";
import { MailRejection } from "./envelope_reject.ts";
import { openSummary, type SignedFields, type SummaryKey } from "./envelope_summary.ts";
import { DecryptionError, FormatError } from "./errors.ts";
import { sha512 } from "./kdf.ts";

/** A sealed mail without its content, as the server gave it. */
export interface SealedSummary {
  readonly header: Bytes;
  readonly summary: Bytes;
}

/** Who opens it. */
export interface MailReader {
  readonly user: string;
  /** The current KEM key and earlier ones. */
  readonly keys: readonly KemPrivateKey[];
}

/** Header and summary opened, nothing verified. */
export interface OpenedEnvelope extends SummaryKey {
  readonly header: MailHeader;
  readonly signed: SignedFields;
  /** What unmasks the reader's counter, 8 bytes. */
  readonly counterMask: Bytes;
}

/**
 * @throws {MailRejection} `malformed`, `not_sealed_to_me`, `undecryptable`
 */
export async function openEnvelope(
  sealed: SealedSummary,
  reader: MailReader,
): Promise<OpenedEnvelope> {
  try {
    const header = decodeHeader(sealed.header);
    const { contentKey, counterMask } = await openStanza(header, reader);
    const headerSha512 = sha512(sealed.header);
    const signed = await openSummary({ contentKey, headerSha512 }, sealed.summary);
    return { header, contentKey, headerSha512, signed, counterMask };
  } catch (error) {
    if (error instanceof DecryptionError) throw new MailRejection("undecryptable", error);
    if (error instanceof FormatError) throw new MailRejection("malformed", error);
    throw error;
  }
}

/** What the reader's stanza has, for whichever of her keys it names. */
async function openStanza(
  header: MailHeader,
  { user, keys }: MailReader,
): Promise<{ contentKey: Bytes; counterMask: Bytes }> {
  const stanza = header.stanzas.find((candidate) => candidate.user === user);
  const key = keys.find(({ keyId }) => stanza !== undefined && equalBytes(keyId, stanza.keyId));
  if (stanza === undefined || key === undefined) throw new MailRejection("not_sealed_to_me");
  const sharedSecret = await decapsulate(key, stanza.ciphertext);
  const context = { sharedSecret, messageId: header.messageId, kemPublicKey: key.publicKey };
  const shared = await recipientKeys(context);
  const contentKey = await unwrapContentKey(shared, stanza.wrap);
  return { contentKey, counterMask: shared.counterMask };
}
