/** The client's commands as scripts use them: the real program and a real server. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runToEnd } from "../../tools/child.ts";
import { formatRecoveryCode, parseRecoveryCode } from "../../crypto/recovery_code.ts";
import { mailsecCommand, type Office } from "../../tools/office.ts";
import { withOffice } from "../e2e/shared_office.ts";

const text = (value: string) => new TextEncoder().encode(value);

async function refused(office: Office, args: string[], code: number): Promise<string> {
  const result = await office.run(args);
  assertEquals([result.code, result.stdout], [code, ""], `${args.join(" ")}: ${result.stderr}`);
  assertStringIncludes(result.stderr, "\n  hint: ");
  return result.stderr;
}

Deno.test("commands: a body from standard input, a file or an option comes out byte for byte", () =>
  withOffice(async (office) => {
    const bytes = new Uint8Array([0, 1, 0xff, 13, 10, 9, 32, 32, 10, 46, 10]);
    const file = `${office.folder}/body.bin`;
    await Deno.writeFile(file, bytes);
    const body = "\ufeffline\r\n.\n\ttab  \nno end 😀";
    const send = ["send", "bob", "--title", "x"];
    await office.must(send, { user: "alice", stdin: bytes });
    await office.must([...send, "--file", file], { user: "alice" });
    await office.must([...send, `--body=${body}`], { user: "alice" });
    await office.must(send, { user: "alice", stdin: new Uint8Array() });
    const expected = [bytes, bytes, text(body), new Uint8Array()];
    for (const [at, content] of expected.entries()) {
      const out = `${office.folder}/out`;
      const command = [...mailsecCommand(), "read", String(at + 1), "--body-only"];
      const words = [...command, ...office.account("bob")].map((word) => `'${word}'`);
      const { code, stderr } = await runToEnd(["sh", "-c", `${words.join(" ")} > ${out}`], {
        env: office.env,
      });
      assertEquals([code, stderr], [0, ""]);
      assertEquals(await Deno.readFile(out), content);
    }
    const mail = JSON.parse(await office.must(["read", "1", "--json"], { user: "bob" }));
    assertEquals([mail.body, Uint8Array.fromBase64(mail.bodyBase64)], [null, bytes]);
  }));

Deno.test("commands: a mail is found by the beginning of its id", () =>
  withOffice(async (office) => {
    const sent = JSON.parse(
      await office.must(["send", "bob", "--title", "x", "--body", "y", "--json"], {
        user: "alice",
      }),
    );
    // Digits alone are an index: the beginning must reach the first letter.
    const length = Math.max(4, sent.id.search(/[a-f]/) + 1);
    const prefix = sent.id.slice(0, length);
    const read = ["read", prefix.toUpperCase(), "--json"];
    for (const user of ["alice", "bob"]) {
      assertEquals(JSON.parse(await office.must(read, { user })).id, sent.id);
    }
    await refused(office, ["read", "0000beef", ...office.account("bob")], 1);
    await refused(office, ["read", "nonsense", ...office.account("bob")], 2);
  }));

Deno.test("commands: the account comes from options, variables, or the last login", () =>
  withOffice(async (office) => {
    const config = ["--config", office.configFolder("alice")];
    const file = ["--password-file", office.passwordFile("alice")];
    await office.must(["list"], { user: "alice" });
    await office.must(["list", ...config, ...file]);
    const env = {
      MAILSEC_SERVER: office.address,
      MAILSEC_USER: "ALICE",
      MAILSEC_PASSWORD_FILE: office.passwordFile("alice"),
      MAILSEC_CONFIG: office.configFolder("alice"),
    };
    await office.must(["list"], { env });
    await refused(office, ["list", "--config", `${office.folder}/nobody`, ...file], 2);
    const other = ["--server", "127.0.0.1:9"];
    assertStringIncludes(
      await refused(office, ["list", ...other, ...config, ...file], 2),
      "--user",
    );
    await refused(office, ["list", "--user", "no such name!", ...config, ...file], 2);
    await refused(office, ["list", "--server", "a b", ...config, ...file], 2);
  }));

Deno.test("commands: a password file is for its owner only, and has a first line", () =>
  withOffice(async (office) => {
    const file = `${office.folder}/password`;
    const password = office.password("alice");
    const args = [
      ...["list", "--server", office.address, "--user", "alice", "--password-file", file],
      ...["--config", office.configFolder("alice")],
    ];
    assertStringIncludes(await refused(office, args, 1), "there is no such file");
    const contents = [password, `${password}\n`, `${password}\r\nsecond line\n`];
    for (const content of contents) {
      await Deno.writeTextFile(file, content, { mode: 0o600 });
      await office.must(args);
    }
    for (const mode of [0o640, 0o604, 0o620]) {
      await Deno.chmod(file, mode);
      assertStringIncludes(await refused(office, args, 1), `chmod 600 "${file}"`);
    }
    await Deno.chmod(file, 0o600);
    for (const content of ["", "\nsecond", new Uint8Array([0xff, 10]), "x".repeat(5000)]) {
      await Deno.writeFile(file, typeof content === "string" ? text(content) : content);
      await refused(office, args, 1);
    }
  }));

Deno.test("commands: a weak password in a file is refused, a generated one opens the mailbox", () =>
  withOffice(async (office) => {
    const invite = await office.invite("dora");
    const weak = `${office.folder}/weak`;
    await Deno.writeTextFile(weak, "password1\n", { mode: 0o600 });
    const config = ["--config", office.configFolder("dora")];
    const refusal = await refused(office, ["join", invite, "--password-file", weak, ...config], 1);
    assertStringIncludes(refusal, "too weak");
    assertStringIncludes(refusal, "--generate-password");
    const join = ["join", invite, "--generate-password", ...config];
    const [phrase = "", code, end] = (await office.must(join)).split("\n");
    assert(/^[a-z-]+$/.test(phrase), phrase);
    assertEquals([formatRecoveryCode(parseRecoveryCode(code ?? "")), end], [code, ""]);
    await Deno.writeTextFile(office.passwordFile("dora"), phrase, { mode: 0o600 });
    await office.must(["list", ...office.account("dora")]);
  }));

Deno.test("commands: without a terminal nothing waits for an answer", () =>
  withOffice(async (office) => {
    const config = ["--config", office.configFolder("alice")];
    const account = ["--server", office.address, "--user", "alice"];
    const cases: [args: string[], flag: string][] = [
      [["list", ...account, ...config], "--password-file"],
      [["connect", office.address, "alice", ...config], "--password-file"],
      [
        ["join", await office.invite("dora"), "--config", office.configFolder("dora")],
        "--password",
      ],
      [["list", ...account, "--config", `${office.folder}/empty`], "--yes"],
      [["send", "bob", "--body", "x", ...office.account("alice")], "--title"],
    ];
    for (const [args, flag] of cases) assertStringIncludes(await refused(office, args, 2), flag);
  }));

Deno.test("commands: changed keys stop a mail until they are named with --accept-key", () =>
  withOffice(async (office) => {
    const send = ["send", "bob", "--title", "x", "--body", "y", ...office.account("alice")];
    await office.must(send);
    await office.must(["user", "remove", "bob", "--data", office.data]);
    const invite = await office.invite("bob");
    const config = ["--config", `${office.folder}/bob again`];
    await office.must(["join", invite, "--generate-password", ...config]);
    const refusal = await refused(office, send, 5);
    const option = /--accept-key (bob=([0-9A-Z]{4}-){7}[0-9A-Z]{4})/.exec(refusal)?.[1] ?? "";
    const other = option.replace(/.$/, (last) => last === "0" ? "1" : "0");
    await refused(office, [...send, "--accept-key", other], 5);
    await refused(office, [...send, "--accept-key", "bob"], 2);
    await refused(office, [...send, "--accept-key", "bob=123"], 1);
    await office.must([...send, "--accept-key", option]);
    await office.must(send);
  }));

Deno.test("commands: --yes trusts a new server, and says so", () =>
  withOffice(async (office) => {
    const args = ["list", "--yes", ...office.account("alice")];
    const at = args.indexOf("--config");
    const { code, stderr } = await office.run([
      ...args.slice(0, at),
      "--config",
      `${office.folder}/new`,
    ]);
    assertEquals(code, 0);
    assertStringIncludes(stderr, "It is trusted from now on, as --yes says.");
  }));

Deno.test("commands: the menu takes its answers from a pipe", () =>
  withOffice(async (office) => {
    const lines = [
      "1",
      "bob; nobody",
      "bob,carol",
      "Piped",
      "",
      "one",
      "..",
      ".",
      "2",
      "4",
      "unused",
    ];
    const { code, stdout, stderr } = await office.run([
      ...["connect", office.address, "alice", "--password-file", office.passwordFile("alice")],
      ...["--config", office.configFolder("alice")],
    ], { stdin: text(lines.join("\n")) });
    assertEquals(code, 0, stderr);
    assertStringIncludes(stderr, "nobody");
    assertStringIncludes(stdout, "Sent 5 B to bob, carol.\n");
    const mail = JSON.parse(await office.must(["read", "1", "--json"], { user: "carol" }));
    assertEquals([mail.title, mail.body], ["Piped", "one\n."]);
  }));

Deno.test("commands: a reader that stops early is no error", () =>
  withOffice(async (office) => {
    const body = "x".repeat(900_000);
    await office.must(["send", "bob", "--title", "x"], { user: "alice", stdin: text(body) });
    const command = [...mailsecCommand(), "read", "1", "--body-only", ...office.account("bob")];
    const words = command.map((word) => `'${word}'`).join(" ");
    const script = `${words} | head -c 1; echo " \${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await runToEnd(["bash", "-c", script], { env: office.env });
    assertEquals([stdout, stderr], ["x 0\n", ""]);
  }));
