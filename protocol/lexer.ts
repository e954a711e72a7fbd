/**
 * The strict reader under the schemas: CBOR items, each of the type that is asked for, without maps.
 * Whatever it accepts, `encode` of the same value gives back byte for byte.
 */
import { type Token, Type } from "cborg";
import type { Bytes } from "../crypto/bytes.ts";
import { CborTokens } from "../crypto/cbor_tokens.ts";
import { CodecError } from "./codec_error.ts";

const CBOR_NULL = 0xf6;

/** Takes one CBOR item after the other from `bytes`; every method throws {@link CodecError}. */
export class Lexer {
  readonly #tokens: CborTokens;

  constructor(bytes: Uint8Array) {
    this.#tokens = new CborTokens(bytes);
  }

  /** An unsigned integer up to 2^53 - 1. */
  uint(): number {
    return this.#next(Type.uint).value as number;
  }

  /** A byte string, as a copy. */
  bytes(): Bytes {
    return this.#next(Type.bytes).value as Bytes;
  }

  /** A text string. A byte order mark is a character like any other. */
  text(): string {
    return this.#next(Type.string).value as string;
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
    if (this.#tokens.bytes[this.#tokens.position] !== CBOR_NULL) return false;
    this.#take();
    return true;
  }

  /** Throws unless everything was taken. */
  end(): void {
    if (!this.#tokens.isDone) throw new CodecError("bytes after the end of the message");
  }

  #next(type: Type): Token {
    const token = this.#take();
    if (token.type !== type) throw expected(type.name, token.type);
    return token;
  }

  #take(): Token {
    if (this.#tokens.isDone) throw new CodecError("message cut short");
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
