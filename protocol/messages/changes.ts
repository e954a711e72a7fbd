import { MAX_LIST_PAGE, MAX_REMOVALS_LISTED } from "../limits.ts";
import { boolean, list, struct, uint } from "../schema.ts";
import { mailIndex, modseq } from "./fields.ts";
import { mailboxEntry } from "./list.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/**
 * What has changed in the mailbox since `since`, which is `next` of an earlier reply, `modseq` of a
 * `list`, or 0: entries that have come or were replaced, as they are now and in the order of their
 * last change, and the indexes of mails that were removed. A reply may be shorter than `limit`
 * (REPLY_BUDGET_BYTES): `next` is what to go on with, at once when there is `more`.
 *
 * Rules: docs/protocol.md, 7.1.
 *
 * `reset`: the server does not remember all removals since then. Nothing else counts in that reply;
 * begin anew with `list`.
 */
export const changes = {
  type: "changes",
  request: struct({ since: modseq, limit: uint({ min: 1, max: MAX_LIST_PAGE }) }),
  reply: struct({
    reset: boolean,
    next: modseq,
    more: boolean,
    entries: list(mailboxEntry, { max: MAX_LIST_PAGE }),
    removed: list(mailIndex, { max: MAX_REMOVALS_LISTED }),
  }),
} satisfies Message<"changes", unknown, unknown>;

export type ChangesRequest = RequestOf<typeof changes>;
export type ChangesReply = ReplyOf<typeof changes>;
