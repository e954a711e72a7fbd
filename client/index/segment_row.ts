/** A line of a segment, read where it is: see segment.ts. */

import { type Bytes, fromUtf8, utf8 } from "../../crypto/bytes.ts";
import type { MailKind } from "../../crypto/entry_fields.ts";
import type { Columns } from "./columns.ts";
import { FLAGS, type MailRow } from "./mail_row.ts";
import type { TextTable } from "./text_table.ts";

export const KINDS: readonly MailKind[] = ["mail", "draft", "import"];
/** Bits of the column `flags`, above those of FLAGS. */
export const REPEATED = 1 << 13;
export const OTHER_FLAGS = 1 << 14;
export const REJECTED = 1 << 15;
/** The flags by their bits. */
const FLAG_SETS = Array.from(
  { length: 1 << FLAGS.length },
  (_, bits) => FLAGS.filter((_, bit) => (bits & (1 << bit)) !== 0),
);
const NOWHERE: readonly string[] = [];

/** What the lines of a segment have. */
export interface Table {
  readonly columns: Columns;
  readonly titles: Titles;
  readonly texts: TextTable;
}

/** The titles of all lines, read when the first is asked for. */
export class Titles {
  #titles: string[] | null;
  #json: Bytes | null;

  constructor(titles: Bytes | string[]) {
    this.#titles = Array.isArray(titles) ? titles : null;
    this.#json = Array.isArray(titles) ? null : titles;
  }

  get(line: number): string {
    return this.#read()[line] ?? "";
  }

  set(line: number, title: string): void {
    this.#read()[line] = title;
    this.#json = null;
  }

  pick(lines: readonly number[]): Titles {
    return new Titles(lines.map((line) => this.get(line)));
  }

  encode(lines: readonly number[]): Bytes {
    const isWhole = this.#json !== null && this.#titles === null &&
      lines.every((line, at) => line === at);
    if (isWhole) return this.#json!;
    return utf8(JSON.stringify(lines.map((line) => this.get(line))));
  }

  #read(): string[] {
    return this.#titles ??= titlesIn(this.#json!);
  }
}

/** A line of a segment, read where it is. */
export class SegmentRow implements MailRow {
  constructor(
    readonly index: number,
    readonly line: number,
    readonly table: Table,
  ) {}

  get id(): string {
    return this.table.columns.hex("id", this.line);
  }
  get revision(): number {
    return this.table.columns.number("revision", this.line);
  }
  get when(): number {
    return this.table.columns.float("when", this.line);
  }
  get date(): number {
    return this.table.columns.float("date", this.line);
  }
  get from(): string {
    return this.table.texts.text(this.table.columns.number("from", this.line));
  }
  get to(): readonly string[] {
    return this.table.texts.list(this.table.columns.number("to", this.line));
  }
  get cc(): readonly string[] {
    return this.table.texts.list(this.table.columns.number("cc", this.line));
  }
  get bcc(): readonly string[] {
    return this.table.texts.list(this.table.columns.number("bcc", this.line));
  }
  get title(): string {
    return this.table.titles.get(this.line);
  }
  get size(): number {
    return this.table.columns.float("size", this.line);
  }
  get flags(): readonly string[] {
    const bits = this.table.columns.number("flags", this.line);
    const known = FLAG_SETS[bits & (FLAG_SETS.length - 1)]!;
    if ((bits & OTHER_FLAGS) === 0) return known;
    return [...known, ...this.table.texts.list(this.table.columns.number("otherFlags", this.line))];
  }
  get folder(): string {
    return this.#places[0] ?? "inbox";
  }
  get also(): readonly string[] {
    const places = this.#places;
    return places.length > 1 ? places.slice(1) : NOWHERE;
  }
  get trashedAt(): number | null {
    const at = this.table.columns.float("trashedAt", this.line);
    return at < 0 ? null : at;
  }
  get attachments(): number {
    return this.table.columns.number("attachments", this.line);
  }
  get kind(): MailKind {
    return KINDS[this.table.columns.number("kind", this.line)] ?? "mail";
  }
  get thread(): string {
    return this.table.columns.hex("thread", this.line);
  }
  get own(): string {
    return this.table.columns.hex("own", this.line);
  }
  get contentHash(): string {
    return contentHashAt(this.table.columns, this.line);
  }
  get rejected(): boolean {
    return (this.table.columns.number("flags", this.line) & REJECTED) !== 0;
  }
  get repeated(): boolean {
    return (this.table.columns.number("flags", this.line) & REPEATED) !== 0;
  }

  get #places(): readonly string[] {
    return this.table.texts.list(this.table.columns.number("places", this.line));
  }
}

export function contentHashAt(columns: Columns, line: number): string {
  return columns.number("flags", line) & REJECTED ? "" : columns.hex("hash", line);
}

/** What this user's devices have sealed; what is of another form all the same has no titles. */
function titlesIn(json: Bytes): string[] {
  const titles = parseJson(json);
  if (!Array.isArray(titles)) return [];
  return titles.map((title) => typeof title === "string" ? title : "");
}

/** Undefined when it is none. */
export function parseJson(bytes: Bytes): unknown {
  try {
    return JSON.parse(fromUtf8(bytes));
  } catch {
    return undefined;
  }
}
