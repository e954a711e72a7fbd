import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runToEnd } from "../../tools/child.ts";
import { mailsecCommand } from "../../tools/office.ts";

const COMMANDS = [
  ...["serve", "user", "join", "connect", "send", "list", "read", "completions"],
  ...["recover", "password", "recovery-code", "keys", "devices", "invite"],
];

async function mailsec(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runToEnd([...mailsecCommand(), ...args], {
    env: { NO_COLOR: "1" },
  });
  assertEquals([code, stderr], [0, ""], args.join(" "));
  return stdout;
}

Deno.test("e2e surface: --version is one line", async () => {
  assertMatch(await mailsec("--version"), /^mailsec \d+\.\d+\.\d+\n$/);
});

Deno.test("e2e surface: --help names every command, and every command has its own", async () => {
  const help = await mailsec("--help");
  for (const command of COMMANDS) {
    assertStringIncludes(help, command);
    assertStringIncludes(await mailsec(command, "--help"), `mailsec ${command}`);
  }
  assertStringIncludes(await mailsec("user", "invite", "--help"), "mailsec user invite");
});

Deno.test("e2e surface: completions are scripts that the shell accepts", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const script = await mailsec("completions", shell);
    assertStringIncludes(script, "mailsec");
    assertStringIncludes(script, "invite");
    if (shell !== "bash") continue;
    const { code, stderr } = await runToEnd(["bash", "-n"], {
      stdin: new TextEncoder().encode(script),
    });
    assertEquals([code, stderr], [0, ""]);
  }
});
