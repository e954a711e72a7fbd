/**
 * The symmetric state of the handshake, in the manner of Noise: a hash of everything said so far
 * and a chain of keys into which every shared secret is mixed.
 *
 * ```
 * h = ck = SHA-512(name)
 * MixHash(label, d): h = SHA-512(h ‖ lp8(label) ‖ u32 len(d) ‖ d)
 * MixKey(label, s):  okm = HKDF(salt = ck, ikm = s, info = "mailsec/1 " ‖ label ‖ 0x00 ‖ h, 96)
 *                    ck = okm[0..64]; k = okm[64..96]; n = 0
 * Seal(p):           c = AES-256-GCM(k, nonce = u32 0 ‖ u64 n++, aad = h, p); MixHash("ct", c)
 * ```
 *
 * A nonce never repeats under a key: n only grows, and only a new k sets it back.
 *
 * Bytes: docs/protocol.md, 5.
 */

import { aesGcmKey, aesGcmOpen, aesGcmSeal, GCM_NONCE_BYTES } from "./aead.ts";
import { type Bytes, ByteWriter, EMPTY, utf8, wipe } from "./bytes.ts";
import { HandshakeError } from "./errors.ts";
import { hkdf, hmacSha512, sha512 } from "./kdf.ts";
import {
  FINISHED_CLIENT,
  FINISHED_SERVER,
  HANDSHAKE_NAME,
  HASH_CIPHERTEXT,
  HASH_PROLOGUE,
  labelled,
  TRAFFIC,
} from "./labels.ts";

const HASH_BYTES = 64;
const KEY_BYTES = 32;

/** A transcript as plain data, to hand it to another thread. Secret. */
export interface TranscriptState {
  /** ck, 64 bytes. */
  chainingKey: Bytes;
  /** h, 64 bytes. */
  hash: Bytes;
  /** k, 32 bytes. */
  key: Bytes;
  /** n. */
  counter: number;
}

/** The secrets of the record layer, 64 bytes each. */
export interface TrafficSecrets {
  clientToServer: Bytes;
  serverToClient: Bytes;
  /** For keys that other parts bind to this connection. */
  exporter: Bytes;
}

/**
 * One end's transcript. After a failed `open` the keys are wiped and every call throws
 * HandshakeError: a handshake that failed cannot be continued by mistake.
 */
export class Transcript {
  #chainingKey: Bytes;
  #hash: Bytes;
  #key: Bytes = EMPTY;
  #counter = 0;
  #cipher: Promise<CryptoKey> | null = null;
  #ended = false;

  private constructor(chainingKey: Bytes, hash: Bytes) {
    this.#chainingKey = chainingKey;
    this.#hash = hash;
  }

  /** The beginning: the protocol's name, then the server record both ends must agree on. */
  static start(serverRecord: Bytes): Transcript {
    const name = sha512(utf8(HANDSHAKE_NAME));
    const transcript = new Transcript(name, name.slice());
    transcript.mixHash(HASH_PROLOGUE, sha512(serverRecord));
    return transcript;
  }

  /**
   * Goes on where `exportState` left off. The state may come from a thread that is not trusted, so
   * nothing is taken for granted: HandshakeError on anything of a wrong form.
   */
  static restore(state: TranscriptState): Transcript {
    const wellFormed = isBytes(state.chainingKey, HASH_BYTES) && isBytes(state.hash, HASH_BYTES) &&
      isBytes(state.key, KEY_BYTES) && Number.isSafeInteger(state.counter) && state.counter >= 0;
    if (!wellFormed) throw new HandshakeError();
    const transcript = new Transcript(state.chainingKey.slice(), state.hash.slice());
    transcript.#key = state.key.slice();
    transcript.#counter = state.counter;
    return transcript;
  }

