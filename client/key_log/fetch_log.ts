/** What the server has of its key log behind a known head: fetched, bounded, and verified. */

import type { Bytes } from "../../crypto/bytes.ts";
import { equalBytes } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { type LogEntry, parseLogEntry } from "../../crypto/log_entry.ts";
import {
  type LogHead,
  parseLogHead,
  type SignedLogHead,
  verifyLogHead,
} from "../../crypto/log_head.ts";
import { leafHash, MerkleFrontier } from "../../crypto/merkle.ts";
import { LOG_PAGE, MAX_LOG_ENTRIES } from "../../protocol/limits.ts";
import { logSync } from "../../protocol/messages/log_sync.ts";
import { ProtocolError } from "../../protocol/session_errors.ts";
import type { Ask } from "../state_store.ts";
import type { MirrorHead } from "./mirror_storage.ts";

/** Whose log it is: the server's realm (32 bytes) and its root key (1984 bytes). */
export interface LogServer {
  readonly realm: Bytes;
  readonly signingKey: Bytes;
}

/** The log goes on from the known head, perhaps by nothing. */
export interface LogUpdate {
  readonly outcome: "continues";
  readonly head: SignedLogHead;
  /** What is new. */
  readonly leaves: readonly Bytes[];
  readonly entries: readonly LogEntry[];
  /** The peaks of the whole. */
  readonly peaks: readonly Bytes[];
  /** The roots at the sizes that were asked for, as far as they lie in what is new. */
  readonly roots: ReadonlyMap<number, Bytes>;
}

/** The server has signed a head that does not continue the known one. */
export interface LogContradiction {
  readonly outcome: "rollback" | "fork";
  readonly head: SignedLogHead;
}

/**
 * Fetches the log from a known head on. Nothing that comes is believed before the server's
 * signature over the root that was computed from it; and it comes to an end: pages are full, and
 * together no more than MAX_LOG_ENTRIES.
 *
 * @param sizes At which sizes the root is wanted, too.
 * @throws {TrustError} `log_head` when a head is not signed by this server.
 * @throws {ProtocolError} when what comes is not a log, or has no end.
 */
export async function fetchLog(
  ask: Ask,
  server: LogServer,
  { known, sizes = [] }: { known: MirrorHead; sizes?: readonly number[] },
): Promise<LogUpdate | LogContradiction> {
  const frontier = MerkleFrontier.from(known.size, known.peaks);
  const leaves: Bytes[] = [];
  const entries: LogEntry[] = [];
  const roots = new Map<number, Bytes>();
  const capture = () => {
    if (sizes.includes(frontier.size)) roots.set(frontier.size, frontier.root());
  };
  capture();
  for (;;) {
    const { head: text, leaves: page } = await ask(logSync, { from: frontier.size });
    const head = readHead(text);
    if (head.size < known.size) {
      return { outcome: "rollback", head: await verifyLogHead(text, server) };
    }
    checkPage(head, frontier.size, page.length);
    for (const leaf of page) {
      entries.push(readEntry(leaf, frontier.size));
      leaves.push(leaf);
      frontier.append(leafHash(leaf));
      capture();
    }
    if (frontier.size < head.size) continue;
    const signed = text === known.note
      ? { ...head, note: text }
      : await verifyLogHead(text, server);
    if (!equalBytes(head.root, frontier.root())) return { outcome: "fork", head: signed };
    const peaks = frontier.peaks();
    return { outcome: "continues", head: signed, leaves, entries, peaks, roots };
  }
}

function readHead(text: string): LogHead {
  return readable(() => parseLogHead(text));
}

function readEntry(leaf: Bytes, seq: number): LogEntry {
  const entry = readable(() => parseLogEntry(leaf));
  if (entry.seq !== seq) throw malformed(`entry ${seq} says that it is ${entry.seq}`);
  return entry;
}

function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new ProtocolError(`The server's key log cannot be read: ${error.message}`);
  }
}

/** A page is full, or reaches the head: so whatever a server sends, the pages come to an end. */
function checkPage(head: LogHead, from: number, length: number): void {
  if (head.size > MAX_LOG_ENTRIES) throw malformed(`${head.size} entries are too many`);
  if (head.size < from) throw malformed("it became shorter while it was read");
  const expected = Math.min(LOG_PAGE, head.size - from);
  if (length === expected) return;
  throw malformed(`${length} entries came where there must be ${expected}`);
}

function malformed(what: string): ProtocolError {
  return new ProtocolError(`The server's key log cannot be read: ${what}.`);
}
