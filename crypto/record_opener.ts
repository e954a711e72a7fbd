import { aesGcmOpen } from "./aead.ts";
import { ByteQueue } from "./byte_queue.ts";
import { type Bytes, concat, fromUtf8, release } from "./bytes.ts";
import { TruncationError } from "./errors.ts";
import {
  isRecordLength,
  RECORD_CONTENT_BYTES,
  RECORD_ERROR_CODE_BYTES,
  RECORD_HEADER_BYTES,
  type RecordEvent,
  RECORDS_PER_KEY,
  RecordType,
} from "./record.ts";
import { RecordKeys } from "./record_keys.ts";

export interface RecordOpenerOptions {
  /** A peer that sends a longer message is cut off. */
  maxMessageBytes: number;
  /** Both ends must agree on it; tests make it small. */
  recordsPerKey?: number;
}

interface SealedRecord {
  header: Bytes;
  ciphertext: Bytes;
}

/**
 * The receiving half of the record layer (layout: record.ts). A record that was changed, repeated,
 * left out, moved or sent back to its sender fails its tag, and a failure is final: TruncationError,
 * then and at every later call. Calls of `push` may overlap.
 */
export class RecordOpener {
  readonly #keys: RecordKeys;
  readonly #maxMessageBytes: number;
  readonly #waiting = new ByteQueue();
  #counter = 0;
  #last: Promise<unknown> = Promise.resolve();
  #parts: Bytes[] = [];
  #partsLength = 0;
  #state: "open" | "closed" | "failed" = "open";

  /** @param secret 64 bytes, this direction's of TrafficSecrets; copied */
  constructor(
    secret: Bytes,
    { maxMessageBytes, recordsPerKey = RECORDS_PER_KEY }: RecordOpenerOptions,
  ) {
    this.#keys = new RecordKeys(secret, recordsPerKey);
    this.#maxMessageBytes = maxMessageBytes;
  }

  /**
   * Takes bytes from the wire, copied, of any length; gives what became complete with them.
   * Rejects with TruncationError; events of the same call are then lost, which is what a peer that
   * breaks off must be ready for anyway.
   */
  push(bytes: Uint8Array): Promise<RecordEvent[]> {
    this.#waiting.push(bytes);
    const events = this.#last.then(() => this.#drain());
    this.#last = events.catch(() => {});
    return events;
  }

  /** The connection has ended. Throws TruncationError unless the peer had said that it would. */
  end(): void {
    if (this.#state !== "closed") this.#fail();
  }

  async #drain(): Promise<RecordEvent[]> {
    if (this.#state === "failed") throw new TruncationError();
    const events: RecordEvent[] = [];
    try {
      await this.#openAll(this.#takeRecords(), events);
      if (this.#state === "closed" && this.#waiting.length > 0) throw new TruncationError();
    } catch {
      this.#fail();
    }
    return events;
  }

  /** All complete records that are waiting, each length checked before anything is decrypted. */
  #takeRecords(): SealedRecord[] {
    const records: SealedRecord[] = [];
    while (this.#waiting.length >= RECORD_HEADER_BYTES) {
      const [high, low] = this.#waiting.peek(RECORD_HEADER_BYTES);
      const length = high! << 8 | low!;
      if (!isRecordLength(length)) throw new TruncationError();
      if (this.#waiting.length < RECORD_HEADER_BYTES + length) break;
      const header = this.#waiting.take(RECORD_HEADER_BYTES);
      records.push({ header, ciphertext: this.#waiting.take(length) });
    }
    return records;
  }

  /**
   * Opens records in order, all at once as long as none of them is a key update. The records after
   * one were tried with the wrong key; they are tried again, from then on one at a time, so that a
   * peer cannot make us try many records many times.
   */
  async #openAll(records: SealedRecord[], events: RecordEvent[]): Promise<void> {
    let done = 0;
    let atOnce = records.length;
    while (done < records.length) {
      const batch = records.slice(done, done + atOnce);
      const opened = await Promise.allSettled(batch.map((record, i) => this.#open(record, i)));
      for (const result of opened) {
        if (result.status === "rejected") throw new TruncationError();
        release(records[done]!.ciphertext);
        done++;
        this.#counter++;
        if (this.#accept(result.value, events) === RecordType.KEY_UPDATE) {
          this.#keys.update();
          this.#counter = 0;
          atOnce = 1;
          break;
        }
      }
    }
  }

  async #open(record: SealedRecord, ahead: number): Promise<Bytes> {
    const nonce = this.#keys.nonce(this.#counter + ahead);
    return await aesGcmOpen(await this.#keys.key, nonce, record.ciphertext, record.header);
  }

  /** Takes the content out of a record and acts on it. Returns the type. */
  #accept(inner: Bytes, events: RecordEvent[]): number {
    if (this.#state !== "open") throw new TruncationError();
    let end = inner.length - 1;
    while (end > 0 && inner[end] === 0) end--;
    const type = inner[end]!;
    const content = inner.subarray(0, end);
    switch (type) {
      case RecordType.DATA:
        if (content.length !== RECORD_CONTENT_BYTES) throw new TruncationError();
        this.#addPart(content);
        break;
      case RecordType.DATA_END:
        this.#addPart(content);
        events.push({ type: "message", bytes: concat(...this.#parts) });
        for (const part of this.#parts) release(part);
        this.#parts = [];
        this.#partsLength = 0;
        break;
      case RecordType.KEY_UPDATE:
        if (content.length !== 0) throw new TruncationError();
        break;
      case RecordType.CLOSE:
        if (content.length !== 0 || this.#parts.length !== 0) throw new TruncationError();
        events.push({ type: "close" });
        this.#close();
        break;
      case RecordType.ERROR:
        if (content.length > RECORD_ERROR_CODE_BYTES) throw new TruncationError();
        events.push({ type: "error", code: fromUtf8(content) });
        this.#close();
        break;
      default:
        throw new TruncationError();
    }
    return type;
  }

  #addPart(content: Bytes): void {
    this.#partsLength += content.length;
    if (this.#partsLength > this.#maxMessageBytes) throw new TruncationError();
    this.#parts.push(content);
  }

  #close(): void {
    this.#state = "closed";
    this.#parts = [];
    this.#keys.wipe();
  }

  #fail(): never {
    this.#state = "failed";
    this.#parts = [];
    this.#keys.wipe();
    throw new TruncationError();
  }
}
