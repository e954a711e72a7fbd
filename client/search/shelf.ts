/**
 * The tables of the index on this device: read from sealed files when they are needed, a few kept
 * in memory, and written back. `search/N/words` and `search/N/positions` are the tables of segment
 * N, `search/coverage` says what they cover.
 *
 * What cannot be opened, or turns out to be damaged, is as if it had never been: it is made anew.
 * Two processes may write the same table: the last one counts, and what only the other one had put
 * in is put in again, because every table says itself what it covers.
 */

import type { SegmentStore } from "../index/segment_store.ts";
import { COVERAGE, type CoverageMap, decodeCoverage, encodeCoverage } from "./coverage.ts";
import { FtsTable, isSqliteError, TABLE_KINDS, type TableKind } from "./fts_table.ts";

/** What the tables in memory may take together, but for those being written, in bytes. */
const MAX_OPEN_BYTES = 32 * 1024 * 1024;

/** Both tables of one segment. */
export type SegmentTables = Readonly<Record<TableKind, FtsTable>>;

export function tableName(segment: number, kind: TableKind): string {
  return `search/${segment}/${kind}`;
}

export class Shelf {
  readonly #disk: SegmentStore;
  /** By name, the one used last at the end. */
  readonly #open = new Map<string, Promise<FtsTable>>();
  /** Names of tables that are being written. */
  readonly #inUse = new Set<string>();
  #coverage: CoverageMap = new Map();
  #isLoaded = false;

  constructor(disk: SegmentStore) {
    this.#disk = disk;
  }

  /** What the tables cover, as far as is known without opening them. */
  async coverage(): Promise<CoverageMap> {
    if (!this.#isLoaded) await this.reload();
    return this.#coverage;
  }

  /** Looks at what other processes have written. */
  async reload(): Promise<void> {
    this.#coverage = decodeCoverage(await this.#disk.read(COVERAGE)) ?? new Map();
    this.#isLoaded = true;
  }

  /** Does something with a table at once; it may be closed afterwards. */
  async use<T>(segment: number, kind: TableKind, work: (table: FtsTable) => T): Promise<T> {
    try {
      return work(await this.#loadOpen(segment, kind));
    } catch (error) {
      if (!isSqliteError(error)) throw error;
      await this.#discard(segment, kind);
      return work(await this.#loadOpen(segment, kind));
    } finally {
      await this.#shrink();
    }
  }

  /** Both tables of a segment, to be written; they stay open until `work` ends. */
  async change<T>(segment: number, work: (tables: SegmentTables) => Promise<T>): Promise<T> {
    const names = TABLE_KINDS.map((kind) => tableName(segment, kind));
    names.forEach((name) => this.#inUse.add(name));
    try {
      return await work({
        words: await this.#loadOpen(segment, "words"),
        positions: await this.#loadOpen(segment, "positions"),
      });
    } catch (error) {
      if (isSqliteError(error)) {
        for (const kind of TABLE_KINDS) await this.#discard(segment, kind);
      }
      throw error;
    } finally {
      names.forEach((name) => this.#inUse.delete(name));
      await this.#shrink();
    }
  }

  /** Stores both tables, and what they cover. */
  async save(tables: SegmentTables): Promise<void> {
    for (const kind of TABLE_KINDS) {
      const table = tables[kind];
      await this.#disk.write(tableName(table.segment, kind), table.image());
    }
    // Others may have written other segments in the meantime.
    await this.reload();
    this.#noteCoverage(tables);
    await this.#disk.write(COVERAGE, encodeCoverage(this.#coverage));
  }

  /** Takes over tables from elsewhere, in place of those that are here. */
  async replace(tables: SegmentTables): Promise<void> {
    for (const kind of TABLE_KINDS) {
      await this.#close(tableName(tables[kind].segment, kind));
      this.#open.set(tableName(tables[kind].segment, kind), Promise.resolve(tables[kind]));
    }
    await this.save(tables);
    await this.#shrink();
  }

  /** Throws everything away. */
  async clear(): Promise<void> {
    await this.reload();
    for (const segment of [...this.#coverage.keys()]) {
      for (const kind of TABLE_KINDS) await this.#discard(segment, kind);
    }
    await this.close();
    await this.#disk.remove(COVERAGE);
    this.#coverage = new Map();
  }

  async close(): Promise<void> {
    for (const name of [...this.#open.keys()]) await this.#close(name);
  }

  /** Another search may close a table between its loading and its use. */
  async #loadOpen(segment: number, kind: TableKind): Promise<FtsTable> {
    while (true) {
      const table = await this.#load(segment, kind);
      if (table.isOpen) return table;
      this.#open.delete(tableName(segment, kind));
    }
  }

  async #load(segment: number, kind: TableKind): Promise<FtsTable> {
    const name = tableName(segment, kind);
    const loading = this.#open.get(name) ?? this.#read(segment, kind);
    this.#open.delete(name);
    this.#open.set(name, loading);
    try {
      return await loading;
    } catch (error) {
      this.#open.delete(name);
      throw error;
    }
  }

  async #read(segment: number, kind: TableKind): Promise<FtsTable> {
    const image = await this.#disk.read(tableName(segment, kind));
    const table = image === null ? null : await FtsTable.open(kind, segment, image);
    if (table === null && this.#coverage.has(segment)) await this.#forget(segment);
    const known = this.#coverage.get(segment);
    if (table !== null && known !== undefined) {
      this.#coverage.set(segment, { ...known, covered: known.covered.and(table.covered) });
    }
    return table ?? await FtsTable.empty(kind, segment);
  }

  #noteCoverage({ words, positions }: SegmentTables): void {
    const { segment } = words;
    const covered = words.covered.and(positions.covered);
    const unreadable = words.unreadable.and(covered);
    this.#coverage.set(segment, { covered, unreadable, upload: null });
  }

  async #discard(segment: number, kind: TableKind): Promise<void> {
    await this.#close(tableName(segment, kind));
    await this.#disk.remove(tableName(segment, kind));
    await this.#forget(segment);
  }

  /** Notes that a segment has to be made anew. */
  async #forget(segment: number): Promise<void> {
    await this.reload();
    this.#coverage.delete(segment);
    await this.#disk.write(COVERAGE, encodeCoverage(this.#coverage));
  }

  async #close(name: string): Promise<void> {
    const table = this.#open.get(name);
    this.#open.delete(name);
    (await table)?.close();
  }

  /** Closes tables, those first that were not used for longest, until the others may stay. */
  async #shrink(): Promise<void> {
    let bytes = 0;
    for (const [name, loading] of [...this.#open].reverse()) {
      const table = await loading.catch(() => null);
      if (table === null || this.#open.get(name) !== loading) continue;
      bytes += table.bytes;
      if (bytes > MAX_OPEN_BYTES && !this.#inUse.has(name)) await this.#close(name);
    }
  }
}
