/** The handler of every request. A request without one does not compile. */

import { validate } from "../../protocol/codec.ts";
import { isRequestType, MESSAGES, type RequestType } from "../../protocol/registry.ts";
import { ServerError } from "../../protocol/error_codes.ts";
import { CodecError } from "../../protocol/codec_error.ts";
import type { Schema } from "../../protocol/schema.ts";
import { handleGetBlob, handleListBlobs, handlePutBlob, handleRemoveBlob } from "./blobs.ts";
import { handleChangeCredentials } from "./change_credentials.ts";
import { handleChanges } from "./changes.ts";
import { handleContent } from "./content.ts";
import { handleEnrolDevice } from "./enrol_device.ts";
import { handleEntries } from "./entries.ts";
import { handleFetch } from "./fetch.ts";
import { handleGetState } from "./get_state.ts";
import type { Handler, RequestContext } from "./handler.ts";
import { handleInviteUser } from "./invite_user.ts";
import { handleList } from "./list.ts";
import { handleLogSync } from "./log_sync.ts";
import { handleLoginTicket } from "./login_ticket.ts";
import { handleLookup } from "./lookup.ts";
import { handlePasswordStart } from "./password_start.ts";
import { handlePing } from "./ping.ts";
import { handlePutEntry } from "./put_entry.ts";
import { handlePutState } from "./put_state.ts";
import { handlePutVouch } from "./put_vouch.ts";
import { handleRemoveMails } from "./remove_mails.ts";
import { handleSend } from "./send.ts";
import { handleSendBegin } from "./send_begin.ts";
import { handleSendChunk } from "./send_chunk.ts";
import { handleSendCommit } from "./send_commit.ts";

const HANDLERS: { readonly [Type in RequestType]: Handler<(typeof MESSAGES)[Type]> } = {
  ping: handlePing,
  lookup: handleLookup,
  send: handleSend,
  send_begin: handleSendBegin,
  send_chunk: handleSendChunk,
  send_commit: handleSendCommit,
  list: handleList,
  changes: handleChanges,
  entries: handleEntries,
  fetch: handleFetch,
  content: handleContent,
  put_entry: handlePutEntry,
  remove_mails: handleRemoveMails,
  put_blob: handlePutBlob,
  get_blob: handleGetBlob,
  list_blobs: handleListBlobs,
  remove_blob: handleRemoveBlob,
  get_state: handleGetState,
  put_state: handlePutState,
  log_sync: handleLogSync,
  put_vouch: handlePutVouch,
  invite_user: handleInviteUser,
  password_start: handlePasswordStart,
  change_credentials: handleChangeCredentials,
  enrol_device: handleEnrolDevice,
  login_ticket: handleLoginTicket,
};

/**
 * Checks a request that came over a port and does it. Returns the body of the reply.
 *
 * @throws {ServerError} what the client is told; `bad_request` for what no client would send.
 */
export async function handleRequest(
  context: RequestContext,
  { type, body }: { type: unknown; body: unknown },
): Promise<unknown> {
  if (!isRequestType(type)) throw new ServerError("bad_request");
  const handler = HANDLERS[type] as Handler<{ request: Schema<unknown>; reply: Schema<unknown> }>;
  return await handler(context, checked(MESSAGES[type].request, body));
}

function checked(schema: Schema<unknown>, body: unknown): unknown {
  try {
    return validate(schema, body);
  } catch (error) {
    if (error instanceof CodecError) throw new ServerError("bad_request");
    throw error;
  }
}
