import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describeConfig, loadConfig, type SettingSources } from "../../server/config.ts";
import { hostPort, isLoopback, parseHostPort } from "../../server/address.ts";
import { SettingError } from "../../server/errors.ts";

interface World {
  flags?: Record<string, string>;
  env?: Record<string, string>;
  files?: Record<string, string>;
  folders?: string[];
  terminal?: boolean;
}

function sources(world: World): SettingSources {
  return {
    flag: (name) => world.flags?.[name],
    env: (name) => world.env?.[name],
    readFile: (path) => world.files?.[path] ?? null,
    isFolder: (path) => world.folders?.includes(path) ?? false,
    stderrIsTerminal: world.terminal ?? true,
  };
}

Deno.test("config: without a word from anybody the defaults hold", () => {
  const { config, origins } = loadConfig(sources({}));
  assertEquals(config, {
    host: "0.0.0.0",
    port: 12_049,
    data: "./mailsec-data",
    maxConnections: 5,
    maxConnectionsPerUser: 3,
    maxMessageBytes: 32 * 1024 * 1024,
    publicAddress: null,
    keyPassphraseFile: null,
    log: "text",
  });
  assert([...origins.values()].every((origin) => origin === "default"));
  assertEquals(loadConfig(sources({ terminal: false })).config.log, "json");
});

Deno.test("config: a flag counts before a variable, that before the file, and each says so", () => {
  const file = { "/srv/m/mailsec.toml": 'port = 3\nmax_connections = 7\nhost = "::1"\n' };
  const env = { MAILSEC_PORT: "2", MAILSEC_MAX_CONNECTIONS: "8", MAILSEC_DATA: "/srv/m/" };
  const loaded = loadConfig(sources({ flags: { port: "1" }, env, files: file }));
  assertEquals(loaded.config.port, 1);
  assertEquals(loaded.config.maxConnections, 8);
  assertEquals(loaded.config.host, "::1");
  const origins = describeConfig(loaded).map(({ name, origin }) => [name, origin]);
  assertEquals(Object.fromEntries(origins), {
    "data": "variable MAILSEC_DATA",
    "host": "/srv/m/mailsec.toml",
    "port": "flag --port",
    "max-connections": "variable MAILSEC_MAX_CONNECTIONS",
    "max-connections-per-user": "default",
    "max-message-bytes": "default",
    "public-address": "default",
    "key-passphrase-file": "default",
    "log": "default",
  });
});

Deno.test("config: the data folder is here unless only the state folder has one", () => {
  const env = { XDG_STATE_HOME: "/state" };
  const folders = ["/state/mailsec"];
  assertEquals(loadConfig(sources({ env, folders })).config.data, "/state/mailsec");
  const both = ["/state/mailsec", "./mailsec-data"];
  assertEquals(loadConfig(sources({ env, folders: both })).config.data, "./mailsec-data");
  assertEquals(loadConfig(sources({ env })).config.data, "./mailsec-data");
});

Deno.test("config: a wrong value is refused by the name of where it stands", () => {
  const toml = (text: string) => ({ files: { "./mailsec-data/mailsec.toml": text } });
  const cases: [World, string][] = [
    [{ flags: { port: "65536" } }, "flag --port"],
    [{ flags: { port: "" } }, "flag --port"],
    [{ flags: { host: "a b" } }, "flag --host"],
    [{ flags: { "max-connections": "0" } }, "flag --max-connections"],
    [{ env: { MAILSEC_LOG: "xml" } }, "variable MAILSEC_LOG"],
    [{ flags: { "public-address": "mail.example" } }, "HOST:PORT"],
    [toml("port = [1]"), '"port" must be'],
    [toml("prot = 1"), 'no setting "prot"'],
    [toml("port = "), "mailsec.toml"],
  ];
  for (const [world, text] of cases) {
    assertStringIncludes(
      assertThrows(() => loadConfig(sources(world)), SettingError).message,
      text,
    );
  }
});

Deno.test("address: HOST:PORT, with brackets around an IPv6 address", () => {
  assertEquals(parseHostPort("[2001:db8::1]:12049"), hostPort("2001:db8::1", 12049));
  assertEquals(hostPort("2001:db8::1", 1).text, "[2001:db8::1]:1");
  assertEquals(parseHostPort("mail.example:1")?.text, "mail.example:1");
  for (const bad of ["", "a", "a:", ":1", "a:0", "a:65536", "::1:5", "a b:1", "a:1x"]) {
    assertEquals(parseHostPort(bad), null, bad);
  }
  for (const host of ["127.0.0.1", "127.8.9.1", "::1", "localhost"]) assert(isLoopback(host));
  for (const host of ["0.0.0.0", "10.0.0.1", "127.example"]) assert(!isLoopback(host));
});
