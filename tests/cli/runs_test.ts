import { assertEquals } from "@std/assert";
import type { Command, CommandLineIo } from "../../cli/command.ts";
import { runCommandLine } from "../../cli/run.ts";
import { loadProgram } from "../../main.ts";

function* commandsOf(commands: readonly Command[], path = ""): Generator<[string, Command]> {
  for (const command of commands) {
    const name = `${path}${command.name}`;
    yield [name, command];
    yield* commandsOf(command.subcommands ?? [], `${name} `);
  }
}

Deno.test("runs: only what needs other programs keeps the permission to run them", async () => {
  const { commands } = await loadProgram();
  const running = [...commandsOf(commands)].filter(([, { runs }]) => runs).map(([name]) => name);
  assertEquals(running, ["connect", "watch"]);
});

Deno.test("runs: the permission is given up before a command's code is loaded", async () => {
  const events: string[] = [];
  const command = (name: string, runs?: true): Command => ({
    ...{ name, summary: name },
    ...(runs === undefined ? {} : { runs }),
    load: () => {
      events.push(`load ${name}`);
      return Promise.resolve({ run: () => Promise.resolve() });
    },
  });
  const program = { name: "x", summary: "x", commands: [command("serve"), command("edit", true)] };
  const io = {
    stdout: () => Promise.resolve(),
    stderr: () => Promise.resolve(),
    ...{ stdinIsTerminal: false, stdoutIsTerminal: false, stderrIsTerminal: false, columns: 80 },
    askSecret: () => Promise.resolve(null),
    env: () => undefined,
    giveUpRunning: () => void events.push("given up"),
  } satisfies CommandLineIo;
  for (const words of [["serve"], ["edit"]]) {
    assertEquals(await runCommandLine({ program, version: "1", words }, io), 0);
  }
  assertEquals(events, ["given up", "load serve", "load edit"]);
});

Deno.test("runs: a process that has given it up starts no program any more", async () => {
  const script = `
    import { processIo } from ${JSON.stringify(new URL("../../cli/io.ts", import.meta.url).href)};
    processIo(() => Promise.resolve(null)).giveUpRunning();
    try {
      new Deno.Command("true").outputSync();
      console.log("started");
    } catch (error) {
      console.log(error.name);
    }`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-prompt",
      "--allow-run",
      "--allow-env",
      "--allow-read",
      "--no-check",
      `data:application/typescript,${encodeURIComponent(script)}`,
    ],
  }).output();
  assertEquals(new TextDecoder().decode(stdout).trim(), "NotCapable");
});
