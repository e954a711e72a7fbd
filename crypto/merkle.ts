/**
 * The Merkle tree of the key log (RFC 9162 section 2.1, with SHA-256): a root of 32 bytes commits
 * to a list of entries and to their order.
 *
 * - leaf: `SHA-256(0x00 ‖ entry)`; inner node: `SHA-256(0x01 ‖ left ‖ right)`;
 * - a tree of n > 1 leaves splits at the greatest power of two below n; the root of no leaves is
 *   `SHA-256("")`.
 *
 * So a tree is a row of perfect subtrees, its peaks, one for each bit of n that is set and the
 * greatest first; the root folds them together from the right. Nobody here needs proofs of inclusion
 * or consistency: every client has all the leaves and recomputes.
 *
 * Bytes: docs/protocol.md, 13.3.
 */

import { type Bytes, EMPTY } from "./bytes.ts";
import { FormatError } from "./errors.ts";
import { sha256 } from "./kdf.ts";

/** A hash in the tree, in bytes. */
export const MERKLE_HASH_BYTES = 32;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** The root of a tree without leaves: `SHA-256("")`. */
export const EMPTY_ROOT: Bytes = sha256(EMPTY);

/** `SHA-256(0x00 ‖ entry)`. */
export function leafHash(entry: Uint8Array): Bytes {
  const input = new Uint8Array(1 + entry.length);
  input[0] = LEAF_PREFIX;
  input.set(entry, 1);
  return sha256(input);
}

/** `SHA-256(0x01 ‖ left ‖ right)`, of two hashes. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Bytes {
  const input = new Uint8Array(1 + 2 * MERKLE_HASH_BYTES);
  input[0] = NODE_PREFIX;
  input.set(left, 1);
  input.set(right, 1 + MERKLE_HASH_BYTES);
  return sha256(input);
}

/**
 * The right edge of a growing tree: size and peaks are all that is needed to append and to compute
 * the root, O(log n) in space and time.
 */
export class MerkleFrontier {
  #size = 0;
  #peaks: Bytes[] = [];

  /**
   * A frontier as it was stored.
   *
   * @param peaks as {@linkcode MerkleFrontier.peaks} gave them
   * @throws {FormatError} when the two do not belong together.
   */
  static from(size: number, peaks: readonly Bytes[]): MerkleFrontier {
    if (!isSize(size)) throw new FormatError(`A tree cannot have ${size} leaves.`);
    const fits = peaks.length === peakLevels(size).length &&
      peaks.every((peak) => peak.length === MERKLE_HASH_BYTES);
    if (!fits) throw new FormatError(`The peaks do not belong to a tree of ${size} leaves.`);
    const frontier = new MerkleFrontier();
    frontier.#size = size;
    frontier.#peaks = peaks.map((peak) => peak.slice());
    return frontier;
  }

  /** How many leaves there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a leaf at the right, by its hash (32 bytes). */
  append(hash: Bytes): void {
    let peak = checkedHash(hash).slice();
    // As in a binary counter: every set bit at the low end is carried into the next one.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      peak = nodeHash(this.#peaks.pop()!, peak);
    }
    this.#peaks.push(peak);
    this.#size++;
  }

  /** The root of all leaves, 32 bytes. */
  root(): Bytes {
    return foldPeaks(this.#peaks);
  }

  /** The roots of the perfect subtrees, the greatest first, 32 bytes each. */
  peaks(): Bytes[] {
    return this.#peaks.map((peak) => peak.slice());
  }

  /** An independent copy. */
  clone(): MerkleFrontier {
    return MerkleFrontier.from(this.#size, this.#peaks);
  }
}

/**
 * A tree that also knows what its root was when it was smaller: it keeps the root of every perfect
 * subtree, about 64 bytes a leaf, and gives any root in O(log n).
 */
export class MerkleTree {
  /** `#levels[k][i]`: the root over the leaves from i · 2^k up to (i + 1) · 2^k. */
  readonly #levels: Bytes[][] = [[]];

  /** How many leaves there are. */
  get size(): number {
    return this.#levels[0]!.length;
  }

  /** Adds a leaf at the right, by its hash (32 bytes). */
  append(hash: Bytes): void {
    this.#levels[0]!.push(checkedHash(hash).slice());
    for (let level = 0; this.#levels[level]!.length % 2 === 0; level++) {
      const [left, right] = this.#levels[level]!.slice(-2) as [Bytes, Bytes];
      (this.#levels[level + 1] ??= []).push(nodeHash(left, right));
    }
  }

  /**
   * The root over the first `size` leaves, 32 bytes.
   *
   * @throws {RangeError} when there are not so many leaves.
   */
  rootAt(size: number): Bytes {
    if (!isSize(size) || size > this.size) {
      throw new RangeError(`rootAt: no tree of ${size} leaves`);
    }
    let first = 0;
    const peaks = peakLevels(size).map((level) => {
      const peak = this.#levels[level]![first / 2 ** level]!;
      first += 2 ** level;
      return peak;
    });
    return foldPeaks(peaks);
  }
}

/** The root from the peaks, the greatest first. */
function foldPeaks(peaks: readonly Bytes[]): Bytes {
  if (peaks.length === 0) return EMPTY_ROOT.slice();
  return peaks.reduceRight((right, left) => nodeHash(left, right)).slice();
}

/** The heights of the perfect subtrees that make up a tree of this size, the greatest first. */
function peakLevels(size: number): number[] {
  const levels: number[] = [];
  let level = 0;
  // Not with bit operators: they work on 32 bits.
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) levels.unshift(level);
    level++;
  }
  return levels;
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

function checkedHash(hash: Bytes): Bytes {
  if (hash.length === MERKLE_HASH_BYTES) return hash;
  throw new RangeError("append: a leaf is added by its hash of 32 bytes");
}
