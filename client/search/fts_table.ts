/**
 * The words of the mails of one segment: a SQLite database in memory with an FTS5 table that keeps
 * no text (`content=''`), and the set of the mails that it covers. Its image is what is sealed and
 * stored; SQLite itself never sees a file.
 *
 * A segment has two such tables, because most searches need only the small one:
 *
 * - `words` says which mail has which word (`detail=none`), of all columns together;
 * - `positions` also says where (`detail=full`): for phrases, for single columns, for ranks.
 *
 * What is put in are words of words.ts alone, so that the tokenizer `ascii` splits at blanks, and
 * FTS5's query syntax never sees a character that somebody has typed. Each table says for itself
 * what it covers: whichever was written last, what is missing in one of the two is put in again.
 */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Bytes } from "../../crypto/bytes.ts";
import { MAIL_SET_BYTES, MailSet } from "./mail_set.ts";

export const TABLE_KINDS = ["words", "positions"] as const;
export type TableKind = (typeof TABLE_KINDS)[number];

/** The words of a mail, with a blank between them. */
export interface MailWords {
  readonly title: string;
  readonly people: string;
  readonly attachments: string;
  readonly body: string;
}

/** A mail that matches. */
export interface Match {
  readonly index: number;
  /** The greater, the better it fits; 0 when ranks were not asked for. */
  readonly rank: number;
}

/** "mSIx": says that a database is one of these. */
const APPLICATION_ID = 0x6d534978;
/** To be raised when words.ts changes, too: then the index is made anew. */
const VERSION = 1;

const COLUMNS: Readonly<Record<TableKind, readonly (keyof MailWords)[] | null>> = {
  words: null,
  positions: ["title", "people", "attachments", "body"],
};
const OPTIONS = "content='', contentless_delete=1, tokenize='ascii'";
const SCHEMA: Readonly<Record<TableKind, string>> = {
  words: `CREATE VIRTUAL TABLE mails USING fts5(text, ${OPTIONS}, detail=none)`,
  positions: `CREATE VIRTUAL TABLE mails USING fts5(title, people, attachments, body, ${OPTIONS})`,
};
/** Of title, people, attachments and body: bm25 counts a word there for so many. */
const WEIGHTS = "4.0, 3.0, 2.0, 1.0";

/** No table of 4096 mails is larger than this, as long as MAX_SEARCHED_BODY is what it is. */
const MAX_IMAGE_BYTES = 256 * 1024 * 1024;

export class FtsTable {
  readonly kind: TableKind;
  readonly segment: number;
  /** Mails that are in, those without words among them. */
  readonly covered: MailSet;
  /** Those of `covered` whose content could not be opened: only title and people are in. */
  readonly unreadable: MailSet;
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #bytes: number;

  private constructor(
    { kind, segment }: { kind: TableKind; segment: number },
    database: DatabaseSync,
    { covered, unreadable, bytes }: { covered: MailSet; unreadable: MailSet; bytes: number },
  ) {
    this.kind = kind;
    this.segment = segment;
    this.covered = covered;
    this.unreadable = unreadable;
    this.#database = database;
    this.#bytes = bytes;
  }

  static async empty(kind: TableKind, segment: number): Promise<FtsTable> {
    const database = await inMemory();
    // Instead of VACUUM, which Deno allows only to programs with every permission.
    database.exec(
      `PRAGMA auto_vacuum=FULL; PRAGMA application_id=${APPLICATION_ID}; PRAGMA user_version=${VERSION}; ${
        SCHEMA[kind]
      };
      CREATE TABLE coverage(kind TEXT, segment INTEGER, covered BLOB, unreadable BLOB);
      INSERT INTO coverage VALUES('${kind}', ${segment}, zeroblob(${MAIL_SET_BYTES}),
        zeroblob(${MAIL_SET_BYTES}));`,
    );
    const sets = { covered: new MailSet(segment), unreadable: new MailSet(segment) };
    return new FtsTable({ kind, segment }, database, { ...sets, bytes: 0 });
  }

