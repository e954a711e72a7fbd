/** Texts that repeat, and lists of them, each kept once and named by a number. */

import { malformedIndex } from "./malformed.ts";

/** What a table consists of, as JSON keeps it. */
export type TextTableParts = readonly [texts: string[], lists: number[][]];

export class TextTable {
  readonly #texts: string[] = [];
  /** Lists by the numbers of their texts. */
  readonly #lists: number[][] = [];
  /** Lists that have been asked for. */
  readonly #listed: (readonly string[])[] = [];
  /** Numbers of the texts; made when the first text is added. */
  #textNumbers: Map<string, number> | null = null;
  /** By the numbers of the texts, joined. */
  #listNumbers: Map<string, number> | null = null;

  constructor(texts: string[] = [], lists: number[][] = [[]]) {
    this.#texts = texts;
    this.#lists = lists;
  }

  /** The number of a text. */
  add(text: string): number {
    const numbers = this.#textNumbers ??= new Map(this.#texts.map((known, i) => [known, i]));
    const known = numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#texts.push(text) - 1;
    numbers.set(text, number);
    return number;
  }

  /** The number of a list; that of the empty list is 0. */
  addList(list: readonly string[]): number {
    const numbers = this.#listNumbers ??= new Map(this.#lists.map((known, i) => [known.join(), i]));
    const texts = list.map((text) => this.add(text));
    const key = texts.join();
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#lists.push(texts) - 1;
    numbers.set(key, number);
    return number;
  }

  text(number: number): string {
    return this.#texts[number] ?? "";
  }

  list(number: number): readonly string[] {
    return this.#listed[number] ??= (this.#lists[number] ?? []).map((text) => this.#texts[text]!);
  }

  get parts(): TextTableParts {
    return [this.#texts, this.#lists];
  }

  /** @throws {FormatError} for anything but `parts`. */
  static of(parts: unknown): TextTable {
    if (!Array.isArray(parts) || parts.length !== 2) throw malformedIndex();
    const [texts, lists]: unknown[] = parts;
    if (!isListOf(texts, "string") || !Array.isArray(lists)) throw malformedIndex();
    for (const list of lists) {
      if (!isListOf(list, "number")) throw malformedIndex();
      if (list.some((number) => texts[number] === undefined)) throw malformedIndex();
    }
    return new TextTable(texts, lists);
  }
}

function isListOf(value: unknown, type: "string"): value is string[];
function isListOf(value: unknown, type: "number"): value is number[];
function isListOf(value: unknown, type: string): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === type);
}
