/** What an Entry is made of. */

export const ENTRY_COLUMNS =
  `entries.number AS "index", message_id AS messageId, meta, length AS contentLength, entries.revision, sealed`;
export const ENTRY_TABLES =
  "entries JOIN messages ON messages.id = message JOIN contents ON contents.id = message";
