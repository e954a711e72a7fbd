/**
 * The segments of the mail index: each read when it is needed, from this disk or from the server,
 * and written back. manifest.ts says when what is read counts.
 */

import { type Bytes, release } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { inOrder } from "../in_order.ts";
import {
  decodeManifest,
  encodeManifest,
  type Manifest,
  readStoredSegment,
  type StoredSegment,
  storedSegment,
} from "./manifest.ts";
import { Segment, SEGMENT_MAILS } from "./segment.ts";
import type { SegmentStore } from "./segment_store.ts";

const MANIFEST = "mails";
const AT_ONCE = 8;
/** What is on the server may be so many changes behind: a new machine asks for them in a second. */
const SHARE_AFTER_CHANGES = 500;
/** How long closing a mailbox may take because of it; the next one goes on. */
const SHARE_BUDGET_MS = 3000;

export interface SegmentPlaces {
  readonly disk: SegmentStore;
  /** For the user's other devices. */
  readonly server: SegmentStore;
}

/** How far an index is: see Manifest. */
export type Progress = Pick<Manifest, "modseq" | "unsettled">;

export class Segments {
  readonly #places: SegmentPlaces;
  readonly #loaded = new Map<number, Segment>();
  readonly #stored = new Map<number, StoredSegment>();
  /** What has changed since it was stored. */
  readonly #dirty = new Set<number>();
  /** What came from the server and is not on this disk yet. */
  readonly #fetched = new Set<number>();
  /** How far the index on this disk is. */
  #saved: Progress | null = null;
  #shared = 0;

  constructor(places: SegmentPlaces) {
    this.#places = places;
  }

  /**
   * Finds out which segments there are, on this disk or else on the server.
   *
   * @returns How far they are; null when there are none.
   * @throws {ConnectError} {ServerError}
   */
  async open(): Promise<Progress | null> {
    const { disk, server } = this.#places;
    const own = await readManifest(disk);
    if (own !== null) {
      this.#shared = own.shared;
      this.#saved = own;
    }
    const found = own ?? await readManifest(server);
    if (found === null) return null;
    for (const [number, segment] of found.segments) this.#stored.set(number, segment);
    if (own === null) this.#shared = found.modseq;
    return found;
  }

