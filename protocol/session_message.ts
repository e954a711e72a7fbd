/**
 * The messages inside the records of an open session. On the wire, positional CBOR:
 *
 *     request      C→S  [id, type, body]            id from 1, chosen by the client
 *     reply        S→C  [id, 0, body]
 *     error reply  S→C  [id, 1, code, [name, …]]
 *     event        S→C  [0, name, body]
 *
 * Decoding needs to know what is read: a request by its type, a reply by what was asked under its
 * id. Every function throws CodecError and nothing else.
 *
 * Bytes: docs/protocol.md, 7.
 */
import type { Bytes } from "../crypto/bytes.ts";
import { encodePacked } from "./codec.ts";
import { CodecError } from "./codec_error.ts";
import type { ErrorCode } from "./error_codes.ts";
import { ERROR_CODES } from "./error_codes.ts";
import { Lexer } from "./lexer.ts";
import { MAX_LOOKUP_USERS, MAX_PLAINTEXT_MESSAGE_BYTES } from "./limits.ts";
import type { ServerEvent } from "./messages/events.ts";
import { EVENTS, isEventName } from "./messages/events.ts";
import type { RequestType } from "./registry.ts";
import { isRequestType, MESSAGES } from "./registry.ts";
import type { Schema } from "./schema.ts";
import { list, oneOf, text, uint } from "./schema.ts";

const requestId = uint({ min: 1 });
const requestType = text({ min: 1, max: 32 });
const replyKind = uint({ max: 1 });
const errorCode = oneOf(...ERROR_CODES);

/** The names in an error reply. */
export const errorNames = list(text({ max: 64 }), { max: MAX_LOOKUP_USERS });

const EVENT_ID = 0;
const OK = 0;
const ERROR = 1;

/** A request as the server reads it. One that cannot be understood still has an id to answer. */
export type ReceivedRequest =
  | { readonly id: number; readonly type: RequestType; readonly body: unknown }
  | { readonly id: number; readonly problem: CodecError };

export type ReceivedReply =
  | { readonly id: number; readonly body: unknown }
  | { readonly id: number; readonly error: ErrorCode; readonly names: readonly string[] };

/** `request` is the schema of the body; all of it is at most MAX_PLAINTEXT_MESSAGE_BYTES. */
export function encodeRequest<T>(
  head: { id: number; type: string; request: Schema<T> },
  body: T,
): Bytes {
  const { id, type, request } = head;
  const bytes = encodePacked([requestId.check(id), type, request.pack(request.check(body))]);
  if (bytes.length > MAX_PLAINTEXT_MESSAGE_BYTES) {
    throw new CodecError(`a request of ${bytes.length} bytes`);
  }
  return bytes;
}

/** Throws only when not even an id can be read: then there is nobody to answer. */
export function decodeRequest(bytes: Uint8Array): ReceivedRequest {
  const lexer = new Lexer(bytes);
  if (lexer.array() !== 3) throw new CodecError("not a request");
  const id = requestId.read(lexer);
  try {
    const type = requestType.read(lexer);
    if (!isRequestType(type)) throw new CodecError("unknown type of request");
    const body: unknown = MESSAGES[type].request.read(lexer);
    lexer.end();
    return { id, type, body };
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    return { id, problem: error };
  }
}

/** `body` is what the vault answered; it is checked like anything else. */
export function encodeReply(id: number, type: RequestType, body: unknown): Bytes {
  const schema: Schema<unknown> = MESSAGES[type].reply;
  return encodePacked([requestId.check(id), OK, schema.pack(schema.check(body))]);
}

export function encodeErrorReply(id: number, code: ErrorCode, names: readonly string[]): Bytes {
  return encodePacked([requestId.check(id), ERROR, errorCode.check(code), errorNames.check(names)]);
}

export function encodeEvent(event: ServerEvent): Bytes {
  const schema: Schema<unknown> = EVENTS[event.event];
  return encodePacked([EVENT_ID, event.event, schema.pack(schema.check(event.body))]);
}

/**
 * Reads what a server sent. `replySchema` gives the schema of the reply for an id that was asked
 * under, and undefined for any other.
 */
export function decodeFromServer(
  bytes: Uint8Array,
  replySchema: (id: number) => Schema<unknown> | undefined,
): ReceivedReply | ServerEvent {
  const lexer = new Lexer(bytes);
  const length = lexer.array();
  const id = lexer.uint();
  const received = id === EVENT_ID
    ? readEvent(lexer, length)
    : readReply(lexer, { id, length, schema: replySchema(id) });
  lexer.end();
  return received;
}

function readEvent(lexer: Lexer, length: number): ServerEvent {
  const event = lexer.text();
  if (length !== 3 || !isEventName(event)) throw new CodecError("unknown event");
  return { event, body: EVENTS[event].read(lexer) } as ServerEvent;
}

function readReply(
  lexer: Lexer,
  reply: { id: number; length: number; schema: Schema<unknown> | undefined },
): ReceivedReply {
  const { id, length, schema } = reply;
  if (schema === undefined) throw new CodecError("a reply to nothing that was asked");
  const kind = replyKind.read(lexer);
  if (length !== (kind === OK ? 3 : 4)) throw new CodecError("not a reply");
  if (kind === OK) return { id, body: schema.read(lexer) };
  return { id, error: errorCode.read(lexer), names: errorNames.read(lexer) };
}
