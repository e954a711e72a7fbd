import { assertEquals, assertThrows } from "@std/assert";
import type { Bytes } from "../../crypto/bytes.ts";
import { encode, validate } from "../../protocol/codec.ts";
import { CodecError } from "../../protocol/codec_error.ts";
import { FRAME_LENGTHS, FrameType } from "../../protocol/frame.ts";
import { MAX_PLAINTEXT_MESSAGE_BYTES } from "../../protocol/limits.ts";
import { logReceipt } from "../../protocol/messages/fields.ts";
import { recovery, recoveryStart } from "../../protocol/messages/recovery.ts";
import { registration, registrationStart } from "../../protocol/messages/registration.ts";
import { MESSAGES } from "../../protocol/registry.ts";
import type { Schema } from "../../protocol/schema.ts";
import { HANDSHAKE_CALLS } from "../../protocol/vault_port.ts";

const id = new Uint8Array(16);
const one = new Uint8Array(1);
const header = one;
const summary = one;
const KIB = 1024;
const SAFE = Number.MAX_SAFE_INTEGER;

function zeros(n: number): Bytes {
  return new Uint8Array(Math.max(n, 0));
}

function times<T>(n: number, item: T): T[] {
  return new Array<T>(Math.max(n, 0)).fill(item);
}

interface Limit {
  what: string;
  schema: Schema<unknown>;
  min: number;
  max: number;
  /** A body in which the limited thing is `n`. */
  body(n: number): unknown;
}

const parts = {
  record: one,
  identity: one,
  bundle: one,
  state: one,
  recoveryHash: zeros(32),
};
const recovered = { record: one, bundle: one, signature: zeros(3373) };
const changed = { ...recovered, recoveryHash: null, identity: null };
const entry = { index: 1, messageId: id, arrived: 0, contentLength: 0, revision: 0, sealed: null };
const found = { user: "a", status: "unknown", identities: [], vouches: [] };
const { request: lookup, reply: lookupReply } = MESSAGES.lookup;

function limit(
  what: string,
  schema: Schema<unknown>,
  range: [min: number, max: number],
): (body: (n: number) => unknown) => Limit {
  return (body) => ({ what, schema, min: range[0], max: range[1], body });
}

