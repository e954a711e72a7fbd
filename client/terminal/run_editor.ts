/** The user's editor: `$VISUAL`, or else `$EDITOR`. */

import { MailsecError } from "../../crypto/errors.ts";

/**
 * What opens a file in the editor and resolves with its exit code; undefined when none is named.
 *
 * @param env Reads an environment variable.
 */
export function editorOf(
  env: (name: string) => string | undefined,
): ((path: string) => Promise<number>) | undefined {
  const named = env("VISUAL") ?? env("EDITOR");
  if (named === undefined) return undefined;
  return async (path) => {
    try {
      const { code } = await new Deno.Command(...commandOf(named, path)).spawn().status;
      return code;
    } catch (cause) {
      if (!(cause instanceof Error)) throw cause;
      throw new MailsecError("editor", `The editor "${named}" cannot be run.`, {
        hint: "VISUAL or EDITOR must name it, such as: export EDITOR=nano",
        cause,
      });
    }
  };
}

/** The variable is a command line ("code --wait"), as other programs read it; the path is an argument. */
function commandOf(named: string, path: string): [string, Deno.CommandOptions] {
  const streams = { stdin: "inherit", stdout: "inherit", stderr: "inherit" } as const;
  if (Deno.build.os === "windows") {
    const [program = "", ...args] = named.split(/\s+/);
    return [program, { args: [...args, path], ...streams }];
  }
  return ["/bin/sh", { args: ["-c", `${named} "$1"`, "mailsec", path], ...streams }];
}
