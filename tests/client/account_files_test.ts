/** What a device keeps of an account: its ticket, and its secret of a hardened one. */

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { ConfigStore } from "../../client/config_store.ts";
import { ConfigError, LoginError } from "../../client/errors.ts";
import { joinServer } from "../../client/join.ts";
import { recoverAccount } from "../../client/recover.ts";
import { openSession } from "../../client/session.ts";
import { randomBytes } from "../../crypto/bytes.ts";
import { parseRecoveryCode } from "../../crypto/recovery_code.ts";
import { listenAsMany } from "./many_sources.ts";
import { Office, PASSWORD } from "./people.ts";

const OWNER = { realm: randomBytes(32), user: "alice" };

async function withStore(use: (store: ConfigStore) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(new ConfigStore(`${folder}/config`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("device file: it comes back, is the user's alone, and a damaged one is an error", () =>
  withStore(async (store) => {
    const file = store.device(OWNER);
    assertEquals(await file.read(), null);
    const device = { slot: 47, name: "desk \u202e", secret: randomBytes(16) };
    await file.write(device);
    assertEquals(await file.read(), device);
    assertEquals((await Deno.stat(file.path)).mode! & 0o777, 0o600);
    assertEquals(await store.device({ ...OWNER, user: "bob" }).read(), null);
    assertEquals(await store.device({ ...OWNER, realm: randomBytes(32) }).read(), null);
    const good = JSON.parse(await Deno.readTextFile(file.path));
    const damaged = [
      { ...good, slot: 15 },
      { ...good, slot: 48 },
      { ...good, slot: "16" },
      { ...good, name: null },
      { ...good, secret: good.secret.slice(2) },
      { ...good, secret: "zz".repeat(16) },
    ];
    for (const value of damaged) {
      await Deno.writeTextFile(file.path, JSON.stringify(value));
      await assertRejects(() => file.read(), ConfigError, "damaged");
    }
    await file.remove();
    await file.remove();
    assertEquals(await file.read(), null);
  }));

Deno.test("ticket file: one that cannot be used counts as none", () =>
  withStore(async (store) => {
    const file = store.ticket(OWNER);
    assertEquals(await file.read(), null);
    const ticket = randomBytes(48);
    await file.write(ticket);
    assertEquals(await file.read(), ticket);
    const [name] = [...Deno.readDirSync(`${store.directory}/tickets`)].map((entry) => entry.name);
    const path = `${store.directory}/tickets/${name}`;
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    for (const text of ["", "{}", '{"ticket":"00"}', `{"ticket":"${"x".repeat(96)}"}`]) {
      await Deno.writeTextFile(path, text);
      assertEquals(await file.read(), null, text);
    }
  }));

Deno.test("ticket: a device is given one at its first login, and shows it from then on", async () => {
  await using office = await Office.open({ test: { listen: listenAsMany } });
  await (await office.join("alice")).close();
  const config = office.configOf("second");
  await (await office.login("alice", { config })).close();
  const pin = await config.pinnedServer(office.address);
  const realm = new Uint8Array(pin!.realm.match(/../g)!.map((byte) => parseInt(byte, 16)));
  const ticket = await config.ticket({ realm, user: "alice" }).read();
  assert(ticket !== null);
  await (await office.login("alice", { config })).close();
  assertEquals(await config.ticket({ realm, user: "alice" }).read(), ticket);
  const credentials = { address: office.address, user: "alice", password: PASSWORD, config };
  const opened = await openSession(credentials, {});
  assertEquals(opened.hadTicket, true);
  await opened.close();
  // Whatever is in the file, the password alone decides.
  await config.ticket({ realm, user: "alice" }).write(randomBytes(48));
  await (await office.login("alice", { config })).close();
});

Deno.test("join: done again with the same password, the recovery code shown last counts", async () => {
  await using office = await Office.open({ test: { listen: listenAsMany } });
  const config = office.configOf("alice");
  const invite = await office.invite("alice");
  const codes: string[] = [];
  for (let times = 0; times < 2; times++) {
    const recovery = (code: string) => Promise.resolve(void codes.push(code));
    await (await joinServer({ invite, password: PASSWORD, config, recovery })).close();
  }
  const [first, last] = codes;
  assertNotEquals(first, last);
  const recover = (code: string) =>
    recoverAccount({
      ...{ address: office.address, user: "alice", password: `${PASSWORD}-new`, config },
      code: parseRecoveryCode(code),
    });
  const error = await assertRejects(() => recover(first!), LoginError);
  assertEquals(error.code, "recovery_refused");
  await (await recover(last!)).close();
});