  numbers(): number[] {
    return [...new Set([...this.#stored.keys(), ...this.#loaded.keys()])];
  }

  /** Undefined: it has not been read, or there is none. */
  get(number: number): Segment | undefined {
    return this.#loaded.get(number);
  }

  /** Whether all of them have been read. */
  get areRead(): boolean {
    return this.numbers().length === this.#loaded.size;
  }

  loaded(): Iterable<Segment> {
    return this.#loaded.values();
  }

  /** The greatest `when` in a segment, or something later. */
  newest(number: number): number {
    return this.#loaded.get(number)?.newest ?? this.#stored.get(number)?.newest ?? -Infinity;
  }

  /** Which mails a segment has: a bit for each of its indexes. */
  mails(number: number): Bytes {
    return this.#loaded.get(number)?.mails ?? this.#stored.get(number)?.mails ?? NONE;
  }

  /**
   * Reads those that have not been read.
   *
   * @returns The numbers of those that could not be: lost, damaged, or older than they should be.
   * @throws {ConnectError} {ServerError}
   */
  async read(numbers: Iterable<number>): Promise<number[]> {
    const wanted = [...new Set(numbers)].filter((number) =>
      this.#stored.has(number) && !this.#loaded.has(number)
    );
    const broken: number[] = [];
    const read = async (number: number) => ({ number, isThere: await this.#read(number) });
    for await (const { number, isThere } of inOrder(wanted, read, AT_ONCE)) {
      if (!isThere && !this.#loaded.has(number)) broken.push(number);
    }
    return broken;
  }

  /** One that is about to be changed; it must have been read, if there is one. */
  change(number: number): Segment {
    const segment = this.#loaded.get(number) ?? Segment.empty(number);
    this.#loaded.set(number, segment);
    this.#dirty.add(number);
    return segment;
  }

  /** Puts a segment that was made anew in place of what was there. */
  replace(segment: Segment): void {
    this.#loaded.set(segment.number, segment);
    this.#dirty.add(segment.number);
  }

  /** Forgets those that could not be read. */
  forget(numbers: Iterable<number>): void {
    for (const number of numbers) this.#stored.delete(number);
  }

  /** Stores what has changed on this disk. */
  async save({ modseq, unsettled }: Progress): Promise<void> {
    const { disk } = this.#places;
    const changed = [...new Set([...this.#dirty, ...this.#fetched])];
    for (const number of changed) await this.#store(disk, number, modseq);
    if (changed.length === 0 && modseq === this.#saved?.modseq) return;
    this.#saved = { modseq, unsettled };
    await this.#storeManifest(this.#saved);
  }

  /**
   * Gives the server what its index lacks, if that is much; after `save`.
   *
   * @throws {ConnectError} {ServerError} what is there then is still good.
   */
  async share(): Promise<void> {
    const before = this.#shared;
    if (this.#saved === null) return;
    await this.#share(this.#saved);
    if (this.#shared !== before) await this.#storeManifest(this.#saved);
  }

  async #storeManifest({ modseq, unsettled }: Progress): Promise<void> {
    const parts = { shared: this.#shared, segments: this.#stored };
    await this.#places.disk.write(MANIFEST, encodeManifest({ modseq, unsettled, ...parts }));
  }

  async #read(number: number): Promise<boolean> {
    const stored = this.#stored.get(number)!;
    const { disk, server } = this.#places;
    const store = { disk, server, none: null }[stored.place];
    const bytes = await store?.read(nameOf(number)) ?? null;
    if (bytes === null) return false;
    try {
      const { modseq, segment } = readStoredSegment(bytes);
      if (modseq < stored.written) return false;
      const read = Segment.decode(number, segment);
      // The segment has copies.
      release(bytes);
      if (this.#loaded.has(number)) return true;
      this.#loaded.set(number, read);
      this.#stored.set(number, { ...stored, written: modseq });
      if (stored.place === "server") this.#fetched.add(number);
      return true;
    } catch (error) {
      if (error instanceof FormatError) return false;
      throw error;
    }
  }

  async #store(disk: SegmentStore, number: number, modseq: number): Promise<void> {
    const segment = this.#loaded.get(number)!;
    const isChanged = this.#dirty.delete(number);
    this.#fetched.delete(number);
    if (segment.count === 0) {
      this.#loaded.delete(number);
      this.#stored.delete(number);
      await disk.remove(nameOf(number));
      return;
    }
    const written = isChanged ? modseq : this.#stored.get(number)!.written;
    this.#stored.set(number, { ...summaryOf(segment), written, place: "disk" });
    await disk.write(nameOf(number), storedSegment(written, segment.encode()));
  }

  async #share({ modseq, unsettled }: Progress): Promise<void> {
    if (modseq - this.#shared < SHARE_AFTER_CHANGES) return;
    const { server } = this.#places;
    const theirs = await readManifest(server);
    const isWhole = [...theirs?.segments.values() ?? []].every(({ place }) => place === "server");
    if (theirs !== null && isWhole && modseq - theirs.modseq < SHARE_AFTER_CHANGES) {
      this.#shared = theirs.modseq;
      return;
    }
    const deadline = performance.now() + SHARE_BUDGET_MS;
    const give = async (number: number): Promise<[number, StoredSegment]> => {
      const [own, known] = [this.#stored.get(number)!, theirs?.segments.get(number)];
      if (known?.place === "server" && known.written >= own.written) return [number, known];
      const isTime = performance.now() < deadline;
      const isGiven = isTime && await this.#upload(number, own.written);
      return [number, { ...own, place: isGiven ? "server" : "none" }];
    };
    const segments = new Map<number, StoredSegment>();
    const numbers = [...this.#stored.keys()].sort((a, b) => b - a);
    for await (const [number, given] of inOrder(numbers, give, AT_ONCE)) {
      segments.set(number, given);
    }
    await server.write(MANIFEST, encodeManifest({ modseq, shared: modseq, segments, unsettled }));
    for (const number of theirs?.segments.keys() ?? []) {
      if (!segments.has(number)) await server.remove(nameOf(number));
    }
    if (performance.now() < deadline) this.#shared = modseq;
  }

  /** False when it is too large, or the account has no room left: others make it anew. */
  async #upload(number: number, written: number): Promise<boolean> {
    if ((await this.read([number])).length > 0) return false;
    const segment = this.#loaded.get(number)!;
    try {
      await this.#places.server.write(
        nameOf(number),
        storedSegment(written, segment.encode()),
      );
      return true;
    } catch (error) {
      if (error instanceof ServerError && error.code === "too_large") return false;
      throw error;
    }
  }
}

const NONE: Bytes = new Uint8Array(SEGMENT_MAILS / 8);

function summaryOf({ mails, newest }: Segment): Pick<StoredSegment, "mails" | "newest"> {
  return { mails, newest };
}

function nameOf(number: number): string {
  return `${MANIFEST}/${number}`;
}

/** Null when there is none, or one of another release. */
async function readManifest(store: SegmentStore): Promise<Manifest | null> {
  const bytes: Bytes | null = await store.read(MANIFEST);
  if (bytes === null) return null;
  try {
    return decodeManifest(bytes);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}
