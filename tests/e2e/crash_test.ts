import { assert, assertEquals } from "@std/assert";
import { crashTest, judge } from "../../tools/crash.ts";

Deno.test("crash: over 20 kills no acknowledged mail is lost or doubled, and the store verifies", async () => {
  const report = await crashTest({ rounds: 20, seed: 20_260 });
  assertEquals(report.problems, []);
  assertEquals(report.rounds, 20);
  // The kills must have hit mails under way, or the test proves nothing.
  assert(report.unansweredStored + report.unansweredLost > 20, JSON.stringify(report));
  assert(report.acknowledged > 100, JSON.stringify(report));
});

Deno.test("crash: lost, doubled, scattered and stray copies are found", () => {
  const to = ["alice", "bob"];
  const cases: [acknowledged: boolean, found: Record<string, number>, outcome: string][] = [
    [true, { alice: 1, bob: 1 }, "stored"],
    [false, { alice: 1, bob: 1 }, "stored"],
    [false, {}, "lost"],
    [true, {}, "wrong"],
    [true, { alice: 1 }, "wrong"],
    [false, { bob: 1 }, "wrong"],
    [true, { alice: 1, bob: 2 }, "wrong"],
    [false, { alice: 2, bob: 2 }, "wrong"],
    [true, { alice: 1, bob: 1, carol: 1 }, "wrong"],
  ];
  for (const [acknowledged, found, outcome] of cases) {
    const fate = judge({ recipients: to, acknowledged }, new Map(Object.entries(found)));
    assertEquals(fate.outcome, outcome, JSON.stringify([acknowledged, found]));
  }
});
