import { assert, assertEquals } from "@std/assert";
import { list } from "../../protocol/messages/list.ts";
import { ping } from "../../protocol/messages/ping.ts";
import { startTestServer } from "./harness.ts";
import { join } from "./test_client.ts";

Deno.test("server: two users join, one sends, the other one is told and lists it", async () => {
  await using server = await startTestServer();
  const alice = await join(server, "alice");
  const bob = await join(server, "bob");
  assert((await alice.session.request(ping, {})).time > 0);
  const mail = await alice.seal(["bob"]);
  const arrived = await alice.send(mail);
  await bob.eventCount(1);
  assertEquals(bob.events[0], {
    event: "new_mail",
    body: { index: 1, messageId: mail.messageId },
  });
  const inbox = await bob.session.request(list, { before: null, limit: 10 });
  assertEquals(inbox.total, 1);
  assertEquals(inbox.entries[0]!.arrived, arrived);
  await alice.close();
  await bob.close();
});
