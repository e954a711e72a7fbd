/** The real program in a pseudo-terminal, with a real server. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { mailsecCommand, type Office } from "../../tools/office.ts";
import { textWidth } from "../../cli/text_width.ts";
import { withOffice } from "../e2e/shared_office.ts";
import { Pty, type PtyOptions, quoted } from "./pty.ts";

/** A test with a real server; util-linux's pseudo-terminals are needed. */
function inOffice(name: string, use: (office: Office) => Promise<void>): void {
  const ignore = Deno.build.os !== "linux";
  Deno.test({ name: `program: ${name}`, ignore, fn: () => withOffice(use) });
}

const CHOICE = "Your choice: ";
const COMMAND = /Index or command \([^)]*\): /;

/** Runs mailsec in a terminal; `after` is run by the shell in the same one. */
function start(
  office: Office,
  args: readonly string[],
  { after = "", before = "", ...options }: PtyOptions & { after?: string; before?: string } = {},
): Pty {
  const command = `${before}${quoted([...mailsecCommand(), ...args])}${after}`;
  return new Pty(command, { cwd: office.folder, env: office.env, ...options });
}

function connect(office: Office, user: string, options: PtyOptions & { after?: string } = {}): Pty {
  return start(office, [
    ...["connect", office.address, user],
    ...["--config", office.configFolder(user)],
  ], options);
}

async function loggedIn(office: Office, user: string, options: PtyOptions = {}): Promise<Pty> {
  const pty = connect(office, user, options);
  await pty.answer(`Password for ${user}: `, office.password(user));
  return pty;
}

/** Writes down the recovery code that is shown, and types it back. */
async function keepCode(pty: Pty): Promise<string> {
  await pty.expect("Your recovery code:\r\n  ");
  const code = await pty.expect(/^[0-9A-Z-]+(?=\r\n)/);
  await pty.answer("Type it from your paper (Enter shows it again): ", code.toLowerCase());
  return code;
}

inOffice("joining refuses weak passwords, wants the same one twice, shows none", async (office) => {
  const invite = await office.invite("dora");
  const pty = start(office, ["join", invite, "--config", office.configFolder("dora")]);
  await pty.answer("New password: ", "dora123");
  await pty.expect("This password is too weak.");
  await pty.answer("New password: ", "grüne Kacheln 7 Fjorde");
  await pty.answer("The same again: ", "something else");
  await pty.expect("These were not the same.");
  await pty.answer("New password: ", "grüne Kacheln 7 FjordeX\x7f");
  await pty.answer("The same again: ", "grüne Kachelé\x7fn 7 Fjorde");
  await pty.answer("Type it from your paper (Enter shows it again): ", "not the code");
  await pty.expect("This is not the code.");
  await pty.answer("Type it from your paper (Enter shows it again): ", "");
  await keepCode(pty);
  await pty.expect(`dora has joined ${office.address}.`);
  const { code, output } = await pty.end();
  assertEquals(code, 0);
  assert(!/Kachel|dora123|something/.test(output), output);

  const login = connect(office, "dora");
  await login.answer("Password for dora: ", "grüne Kacheln 7 Fjorde");
  await login.answer(CHOICE, "4");
  assertEquals((await login.end()).code, 0);
});

inOffice("a generated pass phrase is offered, and opens the mailbox", async (office) => {
  const invite = await office.invite("dora");
  const pty = start(office, [
    ...["connect", office.address, "dora", "--config", office.configFolder("dora")],
  ]);
  await pty.answer("Invite (Enter if dora has joined already): ", invite);
  await pty.answer("New password: ", "");
  await pty.expect("Your pass phrase:\r\n  ");
  const phrase = (await pty.expect(/^[a-z-]+(?=\r\n)/)).trim();
  await pty.answer("Use it? [Y/n] ", "");
  await keepCode(pty);
  await pty.answer(CHOICE, "4");
  assertEquals((await pty.end()).code, 0);
  const again = connect(office, "dora");
  await again.answer("Password for dora: ", phrase);
  await again.answer(CHOICE, "4");
  assertEquals((await again.end()).code, 0);
});

