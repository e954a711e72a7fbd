import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { LinesPrompter } from "../../client/terminal/lines_prompter.ts";
import { InterruptedError } from "../../client/terminal/prompter.ts";
import { TerminalPrompter } from "../../client/terminal/terminal_prompter.ts";
import { FakeTerminal } from "./fake_terminal.ts";

Deno.test("terminal: a question is asked in raw mode and the terminal left as it was", async () => {
  const device = new FakeTerminal(["bo", "b\r"]);
  assertEquals(await new TerminalPrompter(device).ask("Name: "), "bob");
  assertEquals(device.modes, [true, false]);
  assertStringIncludes(device.written, "Name: bob\r\n");
});

Deno.test("terminal: what is typed ahead answers the next question", async () => {
  const device = new FakeTerminal(["one\rtwo\r"]);
  const prompter = new TerminalPrompter(device);
  assertEquals([await prompter.ask("1: "), await prompter.ask("2: ")], ["one", "two"]);
});

Deno.test("terminal: nothing of a password is written", async () => {
  const device = new FakeTerminal(["sésa", "X\x7fme\r"]);
  assertEquals(await new TerminalPrompter(device).ask("Password: ", { secret: true }), "sésame");
  assertEquals(
    // deno-lint-ignore no-control-regex
    device.written.replaceAll(/\x1b\[[?\d]*[a-zA-Z]|[\r\n]/g, ""),
    "Password: ".repeat(3),
  );
});

Deno.test("terminal: Ctrl-C leaves the terminal as it was", async () => {
  const device = new FakeTerminal(["ab\x03"]);
  await assertRejects(() => new TerminalPrompter(device).ask("Name: "), InterruptedError);
  assertEquals(device.raw, false);
  assert(device.written.endsWith("\r\n\x1b[?2004l"));
});

Deno.test("terminal: Ctrl-D and a terminal that is gone end the input", async () => {
  assertEquals(await new TerminalPrompter(new FakeTerminal(["\x04"])).ask("Name: "), null);
  const device = new FakeTerminal(["half a li"]);
  device.hangUp();
  assertEquals(await new TerminalPrompter(device).ask("Name: "), null);
  assertEquals(device.raw, false);
});

Deno.test("terminal: a notice does not disturb what is being typed", async () => {
  const device = new FakeTerminal([]);
  const prompter = new TerminalPrompter(device);
  const answer = prompter.ask("Your choice: ", { notices: true });
  device.type("12");
  await settled();
  prompter.notify("New mail");
  await settled();
  assertStringIncludes(device.written, "\r\x1b[KNew mail\r\n");
  assertEquals(device.lastRow, "Your choice: 12");
  device.type("\r");
  assertEquals(await answer, "12");
});

Deno.test("terminal: a notice waits for a question that allows it", async () => {
  const device = new FakeTerminal(["bob\r", "1\r"]);
  const prompter = new TerminalPrompter(device);
  prompter.notify("New mail");
  await prompter.ask("To: ");
  assert(!device.written.includes("New mail"));
  await prompter.ask("Your choice: ", { notices: true });
  assertStringIncludes(device.written, "New mail\r\n");
});

Deno.test("terminal: lines are taken until the last, a refused one can be changed", async () => {
  const device = new FakeTerminal(["one\rtoo long\r\x7f\x7f\x7f\x7f\x7f!\r", ".\rnext\r"]);
  const prompter = new TerminalPrompter(device);
  const lines: string[] = [];
  const complete = await prompter.askLines((line) => {
    if (line === ".") return "last";
    if (line.length > 4) return { refused: "too long" };
    lines.push(line);
    return "more";
  });
  assertEquals([complete, lines], [true, ["one", "too!"]]);
  assertEquals(device.modes, [true, false], "raw throughout");
  assertEquals(await prompter.ask("Next: "), "next");
});

Deno.test("terminal: a dumb one gets no escape sequences", async () => {
  const device = new FakeTerminal(["bX\x7fob\r"], true);
  assertEquals(await new TerminalPrompter(device).ask("Name: "), "bob");
  assertEquals(device.written, "Name: bob\r\n");
});

Deno.test("lines: answers come from the lines of a pipe, however it is cut", async () => {
  const bytes = new TextEncoder().encode("één\r\ntwo\n\nlast");
  for (const size of [1, 2, 3, 100]) {
    let shown = "";
    const prompter = new LinesPrompter(chunks(bytes, size), (text) => {
      shown += text;
      return Promise.resolve();
    });
    prompter.notify("New mail");
    const answers = [];
    for (let count = 0; count < 6; count++) answers.push(await prompter.ask("? "));
    assertEquals(answers, ["één", "two", "", "last", null, null]);
    assertEquals(shown, "? \n".repeat(6));
    await prompter.ask("! ", { notices: true });
    assertStringIncludes(shown, "New mail\n! ");
  }
});

Deno.test("lines: a text that is cut off is not complete", async () => {
  const write = () => Promise.resolve();
  const bytes = new TextEncoder().encode("one\ntwo");
  const lines: string[] = [];
  const complete = await new LinesPrompter(chunks(bytes, 100), write).askLines((line) => {
    lines.push(line);
    return line === "." ? "last" : "more";
  });
  assertEquals([complete, lines], [false, ["one", "two"]]);
});

async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

/** Lets everything run that waits for nothing from outside. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
