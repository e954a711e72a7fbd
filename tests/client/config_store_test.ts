import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { ConfigError } from "../../client/errors.ts";
import { configDirectory, ConfigStore } from "../../client/config_store.ts";

const PIN = { realm: "ab".repeat(32), rootFingerprint: "cd".repeat(32), seq: 3 };
const SERVER = { host: "mail.example.org", port: 12_049 };

async function withStore(test: (store: ConfigStore) => Promise<void>): Promise<void> {
  const parent = await Deno.makeTempDir();
  try {
    await test(new ConfigStore(`${parent}/config/mailsec`));
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

async function modeOf(path: string): Promise<number> {
  return (await Deno.stat(path)).mode! & 0o777;
}

Deno.test("config: an empty folder knows nothing and is not made by looking", () =>
  withStore(async (store) => {
    assertEquals(await store.last(), null);
    assertEquals(await store.pinnedServer(SERVER), null);
    await assertRejects(() => Deno.stat(store.directory), Deno.errors.NotFound);
  }));

Deno.test("config: what is written comes back, and replaces what was there", () =>
  withStore(async (store) => {
    await store.pinServer(SERVER, { ...PIN, seq: 1 });
    await store.pinServer(SERVER, PIN);
    await store.saveLast({ server: SERVER, user: "alice" });
    const again = new ConfigStore(store.directory);
    assertEquals(await again.pinnedServer(SERVER), PIN);
    assertEquals(await again.last(), { server: SERVER, user: "alice" });
  }));

Deno.test("config: folders are 0700, files 0600, and nothing else is left there", () =>
  withStore(async (store) => {
    await store.pinServer(SERVER, PIN);
    await store.saveLast({ server: SERVER, user: "alice" });
    assertEquals(await modeOf(store.directory), 0o700);
    assertEquals(await modeOf(`${store.directory}/servers`), 0o700);
    assertEquals(await modeOf(store.pinPath(SERVER)), 0o600);
    assertEquals(await modeOf(`${store.directory}/last.json`), 0o600);
    const files = [...Deno.readDirSync(`${store.directory}/servers`)].map(({ name }) => name);
    assertEquals(files, ["mail.example.org_12049.json"]);
  }));

Deno.test("config: host and port are both part of whose pin it is, in any case of letters", () =>
  withStore(async (store) => {
    await store.pinServer(SERVER, PIN);
    assertEquals(await store.pinnedServer({ ...SERVER, port: 12_050 }), null);
    assertEquals(await store.pinnedServer({ ...SERVER, host: "mail.example.com" }), null);
    assertEquals(await store.pinnedServer({ ...SERVER, host: "MAIL.Example.ORG" }), PIN);
  }));

Deno.test("config: a host cannot name a file elsewhere", () =>
  withStore(async (store) => {
    for (const host of ["../../etc/x", "a/b", "::1", "fe80::1%eth0", "..", "a\\b", "a\0b"]) {
      const path = store.pinPath({ host, port: 1 });
      assertEquals(path.slice(0, store.directory.length + 9), `${store.directory}/servers/`);
      assert(!path.slice(store.directory.length + 9).includes("/"), path);
      await store.pinServer({ host, port: 1 }, PIN);
      assertEquals(await store.pinnedServer({ host, port: 1 }), PIN);
    }
  }));

Deno.test("config: many writers at once leave one whole file", () =>
  withStore(async (store) => {
    const writes = Array.from(
      { length: 20 },
      (_, i) => store.pinServer(SERVER, { ...PIN, seq: i }),
    );
    const reads = Array.from({ length: 20 }, () => store.pinnedServer(SERVER));
    await Promise.all(writes);
    for (const pin of await Promise.all(reads)) assert(pin === null || pin.realm === PIN.realm);
    assertEquals([...Deno.readDirSync(`${store.directory}/servers`)].length, 1);
  }));

Deno.test("config: a file that others can write is refused, with the way out", () =>
  withStore(async (store) => {
    await store.pinServer(SERVER, PIN);
    for (const mode of [0o644, 0o660, 0o602]) {
      await Deno.chmod(store.pinPath(SERVER), mode);
      const error = await assertRejects(() => store.pinnedServer(SERVER), ConfigError);
      assertStringIncludes(error.hint!, "chmod 600");
    }
  }));

Deno.test("config: damaged files are an error, never a missing pin", () =>
  withStore(async (store) => {
    await store.pinServer(SERVER, PIN);
    const damaged = [
      "",
      "{",
      "[]",
      "null",
      "{}",
      JSON.stringify({ ...PIN, realm: "xy" }),
      JSON.stringify({ ...PIN, rootFingerprint: "ab" }),
      JSON.stringify({ ...PIN, seq: -1 }),
      JSON.stringify({ ...PIN, seq: "1" }),
    ];
    for (const text of damaged) {
      await Deno.writeTextFile(store.pinPath(SERVER), text);
      await assertRejects(() => store.pinnedServer(SERVER), ConfigError, "damaged");
    }
    await store.saveLast({ server: SERVER, user: "alice" });
    for (const last of [{ ...SERVER, user: "Not a name" }, { ...SERVER, port: 0, user: "alice" }]) {
      await Deno.writeTextFile(`${store.directory}/last.json`, JSON.stringify(last));
      await assertRejects(() => store.last(), ConfigError, "damaged");
    }
  }));

const ACCOUNT = { user: "alice", mark: new Uint8Array(16).fill(7) };

Deno.test("config: the newest revision of an account's state is remembered, and never goes down", () =>
  withStore(async (store) => {
    const memory = store.stateMemory(ACCOUNT);
    assertEquals(await memory.newest(), 0);
    // As many processes do it: each with an object of its own, in any order.
    const order = [3, 9, 1, 12, 5, 11, 2, 12, 7];
    await Promise.all(order.map((n) => store.stateMemory(ACCOUNT).remember(n)));
    assertEquals(await memory.newest(), 12);
    await memory.remember(11);
    assertEquals(await store.stateMemory(ACCOUNT).newest(), 12);
    assertEquals(await modeOf(memory.path), 0o600);
    assertEquals([...Deno.readDirSync(`${store.directory}/accounts`)].length, 2);
    // Another user, or the same name begun anew, is another account.
    const reborn = { ...ACCOUNT, mark: new Uint8Array(16).fill(8) };
    assertEquals(await store.stateMemory(reborn).newest(), 0);
    assertEquals(await store.stateMemory({ ...ACCOUNT, user: "bob" }).newest(), 0);
  }));

Deno.test("config: a damaged or unsafe memory of a state is an error, never a missing one", () =>
  withStore(async (store) => {
    const memory = store.stateMemory(ACCOUNT);
    await memory.remember(3);
    for (const text of ["", "[]", "{}", '{"revision":-1}', '{"revision":"3"}']) {
      await Deno.writeTextFile(memory.path, text);
      await assertRejects(() => memory.newest(), ConfigError, "damaged");
      await assertRejects(() => memory.remember(4), ConfigError, "damaged");
    }
    await Deno.chmod(memory.path, 0o644);
    await assertRejects(() => memory.newest(), ConfigError, "other users");
  }));

Deno.test("config: a folder that cannot be made is named", () =>
  withStore(async (store) => {
    const file = store.directory.replace("/config/mailsec", "/file");
    await Deno.writeTextFile(file, "");
    const error = await assertRejects(
      () => new ConfigStore(`${file}/mailsec`).saveLast({ server: SERVER, user: "alice" }),
      ConfigError,
      `${file}/mailsec/last.json`,
    );
    assertStringIncludes(error.hint!, "--config");
  }));

Deno.test("config: the folder is --config, else XDG_CONFIG_HOME, else below HOME", () => {
  const env = (variables: Record<string, string>) => (name: string) => variables[name];
  assertEquals(configDirectory("/a/b/", env({})), "/a/b");
  assertEquals(configDirectory("here", env({ HOME: "/h" })), "here");
  assertEquals(configDirectory("/", env({})), "/");
  assertEquals(
    configDirectory(undefined, env({ XDG_CONFIG_HOME: "/x/", HOME: "/h" })),
    "/x/mailsec",
  );
  assertEquals(
    configDirectory("", env({ XDG_CONFIG_HOME: "rel", HOME: "/h" })),
    "/h/.config/mailsec",
  );
  assertEquals(configDirectory(undefined, env({ HOME: "/h" })), "/h/.config/mailsec");
  assertThrows(() => configDirectory(undefined, env({})), ConfigError, "HOME");
});
