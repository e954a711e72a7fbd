/** Everybody on the server as a table. */

import type { Style } from "../../cli/style.ts";
import { renderTable } from "../../cli/table.ts";
import type { ContactInfo, ContactState } from "../contact_types.ts";
import { blocksSending, STATE_MEANINGS, stateMark } from "./contact_words.ts";

export interface ContactListOptions {
  /** Width of the terminal, in columns. */
  readonly width: number;
  readonly style: Style;
}

/** Narrower terminals get no fingerprints: a part of one must not be compared. */
const LEAST_WIDTH_WITH_FINGERPRINT = 72;

/** The lines of the table, headers first; those who need a look are highlighted. */
export function contactListLines(
  contacts: readonly ContactInfo[],
  { width, style }: ContactListOptions,
): string[] {
  const wide = width >= LEAST_WIDTH_WITH_FINGERPRINT;
  const columns = [
    { header: "NAME", min: 6 },
    { header: "STATE" },
    ...(wide ? [{ header: "FINGERPRINT" }] : []),
    { header: "NOTE", min: 6 },
  ];
  const rows = contacts.map((contact) => [
    contact.user,
    stateMark(contact.state) || contact.state,
    ...(wide ? [contact.fingerprint] : []),
    contactNotes(contact).join(", "),
  ]);
  return renderTable(columns, rows, {
    width,
    headerStyle: style.dim,
    rowStyle: (line, row) => blocksSending(contacts[row]!.state) ? style.yellow(line) : line,
  });
}

/** What else there is to say of somebody, a word or two each. */
export function contactNotes(contact: ContactInfo): string[] {
  const { isMe, role, status, state, vouchedBy } = contact;
  return [
    ...(isMe ? ["you"] : []),
    ...(role === "admin" ? ["admin"] : []),
    ...(status === "active" ? [] : [status]),
    ...(state === "vouched" && vouchedBy.length > 0 ? [`by ${vouchedBy.join(", ")}`] : []),
  ];
}

/** What the states that occur mean, a line each; nothing is to be explained about oneself. */
export function stateLegend(contacts: readonly ContactInfo[]): string[] {
  const seen = new Set(contacts.filter(({ isMe }) => !isMe).map(({ state }) => state));
  return (Object.keys(STATE_MEANINGS) as ContactState[])
    .filter((state) => seen.has(state) || (state === "verified" && seen.size > 0))
    .map((state) => `${stateMark(state) || state}: ${STATE_MEANINGS[state]}`);
}
