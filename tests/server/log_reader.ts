import type { Bytes } from "../../crypto/bytes.ts";
import { type LogEntry, parseLogEntry } from "../../crypto/log_entry.ts";
import { type SignedLogHead, verifyLogHead } from "../../crypto/log_head.ts";
import { leafHash, MerkleFrontier } from "../../crypto/merkle.ts";
import { parseServerRecord } from "../../crypto/server_record.ts";
import { assertEquals } from "@std/assert";
import type { ClientSession } from "../../protocol/client_session.ts";
import { logSync } from "../../protocol/messages/log_sync.ts";
import { Wire } from "./test_client.ts";

/** A key log as a client has checked it: heads signed, and of exactly these leaves. */
export interface ReadLog {
  readonly head: SignedLogHead;
  readonly leaves: readonly Bytes[];
  readonly entries: readonly LogEntry[];
}

/** Reads the whole log over a session, as a client does that trusts nobody. */
export async function readLog(session: ClientSession, port: number): Promise<ReadLog> {
  const { realm, signingKey } = await serverRecord(port);
  const leaves: Bytes[] = [];
  for (;;) {
    const page = await session.request(logSync, { from: leaves.length });
    const head = await verifyLogHead(page.head, { realm, signingKey });
    leaves.push(...page.leaves);
    if (leaves.length < head.size) continue;
    assertEquals(rootOf(leaves), head.root);
    return { head, leaves, entries: leaves.map(parseLogEntry) };
  }
}

/** The root over these leaves. */
export function rootOf(leaves: readonly Bytes[]): Bytes {
  const tree = new MerkleFrontier();
  for (const leaf of leaves) tree.append(leafHash(leaf));
  return tree.root();
}

/** Type and user of each entry. */
export function acts(entries: readonly LogEntry[]): string[] {
  return entries.map(({ type, user }) => `${type} ${user}`);
}

export async function serverRecord(port: number) {
  const wire = await Wire.open(port);
  try {
    return parseServerRecord(await wire.link.serverRecord());
  } finally {
    wire.close();
    await wire.ended;
  }
}
