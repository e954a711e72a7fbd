import { assertEquals, assertStringIncludes } from "@std/assert";
import { freePort } from "../../tools/office.ts";
import { withOffice } from "./shared_office.ts";

Deno.test("e2e exit codes: each refusal has its code, one line with a hint, and an empty stdout", () =>
  withOffice(async (office) => {
    const wrong = `${office.folder}/wrong.password`;
    await Deno.writeTextFile(wrong, "not the password of alice\n", { mode: 0o600 });
    const config = ["--config", office.configFolder("alice")];
    const account = (server: string, user: string, file: string) => [
      ...["--server", server, "--user", user, "--password-file", file],
      ...config,
    ];
    const right = office.passwordFile("alice");
    const cases: [what: string, args: string[], code: number][] = [
      ["wrong password", ["list", ...account(office.address, "alice", wrong)], 4],
      ["unknown user", ["list", ...account(office.address, "mallory", right)], 4],
      ["wrong port", ["list", ...account(`127.0.0.1:${freePort()}`, "alice", right)], 3],
      ["wrong host", ["list", ...account("mailsec.invalid", "alice", right)], 3],
      ["unknown index", ["read", "77", ...office.account("alice")], 1],
      [
        "missing file",
        ["send", "alice", "--title", "x", "--file", "/nowhere", ...office.account("alice")],
        1,
      ],
      [
        "a folder as file",
        ["send", "alice", "--title", "x", "--file", office.folder, ...office.account("alice")],
        1,
      ],
      ["unknown command", ["lsit"], 2],
      ["unknown option", ["list", "--jsno"], 2],
      ["missing argument", ["read"], 2],
      ["no invite", ["join", "mailsec://nonsense"], 2],
    ];
    for (const [what, args, expected] of cases) {
      const { code, stdout, stderr } = await office.run(args);
      assertEquals([code, stdout], [expected, ""], `${what}: ${stderr}`);
      assertEquals(stderr.trim() === "", false, what);
      assertEquals(/ at .*\.(ts|js):\d+/.test(stderr), false, `${what}: a stack trace: ${stderr}`);
    }
  }));

Deno.test("e2e exit codes: a mistyped command gets a suggestion", () =>
  withOffice(async (office) => {
    assertStringIncludes((await office.run(["lsit"])).stderr, "list");
    assertStringIncludes((await office.run(["user", "invit"])).stderr, "invite");
  }));

Deno.test("e2e exit codes: a command that would have to ask fails with the flag to use", () =>
  withOffice(async (office) => {
    const without = ["--server", office.address, "--user", "alice"];
    const { code, stderr } = await office.run([
      ...["list", ...without, "--config", office.configFolder("alice")],
    ]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, "--password-file");
  }));

Deno.test("e2e exit codes: another server at a pinned address is a trust failure", () =>
  withOffice(async (office) => {
    await office.stopServer();
    await Deno.rename(office.data, `${office.data}-before`);
    await office.startServer();
    const { code, stdout, stderr } = await office.run(["list"], { user: "alice" });
    assertEquals([code, stdout], [5, ""], stderr);
  }));
