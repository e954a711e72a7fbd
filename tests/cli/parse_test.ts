import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseCommandLine } from "../../cli/parse.ts";
import { UsageError } from "../../cli/usage_error.ts";
import { EXAMPLE } from "./example_program.ts";

function run(...words: string[]) {
  const parsed = parseCommandLine(EXAMPLE, words);
  if (parsed.action !== "run") throw new Error(`parsed as ${parsed.action}`);
  return parsed;
}

function refusal(...words: string[]): string {
  const error = assertThrows(() => parseCommandLine(EXAMPLE, words), UsageError);
  return `${error.message} / ${error.hint}`;
}

Deno.test("parse: options and values come in any order", () => {
  const orders = [
    ["send", "bob", "eve", "--title", "Hi", "--json"],
    ["send", "--json", "bob", "--title=Hi", "eve"],
    ["send", "-t", "Hi", "bob", "-j", "eve"],
    ["send", "-jtHi", "bob", "eve"],
  ];
  for (const words of orders) {
    const { args, options, commandName } = run(...words);
    assertEquals(commandName, "mailtool send");
    assertEquals([...args.all("to")], ["bob", "eve"]);
    assertEquals(options.text("title"), "Hi");
    assert(options.flag("json"));
    assert(!options.flag("quiet"));
    assertEquals(options.text("file"), undefined);
  }
});

Deno.test("parse: a value is taken as it is", () => {
  const values = [
    "",
    " ",
    "-5 degrees",
    "-",
    "true",
    "false",
    "12",
    "1e3",
    "a=b=c",
    "two\nlines",
    "é😀",
  ];
  for (const value of values) {
    assertEquals(run("send", "bob", "--title", value).options.text("title"), value);
    assertEquals(run("send", "bob", `--title=${value}`).options.text("title"), value);
  }
  for (const value of ["--json", "--", "--title", "-j"]) {
    assertEquals(run("send", "bob", `--title=${value}`).options.text("title"), value);
  }
});

Deno.test("parse: a switch does not take the word after it", () => {
  const { args, options } = run("send", "--json", "true", "12");
  assertEquals([...args.all("to")], ["true", "12"]);
  assert(options.flag("json"));
});

Deno.test("parse: nothing after -- is an option", () => {
  const { args, options } = run("send", "--quiet", "--", "--json", "-x", "--", "--help");
  assertEquals([...args.all("to")], ["--json", "-x", "--", "--help"]);
  assert(!options.flag("json"));
});

Deno.test("parse: a repeatable option gives all its values in order", () => {
  assertEquals([...run("send", "bob", "--tag", "b", "--tag=a").options.all("tag")], ["b", "a"]);
  assertEquals([...run("send", "bob").options.all("tag")], []);
});

Deno.test("parse: whole numbers are checked against their bounds", () => {
  for (const value of ["1", "65535", "0042"]) {
    assertEquals(run("list", "--limit", value).options.integer("limit"), Number(value));
  }
  assertEquals(run("list").options.integer("limit"), undefined);
  for (const value of ["0", "65536", "-1", "1.5", "", "ten", "1e3", "9".repeat(400)]) {
    assertStringIncludes(refusal("list", `--limit=${value}`), "a whole number from 1 to 65535");
  }
});

Deno.test("parse: what the table does not allow is refused, with a hint", () => {
  const cases: [words: string[], told: string][] = [
    [["sned", "bob"], 'Unknown command "sned". / Did you mean: mailtool send'],
    [["zzzzzz"], 'Unknown command "zzzzzz". / See: mailtool --help'],
    [
      ["user", "invte"],
      '"mailtool user" has no command "invte". / Did you mean: mailtool user invite',
    ],
    [["send"], "TO is missing: Who gets it. / See: mailtool send --help"],
    [["user", "invite", "a", "bash", "b"], 'Unexpected argument "b"'],
    [["user", "invite", "a", "bsh"], 'SHELL cannot be "bsh". / Did you mean: bash'],
    [
      ["send", "bob", "--titel", "x"],
      "Unknown option --titel for mailtool send. / Did you mean: --title",
    ],
    [["send", "bob", "--TITLE=x"], "Did you mean: --title"],
    [["send", "bob", "-x"], "Unknown option -x"],
    [["send", "bob", "-jx"], "Unknown option -x"],
    [["send", "bob", "--title"], "--title needs a value: --title TITLE"],
    [["send", "bob", "--title", "--json"], 'If "--json" is the value, write --title=--json'],
    [["send", "bob", "--title", "--", "x"], "--title needs a value"],
    [["send", "bob", "-t"], "--title needs a value"],
    [["send", "bob", "--json=yes"], "--json takes no value"],
    [["send", "bob", "--title=a", "-t", "b"], "--title is given more than once"],
    [["send", "bob", "--json", "--json"], "--json is given more than once"],
    [["list", "--sort", "dat"], '--sort cannot be "dat". / Did you mean: date'],
    [["list", "--sort", "colour"], '--sort cannot be "colour". / It can be: date, size'],
    [["--json", "list"], '"--json" stands where a command is expected'],
    [["send", "bob", "--__proto__", "x"], "Unknown option --__proto__"],
    [["send", "bob", "--constructor.x=1"], "Unknown option --constructor.x"],
  ];
  for (const [words, told] of cases) assertStringIncludes(refusal(...words), told);
});

Deno.test("parse: help is asked for at every level, whatever else is wrong", () => {
  const cases: [words: string[], path: string, asked: boolean][] = [
    [[], "", false],
    [["user"], "user", false],
    [["--help"], "", true],
    [["help"], "", true],
    [["help", "user", "invite"], "user invite", true],
    [["user", "-h"], "user", true],
    [["send", "--bogus", "--help"], "send", true],
    [["user", "invite", "--help"], "user invite", true],
  ];
  for (const [words, path, asked] of cases) {
    const parsed = parseCommandLine(EXAMPLE, words);
    if (parsed.action !== "help") throw new Error(parsed.action);
    assertEquals(parsed.path.map(({ name }) => name).join(" "), path);
    assertEquals(parsed.asked, asked);
  }
});

Deno.test("parse: the version can be asked for", () => {
  for (const word of ["--version", "-V"]) {
    assertEquals(parseCommandLine(EXAMPLE, [word]).action, "version");
  }
});

Deno.test("parse: asking for an undeclared option is a fault of the program", () => {
  const { args, options } = run("list");
  for (const ask of [() => options.flag("jsn"), () => options.text("x"), () => args.all("to")]) {
    assertThrows(ask, TypeError, "does not declare");
  }
});
