/**
 * The strict reader under the schemas: cborg's tokenizer, held to the one form in which this
 * protocol writes CBOR (RFC 8949, section 4.2.1): shortest integers and lengths, definite lengths,
 * no tags, no maps, no floats, text that is exact UTF-8. Whatever it accepts, `encode` of the same
 * value gives back byte for byte.
 */
import { Tokenizer, Type } from "cborg";
import type { Token } from "cborg";
import type { Bytes } from "../crypto/bytes.ts";
import { fromUtf8 } from "../crypto/bytes.ts";
import { CodecError } from "./codec_error.ts";

const STRICT = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  retainStringBytes: true,
};

const CBOR_NULL = 0xf6;

/** Takes one CBOR item after the other from `bytes`; every method throws {@link CodecError}. */
export class Lexer {
  readonly #bytes: Uint8Array;
  readonly #tokens: Tokenizer;

  constructor(bytes: Uint8Array) {
    // A plain view: `slice` of Node's Buffer, which cborg calls, would not copy.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#tokens = new Tokenizer(this.#bytes, STRICT);
  }

  /** An unsigned integer up to 2^53 - 1. */
  uint(): number {
    const value: unknown = this.#next(Type.uint).value;
    if (typeof value !== "number") throw new CodecError("integer over 2^53 - 1");
    return value;
  }

  /** A byte string, as a copy. */
  bytes(): Bytes {
    return this.#next(Type.bytes).value as Bytes;
  }

  /** A text string. A byte order mark is a character like any other. */
  text(): string {
    const { byteValue } = this.#next(Type.string);
    try {
      return fromUtf8(byteValue as Bytes);
    } catch (cause) {
      throw new CodecError("text is not UTF-8", { cause });
    }
  }

  boolean(): boolean {
    const { type } = this.#take();
    if (type !== Type.true && type !== Type.false) throw expected("boolean", type);
    return type === Type.true;
  }

  /** The head of an array: how many items follow. */
  array(): number {
    return this.#next(Type.array).value as number;
  }

  /** Takes a null when one is next; otherwise takes nothing. */
  takeNull(): boolean {
    if (this.#bytes[this.#tokens.pos()] !== CBOR_NULL) return false;
    this.#take();
    return true;
  }

  /** Throws unless everything was taken. */
  end(): void {
    if (!this.#tokens.done()) throw new CodecError("bytes after the end of the message");
  }

  #next(type: Type): Token {
    const token = this.#take();
    if (token.type !== type) throw expected(type.name, token.type);
    return token;
  }

  #take(): Token {
    if (this.#tokens.done()) throw new CodecError("message cut short");
    try {
      return this.#tokens.next();
    } catch (cause) {
      throw new CodecError("not canonical CBOR", { cause });
    }
  }
}

function expected(wanted: string, found: Type): CodecError {
  return new CodecError(`expected ${wanted}, found ${found.name}`);
}
