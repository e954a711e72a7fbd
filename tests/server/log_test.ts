import { assert, assertEquals, assertFalse } from "@std/assert";
import { createLog, type LogFormat } from "../../server/log.ts";

function collect(format: LogFormat) {
  const lines: string[] = [];
  const log = createLog({ format, write: (line) => lines.push(line), now: () => 0 });
  return { log, lines };
}

Deno.test("log: an event is one line, as text and as JSON", () => {
  const text = collect("text");
  text.log.info("login", { user: "alice", from: "192.0.2.1:5", ms: 12.5, gone: undefined });
  text.log.warn("odd", { what: 'two words "quoted"' });
  assertEquals(text.lines, [
    "1970-01-01T00:00:00.000Z login user=alice from=192.0.2.1:5 ms=12.5\n",
    '1970-01-01T00:00:00.000Z WARN odd what="two words \\"quoted\\""\n',
  ]);
  const json = collect("json");
  json.log.error("login", { user: "alice", ok: false });
  assertEquals(json.lines.length, 1);
  assertEquals(json.lines[0]!.indexOf("\n"), json.lines[0]!.length - 1);
  assertEquals(JSON.parse(json.lines[0]!), {
    time: "1970-01-01T00:00:00.000Z",
    level: "error",
    event: "login",
    user: "alice",
    ok: false,
  });
});

Deno.test("log: nothing secret passes, whatever a caller hands over", () => {
  for (const format of ["text", "json"] as const) {
    const { log, lines } = collect(format);
    log.info("e", {
      password: "hunter2",
      inviteToken: "hunter2",
      subject: "hunter2",
      text: "use mailsec://bob@host:1/HUNTER2 now",
    });
    assertFalse(lines.join("").toLowerCase().includes("hunter2"));
  }
});

Deno.test("log: control characters are escaped and long texts cut, in one line", () => {
  for (const format of ["text", "json"] as const) {
    const { log, lines } = collect(format);
    log.info("e", { text: "a\n2026 forged\u001b[2J\u202e", long: "x".repeat(10_000) });
    // deno-lint-ignore no-control-regex -- their absence is what is tested
    assertFalse(/[\u0000-\u0009\u000b-\u001f\u202e]/.test(lines[0]!));
    assertEquals(lines[0]!.split("\n").length, 2);
    assert(lines[0]!.length < 1000);
  }
});
