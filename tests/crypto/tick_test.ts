import { assertEquals, assertRejects } from "@std/assert";
import { releaseOnTick, TICK_MS } from "../../crypto/tick.ts";

/** A clock that stands still but for what is slept. */
function fakeClock(startMs: number) {
  const clock = {
    nowMs: startMs,
    now: () => clock.nowMs,
    sleep: (ms: number) => {
      clock.nowMs += ms;
      return Promise.resolve();
    },
  };
  return clock;
}

Deno.test("tick: a result leaves at a multiple of 25 ms from the beginning, never at once", async () => {
  for (const startMs of [1000, 1001, 1024.5]) {
    for (const [workMs, releasedMs] of [[0, 25], [1, 25], [24.5, 25], [25, 50], [30, 50]]) {
      const clock = fakeClock(startMs);
      const work = () => {
        clock.nowMs += workMs!;
        return "done";
      };
      assertEquals(await releaseOnTick(clock, work), "done");
      assertEquals(clock.nowMs - startMs, releasedMs, `${workMs} ms of work at ${startMs}`);
    }
  }
});

Deno.test("tick: an error waits like a result, whether it is thrown at once or later", async () => {
  for (const isLater of [false, true]) {
    const clock = fakeClock(7);
    const fail = () => {
      clock.nowMs += 30;
      throw new Error("work");
    };
    const work = isLater ? () => Promise.resolve().then(fail) : fail;
    await assertRejects(() => releaseOnTick(clock, work), Error, "work");
    assertEquals(clock.nowMs, 7 + 2 * TICK_MS);
  }
});

Deno.test("tick: a clock that is set back makes the wait no longer", async () => {
  const clock = fakeClock(1000);
  await releaseOnTick(clock, () => void (clock.nowMs = 10));
  assertEquals(clock.nowMs, 10 + TICK_MS);
});
