import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { FormatError } from "../../crypto/errors.ts";
import { TrustError } from "../../crypto/trust_error.ts";
import {
  ConnectError,
  LoginError,
  RecipientsError,
  SendInterruptedError,
} from "../../client/errors.ts";
import { joinServer } from "../../client/join.ts";
import { login } from "../../client/login.ts";
import { parseServerAddress } from "../../client/address.ts";
import { Mailbox } from "../../client/mailbox.ts";
import { ConfigStore } from "../../client/config_store.ts";
import { Office, PASSWORD } from "./people.ts";
import { startTestServer } from "../server/harness.ts";
import { TcpProxy } from "./tcp_proxy.ts";

Deno.test("address: host and port in all their forms", () => {
  const forms: [string, string, number][] = [
    ["mail.example.org", "mail.example.org", 12_049],
    ["mail.example.org:1", "mail.example.org", 1],
    [" localhost:65535 ", "localhost", 65_535],
    ["192.0.2.1:99", "192.0.2.1", 99],
    ["[2001:db8::1]:99", "2001:db8::1", 99],
    ["[::1]", "::1", 12_049],
    ["::1", "::1", 12_049],
    ["2001:db8::1:99", "2001:db8::1:99", 12_049],
  ];
  for (const [text, host, port] of forms) {
    assertEquals(parseServerAddress(text), { host, port }, text);
  }
  for (
    const text of ["", ":1", "host:", "host:0", "host:65536", "a b", "http://x", "x:1:2z", "a@b"]
  ) {
    assertThrows(() => parseServerAddress(text), FormatError, text);
  }
});

Deno.test("login: from an empty folder with name and password alone", async (t) => {
  await using office = await Office.open();
  const alice = await office.join("alice");
  await alice.send({ to: ["alice"], title: "note", body: "kept" });

  await t.step("the server is shown once, then known", async () => {
    const config = office.configOf("laptop");
    const shown: string[] = [];
    const asked: string[] = [];
    const options = {
      config,
      password: () => {
        asked.push("password");
        return Promise.resolve(PASSWORD);
      },
      confirmServer: (server: { fingerprint: string; host: string; port: number }) => {
        asked.push("server");
        shown.push(server.fingerprint);
        assertEquals([server.host, server.port], [office.server.host, office.server.port]);
        return Promise.resolve(true);
      },
    };
    const first = await office.login("ALICE", options);
    assertEquals((await first.list()).map(({ title }) => title), ["note"]);
    assertEquals(asked, ["server", "password"]);
    assertEquals(shown, [office.server.info.fingerprint]);
    await office.login("alice", options);
    assertEquals(asked, ["server", "password", "password"]);
    assertEquals(await config.last(), { server: office.address, user: "alice" });
  });

  await t.step(
    "an unknown server that nobody confirms is not trusted, and not pinned",
    async () => {
      const config = office.configOf("careful");
      for (const confirm of [{}, { confirmServer: () => Promise.resolve(false) }]) {
        const attempt = login({
          ...{ address: office.address, user: "alice", password: PASSWORD, config, ...confirm },
        });
        const error = await assertRejects(() => attempt, TrustError);
        assertEquals(error.code, "server_unknown");
        assertStringIncludes(error.message, office.server.info.fingerprint);
      }
      assertEquals(await config.pinnedServer(office.address), null);
      assertEquals(await config.last(), null);
    },
  );

  await t.step("wrong password and wrong user look the same", async () => {
    const wrong = (changes: object) => office.login("alice", changes);
    const password = await assertRejects(() => wrong({ password: "not it" }), LoginError);
    const user = await assertRejects(() => wrong({ user: "nobody" }), LoginError);
    assertEquals([password.code, user.code], ["login", "login"]);
    assertEquals(password.message.replace("alice", "nobody"), user.message);
    assertEquals(password.hint, user.hint);
    await assertRejects(() => wrong({ user: "no name" }), FormatError);
  });

  await t.step("the password may be written in another normal form of Unicode", async () => {
    const invite = await office.invite("jose");
    const config = office.configOf("jose");
    const account = await joinServer({
      invite,
      password: "žluťoučký kůň".normalize("NFD"),
      config,
      recovery: office.keepCode("jose"),
    });
    await account.close();
    await office.login("jose", { password: "žluťoučký kůň".normalize("NFC") });
  });
});

