import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  beginningWith,
  type Candidate,
  choiceLines,
  completeLine,
  type Completer,
} from "../../client/terminal/completion.ts";
import { TerminalPrompter } from "../../client/terminal/terminal_prompter.ts";
import { textWidth } from "../../cli/text_width.ts";
import { ConnectError } from "../../client/errors.ts";
import { FakeTerminal } from "./fake_terminal.ts";

const candidates = (...texts: string[]): Candidate[] => texts.map((text) => ({ text, end: " " }));

/** Completes the last word among these. */
const words = (...texts: string[]): Completer => (before) => {
  const word = /\S*$/.exec(before)![0];
  return Promise.resolve({
    replaces: word.length,
    candidates: beginningWith(word, candidates(...texts)),
  });
};

Deno.test("completion: the only candidate is put in whole, several as far as they agree", () => {
  const complete = (before: string, after: string, ...texts: string[]) => {
    const replaces = /\S*$/.exec(before)![0].length;
    const { line, choices } = completeLine({ before, after }, {
      replaces,
      candidates: candidates(...texts),
    });
    return [`${line.before}|${line.after}`, ...choices];
  };
  assertEquals(complete("to bo", "", "bob"), ["to bob |"]);
  assertEquals(complete("bo", " x", "bob"), ["bob| x"]);
  assertEquals(complete("c", "", "carol", "carla"), ["car|"]);
  assertEquals(complete("car", "", "carol", "carla"), ["car|", "carol", "carla"]);
  assertEquals(complete("x", ""), ["x|"]);
  // Case is put right, and nothing that was typed gets shorter.
  assertEquals(complete("BO", "", "bob"), ["bob |"]);
  assertEquals(complete("AR", "", "Arbeit", "ARchive"), ["AR|", "Arbeit", "ARchive"]);
  // Two emoji of one family begin with the same code point and are not the same character.
  assertEquals(complete("", "", "👩‍👩‍👧a", "👩‍👩‍👦b"), ["|", "👩‍👩‍👧a", "👩‍👩‍👦b"]);
});

Deno.test("completion: choices fit the terminal, and hostile ones move nothing", () => {
  const names = Array.from({ length: 70 }, (_, at) => `name${at}`);
  for (const width of [10, 40, 80]) {
    const lines = choiceLines(["\x1b[2Jevil", "x".repeat(100), ...names], width);
    for (const line of lines) assert(textWidth(line) < width || width < 20, line);
    assertEquals(lines.at(-1), "… and 12 more");
    assert(!lines.join("").includes("\x1b"));
  }
});

Deno.test("completion: Tab completes in the line, lists choices below it, and keeps the line", async () => {
  const complete = words("carol", "carla", "bob");
  const device = new FakeTerminal(["bo\t", "c\t\t", "o\t", "\r"]);
  const answer = await new TerminalPrompter(device).ask("To: ", { complete });
  assertEquals(answer, "bob carol ");
  assertStringIncludes(device.written, "\r\ncarol  carla\r\n\r\x1b[KTo: bob car");
});

Deno.test("completion: a dumb terminal completes too, without escape sequences", async () => {
  const complete = words("carol", "carla");
  const device = new FakeTerminal(["c\t\to\t\r"], true);
  assertEquals(await new TerminalPrompter(device).ask("To: ", { complete }), "carol ");
  assertEquals(device.written, "To: car\r\ncarol  carla\r\nTo: carol \r\n");
});

Deno.test("completion: nothing found rings the bell; a lost connection is no error", async () => {
  for (const complete of [words("x"), () => Promise.reject(new ConnectError("lost", "Lost."))]) {
    const device = new FakeTerminal(["b\t", "c\r"]);
    assertEquals(await new TerminalPrompter(device).ask("To: ", { complete }), "bc");
    assertStringIncludes(device.written, "\x07");
  }
});

Deno.test("completion: where nothing completes, Tab is a character; an offered answer is completed", async () => {
  assertEquals(await new TerminalPrompter(new FakeTerminal(["a\tb\r"])).ask("Title: "), "a\tb");
  const prompter = new TerminalPrompter(new FakeTerminal(["\t\r"]));
  const options = { initial: "bo", complete: words("bob") };
  assertEquals(await prompter.ask("To: ", options), "bob ");
});
