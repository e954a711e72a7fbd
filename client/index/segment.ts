/**
 * A segment of the mail index: the lines of 4096 consecutive mailbox indexes, as columns. What has
 * one width is in typed arrays; texts that repeat (people, folders) are kept once. 100,000 mails
 * take about 20 MB so, where an object each would take hundreds.
 *
 * Stored as CBOR (docs/protocol.md, 1.6): `{v: 2, titles: text, texts: [text], lists: [[number]],
 * …columns: bytes}`, up to the last mail there is. The titles are a JSON list of texts and nulls, which
 * is read in a fraction of the time. Columns have a mail after the other, numbers little-endian. A
 * list of texts is the numbers of its texts, and columns have its number.
 */

import { type Bytes, toHex } from "../../crypto/bytes.ts";
import { type CborMap, type CborValue, decodeCbor, encodeCbor } from "../../crypto/cbor.ts";
import type { MailKind } from "../../crypto/entry_fields.ts";
import { FormatError } from "../../crypto/errors.ts";
import { FLAGS, type MailRow } from "./mail_row.ts";
import { TextTable } from "./text_table.ts";

/** Mailbox indexes in one segment. */
export const SEGMENT_MAILS = 4096;

const VERSION = 2;
const ID_BYTES = 16;
const ID_WORDS = ID_BYTES / 4;
const HASH_BYTES = 8;
const KINDS: readonly MailKind[] = ["mail", "draft", "import"];
const OTHER_FLAGS = 1 << 14;
const REJECTED = 1 << 15;

/** The columns of one width, by name: how many bytes a mail has in each. */
const WIDTHS = {
  revision: 4,
  when: 8,
  date: 8,
  trashedAt: 8,
  size: 8,
  flags: 2,
  kind: 1,
  attachments: 1,
  from: 4,
  to: 4,
  cc: 4,
  bcc: 4,
  places: 4,
  otherFlags: 4,
  id: ID_BYTES,
  own: ID_BYTES,
  thread: ID_BYTES,
  hash: HASH_BYTES,
} as const;
type Column = keyof typeof WIDTHS;
const COLUMNS = Object.keys(WIDTHS) as Column[];

type Columns = Record<Column, DataView>;

function emptyColumns(): Columns {
  const made = COLUMNS.map((name) => [name, column(new Uint8Array(WIDTHS[name] * SEGMENT_MAILS))]);
  return Object.fromEntries(made) as Columns;
}

