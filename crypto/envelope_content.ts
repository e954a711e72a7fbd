/**
 * The content of a sealed message: its RFC 5322 bytes, padded and sealed under the content key.
 *
 * `Stream(CEK, context = "mailsec/1 content\0" ‖ SHA-512(header))` over `u64 length ‖ RFC 5322 bytes
 * ‖ zeros`, in all as many bytes as Padmé says, at least 1024. The signed fields have the length and
 * the SHA-512 of the bytes, so nothing is given out before both were compared.
 *
 * Bytes: docs/protocol.md, 10.
 */

import { ByteReader, type Bytes, concat, equalBytes } from "./bytes.ts";
import type { MailFields } from "./envelope_fields.ts";
import { labelled, MAIL_CONTENT } from "./labels.ts";
import { padme } from "./padding.ts";
import { sealStream, StreamOpener, streamSealedLength } from "./stream.ts";
import { TrustError } from "./trust_error.ts";

const LENGTH_BYTES = 8;
const MIN_PADDED_BYTES = 1024;

/** Length of the sealed content of a mail whose RFC 5322 form has so many bytes. */
export function sealedContentLength(mimeLength: number): number {
  return streamSealedLength(paddedLength(mimeLength));
}

/** SHA-512 of a whole content: native, so that 32 MiB do not take a second. */
export async function contentHash(mime: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-512", mime));
}

/**
 * Seals a content.
 *
 * @param mime the RFC 5322 bytes
 */
export async function sealContent(
  { contentKey, headerSha512, mime }: { contentKey: Bytes; headerSha512: Bytes; mime: Bytes },
): Promise<Bytes> {
  const padded = new Uint8Array(paddedLength(mime.length));
  new DataView(padded.buffer).setBigUint64(0, BigInt(mime.length));
  padded.set(mime, LENGTH_BYTES);
  return await sealStream(contentKey, labelled(MAIL_CONTENT, headerSha512), padded);
}

/** What is needed to open a content; the fields are those that passed the intake. */
export interface ContentSource {
  /** 32 bytes. */
  readonly contentKey: Bytes;
  /** SHA-512 of the header, 64 bytes. */
  readonly headerSha512: Bytes;
  readonly fields: Pick<MailFields, "contentLength" | "contentSha512">;
}

/**
 * Opens a content that arrives in pieces. Nothing of it is given out before `finish`, since only
 * then it is known to be what was signed. After an error every call throws.
 */
export class ContentOpener {
  readonly #stream: StreamOpener;
  readonly #fields: ContentSource["fields"];
  readonly #pieces: Bytes[] = [];

  constructor({ contentKey, headerSha512, fields }: ContentSource) {
    this.#stream = new StreamOpener(contentKey, labelled(MAIL_CONTENT, headerSha512));
    this.#fields = fields;
  }

  /** Takes the next sealed bytes, of any length. Throws DecryptionError. */
  async push(sealed: Uint8Array): Promise<void> {
    this.#pieces.push(...await this.#stream.push(sealed));
  }

  /**
   * The RFC 5322 bytes.
   *
   * @throws {DecryptionError} when the stream is cut off or was changed.
   * @throws {TrustError} `content_mismatch` when it is not the content that was signed.
   */
  async finish(): Promise<Bytes> {
    const padded = concat(...this.#pieces, await this.#stream.finish());
    this.#pieces.length = 0;
    const { contentLength, contentSha512 } = this.#fields;
    if (padded.length !== paddedLength(contentLength)) throw mismatch();
    const reader = new ByteReader(padded, "mail content");
    if (reader.u64() !== BigInt(contentLength)) throw mismatch();
    const mime = reader.bytes(contentLength);
    const padding = reader.rest();
    if (padding.some((byte) => byte !== 0)) throw mismatch();
    if (!equalBytes(await contentHash(mime), contentSha512)) throw mismatch();
    return mime;
  }
}

/** Opens a whole content. Throws as {@linkcode ContentOpener}. */
export async function openContent(source: ContentSource, sealed: Bytes): Promise<Bytes> {
  const opener = new ContentOpener(source);
  await opener.push(sealed);
  return await opener.finish();
}

function paddedLength(mimeLength: number): number {
  return Math.max(MIN_PADDED_BYTES, padme(LENGTH_BYTES + mimeLength));
}

function mismatch(): TrustError {
  return new TrustError("content_mismatch", "The content of the mail is not what was signed.");
}
