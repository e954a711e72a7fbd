import {
  assert,
  assertEquals,
  assertMatch,
  assertNotMatch,
  assertStringIncludes,
} from "@std/assert";
import { MailsecError } from "../../crypto/errors.ts";
import { ClosedPipeError } from "../../cli/io.ts";
import { runCommandLine } from "../../cli/run.ts";
import { EXAMPLE, programThat, recordingIo } from "./example_program.ts";

async function run(words: string[], env: Record<string, string> = {}, program = EXAMPLE) {
  const io = recordingIo(env);
  const code = await runCommandLine({ program, version: "1.2.3", words }, io);
  return { code, out: io.out, err: io.err };
}

const failing = (error: unknown) => programThat(() => Promise.reject(error));

Deno.test("run: a command's code is the exit code", async () => {
  assertEquals(await run(["send", "bob"]), { code: 0, out: "", err: "" });
  assertEquals((await run(["list"])).code, 7);
});

Deno.test("run: help that was asked for is output, help for nothing is a usage error", async () => {
  const asked = await run(["--help"]);
  assertEquals([asked.code, asked.err], [0, ""]);
  const unasked = await run([]);
  assertEquals([unasked.code, unasked.out], [2, ""]);
  assertEquals(unasked.err, asked.out);
  assertEquals((await run(["--version"])).out, "mailtool 1.2.3\n");
});

Deno.test("run: errors are told in a line and a hint, and end with their exit code", async () => {
  const cases: [name: string, code: string, exit: number][] = [
    ["MailsecError", "internal", 1],
    ["TooLargeError", "too_large", 1],
    ["UsageError", "usage", 2],
    ["ConnectError", "unreachable", 3],
    ["ServerError", "server_full", 3],
    ["LoginError", "login", 4],
    ["ServerError", "disabled", 4],
    ["TrustError", "server_changed", 5],
    ["KeyChangedError", "key_changed", 5],
    ["SignatureError", "signature", 5],
    ["InterruptedError", "interrupted", 130],
  ];
  for (const [name, code, exit] of cases) {
    const error = new MailsecError(code, "it broke", { hint: "mend it" });
    error.name = name;
    assertEquals(await run(["go"], {}, failing(error)), {
      code: exit,
      out: "",
      err: "mailtool: it broke\n  hint: mend it\n",
    });
  }
});

Deno.test("run: usage errors end with 2", async () => {
  const { code, err } = await run(["sned"]);
  assertEquals(code, 2);
  assertEquals(err, 'mailtool: Unknown command "sned".\n  hint: Did you mean: mailtool send\n');
});

Deno.test("run: what an error tells cannot move the cursor", async () => {
  const error = new MailsecError("x", "bad\x1b[2J\nname", { hint: "one\ntwo\x07" });
  const { err } = await run(["go"], {}, failing(error));
  assertEquals(err, "mailtool: bad␛[2J␊name\n  hint: one\n  hint: two␇\n");
});

Deno.test("run: stacks and causes are shown only with MAILSEC_DEBUG=1", async () => {
  const error = new MailsecError("x", "it broke", { cause: new Error("disk full") });
  const quiet = await run(["go"], {}, failing(error));
  assertEquals(quiet.err, "mailtool: it broke\n");
  const loud = await run(["go"], { MAILSEC_DEBUG: "1" }, failing(error));
  assertStringIncludes(loud.err, "caused by: Error: disk full");
  assertMatch(loud.err, /run_test\.ts/);
});

Deno.test("run: a fault of the program ends with 1 and no stack", async () => {
  const { code, err } = await run(["go"], {}, failing(new TypeError("x is undefined")));
  assertEquals(code, 1);
  assertStringIncludes(err, "mailtool: Unexpected error: x is undefined\n");
  assertNotMatch(err, /run_test\.ts/);
});

Deno.test("run: a reader that stops reading is no error", async () => {
  const { code, err } = await run(["go"], {}, failing(new ClosedPipeError(null)));
  assertEquals([code, err], [0, ""]);
});

Deno.test("run: a circle of causes ends", async () => {
  const one = new Error("one");
  one.cause = one;
  const { err } = await run(["go"], { MAILSEC_DEBUG: "1" }, failing(one));
  assert(err.length < 10_000);
});
