/** What users do for their own accounts, with the real program from scripts. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Office } from "../../tools/office.ts";
import { withOffice } from "./shared_office.ts";

const NEW_PASSWORD = "harbour falcon bramble quiver 88";

/** A file that only we can read. */
async function secretFile(office: Office, name: string, line: string): Promise<string> {
  const path = `${office.folder}/${name}`;
  await Deno.writeTextFile(path, `${line}\n`, { mode: 0o600 });
  return path;
}

async function code(office: Office, args: string[], user = "alice"): Promise<number> {
  return (await office.run(args, { user })).code;
}

async function json(office: Office, args: string[], user = "alice") {
  return JSON.parse(await office.must([...args, "--json"], { user }));
}

Deno.test("e2e account: join writes the recovery code to a new file, or to standard output", () =>
  withOffice(async (office) => {
    const recovery = await Deno.readTextFile(office.recoveryFile("alice"));
    assertMatch(recovery, /^([0-9A-Z]{4}-){8}[0-9A-Z]{4}\n$/);
    const { mode } = await Deno.stat(office.recoveryFile("alice"));
    assertEquals(mode! & 0o777, 0o600);

    const invite = await office.invite("dora");
    const join = ["join", invite, "--generate-password", "--config", `${office.folder}/dora`];
    const taken = await office.run([...join, "--recovery-file", office.recoveryFile("alice")]);
    assertEquals(taken.code, 1);
    assertStringIncludes(taken.stderr, "not overwritten");
    assertEquals(await Deno.readTextFile(office.recoveryFile("alice")), recovery);

    const { code, stdout } = await office.run(join);
    assertEquals(code, 0);
    const [phrase, written, end] = stdout.split("\n");
    assertMatch(phrase!, /^([a-z]+-){5}[a-z]+$/);
    assertMatch(written!, /^([0-9A-Z]{4}-){8}[0-9A-Z]{4}$/);
    assertEquals(end, "");
  }));

Deno.test("e2e account: recover from an empty machine, with nothing secret on the command line", () =>
  withOffice(async (office) => {
    await office.must(["send", "alice", "--title", "kept", "--body", "x"], { user: "bob" });
    const password = await secretFile(office, "new.password", NEW_PASSWORD);
    const recover = [
      ...["recover", office.address, "alice", "--password-file", password],
      ...["--config", `${office.folder}/empty`, "--yes"],
    ];
    const own = await Deno.readTextFile(office.recoveryFile("alice"));
    const mistyped = await secretFile(office, "mistyped", own.trim().replace(/.$/, "U"));
    const cases: [file: string, exit: number, told: string][] = [
      [mistyped, 1, "recovery code is mistyped"],
      [office.recoveryFile("bob"), 4, "does not take this code"],
    ];
    for (const [file, exit, told] of cases) {
      const refused = await office.run([...recover, "--code-file", file]);
      assertEquals([refused.code, refused.stdout], [exit, ""], refused.stderr);
      assertStringIncludes(refused.stderr, told);
    }
    const nobody = await office.run(recover);
    assertEquals(nobody.code, 2);
    assertStringIncludes(nobody.stderr, "--code-file");

    await office.must([...recover, "--code-file", office.recoveryFile("alice")]);
    assertEquals(await code(office, ["list"]), 4);
    await Deno.copyFile(password, office.passwordFile("alice"));
    const [mail] = await json(office, ["list"]);
    assertEquals(mail.title, "kept");
  }));

Deno.test("e2e account: password and recovery code are replaced", () =>
  withOffice(async (office) => {
    const weak = await secretFile(office, "weak", "alice1");
    const weakly = await office.run(["password", "--new-password-file", weak], { user: "alice" });
    assertEquals(weakly.code, 1);
    assertStringIncludes(weakly.stderr, "too weak");
    const next = await secretFile(office, "next", NEW_PASSWORD);
    const changed = await json(office, ["password", "--new-password-file", next]);
    assertEquals(changed, { user: "alice", done: "password_changed" });
    assertEquals(await code(office, ["list"]), 4);
    await Deno.copyFile(next, office.passwordFile("alice"));
    assertEquals(await code(office, ["list"]), 0);

    const file = `${office.folder}/second.recovery`;
    await office.must(["recovery-code", "--recovery-file", file], { user: "alice" });
    const recover = (from: string) =>
      office.run([
        ...["recover", office.address, "alice", "--code-file", from, "--password-file", next],
        ...["--config", office.configFolder("alice")],
      ]);
    assertEquals((await recover(office.recoveryFile("alice"))).code, 4);
    assertEquals((await recover(file)).code, 0);
    const { recoveryCode } = await json(office, ["recovery-code"]);
    assertEquals((await recover(file)).code, 4);
    assertEquals((await recover(await secretFile(office, "third", recoveryCode))).code, 0);
  }));

