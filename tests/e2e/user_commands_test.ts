/** `mailsec user …` as an administrator runs it, beside a server. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runToEnd } from "../../tools/child.ts";
import { mailsecCommand } from "../../tools/office.ts";
import { startTestServer, type TestServer } from "../server/harness.ts";
import { join, register } from "../server/test_client.ts";

function run(server: TestServer, ...args: string[]) {
  return runToEnd([...mailsecCommand(), "user", ...args, "--data", server.dataDir]);
}

async function must(server: TestServer, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(server, ...args);
  assertEquals(code, 0, stderr);
  return stdout;
}

async function roles(server: TestServer): Promise<string[]> {
  const users = JSON.parse(await must(server, "list", "--json"));
  return users.map(({ user, status, role }: Record<string, string>) => `${user} ${status} ${role}`);
}

Deno.test("user commands: an administrator is invited, made and unmade", async () => {
  await using server = await startTestServer();
  const { invite } = JSON.parse(await must(server, "invite", "Alice", "--admin", "--json"));
  assert((await register(server.port, invite, "a password")).accepted);
  await (await join(server, "bob")).close();
  assertEquals(await roles(server), ["alice registered admin", "bob active member"]);
  assertEquals(JSON.parse(await must(server, "role", "BOB", "admin", "--json")), {
    user: "bob",
    done: "admin",
  });
  const { stderr } = await run(server, "role", "alice", "member");
  assertEquals(stderr, "alice is a member.\n");
  assertEquals(await roles(server), ["alice registered member", "bob active admin"]);
  assertStringIncludes(await must(server, "list"), "admin");
  assertEquals((await run(server, "role", "bob", "queen")).code, 2);
  await must(server, "invite", "carol");
  const early = await run(server, "role", "carol", "admin");
  assertEquals([early.code, early.stdout], [1, ""]);
  assertStringIncludes(early.stderr, "hint: Make a new invite instead: mailsec user invite carol");
});

Deno.test("user commands: a reset is asked for, and gives a new invite", async () => {
  await using server = await startTestServer();
  await (await join(server, "bob")).close();
  const unasked = await run(server, "reset", "bob");
  assertEquals([unasked.code, unasked.stdout], [2, ""]);
  assertStringIncludes(unasked.stderr, "--yes");
  assertEquals(await roles(server), ["bob active member"]);
  const again = await run(server, "invite", "bob");
  assertEquals([again.code, again.stdout], [1, ""]);
  assertStringIncludes(again.stderr, "mailsec user reset bob");
  const { stdout, stderr } = await run(server, "reset", "BOB", "--yes");
  assertMatch(stdout, /^mailsec:\/\/bob@127\.0\.0\.1:\d+\/[0-9A-HJKMNP-TV-Z-]+\n$/i);
  assertStringIncludes(stderr, "bob runs: mailsec join INVITE");
  assertEquals(await roles(server), ["bob invited member"]);
  assert((await register(server.port, stdout, "a password")).accepted);
  assertEquals((await run(server, "reset", "nobody", "--yes")).code, 1);
});
