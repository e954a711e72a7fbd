/**
 * The summary of a sealed message: the signed fields and their signature, padded.
 *
 * `Stream(CEK, context = "mailsec/1 summary\0" ‖ SHA-512(header))` over `u32 length ‖ fields ‖
 * Sign("mail", fields)(3373) ‖ zeros`, in all a multiple of 2048 bytes and at least 6144, so that a
 * mail with a few recipients, a short subject and a preview looks like any other such mail.
 *
 * Bytes: docs/protocol.md, 10.
 */

import { ByteReader, type Bytes, ByteWriter } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { labelled, MAIL_SUMMARY } from "./labels.ts";
import { padToStep } from "./padding.ts";
import { SIGNATURE_BYTES } from "./sign.ts";
import { openStream, sealStream } from "./stream.ts";

const STEP_BYTES = 2048;
const MIN_BYTES = 6144;

/** Fields as they were signed, not yet verified. */
export interface SignedFields {
  readonly fields: Bytes;
  /** 3373 bytes. */
  readonly signature: Bytes;
}

/** Which summary: the content key (32 bytes) and SHA-512 of the header (64 bytes). */
export interface SummaryKey {
  readonly contentKey: Bytes;
  readonly headerSha512: Bytes;
}

export async function sealSummary(key: SummaryKey, signed: SignedFields): Promise<Bytes> {
  const length = 4 + signed.fields.length + SIGNATURE_BYTES;
  const padded = paddedLength(length);
  const plaintext = new ByteWriter(padded)
    .u32(signed.fields.length).bytes(signed.fields).bytes(signed.signature)
    .zeros(padded - length)
    .finish();
  return await sealStream(key.contentKey, labelled(MAIL_SUMMARY, key.headerSha512), plaintext);
}

/**
 * @throws {DecryptionError} under another key or header, or when it was changed or cut.
 * @throws {FormatError} when what was sealed is not a summary.
 */
export async function openSummary(key: SummaryKey, sealed: Bytes): Promise<SignedFields> {
  const context = labelled(MAIL_SUMMARY, key.headerSha512);
  const plaintext = await openStream(key.contentKey, context, sealed);
  const reader = new ByteReader(plaintext, "mail summary");
  const fields = reader.bytes(reader.u32());
  const signature = reader.bytes(SIGNATURE_BYTES);
  if (plaintext.length !== paddedLength(plaintext.length - reader.remaining)) {
    throw new FormatError("The mail summary has padding of a wrong length.");
  }
  reader.zeros(reader.remaining);
  return { fields, signature };
}

function paddedLength(length: number): number {
  return padToStep(length, STEP_BYTES, MIN_BYTES);
}
