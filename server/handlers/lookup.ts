import type { lookup, LookupReply } from "../../protocol/messages/lookup.ts";
import type { AccountStatus } from "../../mailstore/store.ts";
import type { Handler } from "./handler.ts";
import { withinBudget } from "./reply_budget.ts";

type LookupResult = LookupReply["results"][number];

/**
 * Who has joined, and with which keys. Somebody who was invited but has not logged in yet gets no
 * mail and is unknown here, like a name that nobody has.
 */
export const handleLookup: Handler<typeof lookup> = async ({ office }, { users }) => {
  const identities = await office.accounts.identities(users);
  const results: LookupResult[] = [];
  for (const [i, user] of users.entries()) {
    const status = publicStatus(await office.accounts.statusOf(user));
    results.push({ user, status, identities: status === "unknown" ? [] : identities[i]! });
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
