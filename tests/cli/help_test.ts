import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { helpText } from "../../cli/help.ts";
import { styleFor } from "../../cli/style.ts";
import { findCommand } from "../../cli/command_path.ts";
import { definitions, wrap } from "../../cli/wrap.ts";
import { EXAMPLE } from "./example_program.ts";

const plain = { width: 80, style: styleFor(false) };

function help(...words: string[]): string {
  return helpText(EXAMPLE, findCommand(EXAMPLE, words).path, plain);
}

Deno.test("help: a command's help says all that the table says", () => {
  assertEquals(
    help("send"),
    `Send a mail

Usage:
  mailtool send TO... [OPTIONS]

The body comes from --body, from a file, or from standard input.

Arguments:
  TO  Who gets it

Options:
  -t, --title TITLE  The title
  -f, --file FILE    Load it
      --tag TAG      A tag (may be repeated)
  -j, --json         Write JSON
  -q, --quiet        Say nothing
  -h, --help         Show this help

Examples:
  # A mail to bob
  mailtool send bob --title Hello
`,
  );
});

Deno.test("help: the tool and its groups list their commands", () => {
  assertStringIncludes(help(), "  send  Send a mail\n");
  assertStringIncludes(help(), "Exit codes: 0 done.\n");
  assertStringIncludes(help("user"), "  mailtool user COMMAND\n");
  assertStringIncludes(help("user"), "  invite  Invite\n");
});

Deno.test("help: defaults, choices and variables are named", () => {
  const text = help("list");
  assertStringIncludes(text, "Order (one of date, size; default: date)");
  assertStringIncludes(text, "(or set MAILTOOL_LIMIT)");
});

Deno.test("help: an optional argument is in brackets", () => {
  assertStringIncludes(help("user", "invite"), "mailtool user invite NAME [SHELL]\n");
});

Deno.test("help: paragraphs are wrapped, words stay whole", () => {
  assertEquals(wrap("one two three", 7), ["one two", "three"]);
  assertEquals(wrap("one two three", 6), ["one", "two", "three"]);
  assertEquals(wrap("unbreakable x", 4), ["unbreakable", "x"]);
  assertEquals(wrap("  ", 10), []);
});

Deno.test("help: a long term gets a line of its own", () => {
  const lines = definitions([["x".repeat(40), "what it is"], ["y", "short"]], 60);
  assertEquals(lines.map((line) => line.trim()), [
    "x".repeat(40),
    "what it is",
    "y" + " ".repeat(27) + "short",
  ]);
  for (const line of lines) assert(line.length <= 60);
});
