import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Enrolment } from "../../client/account_care.ts";
import { LoginError, NotFoundError } from "../../client/errors.ts";
import { Mailbox } from "../../client/mailbox.ts";
import { recoverAccount } from "../../client/recover.ts";
import { newEnrolmentCode, parseEnrolmentCode } from "../../crypto/enrolment_code.ts";
import { MailsecError } from "../../crypto/errors.ts";
import { parseRecoveryCode } from "../../crypto/recovery_code.ts";
import { listenAsMany } from "./many_sources.ts";
import { Office, PASSWORD } from "./people.ts";
import { assertCutOff, TcpProxy } from "./tcp_proxy.ts";

const open = () => Office.open({ test: { listen: listenAsMany } });

/** The code of `Login` on an unknown machine; "in" when it gets in. */
async function outcomeElsewhere(office: Office, user: string): Promise<string> {
  try {
    await (await office.login(user)).close();
    return "in";
  } catch (error) {
    assert(error instanceof LoginError, String(error));
    assert(error.hint);
    return error.code;
  }
}

/** Starts adding a device, up to the code. */
async function startAdding(alice: Mailbox, signal?: AbortSignal) {
  const shown = Promise.withResolvers<Enrolment>();
  const added = alice.care.addDevice({
    onCode: shown.resolve,
    ...signal === undefined ? {} : { signal },
  });
  const { code, expires } = await Promise.race([shown.promise, added.then(() => shown.promise)]);
  return { enrolCode: parseEnrolmentCode(code), expires, added };
}

Deno.test("devices: an account that is not hardened has none", async () => {
  await using office = await open();
  const alice = await office.join("alice");
  assertEquals(await alice.care.devices(), { hardened: false, devices: [] });
  const refused = [
    () => alice.care.addDevice({ onCode: () => {} }),
    () => alice.care.removeDevice(1),
    () => alice.care.relax(),
  ];
  for (const attempt of refused) {
    const error = await assertRejects(attempt, MailsecError);
    assertEquals(error.code, "not_hardened");
    assert(error.hint);
  }
});

Deno.test("devices: a hardened account opens on enrolled devices only", async (t) => {
  await using office = await open();
  const config = office.configOf("alice");
  const alice = await office.join("alice");
  await alice.send({ to: ["alice"], title: "note", body: "kept" });

  await t.step("hardening enrols this device", async () => {
    const device = await alice.care.harden(" My\tdesk \n");
    assertEquals([device.number, device.name, device.isThis], [1, "My desk", true]);
    assertEquals(await alice.care.devices(), { hardened: true, devices: [device] });
    const again = await assertRejects(() => alice.care.harden("x"), MailsecError);
    assertEquals(again.code, "hardened");
  });

  await t.step("its secret is in a file that only the user can read", async () => {
    const [file] = [...Deno.readDirSync(`${config.directory}/devices`)];
    const path = `${config.directory}/devices/${file!.name}`;
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    const { slot, name } = JSON.parse(await Deno.readTextFile(path));
    assertEquals([slot, name], [16, "My desk"]);
  });

  await t.step("the password opens it here, and elsewhere it is said what to do", async () => {
    await (await office.login("alice", { config })).close();
    const error = await assertRejects(() => office.login("alice"), LoginError);
    assertEquals(error.code, "device_required");
    assertStringIncludes(error.message, "password is right");
    assertStringIncludes(error.hint!, "mailsec devices add");
    assertStringIncludes(error.hint!, "mailsec recover");
  });

  const second = office.configOf("alice-two");
  await t.step("a code from here lets another device in, which then needs none", async () => {
    const { enrolCode, expires, added } = await startAdding(alice);
    assert(Date.parse(expires) > Date.now());
    const there = await office.login("alice", { config: second, enrolCode });
    const device = await added;
    assertEquals([device?.number, device?.isThis], [2, false]);
    assertEquals((await there.read(1)).body, { kind: "text", text: "kept" });
    const { devices } = await there.care.devices();
    assertEquals(devices.map(({ number, isThis }) => [number, isThis]), [[1, false], [2, true]]);
    await there.close();
    await (await office.login("alice", { config: second })).close();
  });

  await t.step("a code is of no use any more once it was used or taken back", async () => {
    const stop = new AbortController();
    const { enrolCode, added } = await startAdding(alice, stop.signal);
    stop.abort();
    assertEquals(await added, null);
    for (const code of [enrolCode, newEnrolmentCode()]) {
      const error = await assertRejects(
        () => office.login("alice", { enrolCode: code }),
        LoginError,
      );
      assertEquals(error.code, "device_code");
      assert(error.hint);
    }
    assertEquals((await alice.care.devices()).devices.length, 2);
  });

  await t.step("a new password keeps the devices", async () => {
    await alice.care.changePassword({ current: PASSWORD, next: `${PASSWORD}!` });
    await alice.care.changePassword({ current: `${PASSWORD}!`, next: PASSWORD });
    await (await office.login("alice", { config: second })).close();
    assertEquals(await outcomeElsewhere(office, "alice"), "device_required");
  });

  await t.step("a device that was removed opens nothing, by number and by name", async () => {
    const own = await assertRejects(() => alice.care.removeDevice("My desk"), MailsecError);
    assertEquals(own.code, "this_device");
    await assertRejects(() => alice.care.removeDevice(7), NotFoundError);
    const there = await office.login("alice", { config: second });
    const removed = await alice.care.removeDevice("2");
    assertEquals(removed.number, 2);
    const ended = await assertRejects(() => there.list(), LoginError);
    assertEquals(ended.code, "device_required");
    const error = await assertRejects(() => office.login("alice", { config: second }), LoginError);
    assertEquals(error.code, "device_required");
  });

  await t.step("with the recovery code an empty machine becomes a device", async () => {
    const third = office.configOf("alice-three");
    const account = await recoverAccount({
      ...{ address: office.address, user: "alice", password: PASSWORD, config: third },
      code: parseRecoveryCode(office.codes.get("alice")!),
      confirmServer: () => Promise.resolve(true),
    });
    await account.close();
    const there = await office.login("alice", { config: third });
    const { devices } = await there.care.devices();
    assertEquals(devices.map(({ number, isThis }) => [number, isThis]), [[1, false], [2, true]]);
    await (await office.login("alice", { config })).close();
    assertEquals(await outcomeElsewhere(office, "alice"), "device_required");
  });

  await t.step("on a device that is enrolled, a recovery leaves its secret as it is", async () => {
    const path = `${config.directory}/devices/${
      [...Deno.readDirSync(`${config.directory}/devices`)][0]!.name
    }`;
    const before = await Deno.readTextFile(path);
    const account = await recoverAccount({
      ...{ address: office.address, user: "alice", password: PASSWORD, config },
      code: parseRecoveryCode(office.codes.get("alice")!),
    });
    await account.close();
    assertEquals(await Deno.readTextFile(path), before);
    const here = await office.login("alice", { config });
    const { devices } = await here.care.devices();
    assertEquals(devices.map(({ number, isThis }) => [number, isThis]), [[1, true], [2, false]]);
    await here.close();
  });

  await t.step("relaxed, it opens with the password anywhere", async () => {
    const here = await office.login("alice", { config });
    await here.care.relax();
    assertEquals(await here.care.devices(), { hardened: false, devices: [] });
    assertEquals([...Deno.readDirSync(`${config.directory}/devices`)], []);
    assertEquals(await outcomeElsewhere(office, "alice"), "in");
  });
});