  /** Moves the state out as plain data: this transcript cannot be used any more. */
  exportState(): TranscriptState {
    this.#assertUsable();
    if (this.#key.length !== KEY_BYTES) throw new HandshakeError();
    const state = {
      chainingKey: this.#chainingKey.slice(),
      hash: this.#hash,
      key: this.#key.slice(),
      counter: this.#counter,
    };
    this.#end();
    return state;
  }

  /** Binds `data` to everything that follows. */
  mixHash(label: string, data: Bytes): void {
    this.#assertUsable();
    const input = new ByteWriter(HASH_BYTES + 64 + data.length)
      .bytes(this.#hash).lp8(utf8(label)).u32(data.length).bytes(data);
    this.#hash = sha512(input.finish());
  }

  /** Mixes in a shared secret and wipes it: what follows needs all secrets so far. */
  mixKey(label: string, secret: Bytes): void {
    this.#assertUsable();
    const okm = hkdf(secret, labelled(label, this.#hash), HASH_BYTES + KEY_BYTES, {
      salt: this.#chainingKey,
    });
    wipe(this.#chainingKey, this.#key, secret);
    this.#chainingKey = okm.slice(0, HASH_BYTES);
    this.#key = okm.slice(HASH_BYTES);
    this.#counter = 0;
    this.#cipher = null;
    wipe(okm);
  }

  /** Encrypts the next message and binds it. */
  async seal(plaintext: Bytes): Promise<Bytes> {
    const { cipher, nonce, aad } = this.#nextCipher();
    const sealed = await aesGcmSeal(await cipher, nonce, plaintext, aad);
    this.mixHash(HASH_CIPHERTEXT, sealed);
    return sealed;
  }

  /** Decrypts the next message and binds it. Throws HandshakeError, and then for ever. */
  async open(sealed: Bytes): Promise<Bytes> {
    const { cipher, nonce, aad } = this.#nextCipher();
    try {
      const plaintext = await aesGcmOpen(await cipher, nonce, sealed, aad);
      this.mixHash(HASH_CIPHERTEXT, sealed);
      return plaintext;
    } catch {
      this.#end();
      throw new HandshakeError();
    }
  }

  /** `HMAC-SHA-512(HKDF(salt = ck, ikm = "", info = "mailsec/1 " ‖ label ‖ 0x00 ‖ h, 64), h)`. */
  finishedMac(label: typeof FINISHED_CLIENT | typeof FINISHED_SERVER): Bytes {
    this.#assertUsable();
    const key = hkdf(EMPTY, labelled(label, this.#hash), HASH_BYTES, { salt: this.#chainingKey });
    const mac = hmacSha512(key, this.#hash);
    wipe(key);
    return mac;
  }

  /**
   * The traffic secrets: `HKDF(salt = ck, ikm = "", info = "mailsec/1 traffic\0" ‖ h, 192)`. Ends
   * the transcript.
   */
  split(): TrafficSecrets {
    this.#assertUsable();
    const okm = hkdf(EMPTY, labelled(TRAFFIC, this.#hash), 3 * 64, { salt: this.#chainingKey });
    const secrets = {
      clientToServer: okm.slice(0, 64),
      serverToClient: okm.slice(64, 128),
      exporter: okm.slice(128, 192),
    };
    wipe(okm);
    this.#end();
    return secrets;
  }

  #nextCipher(): { cipher: Promise<CryptoKey>; nonce: Bytes; aad: Bytes } {
    this.#assertUsable();
    if (this.#key.length !== KEY_BYTES) throw new HandshakeError();
    this.#cipher ??= aesGcmKey(this.#key);
    const nonce = new Uint8Array(GCM_NONCE_BYTES);
    new DataView(nonce.buffer).setBigUint64(4, BigInt(this.#counter++));
    return { cipher: this.#cipher, nonce, aad: this.#hash };
  }

  #assertUsable(): void {
    if (this.#ended) throw new HandshakeError();
  }

  #end(): void {
    this.#ended = true;
    wipe(this.#chainingKey, this.#key);
    this.#cipher = null;
  }
}

function isBytes(value: unknown, length: number): boolean {
  return value instanceof Uint8Array && value.length === length;
}
