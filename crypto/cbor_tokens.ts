/**
 * CBOR items (RFC 8949) one after the other, in the one form in which anything here is written
 * (section 4.2.1 there): shortest integers and lengths, definite lengths, no tags, no floats, no
 * negative integers, no `undefined`, text that is exact UTF-8. cborg's tokenizer does the reading;
 * what it is lenient with is refused here, so that one item has one encoding.
 */

import { Token, Tokenizer, Type } from "cborg";
import { fromUtf8 } from "./bytes.ts";
import { FormatError } from "./errors.ts";

const STRICT = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
};

const ALLOWED: ReadonlySet<Type> = new Set([
  Type.uint,
  Type.string,
  Type.bytes,
  Type.array,
  Type.map,
  Type.true,
  Type.false,
  Type.null,
]);

/** Bytes of an item's head by its low five bits: the length follows in 1, 2, 4 or 8 bytes. */
const LONG_HEAD_BYTES: Readonly<Record<number, number>> = { 24: 2, 25: 3, 26: 5, 27: 9 };

/** First byte of a byte order mark, EF BB BF, which cborg drops at the start of a text. */
const MARK_START = 0xef;
/** What cborg puts where bytes are not UTF-8. */
const REPLACEMENT = "\ufffd";

/** Takes one item after the other from `bytes`. */
export class CborTokens {
  /** All of the bytes, in a plain view. */
  readonly bytes: Uint8Array;
  readonly #tokens: Tokenizer;

  constructor(bytes: Uint8Array) {
    // `slice` of Node's Buffer, which cborg calls, would not copy.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#tokens = new Tokenizer(this.bytes, STRICT);
  }

  /** Where the next item begins. */
  get position(): number {
    return this.#tokens.pos();
  }

  /** Whether everything was taken. */
  get isDone(): boolean {
    return this.#tokens.done();
  }

  /**
   * The next item; of an array or a map, its head alone. A byte string is a copy.
   *
   * @throws {FormatError} when there is none, or it is not in the one form.
   */
  next(): Token {
    if (this.isDone) throw new FormatError("CBOR is cut short.");
    const start = this.position;
    const token = this.#take();
    const { type } = token;
    if (!ALLOWED.has(type)) throw new FormatError(`CBOR type ${type.name} not allowed.`);
    return type === Type.string ? this.#exactText(start, token) : token;
  }

  #take(): Token {
    try {
      return this.#tokens.next();
    } catch (cause) {
      throw new FormatError("CBOR is not in its one form.", { cause });
    }
  }

  /** The text that begins at `start`, with what cborg drops or puts into it undone or refused. */
  #exactText(start: number, token: Token): Token {
    const { bytes } = this;
    const from = start + (LONG_HEAD_BYTES[bytes[start]! & 31] ?? 1);
    if (bytes[from] !== MARK_START && !(token.value as string).includes(REPLACEMENT)) return token;
    return new Token(
      token.type,
      fromUtf8(bytes.subarray(from, this.position)),
      token.encodedLength,
    );
  }
}
