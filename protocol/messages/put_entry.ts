import { MAX_PUT_ENTRIES } from "../limits.ts";
import { boolean, list, struct } from "../schema.ts";
import { messageId, modseq, revision, sealedEntry } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * Replaces sealed entries, each by compare-and-set: `revision` is the one that the client has
 * seen (0: none yet), and the new entry gets `revision + 1`. One result an item, in their order:
 * `ok`, or not (then `revision` is the one the server has, 0 for a mail not in the mailbox). `modseq` is
 * that of the mailbox with this change (docs/protocol.md, 7.1), 0 if there was none.
 */
export const putEntry = {
  type: "put_entry",
  request: struct({
    items: list(struct({ messageId, revision, sealed: sealedEntry }), {
      min: 1,
      max: MAX_PUT_ENTRIES,
    }),
  }),
  reply: struct({
    results: list(struct({ messageId, revision, ok: boolean, modseq }), { max: MAX_PUT_ENTRIES }),
  }),
} satisfies Message<"put_entry", unknown, unknown>;

export type PutEntryRequest = RequestOf<typeof putEntry>;
export type PutEntryReply = ReplyOf<typeof putEntry>;
