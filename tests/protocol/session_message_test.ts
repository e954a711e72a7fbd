import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { encode as encodeCbor } from "cborg";
import { CodecError } from "../../protocol/codec_error.ts";
import { ERROR_CODES, errorText, isErrorCode } from "../../protocol/error_codes.ts";
import type { RequestType } from "../../protocol/registry.ts";
import { MESSAGES } from "../../protocol/registry.ts";
import type { Schema } from "../../protocol/schema.ts";
import {
  decodeFromServer,
  decodeRequest,
  encodeErrorReply,
  encodeEvent,
  encodeReply,
  encodeRequest,
} from "../../protocol/session_message.ts";
import { REPLIES, REQUESTS, SERVER_EVENTS } from "./message_values.ts";

const TYPES = Object.keys(MESSAGES) as RequestType[];
const ids = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

function message(type: RequestType): { request: Schema<unknown>; reply: Schema<unknown> } {
  return MESSAGES[type];
}

/** Everything was asked, and the answer is a `ping`'s. */
const anyPing = () => MESSAGES.ping.reply;

Deno.test("session message: requests, replies and events survive the wire", () => {
  for (const type of TYPES) {
    const { request, reply } = message(type);
    fc.assert(
      fc.property(ids, REQUESTS[type], REPLIES[type], (id, body, answer) => {
        const asked = encodeRequest({ id, type, request }, body);
        assertEquals(decodeRequest(asked), { id, type, body });
        const answered = encodeReply(id, type, answer);
        assertEquals(decodeFromServer(answered, () => reply), { id, body: answer });
      }),
      { numRuns: 10 },
    );
  }
  fc.assert(fc.property(SERVER_EVENTS, (event) => {
    assertEquals(decodeFromServer(encodeEvent(event), () => undefined), event);
  }));
});

Deno.test("session message: an error reply carries its code and names", () => {
  for (const code of ERROR_CODES) {
    const names = ["alice", "bob"];
    const received = decodeFromServer(encodeErrorReply(4, code, names), anyPing);
    assertEquals(received, { id: 4, error: code, names });
  }
});

Deno.test("session message: random bytes throw nothing but CodecError", () => {
  const inputs = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.uint8Array({ maxLength: 30 }).map((tail) => Uint8Array.of(0x83, 1, ...tail)),
    fc.uint8Array({ maxLength: 30 }).map((tail) => Uint8Array.of(0x83, 0, 0x68, ...tail)),
  );
  const readers = [decodeRequest, (bytes: Uint8Array) => decodeFromServer(bytes, anyPing)];
  fc.assert(
    fc.property(inputs, fc.constantFrom(...readers), (bytes, read) => {
      try {
        read(bytes);
      } catch (error) {
        assert(error instanceof CodecError, `threw ${error}`);
      }
    }),
    { numRuns: 5000 },
  );
});

Deno.test("session message: a request of allowed parts that is too long as a whole is refused", () => {
  const item = { messageId: new Uint8Array(16), revision: 0, sealed: new Uint8Array(64 * 1024) };
  const request = (count: number) =>
    encodeRequest({ id: 1, ...MESSAGES.put_entry }, { items: new Array(count).fill(item) });
  assert(request(22).length < 1_500_000);
  assertThrows(() => request(23), CodecError);
});

const ANSWERABLE: [string, unknown][] = [
  ["an unknown type", [1, "format_disk", []]],
  ["a type that every object has", [1, "toString", []]],
  ["a type that is no text", [1, 2, []]],
  ["a body of another message", [1, "send", []]],
  ["a body that is no struct", [1, "ping", 1]],
];
for (const [what, value] of ANSWERABLE) {
  Deno.test(`session message: a request with ${what} still has an id to answer`, () => {
    const received = decodeRequest(encodeCbor(value));
    assertEquals(received.id, 1);
    assert("problem" in received);
  });
}

for (const value of [[0, "ping", []], [-1, "ping", []], [1, "ping"], [1, "ping", [], 1], "ping"]) {
  Deno.test(`session message: ${JSON.stringify(value)} is no request`, () => {
    assertThrows(() => decodeRequest(encodeCbor(value)), CodecError);
  });
}

const NO_REPLIES: [string, unknown][] = [
  ["a reply that nobody asked for", [8, 0, [1]]],
  ["a body of another message", [7, 0, [1, true]]],
  ["an unknown kind", [7, 2, [1]]],
  ["an error without names", [7, 1, "busy"]],
  ["an error of an unknown code", [7, 1, "on_fire", []]],
  ["a success with names", [7, 0, [1], []]],
  ["an unknown event", [0, "old_mail", []]],
  ["an event's bad body", [0, "new_mail", [0, new Uint8Array(16)]]],
  ["an event too long", [0, "closing", ["disabled"], 1]],
  ["no array", 7],
  ["nothing in an array", []],
];
for (const [what, value] of NO_REPLIES) {
  Deno.test(`session message: from a server, ${what} is refused`, () => {
    const replySchema = (id: number) => id === 7 ? MESSAGES.ping.reply : undefined;
    assertThrows(() => decodeFromServer(encodeCbor(value), replySchema), CodecError);
  });
}

Deno.test("error codes: every code has a text and a hint for people", () => {
  for (const code of ERROR_CODES) {
    const { text, hint } = errorText(code);
    assert(text.length > 0 && hint.length > 0);
    assert(isErrorCode(code));
  }
  for (const other of ["toString", "", "SERVER_FULL", 1, null]) assert(!isErrorCode(other));
});
