import { assert, assertEquals } from "@std/assert";
import { ConnectError, LoginError } from "../../../client/errors.ts";
import { backoffMs } from "../../../client/live/backoff.ts";
import { Heartbeat } from "../../../client/live/heartbeat.ts";
import { type ConnectionState, LiveMailbox } from "../../../client/live/live_mailbox.ts";
import type { MailListItem } from "../../../client/mailbox_types.ts";
import { MailsecError } from "../../../crypto/errors.ts";
import { TrustError } from "../../../crypto/trust_error.ts";
import type { ServerEvent } from "../../../protocol/messages/events.ts";
import { HEARTBEAT_MS } from "../../../protocol/limits.ts";
import { listItem } from "../../terminal/fake_menu.ts";

Deno.test("backoff: doubles up to a minute, and never waits a fixed time", () => {
  assertEquals([0, 1, 2, 3].map((failed) => backoffMs(failed, 0)), [500, 1000, 2000, 4000]);
  assertEquals([0, 5, 6, 1000].map((failed) => backoffMs(failed, 1)), [1000, 32000, 60000, 60000]);
});

Deno.test("heartbeat: a dead link is noticed within 90 seconds", () => {
  assert(2 * HEARTBEAT_MS <= 90_000);
});

Deno.test("heartbeat: what is not answered by the next time is dead, once", async () => {
  let tick = () => {};
  let cleared = 0;
  const asked: PromiseWithResolvers<unknown>[] = [];
  let dead = 0;
  new Heartbeat({
    intervalMs: 1,
    ping() {
      asked.push(Promise.withResolvers());
      return asked.at(-1)!.promise;
    },
    onDead: () => dead++,
    timers: { set: (work) => tick = work, clear: () => cleared++ },
  });
  tick();
  asked[0]!.resolve("pong");
  await asked[0]!.promise;
  tick();
  assertEquals([asked.length, dead], [2, 0]);
  tick();
  assertEquals([asked.length, dead, cleared], [2, 1, 1]);
});

/** A mailbox of numbers, whose connection is what the test says. */
class Rig {
  readonly told: number[] = [];
  readonly states: string[] = [];
  readonly waits: number[] = [];
  mails: number[] = [];
  /** What the next attempts to sync end with. */
  failures: MailsecError[] = [];
  event: (event: ServerEvent) => void = () => {};
  closed: (reason: string) => void = () => {};
  onWait: () => void = () => {};
  readonly live: LiveMailbox;

  constructor() {
    this.live = new LiveMailbox({
      onEvent: (listener) => {
        this.event = listener;
        return () => this.event = () => {};
      },
      onClosed: (listener) => {
        this.closed = listener;
        return () => this.closed = () => {};
      },
      sync: () => {
        const failure = this.failures.shift();
        return failure === undefined ? Promise.resolve() : Promise.reject(failure);
      },
      lastIndex: () => this.mails.at(-1) ?? 0,
      mailsAfter: (index) => {
        const after = this.mails.filter((number) => number > index);
        return Promise.resolve(after.map((number): MailListItem => listItem(number)));
      },
      random: () => 0,
      wait: (ms) => {
        this.waits.push(ms);
        this.onWait();
        return Promise.resolve();
      },
    });
    this.live.onNewMail(({ index }) => this.told.push(index));
    this.live.onConnection((state: ConnectionState) => this.states.push(state.state));
  }

  arrives(index: number): void {
    this.mails.push(index);
    this.event(NEWS);
  }
}

const NEWS: ServerEvent = {
  event: "new_mail",
  body: { index: 1, messageId: new Uint8Array(16) },
};
const lost = () => new ConnectError("lost", "The connection is lost.");

Deno.test("live: what is there is not new, what comes is told once and in order", async () => {
  const rig = new Rig();
  rig.mails = [1, 2];
  await rig.live.start();
  rig.arrives(3);
  rig.arrives(5);
  rig.event(NEWS);
  rig.event({ event: "changed", body: {} });
  await rig.live.stop();
  assertEquals([rig.told, rig.states], [[], []], "stopped before anything was looked at");

  const second = new Rig();
  await second.live.start();
  second.arrives(3);
  second.arrives(5);
  second.event(NEWS);
  await settled();
  second.event(NEWS);
  await settled();
  assertEquals(second.told, [3, 5]);
  await second.live.stop();
  second.arrives(6);
  await settled();
  assertEquals(second.told, [3, 5]);
});

Deno.test("live: a lost connection is opened again, and what came meanwhile is told once", async () => {
  const rig = new Rig();
  await rig.live.start();
  rig.failures = [lost(), lost()];
  rig.onWait = () => rig.mails.push(rig.mails.length + 1);
  rig.closed("The connection was lost.");
  await settled();
  assertEquals(rig.states, ["waiting", "waiting", "waiting", "connected"]);
  assertEquals(rig.waits, [500, 1000, 2000]);
  assertEquals(rig.told, [1, 2, 3]);
  rig.closed("Once more.");
  await settled();
  assertEquals([rig.told, rig.waits.at(-1)], [[1, 2, 3, 4], 500], "counts from the beginning");
  await rig.live.stop();
});

Deno.test("live: a full server is tried again; a refused login, or another server, is not", async () => {
  const hopeless: MailsecError[] = [
    new LoginError("login", "Wrong password."),
    new LoginError("disabled", "The account is disabled."),
    new TrustError("server_changed", "Another server."),
  ];
  for (const error of hopeless) {
    const rig = new Rig();
    await rig.live.start();
    rig.failures = [new LoginError("server_full", "Full."), error];
    rig.closed("lost");
    await settled();
    assertEquals(rig.states, ["waiting", "waiting", "refused"], error.code);
    assertEquals(rig.live.state.state, "refused");
    await rig.live.stop();
  }
});

/** Everything that is promised already has been done. */
async function settled(): Promise<void> {
  for (let i = 0; i < 200; i++) await Promise.resolve();
}
