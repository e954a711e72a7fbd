/**
 * A SQLite connection with its prepared statements, and the translation of SQLite's errors. Knows
 * nothing about mail.
 */

import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { StoreError, type StoreErrorCode } from "../errors.ts";

export type { SQLInputValue };

/** Primary result codes (https://www.sqlite.org/rescode.html) that callers can do something about. */
const CODES: Readonly<Record<number, readonly [StoreErrorCode, string]>> = {
  5: ["store_busy", "another process has been writing to it for too long"],
  6: ["store_busy", "another process has been writing to it for too long"],
  11: ["store_corrupt", "the file is damaged"],
  13: ["store_full", "there is no room left"],
  26: ["store_foreign", "the file is not a mail store"],
};

/**
 * What SQLite threw as a StoreError; errors that are StoreErrors already pass through.
 * `action` completes "Mail store PATH: cannot …".
 */
export function storeError(error: unknown, path: string, action: string): StoreError {
  if (error instanceof StoreError) return error;
  const errcode = (error as { errcode?: unknown }).errcode;
  const known = typeof errcode === "number" ? CODES[errcode & 0xff] : undefined;
  const [code, reason] = known ?? ["store_failed", error instanceof Error ? error.message : "?"];
  const hint = code === "store_corrupt"
    ? "Stop the server, run `mailsec verify`, and restore a backup if it reports damage."
    : undefined;
  return new StoreError(code, `Mail store ${path}: cannot ${action}: ${reason}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** An open connection. Statements are prepared once and kept by their text. */
export class Database {
  readonly path: string;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Waits up to `busyTimeoutMs` for other processes' transactions. Throws what node:sqlite throws. */
  constructor(path: string, options: { busyTimeoutMs: number; readOnly?: boolean }) {
    this.path = path;
    this.#connection = new DatabaseSync(path, {
      timeout: options.busyTimeoutMs,
      readOnly: options.readOnly ?? false,
      enableForeignKeyConstraints: true,
    });
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  get inTransaction(): boolean {
    return this.#connection.isTransaction;
  }

  /** Runs statements that are not worth keeping. */
  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  /** Runs a statement for its effect; returns how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  /** The first row, or undefined. `Row` states what the text of the query selects. */
  get<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  /** All rows. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values) as Row[];
  }

  /** The rows one by one; those that nobody takes are not read. */
  *each<Row>(sql: string, ...values: SQLInputValue[]): Generator<Row> {
    for (const row of this.#statement(sql).iterate(...values)) yield row as Row;
  }

  /** Several reads that see one state of the file. Must not be called inside a transaction. */
  snapshot<Result>(read: () => Result): Result {
    this.run("BEGIN");
    try {
      return read();
    } finally {
      this.run("COMMIT");
    }
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
