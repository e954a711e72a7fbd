import { aesGcmSeal, TAG_BYTES } from "./aead.ts";
import { type Bytes, concat, EMPTY, utf8 } from "./bytes.ts";
import { TruncationError } from "./errors.ts";
import {
  paddedContentLength,
  RECORD_CONTENT_BYTES,
  RECORD_ERROR_CODE_BYTES,
  RECORD_KEY_LIFETIME_MS,
  RECORDS_PER_KEY,
  RecordType,
} from "./record.ts";
import { RecordKeys } from "./record_keys.ts";
import type { Clock } from "./tick.ts";

export interface RecordSealerOptions {
  clock: Pick<Clock, "now">;
  /** Both ends must agree on it; tests make it small. */
  recordsPerKey?: number;
}

/**
 * The sending half of the record layer (layout: record.ts). Calls may overlap: counters are given
 * out at once, in the order of the calls, and the promises are fulfilled in that order too, so
 * whoever writes each result as it comes writes them in order.
 */
export class RecordSealer {
  readonly #keys: RecordKeys;
  readonly #clock: Pick<Clock, "now">;
  readonly #recordsPerKey: number;
  #counter = 0;
  #keySinceMs: number;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param secret 64 bytes, this direction's of TrafficSecrets; copied */
  constructor(secret: Bytes, { clock, recordsPerKey = RECORDS_PER_KEY }: RecordSealerOptions) {
    if (recordsPerKey < 2) throw new RangeError("A key must last for two records at least");
    this.#keys = new RecordKeys(secret, recordsPerKey);
    this.#clock = clock;
    this.#recordsPerKey = recordsPerKey;
    this.#keySinceMs = clock.now();
  }

  /** Seals one message of any length, which is copied: bytes for the wire. */
  message(message: Bytes): Promise<Bytes> {
    this.#assertOpen();
    const parts: Promise<Bytes>[] = [];
    let at = 0;
    for (; message.length - at > RECORD_CONTENT_BYTES; at += RECORD_CONTENT_BYTES) {
      const content = message.subarray(at, at + RECORD_CONTENT_BYTES);
      this.#append(parts, RecordType.DATA, content);
    }
    this.#append(parts, RecordType.DATA_END, message.subarray(at));
    return this.#inOrder(parts);
  }

  /** Seals the end of this direction. Nothing can be sealed after it. */
  close(): Promise<Bytes> {
    return this.#finish(RecordType.CLOSE, EMPTY);
  }

  /** Seals the reason for giving up, a short code. Nothing can be sealed after it. */
  error(code: string): Promise<Bytes> {
    const content = utf8(code);
    if (content.length > RECORD_ERROR_CODE_BYTES) throw new RangeError("The code is too long");
    return this.#finish(RecordType.ERROR, content);
  }

  #finish(type: RecordType, content: Bytes): Promise<Bytes> {
    this.#assertOpen();
    const parts: Promise<Bytes>[] = [];
    this.#append(parts, type, content);
    this.#closed = true;
    this.#keys.wipe();
    return this.#inOrder(parts);
  }

  /** Adds a record, and before it a key update when this key has served its time. */
  #append(parts: Promise<Bytes>[], type: RecordType, content: Bytes): void {
    const nowMs = this.#clock.now();
    // The last counter of a key is kept for the update itself.
    const usedUp = this.#counter >= this.#recordsPerKey - 1 ||
      nowMs - this.#keySinceMs >= RECORD_KEY_LIFETIME_MS;
    if (usedUp) {
      parts.push(...this.#seal(RecordType.KEY_UPDATE, EMPTY));
      this.#keys.update();
      this.#counter = 0;
      this.#keySinceMs = nowMs;
    }
    parts.push(...this.#seal(type, content));
  }

  /** One record: its two length bytes and its ciphertext. */
  #seal(type: RecordType, content: Bytes): [Promise<Bytes>, Promise<Bytes>] {
    const inner = new Uint8Array(paddedContentLength(content.length) + 1);
    inner.set(content);
    inner[content.length] = type;
    const length = inner.length + TAG_BYTES;
    const header = Uint8Array.of(length >>> 8, length);
    const nonce = this.#keys.nonce(this.#counter++);
    const sealed = this.#keys.key.then((key) => aesGcmSeal(key, nonce, inner, header));
    return [Promise.resolve(header), sealed];
  }

  #inOrder(parts: Promise<Bytes>[]): Promise<Bytes> {
    const before = this.#last;
    const sealed = Promise.all(parts);
    const joined = before.then(async () => concat(...await sealed));
    this.#last = joined;
    return joined;
  }

  #assertOpen(): void {
    if (this.#closed) throw new TruncationError();
  }
}
