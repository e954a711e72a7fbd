/**
 * The memory engine's data: plain maps keyed by hexadecimal tags and ids. A second, independent
 * statement of what the SQLite engine's tables mean, kept as simple as it can be.
 */

import type { Bytes } from "../../crypto/bytes.ts";
import type { LogAppend } from "../log_store.ts";
import type { SealedState } from "../mailbox_store.ts";
import type { AccountStatus, Attempts, DeliveryOutcome, Upload } from "../store.ts";

export interface MemoryEntry {
  readonly messageId: string;
  revision: number;
  sealed: Bytes | null;
  /** That of the mailbox at the last change. */
  modseq: number;
}

export interface MemoryAccount {
  readonly tag: Bytes;
  status: AccountStatus;
  version: number;
  profile: Bytes;
  login: Bytes | null;
  bundle: Bytes | null;
  invite: { tokenHash: Bytes; expires: number } | null;
  state: SealedState;
  lastIndex: number;
  /** Counts the changes to the entries. */
  modseq: number;
  /** Removals up to this one are not remembered. */
  forgotten: number;
  /** In the order of their modseq. */
  removals: { readonly modseq: number; readonly index: number }[];
  /** By name, in hexadecimal. */
  readonly blobs: Map<string, { revision: number; sealed: Bytes }>;
  /** By index, ascending, since numbers only grow. */
  readonly entries: Map<number, MemoryEntry>;
}

export interface MemoryMessage {
  readonly messageId: Bytes;
  readonly digest: Bytes;
  /** Tag of who uploaded it in pieces, in hexadecimal. */
  readonly uploadedBy: string | null;
  readonly meta: Bytes;
  readonly header: Bytes;
  readonly summary: Bytes;
  readonly content: Bytes;
}

export interface MemoryUpload {
  readonly upload: Upload;
  readonly content: Bytes;
  received: number;
}

export class Tables {
  /** In the order of their creation. */
  readonly accounts = new Map<string, MemoryAccount>();
  readonly identities = new Map<string, Bytes[]>();
  readonly attempts = new Map<string, Attempts>();
  /** Each at the place of its `seq`. */
  readonly log: LogAppend[] = [];
  readonly messages = new Map<string, MemoryMessage>();
  /** In the order of their beginning. */
  readonly uploads: MemoryUpload[] = [];

  account(tag: Bytes): MemoryAccount | undefined {
    return this.accounts.get(tag.toHex());
  }

  /** The index and the entry of a message in a mailbox. */
  findEntry(tag: Bytes, messageId: Bytes): [number, MemoryEntry] | undefined {
    const id = messageId.toHex();
    for (const [index, entry] of this.account(tag)?.entries ?? []) {
      if (entry.messageId === id) return [index, entry];
    }
    return undefined;
  }

  removeUnreferenced(messageId: string): void {
    for (const { entries } of this.accounts.values()) {
      for (const entry of entries.values()) if (entry.messageId === messageId) return;
    }
    this.messages.delete(messageId);
  }

  /** The answer to somebody who sends a message that is there already. */
  duplicateOf(message: MemoryMessage): DeliveryOutcome {
    const entries = [...this.accounts.values()].flatMap(({ tag }) => {
      const found = this.findEntry(tag, message.messageId);
      return found === undefined ? [] : [{ tag: tag.slice(), index: found[0] }];
    });
    return { outcome: "duplicate", meta: message.meta.slice(), entries };
  }

  removeUploads(which: (upload: MemoryUpload) => boolean): void {
    for (let i = this.uploads.length - 1; i >= 0; i--) {
      if (which(this.uploads[i]!)) this.uploads.splice(i, 1);
    }
  }
}

/** A copy, null kept. */
export function copyOf(bytes: Bytes | null): Bytes | null {
  return bytes === null ? null : bytes.slice();
}

/** The same methods without promises. */
export type Sync<T> = {
  [Key in keyof T]: T[Key] extends (...args: infer Arguments) => Promise<infer Result>
    ? (...args: Arguments) => Result
    : never;
};
