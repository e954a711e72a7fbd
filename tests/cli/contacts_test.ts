/** `contacts` and `log` as scripts use them: the real program and a real server. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { ContactInfo } from "../../client/contact_types.ts";
import type { Office } from "../../tools/office.ts";
import { withOffice } from "../e2e/shared_office.ts";

const FINGERPRINT = /^([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$/;

async function json<T>(office: Office, args: string[], user?: string): Promise<T> {
  return JSON.parse(await office.must([...args, "--json"], user === undefined ? {} : { user }));
}

function contact(office: Office, user: string, of: string): Promise<ContactInfo> {
  return json(office, ["contacts", "show", of], user);
}

async function refused(office: Office, args: string[], code: number): Promise<string> {
  const result = await office.run(args, { user: "alice" });
  assertEquals([result.code, result.stdout], [code, ""], `${args.join(" ")}: ${result.stderr}`);
  assertStringIncludes(result.stderr, "\n  hint: ");
  return result.stderr;
}

/** Gives a name new keys, as an administrator does whose user has lost everything. */
async function resetAndJoin(office: Office, user: string): Promise<void> {
  const invite = (await office.must(["user", "reset", user, "--yes", "--data", office.data]))
    .trim();
  await Deno.remove(office.configFolder(user), { recursive: true });
  await Deno.remove(office.recoveryFile(user));
  await office.must([
    ...["join", invite, "--config", office.configFolder(user)],
    ...["--password-file", office.passwordFile(user)],
    ...["--recovery-file", office.recoveryFile(user)],
  ]);
}

Deno.test("contacts: the list says who is here, in a table and as JSON", () =>
  withOffice(async (office) => {
    const list = await json<ContactInfo[]>(office, ["contacts"], "alice");
    assertEquals(
      list.map(({ user, state, isMe, status, role }) => [user, state, isMe, status, role]),
      [
        ["alice", "verified", true, "active", "member"],
        ["bob", "unverified", false, "active", "member"],
        ["carol", "unverified", false, "active", "member"],
      ],
    );
    for (const { fingerprint } of list) assertMatch(fingerprint, FINGERPRINT);
    const { stdout, stderr } = await office.run(["contacts", "list"], { user: "alice" });
    assertMatch(stdout, /^NAME +STATE +FINGERPRINT +NOTE\nalice +verified +\S+ +you\nbob /);
    assertStringIncludes(stderr, "verified: you have compared the fingerprints");
    assertStringIncludes(stderr, "Next: mailsec contacts verify NAME");
  }));

Deno.test("contacts: one's own fingerprint is what others see, and can be a QR code", () =>
  withOffice(async (office) => {
    const own = await json<ContactInfo>(office, ["contacts", "show"], "bob");
    assertEquals([own.user, own.isMe], ["bob", true]);
    assertEquals((await contact(office, "alice", "bob")).fingerprint, own.fingerprint);
    const text = await office.must(["contacts", "show", "BOB"], { user: "alice" });
    assertStringIncludes(text, `Fingerprint: ${own.fingerprint}\n`);
    assert(!text.includes("█"));
    const code = await office.must(["contacts", "show", "bob", "--qr"], { user: "alice" });
    assertStringIncludes(code, "████ ▄▄▄▄▄ █");
    await refused(office, ["contacts", "show", "nobody"], 1);
  }));

Deno.test("contacts: a fingerprint in any spelling, or from a file, verifies; then marks are gone", () =>
  withOffice(async (office) => {
    const bob = (await contact(office, "alice", "bob")).fingerprint;
    const carol = (await contact(office, "alice", "carol")).fingerprint;
    const sloppy = bob.toLowerCase().replaceAll("-", " ").replaceAll("0", "o");
    const said = await office.must(["contacts", "verify", "bob", sloppy], { user: "alice" });
    assertEquals(said, "bob is verified.\n");
    const file = `${office.folder}/team.txt`;
    await Deno.writeTextFile(file, `bob: ${bob}\ncarol: ${carol}\n`);
    const args = ["contacts", "verify", "carol", "--file", file];
    assertEquals((await json<ContactInfo>(office, args, "alice")).state, "verified");
    await office.must(["send", "alice", "--title", "x", "--body", "y"], { user: "bob" });
    const [mail] = await json<{ contact: string }[]>(office, ["list"], "alice");
    assertEquals(mail?.contact, "verified");
    const text = await office.must(["read", "1"], { user: "alice" });
    assert(!text.includes("Keys:"), text);
  }));

Deno.test("contacts: a wrong fingerprint changes nothing and ends with 5, no fingerprint with 2", () =>
  withOffice(async (office) => {
    const carol = (await contact(office, "alice", "carol")).fingerprint;
    const verify = ["contacts", "verify", "bob"];
    assertStringIncludes(await refused(office, [...verify, carol], 5), carol);
    await refused(office, [...verify, "0RH4"], 2);
    await refused(office, [...verify, carol, "--file", "x"], 2);
    assertStringIncludes(await refused(office, verify, 2), "fingerprint");
    const missing = await office.run([...verify, "--file", `${office.folder}/none`], {
      user: "alice",
    });
    assertEquals(missing.code, 1);
    assertStringIncludes(missing.stderr, "there is no such file");
    assertEquals((await contact(office, "alice", "bob")).state, "unverified");
  }));

