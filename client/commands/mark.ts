/** `mailsec mark QUERY --read|--unread|--flag|--unflag` */

import type { CommandContext } from "../../cli/command.ts";
import { UsageError } from "../../cli/usage_error.ts";
import type { Flag } from "../index/mail_row.ts";
import { actOnMails } from "./act.ts";
import { queryOfWords } from "./mail_query.ts";

const CHANGES = [
  { option: "read", flag: "read", set: true, word: "read" },
  { option: "unread", flag: "read", set: false, word: "unread" },
  { option: "flag", flag: "flagged", set: true, word: "flagged" },
  { option: "unflag", flag: "flagged", set: false, word: "not flagged any more" },
] as const satisfies readonly { option: string; flag: Flag; set: boolean; word: string }[];

export async function run(context: CommandContext): Promise<void> {
  const { args, options } = context;
  const wanted = CHANGES.filter(({ option }) => options.flag(option));
  const flags = new Set(wanted.map(({ flag }) => flag));
  if (wanted.length === 0) {
    throw new UsageError(
      "What to mark them is not said.",
      "Give --read, --unread, --flag or --unflag",
    );
  }
  if (flags.size < wanted.length) {
    throw new UsageError("These options exclude each other.", "Give one of each pair.");
  }
  const query = queryOfWords(args.all("query"));
  const add = wanted.flatMap(({ flag, set }) => set ? [flag] : []);
  const remove = wanted.flatMap(({ flag, set }) => set ? [] : [flag]);
  const words = wanted.map(({ word }) => word).join(" and ");
  await actOnMails(
    context,
    async ({ mails }) => (await mails.mark({ query }, { add, remove })).count,
    `marked ${words}`,
  );
}