inOffice(
  "a recovery code that was not written down ends the joining before it begins",
  async (office) => {
    const invite = await office.invite("dora");
    const config = ["--config", office.configFolder("dora")];
    const pty = start(office, ["join", invite, ...config]);
    await pty.answer("New password: ", "grüne Kacheln 7 Fjorde");
    await pty.answer("The same again: ", "grüne Kacheln 7 Fjorde");
    await pty.expect("Type it from your paper (Enter shows it again): ");
    await pty.type("\x03");
    assertEquals((await pty.end()).code, 130);
    // The invite is as good as it was.
    const again = start(office, ["join", invite, ...config]);
    await again.answer("New password: ", "grüne Kacheln 7 Fjorde");
    await again.answer("The same again: ", "grüne Kacheln 7 Fjorde");
    const code = await keepCode(again);
    await again.expect("dora has joined");
    assertEquals((await again.end()).code, 0);

    const recover = start(office, ["recover", office.address, "dora", ...config]);
    await recover.answer("Recovery code of dora: ", code.replace("-", "") + "0");
    await recover.expect("Compare it, group by group");
    await recover.answer("Recovery code of dora: ", code);
    await recover.answer("New password: ", "gelbe Kacheln 9 Fjorde");
    await recover.answer("The same again: ", "gelbe Kacheln 9 Fjorde");
    await recover.expect("The new password of dora counts");
    const { code: exit, output } = await recover.end();
    assertEquals(exit, 0);
    assert(!output.includes("Kacheln"), output);
  },
);

inOffice(
  "a new device of a hardened account is asked for the code of another one",
  async (office) => {
    await office.must(["devices", "harden", "--name", "desk", "--yes"], { user: "alice" });
    const adding = office.start(["devices", "add", "--json"], { user: "alice" });
    await adding.waitFor("stdout", /"code": "[0-9A-Z-]+".*\n/);
    const { code } = JSON.parse(adding.written.stdout);
    const fresh = ["--config", `${office.folder}/fresh`];
    const pty = start(office, ["connect", office.address, "alice", "--yes", ...fresh]);
    await pty.answer("Password for alice: ", office.password("alice"));
    await pty.expect("opens on enrolled devices only");
    await pty.answer("Device code: ", "0000");
    await pty.expect("Compare it, group by group");
    await pty.answer("Device code: ", code);
    await pty.answer(CHOICE, "4");
    assertEquals((await pty.end()).code, 0);
    const { code: added, stdout } = await adding.finished;
    assertEquals(added, 0);
    const [, device] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals([device.device.number, device.device.isThis], [2, false]);
  },
);

inOffice("the menu sends, announces, lists, displays and terminates", async (office) => {
  const alice = await loggedIn(office, "alice");
  const bob = await loggedIn(office, "bob");
  await bob.expect(CHOICE);
  await alice.answer(CHOICE, "1");
  await alice.answer("To (names separated by ; or ,): ", "bob; nobdy");
  await alice.expect("nobdy");
  await alice.answer("To (names separated by ; or ,): bob; nobdy", "\x17carol");
  await alice.answer("Cc (Enter: nobody; secretly: bcc: NAME): ", "");
  await alice.answer("Title: ", "Grüße \x7f\x7f 日本");
  await alice.answer(/File to load the body from \(Enter to type it[^)]*\): /, "");
  await alice.expect('A line with a single "."');
  await alice.type("first line\rsecond 😀x\x7f line\r.\r");
  await alice.expect("Title:    Grüß 日本\r\n");
  await alice.answer("Send it? ", "");
  await alice.expect("to bob, carol.");

  await bob.expect("New mail from alice: Grüß 日本 (index 1)");
  await bob.type("2\r");
  await bob.expect(/ 1 {2}\* {2}alice .*Grüß 日本/);
  await bob.answer(COMMAND, "q");
  await bob.answer(CHOICE, "3");
  await bob.answer("Index of the mail (Enter for the menu): ", "1");
  await bob.expect("first line\r\nsecond 😀 line\r\n");
  await bob.answer("(Enter: back): ", "");
  await bob.answer(CHOICE, "2");
  await bob.expect(/ 1 {5}alice /);
  await bob.answer(COMMAND, "");
  await bob.answer(CHOICE, "4");
  await alice.answer(CHOICE, "4");
  assertEquals([(await alice.end()).code, (await bob.end()).code], [0, 0]);
});

