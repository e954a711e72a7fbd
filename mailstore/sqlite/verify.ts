/**
 * Looks for everything that must not be in a file: damage that SQLite sees, and rows that the
 * store's own rules exclude. Never shows a tag, an id or a blob, only internal numbers.
 */

import { type Database, storeError } from "./database.ts";

/** More problems than these of one kind are not listed. */
const MAX_PROBLEMS_OF_A_KIND = 100;

/** A query whose every row is a problem; `problem` is the sentence for it. */
const CHECKS: readonly string[] = [
  // Tables without rowids have no number to name the row with.
  `SELECT 'row ' || coalesce(rowid, '?') || ' of ' || "table" || ' refers to a missing row of '
     || parent AS problem FROM pragma_foreign_key_check`,
  `SELECT 'content ' || id || ' belongs to no message and no upload' AS problem FROM contents
   WHERE id NOT IN (SELECT id FROM messages) AND id NOT IN (SELECT content FROM uploads)`,
  `SELECT 'content ' || id || ' belongs to a message and an upload' AS problem FROM messages
   WHERE id IN (SELECT content FROM uploads)`,
  `SELECT 'content ' || content || ' has a gap or an overlap before offset ' || start AS problem
   FROM (SELECT content, start, length(data) AS size, lag(start + length(data), 1, 0)
           OVER (PARTITION BY content ORDER BY start) AS expected FROM content_pieces)
   WHERE start <> expected`,
  `SELECT 'content ' || id || ' has ' || size || ' bytes instead of ' || length AS problem
   FROM (SELECT id, length, (SELECT coalesce(sum(length(data)), 0) FROM content_pieces
           WHERE content = contents.id) AS size FROM contents)
   WHERE size > length OR (size < length AND id IN (SELECT id FROM messages))`,
  `SELECT 'message ' || id || ' has no header and summary' AS problem FROM messages
   WHERE id NOT IN (SELECT message FROM message_parts)`,
  `SELECT 'message ' || id || ' is in no mailbox' AS problem FROM messages
   WHERE NOT EXISTS (SELECT 1 FROM entries WHERE message = messages.id)
     AND id NOT IN (SELECT message FROM discarded)`,
  `SELECT 'entry ' || number || ' of mailbox ' || mailbox || ' has no message' AS problem
   FROM entries WHERE message NOT IN (SELECT id FROM messages)`,
  `SELECT 'account ' || id || ' has no mailbox' AS problem FROM accounts
   WHERE id NOT IN (SELECT account FROM mailboxes)`,
  `SELECT 'mailbox ' || account || ' counts to ' || last_number || ' but has entry ' || greatest
     AS problem FROM mailboxes
   JOIN (SELECT mailbox, max(number) AS greatest FROM entries GROUP BY mailbox)
     ON mailbox = account WHERE greatest > last_number`,
  `SELECT 'mailbox ' || account || ' counts ' || entry_count || ' entries but has ' || actual
     AS problem
   FROM (SELECT account, entry_count, (SELECT count(*) FROM entries WHERE mailbox = account)
           AS actual FROM mailboxes)
   WHERE actual <> entry_count`,
  `SELECT 'mailbox ' || account || ' counts changes to ' || modseq || ' but has change ' || greatest
     AS problem FROM mailboxes
   JOIN (SELECT mailbox, max(modseq) AS greatest FROM
           (SELECT mailbox, modseq FROM entries UNION ALL SELECT mailbox, modseq FROM removals)
         GROUP BY mailbox)
     ON mailbox = account WHERE greatest > modseq`,
  `SELECT 'change ' || entries.modseq || ' of mailbox ' || entries.mailbox
     || ' is of an entry and a removal' AS problem FROM entries
   JOIN removals USING (mailbox, modseq)`,
  `SELECT 'entry ' || entries.number || ' of mailbox ' || entries.mailbox || ' was removed'
     AS problem FROM removals JOIN entries USING (mailbox, number)`,
  `SELECT 'account ' || id || ' is ' || status || ' without login and key bundle' AS problem
   FROM accounts WHERE status IN ('registered', 'active') AND (login IS NULL OR bundle IS NULL)`,
  `SELECT 'an identity record is missing before record ' || id AS problem
   FROM (SELECT id, position, row_number() OVER (PARTITION BY tag ORDER BY position) AS expected
         FROM identities)
   WHERE position <> expected`,
  `SELECT 'a log entry is missing before entry ' || seq AS problem
   FROM (SELECT seq, lag(seq, 1, -1) OVER (ORDER BY seq) AS previous FROM log)
   WHERE seq <> previous + 1`,
];

/** One sentence for each problem; none if all is well. Reads the whole file. */
export function verifyDatabase(database: Database): string[] {
  try {
    return database.snapshot(() => [
      ...integrityProblems(database),
      ...CHECKS.flatMap((query) =>
        database.all<{ problem: string }>(`${query} LIMIT ${MAX_PROBLEMS_OF_A_KIND}`)
          .map(({ problem }) => problem)
      ),
    ]);
  } catch (error) {
    return [storeError(error, database.path, "read all of it").message];
  }
}

function integrityProblems(database: Database): string[] {
  return database.all<{ problem: string }>(
    "SELECT integrity_check AS problem FROM pragma_integrity_check",
  ).map(({ problem }) => problem).filter((problem) => problem !== "ok");
}
