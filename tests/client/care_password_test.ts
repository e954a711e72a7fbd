import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { FormatError } from "../../crypto/errors.ts";
import { newRecoveryCode, parseRecoveryCode } from "../../crypto/recovery_code.ts";
import { LoginError } from "../../client/errors.ts";
import { recoverAccount } from "../../client/recover.ts";
import { Mailbox } from "../../client/mailbox.ts";
import { listenAsMany } from "./many_sources.ts";
import { Office, PASSWORD } from "./people.ts";
import { assertCutOff, TcpProxy } from "./tcp_proxy.ts";

const NEXT = "otter-lantern-quartz-meadow";
const confirmServer = () => Promise.resolve(true);

/** Sets a new password with a code, on an empty machine. */
async function recover(
  office: Office,
  options: Partial<Parameters<typeof recoverAccount>[0]> & { user: string },
): Promise<Mailbox> {
  const account = await recoverAccount({
    address: office.address,
    code: options.code ?? parseRecoveryCode(office.codes.get(options.user.toLowerCase())!),
    password: NEXT,
    config: office.configOf(crypto.randomUUID()),
    confirmServer,
    ...options,
  });
  return new Mailbox(account);
}

/** Whether a password opens a mailbox on a computer that knows nothing. */
async function opens(office: Office, user: string, password: string): Promise<boolean> {
  try {
    await (await office.login(user, { password })).close();
    return true;
  } catch (error) {
    assert(error instanceof LoginError && error.code === "login", String(error));
    return false;
  }
}

Deno.test("password: a change leaves the mail, and other devices log in anew", async (t) => {
  await using office = await Office.open({ test: { listen: listenAsMany } });
  const alice = await office.join("alice");
  await alice.send({ to: ["alice"], title: "before", body: "the old days" });
  const elsewhere = await office.login("alice");

  await t.step("the present password must be given, and nothing changes without it", async () => {
    const error = await assertRejects(
      () => alice.care.changePassword({ current: "not it", next: NEXT }),
      LoginError,
    );
    assertEquals(error.code, "wrong_password");
    assert(error.hint);
    assertEquals(await opens(office, "alice", PASSWORD), true);
  });

  await t.step("the new one counts, the old one does not", async () => {
    const told = Promise.withResolvers<string>();
    elsewhere.onClosed(told.resolve);
    await alice.care.changePassword({ current: PASSWORD, next: NEXT });
    assertStringIncludes(await told.promise, "another device");
    assertEquals(await opens(office, "alice", PASSWORD), false);
    assertEquals(await opens(office, "alice", NEXT), true);
  });

  await t.step("the device that was connected is told to log in again", async () => {
    const error = await assertRejects(() => elsewhere.list(), LoginError);
    assertEquals(error.code, "password_changed");
    assertStringIncludes(error.hint!, "new password");
  });

  await t.step("the session that has changed it goes on, over new connections too", async () => {
    assertEquals((await alice.list()).map(({ title }) => title), ["before"]);
    const there = await office.login("alice", { password: NEXT });
    assertEquals((await there.read(1)).body, { kind: "text", text: "the old days" });
    await alice.care.changePassword({ current: NEXT, next: PASSWORD });
    assertEquals((await alice.list()).length, 1);
  });
});

Deno.test("password: broken off anywhere, the change is made or not, and can be made again", async () => {
  await using office = await Office.open({ test: { listen: listenAsMany } });
  await using proxy = new TcpProxy(office.server.port);
  const address = { host: "127.0.0.1", port: proxy.port };
  let [current, next] = [PASSWORD, NEXT];
  // The replies are to password_start, to change_credentials, and those of a new connection.
  const cases: [string, number[]][] = [
    ["alice", [1]],
    ["alice", [2]],
    ["bob", [1, 2]],
    ["bob", [2, 3]],
    ["carol", [2, 4]],
    ["carol", [2, 6]],
  ];
  for (const [user, lost] of cases) {
    if (current === PASSWORD) await (await office.join(user)).close();
    const alice = await office.login(user, { address, password: current });
    await alice.list();
    let replies = 0;
    proxy.onReply = () => !lost.includes(++replies);
    const change = () => alice.care.changePassword({ current, next });
    try {
      await change();
    } catch (error) {
      assertCutOff(error);
      await change().catch((again) => {
        // It was made after all.
        assert(again instanceof LoginError && again.code === "wrong_password", String(again));
      });
    }
    assert(replies >= Math.max(...lost), `replies ${lost} were lost`);
    proxy.onReply = () => true;
    assertEquals((await alice.list()).length, 0);
    await alice.close();
    assertEquals(await opens(office, user, current), false, `old one after losing ${lost}`);
    assertEquals(await opens(office, user, next), true, `new one after losing ${lost}`);
    [current, next] = [next, current];
  }
});

