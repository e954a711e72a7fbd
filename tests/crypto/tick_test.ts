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

Deno.test("tick: results leave at the next multiple of 25 ms, never at once", async () => {
  for (const [startMs, releasedMs] of [[1000, 1025], [1001, 1025], [1024.5, 1025], [1025, 1050]]) {
    const clock = fakeClock(startMs!);
    assertEquals(await releaseOnTick(clock, Promise.resolve("done")), "done");
    assertEquals(clock.nowMs, releasedMs);
  }
});

Deno.test("tick: the wait begins when the work is done, and an error waits like a result", async () => {
  const clock = fakeClock(0);
  const work = Promise.resolve().then(() => {
    clock.nowMs = 30;
    throw new Error("work");
  });
  await assertRejects(() => releaseOnTick(clock, work), Error, "work");
  assertEquals(clock.nowMs, 2 * TICK_MS);
});
