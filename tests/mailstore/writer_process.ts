/**
 * A process of its own that delivers mails to alice, eight at a time, and prints the name of each
 * when it is acknowledged: `writer_process.ts FILE PREFIX COUNT`.
 */

import { addAccounts, mail, withSqlite } from "./fixtures.ts";

const [path, prefix, count] = Deno.args;
const encoder = new TextEncoder();

await withSqlite(path!, async (store) => {
  await addAccounts(store, "alice");
  let next = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (next < Number(count)) {
      const name = `${prefix}${next++}`;
      await store.deliver(mail(name, ["alice"]));
      Deno.stdout.writeSync(encoder.encode(`${name}\n`));
    }
  }));
});
