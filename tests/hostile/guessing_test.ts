/**
 * Strangers, thieves of a device and session workers in other hands who try to find out a password
 * by asking the server again and again. It answers so seldom that this is hopeless, forgets nothing
 * when it is restarted or killed, and the owner of the account gets in all the while.
 */

import { assert, assertEquals, assertGreater, assertLess, assertLessOrEqual } from "@std/assert";
import { type Bytes, equalBytes, randomBytes } from "../../crypto/bytes.ts";
import { startLogin, startRegistration } from "../../crypto/password_client.ts";
import { newRecoveryCode, recoveryAuth } from "../../crypto/recovery_code.ts";
import { parseServerRecord } from "../../crypto/server_record.ts";
import { openMemoryStore } from "../../mailstore/memory_store.ts";
import { MAX_ATTEMPT_TAGS } from "../../mailstore/store.ts";
import { loginTicket } from "../../protocol/messages/login_ticket.ts";
import { passwordStart } from "../../protocol/messages/password_start.ts";
import { ConnectionLostError } from "../../protocol/session_errors.ts";
import {
  type CountedTry,
  FORGET_AFTER_MS,
  FREE_TRIES,
  LoginThrottle,
  MAX_DELAY_MS,
} from "../../server/vault/login_throttle.ts";
import { startTestServer } from "../server/harness.ts";
import { join, login, Wire } from "../server/test_client.ts";
import { passwordOf, VaultRig } from "../server/vault_rig.ts";

const NAME = new Uint8Array(32).fill(1);
const DEVICE = new Uint8Array(32).fill(2);
const DAY_MS = 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;
/** What the delays allow in a day: the free tries, ten that double, then one in a quarter of an hour. */
const MOST_TRIES_A_DAY = FREE_TRIES + 1 + 10 + Math.ceil(DAY_MS / MAX_DELAY_MS);

/** A guess that breaks off when the server has answered: from then on the guesser knows. */
async function guess(port: number, user: string): Promise<"answered" | "silence"> {
  const wire = await Wire.open(port);
  let answered = false;
  try {
    const record = parseServerRecord(await wire.link.serverRecord());
    const { ke1 } = startLogin({ realm: record.realm, user, password: "a guess" });
    await wire.link.login({ record: record.bytes, kemPublicKey: record.kemKey }, {
      ...{ user, ke1, ticket: null },
      finish() {
        answered = true;
        throw new Error("seen enough");
      },
      unlock: () => Promise.reject(new Error("not reached")),
    });
  } catch (error) {
    if (!answered && !(error instanceof ConnectionLostError)) throw error;
  }
  wire.close();
  await wire.ended;
  return answered ? "answered" : "silence";
}

/** Guesses at every tick of a clock; how many of them were answered. */
async function guessAway(
  { tries, everyMs, restartEveryMs = Infinity, during = () => Promise.resolve() }: {
    tries: number;
    everyMs: (answered: number) => number;
    restartEveryMs?: number;
    during?: (throttle: LoginThrottle) => Promise<void>;
  },
): Promise<{ answered: number; tookMs: number }> {
  const begun = Date.UTC(2026, 0);
  let now = begun;
  const store = await openMemoryStore({ now });
  let throttle = new LoginThrottle(store, () => now);
  let [answered, restarted] = [0, now];
  for (let i = 0; i < tries; i++) {
    if (await throttle.begin(NAME) !== null) answered += 1;
    await during(throttle);
    now += everyMs(answered);
    if (now - restarted < restartEveryMs) continue;
    restarted = now;
    throttle = new LoginThrottle(store, () => now);
  }
  await store.close();
  return { answered, tookMs: now - begun };
}

Deno.test("guessing: a day of it, as fast as can be and with restarts, is some hundred tries", async () => {
  const everyMs = () => 1000;
  const tries = DAY_MS / 1000;
  const { answered } = await guessAway({ tries, everyMs, restartEveryMs: HOUR_MS });
  assertLessOrEqual(answered, MOST_TRIES_A_DAY);
  // Not one name is ever closed for good.
  assertGreater(answered, MOST_TRIES_A_DAY - 10);
});

Deno.test("guessing: who waits until all is forgotten, and begins anew, gets fewer tries", async () => {
  const burst = FREE_TRIES + 1;
  const everyMs = (answered: number) => answered % burst === 0 ? FORGET_AFTER_MS + 1000 : 0;
  const { answered, tookMs } = await guessAway({ tries: 100 * burst, everyMs });
  assertEquals(answered, 100 * burst);
  assertLess(answered / (tookMs / DAY_MS), MOST_TRIES_A_DAY);
});

