/**
 * A process of its own that changes a user's account again and again, each time with an identity
 * record and a log entry, and prints the number of each entry when it is acknowledged:
 * `log_writer_process.ts FILE USER COUNT`.
 */

import { utf8 } from "../../crypto/bytes.ts";
import { addAccounts, logEntry, tagOf, withSqlite } from "./fixtures.ts";

const [path, name, count] = Deno.args;
const tag = tagOf(name!);
const encoder = new TextEncoder();

await withSqlite(path!, async (store) => {
  await addAccounts(store, name!);
  for (let written = 0; written < Number(count);) {
    const { version, ...account } = (await store.account(tag))!;
    const expectedCount = (await store.identities([tag]))[0]!.length;
    const seq = await store.logSize();
    const outcome = await store.changeAccount({
      tag,
      expectedVersion: version,
      account,
      identity: { expectedCount, record: utf8(`record ${seq}`) },
      log: [logEntry(seq, name!, `record ${seq}`)],
    });
    if (outcome === "log_conflict") continue;
    if (outcome !== "changed") throw new Error(outcome);
    Deno.stdout.writeSync(encoder.encode(`${seq}\n`));
    written++;
  }
});
