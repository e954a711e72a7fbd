import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Office } from "../../tools/office.ts";
import { withOffice } from "./shared_office.ts";

Deno.test("e2e server: the first start makes a folder and keys that only their owner can read", async () => {
  const office = await Office.open();
  try {
    const modeOf = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
    assertEquals(await modeOf(office.data), 0o700);
    assertEquals(await modeOf(`${office.data}/server.key`), 0o600);
    const { stderr } = office.server!.written;
    assertMatch(stderr, /([0-9A-HJKMNP-TV-Z]{4}[- ]){7}[0-9A-HJKMNP-TV-Z]{4}/);
    assertStringIncludes(stderr, "user invite");
    assertStringIncludes(stderr, `listening on 127.0.0.1:${office.port}`);
  } finally {
    await office.close();
  }
});

Deno.test("e2e server: --port 0 picks a free port and says which", () =>
  withOffice(async (office) => {
    const server = office.start([
      ...["serve", "--host", "127.0.0.1", "--port", "0", "--data", `${office.folder}/other`],
    ]);
    const [, port] = await server.waitFor("stderr", /listening on 127\.0\.0\.1:(\d+)/);
    (await Deno.connect({ hostname: "127.0.0.1", port: Number(port) })).close();
    server.kill("SIGINT");
    assertEquals((await server.finished).code, 0);
  }));

Deno.test("e2e server: SIGTERM and SIGINT drain and end with 0; mail is there afterwards", () =>
  withOffice(async (office) => {
    await office.must(["send", "alice", "--title", "Kept", "--body", "x"], { user: "alice" });
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      assertEquals((await office.stopServer(signal)).code, 0);
      await office.startServer();
    }
    assertStringIncludes(await office.must(["list"], { user: "alice" }), "Kept");
  }));

Deno.test("e2e server: a second process on the same data folder is refused with the reason", () =>
  withOffice(async (office) => {
    const { code, stderr } = await office.run([
      ...["serve", "--host", "127.0.0.1", "--port", "0", "--data", office.data],
    ]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, office.data);
    assertEquals((await office.stopServer()).code, 0);
  }));

Deno.test("e2e server: accounts are managed while it runs and while it does not", () =>
  withOffice(async (office) => {
    const user = (...args: string[]) => office.must(["user", ...args, "--data", office.data]);
    const names = async () =>
      (JSON.parse(await user("list", "--json")) as { user: string; status: string }[])
        .map(({ user, status }) => `${user} ${status}`).sort();
    assertEquals(await names(), ["alice active", "bob active", "carol active"]);
    await user("disable", "bob");
    assertEquals((await office.run(["list"], { user: "bob" })).code, 4);
    await office.stopServer();
    await user("enable", "bob");
    await user("remove", "alice");
    assertEquals(await names(), ["bob active", "carol active"]);
    await office.startServer();
    assertEquals((await office.run(["list"], { user: "bob" })).code, 0);
    assertEquals((await office.run(["list"], { user: "alice" })).code, 4);
  }));

Deno.test("e2e server: the store of a running and of a stopped server verifies", () =>
  withOffice(async (office) => {
    await office.must(["send", "alice", "--title", "x", "--body", "y"], { user: "alice" });
    await office.must(["verify", office.data]);
    await office.stopServer();
    await office.must(["verify", office.data]);
  }));

Deno.test("e2e server: the database holds none of the plaintext", () =>
  withOffice(async (office) => {
    const secret = "the plans are in the blue drawer";
    await office.must(["send", "bob", "--title", `Title: ${secret}`, "--body", secret], {
      user: "alice",
    });
    await office.must(["read", "1"], { user: "bob" });
    let scanned = 0;
    for await (const entry of Deno.readDir(office.data)) {
      if (!entry.isFile) continue;
      const text = new TextDecoder("latin1").decode(
        await Deno.readFile(`${office.data}/${entry.name}`),
      );
      for (const word of [secret, "blue drawer", office.password("alice")]) {
        assert(!text.includes(word), `${entry.name} contains "${word}"`);
      }
      scanned += text.length;
    }
    assert(scanned > 10_000, "there was nothing to look at");
  }));

Deno.test("e2e server: a sixth connection is told that the server is full, and gets in later", () =>
  withOffice(async (office) => {
    const users = ["alice", "alice", "bob", "bob", "carol"];
    const held = await holdSessions(office, users);
    const started = performance.now();
    const sixth = await office.run(["list"], { user: "carol" });
    assertEquals(sixth.code, 3, sixth.stderr);
    assertStringIncludes(sixth.stderr, "full");
    assert(performance.now() - started < 5000, "it was made to wait");
    await held.pop()!();
    assertEquals((await office.run(["list"], { user: "carol" })).code, 0);
    await Promise.all(held.map((release) => release()));
  }));

/** Logs these users in and keeps the sessions; each function returned ends one of them. */
async function holdSessions(office: Office, users: string[]): Promise<(() => Promise<void>)[]> {
  const holder = new URL("./hold_session.ts", import.meta.url).pathname;
  const releases: (() => Promise<void>)[] = [];
  for (const user of users) {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-q", "--no-prompt", "-P=test", holder, office.address, user],
      env: { HOLD_PASSWORD: office.password(user), HOLD_CONFIG: office.configFolder(user) },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    assertEquals(new TextDecoder().decode(value).trim(), "logged in", user);
    releases.push(async () => {
      await child.stdin.close();
      while (!(await reader.read()).done);
      assertEquals((await child.status).code, 0);
    });
  }
  return releases;
}
