/**
 * mailsec: mail in a team, sealed from end to end. The tool's entry: glues the command tables of
 * client and server to the command line. Imports nothing that `--version` does not need.
 */

import { VERSION } from "./cli/version.ts";
import type { Program } from "./cli/command.ts";

/** The whole command table. */
export async function loadProgram(): Promise<Program> {
  const [{ clientCommands }, { serverCommands }] = await Promise.all([
    import("./client/commands.ts"),
    import("./server/commands.ts"),
  ]);
  return {
    name: "mailsec",
    summary: "Mail in a team, sealed from end to end: the server stores what it cannot read.",
    commands: [...clientCommands, ...serverCommands],
    examples: [
      { command: "mailsec serve", summary: "Run a server; the first start explains how to go on" },
      {
        command: "mailsec user invite alice",
        summary: "Invite somebody, on the server's machine.",
      },
      { command: "mailsec connect mail.example.org alice", summary: "Open a mailbox" },
    ],
    notes: [
      "Exit codes: 0 done, 1 failed, 2 usage, 3 cannot connect, 4 login refused, 5 trust " +
      "(an identity or a signature is not what it must be), 130 interrupted.",
      "NO_COLOR=1 turns colours off; MAILSEC_DEBUG=1 shows the causes of errors.",
    ],
  };
}

async function main(words: readonly string[]): Promise<number> {
  if (words.length === 1 && ["--version", "-V"].includes(words[0]!)) {
    console.log(`mailsec ${VERSION}`);
    return 0;
  }
  const [{ runCommandLine }, { processIo }, program] = await Promise.all([
    import("./cli/run.ts"),
    import("./cli/io.ts"),
    loadProgram(),
  ]);
  const io = processIo(async (question, env) => {
    const { askSecret } = await import("./client/terminal/questions.ts");
    return await askSecret({ env }, question);
  });
  return await runCommandLine({ program, version: VERSION, words }, io);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
