/**
 * A segment of the mail index: the lines of 1024 consecutive mailbox indexes, as columns; texts that
 * repeat (people, folders) are kept once. It takes room for the mails it has, not for their indexes.
 *
 * Stored as:
 *
 * ```
 * u8 version ‖ u32 lines ‖ u32 length ‖ titles ‖ u32 length ‖ texts ‖ columns
 * ```
 *
 * Titles are a list of texts in JSON, texts are `[texts, lists of numbers of texts]`. Columns
 * (columns.ts) come one after the other; `slot` has the index, counted from the segment's first.
 */

import { ByteReader, type Bytes, ByteWriter, utf8 } from "../../crypto/bytes.ts";
import { Columns } from "./columns.ts";
import { FLAGS, type MailRow } from "./mail_row.ts";
import { malformedIndex } from "./malformed.ts";
import {
  contentHashAt,
  KINDS,
  OTHER_FLAGS,
  parseJson,
  REJECTED,
  REPEATED,
  SegmentRow,
  type Table,
  Titles,
} from "./segment_row.ts";
import { TextTable } from "./text_table.ts";

/** Mailbox indexes in one segment. */
export const SEGMENT_MAILS = 1024;

const VERSION = 3;
const MAX_ATTACHMENTS = 255;

/** Places in the table of identifiers: more than twice the lines, so that chains stay short. */
const ID_PLACES = 4 * SEGMENT_MAILS;
const MAX_ID_PLACES_USED = 2 * SEGMENT_MAILS;

export class Segment {
  /** Number of the segment: it has the indexes from `number * SEGMENT_MAILS + 1` on. */
  readonly number: number;
  #table: Table;
  /** By slot, the line of the mail and one more; 0: no mail. */
  readonly #lines = new Uint16Array(SEGMENT_MAILS);
  /** Lines that are used; those of mails that are gone are among them. */
  #length: number;
  #count = 0;
  #newest: number | null = null;
  /** Lines and one more, by the identifier of their mail; those that have another one now are left. */
  #ids: Uint16Array | null = null;
  #idPlacesUsed = 0;

