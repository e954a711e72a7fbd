/**
 * The copy of a server's key log on this device, shared by all its accounts on that server:
 *
 * ```
 * logs/REALM.json     0600  {"size", "root", "peaks", "note", "bytes"}: the head that was verified last
 * logs/REALM.leaves   0600  u8 length ‖ leaf, for each of them; behind `bytes` there may be rubbish
 * logs/REALM.lock     empty
 * ```
 *
 * REALM is the first 8 bytes of the realm, hexadecimal; root and peaks are hexadecimal, too. The
 * leaves are written first and the head then, so that a crash leaves an earlier head and more leaves
 * than it needs. The head is the anchor: leaves count only when they add up to it.
 */

import { type Bytes, concat, fromHex, toHex } from "../../crypto/bytes.ts";
import { parseLogHead } from "../../crypto/log_head.ts";
import { EMPTY_ROOT, MerkleFrontier } from "../../crypto/merkle.ts";
import { damaged, makeFolderOf, readJson, withLock, writeJson } from "../config_file.ts";

const NAMED_REALM_BYTES = 8;

/** A verified head, and what is needed to go on from it. */
export interface MirrorHead {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Bytes;
  /** The server's signed note; empty for the log of no entries that every copy begins with. */
  readonly note: string;
  readonly peaks: readonly Bytes[];
  /** Length of the leaves as they are stored. */
  readonly bytes: number;
}

/** Where every copy begins. */
export const NO_HEAD: MirrorHead = { size: 0, root: EMPTY_ROOT, note: "", peaks: [], bytes: 0 };

/** A copy's place; see the head of this file. */
export interface MirrorStorage {
  /** The head that was stored last, `NO_HEAD` without any. @throws {ConfigError} */
  head(): Promise<MirrorHead>;
  /** The leaves up to a head, as they are there: whether they add up to it is not looked at. */
  leaves(head: MirrorHead): Promise<Bytes[]>;
  /** Adds leaves behind those of `before`, and stores the head over all of them. */
  append(before: MirrorHead, leaves: readonly Bytes[], head: MirrorHead): Promise<void>;
  /** Does some work that no other process does at the same time. */
  locked<T>(work: () => Promise<T>): Promise<T>;
}

/** How many bytes leaves take when they are stored. */
export function storedLength(leaves: readonly Bytes[]): number {
  return leaves.reduce((sum, leaf) => sum + 1 + leaf.length, 0);
}

export class MirrorFiles implements MirrorStorage {
  readonly #base: string;

  /** @param directory The configuration folder. */
  constructor(directory: string, realm: Bytes) {
    this.#base = `${directory}/logs/${toHex(realm.slice(0, NAMED_REALM_BYTES))}`;
  }

  async head(): Promise<MirrorHead> {
    const path = `${this.#base}.json`;
    const value = await readJson(path);
    if (value === null) return NO_HEAD;
    const head = readHead(value);
    if (head === null) throw damaged(path);
    return head;
  }

  async leaves({ bytes }: MirrorHead): Promise<Bytes[]> {
    let stored: Bytes;
    try {
      stored = await Deno.readFile(`${this.#base}.leaves`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
    return splitLeaves(stored.subarray(0, bytes));
  }

  async append(before: MirrorHead, leaves: readonly Bytes[], head: MirrorHead): Promise<void> {
    const path = `${this.#base}.leaves`;
    await makeFolderOf(path);
    await writeAt(path, before.bytes, concat(...leaves.flatMap(prefixed)));
    await writeJson(`${this.#base}.json`, {
      size: head.size,
      root: toHex(head.root),
      peaks: head.peaks.map((peak) => toHex(peak)),
      note: head.note,
      bytes: head.bytes,
    });
  }

  locked<T>(work: () => Promise<T>): Promise<T> {
    return withLock(`${this.#base}.lock`, work);
  }
}

function prefixed(leaf: Bytes): Bytes[] {
  return [new Uint8Array([leaf.length]), leaf];
}

async function writeAt(path: string, offset: number, bytes: Bytes): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, mode: 0o600 });
  await file.truncate(offset);
  await file.seek(offset, Deno.SeekMode.Start);
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  await file.sync();
}

/** As many whole leaves as there are. */
function splitLeaves(stored: Uint8Array): Bytes[] {
  const leaves: Bytes[] = [];
  for (let at = 0; at < stored.length;) {
    const end = at + 1 + stored[at]!;
    if (end > stored.length) break;
    leaves.push(stored.slice(at + 1, end));
    at = end;
  }
  return leaves;
}

/** The head in a file; null when it cannot be one. */
function readHead({ size, root, peaks, note, bytes }: Record<string, unknown>): MirrorHead | null {
  if (typeof size !== "number" || typeof root !== "string" || typeof note !== "string") return null;
  if (!Array.isArray(peaks) || !isLength(bytes)) return null;
  try {
    const frontier = MerkleFrontier.from(size, peaks.map((peak) => fromHex(String(peak))));
    const signed = parseLogHead(note);
    const fits = toHex(frontier.root()) === root && toHex(signed.root) === root &&
      signed.size === size;
    return fits ? { size, root: frontier.root(), note, peaks: frontier.peaks(), bytes } : null;
  } catch {
    return null;
  }
}

function isLength(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
