import { type Bytes, equalBytes } from "../../crypto/bytes.ts";
import { parseIdentity } from "../../crypto/identity.ts";
import { parseVouch } from "../../crypto/vouch.ts";
import type { lookup, LookupReply } from "../../protocol/messages/lookup.ts";
import type { AccountStatus } from "../../mailstore/store.ts";
import { MAX_IDENTITIES_PER_USER, MAX_VOUCHES_PER_USER } from "../../protocol/limits.ts";
import { currentChain } from "../vault/identity_chain.ts";
import type { KeyLog } from "../vault/key_log.ts";
import type { Handler } from "./handler.ts";
import { withinBudget } from "./reply_budget.ts";

type LookupResult = LookupReply["results"][number];

/**
 * Who has joined, and with which keys. Somebody who was invited but has not logged in yet gets no
 * mail and is unknown here, like a name that nobody has. The records that the log has are given
 * whatever the status is: mail of a removed account is verified with them, and whoever invited
 * somebody vouches for the new keys as soon as they are there.
 */
export const handleLookup: Handler<typeof lookup> = async ({ office }, { users }) => {
  const { accounts, keyLog } = office;
  const results: LookupResult[] = [];
  // A name at a time, and no further than the reply goes: there may be many records of each.
  for (const user of users) {
    const identities = await accounts.latestIdentities(user, MAX_IDENTITIES_PER_USER);
    results.push({
      ...{ user, status: publicStatus(await accounts.statusOf(user)), identities },
      vouches: await vouchesFor(keyLog, user, identities),
    });
    const fitting = withinBudget(results, bytesOf);
    if (fitting.length < results.length) return { results: fitting };
  }
  return { results };
};

/** The earliest words for the keys that are current: those that came with the invite are among them. */
async function vouchesFor(
  keyLog: KeyLog,
  user: string,
  identities: readonly Bytes[],
): Promise<Bytes[]> {
  const records = await keyLog.recordsOf(user);
  const vouches = records.filter(({ entry }) => entry.type === "vouch").map(({ record }) => record);
  if (vouches.length === 0) return [];
  const current = currentChain(identities.map(parseIdentity)).map(({ hash }) => hash);
  return vouches.filter((vouch) => {
    const { identityHash } = parseVouch(vouch);
    return current.some((hash) => equalBytes(hash, identityHash));
  }).slice(0, MAX_VOUCHES_PER_USER);
}

function bytesOf({ identities, vouches }: LookupResult): number {
  return [...identities, ...vouches].reduce((bytes, record) => bytes + record.length, 64);
}

function publicStatus(status: AccountStatus | null): LookupResult["status"] {
  return status === "active" || status === "disabled" ? status : "unknown";
}