Deno.test("password: two devices that change it at once do not lock anybody out", async () => {
  await using office = await Office.open({ test: { listen: listenAsMany } });
  const [one, two] = [await office.join("alice"), await office.login("alice")];
  const outcomes = await Promise.allSettled([
    one.care.changePassword({ current: PASSWORD, next: NEXT }),
    two.care.changePassword({ current: PASSWORD, next: `${NEXT}-two` }),
  ]);
  const made = outcomes.map(({ status }) => status === "fulfilled");
  assertEquals(made.filter((isMade) => isMade).length, 1);
  assertEquals(await opens(office, "alice", PASSWORD), false);
  assertEquals(await opens(office, "alice", made[0] ? NEXT : `${NEXT}-two`), true);
});

Deno.test("recovery: the code sets a new password on an empty machine", async (t) => {
  await using office = await Office.open({ test: { listen: listenAsMany } });
  const [alice, bob] = [await office.join("alice"), await office.join("bob")];
  await bob.send({ to: ["alice"], title: "hello", body: "still here" });

  await t.step("a mistyped code is told before anything is asked of the server", () => {
    const code = office.codes.get("alice")!;
    const wrong = code.slice(0, -1) + (code.endsWith("7") ? "8" : "7");
    for (const text of [wrong, code.slice(0, -5), `${code}0`, "", "U".repeat(36)]) {
      assertRejectsFormat(() => parseRecoveryCode(text));
    }
    assertEquals(
      parseRecoveryCode(` ${code.toLowerCase().replaceAll("-", " ")} `),
      parseRecoveryCode(code),
    );
  });

  await t.step("a wrong code, another user's code and an unknown name look alike", async () => {
    const wrong = [
      { user: "alice", code: newRecoveryCode() },
      { user: "alice", code: parseRecoveryCode(office.codes.get("bob")!) },
      { user: "nobody", code: newRecoveryCode() },
    ];
    for (const attempt of wrong) {
      const error = await assertRejects(() => recover(office, attempt), LoginError);
      assertEquals(error.code, "recovery_refused");
      assertStringIncludes(error.message, attempt.user);
    }
    assertEquals(await opens(office, "alice", PASSWORD), true);
  });

  await t.step("the right one opens the mailbox as it was, and ends other sessions", async () => {
    const ended = Promise.withResolvers<string>();
    alice.onClosed(ended.resolve);
    const recovered = await recover(office, { user: "Alice" });
    await ended.promise;
    assertEquals((await recovered.read(1)).body, { kind: "text", text: "still here" });
    await recovered.close();
    assertEquals(await opens(office, "alice", PASSWORD), false);
    assertEquals(await opens(office, "alice", NEXT), true);
  });

  await t.step("it goes on counting until there is a new one, which counts alone", async () => {
    const again = await recover(office, { user: "alice", password: PASSWORD });
    const old = office.codes.get("alice")!;
    let shown = "";
    await again.care.renewRecoveryCode((code) => {
      shown = code;
      return Promise.resolve();
    });
    await again.close();
    const refused = await assertRejects(() => recover(office, { user: "alice" }), LoginError);
    assertEquals(refused.code, "recovery_refused");
    assert(shown !== old);
    await (await recover(office, { user: "alice", code: parseRecoveryCode(shown) })).close();
    assertEquals(await opens(office, "alice", NEXT), true);
  });

  await t.step("a code that was not written down changes nothing", async () => {
    const unkept = await office.login("bob");
    const keep = () => Promise.reject(new Error("no paper"));
    await assertRejects(() => unkept.care.renewRecoveryCode(keep), Error, "no paper");
    await (await recover(office, { user: "bob" })).close();
  });
});

Deno.test("recovery: broken off anywhere, it can be done again", async () => {
  await using office = await Office.open({ test: { listen: listenAsMany } });
  await using proxy = new TcpProxy(office.server.port);
  const address = { host: "127.0.0.1", port: proxy.port };
  await (await office.join("alice")).close();
  const config = office.configOf("fresh");
  // Each connection is answered with the record, M2, M4R and M6R; the second one recovers.
  for (const [round, lost] of [2, 3, 4].entries()) {
    let replies = 0;
    const before = proxy.accepted;
    proxy.onReply = () => proxy.accepted !== before + 2 || ++replies !== lost;
    const password = `${NEXT}-${round}`;
    const attempt = () => recover(office, { user: "alice", address, config, password });
    const recovered = await attempt().catch((error) => {
      assertCutOff(error);
      return attempt();
    });
    assertEquals(replies, lost, "the reply was lost");
    await recovered.close();
    assertEquals(await opens(office, "alice", password), true);
  }
});

function assertRejectsFormat(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    assert(error instanceof FormatError);
    return;
  }
  throw new Error("a mistyped code was taken");
}