Deno.test("connect: what is not a mailsec server is said to be none", async () => {
  const config = new ConfigStore("/nonexistent/mailsec");
  const options = { user: "alice", password: "x", config };
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = closed.addr;
  closed.close();
  const refused = await assertRejects(
    () => login({ ...options, address: { host: "127.0.0.1", port } }),
    ConnectError,
  );
  assertEquals(refused.code, "unreachable");
  const nowhere = { host: "host.invalid", port: 1 };
  const unknown = await assertRejects(() => login({ ...options, address: nowhere }), ConnectError);
  assertEquals(unknown.code, "unreachable");
  for (const answer of ["SSH-2.0-OpenSSH_9.9\r\n", "", "\x02\x00\x00\x04abcd"]) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const serving = (async () => {
      const conn = await listener.accept();
      await conn.write(new TextEncoder().encode(answer));
      await conn.read(new Uint8Array(100));
      conn.close();
    })();
    const address = { host: "127.0.0.1", port: listener.addr.port };
    const error = await assertRejects(() => login({ ...options, address }), ConnectError);
    assertEquals(error.code, "no_server", answer);
    assert(error.hint);
    await serving;
    listener.close();
  }
});

Deno.test("trust: another server at a pinned address is a hard stop with the way out", async () => {
  await using office = await Office.open();
  const alice = await office.join("alice");
  await alice.close();
  const config = office.configOf("alice");
  await using impostor = await startTestServer();
  await using proxy = new TcpProxy(impostor.port);
  const address = { host: "127.0.0.1", port: proxy.port };
  const pin = await config.pinnedServer(office.address);
  await config.pinServer(address, pin!);
  let asked = 0;
  const confirmServer = () => Promise.resolve(++asked > 0);
  const options = { address, user: "alice", config, confirmServer };
  for (const password of [PASSWORD, () => Promise.reject(new Error("asked for a password"))]) {
    const error = await assertRejects(() => login({ ...options, password }), TrustError);
    assertEquals(error.code, "server_changed");
    assertStringIncludes(error.message, impostor.info.fingerprint);
    assertStringIncludes(error.message, office.server.info.fingerprint);
    assertStringIncludes(error.hint!, config.pinPath(address));
  }
  assertEquals(asked, 0);
  assertEquals(await config.pinnedServer(address), pin);
});

Deno.test("trust: an account state older than this device has seen stops the login", async () => {
  await using office = await Office.open();
  const alice = await office.join("alice");
  const bob = await office.join("bob");
  await alice.send({ to: ["bob"], title: "hello", body: "" });
  await alice.close();
  await bob.close();
  const config = office.configOf("alice");
  const [file] = [...Deno.readDirSync(`${config.directory}/accounts`)]
    .map(({ name }) => name).filter((name) => name.endsWith(".json"));
  const path = `${config.directory}/accounts/${file}`;
  await (await office.login("alice", { config })).close();
  const { revision } = JSON.parse(await Deno.readTextFile(path));
  assert(revision >= 2, "the mail has changed the state");
  // As after the restoration of an old backup: the server's revision is behind.
  await Deno.writeTextFile(path, JSON.stringify({ revision: revision + 1 }));
  const error = await assertRejects(() => office.login("alice", { config }), TrustError);
  assertEquals(error.code, "state_rollback");
  assertStringIncludes(error.hint!, path);
  // The way out that the hint names.
  await Deno.remove(path);
  await office.login("alice", { config });
});

