/** A server that shows one user another key log than everybody else, or an earlier one. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  encodeLogEntry,
  type LogEntry,
  parseLogEntry,
  recordHashOf,
} from "../../crypto/log_entry.ts";
import { type Bytes, randomBytes } from "../../crypto/bytes.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { answerFrom, leavesAnd, leavesWith } from "./forged_log.ts";
import { evidenceOf, HostileOffice, type Person, told, write } from "./hostile_office.ts";
import type { HostileServer } from "./hostile_server.ts";

async function office(...names: string[]) {
  const made = await HostileOffice.open();
  const people: Person[] = [];
  for (const name of names) people.push(await made.join(name));
  return {
    ...{ office: made, server: made.server, people },
    [Symbol.asyncDispose]: () => made[Symbol.asyncDispose](),
  };
}

/** Somebody tries to send, is told why not, and nothing leaves. */
async function refusesToSend(
  server: HostileServer,
  from: Person,
  to: string,
): Promise<MailsecError> {
  const before = server.askedBy(from.name).length;
  const error = await told(() => write(from, to));
  assertEquals(error.name, "TrustError");
  const since = server.askedBy(from.name).slice(before);
  assert(!since.some((type) => type.startsWith("send")), "a mail has left");
  return error;
}

/** The log with other keys of somebody in it, under a head that the server signs. */
async function otherLog(server: HostileServer, of: string) {
  const recordHash = recordHashOf(randomBytes(100));
  const leaves = await leavesWith(server, ({ user }) => user === of ? { recordHash } : {});
  return await answerFrom(server, leaves);
}

Deno.test("hostile server: another log than this device knows stops sending, mail still comes", async () => {
  await using at = await office("alice", "bob", "carol");
  const [alice, bob] = at.people;
  await (await at.office.login("alice", alice!.config)).box.close();
  const forked = await otherLog(at.server, "bob");
  await write(bob!, "alice", "hello");
  at.server.lies.log_sync = async (question) =>
    question.user === "alice" ? forked(question) : await question.honest();
  const again = await at.office.login("alice", alice!.config);
  const error = await refusesToSend(at.server, again, "carol");
  assertEquals(error.code, "log_fork");
  const [found] = await evidenceOf(again, "log_fork");
  assertEquals(found!.heads.map(({ by, note }) => [by, typeof note]), [
    ["device", "string"],
    ["server", "string"],
  ]);
  assertEquals((await again.box.list()).map(({ title }) => title), ["hello"]);
  // The alarm outlives the lie, until somebody has looked at it.
  at.server.behave();
  const later = await at.office.login("alice", alice!.config);
  assertEquals((await refusesToSend(at.server, later, "carol")).code, "log_fork");
});

Deno.test("hostile server: a log that has become shorter stops sending", async () => {
  await using at = await office("alice", "bob", "carol");
  const [alice] = at.people;
  await (await at.office.login("alice", alice!.config)).box.close();
  const earlier = await answerFrom(at.server, (await at.server.leaves()).slice(0, 2));
  at.server.lies.log_sync = earlier;
  const again = await at.office.login("alice", alice!.config);
  assertEquals((await refusesToSend(at.server, again, "bob")).code, "log_rollback");
  await evidenceOf(again, "log_rollback");
});

Deno.test("hostile server: a new device notices what another device of its user has seen", async (t) => {
  const cases: [
    "log_fork" | "log_rollback",
    (server: HostileServer) => ReturnType<typeof otherLog>,
  ][] = [
    ["log_fork", (server) => otherLog(server, "bob")],
    [
      "log_rollback",
      async (server) => await answerFrom(server, (await server.leaves()).slice(0, 1)),
    ],
  ];
  for (const [code, lie] of cases) {
    await t.step(code, async () => {
      await using at = await office("alice", "bob");
      await (await at.office.login("alice")).box.close();
      at.server.lies.log_sync = await lie(at.server);
      const elsewhere = await at.office.login("alice");
      assertEquals((await refusesToSend(at.server, elsewhere, "bob")).code, code);
      const [found] = await evidenceOf(elsewhere, code);
      assertEquals(found!.heads.map(({ by }) => by), ["account", "server"]);
    });
  }
});

