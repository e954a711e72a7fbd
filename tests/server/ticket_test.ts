/** Login tickets: whose tries are counted apart from a stranger's, and how many there are. */

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type Bytes, randomBytes } from "../../crypto/bytes.ts";
import { startLogin } from "../../crypto/password_client.ts";
import { loginTicket } from "../../protocol/messages/login_ticket.ts";
import { FIRST_DELAY_MS, FREE_TRIES } from "../../server/vault/login_throttle.ts";
import { LoginTickets, TICKET_BYTES } from "../../server/vault/login_tickets.ts";
import { flipped } from "./credential_changes.ts";
import { type RiggedPort, VaultRig } from "./vault_rig.ts";

interface Scene {
  rig: VaultRig;
  readonly clock: { now: number };
  restart(): Promise<void>;
}

async function withScene(work: (scene: Scene) => Promise<void>): Promise<void> {
  const clock = { now: Date.now() };
  const rigClock = { now: () => clock.now, sleep: () => Promise.resolve() };
  const rig = await VaultRig.open({}, rigClock);
  const scene: Scene = {
    ...{ rig, clock },
    async restart() {
      await scene.rig.vault.close();
      scene.rig = await VaultRig.open({ data: rig.data }, rigClock);
    },
  };
  try {
    for (const user of ["alice", "bob"]) await rig.register(user);
    await work(scene);
  } finally {
    await scene.rig.close();
  }
}

async function ticketOf({ rig }: Scene, user: string): Promise<Bytes> {
  const port = await rig.login(user);
  const answer = await ticketAt(port);
  port.leave();
  if (typeof answer === "string") throw new Error(answer);
  return answer;
}

async function ticketAt(port: RiggedPort): Promise<Bytes | string> {
  const answer = await port.request(loginTicket, {});
  return typeof answer === "string" ? answer : answer.ticket;
}

/** A guess: "counted" when the vault answers to it, else why it does not. */
async function guess({ rig }: Scene, user: string, ticket: Bytes | null): Promise<string> {
  const port = await rig.keyed();
  const { ke1 } = startLogin({ realm: rig.realm, user, password: "a guess" });
  const { result } = await port.call("loginStart", { user, ke1, ticket });
  port.leave();
  return result === undefined ? port.ended! : "counted";
}

async function block(scene: Scene, user: string, ticket: Bytes | null = null): Promise<void> {
  for (let i = 0; i <= FREE_TRIES; i++) assertEquals(await guess(scene, user, ticket), "counted");
  assertEquals(await guess(scene, user, ticket), "blocked");
}

Deno.test("ticket: is of one user and one server, and not to be forged", () => {
  const tickets = new LoginTickets(randomBytes(32));
  const ticket = tickets.issue("alice");
  assertEquals(ticket.length, TICKET_BYTES);
  assertEquals(tickets.nonceOf("alice", ticket), ticket.slice(0, 16));
  assertEquals(tickets.nonceOf("bob", ticket), null);
  assertEquals(tickets.nonceOf("alic", ticket), null);
  for (let at = 0; at < TICKET_BYTES; at++) {
    assertEquals(tickets.nonceOf("alice", flipped(ticket, at)), null, `byte ${at}`);
  }
  assertEquals(tickets.nonceOf("alice", ticket.slice(0, -1)), null);
  assertEquals(new LoginTickets(randomBytes(32)).nonceOf("alice", ticket), null);
  assertNotEquals(tickets.issue("alice"), ticket);
});

Deno.test("ticket: with it the owner gets in while strangers' guessing blocks the name, also after a restart", () =>
  withScene(async (scene) => {
    const ticket = await ticketOf(scene, "alice");
    await block(scene, "alice");
    await assertRejects(() => scene.rig.login("alice"));
    (await scene.rig.login("alice", undefined, { ticket })).leave();
    await scene.restart();
    assertEquals(await guess(scene, "alice", null), "blocked");
    (await scene.rig.login("alice", undefined, { ticket })).leave();
  }));

Deno.test("ticket: a forged one, and one of somebody else, is none", () =>
  withScene(async (scene) => {
    const ticket = await ticketOf(scene, "alice");
    const bobs = await ticketOf(scene, "bob");
    await block(scene, "alice");
    for (const other of [bobs, flipped(ticket), flipped(ticket, 0), randomBytes(TICKET_BYTES)]) {
      assertEquals(await guess(scene, "alice", other), "blocked");
    }
    // Such tries count for the name, as those without any ticket do.
    for (let i = 0; i <= FREE_TRIES; i++) {
      assertEquals(await guess(scene, "nobody", randomBytes(TICKET_BYTES)), "counted");
    }
    assertEquals(await guess(scene, "nobody", null), "blocked");
  }));

Deno.test("ticket: who has one guesses no faster than without, and only at its own expense", () =>
  withScene(async (scene) => {
    const stolen = await ticketOf(scene, "alice");
    const own = await ticketOf(scene, "alice");
    await block(scene, "alice", stolen);
    await scene.restart();
    assertEquals(await guess(scene, "alice", stolen), "blocked");
    (await scene.rig.login("alice", undefined, { ticket: own })).leave();
    (await scene.rig.login("alice")).leave();
    scene.clock.now += FIRST_DELAY_MS;
    assertEquals(await guess(scene, "alice", stolen), "counted");
    scene.clock.now += FIRST_DELAY_MS;
    assertEquals(await guess(scene, "alice", stolen), "blocked", "the delay has doubled");
  }));

Deno.test("ticket: a login that succeeds takes back its own try, and counts nothing for the name", () =>
  withScene(async (scene) => {
    const ticket = await ticketOf(scene, "alice");
    for (let i = 0; i < FREE_TRIES; i++) {
      assertEquals(await guess(scene, "alice", ticket), "counted");
    }
    (await scene.rig.login("alice", undefined, { ticket })).leave();
    (await scene.rig.login("alice", undefined, { ticket })).leave();
    assertEquals(await guess(scene, "alice", ticket), "counted");
    assertEquals(await guess(scene, "alice", ticket), "blocked");
    await block(scene, "alice");
  }));

Deno.test("ticket: nobody gets any number of them, for each has free tries", () =>
  withScene(async (scene) => {
    const port = await scene.rig.login("alice");
    for (let i = 0; i <= FREE_TRIES; i++) {
      assert(typeof await ticketAt(port) !== "string", `ticket ${i}`);
    }
    assertEquals(await ticketAt(port), "too_often");
    port.leave();
    await scene.restart();
    const again = await scene.rig.login("alice");
    assertEquals(await ticketAt(again), "too_often");
    scene.clock.now += FIRST_DELAY_MS;
    assert(typeof await ticketAt(again) !== "string");
    again.leave();
  }));