const LIMITS: Limit[] = [
  limit("lookup: users", lookup, [1, 200])((n) => ({ users: times(n, "alice") })),
  limit("lookup: a name", lookup, [1, 32])((n) => ({ users: ["a".repeat(n)] })),
  limit("lookup: results", lookupReply, [1, 200])((n) => ({ results: times(n, found) })),
  limit("lookup: identities", lookupReply, [0, 64])((n) => ({
    results: [{ ...found, identities: times(n, one) }],
  })),
  limit("lookup: an identity", lookupReply, [1, 16 * KIB])((n) => ({
    results: [{ ...found, identities: [zeros(n)] }],
  })),
  limit("send: id", MESSAGES.send.request, [16, 16])((n) => ({
    messageId: zeros(n),
    header,
    summary,
    content: one,
    ownEntry: null,
  })),
  limit("send: header", MESSAGES.send.request, [1, 320 * KIB])((n) => ({
    messageId: id,
    header: zeros(n),
    summary,
    content: one,
    ownEntry: null,
  })),
  limit("send: summary", MESSAGES.send.request, [1, 128 * KIB])((n) => ({
    messageId: id,
    header,
    summary: zeros(n),
    content: one,
    ownEntry: null,
  })),
  limit("send: content", MESSAGES.send.request, [1, 128 * KIB])((n) => ({
    messageId: id,
    header,
    summary,
    content: zeros(n),
    ownEntry: null,
  })),
  limit("send: own entry", MESSAGES.send.request, [1, 64 * KIB])((n) => ({
    ...{ messageId: id, header, summary, content: one },
    ownEntry: zeros(n),
  })),
  limit("send_begin: length", MESSAGES.send_begin.request, [1, SAFE])((n) => ({
    messageId: id,
    header,
    summary,
    contentLength: n,
  })),
  limit("send_chunk: data", MESSAGES.send_chunk.request, [1, 256 * KIB])((n) => ({
    messageId: id,
    offset: 0,
    data: zeros(n),
  })),
  limit("send_chunk: offset", MESSAGES.send_chunk.request, [0, SAFE])((n) => ({
    messageId: id,
    offset: n,
    data: one,
  })),
  limit("list: limit", MESSAGES.list.request, [1, 200])((n) => ({ before: null, limit: n })),
  limit("list: before", MESSAGES.list.request, [1, SAFE])((n) => ({ before: n, limit: 1 })),
  limit("list: entries", MESSAGES.list.reply, [0, 200])((n) => ({
    total: 0,
    modseq: 0,
    entries: times(n, entry),
  })),
  limit("list: sealed entry", MESSAGES.list.reply, [1, 64 * KIB])((n) => ({
    total: 0,
    modseq: 0,
    entries: [{ ...entry, sealed: zeros(n) }],
  })),
  limit("list: revision", MESSAGES.list.reply, [0, 0xffff_ffff])((n) => ({
    total: 0,
    modseq: 0,
    entries: [{ ...entry, revision: n }],
  })),
  limit("changes: limit", MESSAGES.changes.request, [1, 200])((n) => ({ since: 0, limit: n })),
  limit("changes: entries", MESSAGES.changes.reply, [0, 200])((n) => ({
    ...{ reset: false, next: 0, more: false, removed: [] },
    entries: times(n, entry),
  })),
  limit("changes: removed", MESSAGES.changes.reply, [0, 1000])((n) => ({
    ...{ reset: false, next: 0, more: false, entries: [] },
    removed: times(n, 1),
  })),
  limit("remove_mails: ids", MESSAGES.remove_mails.request, [1, 500])((n) => ({
    messageIds: times(n, id),
  })),
  limit("put_blob: name", MESSAGES.put_blob.request, [16, 16])((n) => ({
    ...{ name: zeros(n), revision: 0, sealed: one },
  })),
  limit("put_blob: sealed", MESSAGES.put_blob.request, [1, 1024 * KIB])((n) => ({
    ...{ name: id, revision: 0, sealed: zeros(n) },
  })),
  limit("list_blobs: blobs", MESSAGES.list_blobs.reply, [0, 1000])((n) => ({
    ...{ blobs: times(n, { name: id, revision: 1, bytes: 1 }), more: false },
  })),
  limit("entries: indices", MESSAGES.entries.request, [0, 200])((n) => ({
    indices: times(n, 1),
    messageIds: [],
  })),
  limit("entries: ids", MESSAGES.entries.request, [0, 200])((n) => ({
    indices: [],
    messageIds: times(n, id),
  })),
  limit("entries: found", MESSAGES.entries.reply, [0, 400])((n) => ({ entries: times(n, entry) })),
  limit("fetch: ids", MESSAGES.fetch.request, [1, 100])((n) => ({ messageIds: times(n, id) })),
  limit("fetch: mails", MESSAGES.fetch.reply, [0, 100])((n) => ({
    mails: times(n, { messageId: id, header, summary }),
  })),
  limit("content: length", MESSAGES.content.request, [1, 256 * KIB])((n) => ({
    messageId: id,
    offset: 0,
    length: n,
  })),
  limit("content: data", MESSAGES.content.reply, [0, 256 * KIB])((n) => ({
    data: zeros(n),
    total: 0,
  })),
  limit("put_entry: items", MESSAGES.put_entry.request, [1, 500])((n) => ({
    items: times(n, { messageId: id, revision: 0, sealed: one }),
  })),
  limit("put_entry: sealed", MESSAGES.put_entry.request, [1, 64 * KIB])((n) => ({
    items: [{ messageId: id, revision: 0, sealed: zeros(n) }],
  })),
  limit("put_state: sealed", MESSAGES.put_state.request, [1, 1400 * KIB])((n) => ({
    revision: 0,
    sealed: zeros(n),
  })),
  limit("lookup: vouches", lookupReply, [0, 16])((n) => ({
    results: [{ ...found, vouches: times(n, one) }],
  })),
  limit("lookup: a vouch", lookupReply, [1, 4 * KIB])((n) => ({
    results: [{ ...found, vouches: [zeros(n)] }],
  })),
  limit("log_sync: from", MESSAGES.log_sync.request, [0, SAFE])((n) => ({ from: n })),
  limit("log_sync: leaves", MESSAGES.log_sync.reply, [0, 4096])((n) => ({
    head: "h",
    leaves: times(n, one),
  })),
  limit("log_sync: a leaf", MESSAGES.log_sync.reply, [1, 128])((n) => ({
    head: "h",
    leaves: [zeros(n)],
  })),
  limit("log_sync: head", MESSAGES.log_sync.reply, [1, 5 * KIB])((n) => ({
    head: "h".repeat(n),
    leaves: [],
  })),
  limit("put_vouch: vouch", MESSAGES.put_vouch.request, [1, 4 * KIB])((n) => ({
    vouch: zeros(n),
  })),
  limit("invite_user: grant", MESSAGES.invite_user.request, [1, 4 * KIB])((n) => ({
    grant: zeros(n),
    reset: false,
  })),
  limit("password_start: request", MESSAGES.password_start.request, [1, KIB])((n) => ({
    request: zeros(n),
  })),
  limit("password_start: response", MESSAGES.password_start.reply, [1, KIB])((n) => ({
    response: zeros(n),
  })),
  limit("change_credentials: bundle", MESSAGES.change_credentials.request, [1, 64 * KIB])((n) => ({
    ...changed,
    bundle: zeros(n),
  })),
  limit("change_credentials: record", MESSAGES.change_credentials.request, [1, KIB])((n) => ({
    ...changed,
    record: zeros(n),
  })),
  limit("change_credentials: recovery", MESSAGES.change_credentials.request, [32, 32])((n) => ({
    ...changed,
    recoveryHash: zeros(n),
  })),
  limit("change_credentials: identity", MESSAGES.change_credentials.request, [1, 16 * KIB])((
    n,
  ) => ({ ...changed, identity: zeros(n) })),
  limit("change_credentials: signature", MESSAGES.change_credentials.request, [3373, 3373])((
    n,
  ) => ({ ...changed, signature: zeros(n) })),
  limit("enrol_device: wrap", MESSAGES.enrol_device.request, [72, 72])((n) => ({
    wrap: zeros(n),
    expires: 1,
  })),
  limit("login_ticket: ticket", MESSAGES.login_ticket.reply, [48, 48])((n) => ({
    ticket: zeros(n),
  })),
  limit("registration: recovery hash", registration, [32, 32])((n) => ({
    ...parts,
    recoveryHash: zeros(n),
  })),
  limit("registration start: grant", registrationStart, [1, 4 * KIB])((n) => ({
    response: one,
    grant: zeros(n),
  })),
  limit("recovery start: bundle", recoveryStart, [1, 64 * KIB])((n) => ({
    response: one,
    bundle: zeros(n),
  })),
  limit("recovery: bundle", recovery, [1, 64 * KIB])((n) => ({ ...recovered, bundle: zeros(n) })),
  limit("recovery: signature", recovery, [3373, 3373])((n) => ({
    ...recovered,
    signature: zeros(n),
  })),
  limit("registration: OPAQUE record", registration, [1, KIB])((n) => ({
    ...parts,
    record: zeros(n),
  })),
  limit("registration: identity", registration, [1, 16 * KIB])((n) => ({
    ...parts,
    identity: zeros(n),
  })),
  limit("registration: bundle", registration, [1, 64 * KIB])((n) => ({
    ...parts,
    bundle: zeros(n),
  })),
  limit("registration: state", registration, [1, 16 * KIB])((n) => ({
    ...parts,
    state: zeros(n),
  })),
  limit("vault: kem ciphertext", HANDSHAKE_CALLS.decapsulate.args, [1472, 1472])((n) => ({
    keyId: zeros(8),
    ciphertext: zeros(n),
  })),
  limit("vault: KE1", HANDSHAKE_CALLS.loginStart.args, [1, KIB])((n) => ({
    user: "alice",
    ke1: zeros(n),
    ticket: null,
  })),
  limit("vault: ticket", HANDSHAKE_CALLS.loginStart.args, [48, 48])((n) => ({
    user: "alice",
    ke1: one,
    ticket: zeros(n),
  })),
  limit("vault: proof of a recovery code", HANDSHAKE_CALLS.recoverStart.args, [32, 32])((n) => ({
    user: "alice",
    auth: zeros(n),
    request: one,
  })),
  limit("vault: invite token", HANDSHAKE_CALLS.registerStart.args, [32, 32])((n) => ({
    user: "alice",
    token: zeros(n),
    request: one,
  })),
];

