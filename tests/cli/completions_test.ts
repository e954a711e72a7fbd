import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { completionScript, SHELLS } from "../../cli/completions.ts";
import { clientCommands } from "../../client/commands.ts";
import { serverCommands } from "../../server/commands.ts";
import { EXAMPLE } from "./example_program.ts";

const MAILSEC = {
  name: "mailsec",
  summary: "Mail.",
  commands: [...clientCommands, ...serverCommands],
};

/** Runs a shell script; its output, and an Error when the shell is not content. */
async function shell(name: string, args: string[], cwd?: string): Promise<string> {
  const options = cwd === undefined ? {} : { cwd };
  const { success, stdout, stderr } = await new Deno.Command(name, { args, ...options }).output();
  const text = new TextDecoder();
  if (!success || stderr.length > 0) throw new Error(text.decode(stderr));
  return text.decode(stdout);
}

/** What bash offers when Tab is pressed at the end of these words. */
async function offered(words: string[], cwd?: string): Promise<string[]> {
  const script = completionScript("bash", EXAMPLE);
  const line = words.map((word) => `'${word}'`).join(" ");
  const ask = `COMP_WORDS=(mailtool ${line}); COMP_CWORD=${words.length}; _mailtool; ` +
    'printf "%s\\n" "${COMPREPLY[@]}"';
  const output = await shell("bash", ["--norc", "-c", `${script}\n${ask}`], cwd);
  return output.split("\n").filter((word) => word !== "").sort();
}

Deno.test("completions: bash offers commands, options, choices and files", async () => {
  const folder = await Deno.makeTempDir({ prefix: "mailsec-" });
  try {
    await Deno.mkdir(`${folder}/letters`);
    await Deno.writeTextFile(`${folder}/letter.txt`, "");
    const cases: [words: string[], offers: string[]][] = [
      [[""], ["list", "send", "user"]],
      [["s"], ["send"]],
      [["--"], ["--help", "--version"]],
      [["user", ""], ["invite"]],
      [["user", "invite", "bob", ""], ["bash", "zsh"]],
      [["send", "--t"], ["--tag", "--title"]],
      [["send", "bob", "--title", ""], []],
      [["send", "--file", "let"], ["letter.txt", "letters"]],
      [["send", "-f", "letter."], ["letter.txt"]],
      [["list", "--sort", ""], ["date", "size"]],
      [["list", "--sort", "s"], ["size"]],
      [["list", "--sort", "size", "--l"], ["--limit"]],
      [["send", "list", "--j"], ["--json"]],
      [["nonsense", ""], ["list", "send", "user"]],
    ];
    for (const [words, offers] of cases) {
      assertEquals(await offered(words, folder), offers, words.join(" "));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("completions: every command and option of the tool is in every script", () => {
  for (const name of SHELLS) {
    const script = completionScript(name, MAILSEC);
    for (const command of MAILSEC.commands.flatMap((one) => [one, ...one.subcommands ?? []])) {
      assertStringIncludes(script, command.name);
      for (const option of command.options ?? []) assertStringIncludes(script, option.name);
    }
  }
});

Deno.test("completions: the shells that are here take the scripts", async () => {
  let checked = 0;
  for (const name of SHELLS) {
    const file = await Deno.makeTempFile({ prefix: "mailsec-" });
    try {
      await Deno.writeTextFile(file, completionScript(name, MAILSEC));
      await shell(name, ["-n", file]);
      checked += 1;
    } catch (error) {
      // zsh and fish are not everywhere; bash is.
      if (!(error instanceof Deno.errors.NotFound) || name === "bash") throw error;
    } finally {
      await Deno.remove(file);
    }
  }
  assert(checked >= 1);
});

Deno.test("completions: quotes in a summary do not end the word they are in", () => {
  const summary = "The user's \\ own";
  const program = {
    ...EXAMPLE,
    commands: [{ name: "x", summary, load: EXAMPLE.commands[0]!.load! }],
  };
  assertStringIncludes(completionScript("fish", program), `'The user\\'s \\\\ own'`);
  assertStringIncludes(completionScript("zsh", program), `'x:The user'\\''s \\ own'`);
});