inOffice("what is pasted does not answer the questions after it", async (office) => {
  const alice = await loggedIn(office, "alice");
  await alice.answer(CHOICE, "1");
  // The rest of a name that is clear is put in by Tab.
  await alice.answer("To (names", "bo\t");
  await alice.answer("Cc (", "");
  await alice.expect("Title: ");
  await alice.type("\x1b[200~two\rlines\r\x1b[201~\r");
  await alice.answer("File to load", "");
  await alice.expect('A line with a single "."');
  await alice.type("\x1b[200~a\rb\r\x1b[201~c\r.\r");
  await alice.answer("Send it? ", "");
  await alice.expect("Sent 5 B to bob.");
  await alice.answer(CHOICE, "4");
  await alice.end();
  const [mail] = JSON.parse(await office.must(["list", "--json"], { user: "bob" }));
  assertEquals([mail.title, mail.size], ["two lines", 5]);
});

inOffice("Ctrl-C ends with 130 and leaves the terminal as it was", async (office) => {
  const after = '; echo "code $?"; stty -a';
  const atPassword = connect(office, "alice", { after });
  await atPassword.expect("Password for alice: ");
  await atPassword.type("half\x03");
  const atMenu = connect(office, "alice", { after });
  await atMenu.answer("Password for alice: ", office.password("alice"));
  await atMenu.expect(CHOICE);
  await atMenu.type("\x03");
  for (const pty of [atPassword, atMenu]) {
    await pty.expect("code 130");
    await pty.expect(/ icanon/);
    await pty.expect(/ echo /);
    assert(!(await pty.end()).output.includes("half"));
  }
});

inOffice("a signal that ends it leaves the terminal as it was", async (office) => {
  const login = ["connect", office.address, "alice", "--config", office.configFolder("alice")];
  const command = quoted([...mailsecCommand(), ...login]);
  const pty = new Pty(`sh -c "echo pid \\$\\$; exec ${command}"; echo "code $?"; stty -a`, {
    cwd: office.folder,
    env: office.env,
  });
  const [, pid] = /(\d+)/.exec(await pty.expect(/pid \d+/))!;
  await pty.expect("Password for alice: ");
  Deno.kill(Number(pid), "SIGTERM");
  await pty.expect("code 143");
  await pty.expect(/ icanon/);
  await pty.expect(/ echo /);
  await pty.end();
});

inOffice("Ctrl-D at the menu terminates cleanly", async (office) => {
  const pty = await loggedIn(office, "alice");
  await pty.expect(CHOICE);
  await pty.type("\x04");
  assertEquals((await pty.end()).code, 0);
});

inOffice("a wrong password ends with 4", async (office) => {
  const pty = connect(office, "alice");
  await pty.answer("Password for alice: ", "not the password");
  await pty.expect("Wrong user name or password");
  assertEquals((await pty.end()).code, 4);
});

inOffice("the password is asked at the terminal while standard input is a pipe", async (office) => {
  const pty = start(office, [
    ...["send", "bob", "--title", "piped", "--server", office.address, "--user", "alice"],
    ...["--config", office.configFolder("alice")],
  ], { before: "printf 'from a pipe' | " });
  await pty.answer("Password for alice: ", office.password("alice"));
  await pty.expect("Sent 11 B to bob");
  assertEquals((await pty.end()).code, 0);
});

inOffice("a body is typed up to Ctrl-D", async (office) => {
  const pty = start(office, ["send", "bob", "--title", "typed", ...office.account("alice")]);
  await pty.expect("End it with Ctrl-D");
  await pty.type("hello\n\x04");
  await pty.expect("Sent 6 B to bob");
  assertEquals((await pty.end()).code, 0);
});