for (const { what, schema, min, max, body } of LIMITS) {
  Deno.test(`limits: ${what} may be ${min} to ${max}, no less and no more`, () => {
    for (const n of new Set([min, Math.min(min + 1, max), Math.max(max - 1, min), max])) {
      assertEquals(validate(schema, body(n)), body(n));
    }
    if (min > 0) assertThrows(() => validate(schema, body(min - 1)), CodecError);
    assertThrows(() => validate(schema, body(max + 1)), CodecError);
  });
}

Deno.test("limits: the greatest single requests fit one message", () => {
  const greatest: [Schema<unknown>, unknown][] = [
    [MESSAGES.send.request, {
      messageId: id,
      header: zeros(320 * KIB),
      summary: zeros(128 * KIB),
      content: zeros(128 * KIB),
      ownEntry: zeros(64 * KIB),
    }],
    [MESSAGES.put_blob.request, { name: id, revision: 1, sealed: zeros(1024 * KIB) }],
    [MESSAGES.remove_mails.request, { messageIds: times(500, id) }],
    [MESSAGES.list_blobs.reply, {
      blobs: times(1000, { name: id, revision: 0xffff_ffff, bytes: SAFE }),
      more: true,
    }],
    [MESSAGES.put_state.request, { revision: 1, sealed: zeros(1400 * KIB) }],
    [MESSAGES.lookup.request, { users: times(200, "a".repeat(32)) }],
    [MESSAGES.entries.request, { indices: times(200, SAFE), messageIds: times(200, id) }],
    [MESSAGES.fetch.reply, {
      mails: [{ messageId: id, header: zeros(320 * KIB), summary: zeros(128 * KIB) }],
    }],
    [MESSAGES.lookup.reply, {
      results: [{
        ...found,
        identities: times(64, zeros(16 * KIB)),
        vouches: times(16, zeros(4 * KIB)),
      }],
    }],
    [MESSAGES.log_sync.reply, { head: "h".repeat(5 * KIB), leaves: times(4096, zeros(128)) }],
  ];
  for (const [schema, value] of greatest) {
    const { length } = encode(schema, value);
    assertEquals(length < MAX_PLAINTEXT_MESSAGE_BYTES, true, `${length} bytes`);
  }
});

