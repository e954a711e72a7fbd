/**
 * A copy of the key log as text, for people to exchange: what one of them was shown can be checked
 * against what others were, without a server.
 *
 * JSON lines: `{"mailsec": "key-log", "version": 1, "rootKey": base64, "head": note}`, then each
 * leaf, base64 in quotes, the oldest first.
 */

import { type Bytes, equalBytes, toHex } from "../../crypto/bytes.ts";
import { FormatError } from "../../crypto/errors.ts";
import { fingerprintOf, formatFingerprint } from "../../crypto/fingerprint.ts";
import { parseLogHead, type SignedLogHead, verifyLogHead } from "../../crypto/log_head.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import { LogIndex } from "./log_index.ts";

const KIND = "key-log";
const VERSION = 1;

/** What an export says and proves. */
export interface VerifiedExport {
  /** Name of the server for ever, hexadecimal. */
  readonly realm: string;
  /**
   * Of the key that has signed the head, as people compare it: whoever makes an export chooses the
   * key, so this is to be compared with the server's.
   */
  readonly rootFingerprint: string;
  readonly size: number;
  /** Hexadecimal. */
  readonly root: string;
  /** Names that have an entry. */
  readonly users: number;
  /** How many heads were found to be of this very log. */
  readonly heads: number;
}

/** The text of a log. */
export function exportLog(
  { rootKey, note, leaves }: { rootKey: Bytes; note: string; leaves: readonly Bytes[] },
): string {
  const first = { mailsec: KIND, version: VERSION, rootKey: rootKey.toBase64(), head: note };
  const lines = [first, ...leaves.map((leaf) => leaf.toBase64())];
  return lines.map((line) => JSON.stringify(line) + "\n").join("");
}

/**
 * Verifies an export: the head is signed, the entries add up to it, and the log continues every
 * head given.
 *
 * @param heads Signed notes of the same server, such as those in evidence or in others' exports.
 * @throws {FormatError} when it is not an export, or has fewer entries than a head.
 * @throws {TrustError} `log_head`: something is not signed by that server; `log_fork`: the server
 *   has signed two logs that contradict each other.
 */
export async function verifyExport(
  text: string,
  heads: readonly string[],
): Promise<VerifiedExport> {
  const { rootKey, note, leaves } = readExport(text);
  const { realm } = parseLogHead(note);
  const server = { realm, signingKey: rootKey };
  const head = await verifyLogHead(note, server);
  const index = new LogIndex();
  index.append(leaves);
  if (index.size !== head.size || index.entries.some(({ seq }, i) => seq !== i)) {
    throw new FormatError(`The export has not the ${head.size} entries that its head speaks of.`);
  }
  if (!equalBytes(index.rootAt(head.size), head.root)) throw contradicted(head, head);
  for (const other of heads) checkHead(index, head, await verifyLogHead(asNote(other), server));
  return {
    realm: toHex(realm),
    rootFingerprint: formatFingerprint(fingerprintOf(rootKey)),
    size: head.size,
    root: toHex(head.root),
    users: index.users.length,
    heads: heads.length,
  };
}

function checkHead(index: LogIndex, head: SignedLogHead, other: SignedLogHead): void {
  if (other.size > head.size) {
    throw new FormatError(
      `The head is of ${other.size} entries, the export has only ${head.size}.`,
      { hint: "Export the log anew, or verify the other one's export against this one's head." },
    );
  }
  if (!equalBytes(index.rootAt(other.size), other.root)) throw contradicted(head, other);
}

function contradicted(head: SignedLogHead, other: SignedLogHead): TrustError {
  return new TrustError(
    "log_fork",
    `The server has signed two logs that contradict each other: one of ${head.size} entries, and ` +
      `one of ${other.size}.`,
    {
      hint: "Keep both files: together they prove it. Show them to the administrator and to the " +
        "people you write to.",
    },
  );
}

/** A note as a file may have it: with other or no line ends behind it. */
function asNote(text: string): string {
  return text.replaceAll("\r\n", "\n").trimEnd() + "\n";
}

function readExport(text: string): { rootKey: Bytes; note: string; leaves: Bytes[] } {
  try {
    const [first, ...rest] = text.trimEnd().split("\n").map((line) => JSON.parse(line));
    const { mailsec, version, rootKey, head } = first as Record<string, unknown>;
    if (mailsec !== KIND || version !== VERSION || typeof head !== "string") throw new TypeError();
    const bytes = (base64: unknown) => Uint8Array.fromBase64(String(base64));
    return { rootKey: bytes(rootKey), note: head, leaves: rest.map(bytes) };
  } catch (cause) {
    throw new FormatError("This is not an export of a key log.", {
      hint: "Make one with: mailsec log export",
      cause,
    });
  }
}
