/** `mailsec copy QUERY FOLDER` */

import type { CommandContext } from "../../cli/command.ts";
import { actIntoFolder } from "./act.ts";

export async function run(context: CommandContext): Promise<void> {
  await actIntoFolder(context, {
    act: (mails, which, folder) => mails.copy(which, folder),
    done: (folder) => `also in "${folder}" now`,
  });
}
