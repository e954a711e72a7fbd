/** What a server says without being asked. */
import { oneOf, struct } from "../schema.ts";
import type { Infer, Schema } from "../schema.ts";
import { mailIndex, messageId } from "./fields.ts";

export const EVENTS = {
  /** A mail has arrived in the mailbox. */
  new_mail: struct({ index: mailIndex, messageId }),
  /** Another session of the user has changed or removed entries of the mailbox: see `changes`. */
  changed: struct({}),
  /** The server ends this session soon; requests under way are still answered. */
  closing: struct({ reason: oneOf("shutting_down", "disabled", "credentials_changed") }),
} satisfies Record<string, Schema<unknown>>;

export type EventName = keyof typeof EVENTS;

/** An event as one value: `{event: "new_mail", body: {index, messageId}}` and so on. */
export type ServerEvent = {
  [Name in EventName]: { readonly event: Name; readonly body: Infer<(typeof EVENTS)[Name]> };
}[EventName];

export function isEventName(value: unknown): value is EventName {
  return typeof value === "string" && Object.hasOwn(EVENTS, value);
}
