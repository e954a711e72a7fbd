/** Groups that do something without a subcommand: `contacts` is `contacts list`. */

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import type { Command, Program } from "../../cli/command.ts";
import { completionScript } from "../../cli/completions.ts";
import { helpText } from "../../cli/help.ts";
import { parseCommandLine } from "../../cli/parse.ts";
import { styleFor } from "../../cli/style.ts";
import { UsageError } from "../../cli/usage_error.ts";

const load = () => Promise.resolve({ run: () => Promise.resolve() });
const group: Command = {
  name: "contacts",
  summary: "People",
  default: "list",
  subcommands: [
    { name: "show", summary: "One", arguments: [{ name: "name", summary: "Who" }], load },
    { name: "list", summary: "All", options: [{ name: "json", summary: "JSON" }], load },
  ],
};
const program: Program = { name: "mailtool", summary: "Mail", commands: [group] };

function parsed(...words: string[]) {
  const line = parseCommandLine(program, words);
  return line.action === "run" ? [line.commandName, line.options.flag("json")] : line;
}

Deno.test("parse: a group alone runs its default command, with that one's options", () => {
  assertEquals(parsed("contacts"), ["mailtool contacts list", false]);
  assertEquals(parsed("contacts", "--json"), ["mailtool contacts list", true]);
  assertEquals(parsed("contacts", "list", "--json"), ["mailtool contacts list", true]);
});

Deno.test("parse: --help of a group with a default is the group's", () => {
  for (const words of [["contacts", "--help"], ["help", "contacts"], ["contacts", "-h"]]) {
    assertEquals(parsed(...words), { action: "help", path: [group], asked: true });
  }
});

Deno.test("parse: a word that is no command of the group is no argument of its default", () => {
  for (const words of [["contacts", "shwo"], ["contacts", "bob"], ["contacts", "--json", "bob"]]) {
    assertThrows(() => parsed(...words), UsageError);
  }
  const error = assertThrows(() => parsed("contacts", "shwo"), UsageError);
  assertStringIncludes(error.hint ?? "", "mailtool contacts show");
});

Deno.test("parse: a default that the group has not is a fault of the table", () => {
  const wrong = { ...group, default: "nothing" };
  const table = { ...program, commands: [wrong] };
  assertThrows(() => parseCommandLine(table, ["contacts"]), TypeError, '"contacts nothing"');
});

Deno.test("help: the default command of a group is named", () => {
  const text = helpText(program, [group], { width: 80, style: styleFor(false) });
  assertStringIncludes(text, "mailtool contacts [COMMAND]\n");
  assertStringIncludes(text, "list  All (without COMMAND: this)\n");
});

Deno.test("completions: a group with a default offers that one's options", () => {
  assertStringIncludes(completionScript("bash", program), 'compgen -W "--json --help" -- "$word"');
});
