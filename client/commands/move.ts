/** `mailsec move QUERY FOLDER` */

import type { CommandContext } from "../../cli/command.ts";
import { actIntoFolder } from "./act.ts";

export async function run(context: CommandContext): Promise<void> {
  await actIntoFolder(context, {
    act: (mails, which, folder) => mails.move(which, folder),
    done: (folder) => `moved to "${folder}"`,
  });
}