Deno.test("e2e account: keys are rotated, and mail goes on", () =>
  withOffice(async (office) => {
    await office.must(["send", "alice", "--title", "old", "--body", "x"], { user: "bob" });
    const { user, before, now, epoch } = await json(office, ["keys", "rotate"]);
    assertEquals([user, epoch], ["alice", 2]);
    assert(before !== now);
    await office.must(["send", "alice", "--title", "new", "--body", "x"], { user: "bob" });
    await office.must(["send", "bob", "--title", "from alice", "--body", "x"], { user: "alice" });
    const titles = (mails: { title: string }[]) => mails.map(({ title }) => title);
    assertEquals(titles(await json(office, ["list"])), ["new", "old"]);
    const [mail] = await json(office, ["list"], "bob");
    assertEquals([mail.title, mail.warnings], ["from alice", undefined]);
  }));

Deno.test("e2e account: a device is added with a code and removed", () =>
  withOffice(async (office) => {
    assertEquals(await json(office, ["devices"]), { hardened: false, devices: [] });
    assertEquals(await code(office, ["devices", "add"]), 1);
    assertEquals(await code(office, ["devices", "harden"]), 2);
    const hardened = await json(office, ["devices", "harden", "--name", "desk", "--yes"]);
    assertEquals([hardened.hardened, hardened.device.name], [true, "desk"]);

    const connect = [
      ...["connect", office.address, "alice", "--yes", "--config", `${office.folder}/second`],
      ...["--password-file", office.passwordFile("alice")],
    ];
    const locked = await office.run(connect);
    assertEquals(locked.code, 4);
    assertStringIncludes(locked.stderr, "mailsec devices add");

    const adding = office.start(["devices", "add", "--json"], { user: "alice" });
    await adding.waitFor("stdout", /"code": "[0-9A-Z-]+".*\n/);
    const file = await secretFile(office, "device.code", JSON.parse(adding.written.stdout).code);
    await office.must([...connect, "--code-file", file]);
    assertEquals((await adding.finished).code, 0);
    const { devices } = await json(office, ["devices", "list"]);
    assertEquals(devices.map(({ number }: { number: number }) => number), [1, 2]);
    assertStringIncludes(await office.must(["devices"], { user: "alice" }), "desk  (this device)");
    assertEquals((await office.run(connect)).code, 0);

    assertEquals((await json(office, ["devices", "remove", "2"])).number, 2);
    assertEquals((await office.run(connect)).code, 4);
    assertEquals(await code(office, ["devices", "remove", "2"]), 1);
    assertEquals(await json(office, ["devices", "harden", "--off"]), { hardened: false });
    assertEquals((await office.run(connect)).code, 0);
  }));

Deno.test("e2e account: Ctrl-C while a device is awaited takes the code back", () =>
  withOffice(async (office) => {
    await office.must(["devices", "harden", "--yes"], { user: "alice" });
    const adding = office.start(["devices", "add"], { user: "alice" });
    await adding.waitFor("stderr", /Ctrl-C takes the code back/);
    const file = await secretFile(office, "device.code", adding.written.stdout.trim());
    adding.kill("SIGINT");
    assertEquals((await adding.finished).code, 130);
    const late = await office.run([
      ...["connect", office.address, "alice", "--yes", "--config", `${office.folder}/second`],
      ...["--password-file", office.passwordFile("alice"), "--code-file", file],
    ]);
    assertEquals(late.code, 4);
    assertStringIncludes(late.stderr, "device code");
  }));

Deno.test("e2e account: an administrator invites and resets from the own client", () =>
  withOffice(async (office) => {
    assertEquals(await code(office, ["invite", "dora"], "bob"), 1);
    await office.must(["user", "role", "alice", "admin", "--data", office.data]);
    const { user, invite } = await json(office, ["invite", "Dora"]);
    assertEquals(user, "dora");
    await secretFile(office, "dora.password", office.password("dora"));
    const join = (line: string) =>
      office.must([
        ...["join", line, "--config", office.configFolder("dora")],
        ...["--password-file", office.passwordFile("dora")],
      ]);
    await join(invite);
    await office.must(["list"], { user: "alice" });
    const known = await json(office, ["contacts", "show", "dora"]);
    assertEquals([known.state, known.vouchedBy], ["vouched", ["alice"]]);

    assertEquals(await code(office, ["invite", "dora", "--reset"]), 2);
    const line = (await office.must(["invite", "dora", "--reset", "--yes"], { user: "alice" }))
      .trim();
    assertEquals(await code(office, ["list"], "dora"), 4);
    await join(line);
    assertEquals(await json(office, ["list"], "dora"), []);
  }));