inOffice("an unknown server is shown and trusted only by a yes", async (office) => {
  const empty = ["--config", `${office.folder}/client-new`];
  const args = ["connect", office.address, "alice", ...empty];
  const no = start(office, args);
  await no.answer("Invite (Enter if alice has joined already): ", "");
  await no.expect(/Its fingerprint is\r\n {2}([0-9A-Z]{4}-){7}[0-9A-Z]{4}\r\n/);
  await no.answer("Trust it? [y/N] ", "");
  assertEquals((await no.end()).code, 5);
  const yes = start(office, args);
  await yes.answer("Invite (Enter if alice has joined already): ", "");
  await yes.answer("Trust it? [y/N] ", "yes");
  await yes.answer("Password for alice: ", office.password("alice"));
  await yes.answer(CHOICE, "4");
  assertEquals((await yes.end()).code, 0);
  const pinned = start(office, args);
  await pinned.answer("Password for alice: ", office.password("alice"));
  await pinned.answer(CHOICE, "4");
  assertEquals((await pinned.end()).code, 0);
});

inOffice("a lost connection comes back by itself, and no draft is lost with it", async (office) => {
  const pty = await loggedIn(office, "alice");
  await pty.answer(CHOICE, "1");
  await pty.answer("To (names", "bob");
  await pty.answer("Cc (", "");
  await pty.answer("Title: ", "begun");
  await pty.answer("File to load", "");
  await pty.expect('A line with a single "."');
  await pty.type("half a text\r");
  await office.stopServer();
  await pty.type("\x03");
  await pty.expect("what you wrote is kept here until it can be.");
  await pty.expect("The connection was lost: ");
  await office.startServer();
  await pty.answer(CHOICE, "2");
  await pty.expect("The inbox is empty.");
  await pty.answer(CHOICE, "4");
  assertEquals((await pty.end()).code, 0);
  // Another machine goes on with it.
  const [draft] = JSON.parse(
    await office.must(["list", "in:drafts", "--json"], { user: "alice" }),
  );
  assertEquals([draft.title, draft.kind], ["begun", "draft"]);
});

inOffice("the editor writes the text, in a file that nobody else can read", async (office) => {
  const editor = `${office.folder}/editor.sh`;
  const script = 'stat -c %a "$1" "$(dirname "$1")"\necho "$1" > seen\necho written > "$1"\n';
  await Deno.writeTextFile(editor, script);
  const env = { ...office.env, VISUAL: `sh ${editor}`, XDG_RUNTIME_DIR: office.folder };
  const alice = await loggedIn(office, "alice", { env });
  await alice.answer(CHOICE, "1");
  await alice.answer("To (names", "bob");
  await alice.answer("Cc (", "");
  await alice.answer("Title: ", "edited");
  await alice.answer("e: editor): ", "e");
  await alice.expect("600\r\n700\r\n");
  await alice.answer("Send it? ", "");
  await alice.expect("Sent 8 B to bob.");
  await alice.answer(CHOICE, "4");
  await alice.end();
  const path = (await Deno.readTextFile(`${office.folder}/seen`)).trim();
  assert(path.startsWith(`${office.folder}/mailsec-`), path);
  assertEquals(await Deno.stat(path.replace(/\/[^/]*$/, "")).catch(() => null), null);
});

inOffice("a mail cannot move the cursor, and every line fits", async (office) => {
  const title = "\x1b[2J\x1b[1;1Hcleared \x9b5A\r\n" + "日本語".repeat(20);
  const body = "\x1b[31mred\x07\nsecond \x1b]0;title\x07";
  await office.must(["send", "bob", "--title", title, "--body", body], { user: "alice" });
  for (const columns of [44, 80, 120]) {
    const list = start(office, ["list", ...office.account("bob")], { columns });
    const { output } = await list.end();
    assertStringIncludes(output, "␛[2J␛[");
    // deno-lint-ignore no-control-regex
    assert(!/[\x07\x1b\x80-\x9f]/.test(output), JSON.stringify(output));
    for (const line of output.split("\r\n")) assert(textWidth(line) <= columns, line);
  }
  for (const more of [[], ["--body-only"], ["--json"]]) {
    const { output } = await start(office, ["read", "1", ...more, ...office.account("bob")])
      .end();
    // deno-lint-ignore no-control-regex
    assert(!/[\x07\x1b\x80-\x9f]/.test(output), JSON.stringify(output));
  }
});