Deno.test("contacts: unverified senders and recipients are marked for people", () =>
  withOffice(async (office) => {
    const send = ["send", "bob", "--title", "x", "--body", "y"];
    for (const more of [[], ["--json"]]) {
      const { stderr } = await office.run([...send, ...more], { user: "alice" });
      assertStringIncludes(stderr, "bob is unverified. Compare fingerprints once");
    }
    assertMatch(await office.must(["list"], { user: "bob" }), /FROM +KEYS .*\n.*alice +unverified/);
    const text = await office.must(["read", "1"], { user: "bob" });
    assertStringIncludes(text, "unverified: nobody has compared fingerprints with alice yet.");
    const mail = await json<{ contact: string }>(office, ["read", "1"], "bob");
    assertEquals(mail.contact, "unverified");
  }));

Deno.test("contacts: a reset stops mail until its keys are accepted, and only those seen are", () =>
  withOffice(async (office) => {
    const send = ["send", "bob", "--title", "x", "--body", "y"];
    await office.must(send, { user: "alice" });
    const before = (await contact(office, "alice", "bob")).fingerprint;
    await resetAndJoin(office, "bob");
    const now = await contact(office, "alice", "bob");
    assertEquals([now.state, now.pinned, now.epoch], ["reset", before, 2]);
    assert(now.fingerprint !== before);
    assertEquals((await office.run(send, { user: "alice" })).code, 5);
    const list = await office.run(["contacts"], { user: "alice" });
    assertStringIncludes(list.stderr, "Next: mailsec contacts show NAME");

    await refused(office, ["contacts", "accept", "bob"], 2);
    await refused(office, ["contacts", "accept", "bob", before], 5);
    assertEquals((await contact(office, "alice", "bob")).state, "reset");
    const accept = ["contacts", "accept", "bob", now.fingerprint];
    assertEquals(await office.must(accept, { user: "alice" }), "bob is unverified now.\n");
    await office.must(send, { user: "alice" });
    const again = await office.run(accept, { user: "alice" });
    assertEquals([again.code, again.stdout], [0, ""]);
    assertStringIncludes(again.stderr, "no new keys of bob to accept");
  }));

Deno.test("log: what happened is shown, of everybody and of one", () =>
  withOffice(async (office) => {
    await office.must(["user", "disable", "carol", "--data", office.data]);
    const log = await json<{ size: number; entries: { user: string; type: string }[] }>(
      office,
      ["log"],
      "alice",
    );
    assertEquals(log.size, 4);
    assertEquals(log.entries.map(({ user }) => user).sort(), ["alice", "bob", "carol", "carol"]);
    assertEquals([log.entries[3]?.user, log.entries[3]?.type], ["carol", "disabled"]);
    const carol = await office.must(["log", "show", "Carol"], { user: "alice" });
    assertEquals(carol.match(/carol/g)?.length, 2);
    assertMatch(carol, /carol {2}was disabled\n$/);
    const newest = await office.must(["log", "show", "-n", "1"], { user: "alice" });
    assertEquals(newest.split("\n").length, 3);
    const none = await office.run(["log", "show", "nobody"], { user: "alice" });
    assertEquals([none.code, none.stdout], [0, ""]);
    assertStringIncludes(none.stderr, 'nothing about "nobody"');
  }));

Deno.test("log: verified here, exported, and verified without a server or an account", () =>
  withOffice(async (office) => {
    const verified = await json<{ size: number; users: number }>(
      office,
      ["log", "verify"],
      "alice",
    );
    assertEquals([verified.size, verified.users], [3, 3]);
    const early = `${office.folder}/early.jsonl`;
    const late = `${office.folder}/late.jsonl`;
    await office.must(["log", "export", "--output", early], { user: "alice" });
    const taken = await office.run(["log", "export", "-o", early], { user: "alice" });
    assertEquals(taken.code, 1);
    assertStringIncludes(taken.stderr, "not overwritten");
    await office.must(["user", "disable", "carol", "--data", office.data]);
    await Deno.writeTextFile(late, await office.must(["log", "export"], { user: "bob" }));
    await office.stopServer();
    const check = ["log", "verify", late, "--head", early];
    const offline = await json<{ size: number; heads: number; rootFingerprint: string }>(
      office,
      check,
    );
    assertEquals([offline.size, offline.heads], [4, 1]);
    assertMatch(offline.rootFingerprint, FINGERPRINT);
    assertMatch(await office.must(check), /^The log is right: 4 entries about 3 names\.\n$/);
    assertEquals((await office.run(["log", "verify", early, "--head", late])).code, 1);
  }));

Deno.test("log: an export that was changed is found out", () =>
  withOffice(async (office) => {
    const file = `${office.folder}/log.jsonl`;
    await office.must(["log", "export", "-o", file], { user: "alice" });
    const [head, ...leaves] = (await Deno.readTextFile(file)).trimEnd().split("\n");
    const swapped = [head, leaves[0], leaves[0], leaves[2]].join("\n");
    const shorter = [head, ...leaves.slice(1)].join("\n");
    for (const text of [swapped, shorter, "hello", "{}", ""]) {
      await Deno.writeTextFile(file, text);
      const { code, stdout } = await office.run(["log", "verify", file]);
      assert(code === 1 || code === 5, text.slice(0, 20));
      assertEquals(stdout, "");
    }
    assertEquals((await office.run(["log", "verify", "--head", file])).code, 2);
  }));

Deno.test("log: without findings there is nothing to show and nothing to dismiss", () =>
  withOffice(async (office) => {
    const none = await office.run(["log", "evidence"], { user: "alice" });
    assertEquals([none.code, none.stdout], [0, ""]);
    assertStringIncludes(none.stderr, "Nothing was ever found wrong");
    assertEquals(await json(office, ["log", "evidence"], "alice"), []);
    await refused(office, ["log", "evidence", "--dismiss", "1", "--yes"], 1);
  }));
