import type { lookup, LookupReply } from "../../protocol/messages/lookup.ts";
import type { AccountStatus } from "../../mailstore/store.ts";
import { MAX_IDENTITIES_PER_USER } from "../../protocol/limits.ts";
import type { Handler } from "./handler.ts";
import { withinBudget } from "./reply_budget.ts";

type LookupResult = LookupReply["results"][number];

/**
 * Who has joined, and with which keys. Somebody who was invited but has not logged in yet gets no
 * mail and is unknown here, like a name that nobody has. The records of a removed account are still
 * given: mail that it has sent is verified with them.
 */
export const handleLookup: Handler<typeof lookup> = async ({ office }, { users }) => {
  const identities = await office.accounts.identities(users);
  const results: LookupResult[] = [];
  for (const [i, user] of users.entries()) {
    const status = await office.accounts.statusOf(user);
    // The last record of somebody who has never logged in has not proved anything yet.
    const proved = status === "registered" ? identities[i]!.slice(0, -1) : identities[i]!;
    results.push({
      ...{ user, status: publicStatus(status) },
      identities: proved.slice(-MAX_IDENTITIES_PER_USER),
    });
  }
  return {
    results: withinBudget(
      results,
      (result) => result.identities.reduce((bytes, record) => bytes + record.length, 64),
    ),
  };
};

function publicStatus(status: AccountStatus | null): LookupResult["status"] {
  return status === "active" || status === "disabled" ? status : "unknown";
}
