/**
 * The tables of the index on the server, for the user's other devices: a new machine downloads
 * them instead of reading all mail again. Both tables of a segment go up together, in parts that
 * fit into a blob:
 *
 * ```
 * search/N/words/0, …/1, search/N/positions/0, …    stamp (16) ‖ bytes of the image
 * search/coverage                                    what they cover, with the stamp of each upload
 * ```
 *
 * The coverage is written last. Parts of another stamp (an upload that was broken off, or two devices
 * at once) are as none: then mail is read again, and what comes of it is uploaded.
 */

import { type Bytes, concat, equalBytes, randomBytes } from "../../crypto/bytes.ts";
import { inOrder } from "../in_order.ts";
import type { SegmentStore } from "../index/segment_store.ts";
import {
  COVERAGE,
  type CoverageMap,
  decodeCoverage,
  encodeCoverage,
  MAX_PARTS,
  type SegmentCoverage,
  STAMP_BYTES,
} from "./coverage.ts";
import { FtsTable, TABLE_KINDS, type TableKind } from "./fts_table.ts";
import { type SegmentTables, tableName } from "./shelf.ts";

/** Of an image in one part: sealed, with all around it, it must stay below MAX_BLOB_BYTES. */
const PART_BYTES = 960 * 1024;
const PARTS_AT_ONCE = 4;

export class SharedTables {
  readonly #server: SegmentStore;

  constructor(server: SegmentStore) {
    this.#server = server;
  }

  /** What the server has, as the device that uploaded last says. */
  async coverage(): Promise<CoverageMap> {
    return decodeCoverage(await this.#server.read(COVERAGE)) ?? new Map();
  }

  /** Both tables of a segment; null when they are not there as a whole. */
  async download(segment: number, { upload }: SegmentCoverage): Promise<SegmentTables | null> {
    if (upload === null) return null;
    const words = await this.#downloadTable(segment, "words", upload);
    const positions = words && await this.#downloadTable(segment, "positions", upload);
    if (words !== null && positions !== null) return { words, positions };
    words?.close();
    return null;
  }

  /** Puts both tables of a segment in place of those that are there. */
  async upload(tables: SegmentTables): Promise<void> {
    const { segment } = tables.words;
    const before = (await this.coverage()).get(segment)?.upload;
    const stamp = randomBytes(STAMP_BYTES);
    const counts = { words: 0, positions: 0 };
    for (const kind of TABLE_KINDS) {
      const parts = partsOf(stamp, tables[kind].image());
      if (parts.length > MAX_PARTS) return;
      counts[kind] = parts.length;
      const put = (part: Bytes) => (
        this.#server.write(partName(segment, kind, parts.indexOf(part)), part)
      );
      await drain(inOrder(parts, put, PARTS_AT_ONCE));
    }
    // Another device may have uploaded other segments in the meantime.
    const coverage = await this.coverage();
    const covered = tables.words.covered.and(tables.positions.covered);
    const unreadable = tables.words.unreadable.and(covered);
    coverage.set(segment, { covered, unreadable, upload: { stamp, ...counts } });
    await this.#server.write(COVERAGE, encodeCoverage(coverage));
    for (const kind of TABLE_KINDS) {
      for (let part = counts[kind]; part < (before?.[kind] ?? 0); part++) {
        await this.#server.remove(partName(segment, kind, part));
      }
    }
  }

  /** Removes everything; what is not named any more first, so that nobody looks for it. */
  async clear(): Promise<void> {
    const coverage = await this.coverage();
    await this.#server.remove(COVERAGE);
    for (const [segment, { upload }] of coverage) {
      for (const kind of TABLE_KINDS) {
        for (let part = 0; part < (upload?.[kind] ?? 0); part++) {
          await this.#server.remove(partName(segment, kind, part));
        }
      }
    }
  }

  async #downloadTable(
    segment: number,
    kind: TableKind,
    upload: NonNullable<SegmentCoverage["upload"]>,
  ): Promise<FtsTable | null> {
    const numbers = Array.from({ length: upload[kind] }, (_, part) => part);
    const get = (part: number) => this.#server.read(partName(segment, kind, part));
    const images: Bytes[] = [];
    for await (const part of inOrder(numbers, get, PARTS_AT_ONCE)) {
      if (part === null || !equalBytes(part.slice(0, STAMP_BYTES), upload.stamp)) return null;
      images.push(part.subarray(STAMP_BYTES));
    }
    return await FtsTable.open(kind, segment, concat(...images));
  }
}

function partName(segment: number, kind: TableKind, part: number): string {
  return `${tableName(segment, kind)}/${part}`;
}

function partsOf(stamp: Bytes, image: Bytes): Bytes[] {
  const parts: Bytes[] = [];
  for (let at = 0; at < image.length; at += PART_BYTES) {
    parts.push(concat(stamp, image.subarray(at, at + PART_BYTES)));
  }
  return parts;
}

async function drain(results: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of results);
}
