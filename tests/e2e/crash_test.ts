import { assert, assertEquals } from "@std/assert";
import { crashTest } from "../../tools/crash.ts";

Deno.test("crash: over 20 kills no acknowledged mail is lost or doubled, and the store verifies", async () => {
  const report = await crashTest({ rounds: 20, seed: 20_260 });
  assertEquals(report.problems, []);
  assertEquals(report.rounds, 20);
  // The kills must have hit mails under way, or the test proves nothing.
  assert(report.unansweredStored + report.unansweredLost > 20, JSON.stringify(report));
  assert(report.acknowledged > 100, JSON.stringify(report));
});
