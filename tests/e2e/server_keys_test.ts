/** `mailsec server …` and the pass phrase of server.key, with the real program. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runToEnd } from "../../tools/child.ts";
import { mailsecCommand, Office } from "../../tools/office.ts";
import { Pty, quoted } from "../terminal/pty.ts";

const PHRASE = "seven owls count the tiles";
const OTHER = "nobody paints the attic blue";

/** An office with a server in it that does not run, and files with pass phrases. */
async function withServer(use: (office: Office) => Promise<void>): Promise<void> {
  const office = await Office.create();
  try {
    for (const [name, text] of [["phrase", PHRASE], ["other", OTHER], ["short", "eleven char"]]) {
      await Deno.writeTextFile(`${office.folder}/${name}`, `${text}\n`, { mode: 0o600 });
    }
    await office.startServer();
    await office.stopServer();
    await use(office);
  } finally {
    await office.close();
  }
}

const dataOf = (office: Office) => ["--data", office.data];

function seal(office: Office, file: string, more: string[] = []): Promise<string> {
  const words = ["server", "passphrase", "--new-passphrase-file", `${office.folder}/${file}`];
  return office.must([...words, ...dataOf(office), ...more]);
}

/** Runs a command that must fail; returns what it says. */
async function refused(office: Office, args: string[], code: number): Promise<string> {
  const result = await office.run([...args, ...dataOf(office)]);
  assertEquals([result.code, result.stdout], [code, ""], result.stderr);
  assertStringIncludes(result.stderr, "\n  hint: ");
  for (const phrase of [PHRASE, OTHER]) assert(!result.stderr.includes(phrase));
  return result.stderr;
}

Deno.test("server keys: with a pass phrase every command on the folder needs it, and nothing shows it", () =>
  withServer(async (office) => {
    await seal(office, "phrase");
    const wrong = ["--key-passphrase-file", `${office.folder}/other`];
    const right = ["--key-passphrase-file", `${office.folder}/phrase`];
    for (const command of [["user", "list"], ["serve", "--port", "0"], ["server", "rotate"]]) {
      assertStringIncludes(
        await refused(office, command, 2),
        "no terminal to ask for the pass phrase",
      );
      assertStringIncludes(await refused(office, [...command, ...wrong], 1), "does not open");
    }
    await office.must(["user", "invite", "alice", ...right, ...dataOf(office)]);
    const env = { MAILSEC_KEY_PASSPHRASE_FILE: `${office.folder}/phrase` };
    assertStringIncludes(await office.must(["user", "list", ...dataOf(office)], { env }), "alice");
    await office.must(["verify", office.data, ...right]);
    await office.startServer(right);
    const server = office.server!;
    if (Deno.build.os === "linux") {
      // With its environment, as everybody on the machine, or its owner, may look at it.
      const { stdout } = await runToEnd(["ps", "eww", "-p", String(server.pid)]);
      assertStringIncludes(stdout, "--key-passphrase-file");
      assert(!stdout.includes(PHRASE));
    }
    const removal = ["server", "passphrase", "--remove", ...right];
    assertStringIncludes(await refused(office, removal, 1), "is running");
    const rotated = await office.must(["server", "rotate", "--json", ...right, ...dataOf(office)]);
    assertEquals(JSON.parse(rotated).seq, 2);
    await server.waitFor("stderr", /server_record_renewed.*\b2\b/);
    const { stderr, stdout } = await office.stopServer();
    assert(!(stderr + stdout).includes(PHRASE));
    await office.must([...removal, ...dataOf(office)]);
    assertStringIncludes(await office.must(["user", "list", ...dataOf(office)]), "alice");
  }));

Deno.test("server keys: a new server's keys are sealed when the settings name a pass phrase", async () => {
  const office = await Office.create();
  try {
    const file = `${office.folder}/phrase`;
    await Deno.writeTextFile(file, "short\n", { mode: 0o600 });
    const settings = ["--key-passphrase-file", file];
    assertStringIncludes(await refused(office, ["serve", ...settings], 2), "at least 12");
    await Deno.writeTextFile(file, `${PHRASE}\r\n`);
    await office.startServer(settings);
    await office.stopServer();
    await refused(office, ["user", "list"], 2);
    await office.must(["user", "list", ...settings, ...dataOf(office)]);
    await Deno.chmod(file, 0o644);
    const open = await refused(office, ["user", "list", ...settings], 1);
    assertStringIncludes(open, "can be read or changed by other users");
  } finally {
    await office.close();
  }
});

Deno.test("server keys: a pass phrase that is not needed is told of", () =>
  withServer(async (office) => {
    await office.startServer(["--key-passphrase-file", `${office.folder}/phrase`]);
    await office.server!.waitFor("stderr", /key_file_not_sealed/);
    await office.stopServer();
    await refused(office, ["server", "passphrase"], 2);
    const short = ["server", "passphrase", "--new-passphrase-file", `${office.folder}/short`];
    assertStringIncludes(await refused(office, short, 2), "at least 12");
  }));

Deno.test({
  name: "server keys: at a terminal the pass phrase is asked for, twice when it is new",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    withServer(async (office) => {
      const start = (...args: string[]) => {
        // In place of the shell, which would die of Ctrl-C itself.
        const command = "exec " + quoted([...mailsecCommand(), ...args, ...dataOf(office)]);
        return new Pty(command, { cwd: office.folder, env: office.env });
      };
      const sealing = start("server", "passphrase");
      await sealing.answer("New pass phrase for server.key: ", "too short");
      await sealing.expect("at least 12");
      await sealing.answer("New pass phrase for server.key: ", PHRASE);
      await sealing.answer("The same again: ", OTHER);
      await sealing.answer(/not the same[^]*New pass phrase for server.key: /, PHRASE);
      await sealing.answer("The same again: ", PHRASE);
      await sealing.expect("server.key is sealed");
      const sealed = await sealing.end();
      assertEquals(sealed.code, 0);
      assert(!sealed.output.includes(PHRASE) && !sealed.output.includes(OTHER));
      const wrong = start("user", "list");
      await wrong.answer(/Pass phrase for \S+server.key: /, OTHER);
      await wrong.expect("does not open");
      assertEquals((await wrong.end()).code, 1);
      const interrupted = start("user", "list");
      await interrupted.expect("server.key: ");
      await interrupted.type("\x03");
      assertEquals((await interrupted.end()).code, 130);
      const serving = start("serve", "--port", "0");
      await serving.answer(/Pass phrase for \S+server.key: /, PHRASE);
      await serving.expect("listening on");
      await serving.type("\x03");
      assertEquals((await serving.end()).code, 0);
    }),
});
