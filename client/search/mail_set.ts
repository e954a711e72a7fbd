/** A set of the mails of one segment: a bit for each of its mailbox indexes. */

import type { Bytes } from "../../crypto/bytes.ts";

/** Mailbox indexes in one segment of the search index. */
export const SEGMENT_MAILS = 4096;
export const MAIL_SET_BYTES = SEGMENT_MAILS / 8;

/** Which segment of the search index a mailbox index belongs to. */
export function segmentOf(index: number): number {
  return Math.floor((index - 1) / SEGMENT_MAILS);
}

export class MailSet {
  readonly #bits: Bytes;
  readonly #first: number;

  /** @param bits MAIL_SET_BYTES, lowest index and lowest bit first; copied. Empty unless given. */
  constructor(readonly segment: number, bits?: Bytes) {
    this.#bits = bits?.slice() ?? new Uint8Array(MAIL_SET_BYTES);
    this.#first = segment * SEGMENT_MAILS + 1;
  }

  static of(segment: number, indexes: Iterable<number>): MailSet {
    const set = new MailSet(segment);
    for (const index of indexes) set.add(index);
    return set;
  }

  has(index: number): boolean {
    const at = index - this.#first;
    return (this.#bits[at >> 3]! & (1 << (at & 7))) !== 0;
  }

  add(index: number): void {
    if (segmentOf(index) !== this.segment) throw new RangeError("mail of another segment");
    const at = index - this.#first;
    this.#bits[at >> 3]! |= 1 << (at & 7);
  }

  /** Adds those from an index on that have a bit; it must be the first one of a byte. */
  addBits(first: number, bits: Bytes): void {
    const at = (first - this.#first) / 8;
    bits.forEach((byte, i) => this.#bits[at + i]! |= byte);
  }

  delete(index: number): void {
    const at = index - this.#first;
    this.#bits[at >> 3]! &= ~(1 << (at & 7));
  }

  get size(): number {
    return this.#bits.reduce((sum, byte) => sum + ONES[byte]!, 0);
  }

  /** How many of these are not in `other`. */
  countMissingIn(other: MailSet): number {
    const { bits } = other;
    return this.#bits.reduce((sum, byte, i) => sum + ONES[byte & ~bits[i]!]!, 0);
  }

  /** Those that are in both. */
  and(other: MailSet): MailSet {
    const { bits } = other;
    return new MailSet(this.segment, this.#bits.map((byte, i) => byte & bits[i]!));
  }

  /** The lowest first. */
  *indexes(): Generator<number> {
    for (let at = 0; at < SEGMENT_MAILS; at++) {
      if ((this.#bits[at >> 3]! & (1 << (at & 7))) !== 0) yield this.#first + at;
    }
  }

  /** As the constructor takes them; not a copy. */
  get bits(): Bytes {
    return this.#bits;
  }
}

/** How many bits of a byte are set. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let rest = byte; rest > 0; rest >>= 1) ones += rest & 1;
  return ones;
});
