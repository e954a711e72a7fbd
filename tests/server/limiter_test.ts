import { assert, assertEquals, assertFalse, assertLessOrEqual } from "@std/assert";
import {
  HANDSHAKE_BURST,
  MAX_TRACKED_ADDRESSES,
  sourceOf,
  TokenBuckets,
} from "../../server/limiter.ts";
import {
  type Handshake,
  HANDSHAKE_GRACE_MS,
  HandshakeAllowance,
  MAX_HANDSHAKES,
  MAX_HANDSHAKES_PER_SOURCE,
  MAX_WAITING_PER_SOURCE,
  SILENT_GRACE_MS,
} from "../../server/handshake_allowance.ts";

Deno.test("limiter: an IPv6 subscriber is one source, an IPv4 address is one", () => {
  for (
    const [address, source] of [
      ["192.0.2.7", "192.0.2.7"],
      ["::ffff:192.0.2.7", "192.0.2.7"],
      ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
      ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
      ["2001:db8::1", "2001:db8:0:0::/64"],
      ["2001:0db8:0000:0000::1", "2001:db8:0:0::/64"],
      ["::1", "0:0:0:0::/64"],
      ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ] as const
  ) assertEquals(sourceOf(address), source, address);
});

Deno.test("limiter: a burst, then one token a second, and one back for a login", () => {
  let now = 0;
  const buckets = new TokenBuckets(() => now);
  for (let i = 0; i < HANDSHAKE_BURST; i++) assert(buckets.take("a"));
  assertFalse(buckets.take("a"));
  assert(buckets.take("b"), "another source has its own tokens");
  now += 999;
  assertFalse(buckets.take("a"));
  now += 1;
  assert(buckets.take("a"));
  assertFalse(buckets.take("a"));
  buckets.giveBack("a");
  assert(buckets.take("a"));
  now += 1e9;
  buckets.giveBack("a");
  for (let i = 0; i < HANDSHAKE_BURST; i++) assert(buckets.take("a"));
  assertFalse(buckets.take("a"), "a bucket never holds more than a burst");
});

Deno.test("limiter: remembers a bounded number of sources, the emptiest longest", () => {
  const buckets = new TokenBuckets(() => 0);
  for (let i = 0; i < HANDSHAKE_BURST; i++) buckets.take("worst");
  for (let i = 0; i < MAX_TRACKED_ADDRESSES * 2; i++) buckets.take(`s${i}`);
  assertLessOrEqual(buckets.size, MAX_TRACKED_ADDRESSES);
  assertFalse(buckets.take("worst"));
});

class Scripted implements Handshake {
  state = "waiting";
  hasSpoken = true;
  constructor(readonly source: string) {}
  begin() {
    this.state = "running";
  }
  drop() {
    this.state = "dropped";
  }
}

Deno.test("handshake allowance: the oldest of a source makes room, but not in its first moments", () => {
  let now = 0;
  const allowance = new HandshakeAllowance(() => now);
  const all = Array.from({ length: MAX_HANDSHAKES_PER_SOURCE + 1 }, () => new Scripted("a"));
  for (const one of all) assert(allowance.request(one));
  assertEquals(all.map((one) => one.state), [
    "running",
    "running",
    "running",
    "running",
    "waiting",
  ]);
  now = HANDSHAKE_GRACE_MS - 1;
  allowance.tick();
  assertEquals(all[4]!.state, "waiting");
  now = HANDSHAKE_GRACE_MS;
  allowance.tick();
  assertEquals(all.map((one) => one.state), [
    "dropped",
    "running",
    "running",
    "running",
    "running",
  ]);
});