Deno.test("guessing: it never keeps the owner's device waiting", async () => {
  let owner = 0;
  const during = async (throttle: LoginThrottle) => {
    const own = await throttle.begin(DEVICE);
    assert(own !== null, `login ${owner}`);
    await throttle.succeeded(own);
    owner += 1;
  };
  const everyMs = () => 60_000;
  await guessAway({ tries: 2000, everyMs, restartEveryMs: HOUR_MS, during });
  assertEquals(owner, 2000);
});

Deno.test("guessing: when it ends, the owner gets in from a new device after the longest delay", async () => {
  let now = Date.UTC(2026, 0);
  const store = await openMemoryStore({ now });
  const throttle = new LoginThrottle(store, () => now);
  for (let i = 0; i < 7 * 24 * 60; i++, now += 60_000) await throttle.begin(NAME);
  now += MAX_DELAY_MS;
  const own = await throttle.begin(NAME);
  assert(own !== null);
  await throttle.succeeded(own as CountedTry);
  assert(await throttle.begin(NAME) !== null, "and her login delays nobody");
  await store.close();
});

Deno.test("guessing: trying all the names there are makes the server forget no user's tries", async () => {
  let now = Date.UTC(2026, 0);
  const store = await openMemoryStore({ now });
  const throttle = new LoginThrottle(store, () => now);
  const account = {
    tag: NAME,
    status: "active",
    profile: NAME,
    login: NAME,
    bundle: NAME,
  } as const;
  await store.saveAccount(account, null);
  for (let i = 0; i <= FREE_TRIES; i++) await throttle.begin(NAME);
  now += 1000;
  for (let i = 0; i < MAX_ATTEMPT_TAGS + 100; i++) {
    const name = new Uint8Array(32);
    new DataView(name.buffer).setUint32(0, i + 1);
    await throttle.begin(name);
  }
  assert(await throttle.begin(NAME) !== null, "the one try that the delay allows");
  assertEquals(await throttle.begin(NAME), null);
  await store.close();
});

Deno.test("guessing: a killed server has counted every answer; the owner's device gets in at once", async () => {
  const first = await startTestServer();
  const alice = await join(first, "alice");
  const { ticket } = await alice.session.request(loginTicket, {});
  await alice.close();
  for (let i = 0; i <= FREE_TRIES; i++) {
    assertEquals(await guess(first.port, "alice"), "answered", `guess ${i}`);
  }
  await first.kill();

  await using second = await startTestServer({ dataDir: first.dataDir });
  // A slow machine may outlast the first delays, which double; forgotten tries would all be free.
  let answered = 0;
  while (answered < FREE_TRIES && await guess(second.port, "alice") === "answered") answered += 1;
  assertLess(answered, FREE_TRIES);
  const password = "the password of alice";
  await (await login(second.port, "alice", { password, ticket })).close();
});

Deno.test("guessing: on many connections at once there are no more answers, for any name", async () => {
  await using rig = await VaultRig.open();
  await rig.register("alice");
  for (const user of ["alice", "nobody"]) {
    const ports = await Promise.all(Array.from({ length: 30 }, () => rig.keyed()));
    const answers = await Promise.all(ports.map((port) => {
      const { ke1 } = startLogin({ realm: rig.realm, user, password: "a guess" });
      return port.call("loginStart", { user, ke1, ticket: null });
    }));
    assertEquals(answers.filter(({ failed }) => !failed).length, FREE_TRIES + 1, user);
    for (const port of ports) port.leave();
  }
});

Deno.test("guessing: neither a registration nor a recovery answers under the name of a user", async () => {
  await using rig = await VaultRig.open();
  await rig.register("alice");
  const { request } = startRegistration({ realm: rig.realm, user: "alice", password: "a guess" });
  const strange = {
    registerStart: { user: "alice", token: randomBytes(32), request },
    recoverStart: { user: "alice", auth: recoveryAuth(newRecoveryCode()), request },
  };
  for (const [call, args] of Object.entries(strange)) {
    const responses: Bytes[] = [];
    for (let i = 0; i < 2; i++) {
      const port = await rig.keyed();
      const { result } = await port.call(call, args);
      responses.push((result as { response: Bytes }).response);
      port.leave();
    }
    // Under one name the answer to one request is always the same.
    assert(!equalBytes(responses[0]!, responses[1]!), call);
  }
});

Deno.test("guessing: a session worker in other hands gets few answers under its user's name", async () => {
  await using rig = await VaultRig.open();
  await rig.register("alice");
  const port = await rig.login("alice");
  let answered = 0;
  const owner = { realm: rig.realm, user: "alice" };
  for (let i = 0; i < 3 * FREE_TRIES; i++) {
    const { request } = startRegistration({ ...owner, password: `guess ${i}` });
    if (await port.request(passwordStart, { request }) !== "too_often") answered += 1;
  }
  // A slow machine may outlast a delay or two, which double.
  assertLess(answered, 2 * FREE_TRIES);
  port.leave();
  // The owner logs in as ever.
  (await rig.login("alice", undefined, { password: passwordOf("alice") })).leave();
});
