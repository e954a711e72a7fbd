/**
 * The tables, and how they came to be.
 *
 * MIGRATIONS is append-only: what has been released is never edited, because files made by it
 * exist (tests/mailstore/migrations_test.ts pins each text). The file's `user_version` counts the
 * migrations that it has been through; its `application_id` says that it is a mail store at all.
 *
 * How the tables hang together:
 *
 * - `contents` is the root of everything about one message or one upload: `messages`,
 *   `message_parts`, `content_pieces`, `uploads` share its id and leave with it. A finished upload
 *   becomes a message by moving one row; its pieces stay where they are.
 * - Listing a mailbox touches `entries`, `messages`, `contents`: narrow rows. Headers, summaries
 *   and content are in tables of their own.
 * - `entries` is ordered by (mailbox, number), so a page of a mailbox is one stretch of the file.
 * - `mailboxes` carries the counters apart from the wide account rows, since every delivery
 *   rewrites them.
 * - `discarded` names messages whose mailbox was removed: they may have no mailbox left and are looked
 *   at in small transactions, since overwriting the mail of years takes seconds.
 * - `identities`, `attempts` and `log` go by tag, not by account: they outlive or precede accounts.
 * - `log` is the key log; nothing ever changes or removes a row of it.
 * - `modseq` of a mailbox counts the changes to its entries; each entry has that of its last change,
 *   each row of `removals` that of a removal. Removals up to `forgotten` are not remembered.
 * - `blobs` are what a user's devices keep here for each other.
 */

/** "MSEC", in the header of the file. */
export const APPLICATION_ID = 0x4d534543;

const VERSION_1 = `
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY,
  tag BLOB NOT NULL UNIQUE CHECK (length(tag) = 32),
  status TEXT NOT NULL CHECK (status IN ('invited', 'registered', 'active', 'disabled')),
  version INTEGER NOT NULL CHECK (version > 0),
  profile BLOB NOT NULL,
  login BLOB,
  bundle BLOB
) STRICT;

CREATE TABLE invites (
  account INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
  token_hash BLOB NOT NULL CHECK (length(token_hash) = 32),
  expires INTEGER NOT NULL
) STRICT;

CREATE TABLE states (
  account INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
  revision INTEGER NOT NULL CHECK (revision > 0),
  sealed BLOB NOT NULL
) STRICT;

CREATE TABLE identities (
  id INTEGER PRIMARY KEY,
  tag BLOB NOT NULL CHECK (length(tag) = 32),
  position INTEGER NOT NULL CHECK (position > 0),
  record BLOB NOT NULL,
  UNIQUE (tag, position)
) STRICT;

CREATE TABLE attempts (
  tag BLOB PRIMARY KEY CHECK (length(tag) = 32),
  failed INTEGER NOT NULL,
  blocked_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mailboxes (
  account INTEGER PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
  last_number INTEGER NOT NULL DEFAULT 0,
  entry_count INTEGER NOT NULL DEFAULT 0 CHECK (entry_count >= 0)
) STRICT;

CREATE TABLE contents (
  id INTEGER PRIMARY KEY,
  length INTEGER NOT NULL CHECK (length >= 0)
) STRICT;

CREATE TABLE content_pieces (
  content INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE,
  start INTEGER NOT NULL CHECK (start >= 0),
  data BLOB NOT NULL CHECK (length(data) BETWEEN 1 AND 262144),
  UNIQUE (content, start)
) STRICT;

CREATE TABLE messages (
  id INTEGER PRIMARY KEY REFERENCES contents ON DELETE CASCADE,
  message_id BLOB NOT NULL UNIQUE CHECK (length(message_id) = 16),
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  uploaded_by BLOB CHECK (length(uploaded_by) = 32),
  meta BLOB NOT NULL
) STRICT;

CREATE TABLE message_parts (
  message INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE,
  header BLOB NOT NULL,
  summary BLOB NOT NULL
) STRICT;

CREATE TABLE entries (
  mailbox INTEGER NOT NULL REFERENCES mailboxes ON DELETE CASCADE,
  number INTEGER NOT NULL CHECK (number > 0),
  message INTEGER NOT NULL REFERENCES messages,
  revision INTEGER NOT NULL DEFAULT 0 CHECK ((revision = 0) = (sealed IS NULL)),
  sealed BLOB,
  PRIMARY KEY (mailbox, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX entries_by_message ON entries (message, mailbox);

CREATE TABLE discarded (
  message INTEGER PRIMARY KEY REFERENCES messages ON DELETE CASCADE
) STRICT;

CREATE TABLE uploads (
  content INTEGER PRIMARY KEY REFERENCES contents ON DELETE CASCADE,
  owner BLOB NOT NULL CHECK (length(owner) = 32),
  message_id BLOB NOT NULL CHECK (length(message_id) = 16),
  started INTEGER NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 32),
  mailboxes BLOB NOT NULL CHECK (length(mailboxes) > 0 AND length(mailboxes) % 32 = 0),
  header BLOB NOT NULL,
  summary BLOB NOT NULL,
  UNIQUE (owner, message_id)
) STRICT;
CREATE INDEX uploads_by_start ON uploads (started);
`;

const VERSION_2 = `
CREATE TABLE log (
  seq INTEGER PRIMARY KEY CHECK (seq >= 0),
  tag BLOB NOT NULL CHECK (length(tag) = 32),
  entry BLOB NOT NULL,
  record BLOB
) STRICT;
CREATE INDEX log_by_tag ON log (tag);
`;

const VERSION_3 = `
ALTER TABLE mailboxes ADD COLUMN modseq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailboxes ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
UPDATE mailboxes SET modseq = last_number;
ALTER TABLE entries ADD COLUMN modseq INTEGER NOT NULL DEFAULT 0;
UPDATE entries SET modseq = number;
CREATE UNIQUE INDEX entries_by_change ON entries (mailbox, modseq);

CREATE TABLE removals (
  mailbox INTEGER NOT NULL REFERENCES mailboxes ON DELETE CASCADE,
  modseq INTEGER NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  PRIMARY KEY (mailbox, modseq)
) STRICT, WITHOUT ROWID;

CREATE TABLE blobs (
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
  name BLOB NOT NULL CHECK (length(name) = 16),
  revision INTEGER NOT NULL CHECK (revision > 0),
  sealed BLOB NOT NULL,
  UNIQUE (account, name)
) STRICT;
`;

/** The SQL that leads from each schema version to the next; the first makes a new file. */
export const MIGRATIONS: readonly string[] = [VERSION_1, VERSION_2, VERSION_3];