Deno.test("hostile server: a log that the sender of a mail does not see is noticed", async () => {
  await using at = await office("alice");
  const [alice] = at.people;
  const dave = await at.office.join("dave");
  // From here on dave gets a log with other keys of carol than alice.
  forkFor(at.server, "dave", "carol");
  await at.office.join("carol");
  await write(dave, "alice", "nothing is wrong yet");
  await write(alice!, "dave", "hello");
  const [item] = await dave.box.list();
  assertEquals([item!.title, item!.warnings.length], ["hello", 1]);
  assertEquals((await refusesToSend(at.server, dave, "alice")).code, "log_fork");
  const [found] = await evidenceOf(dave, "log_fork");
  assertEquals([found!.mail?.from, found!.mail?.id], ["alice", item!.id]);
  // Alice, whom the server has told the truth, sees that dave's mail names another log.
  assertEquals((await alice!.box.list())[0]!.warnings.length, 1);
  assertEquals((await refusesToSend(at.server, alice!, "carol")).code, "log_fork");
});

Deno.test("hostile server: a log that is held back is noticed with the next mail", async () => {
  await using at = await office("alice", "bob");
  const [alice, bob] = at.people;
  const held = await answerFrom(at.server, await at.server.leaves());
  at.server.lies.log_sync = async (question) =>
    question.user === "bob" ? held(question) : await question.honest();
  await at.office.join("carol");
  await write(alice!, "bob", "hello");
  const [item] = await bob!.box.list();
  assertEquals([item!.title, item!.warnings.length], ["hello", 1]);
  assertEquals((await refusesToSend(at.server, bob!, "alice")).code, "log_withheld");
  const [found] = await evidenceOf(bob!, "log_withheld");
  assertEquals(found!.mail?.from, "alice");
});

Deno.test("hostile server: a head that the server has not signed is no head", async (t) => {
  await using at = await office("alice", "bob");
  const [alice] = at.people;
  const other = await HostileOffice.open();
  try {
    const leaves = await at.server.leaves();
    const foreign = await answerFrom(other.server, leaves);
    const cases: [string, typeof foreign][] = [
      ["another server's", foreign],
      ["changed", (question) => {
        const { head, leaves } = foreign(question);
        return { head: head.replace(/\n\d+\n/, "\n99\n"), leaves };
      }],
    ];
    for (const [name, lie] of cases) {
      await t.step(name, async () => {
        at.server.lies.log_sync = lie;
        const error = await told(() => at.office.login("alice", alice!.config));
        assert(["log_head", "no_server", "protocol"].includes(error.code), error.code);
      });
    }
  } finally {
    await other[Symbol.asyncDispose]();
  }
});

Deno.test("hostile server: keys in this user's name that she has not made stop sending", async (t) => {
  for (const type of ["first", "rotate", "reset"] as const) {
    await t.step(type, async () => {
      await using at = await office("alice", "bob");
      const [alice] = at.people;
      const recordHash = recordHashOf(randomBytes(100));
      const leaves = await leavesAnd(at.server, { type, user: "alice", recordHash });
      at.server.lies.log_sync = await answerFrom(at.server, leaves);
      const again = await at.office.login("alice", alice!.config);
      assertEquals((await refusesToSend(at.server, again, "bob")).code, "own_entry");
      const [found] = await evidenceOf(again, "own_entry");
      assertEquals(found!.entries.at(-1)?.seq, leaves.length - 1);
    });
  }
});

Deno.test("hostile server: keys in this user's name are noticed while she is logged in", async () => {
  await using at = await office("alice", "bob");
  const [alice] = at.people;
  const recordHash = recordHashOf(randomBytes(100));
  const leaves = await leavesAnd(at.server, { type: "rotate", user: "alice", recordHash });
  at.server.lies.log_sync = await answerFrom(at.server, leaves);
  assertEquals((await refusesToSend(at.server, alice!, "bob")).code, "own_entry");
});

