/** The account in the menu. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { LoginError } from "../../client/errors.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { FakeMailbox, menuWith, RECOVERY_CODE } from "./fake_menu.ts";
import { contactWith, evidenceWith, logLine, OTHER_FINGERPRINT } from "./people.ts";

const PASSWORD = "quartz-anvil-tundra-mellow-cobra";

function mailboxOf(role: "member" | "admin"): FakeMailbox {
  const mailbox = new FakeMailbox();
  mailbox.people = [contactWith("alice", { isMe: true, state: "verified", role })];
  return mailbox;
}

/** Entry 6, the answers, and back. */
async function account(answers: (string | null)[], mailbox = mailboxOf("member")) {
  const run = await menuWith(["6", ...answers, "", "4"], { mailbox });
  assertEquals(run.unused, 0, run.questions.join("\n"));
  return { ...run, mailbox };
}

Deno.test("account menu: inviting is offered to administrators only", async () => {
  assert(!(await account([])).out.includes("invite"));
  assertStringIncludes((await account([], mailboxOf("admin"))).out, "  6) invite somebody\n");
  assertStringIncludes((await account(["6"])).err, "Please type a number from 1 to 5.");
});

Deno.test("account menu: the password is changed with the old one and a good new one", async () => {
  const { mailbox, err } = await account([
    "1",
    "old",
    "abc",
    PASSWORD,
    "other",
    PASSWORD,
    PASSWORD,
  ]);
  assertEquals(mailbox.done, [["password", "old", PASSWORD]]);
  assertStringIncludes(err, "This password is too weak.");
  assertStringIncludes(err, "These were not the same.");
  assertStringIncludes(err, "The password is changed.");
});

Deno.test("account menu: a wrong password changes nothing and does not end the menu", async () => {
  const mailbox = mailboxOf("member");
  mailbox.careErrors = [new LoginError("wrong_password", "This is not the password.")];
  const { err } = await account(["1", "wrong", PASSWORD, PASSWORD], mailbox);
  assertStringIncludes(err, "This is not the password.\n");
  assertEquals(mailbox.done, []);
});

Deno.test("account menu: a new recovery code counts when it was typed from the paper", async () => {
  const wrong = RECOVERY_CODE.replace("0", "1");
  const typed = RECOVERY_CODE.toLowerCase().replaceAll("-", " ");
  const { mailbox, err } = await account(["2", "y", wrong, "", typed]);
  assertEquals(mailbox.done, [["recovery"]]);
  assertEquals(err.split(`  ${RECOVERY_CODE}\n`).length, 3);
  assertStringIncludes(err, "This is not the code.");
  assertEquals((await account(["2", ""])).mailbox.done, []);
});

Deno.test("account menu: new keys need a yes, and show the new fingerprint", async () => {
  assertEquals((await account(["3", ""])).mailbox.done, []);
  const { mailbox, err } = await account(["3", "y"]);
  assertEquals(mailbox.done, [["rotate"]]);
  assertStringIncludes(err, `  ${OTHER_FINGERPRINT}\n`);
});

Deno.test("account menu: devices are let in, listed, removed, and any computer again", async () => {
  const { mailbox, out, err } = await account(
    ["4", "h", "desk", "y", "a", "r", "9", "r", "2", "o", "y", ""],
  );
  assertEquals(mailbox.done, [["harden", "desk"], ["add"], ["remove", 9], ["remove", 2], [
    "relax",
  ]]);
  assertStringIncludes(out, "     1  desk  2026-11-23  this one\n");
  assertStringIncludes(out, "  0000-1111\n");
  assertStringIncludes(err, "On the new device run: mailsec connect localhost:12049 alice\n");
  assertStringIncludes(err, "There is no device 9.\n");
  assertStringIncludes(err, "Removed: laptop.");
  assertStringIncludes(err, "Your password opens this account on any computer.");
});

Deno.test("account menu: an account is not hardened without a yes", async () => {
  assertEquals((await account(["4", "h", "desk", "", ""])).mailbox.done, []);
});

Deno.test("account menu: the key log is shown, verified, and findings are dismissed with a yes", async () => {
  const mailbox = mailboxOf("member");
  mailbox.logEntries = Array.from({ length: 25 }, (_, seq) => logLine(seq));
  const fine = await account(["5", "v", ""], mailbox);
  assertStringIncludes(fine.err, "The newest 20 of 25");
  assertEquals(fine.out.match(/bob {3}joined/g)?.length, 20);
  assertStringIncludes(fine.err, "The log is right: 25 entries about 2 names.");
  mailbox.findings = [evidenceWith(1)];
  const kept = await account(["5", "e", "", ""], mailbox);
  assertStringIncludes(kept.out, "The server has shown two different key logs.");
  assertEquals(mailbox.done, []);
  await account(["5", "v", "e", "y", ""], mailbox);
  assertEquals(mailbox.done, [["dismiss", 1]]);
});

Deno.test("account menu: an invite is one line that can be copied", async () => {
  const { mailbox, out } = await account(["6", "Dora", "y"], mailboxOf("admin"));
  assertEquals(mailbox.done, [["invite", { user: "Dora", admin: true, reset: false }]]);
  assert(out.split("\n").includes(`mailsec://Dora@localhost:12049/${"0".repeat(133)}`), out);
});

Deno.test("account menu: a name that is taken is reset only with a yes, after a warning", async () => {
  for (const [answer, reset] of [["", false], ["y", true]] as const) {
    const mailbox = mailboxOf("admin");
    mailbox.careErrors = [new ServerError("user_exists")];
    const { err } = await account(
      ["6", "bob", "n", answer, ...(reset ? ["n"] : [])],
      mailbox,
    );
    assertStringIncludes(err, "nobody can read its old mail");
    assertEquals(
      mailbox.done,
      reset ? [["invite", { user: "bob", admin: false, reset: true }]] : [],
    );
  }
});