  /** The table of an image; null when it is none of this kind, segment and version. */
  static async open(kind: TableKind, segment: number, image: Bytes): Promise<FtsTable | null> {
    if (image.length === 0 || image.length > MAX_IMAGE_BYTES) return null;
    const database = await inMemory();
    try {
      database.deserialize(image);
      database.exec(SETTINGS);
      const sets = readCoverage(database, kind, segment);
      if (sets !== null) {
        return new FtsTable({ kind, segment }, database, { ...sets, bytes: image.length });
      }
    } catch (error) {
      if (!isSqliteError(error)) throw error;
    }
    database.close();
    return null;
  }

  get isOpen(): boolean {
    return this.#database.isOpen;
  }

  /** About what it takes in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Puts mails in, in place of what is there of them. */
  add(mails: readonly { index: number; words: MailWords; unreadable: boolean }[]): void {
    const columns = COLUMNS[this.kind];
    const names = columns ?? ["text"];
    const insert = `INSERT INTO mails(rowid, ${names}) VALUES(?${", ?".repeat(names.length)})`;
    this.#transaction(() => {
      for (const { index, words, unreadable } of mails) {
        if (this.covered.has(index)) this.#run("DELETE FROM mails WHERE rowid = ?", index);
        const { title, people, attachments, body } = words;
        const texts = columns?.map((column) => words[column]) ??
          [`${title} ${people} ${attachments} ${body}`];
        this.#run(insert, index, ...texts);
        this.covered.add(index);
        if (unreadable) this.unreadable.add(index);
        else this.unreadable.delete(index);
        // A guess for as long as the table was not stored: half of the text.
        this.#bytes += (title.length + people.length + attachments.length + body.length) / 2;
      }
    });
  }

  remove(indexes: readonly number[]): void {
    this.#transaction(() => {
      for (const index of indexes) {
        this.#run("DELETE FROM mails WHERE rowid = ?", index);
        this.covered.delete(index);
        this.unreadable.delete(index);
      }
    });
  }

  /** Mails that match an expression of expression.ts, the newest index first. */
  match(expression: string, ranked = false): Match[] {
    const rank = ranked ? `-bm25(mails, ${WEIGHTS})` : "0";
    const sql = `SELECT rowid AS "index", ${rank} AS rank FROM mails WHERE mails MATCH ?` +
      " ORDER BY rowid DESC";
    return this.#statement(sql).all(expression) as unknown as Match[];
  }

  /** What `open` opens. What was removed is no longer in it. */
  image(): Bytes {
    this.#database.exec("INSERT INTO mails(mails) VALUES('optimize')");
    this.#run("UPDATE coverage SET covered = ?, unreadable = ?", ...[
      this.covered.bits,
      this.unreadable.bits,
    ]);
    const image = this.#database.serialize();
    this.#bytes = image.length;
    return image as Bytes;
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #transaction(work: () => void): void {
    this.#database.exec("BEGIN");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  #run(sql: string, ...values: (number | string | Bytes)[]): void {
    this.#statement(sql).run(...values);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** No temporary files; nothing left of what was deleted; no functions in what comes from outside. */
const SETTINGS = "PRAGMA temp_store=MEMORY; PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF; " +
  "PRAGMA cell_size_check=ON;";

async function inMemory(): Promise<DatabaseSync> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(":memory:");
  database.exec(SETTINGS);
  return database;
}

function readCoverage(
  database: DatabaseSync,
  kind: TableKind,
  segment: number,
): { covered: MailSet; unreadable: MailSet } | null {
  const value = (pragma: string) => Object.values(database.prepare(pragma).get() ?? {})[0];
  if (value("PRAGMA application_id") !== APPLICATION_ID) return null;
  if (value("PRAGMA user_version") !== VERSION) return null;
  const rows = database.prepare("SELECT * FROM coverage").all();
  const { covered, unreadable, ...what } = rows[0] ?? {};
  if (rows.length !== 1 || what.kind !== kind || what.segment !== segment) return null;
  if (!isMailSet(covered) || !isMailSet(unreadable)) return null;
  return {
    covered: new MailSet(segment, covered),
    unreadable: new MailSet(segment, unreadable),
  };
}

function isMailSet(value: unknown): value is Bytes {
  return value instanceof Uint8Array && value.length === MAIL_SET_BYTES;
}

/** Whether SQLite has refused an image or come upon damage in it. */
export function isSqliteError(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === "ERR_SQLITE_ERROR";
}