Deno.test("hostile server: an invite's head catches a log that was made up for who joins", async (t) => {
  const cases: ["log_fork" | "log_withheld", (server: HostileServer) => void | Promise<void>][] = [
    ["log_fork", (server) => forkFor(server, "bob", "alice")],
    ["log_withheld", (server) => {
      // As if bob had been the first one, and the only one ever since.
      server.lies.log_sync = async ({ user, body, honest }) => {
        if (user !== "bob") return await honest();
        const [mine] = (await leavesOf(server, "bob")).map(renumbered);
        return (await answerFrom(server, mine === undefined ? [] : [mine]))({ body });
      };
    }],
  ];
  for (const [code, lie] of cases) {
    await t.step(code, async () => {
      await using at = await office("alice", "carol");
      const line = await at.server.invite("bob");
      await lie(at.server);
      const bob = await at.office.join("bob", line);
      assertEquals((await refusesToSend(at.server, bob, "alice")).code, code);
      const found = await evidenceOf(bob, code);
      assert(found.some(({ heads }) => heads.some(({ by }) => by === "invite")));
    });
  }
});

Deno.test("hostile server: cutting the first login does not spare it the look at the invite", async () => {
  await using at = await office("alice", "carol");
  const line = await at.server.invite("bob");
  at.server.lies.log_sync = () => ({ head: "nothing", leaves: [] });
  await assertRejects(() => at.office.join("bob", line), MailsecError);
  forkFor(at.server, "bob", "alice");
  const bob = await at.office.login("bob");
  assertEquals((await refusesToSend(at.server, bob, "alice")).code, "log_fork");
  const found = await evidenceOf(bob, "log_fork");
  assert(found.some(({ heads }) => heads.some(({ by }) => by === "invite")));
});

Deno.test("hostile server: what it said at the registration is held against the log", async () => {
  await using at = await office("alice");
  // As if nothing had been registered at all.
  const before = await leavesOf(at.server, "alice");
  at.server.lies.log_sync = async (question) =>
    question.user === "bob"
      ? (await answerFrom(at.server, before.map(renumbered)))(question)
      : await question.honest();
  const bob = await at.office.join("bob");
  const { code } = await refusesToSend(at.server, bob, "alice");
  assert(["log_rollback", "unlogged_keys"].includes(code), code);
  const found = await evidenceOf(bob, "log_rollback");
  assert(found.some(({ heads }) => heads.some(({ by }) => by === "receipt")));
});

Deno.test("hostile server: first keys for a name that had others are noticed by who joins", async () => {
  await using at = await office("alice");
  const line = await at.server.invite("bob");
  at.server.lies.log_sync = async (question) => {
    if (question.user !== "bob") return await question.honest();
    const leaves = (await at.server.leaves()).map(parseLogEntry);
    const recordHash = recordHashOf(randomBytes(100));
    const mine = leaves.findIndex(({ user }) => user === "bob");
    const earlier = { ...leaves[0]!, user: "bob", recordHash };
    const told = mine < 0 ? leaves : [...leaves.slice(0, mine), earlier, ...leaves.slice(mine)];
    return (await answerFrom(at.server, told.map(renumbered)))(question);
  };
  const bob = await at.office.join("bob", line);
  await refusesToSend(at.server, bob, "alice");
  const found = await evidenceOf(bob, "own_entry");
  assert(found.some(({ entries }) => entries.some(({ user }) => user === "bob")));
});

/** Shows one user the log with other keys of somebody in it, whatever comes behind them. */
function forkFor(server: HostileServer, user: string, of: string): void {
  const recordHash = recordHashOf(randomBytes(100));
  server.lies.log_sync = async (question) => {
    if (question.user !== user) return await question.honest();
    const leaves = await leavesWith(server, (entry) => entry.user === of ? { recordHash } : {});
    return (await answerFrom(server, leaves))(question);
  };
}

async function leavesOf(server: HostileServer, user: string): Promise<LogEntry[]> {
  return (await server.leaves()).map(parseLogEntry).filter((entry) => entry.user === user);
}

function renumbered(entry: LogEntry, seq: number): Bytes {
  return encodeLogEntry({ ...entry, seq });
}