Deno.test("join: an invite is only good for its own server, once", async (t) => {
  await using office = await Office.open();
  await using other = await startTestServer();
  const invite = await office.invite("alice");
  const recovery = office.keepCode("alice");

  await t.step("another server is refused before anything is sent", async () => {
    const config = office.configOf("misled");
    const misleading = invite.replace(/:\d+\//, `:${other.port}/`);
    const error = await assertRejects(
      () => joinServer({ invite: misleading, password: PASSWORD, config, recovery }),
      TrustError,
    );
    assertEquals(error.code, "invite_mismatch");
    assertEquals(await config.pinnedServer({ host: "127.0.0.1", port: other.port }), null);
  });

  await t.step("a mistyped invite is a format error", async () => {
    const config = office.configOf("x");
    for (const bad of ["", "hello", invite.slice(0, -3), invite + "0"]) {
      await assertRejects(
        () => joinServer({ invite: bad, password: "x", config, recovery }),
        FormatError,
      );
    }
  });

  await t.step(
    "a pin that disappears before the registration stops it, the invite stays good",
    async () => {
      const config = office.configOf("alice");
      const password = async () => {
        await Deno.remove(config.pinPath(office.address));
        return PASSWORD + "!";
      };
      const error = await assertRejects(
        () => joinServer({ invite, password, config, recovery }),
        TrustError,
      );
      assertEquals(error.code, "server_unknown");
    },
  );

  await t.step("it is used up, but joining again with the same password is a login", async () => {
    const config = office.configOf("alice");
    await (await joinServer({ invite, password: PASSWORD, config, recovery })).close();
    await (await joinServer({ invite, password: PASSWORD, config, recovery })).close();
    const error = await assertRejects(
      () => joinServer({ invite, password: "another one entirely", config, recovery }),
      LoginError,
    );
    assertEquals(error.code, "invite_refused");
    assertStringIncludes(error.message, "has been used");
  });

  await t.step("cut off before the acceptance arrives, it still ends in a login", async () => {
    const line = await office.invite("bob");
    await using proxy = new TcpProxy(office.server.port);
    let replies = 0;
    // The record and M2, M4, M6R of the second connection: the third reply is held back.
    proxy.onReply = () => proxy.accepted !== 2 || ++replies < 4;
    const account = await joinServer({
      invite: line.replace(/:\d+\//, `:${proxy.port}/`),
      password: PASSWORD,
      config: office.configOf("bob"),
      recovery,
    });
    assertEquals([account.user, proxy.accepted], ["bob", 3]);
    await account.close();
  });
});

Deno.test("send: cut off in the middle, a mail is neither lost nor doubled", async (t) => {
  await using office = await Office.open();
  await using proxy = new TcpProxy(office.server.port);
  const bob = await office.join("bob");
  await office.join("alice");
  const address = { host: "127.0.0.1", port: proxy.port };
  const alice = await office.login("alice", { address });
  const title = (text: string) => ({ to: ["bob"], title: text });
  const large = Uint8Array.from({ length: 1_000_000 }, (_, i) => 32 + (i * 31) % 90);
  const arrived = async (text: string) => (await bob.list()).filter((m) => m.title === text).length;

  await t.step("a large mail goes on by itself on a new connection", async () => {
    const before = proxy.sentBytes;
    proxy.onSent = () => {
      if (proxy.sentBytes - before < 500_000) return;
      proxy.onSent = () => {};
      proxy.cut();
    };
    const sent = await alice.send({ ...title("large"), body: large });
    assertEquals(await arrived("large"), 1);
    const mail = await bob.read(sent.id);
    assert(mail.body.kind === "text" && mail.body.text === new TextDecoder().decode(large));
  });

  await t.step("a lost acknowledgement does not double a mail", async () => {
    const sealed = await alice.seal({ ...title("once"), body: "x" });
    proxy.onReply = () => {
      proxy.onReply = () => true;
      return false;
    };
    await alice.deliver(sealed);
    await alice.deliver(sealed);
    const elsewhere = await office.login("alice");
    await elsewhere.deliver(sealed);
    assertEquals(await arrived("once"), 1);
    assertEquals((await alice.list({ sent: true })).filter((m) => m.title === "once").length, 1);
  });

  await t.step("with no server to be had, the sealed mail can be delivered later", async () => {
    const sealed = await alice.seal({ ...title("later"), body: large });
    const goOn = proxy.onSent = () => proxy.cut();
    const error = await assertRejects(() => alice.deliver(sealed), SendInterruptedError);
    assertEquals(error.code, "send_interrupted");
    assert(error.sealed === sealed && proxy.onSent === goOn);
    assertEquals(await arrived("later"), 0);
    proxy.onSent = () => {};
    await alice.deliver(error.sealed);
    assertEquals(await arrived("later"), 1);
  });

  await t.step("an idle connection that was lost is opened again when it is needed", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    alice.onClosed(resolve);
    proxy.cut();
    assertStringIncludes(await promise, "lost");
    await Promise.all([alice.list(), alice.checkRecipients(["bob"]), alice.list({ sent: true })]);
    assertEquals(await bob.list().then((list) => list.flatMap((m) => m.rejected ?? [])), []);
  });

  await t.step("counters stay right through all of this", async () => {
    await alice.send({ ...title("last"), body: "" });
    assertEquals((await bob.list()).flatMap(({ warnings }) => warnings), []);
  });
});

Deno.test("login: a full server and too many sessions are said to be that", async () => {
  await using office = await Office.open({
    config: { maxConnections: 3, maxConnectionsPerUser: 2 },
  });
  const alice = await office.join("alice");
  await office.login("alice");
  const third = await assertRejects(() => office.login("alice"), ConnectError);
  assertEquals(third.code, "too_many_sessions");
  await office.join("bob");
  const full = await assertRejects(() => office.join("carol"), ConnectError);
  assertEquals(full.code, "server_full");
  await alice.close();
  await office.login("bob");
});

Deno.test("mailbox: once closed it answers nothing", async () => {
  await using office = await Office.open();
  const alice = await office.join("alice");
  await alice.close();
  await alice.close();
  for (const use of [() => alice.list(), () => alice.checkRecipients(["alice"])]) {
    await assertRejects(use, ConnectError);
  }
  const other: Mailbox = await office.login("alice");
  await assertRejects(() => other.checkRecipients([]), RecipientsError);
});
