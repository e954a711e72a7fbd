/** A small command table for the tests, with something of everything that a table can say. */

import type { Command, CommandContext, CommandLineIo, Program } from "../../cli/command.ts";

const send: Command = {
  name: "send",
  summary: "Send a mail",
  description: ["The body comes from --body, from a file, or from standard input."],
  arguments: [{ name: "to", summary: "Who gets it", repeated: true }],
  options: [
    { name: "title", short: "t", value: "TITLE", summary: "The title" },
    { name: "file", short: "f", value: "FILE", summary: "Load it", completes: "file" },
    { name: "tag", value: "TAG", summary: "A tag", repeatable: true },
    { name: "json", short: "j", summary: "Write JSON" },
    { name: "quiet", short: "q", summary: "Say nothing" },
  ],
  examples: [{ command: "mailtool send bob --title Hello", summary: "A mail to bob" }],
  load: () => Promise.resolve({ run: () => Promise.resolve() }),
};

const list: Command = {
  name: "list",
  summary: "List: mails, the user's own",
  options: [
    { name: "sort", value: "BY", summary: "Order", choices: ["date", "size"], default: "date" },
    {
      name: "limit",
      value: "N",
      summary: "At most so many",
      integer: { min: 1, max: 65_535 },
      env: "MAILTOOL_LIMIT",
    },
  ],
  load: () => Promise.resolve({ run: () => Promise.resolve(7) }),
};

const invite: Command = {
  name: "invite",
  summary: "Invite",
  arguments: [
    { name: "name", summary: "Whom" },
    { name: "shell", summary: "A shell", optional: true, choices: ["bash", "zsh"] },
  ],
  load: () => Promise.resolve({ run: () => Promise.resolve() }),
};

export const EXAMPLE: Program = {
  name: "mailtool",
  summary: "Mails for tests",
  commands: [send, list, { name: "user", summary: "Users", subcommands: [invite] }],
  examples: [{ command: "mailtool list", summary: "List" }],
  notes: ["Exit codes: 0 done."],
};

/** A program with one command, `go`, that does what it is told. */
export function programThat(run: (context: CommandContext) => Promise<number | void>): Program {
  const go: Command = { name: "go", summary: "Go", load: () => Promise.resolve({ run }) };
  return { name: "mailtool", summary: "One command", commands: [go] };
}

/** Streams that remember what was written, no terminal, and the environment given. */
export function recordingIo(
  env: Record<string, string> = {},
): CommandLineIo & { out: string; err: string } {
  const io = {
    out: "",
    err: "",
    stdout(text: string | Uint8Array) {
      io.out += typeof text === "string" ? text : new TextDecoder().decode(text);
      return Promise.resolve();
    },
    stderr(text: string) {
      io.err += text;
      return Promise.resolve();
    },
    stdinIsTerminal: false,
    stdoutIsTerminal: false,
    stderrIsTerminal: false,
    columns: 80,
    askSecret: () => Promise.resolve(null),
    env: (name: string) => env[name],
  };
  return io;
}
