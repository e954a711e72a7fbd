/**
 * The key schedule of one direction of the record layer.
 *
 * ```
 * key = HKDF(secret, "key", 32)   iv = HKDF(secret, "iv", 12)   secret' = HKDF(secret, "rekey", 64)
 * ```
 *
 * Invariants: a counter is used once under its key; a new key sets it back to zero; the secret
 * before it is wiped, so that what was sent earlier stays closed.
 *
 * Bytes: docs/protocol.md, 6.
 */

import { aesGcmKey } from "./aead.ts";
import { type Bytes, wipe } from "./bytes.ts";
import { TruncationError } from "./errors.ts";
import { hkdf } from "./kdf.ts";
import { labelled, RECORD_IV, RECORD_KEY, RECORD_REKEY } from "./labels.ts";

const SECRET_BYTES = 64;

/** The current key of one direction. */
export class RecordKeys {
  #secret: Bytes;
  #key: Promise<CryptoKey>;
  #iv: Bytes;
  #wiped = false;
  readonly #recordsPerKey: number;

  /**
   * @param secret 64 bytes, from TrafficSecrets; copied
   * @param recordsPerKey a counter that reaches it would be reused: TruncationError
   */
  constructor(secret: Bytes, recordsPerKey: number) {
    if (secret.length !== SECRET_BYTES) throw new RangeError("A traffic secret has 64 bytes");
    if (recordsPerKey > 2 ** 32) throw new RangeError("A counter must stay below 2^32");
    this.#recordsPerKey = recordsPerKey;
    this.#secret = secret.slice();
    ({ key: this.#key, iv: this.#iv } = derive(this.#secret));
  }

  /** The key in use. */
  get key(): Promise<CryptoKey> {
    return this.#key;
  }

  /** `iv XOR u64 counter`. Throws TruncationError when the counter is used up. */
  nonce(counter: number): Bytes {
    if (this.#wiped || counter >= this.#recordsPerKey) throw new TruncationError();
    const nonce = this.#iv.slice();
    const view = new DataView(nonce.buffer);
    // A counter stays below 2^32, so it reaches the last four bytes only.
    view.setUint32(8, (view.getUint32(8) ^ counter) >>> 0);
    return nonce;
  }

  /** Goes to the next key; the caller starts counting at zero. */
  update(): void {
    const next = hkdf(this.#secret, labelled(RECORD_REKEY), SECRET_BYTES);
    wipe(this.#secret, this.#iv);
    this.#secret = next;
    ({ key: this.#key, iv: this.#iv } = derive(next));
  }

  /** Ends this direction: no nonce is given out any more. */
  wipe(): void {
    this.#wiped = true;
    wipe(this.#secret, this.#iv);
  }
}

function derive(secret: Bytes): { key: Promise<CryptoKey>; iv: Bytes } {
  const raw = hkdf(secret, labelled(RECORD_KEY), 32);
  const key = aesGcmKey(raw);
  wipe(raw); // Web Crypto has copied it when importKey returns its promise.
  return { key, iv: hkdf(secret, labelled(RECORD_IV), 12) };
}
