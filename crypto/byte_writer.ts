import { FormatError } from "./errors.ts";

/**
 * Builds a binary layout field by field. Integers are big-endian; one that does not fit its field
 * throws FormatError, so that a layout can never silently lose bits.
 */
export class ByteWriter {
  #buffer: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(expectedLength = 256) {
    this.#buffer = new Uint8Array(expectedLength);
    this.#view = new DataView(this.#buffer.buffer);
  }

  u8(value: number): this {
    return this.#uint(value, 1);
  }

  u16(value: number): this {
    return this.#uint(value, 2);
  }

  u24(value: number): this {
    return this.#uint(value, 3);
  }

  u32(value: number): this {
    return this.#uint(value, 4);
  }

  u64(value: number | bigint): this {
    if (typeof value === "number" && !Number.isSafeInteger(value)) {
      throw new FormatError(`Number ${value} does not fit 8 bytes.`);
    }
    const integer = BigInt(value);
    if (integer < 0n || integer >= 1n << 64n) {
      throw new FormatError(`Number ${integer} does not fit 8 bytes.`);
    }
    const at = this.#reserve(8);
    this.#view.setBigUint64(at, integer);
    return this;
  }

  /** Bytes as they are, without a length. */
  bytes(value: Uint8Array): this {
    const at = this.#reserve(value.length);
    this.#buffer.set(value, at);
    return this;
  }

  /** u8 length, then the bytes. Throws FormatError above 255 bytes. */
  lp8(value: Uint8Array): this {
    return this.u8(value.length).bytes(value);
  }

  /** `length` zero bytes. */
  zeros(length: number): this {
    this.#buffer.fill(0, this.#reserve(length), this.#length);
    return this;
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  /** What was written, in a buffer of its own. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(0, this.#length);
  }

  #uint(value: number, width: 1 | 2 | 3 | 4): this {
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** (8 * width)) {
      throw new FormatError(`Number ${value} does not fit ${width} byte(s).`);
    }
    const at = this.#reserve(width);
    for (let i = 0; i < width; i++) this.#buffer[at + i] = value >>> (8 * (width - 1 - i));
    return this;
  }

  /** Makes room for `count` more bytes and returns where they begin. */
  #reserve(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#buffer.length * 2));
      grown.set(this.#buffer.subarray(0, at));
      this.#buffer = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}
