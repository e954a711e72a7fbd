import { MAX_IDENTITIES_PER_USER, MAX_LOOKUP_USERS, MAX_VOUCHES_PER_USER } from "../limits.ts";
import { list, oneOf, struct } from "../schema.ts";
import { identityRecord, signedVouch, userName } from "./fields.ts";
import type { Message, ReplyOf, RequestOf } from "./message.ts";

/** What the directory says about one name. */
export const lookupResult = struct({
  user: userName,
  status: oneOf("active", "disabled", "unknown"),
  /**
   * The identity records from the oldest on, the current one last; of an `unknown` name those of a
   * removed account, to verify mail that it has sent, or of somebody who has not logged in yet.
   */
  identities: list(identityRecord, { max: MAX_IDENTITIES_PER_USER }),
  /** The vouches that the key log has for the keys that are current, the newest last. */
  vouches: list(signedVouch, { max: MAX_VOUCHES_PER_USER }),
});

/**
 * Asks the directory about users. Results come in the order of the names; as many as fit
 * REPLY_BUDGET_BYTES, at least one: ask again for the names behind the last result.
 */
export const lookup = {
  type: "lookup",
  request: struct({ users: list(userName, { min: 1, max: MAX_LOOKUP_USERS }) }),
  reply: struct({ results: list(lookupResult, { min: 1, max: MAX_LOOKUP_USERS }) }),
} satisfies Message<"lookup", unknown, unknown>;

export type LookupRequest = RequestOf<typeof lookup>;
export type LookupReply = ReplyOf<typeof lookup>;
