/** What can be typed below a list. */

import { definitions } from "../../../../cli/wrap.ts";
import { MARKS } from "../../mail_list.ts";

const COMMANDS: readonly (readonly [string, string])[] = [
  ["3", "open the mail with this index"],
  ["n, p", "next page, previous page"],
  ["s title", "sort by date, sender, title or size; v the other way round"],
  ["u", "only what is unread, and back"],
  ["t", "fold threads into a line each, and back; t 3: the thread of mail 3"],
  ["/ from:bob budget", "only what a query means; / alone takes it away. docs/query.md"],
  ["o archive", "another folder"],
  ["r 3 5-8", "mark read, or unread when all are read"],
  ["f 3", "flag, or take the flag away when all have it"],
  ["m 3 to archive", "move to a folder; c copies"],
  ["d 3 5-8", "delete: into the trash; in the trash: for ever"],
  ["d from:bob is:read", "the same with all mails of this list that a query means"],
  ["z", "undo the last of these"],
  ["q", "back to the menu"],
];

export const QUERY_HELP =
  "Words, from:bob to: title: has:attachment is:unread is:flagged after:2026-11-01 larger:1M, " +
  "- negates, OR. Tab completes.";

export function listHelp(width: number): string[] {
  return [
    ...definitions(COMMANDS, width),
    "Several may be meant with a range, a list, or a query. A range takes only mails of this list.",
    "Marks:",
    ...definitions(MARKS, width),
  ];
}
