/**
 * The lines of a segment as columns of one width each, in memory as on disk: numbers little-endian,
 * identifiers as their bytes. 1,000 lines take about 130 kB so, where an object each would take
 * many times that.
 */

import { type Bytes, concat, toHex } from "../../crypto/bytes.ts";
import { malformedIndex } from "./malformed.ts";

const ID_BYTES = 16;
const HASH_BYTES = 8;

/** How many bytes a line has in each column. */
const WIDTHS = {
  slot: 2,
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

/** 64-bit floating point numbers. */
export type FloatColumn = "when" | "date" | "trashedAt" | "size";
/** Bytes, written as hexadecimal digits. */
export type HexColumn = "id" | "own" | "thread" | "hash";
/** Whole numbers without a sign. */
export type NumberColumn = Exclude<Column, FloatColumn | HexColumn>;

const LINE_BYTES = Object.values(WIDTHS).reduce((sum, width) => sum + width, 0);

const FIRST_CAPACITY = 64;

export class Columns {
  #views: Record<Column, DataView>;
  #capacity: number;

  private constructor(views: Record<Column, DataView>, capacity: number) {
    this.#views = views;
    this.#capacity = capacity;
  }

  static empty(): Columns {
    return new Columns(
      viewsOf((name) => new Uint8Array(WIDTHS[name] * FIRST_CAPACITY)),
      FIRST_CAPACITY,
    );
  }

  /** Makes room for the line at this place. */
  reach(at: number): void {
    if (at < this.#capacity) return;
    const capacity = Math.max(at + 1, 2 * this.#capacity);
    const before = this.#views;
    this.#views = viewsOf((name) => {
      const grown = new Uint8Array(WIDTHS[name] * capacity);
      grown.set(bytesOf(before[name]));
      return grown;
    });
    this.#capacity = capacity;
  }

  number(name: NumberColumn, at: number): number {
    const view = this.#views[name];
    if (WIDTHS[name] === 1) return view.getUint8(at);
    return WIDTHS[name] === 2 ? view.getUint16(2 * at, true) : view.getUint32(4 * at, true);
  }

  putNumber(name: NumberColumn, at: number, value: number): void {
    const view = this.#views[name];
    if (WIDTHS[name] === 1) view.setUint8(at, value);
    else if (WIDTHS[name] === 2) view.setUint16(2 * at, value, true);
    else view.setUint32(4 * at, value, true);
  }

  float(name: FloatColumn, at: number): number {
    return this.#views[name].getFloat64(8 * at, true);
  }

  putFloat(name: FloatColumn, at: number, value: number): void {
    this.#views[name].setFloat64(8 * at, value, true);
  }

  hex(name: HexColumn, at: number): string {
    const width = WIDTHS[name];
    return toHex(bytesOf(this.#views[name]).subarray(width * at, width * (at + 1)));
  }

  putHex(name: HexColumn, at: number, hex: string): void {
    const width = WIDTHS[name];
    const place = bytesOf(this.#views[name]).subarray(width * at, width * (at + 1));
    place.fill(0);
    place.set(Uint8Array.fromHex(hex).subarray(0, width));
  }

  /** The first four bytes of the identifier. */
  idStart(at: number): number {
    return this.#views.id.getUint32(ID_BYTES * at, true);
  }

  hasId(at: number, id: Bytes): boolean {
    const { id: view } = this.#views;
    for (let i = 0; i < ID_BYTES; i++) if (view.getUint8(ID_BYTES * at + i) !== id[i]) return false;
    return true;
  }

  /** These lines, in this order, as columns of their own. */
  pick(lines: readonly number[]): Columns {
    const isWhole = lines.every((line, at) => line === at);
    const views = viewsOf((name) => {
      const bytes = bytesOf(this.#views[name]);
      const width = WIDTHS[name];
      if (isWhole) return bytes.slice(0, width * lines.length);
      const picked = new Uint8Array(width * lines.length);
      lines.forEach((line, at) =>
        picked.set(bytes.subarray(width * line, width * (line + 1)), width * at)
      );
      return picked;
    });
    return new Columns(views, lines.length);
  }

  /** One column after the other. */
  encode(): Bytes {
    return concat(...COLUMNS.map((name) => bytesOf(this.#views[name])));
  }

  /**
   * What `encode` has made of so many lines; not a copy.
   *
   * @throws {FormatError}
   */
  static decode(bytes: Bytes, lines: number): Columns {
    if (bytes.length !== lines * LINE_BYTES) throw malformedIndex();
    let at = 0;
    return new Columns(viewsOf((name) => bytes.subarray(at, at += WIDTHS[name] * lines)), lines);
  }
}

function viewsOf(make: (name: Column) => Bytes): Record<Column, DataView> {
  const views = COLUMNS.map((name) => {
    const { buffer, byteOffset, byteLength } = make(name);
    return [name, new DataView(buffer, byteOffset, byteLength)];
  });
  return Object.fromEntries(views);
}

function bytesOf({ buffer, byteOffset, byteLength }: DataView): Bytes {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
