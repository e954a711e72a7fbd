/**
 * Sealing of data of any size under a key of its own: C2SP chunked-encryption, Cobblestone-256
 * (https://c2sp.org/chunked-encryption): chunked, so that it can be opened piece by piece, and
 * key-committing, so that one ciphertext has one meaning.
 *
 * Layout: salt (24) ‖ commitment (32) ‖ chunks of 16384 bytes, each AES-256-GCM with its tag (16).
 * The last chunk is strictly shorter than the others, perhaps empty: it is what marks the end.
 *
 * Bytes: docs/protocol.md, 1.4.
 */

import { aesGcmKey, aesGcmOpen, aesGcmSeal, TAG_BYTES } from "./aead.ts";
import { ByteQueue } from "./byte_queue.ts";
import { type Bytes, concat, equalBytes, randomBytes, utf8, wipe } from "./bytes.ts";
import { DecryptionError } from "./errors.ts";
import { hkdfExpand } from "./kdf.ts";

/** Plaintext in one chunk, in bytes. */
export const STREAM_CHUNK_BYTES = 16_384;
const SEALED_CHUNK_BYTES = STREAM_CHUNK_BYTES + TAG_BYTES;
const SALT_BYTES = 24;
const COMMITMENT_BYTES = 32;
const HEADER_BYTES = SALT_BYTES + COMMITMENT_BYTES;
/** Chunks handed to Web Crypto at once: enough to keep it busy, 4 MiB of copies at most. */
const CHUNKS_IN_FLIGHT = 256;

/** The specification's own label, not one of mailsec's. */
const SPECIFICATION_LABEL = utf8("c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0");

/** Length of what sealStream makes of a plaintext of so many bytes. */
export function streamSealedLength(plaintextLength: number): number {
  const chunks = Math.floor(plaintextLength / STREAM_CHUNK_BYTES) + 1;
  return HEADER_BYTES + plaintextLength + chunks * TAG_BYTES;
}

/**
 * Seals `plaintext` under a 32-byte key.
 *
 * @param context what the stream is, bound to it but not inside it; the same is needed to open it
 */
export async function sealStream(key: Bytes, context: Bytes, plaintext: Bytes): Promise<Bytes> {
  const salt = randomBytes(SALT_BYTES);
  const keys = await deriveKeys(key, salt, context);
  const sealed = new Uint8Array(streamSealedLength(plaintext.length));
  sealed.set(salt);
  sealed.set(keys.commitment, SALT_BYTES);
  const chunks = Math.floor(plaintext.length / STREAM_CHUNK_BYTES) + 1;
  for (let first = 0; first < chunks; first += CHUNKS_IN_FLIGHT) {
    const count = Math.min(CHUNKS_IN_FLIGHT, chunks - first);
    await Promise.all(Array.from({ length: count }, async (_, offset) => {
      const index = first + offset;
      const at = index * STREAM_CHUNK_BYTES;
      const chunk = plaintext.subarray(at, at + STREAM_CHUNK_BYTES);
      const ciphertext = await aesGcmSeal(keys.key, chunkNonce(keys.baseNonce, index), chunk);
      sealed.set(ciphertext, HEADER_BYTES + index * SEALED_CHUNK_BYTES);
    }));
  }
  return sealed;
}

/** Opens what sealStream made, whole. Throws DecryptionError. */
export async function openStream(key: Bytes, context: Bytes, sealed: Bytes): Promise<Bytes> {
  const body = sealed.subarray(HEADER_BYTES);
  const chunks = Math.floor(body.length / SEALED_CHUNK_BYTES) + 1;
  const lastLength = body.length % SEALED_CHUNK_BYTES;
  if (sealed.length < HEADER_BYTES || lastLength < TAG_BYTES) throw new DecryptionError();
  const keys = await deriveKeys(key, sealed.slice(0, SALT_BYTES), context);
  const commitment = sealed.slice(SALT_BYTES, HEADER_BYTES);
  if (!equalBytes(commitment, keys.commitment)) throw new DecryptionError();
  const opened = new Uint8Array(body.length - chunks * TAG_BYTES);
  for (let first = 0; first < chunks; first += CHUNKS_IN_FLIGHT) {
    const count = Math.min(CHUNKS_IN_FLIGHT, chunks - first);
    await allEnded(Array.from({ length: count }, async (_, offset) => {
      const index = first + offset;
      const at = index * SEALED_CHUNK_BYTES;
      const chunk = body.subarray(at, at + SEALED_CHUNK_BYTES);
      const plaintext = await aesGcmOpen(keys.key, chunkNonce(keys.baseNonce, index), chunk);
      opened.set(plaintext, index * STREAM_CHUNK_BYTES);
    }));
  }
  return opened;
}