Deno.test("limits: the greatest parts of a registration and a recovery fit their frames", () => {
  const tag = 16;
  const greatest: [FrameType, number][] = [
    [
      FrameType.M4R,
      encode(recoveryStart, { response: zeros(KIB), bundle: zeros(64 * KIB) }).length,
    ],
    [FrameType.M4R, encode(registrationStart, { response: one, grant: zeros(4 * KIB) }).length],
    [
      FrameType.M5R,
      encode(registration, {
        record: zeros(KIB),
        identity: zeros(16 * KIB),
        bundle: zeros(64 * KIB),
        state: zeros(16 * KIB),
        recoveryHash: zeros(32),
      }).length,
    ],
    [
      FrameType.M6R,
      1 + encode(logReceipt, { index: SAFE, head: "h".repeat(5 * KIB) }).length,
    ],
  ];
  for (const [type, length] of greatest) {
    assertEquals(length + tag <= FRAME_LENGTHS[type][1], true, `${type}: ${length} bytes`);
  }
});

Deno.test("limits: names that are no user names are refused everywhere", () => {
  for (const name of ["", "Alice", "-a", ".a", "a b", "a\n", "ä", "\u212a", "a".repeat(33)]) {
    assertThrows(() => validate(lookup, { users: [name] }), CodecError);
  }
});
