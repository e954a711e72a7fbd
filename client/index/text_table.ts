/** Texts and lists of texts that repeat, each kept once and named by a number. */

import type { CborMap, CborValue } from "../../crypto/cbor.ts";
import { FormatError } from "../../crypto/errors.ts";

export class TextTable {
  readonly #texts: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #lists: (readonly string[])[] = [];
  /** By the numbers of the texts, joined. */
  readonly #listNumbers = new Map<string, number>();

  constructor() {
    this.add([]);
  }

  /** The number of a list; that of the empty list is 0. */
  add(list: readonly string[]): number {
    const key = list.map((text) => this.#numberOf(text)).join();
    const known = this.#listNumbers.get(key);
    if (known !== undefined) return known;
    const number = this.#lists.push(list.map((text) => this.#texts[this.#numberOf(text)]!)) - 1;
    this.#listNumbers.set(key, number);
    return number;
  }

  list(number: number): readonly string[] {
    return this.#lists[number] ?? [];
  }

  encode(): [string, CborValue][] {
    const lists = this.#lists.map((list) => list.map((text) => this.#numberOf(text)));
    return [["texts", [...this.#texts]], ["lists", lists]];
  }

  /** @throws {FormatError} */
  static decode(map: CborMap): TextTable {
    const [texts, lists] = [map.get("texts"), map.get("lists")];
    if (!Array.isArray(texts) || !Array.isArray(lists)) throw malformed();
    const table = new TextTable();
    for (const list of lists) {
      if (!Array.isArray(list)) throw malformed();
      table.add(list.map((number) => {
        const text = typeof number === "number" ? texts[number] : undefined;
        if (typeof text !== "string") throw malformed();
        return text;
      }));
    }
    if (table.#lists.length !== lists.length) throw malformed();
    return table;
  }

  #numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#texts.push(text) - 1;
    this.#numbers.set(text, number);
    return number;
  }
}

function malformed(): FormatError {
  return new FormatError("The mail index is not of this form.");
}