  private constructor(
    number: number,
    table: Table,
    length: number,
  ) {
    this.number = number;
    this.#table = table;
    this.#length = length;
    for (let line = 0; line < length; line++) {
      const slot = table.columns.number("slot", line);
      if (slot >= SEGMENT_MAILS || this.#lines[slot] !== 0) throw malformedIndex();
      this.#lines[slot] = line + 1;
    }
    this.#count = length;
  }

  static empty(number: number): Segment {
    const table = { columns: Columns.empty(), titles: new Titles([]), texts: new TextTable() };
    return new Segment(number, table, 0);
  }

  /** Which segment an index belongs to. */
  static of(index: number): number {
    return Math.floor((index - 1) / SEGMENT_MAILS);
  }

  /** How many mails there are. */
  get count(): number {
    return this.#count;
  }

  /** The greatest `when`; -Infinity without mails. */
  get newest(): number {
    if (this.#newest !== null) return this.#newest;
    let newest = -Infinity;
    for (const index of this.indexes()) newest = Math.max(newest, this.when(index));
    return this.#newest = newest;
  }

  /** A bit for each index: whether there is a mail; the lowest index and bit first. */
  get mails(): Bytes {
    const mails = new Uint8Array(SEGMENT_MAILS / 8);
    this.#lines.forEach((line, slot) => mails[slot >> 3]! |= line === 0 ? 0 : 1 << (slot & 7));
    return mails;
  }

  has(index: number): boolean {
    return this.#lines[this.#slot(index)] !== 0;
  }

  /** Indexes that are there, ascending. */
  indexes(): number[] {
    const indexes: number[] = [];
    for (let slot = 0; slot < SEGMENT_MAILS; slot++) {
      if (this.#lines[slot] !== 0) indexes.push(this.number * SEGMENT_MAILS + slot + 1);
    }
    return indexes;
  }

  /** Of a mail that is there, as the next functions. */
  when(index: number): number {
    return this.#table.columns.float("when", this.#line(index));
  }

  revision(index: number): number {
    return this.#table.columns.number("revision", this.#line(index));
  }

  /** See MailRow. */
  contentHash(index: number): string {
    return contentHashAt(this.#table.columns, this.#line(index));
  }

  /** The index of the mail with this message id, of one that is repeated only if there is no other. */
  find(messageId: Bytes): number | undefined {
    const ids = this.#ids ?? this.#gatherIds();
    let repeated: number | undefined;
    const start = new DataView(messageId.buffer, messageId.byteOffset).getUint32(0, true);
    for (let place = start % ID_PLACES; ids[place] !== 0; place = (place + 1) % ID_PLACES) {
      const line = ids[place]! - 1;
      if (!this.#table.columns.hasId(line, messageId)) continue;
      const slot = this.#table.columns.number("slot", line);
      if (this.#lines[slot] !== line + 1) continue;
      const index = this.number * SEGMENT_MAILS + slot + 1;
      if ((this.#table.columns.number("flags", line) & REPEATED) === 0) return index;
      repeated ??= index;
    }
    return repeated;
  }

  /** A mail's line, as it is and as it becomes until the mail is gone. */
  row(index: number): MailRow | undefined {
    const line = this.#line(index);
    if (line < 0) return undefined;
    return new SegmentRow(index, line, this.#table);
  }

  set(row: MailRow): void {
    const slot = this.#slot(row.index);
    let line = this.#lines[slot]! - 1;
    const isNew = line < 0;
    if (isNew) {
      if (this.#length >= 2 * SEGMENT_MAILS) this.#compact();
      line = this.#length++;
      this.#table.columns.reach(line);
      this.#table.columns.putNumber("slot", line, slot);
      this.#lines[slot] = line + 1;
      this.#count += 1;
    }
    const isOther = isNew || this.#table.columns.hex("id", line) !== row.id;
    this.#write(row, line);
    this.#newest = null;
    if (isOther && this.#ids !== null) this.#noteId(line);
  }

  /** Whether it was there. */
  delete(index: number): boolean {
    if (!this.has(index)) return false;
    this.#lines[this.#slot(index)] = 0;
    this.#count -= 1;
    this.#newest = null;
    return true;
  }

  /** Without the lines of mails that have no entry. */
  encode(): Bytes {
    const lines = this.indexes().filter((index) => this.revision(index) > 0)
      .map((index) => this.#line(index));
    const writer = new ByteWriter().u8(VERSION).u32(lines.length);
    const { columns, titles, texts } = this.#table;
    for (const json of [titles.encode(lines), utf8(JSON.stringify(texts.parts))]) {
      writer.u32(json.length).bytes(json);
    }
    return writer.bytes(columns.pick(lines).encode()).finish();
  }

  /** @throws {FormatError} for anything but what `encode` has made. */
  static decode(number: number, bytes: Bytes): Segment {
    const reader = new ByteReader(bytes, "mail index");
    if (reader.u8() !== VERSION) throw malformedIndex();
    const length = reader.u32();
    const titles = new Titles(reader.bytes(reader.u32()));
    const texts = TextTable.of(parseJson(reader.bytes(reader.u32())));
    const columns = Columns.decode(reader.rest(), length);
    return new Segment(number, { columns, titles, texts }, length);
  }

  #write(row: MailRow, line: number): void {
    const { columns, titles, texts } = this.#table;
    const others = row.flags.filter((flag) => !(FLAGS as readonly string[]).includes(flag));
    let bits = (others.length > 0 ? OTHER_FLAGS : 0) | (row.rejected ? REJECTED : 0) |
      (row.repeated ? REPEATED : 0);
    FLAGS.forEach((flag, bit) => bits |= row.flags.includes(flag) ? 1 << bit : 0);
    titles.set(line, row.title);
    columns.putNumber("flags", line, bits);
    columns.putNumber("otherFlags", line, texts.addList(others));
    columns.putNumber("revision", line, row.revision);
    columns.putNumber("kind", line, KINDS.indexOf(row.kind));
    columns.putNumber("attachments", line, Math.min(MAX_ATTACHMENTS, row.attachments));
    columns.putNumber("from", line, texts.add(row.from));
    columns.putNumber("places", line, texts.addList([row.folder, ...row.also]));
    for (const name of ["to", "cc", "bcc"] as const) {
      columns.putNumber(name, line, texts.addList(row[name]));
    }
    for (const name of ["when", "date", "size"] as const) columns.putFloat(name, line, row[name]);
    columns.putFloat("trashedAt", line, row.trashedAt ?? -1);
    for (const name of ["id", "own", "thread"] as const) columns.putHex(name, line, row[name]);
    columns.putHex("hash", line, row.contentHash);
  }

  #slot(index: number): number {
    return index - 1 - this.number * SEGMENT_MAILS;
  }

  /** -1: no mail. */
  #line(index: number): number {
    return (this.#lines[this.#slot(index)] ?? 0) - 1;
  }

  /** Frees the lines of mails that are gone; lines that were given out keep what they have. */
  #compact(): void {
    const indexes = this.indexes();
    const lines = indexes.map((index) => this.#line(index));
    const { columns, titles, texts } = this.#table;
    this.#table = { columns: columns.pick(lines), titles: titles.pick(lines), texts };
    indexes.forEach((index, line) => this.#lines[this.#slot(index)] = line + 1);
    this.#length = lines.length;
    this.#ids = null;
  }

  #gatherIds(): Uint16Array {
    this.#ids = new Uint16Array(ID_PLACES);
    this.#idPlacesUsed = 0;
    for (const index of this.indexes()) this.#noteId(this.#line(index));
    return this.#ids;
  }

  #noteId(line: number): void {
    if (this.#idPlacesUsed >= MAX_ID_PLACES_USED) {
      this.#ids = null;
      return;
    }
    let place = this.#table.columns.idStart(line) % ID_PLACES;
    while (this.#ids![place] !== 0) place = (place + 1) % ID_PLACES;
    this.#ids![place] = line + 1;
    this.#idPlacesUsed += 1;
  }
}
