import { MailsecError } from "../../crypto/errors.ts";

/** A query that cannot be understood, and where. */
export class QueryError extends MailsecError {
  override readonly name = "QueryError";
  /** The whole query. */
  readonly text: string;
  /** Where in it, in UTF-16 units. */
  readonly at: number;

  constructor(message: string, { text, at, hint }: { text: string; at: number; hint?: string }) {
    const place = `${text.replaceAll(/\s/g, " ")}\n${" ".repeat(at)}^`;
    super("query", message, { hint: hint === undefined ? place : `${place}\n${hint}` });
    this.text = text;
    this.at = at;
  }
}
