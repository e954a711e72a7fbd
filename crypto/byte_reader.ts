import { FormatError } from "./errors.ts";

/**
 * Parses a binary layout field by field, each length checked before it is read. Integers are
 * big-endian. Every method throws FormatError, naming `what` is parsed, when the bytes run out;
 * a parser ends with {@linkcode ByteReader.end}, so that trailing bytes are an error too.
 */
export class ByteReader {
  readonly #source: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #at = 0;

  constructor(source: Uint8Array, what: string) {
    this.#source = source;
    this.#view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    this.#what = what;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u24(): number {
    const at = this.#take(3);
    return (this.#view.getUint8(at) << 16) | this.#view.getUint16(at + 1);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  /** A u64 that must be a safe integer, such as a time in ms. */
  safeU64(): number {
    const value = this.u64();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new FormatError(`The ${this.#what} has a number out of range.`);
    }
    return Number(value);
  }

  /** The next `length` bytes, copied. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    const at = this.#take(length);
    return new Uint8Array(this.#source.subarray(at, at + length));
  }

  /** u8 length, then that many bytes, copied. */
  lp8(): Uint8Array<ArrayBuffer> {
    return this.bytes(this.u8());
  }

  /** All bytes that are left, copied. */
  rest(): Uint8Array<ArrayBuffer> {
    return this.bytes(this.remaining);
  }

  /** The next `length` bytes, which must be zero. */
  zeros(length: number): void {
    const at = this.#take(length);
    if (this.#source.subarray(at, at + length).some((byte) => byte !== 0)) {
      throw new FormatError(`The ${this.#what} has padding that is not zero.`);
    }
  }

  /** How many bytes have not been read. */
  get remaining(): number {
    return this.#source.length - this.#at;
  }

  /** Ends the parsing: bytes that are left over throw FormatError. */
  end(): void {
    if (this.remaining !== 0) {
      throw new FormatError(`The ${this.#what} has ${this.remaining} byte(s) too many.`);
    }
  }

  #take(count: number): number {
    if (count > this.remaining) throw new FormatError(`The ${this.#what} is too short.`);
    const at = this.#at;
    this.#at += count;
    return at;
  }
}