Deno.test("devices: broken off anywhere, a change can be made again", async () => {
  await using office = await open();
  await using proxy = new TcpProxy(office.server.port);
  const address = { host: "127.0.0.1", port: proxy.port };
  const config = office.configOf("alice");
  await (await office.join("alice")).close();
  const alice = await office.login("alice", { address, config });
  for (const lost of [[1], [1, 2], [1, 3], [1, 5]]) {
    for (const change of ["harden", "relax"] as const) {
      let replies = 0;
      proxy.onReply = () => !lost.includes(++replies);
      const attempt = async () => await alice.care[change]("desk");
      try {
        await attempt();
      } catch (error) {
        assertCutOff(error);
        await attempt().catch((again) => {
          // It was made after all.
          const expected = change === "harden" ? "hardened" : "not_hardened";
          assertEquals(again.code, expected);
        });
      }
      assert(replies >= Math.max(...lost), `replies ${lost} were lost`);
      proxy.onReply = () => true;
      await (await office.login("alice", { config })).close();
      const expected = change === "harden" ? "device_required" : "in";
      assertEquals(await outcomeElsewhere(office, "alice"), expected, `${change}, ${lost}`);
    }
  }
  await alice.close();
});

Deno.test("devices: an enrolment whose last step is lost is finished by trying again", async () => {
  await using office = await open();
  const config = office.configOf("alice");
  const alice = await office.join("alice");
  await alice.care.harden("desk");
  await using proxy = new TcpProxy(office.server.port);
  const address = { host: "127.0.0.1", port: proxy.port };
  const fresh = office.configOf("fresh");
  const stop = new AbortController();
  const { enrolCode, added } = await startAdding(alice, stop.signal);
  // Of the connection that logs in: record, M2, M4, M6, M8, the state, then what enrols.
  let replies = 0;
  const login = proxy.accepted + 2;
  proxy.onReply = () => proxy.accepted < login || ++replies < 7;
  const options = { address, config: fresh, enrolCode };
  await assertRejects(() => office.login("alice", options), MailsecError);
  assert(replies >= 7, "a reply was lost");
  proxy.onReply = () => true;
  await (await office.login("alice", options)).close();
  assert((await added) !== null);
  await (await office.login("alice", { config: fresh })).close();
  await (await office.login("alice", { config })).close();
});
