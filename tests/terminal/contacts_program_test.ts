/** Contacts and account in the real program, in a pseudo-terminal, with a real server. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { textWidth } from "../../cli/text_width.ts";
import { mailsecCommand, type Office } from "../../tools/office.ts";
import { withOffice } from "../e2e/shared_office.ts";
import { Pty, type PtyOptions, quoted } from "./pty.ts";

/** A test with a real server; util-linux's pseudo-terminals are needed. */
function inOffice(name: string, use: (office: Office) => Promise<void>): void {
  const ignore = Deno.build.os !== "linux";
  Deno.test({ name: `program: ${name}`, ignore, fn: () => withOffice(use) });
}

const CHOICE = "Your choice: ";
const LIST = "Index or command (?: help, Enter: menu): ";
const BACK = "Your choice (Enter goes back): ";

function start(office: Office, args: readonly string[], options: PtyOptions = {}): Pty {
  // In place of the shell, which Ctrl-C would end.
  const command = `exec ${quoted([...mailsecCommand(), ...args])}`;
  return new Pty(command, { cwd: office.folder, env: office.env, ...options });
}

async function loggedIn(office: Office, user: string, options: PtyOptions = {}): Promise<Pty> {
  const config = ["--config", office.configFolder(user)];
  const pty = start(office, ["connect", office.address, user, ...config], options);
  await pty.answer(`Password for ${user}: `, office.password(user));
  return pty;
}

async function fingerprintOf(office: Office, user: string): Promise<string> {
  return JSON.parse(await office.must(["contacts", "show", "--json"], { user })).fingerprint;
}

inOffice("fingerprints are compared in the menu, then nobody is marked", async (office) => {
  await office.must(["send", "alice", "--title", "x", "--body", "y"], { user: "bob" });
  const said = (await fingerprintOf(office, "bob")).toLowerCase().replaceAll("-", " ");
  const pty = await loggedIn(office, "alice");
  await pty.answer(CHOICE, "2");
  await pty.expect(/bob +unverified/);
  await pty.answer(LIST, "");
  await pty.answer(CHOICE, "5");
  await pty.answer("Name (Enter for the menu): ", "bob");
  await pty.answer(BACK, "v");
  await pty.answer("Fingerprint (Enter: not now): ", await fingerprintOf(office, "carol"));
  await pty.expect("another fingerprint");
  await pty.answer("Fingerprint (Enter: not now): ", said);
  await pty.expect("bob is verified.");
  await pty.answer("Name (Enter for the menu): ", "");
  await pty.answer(CHOICE, "2");
  const list = await pty.expect(/INDEX[^]*Index or command/);
  assert(!list.includes("unverified"), list);
  await pty.answer(/menu\): /, "");
  await pty.answer(CHOICE, "4");
  assertEquals((await pty.end()).code, 0);
});

inOffice("contacts and the log fit narrow terminals", async (office) => {
  const commands = [
    ["contacts"],
    ["contacts", "show"],
    ["contacts", "show", "bob", "--qr"],
    ["log"],
    ["log", "verify"],
    ["log", "evidence"],
  ];
  for (const columns of [44, 80]) {
    for (const command of commands) {
      const options = { columns, env: { ...office.env, NO_COLOR: "1" } };
      const pty = start(office, [...command, ...office.account("alice")], options);
      const { code, output } = await pty.end();
      assertEquals(code, 0);
      for (const line of output.split("\r\n")) assert(textWidth(line) <= columns, line);
    }
  }
});

inOffice("Ctrl-C ends the waiting for a new device, not the menu", async (office) => {
  const pty = await loggedIn(office, "alice");
  await pty.answer(CHOICE, "6");
  await pty.answer(BACK, "4");
  await pty.answer(BACK, "h");
  await pty.answer("Name of this device: ", "\x17desk");
  await pty.answer("Let in only these devices? [y/N] ", "y");
  await pty.answer(BACK, "a");
  await pty.expect("(Ctrl-C ends the waiting)\r\n");
  await pty.type("\x03");
  await pty.expect("No device was added.");
  // A question is drawn again when it is answered: the next one is known by what stands above it.
  for (const above of ["o) let any computer in again", "5) key log"]) {
    await pty.expect(above);
    await pty.answer(BACK, "");
  }
  await pty.answer(CHOICE, "4");
  const { code, output } = await pty.end();
  assertEquals(code, 0);
  assertStringIncludes(output, "▄▄▄▄▄ █");
});
