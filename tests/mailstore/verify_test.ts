import { assert, assertEquals } from "@std/assert";
import { rawSql } from "./files.ts";
import {
  addAccounts,
  addIdentity,
  logEntry,
  mail,
  patterned,
  upload,
  withFolder,
  withSqlite,
} from "./fixtures.ts";

/**
 * What is done to a sound store, and how the problem that verify must report begins. Accounts 1
 * and 2 have mailboxes 1 and 2; message 1 is in both, message 2 in the first; content 3 is an upload.
 */
const DAMAGES: readonly (readonly [name: string, sql: string, problem: string])[] = [
  ["content that belongs to nothing", "INSERT INTO contents VALUES (9, 0)", "content 9 belongs"],
  ["pieces without content", "DELETE FROM contents WHERE id = 3", "row"],
  ["a missing first piece", "DELETE FROM content_pieces WHERE start = 0", "content 1 has a gap"],
  [
    "a missing last piece",
    "DELETE FROM content_pieces WHERE content = 1 AND start > 0",
    "content 1 has 262144 bytes instead of 300000",
  ],
  [
    "a shortened piece",
    "UPDATE content_pieces SET data = substr(data, 2) WHERE content = 1 AND start > 0",
    "content 1 has 299999 bytes",
  ],
  [
    "an upload longer than announced",
    "UPDATE contents SET length = 1 WHERE id = 3",
    "content 3 has 2 bytes instead of 1",
  ],
  ["lost parts", "DELETE FROM message_parts WHERE message = 2", "message 2 has no header"],
  ["a message nobody has", "DELETE FROM entries WHERE message = 2", "message 2 is in no mailbox"],
  ["an entry without message", "DELETE FROM messages WHERE id = 2", "entry 2 of mailbox 1 has no"],
  ["a lost mailbox", "DELETE FROM mailboxes WHERE account = 2", "account 2 has no mailbox"],
  [
    "a counter below the greatest number",
    "UPDATE mailboxes SET last_number = 1 WHERE account = 1",
    "mailbox 1 counts to 1 but has entry 2",
  ],
  [
    "a wrong count of entries",
    "UPDATE mailboxes SET entry_count = 3 WHERE account = 1",
    "mailbox 1 counts 3 entries but has 2",
  ],
  [
    "an active account without a login",
    "UPDATE accounts SET login = NULL WHERE id = 2",
    "account 2 is active without login",
  ],
  [
    "a count of changes below the greatest",
    "UPDATE mailboxes SET modseq = 1 WHERE account = 1",
    "mailbox 1 counts changes to 1 but has change 2",
  ],
  [
    "a removal of what is there",
    "INSERT INTO removals (mailbox, modseq, number) VALUES (1, 0, 2)",
    "entry 2 of mailbox 1 was removed",
  ],
  [
    "a change that is of an entry and a removal",
    "INSERT INTO removals (mailbox, modseq, number) VALUES (1, 2, 9)",
    "change 2 of mailbox 1 is of an entry and a removal",
  ],
  [
    "a gap in the identity records",
    "DELETE FROM identities WHERE position = 1",
    "an identity record is missing before record 2",
  ],
  [
    "a gap in the log",
    "DELETE FROM log WHERE seq = 1",
    "a log entry is missing before entry 2",
  ],
  [
    "a log without its beginning",
    "DELETE FROM log WHERE seq = 0",
    "a log entry is missing before entry 1",
  ],
  [
    "a value that a check forbids",
    "UPDATE accounts SET status = 'root' WHERE id = 1",
    "CHECK constraint failed in accounts",
  ],
];

async function soundStore(path: string): Promise<void> {
  await withSqlite(path, async (store) => {
    await addAccounts(store, "alice", "bob");
    await store.deliver(mail("1", ["alice", "bob"], { content: patterned(300_000) }));
    await store.deliver(mail("2", ["alice"], { content: patterned(0) }));
    const begun = upload("3", ["bob"], { contentLength: 10 });
    await store.stage(begun);
    await store.appendContent({ ...begun, offset: 0, data: patterned(2) });
    for (const n of [1, 2]) await addIdentity(store, "alice", patterned(n));
    await store.appendLog([0, 1, 2].map((seq) => logEntry(seq, "alice")));
    assertEquals(await store.verify(), []);
  });
}

for (const [name, sql, problem] of DAMAGES) {
  Deno.test(`verify: finds ${name}`, () =>
    withFolder(async (folder) => {
      const path = `${folder}/mail.db`;
      await soundStore(path);
      rawSql(path, sql);
      await withSqlite(path, async (store) => {
        const problems = await store.verify();
        assert(problems.some((found) => found.startsWith(problem)), problems.join("\n"));
      });
    }));
}
