/**
 * Schemas of messages: what a value may be, how it is packed into CBOR and read from it.
 * A schema is strict in both directions: values are refused for a wrong type, a broken limit, an
 * unknown key, a number that is not a safe unsigned integer, text with lone surrogates, or bytes
 * over a shared or resizable buffer (someone else could still change those).
 */
import type { Bytes } from "../crypto/bytes.ts";
import { CodecError } from "./codec_error.ts";
import type { Lexer } from "./lexer.ts";

/** See the head of this file. All three throw {@link CodecError} and nothing else. */
export interface Schema<T> {
  /** The value, checked; objects and arrays are fresh, byte arrays are the same. */
  check(value: unknown): T;
  /** A checked value as what cborg encodes. */
  pack(value: T): unknown;
  /** The next value of `lexer`, checked. */
  read(lexer: Lexer): T;
}

/** The type of a schema's values. */
export type Infer<S> = S extends Schema<infer T> ? T : never;

/** An unsigned integer, `min` (0) to `max` (2^53 - 1). */
export function uint(limits: { min?: number; max?: number } = {}): Schema<number> {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = limits;
  function check(value: unknown): number {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      throw new CodecError("not an integer");
    }
    const number = value as number;
    if (number < min || number > max) throw new CodecError(`not between ${min} and ${max}`);
    return number;
  }
  return { check, pack: (value) => value, read: (lexer) => check(lexer.uint()) };
}

export const boolean: Schema<boolean> = {
  check(value) {
    if (typeof value !== "boolean") throw new CodecError("not a boolean");
    return value;
  },
  pack: (value) => value,
  read: (lexer) => lexer.boolean(),
};

/** Bytes, `min` to `max` of them. */
export function bytes(limits: { min?: number; max: number }): Schema<Bytes> {
  const { min = 0, max } = limits;
  function check(value: unknown): Bytes {
    if (!(value instanceof Uint8Array)) throw new CodecError("not bytes");
    const buffer = value.buffer;
    if (!(buffer instanceof ArrayBuffer) || buffer.resizable) {
      throw new CodecError("bytes over a buffer that may change");
    }
    if (value.length < min || value.length > max) {
      throw new CodecError(`${value.length} bytes where ${range(min, max)} may be`);
    }
    return value as Bytes;
  }
  return { check, pack: (value) => value, read: (lexer) => check(lexer.bytes()) };
}

/** Exactly `length` bytes. */
export function fixedBytes(length: number): Schema<Bytes> {
  return bytes({ min: length, max: length });
}

const utf8 = new TextEncoder();

/** Text of `min` to `max` bytes of UTF-8 for which `accepts` does not say no. */
export function text(
  limits: { min?: number; max: number; accepts?: (text: string) => boolean },
): Schema<string> {
  const { min = 0, max, accepts } = limits;
  function check(value: unknown): string {
    if (typeof value !== "string") throw new CodecError("not text");
    // A character is at least one byte: this keeps huge texts away from the encoder.
    if (value.length > max) throw new CodecError(`text longer than ${max} bytes`);
    if (!value.isWellFormed()) throw new CodecError("text with a lone surrogate");
    const length = utf8.encode(value).length;
    if (length < min || length > max) {
      throw new CodecError(`text of ${length} bytes where ${range(min, max)} may be`);
    }
    if (accepts?.(value) === false) throw new CodecError("text that is not allowed here");
    return value;
  }
  return { check, pack: (value) => value, read: (lexer) => check(lexer.text()) };
}

/** One of a few words. */
export function oneOf<const W extends string>(...words: W[]): Schema<W> {
  const known = new Set<unknown>(words);
  function check(value: unknown): W {
    if (!known.has(value)) throw new CodecError(`not one of ${words.join(", ")}`);
    return value as W;
  }
  return { check, pack: (value) => value, read: (lexer) => check(lexer.text()) };
}

/** What `inner` allows, or null. */
export function nullable<T>(inner: Schema<T>): Schema<T | null> {
  return {
    check: (value) => value === null ? null : inner.check(value),
    pack: (value) => value === null ? null : inner.pack(value),
    read: (lexer) => lexer.takeNull() ? null : inner.read(lexer),
  };
}

/** `min` to `max` items; the number is checked before the first item is looked at. */
export function list<T>(item: Schema<T>, limits: { min?: number; max: number }): Schema<T[]> {
  const { min = 0, max } = limits;
  function checkLength(length: number): number {
    if (length < min || length > max) {
      throw new CodecError(`${length} items where ${range(min, max)} may be`);
    }
    return length;
  }
  function build(length: number, take: (at: number) => T): T[] {
    const items: T[] = [];
    try {
      while (items.length < length) items.push(take(items.length));
    } catch (error) {
      throw within(`[${items.length}]`, error);
    }
    return items;
  }
  return {
    check(value) {
      if (!Array.isArray(value)) throw new CodecError("not a list");
      return build(checkLength(value.length), (at) => item.check(value[at]));
    },
    pack: (value) => value.map((each) => item.pack(each)),
    read: (lexer) => build(checkLength(lexer.array()), () => item.read(lexer)),
  };
}

/** An object with exactly these fields. On the wire: the array of their values, in this order. */
export function struct<F extends Record<string, unknown>>(
  fields: { [K in keyof F]: Schema<F[K]> },
): Schema<F> {
  const schemas: [string, Schema<unknown>][] = Object.entries(fields);
  function build(take: (name: string, schema: Schema<unknown>) => unknown): F {
    const object: Record<string, unknown> = {};
    for (const [name, schema] of schemas) {
      try {
        object[name] = take(name, schema);
      } catch (error) {
        throw within(name, error);
      }
    }
    return object as F;
  }
  return {
    check(value) {
      const source = asRecord(value);
      if (Object.keys(source).length !== schemas.length) throw new CodecError("wrong fields");
      return build((name, schema) => {
        if (!Object.hasOwn(source, name)) throw new CodecError("missing");
        return schema.check(source[name]);
      });
    },
    pack: (value) => schemas.map(([name, schema]) => schema.pack(value[name])),
    read(lexer) {
      const length = lexer.array();
      if (length !== schemas.length) throw new CodecError(`${length} fields of ${schemas.length}`);
      return build((_, schema) => schema.read(lexer));
    },
  };
}

/** An object without fields. */
export const empty: Schema<Record<string, never>> = struct<Record<string, never>>({});

function asRecord(value: unknown): Record<string, unknown> {
  const prototype = typeof value === "object" && value !== null
    ? Object.getPrototypeOf(value)
    : undefined;
  if (prototype !== Object.prototype && prototype !== null) throw new CodecError("not an object");
  return value as Record<string, unknown>;
}

/** The error, with the place where it was found in front. */
function within(place: string, error: unknown): unknown {
  if (!(error instanceof CodecError)) return error;
  return new CodecError(`${place}: ${error.message}`, { cause: error.cause });
}

function range(min: number, max: number): string {
  return min === max ? `${max}` : `${min} to ${max}`;
}