inOffice("a mail that was typed and cannot be sent is a draft", async (office) => {
  const options = ["--server", office.address, "--user", "alice"];
  const account = [...options, "--config", office.configFolder("alice")];
  const pty = start(office, ["send", "nobody", "--title", "kept", ...account]);
  await pty.expect("End it with Ctrl-D");
  await pty.type("a long story\r\x04");
  await pty.answer("Password for alice: ", office.password("alice"));
  const id = await pty.expect(/(?<=--from-draft )[0-9a-f]{32}/);
  await pty.expect("nobody");
  assertEquals((await pty.end()).code !== 0, true);
  const sent = await office.run(["send", "bob", "--from-draft", id], { user: "alice" });
  assertEquals(sent.code, 0, sent.stderr);
  const read = await office.run(["list", "--json"], { user: "bob" });
  assertStringIncludes(read.stdout, "kept");
});

inOffice("a signal that ends it while a mail is written leaves a draft", async (office) => {
  for (const [user, signal, code] of [["alice", "SIGTERM", 143], ["bob", "SIGHUP", 129]] as const) {
    const login = ["connect", office.address, user, "--config", office.configFolder(user)];
    const command = quoted([...mailsecCommand(), ...login]);
    const pty = new Pty(`sh -c "echo pid \\$\\$; exec ${command}"; echo "code $?"`, {
      cwd: office.folder,
      env: office.env,
    });
    const [, pid] = /(\d+)/.exec(await pty.expect(/pid \d+/))!;
    await pty.answer(`Password for ${user}: `, office.password(user));
    await pty.answer(CHOICE, "1");
    await pty.answer("To (names separated by ; or ,): ", "bob");
    await pty.answer("Cc (Enter: nobody; secretly: bcc: NAME): ", "");
    await pty.answer("Title: ", "half");
    await pty.answer(/\(Enter[^)]*type[^)]*\): /, "");
    await pty.expect("ends it");
    // From here on the program shows what is typed, not the terminal.
    await pty.expect("\x1b[?2004h");
    await pty.type("some words\rand");
    await pty.expect("and");
    Deno.kill(Number(pid), signal);
    await pty.expect(`code ${code}`);
    await pty.end();
    const listed = await office.must(["list", "in:drafts", "--json"], { user });
    assertStringIncludes(listed, '"title": "half"');
    assertStringIncludes(await office.must(["read", "1", "--body-only"], { user }), "some words");
  }
});

inOffice(
  "a signal that ends it while the editor runs leaves a draft and no file",
  async (office) => {
    const folder = `${office.folder}/runtime`;
    await Deno.mkdir(folder);
    const editor = `${office.folder}/editor.sh`;
    await Deno.writeTextFile(editor, 'echo written > "$1"; echo ready; exec sleep 20', {
      mode: 0o700,
    });
    const login = ["connect", office.address, "alice", "--config", office.configFolder("alice")];
    const command = quoted([...mailsecCommand(), ...login]);
    const pty = new Pty(`sh -c "echo pid \\$\\$; exec ${command}"; echo "code $?"`, {
      cwd: office.folder,
      env: { ...office.env, EDITOR: `sh ${editor}`, XDG_RUNTIME_DIR: folder },
    });
    const [, pid] = /(\d+)/.exec(await pty.expect(/pid \d+/))!;
    await pty.answer("Password for alice: ", office.password("alice"));
    await pty.answer(CHOICE, "1");
    await pty.answer("To (names separated by ; or ,): ", "bob");
    await pty.answer("Cc (Enter: nobody; secretly: bcc: NAME): ", "");
    await pty.answer("Title: ", "edited");
    await pty.answer(/\(Enter[^)]*type[^)]*\): /, "e");
    await pty.expect("ready");
    assertEquals([...Deno.readDirSync(folder)].length, 1);
    Deno.kill(Number(pid), "SIGTERM");
    await pty.expect("code 143");
    await pty.end();
    assertEquals([...Deno.readDirSync(folder)], []);
    const account = { user: "alice" };
    assertEquals(await office.must(["read", "1", "--body-only"], account), "written\n");
  },
);