/** All results, or the first failure, when no work is under way any more. */
async function allEnded<T>(work: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(work);
  return await Promise.all(work);
}

/**
 * Opens a sealed stream that arrives in pieces. What `push` returns is authentic and in order, but
 * only `finish` tells that nothing is missing at the end. Calls must not overlap. After an error
 * every call throws.
 */
export class StreamOpener {
  readonly #waiting = new ByteQueue();
  readonly #context: Bytes;
  #key: Bytes | null;
  #keys: StreamKeys | null = null;
  #nextChunk = 0;
  #ended = false;

  /** @param key 32 bytes, copied */
  constructor(key: Bytes, context: Bytes) {
    this.#key = key.slice();
    this.#context = context;
  }

  /** Takes sealed bytes, of any length; gives the plaintext of the chunks that became complete. */
  async push(sealed: Uint8Array): Promise<Bytes[]> {
    if (this.#ended) throw new DecryptionError();
    this.#waiting.push(sealed);
    try {
      const keys = await this.#readHeader();
      if (keys === null) return [];
      const opening: Promise<Bytes>[] = [];
      // A chunk of full length is never the last one, so it can be opened without looking further.
      while (this.#waiting.length >= SEALED_CHUNK_BYTES) {
        opening.push(this.#openChunk(keys, this.#waiting.take(SEALED_CHUNK_BYTES)));
      }
      return await allEnded(opening);
    } catch (error) {
      this.#ended = true;
      throw error;
    }
  }

  /** Opens the last chunk. Throws DecryptionError when the stream is cut or has too many bytes. */
  async finish(): Promise<Bytes> {
    const keys = this.#keys;
    const ended = this.#ended;
    this.#ended = true;
    if (this.#key !== null) wipe(this.#key);
    if (ended || keys === null || this.#waiting.length < TAG_BYTES) throw new DecryptionError();
    return await this.#openChunk(keys, this.#waiting.take(this.#waiting.length));
  }

  async #readHeader(): Promise<StreamKeys | null> {
    if (this.#key === null || this.#waiting.length < HEADER_BYTES) return this.#keys;
    const salt = this.#waiting.take(SALT_BYTES);
    const commitment = this.#waiting.take(COMMITMENT_BYTES);
    const keys = await deriveKeys(this.#key, salt, this.#context);
    wipe(this.#key);
    this.#key = null;
    if (!equalBytes(commitment, keys.commitment)) throw new DecryptionError();
    this.#keys = keys;
    return keys;
  }

  #openChunk(keys: StreamKeys, sealed: Bytes): Promise<Bytes> {
    return aesGcmOpen(keys.key, chunkNonce(keys.baseNonce, this.#nextChunk++), sealed);
  }
}

interface StreamKeys {
  key: CryptoKey;
  /** 12 bytes. */
  baseNonce: Bytes;
  /** 32 bytes. */
  commitment: Bytes;
}

async function deriveKeys(key: Bytes, salt: Bytes, context: Bytes): Promise<StreamKeys> {
  if (key.length !== 32) throw new RangeError("A stream key must have 32 bytes");
  const okm = hkdfExpand(key, concat(SPECIFICATION_LABEL, salt, context), 76);
  const raw = okm.slice(0, 32);
  const keys = {
    key: await aesGcmKey(raw),
    baseNonce: okm.slice(32, 44),
    commitment: okm.slice(44, 76),
  };
  wipe(okm, raw);
  return keys;
}

/** The base nonce with the chunk's number, 5 bytes big-endian, XORed into its end. */
function chunkNonce(baseNonce: Bytes, index: number): Bytes {
  const nonce = baseNonce.slice();
  const view = new DataView(nonce.buffer);
  // The low 4 of the 5 bytes, then the top one: bit operations on numbers end at 32 bits.
  view.setUint32(8, (view.getUint32(8) ^ (index % 2 ** 32)) >>> 0);
  view.setUint8(7, view.getUint8(7) ^ Math.floor(index / 2 ** 32));
  return nonce;
}