function column(bytes: Bytes): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export class Segment {
  /** Number of the segment: it has the indexes from `number * SEGMENT_MAILS + 1` on. */
  readonly number: number;
  readonly #columns: Columns;
  readonly #titles: (string | undefined)[];
  readonly #texts: TextTable;
  #count = 0;

  private constructor(
    number: number,
    columns: Columns,
    { titles, texts }: { titles: (string | undefined)[]; texts: TextTable },
  ) {
    this.number = number;
    this.#columns = columns;
    this.#titles = titles;
    this.#texts = texts;
    this.#count = titles.filter((title) => title !== undefined).length;
  }

  static empty(number: number): Segment {
    const titles = new Array<undefined>(SEGMENT_MAILS).fill(undefined);
    return new Segment(number, emptyColumns(), { titles, texts: new TextTable() });
  }

  /** Which segment an index belongs to. */
  static of(index: number): number {
    return Math.floor((index - 1) / SEGMENT_MAILS);
  }

  /** How many mails there are. */
  get count(): number {
    return this.#count;
  }

  has(index: number): boolean {
    return this.#titles[this.#slot(index)] !== undefined;
  }

  /** Indexes that are there, ascending. */
  *indexes(): Generator<number> {
    for (let slot = 0; slot < SEGMENT_MAILS; slot++) {
      if (this.#titles[slot] !== undefined) yield this.number * SEGMENT_MAILS + slot + 1;
    }
  }

  when(index: number): number {
    return this.#columns.when.getFloat64(8 * this.#slot(index), true);
  }

  revision(index: number): number {
    return this.#columns.revision.getUint32(4 * this.#slot(index), true);
  }

  idOf(index: number): string {
    return this.#hex("id", index);
  }

  contentHashOf(index: number): string {
    return this.#get("flags", index) & REJECTED ? "" : this.#hex("hash", index);
  }

  /** The index of the mail with this message id. */
  find(messageId: Bytes): number | undefined {
    const wanted = new Uint32Array(messageId.slice().buffer);
    const ids = new Uint32Array(this.#columns.id.buffer as ArrayBuffer);
    for (let slot = 0, at = 0; slot < SEGMENT_MAILS; slot++, at += ID_WORDS) {
      if (ids[at] !== wanted[0] || !wanted.every((word, i) => ids[at + i] === word)) continue;
      if (this.#titles[slot] !== undefined) return this.number * SEGMENT_MAILS + slot + 1;
    }
    return undefined;
  }

  row(index: number): MailRow | undefined {
    const title = this.#titles[this.#slot(index)];
    if (title === undefined) return undefined;
    const flags = this.#get("flags", index);
    const trashedAt = this.#float("trashedAt", index);
    const [folder = "inbox", ...also] = this.#texts.list(this.#get("places", index));
    const others = flags & OTHER_FLAGS ? this.#texts.list(this.#get("otherFlags", index)) : [];
    return {
      ...{ index, id: this.idOf(index), title, revision: this.revision(index), folder, also },
      when: this.when(index),
      date: this.#float("date", index),
      from: this.#texts.list(this.#get("from", index))[0] ?? "",
      to: this.#texts.list(this.#get("to", index)),
      cc: this.#texts.list(this.#get("cc", index)),
      bcc: this.#texts.list(this.#get("bcc", index)),
      size: this.#float("size", index),
      flags: [...FLAGS.filter((_, bit) => flags & (1 << bit)), ...others],
      trashedAt: trashedAt < 0 ? null : trashedAt,
      attachments: this.#get("attachments", index),
      kind: KINDS[this.#get("kind", index)] ?? "mail",
      thread: this.#hex("thread", index),
      own: this.#hex("own", index),
      contentHash: this.contentHashOf(index),
      rejected: (flags & REJECTED) !== 0,
    };
  }

  set(row: MailRow): void {
    const slot = this.#slot(row.index);
    if (this.#titles[slot] === undefined) this.#count += 1;
    this.#titles[slot] = row.title;
    const others = row.flags.filter((flag) => !(FLAGS as readonly string[]).includes(flag));
    const bits = FLAGS.reduce(
      (sum, flag, bit) => sum | (row.flags.includes(flag) ? 1 << bit : 0),
      0,
    );
    const rest = (others.length > 0 ? OTHER_FLAGS : 0) | (row.rejected ? REJECTED : 0);
    this.#put("flags", slot, bits | rest);
    this.#put("otherFlags", slot, this.#texts.add(others));
    this.#put("revision", slot, row.revision);
    this.#put("kind", slot, KINDS.indexOf(row.kind));
    this.#put("attachments", slot, Math.min(255, row.attachments));
    this.#put("from", slot, this.#texts.add([row.from]));
    this.#put("places", slot, this.#texts.add([row.folder, ...row.also]));
    for (const name of ["to", "cc", "bcc"] as const) {
      this.#put(name, slot, this.#texts.add(row[name]));
    }
    for (const name of ["when", "date", "size"] as const) {
      this.#columns[name].setFloat64(8 * slot, row[name], true);
    }
    this.#columns.trashedAt.setFloat64(8 * slot, row.trashedAt ?? -1, true);
    for (const name of ["id", "own", "thread"] as const) this.#putHex(name, slot, row[name]);
    this.#putHex("hash", slot, row.contentHash);
  }

  /** Whether it was there. */
  delete(index: number): boolean {
    const slot = this.#slot(index);
    if (this.#titles[slot] === undefined) return false;
    this.#titles[slot] = undefined;
    this.#count -= 1;
    return true;
  }

  encode(): Bytes {
    const slots = 1 + this.#titles.findLastIndex((title) => title !== undefined);
    const titles = this.#titles.slice(0, slots).map((title) => title ?? null);
    return encodeCbor(
      new Map<string, CborValue>([
        ["v", VERSION],
        ["titles", JSON.stringify(titles)],
        ...this.#texts.encode(),
        ...COLUMNS.map((name): [string, CborValue] => {
          const { buffer, byteOffset } = this.#columns[name];
          return [name, new Uint8Array(buffer as ArrayBuffer, byteOffset, WIDTHS[name] * slots)];
        }),
      ]),
    );
  }

  /** @throws {FormatError} for anything but what `encode` has made. */
  static decode(number: number, bytes: Bytes): Segment {
    const map = decodeCbor(bytes, "mail index");
    if (!(map instanceof Map) || map.get("v") !== VERSION) throw malformed();
    const titles = readTitles(map);
    const known = Array.from({ length: SEGMENT_MAILS }, (_, slot) => titles[slot] ?? undefined);
    const columns = COLUMNS.map((name) => [name, column(readColumn(map, name, titles.length))]);
    const texts = TextTable.decode(map);
    return new Segment(number, Object.fromEntries(columns) as Columns, { titles: known, texts });
  }

  #slot(index: number): number {
    return index - 1 - this.number * SEGMENT_MAILS;
  }

  #get(name: Column, index: number): number {
    const slot = this.#slot(index);
    if (WIDTHS[name] === 1) return this.#columns[name].getUint8(slot);
    if (WIDTHS[name] === 2) return this.#columns[name].getUint16(2 * slot, true);
    return this.#columns[name].getUint32(4 * slot, true);
  }

  #put(name: Column, slot: number, value: number): void {
    if (WIDTHS[name] === 1) this.#columns[name].setUint8(slot, value);
    else if (WIDTHS[name] === 2) this.#columns[name].setUint16(2 * slot, value, true);
    else this.#columns[name].setUint32(4 * slot, value, true);
  }

  #float(name: Column, index: number): number {
    return this.#columns[name].getFloat64(8 * this.#slot(index), true);
  }

  #hex(name: Column, index: number): string {
    const { buffer, byteOffset } = this.#columns[name];
    const width = WIDTHS[name];
    const start = byteOffset + width * this.#slot(index);
    return toHex(new Uint8Array(buffer as ArrayBuffer, start, width));
  }

  #putHex(name: Column, slot: number, hex: string): void {
    const { buffer, byteOffset } = this.#columns[name];
    const width = WIDTHS[name];
    const place = new Uint8Array(buffer as ArrayBuffer, byteOffset + width * slot, width);
    place.fill(0);
    place.set(Uint8Array.fromHex(hex).subarray(0, width));
  }
}

function readTitles(map: CborMap): (string | null)[] {
  const text = map.get("titles");
  if (typeof text !== "string") throw malformed();
  let titles: unknown;
  try {
    titles = JSON.parse(text);
  } catch {
    throw malformed();
  }
  if (!Array.isArray(titles) || titles.length > SEGMENT_MAILS) throw malformed();
  if (!titles.every((title) => title === null || typeof title === "string")) throw malformed();
  return titles;
}

function readColumn(map: CborMap, name: Column, slots: number): Bytes {
  const bytes = map.get(name);
  if (!(bytes instanceof Uint8Array) || bytes.length !== WIDTHS[name] * slots) throw malformed();
  const all = new Uint8Array(WIDTHS[name] * SEGMENT_MAILS);
  all.set(bytes);
  return all;
}

function malformed(): FormatError {
  return new FormatError("The mail index is not of this form.");
}