Deno.test("handshake allowance: who has said nothing makes room sooner, and first", () => {
  let now = 0;
  const allowance = new HandshakeAllowance(() => now);
  const all = Array.from({ length: MAX_HANDSHAKES_PER_SOURCE + 2 }, () => new Scripted("a"));
  all[2]!.hasSpoken = false;
  for (const one of all) allowance.request(one);
  now = SILENT_GRACE_MS;
  allowance.tick();
  const states = () => all.map((one) => one.state);
  assertEquals(states(), ["running", "running", "dropped", "running", "running", "waiting"]);
  now = HANDSHAKE_GRACE_MS;
  allowance.tick();
  assertEquals(states(), ["dropped", "running", "dropped", "running", "running", "running"]);
});

Deno.test("handshake allowance: one that ends lets the next one in", () => {
  const allowance = new HandshakeAllowance(() => 0);
  const all = Array.from({ length: MAX_HANDSHAKES_PER_SOURCE + 2 }, () => new Scripted("a"));
  for (const one of all) allowance.request(one);
  allowance.leave(all[4]!);
  allowance.leave(all[0]!);
  allowance.leave(all[0]!);
  assertEquals(all[5]!.state, "running");
  assertEquals(all[4]!.state, "waiting", "it left before it had a place");
});

Deno.test("handshake allowance: one source cannot take the places of the others", () => {
  const allowance = new HandshakeAllowance(() => 0);
  const flood: Scripted[] = [];
  while (flood.length < 100) {
    const one = new Scripted("flood");
    flood.push(one);
    if (!allowance.request(one)) break;
  }
  assertEquals(flood.length, MAX_HANDSHAKES_PER_SOURCE + MAX_WAITING_PER_SOURCE + 1);
  const honest = new Scripted("honest");
  assert(allowance.request(honest));
  assertEquals(honest.state, "running");
});

Deno.test("handshake allowance: when all places are taken, the oldest of all goes", () => {
  let now = 0;
  const allowance = new HandshakeAllowance(() => now);
  const all = Array.from({ length: MAX_HANDSHAKES }, (_, i) => new Scripted(`s${i >> 2}`));
  for (const one of all) allowance.request(one);
  now = HANDSHAKE_GRACE_MS;
  const late = new Scripted("late");
  allowance.request(late);
  assertEquals(late.state, "running");
  assertEquals(all.filter((one) => one.state === "dropped"), [all[0]!]);
  assertEquals(allowance.running, MAX_HANDSHAKES);
});

Deno.test("handshake allowance: a place that becomes free goes to who has the fewest", () => {
  const allowance = new HandshakeAllowance(() => 0);
  const sources = ["a", "b", "c", "d"];
  const running = sources.flatMap((source) =>
    Array.from({ length: MAX_HANDSHAKES / sources.length }, () => new Scripted(source))
  );
  const waiting = sources.flatMap((source) => [new Scripted(source), new Scripted(source)]);
  const honest = new Scripted("honest");
  for (const one of [...running, ...waiting, honest]) assert(allowance.request(one));
  assertEquals(honest.state, "waiting");
  allowance.leave(running[0]!);
  assertEquals(honest.state, "running");
  assert(waiting.every((one) => one.state === "waiting"));
  allowance.leave(running[1]!);
  assertEquals(waiting.map((one) => one.state).indexOf("running"), 0, "then the order counts");
});

Deno.test("handshake allowance: sources that stay within their tokens delay a login by one grace", () => {
  let now = 0;
  const allowance = new HandshakeAllowance(() => now);
  const buckets = new TokenBuckets(() => now);
  let honest: Scripted | null = null;
  let since = 0;
  let logins = 0;
  for (; now < 60_000; now += 250) {
    for (const source of ["a", "b", "c", "d"]) {
      while (buckets.take(source) && allowance.request(new Scripted(source)));
    }
    if (honest === null) {
      honest = new Scripted("honest");
      since = now;
      assert(allowance.request(honest));
    }
    allowance.tick();
    if (honest.state !== "running") continue;
    assertLessOrEqual(now - since, HANDSHAKE_GRACE_MS);
    allowance.leave(honest);
    honest = null;
    logins += 1;
  }
  assert(logins >= 60_000 / HANDSHAKE_GRACE_MS - 1);
});
