/** A key log that the server makes up, signed with its true key. */

import type { Bytes } from "../../crypto/bytes.ts";
import { encodeLogEntry, type LogEntry, parseLogEntry } from "../../crypto/log_entry.ts";
import { makeLogHead } from "../../crypto/log_head.ts";
import { leafHash, MerkleFrontier } from "../../crypto/merkle.ts";
import { LOG_PAGE } from "../../protocol/limits.ts";
import type { LogSyncReply, LogSyncRequest } from "../../protocol/messages/log_sync.ts";
import type { HostileServer } from "./hostile_server.ts";

/** What a `log_sync` is answered from these leaves, under a head that the server signs. */
export async function answerFrom(
  server: HostileServer,
  leaves: readonly Bytes[],
): Promise<(question: { body: LogSyncRequest }) => LogSyncReply> {
  const frontier = new MerkleFrontier();
  for (const leaf of leaves) frontier.append(leafHash(leaf));
  const { realm } = server;
  const signed = { realm, size: leaves.length, root: frontier.root() };
  const { note } = await makeLogHead(await server.signer(), signed);
  return ({ body: { from } }) => ({ head: note, leaves: leaves.slice(from, from + LOG_PAGE) });
}

/** The true log with some entry changed. */
export async function leavesWith(
  server: HostileServer,
  change: (entry: LogEntry) => Partial<LogEntry>,
): Promise<Bytes[]> {
  return (await server.leaves()).map((leaf) => {
    const entry = parseLogEntry(leaf);
    return encodeLogEntry({ ...entry, ...change(entry) });
  });
}

/** The true log with an entry behind it. */
export async function leavesAnd(
  server: HostileServer,
  entry: Omit<LogEntry, "seq" | "time">,
): Promise<Bytes[]> {
  const leaves = await server.leaves();
  return [...leaves, encodeLogEntry({ ...entry, seq: leaves.length, time: Date.now() })];
}
