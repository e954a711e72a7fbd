import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { openMemoryStore } from "../../mailstore/memory_store.ts";
import {
  type CountedTry,
  delayAfter,
  FIRST_DELAY_MS,
  FORGET_AFTER_MS,
  FREE_TRIES,
  LoginThrottle,
  MAX_DELAY_MS,
} from "../../server/vault/login_throttle.ts";

const TAG = new Uint8Array(32).fill(1);
const OTHER = new Uint8Array(32).fill(2);

async function withThrottle(
  work: (throttle: LoginThrottle, clock: { now: number }) => Promise<void>,
): Promise<void> {
  const clock = { now: 1_700_000_000_000 };
  const store = await openMemoryStore({ now: clock.now });
  await work(new LoginThrottle(store, () => clock.now), clock);
  await store.close();
}

Deno.test("throttle: delays double from the first try that is not free, up to a quarter of an hour", () => {
  assertEquals(delayAfter(FREE_TRIES), 0);
  assertEquals(delayAfter(FREE_TRIES + 1), FIRST_DELAY_MS);
  assertEquals(delayAfter(FREE_TRIES + 2), 2 * FIRST_DELAY_MS);
  assertEquals(delayAfter(FREE_TRIES + 10), 512 * FIRST_DELAY_MS);
  assertEquals(delayAfter(FREE_TRIES + 11), MAX_DELAY_MS);
  assertEquals(delayAfter(1e9), MAX_DELAY_MS);
});

Deno.test("throttle: after the free tries a name waits, others do not", () =>
  withThrottle(async (throttle, clock) => {
    for (let i = 0; i <= FREE_TRIES; i++) assert(await throttle.begin(TAG), `try ${i}`);
    assertEquals(await throttle.begin(TAG), null);
    assert(await throttle.begin(OTHER));
    clock.now += FIRST_DELAY_MS - 1;
    assertEquals(await throttle.begin(TAG), null);
    clock.now += 1;
    assert(await throttle.begin(TAG));
    clock.now += 2 * FIRST_DELAY_MS - 1;
    assertEquals(await throttle.begin(TAG), null);
  }));

Deno.test("throttle: tries that begin together are all counted", () =>
  withThrottle(async (throttle) => {
    const tries = await Promise.all(Array.from({ length: 20 }, () => throttle.begin(TAG)));
    assertEquals(tries.filter((one) => one !== null).length, FREE_TRIES + 1);
  }));

Deno.test("throttle: a login that succeeds takes back its own try and no other", () =>
  withThrottle(async (throttle, clock) => {
    for (let i = 0; i < FREE_TRIES; i++) await throttle.begin(TAG);
    for (let i = 0; i < 50; i++) {
      const good = await throttle.begin(TAG);
      assertNotEquals(good, null, `login ${i} after ${FREE_TRIES} failures`);
      await throttle.succeeded(good as CountedTry);
    }
    assert(await throttle.begin(TAG));
    assertEquals(await throttle.begin(TAG), null, "the failures still count");
    clock.now += FIRST_DELAY_MS;
    await throttle.succeeded((await throttle.begin(TAG))!);
    assert(await throttle.begin(TAG), "no delay is left of the login that succeeded");
    assertEquals(await throttle.begin(TAG), null);
  }));

Deno.test("throttle: a name that is left alone for a day starts anew", () =>
  withThrottle(async (throttle, clock) => {
    for (let i = 0; i <= FREE_TRIES; i++) await throttle.begin(TAG);
    clock.now += FIRST_DELAY_MS + FORGET_AFTER_MS;
    for (let i = 0; i <= FREE_TRIES; i++) assert(await throttle.begin(TAG), `try ${i}`);
    assertEquals(await throttle.begin(TAG), null);
  }));

Deno.test("throttle: a clock that is set back blocks nobody for longer than the longest delay", () =>
  withThrottle(async (throttle, clock) => {
    for (let i = 0; i <= FREE_TRIES; i++) await throttle.begin(TAG);
    clock.now -= 365 * FORGET_AFTER_MS;
    assertEquals(await throttle.begin(TAG), null);
    clock.now += MAX_DELAY_MS - 1;
    assertEquals(await throttle.begin(TAG), null);
    clock.now += 1;
    assert(await throttle.begin(TAG));
  }));
