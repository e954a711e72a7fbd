/** What a vector file holds: names and values, bytes in hexadecimal. */
import { type Bytes, fromHex, toHex } from "../../crypto/bytes.ts";

/** By name: bytes in hexadecimal, texts as they are, numbers in decimal. */
export type Values = Readonly<Record<string, string>>;

/** Collects values in the order in which they are made. */
export class Recorder {
  readonly values: Record<string, string> = {};

  /** Writes a value down and gives it back. Bytes are copied: secrets are wiped after use. */
  put<T extends Bytes | string | number>(name: string, value: T): T {
    if (name in this.values) throw new Error(`vectors: "${name}" was written twice`);
    this.values[name] = value instanceof Uint8Array ? toHex(value) : String(value);
    return value;
  }
}

/** Reads values, and knows which were read. Throws when one is not there. */
export class Vector {
  readonly #values: Values;
  readonly #unread: Set<string>;

  constructor(values: Values) {
    this.#values = values;
    this.#unread = new Set(Object.keys(values));
    if (this.#unread.size === 0) throw new Error("vectors: the file has no values");
  }

  text(name: string): string {
    const value = this.#values[name];
    if (value === undefined) throw new Error(`vectors: there is no "${name}"`);
    this.#unread.delete(name);
    return value;
  }

  bytes(name: string): Bytes {
    return fromHex(this.text(name));
  }

  number(name: string): number {
    return Number(this.text(name));
  }

  /** Names that nobody has asked for. */
  get unread(): string[] {
    return [...this.#unread];
  }
}
