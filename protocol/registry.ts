/** Every request there is, by its name on the wire. */
import { content } from "./messages/content.ts";
import { entries } from "./messages/entries.ts";
import { fetchMails } from "./messages/fetch.ts";
import { getState } from "./messages/get_state.ts";
import { list } from "./messages/list.ts";
import { lookup } from "./messages/lookup.ts";
import type { Message } from "./messages/message.ts";
import { ping } from "./messages/ping.ts";
import { putEntry } from "./messages/put_entry.ts";
import { putState } from "./messages/put_state.ts";
import { send } from "./messages/send.ts";
import { sendBegin } from "./messages/send_begin.ts";
import { sendChunk } from "./messages/send_chunk.ts";
import { sendCommit } from "./messages/send_commit.ts";

export const MESSAGES = {
  ping,
  lookup,
  send,
  send_begin: sendBegin,
  send_chunk: sendChunk,
  send_commit: sendCommit,
  list,
  entries,
  fetch: fetchMails,
  content,
  put_entry: putEntry,
  get_state: getState,
  put_state: putState,
} satisfies { [Type in string]: Message<Type, unknown, unknown> };

export type RequestType = keyof typeof MESSAGES;

export function isRequestType(value: unknown): value is RequestType {
  return typeof value === "string" && Object.hasOwn(MESSAGES, value);
}
