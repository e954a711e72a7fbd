/** The key log of the fake server, and a device's copy of it in memory. */

import { type Bytes, concat } from "../../crypto/bytes.ts";
import {
  encodeAdminAct,
  encodeLogEntry,
  type LogEntryType,
  recordHashOf,
} from "../../crypto/log_entry.ts";
import { makeLogHead, type SignedLogHead } from "../../crypto/log_head.ts";
import { leafHash, MerkleTree } from "../../crypto/merkle.ts";
import { generateSigningKeyPair, importSigner, type Signer } from "../../crypto/sign.ts";
import {
  type EvidenceStore,
  type Finding,
  withDismissed,
  withFinding,
} from "../../client/key_log/evidence_store.ts";
import type { LogStores } from "../../client/key_log/log_account.ts";
import {
  type MirrorHead,
  type MirrorStorage,
  NO_HEAD,
} from "../../client/key_log/mirror_storage.ts";
import type { Evidence } from "../../client/key_log/types.ts";
import { LOG_PAGE } from "../../protocol/limits.ts";

let rootSigner: Promise<Signer> | undefined;

/** The root key of all fake servers. */
export function fakeRoot(): Promise<Signer> {
  rootSigner ??= generateSigningKeyPair().then(({ secret }) => importSigner(secret));
  return rootSigner;
}

/** A log that can be cut, and continued in two ways. */
export class FakeLog {
  leaves: Bytes[] = [];
  time = 1_700_000_000_000;

  constructor(readonly realm: Bytes) {}

  /** A log of its own that begins with the same entries. */
  fork(size = this.leaves.length): FakeLog {
    const other = new FakeLog(this.realm);
    other.leaves = this.leaves.slice(0, size);
    return other;
  }

  append(type: LogEntryType, user: string, record: Bytes): number {
    const seq = this.leaves.length;
    const recordHash = recordHashOf(record);
    this.leaves.push(encodeLogEntry({ seq, time: this.time++, type, user, recordHash }));
    return seq;
  }

  act(type: "disabled" | "removed" | "account_reset" | "admin_granted", user: string): number {
    return this.append(type, user, encodeAdminAct({ type, user, by: "", time: this.time }));
  }

  rootAt(size = this.leaves.length): Bytes {
    const tree = new MerkleTree();
    for (const leaf of this.leaves) tree.append(leafHash(leaf));
    return tree.rootAt(size);
  }

  async head(size = this.leaves.length): Promise<SignedLogHead> {
    return await makeLogHead(await fakeRoot(), {
      realm: this.realm,
      size,
      root: this.rootAt(size),
    });
  }

  async page(from: number): Promise<{ head: string; leaves: Bytes[] }> {
    return { head: (await this.head()).note, leaves: this.leaves.slice(from, from + LOG_PAGE) };
  }
}

/** A device's copy. */
export class FakeMirror implements MirrorStorage {
  stored: MirrorHead = NO_HEAD;
  bytes: Bytes = new Uint8Array();

  head(): Promise<MirrorHead> {
    return Promise.resolve(this.stored);
  }

  leaves({ bytes }: MirrorHead): Promise<Bytes[]> {
    const leaves: Bytes[] = [];
    for (let at = 0; at < Math.min(bytes, this.bytes.length);) {
      const end = at + 1 + this.bytes[at]!;
      leaves.push(this.bytes.slice(at + 1, end));
      at = end;
    }
    return Promise.resolve(leaves);
  }

  append(before: MirrorHead, leaves: readonly Bytes[], head: MirrorHead): Promise<void> {
    const added = leaves.flatMap((leaf) => [new Uint8Array([leaf.length]), leaf]);
    this.bytes = concat(this.bytes.slice(0, before.bytes), ...added);
    this.stored = head;
    return Promise.resolve();
  }

  locked<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }
}

export class FakeEvidence implements EvidenceStore {
  items: Evidence[] = [];

  all(): Promise<Evidence[]> {
    return Promise.resolve(this.items);
  }

  add(finding: Finding, time: string): Promise<Evidence[]> {
    return Promise.resolve(this.items = withFinding(this.items, finding, time));
  }

  async dismiss(id: number, time: string): Promise<Evidence[]> {
    return await Promise.resolve(this.items = withDismissed(this.items, id, time));
  }
}

/** What a device remembers of the log. */
export function fakeLogStores(): LogStores & { mirror: FakeMirror; evidence: FakeEvidence } {
  return { mirror: new FakeMirror(), evidence: new FakeEvidence() };
}
