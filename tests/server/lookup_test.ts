/** How much of the store one `lookup` reads, whatever names it asks for. */

import { assert, assertEquals } from "@std/assert";
import { randomBytes } from "../../crypto/bytes.ts";
import { openMemoryStore } from "../../mailstore/memory_store.ts";
import type { MailStore } from "../../mailstore/store.ts";
import { MAX_IDENTITIES_PER_USER, MAX_LOOKUP_USERS } from "../../protocol/limits.ts";
import type { LookupReply } from "../../protocol/messages/lookup.ts";
import type { RequestContext } from "../../server/handlers/handler.ts";
import { handleLookup } from "../../server/handlers/lookup.ts";
import { Accounts } from "../../server/vault/accounts.ts";
import { AtRest } from "../../server/vault/at_rest.ts";
import { KeyLog } from "../../server/vault/key_log.ts";
import { testKeys } from "./test_client.ts";

const RECORD_BYTES = 10_400;

/** A store in which alice has had new keys so often, and how many records were read from it. */
async function storeOf(
  changes: number,
): Promise<{ store: MailStore; atRest: AtRest; read: number[] }> {
  const atRest = new AtRest(randomBytes(32));
  const memory = await openMemoryStore({ now: 0 });
  const tag = atRest.tagOf("alice");
  const account = { status: "active", profile: randomBytes(8), login: null, bundle: null } as const;
  await memory.changeAccount({ tag, expectedVersion: null, account });
  for (let count = 0; count < changes; count++) {
    const record = atRest.seal("identity", tag, randomBytes(RECORD_BYTES));
    const identity = { expectedCount: count, record };
    await memory.changeAccount({ tag, expectedVersion: count + 1, account, identity });
  }
  const read: number[] = [];
  const store: MailStore = {
    ...memory,
    async identities(tags) {
      const records = await memory.identities(tags);
      read.push(records.flat().length);
      return records;
    },
  };
  return { store, atRest, read };
}

Deno.test("lookup: a name of many records, asked for often, is not read oftener than the reply has it", async () => {
  const { store, atRest, read } = await storeOf(MAX_IDENTITIES_PER_USER + 6);
  const { secret: signing } = (await testKeys()).signing;
  const keyLog = new KeyLog({ store, atRest, signing, realm: randomBytes(32), now: () => 0 });
  const accounts = new Accounts({ store, atRest, keyLog });
  const users = new Array(MAX_LOOKUP_USERS).fill("alice");
  const context = { office: { accounts, keyLog } } as unknown as RequestContext;
  const { results }: LookupReply = await handleLookup(context, { users });
  assertEquals(results.map(({ identities }) => identities.length), [MAX_IDENTITIES_PER_USER]);
  assert(read.length <= results.length + 1, `${read.length} times, ${read[0]} records each`);
  assertEquals(read[0], MAX_IDENTITIES_PER_USER + 6);
  await store.close();
});
