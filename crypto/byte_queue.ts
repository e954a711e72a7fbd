import type { Bytes } from "./bytes.ts";

const FIRST_CAPACITY = 4096;

/**
 * Bytes that came in pieces of any size and leave in pieces of the size their reader wants. Every
 * byte is moved a constant number of times on average, however small the pieces are.
 */
export class ByteQueue {
  #buffer: Bytes = new Uint8Array(FIRST_CAPACITY);
  #start = 0;
  #end = 0;

  /** How many bytes are waiting. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** Appends a copy, so the caller may use its buffer again at once. */
  push(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#buffer.length) this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** The first `count` bytes, removed and in a buffer of their own. The caller checks `length`. */
  take(count: number): Bytes {
    const taken = this.peek(count).slice();
    this.#start += count;
    if (this.#start === this.#end) this.#start = this.#end = 0;
    return taken;
  }

  /** A view of the first `count` bytes, valid until the next push or take. */
  peek(count: number): Bytes {
    if (count > this.length) throw new RangeError("ByteQueue: fewer bytes are waiting");
    return this.#buffer.subarray(this.#start, this.#start + count);
  }

  #makeRoom(count: number): void {
    const needed = this.length + count;
    const waiting = this.#buffer.subarray(this.#start, this.#end);
    // Moving to the front costs `length`, so it is done only when it frees at least as much.
    const target = needed * 2 <= this.#buffer.length
      ? this.#buffer
      : new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    target.set(waiting);
    this.#end = this.length;
    this.#start = 0;
    this.#buffer = target;
  }
}
