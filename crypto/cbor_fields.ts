import { type Bytes, utf8 } from "./bytes.ts";
import type { CborMap, CborValue } from "./cbor.ts";
import { FormatError } from "./errors.ts";
import { isUserName } from "./names.ts";

/**
 * Takes a decoded CBOR map apart, key by key, each value checked for its type and limit. It ends
 * with {@linkcode CborFields.end}, so that keys nobody asked for are an error. Every method throws
 * FormatError, naming what is read and the key.
 */
export class CborFields {
  readonly #fields: Map<unknown, CborValue>;
  readonly #what: string;

  constructor(value: CborValue, what: string) {
    if (!(value instanceof Map)) throw new FormatError(`The ${what} is not a map.`);
    this.#fields = new Map(value);
    this.#what = what;
  }

  /** An integer from 0 to `max`. */
  uint(key: string, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.#take(key);
    if (typeof value !== "number" || value > max) throw this.#bad(key);
    return value;
  }

  /** The one integer allowed, such as a version. */
  exactly(key: string, expected: number): void {
    if (this.#take(key) !== expected) throw this.#bad(key);
  }

  /** A text of at most `maxBytes` bytes of UTF-8. */
  text(key: string, maxBytes: number): string {
    return this.#text(key, this.#take(key), maxBytes);
  }

  /** A user name in its normal form. */
  userName(key: string): string {
    const value = this.#take(key);
    if (typeof value !== "string" || !isUserName(value)) throw this.#bad(key);
    return value;
  }

  flag(key: string): boolean {
    const value = this.#take(key);
    if (typeof value !== "boolean") throw this.#bad(key);
    return value;
  }

  /** Exactly `length` bytes. */
  bytes(key: string, length: number): Bytes {
    const value = this.#take(key);
    if (!(value instanceof Uint8Array) || value.length !== length) throw this.#bad(key);
    return value;
  }

  /** Any number of bytes up to `max`. */
  bytesUpTo(key: string, max: number): Bytes {
    const value = this.#take(key);
    if (!(value instanceof Uint8Array) || value.length > max) throw this.#bad(key);
    return value;
  }

  /** A nested map, to be taken apart in its turn. */
  fields(key: string): CborFields {
    return new CborFields(this.#take(key), `${this.#what}'s ${key}`);
  }

  /** At most `max` items, each a map that `read` takes apart (and ends). */
  list<T>(key: string, max: number, read: (item: CborFields) => T): T[] {
    return this.#array(key, max).map((item) => {
      const fields = new CborFields(item, `${this.#what}'s ${key}`);
      const value = read(fields);
      fields.end();
      return value;
    });
  }

  /** At most `max` texts of at most `maxBytes` bytes each. */
  texts(key: string, max: number, maxBytes: number): string[] {
    return this.#array(key, max).map((item) => this.#text(key, item, maxBytes));
  }

  /** At most `max` byte strings of exactly `length` bytes. */
  byteStrings(key: string, max: number, length: number): Bytes[] {
    return this.#array(key, max).map((item) => {
      if (!(item instanceof Uint8Array) || item.length !== length) throw this.#bad(key);
      return item;
    });
  }

  /** At most `max` integers. */
  uints(key: string, max: number): number[] {
    return this.#array(key, max).map((item) => {
      if (typeof item !== "number") throw this.#bad(key);
      return item;
    });
  }

  /** A map from user names, at most `max`, to what `read` makes of the value under that key. */
  byUser<T>(
    key: string,
    max: number,
    read: (entries: CborFields, user: string) => T,
  ): Map<string, T> {
    const value = this.#take(key);
    if (!(value instanceof Map) || value.size > max) throw this.#bad(key);
    const entries = new CborFields(value, `${this.#what}'s ${key}`);
    const result = new Map<string, T>();
    for (const user of (value as CborMap).keys()) {
      if (typeof user !== "string" || !isUserName(user)) throw this.#bad(key);
      result.set(user, read(entries, user));
    }
    return result;
  }

  /** A map of at most `max` texts to texts. */
  textMap(
    key: string,
    limits: { max: number; maxKeyBytes: number; maxBytes: number },
  ): Map<string, string> {
    const value = this.#take(key);
    if (!(value instanceof Map) || value.size > limits.max) throw this.#bad(key);
    return new Map(
      [...value].map(([name, text]) => [
        this.#text(key, name, limits.maxKeyBytes),
        this.#text(key, text, limits.maxBytes),
      ]),
    );
  }

  /** Whether there is such a key that was not taken. */
  has(key: string): boolean {
    return this.#fields.has(key);
  }

  /** Takes a null when the value under `key` is one; otherwise takes nothing. */
  takeNull(key: string): boolean {
    if (this.#fields.get(key) !== null) return false;
    return this.#fields.delete(key);
  }

  /** Throws unless every key was taken. */
  end(): void {
    for (const key of this.#fields.keys()) {
      throw new FormatError(`The ${this.#what} has an unknown key "${String(key)}".`);
    }
  }

  #take(key: string): CborValue {
    const value = this.#fields.get(key);
    if (value === undefined) throw new FormatError(`The ${this.#what} has no "${key}".`);
    this.#fields.delete(key);
    return value;
  }

  #array(key: string, max: number): CborValue[] {
    const value = this.#take(key);
    if (!Array.isArray(value) || value.length > max) throw this.#bad(key);
    return value;
  }

  #text(key: string, value: CborValue, maxBytes: number): string {
    if (typeof value !== "string" || longerThan(value, maxBytes)) throw this.#bad(key);
    return value;
  }

  #bad(key: string): FormatError {
    return new FormatError(`The ${this.#what} has a wrong value for "${key}".`);
  }
}

/** Whether a text takes more than `maxBytes` bytes of UTF-8; a UTF-16 unit takes 1 to 3. */
function longerThan(text: string, maxBytes: number): boolean {
  if (text.length > maxBytes) return true;
  return text.length * 3 > maxBytes && utf8(text).length > maxBytes;
}
