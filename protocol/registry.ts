/**
 * Every request there is, by its name on the wire.
 *
 * Bytes: docs/protocol.md, 7.
 */
import { getBlob, listBlobs, putBlob, removeBlob } from "./messages/blobs.ts";
import { changeCredentials } from "./messages/change_credentials.ts";
import { changes } from "./messages/changes.ts";
import { content } from "./messages/content.ts";
import { enrolDevice } from "./messages/enrol_device.ts";
import { entries } from "./messages/entries.ts";
import { fetchMails } from "./messages/fetch.ts";
import { getState } from "./messages/get_state.ts";
import { inviteUser } from "./messages/invite_user.ts";
import { list } from "./messages/list.ts";
import { logSync } from "./messages/log_sync.ts";
import { loginTicket } from "./messages/login_ticket.ts";
import { lookup } from "./messages/lookup.ts";
import type { Message } from "./messages/message.ts";
import { passwordStart } from "./messages/password_start.ts";
import { ping } from "./messages/ping.ts";
import { putEntry } from "./messages/put_entry.ts";
import { putState } from "./messages/put_state.ts";
import { putVouch } from "./messages/put_vouch.ts";
import { removeMails } from "./messages/remove_mails.ts";
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
  changes,
  entries,
  fetch: fetchMails,
  content,
  put_entry: putEntry,
  remove_mails: removeMails,
  put_blob: putBlob,
  get_blob: getBlob,
  list_blobs: listBlobs,
  remove_blob: removeBlob,
  get_state: getState,
  put_state: putState,
  log_sync: logSync,
  put_vouch: putVouch,
  invite_user: inviteUser,
  password_start: passwordStart,
  change_credentials: changeCredentials,
  enrol_device: enrolDevice,
  login_ticket: loginTicket,
} satisfies { [Type in string]: Message<Type, unknown, unknown> };

export type RequestType = keyof typeof MESSAGES;

export function isRequestType(value: unknown): value is RequestType {
  return typeof value === "string" && Object.hasOwn(MESSAGES, value);
}
