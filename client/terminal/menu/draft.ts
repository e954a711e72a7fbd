/** A mail that is being written. It outlives mistakes, failed sends and visits to the menu. */

import type { OutgoingMail, SealedOutgoing } from "../../mailbox_types.ts";
import { formatSize } from "../format.ts";

export interface Draft {
  /** The answer about recipients as it was typed, right or wrong. */
  toText: string;
  /** The recipients, once they were found right. */
  to: readonly string[];
  /** Changed keys that were accepted: the fingerprint shown, by recipient. */
  acceptChangedKeys: ReadonlyMap<string, string>;
  title: string;
  /** Null until it is complete. */
  body: DraftBody | null;
  /** Lines typed for a body that is not complete. */
  lines: string[];
  /** The mail as it was sealed, when it is not known whether it has arrived. */
  sealed: SealedOutgoing | null;
}

export interface DraftBody {
  readonly content: string | Uint8Array;
  /** In bytes of UTF-8. */
  readonly size: number;
  /** Where it was loaded from, the last part of the path. */
  readonly fileName?: string;
}

export function emptyDraft(): Draft {
  return {
    toText: "",
    to: [],
    acceptChangedKeys: new Map(),
    title: "",
    body: null,
    lines: [],
    sealed: null,
  };
}

/** The draft in a line: whom it goes to, its title and size. */
export function describeDraft({ toText, title, body, lines }: Draft): string {
  const size = body === null ? bytesOf(lines.join("\n")) : body.size;
  return `a mail to ${toText || "nobody yet"}, "${title}", ${formatSize(size)}`;
}

/** @throws {TypeError} when the body is not complete. */
export function outgoing(draft: Draft): OutgoingMail {
  if (draft.body === null) throw new TypeError("the draft has no body yet");
  const { content, fileName } = draft.body;
  return {
    to: draft.to,
    title: draft.title,
    body: content,
    ...(fileName === undefined ? {} : { bodyFileName: fileName }),
    acceptChangedKeys: draft.acceptChangedKeys,
  };
}

/** Bytes of UTF-8. */
export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
