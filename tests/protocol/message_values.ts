/** Arbitrary messages for property tests, written down apart from the schemas they must fit. */
import fc from "fast-check";
import type { Bytes } from "../../crypto/bytes.ts";
import type { ServerEvent } from "../../protocol/messages/events.ts";
import type { RequestType } from "../../protocol/registry.ts";

function bytesOf(minLength: number, maxLength: number): fc.Arbitrary<Bytes> {
  return fc.oneof(
    {
      weight: 9,
      arbitrary: fc.uint8Array({
        minLength,
        maxLength: Math.min(maxLength, Math.max(minLength, 300)),
      }),
    },
    { weight: 1, arbitrary: fc.constant(new Uint8Array(maxLength).fill(7)) },
  ).map((bytes) => new Uint8Array(bytes));
}

const user = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,31}$/);
const messageId = bytesOf(16, 16);
const natural = fc.maxSafeNat();
const revision = fc.nat({ max: 0xffff_ffff });
const index = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const header = bytesOf(1, 320 * 1024);
const summary = bytesOf(1, 128 * 1024);
const sealedEntry = bytesOf(1, 64 * 1024);
const sealedState = bytesOf(1, 1400 * 1024);
const blob = bytesOf(1, 1024 * 1024);
const opaque = bytesOf(1, 1024);
const vouch = bytesOf(1, 4096);
const signature = bytesOf(3373, 3373);
const head = fc.string({ unit: "binary", minLength: 1, maxLength: 200 });
const entries = fc.array(
  fc.record({
    index,
    messageId,
    arrived: natural,
    contentLength: natural,
    revision,
    sealed: fc.option(bytesOf(1, 300)),
  }),
  { maxLength: 20 },
);
const nothing = fc.constant({});

export const REQUESTS: Record<RequestType, fc.Arbitrary<unknown>> = {
  ping: nothing,
  lookup: fc.record({ users: fc.array(user, { minLength: 1, maxLength: 200 }) }),
  send: fc.record({
    ...{ messageId, header, summary, content: bytesOf(1, 128 * 1024) },
    ownEntry: fc.option(sealedEntry),
  }),
  send_begin: fc.record({ messageId, header, summary, contentLength: index }),
  send_chunk: fc.record({ messageId, offset: natural, data: bytesOf(1, 256 * 1024) }),
  send_commit: fc.record({ messageId, ownEntry: fc.option(sealedEntry) }),
  list: fc.record({ before: fc.option(index), limit: fc.integer({ min: 1, max: 200 }) }),
  entries: fc.record({
    indices: fc.array(index, { maxLength: 200 }),
    messageIds: fc.array(messageId, { maxLength: 200 }),
  }),
  fetch: fc.record({ messageIds: fc.array(messageId, { minLength: 1, maxLength: 100 }) }),
  content: fc.record({
    messageId,
    offset: natural,
    length: fc.integer({ min: 1, max: 256 * 1024 }),
  }),
  put_entry: fc.record({
    items: fc.array(fc.record({ messageId, revision, sealed: sealedEntry }), {
      minLength: 1,
      maxLength: 15,
    }),
  }),
  changes: fc.record({ since: natural, limit: fc.integer({ min: 1, max: 200 }) }),
  remove_mails: fc.record({
    messageIds: fc.array(messageId, { minLength: 1, maxLength: 500 }),
  }),
  put_blob: fc.record({ name: messageId, revision, sealed: blob }),
  get_blob: fc.record({ name: messageId }),
  list_blobs: fc.record({ after: fc.option(messageId) }),
  remove_blob: fc.record({ name: messageId, revision }),
  get_state: nothing,
  put_state: fc.record({ revision, sealed: sealedState }),
  log_sync: fc.record({ from: natural }),
  put_vouch: fc.record({ vouch }),
  invite_user: fc.record({ grant: bytesOf(1, 4096), reset: fc.boolean() }),
  password_start: fc.record({ request: opaque }),
  change_credentials: fc.record({
    record: fc.option(opaque),
    recoveryHash: fc.option(bytesOf(32, 32)),
    identity: fc.option(bytesOf(1, 16 * 1024)),
    bundle: bytesOf(1, 64 * 1024),
    signature,
  }),
  enrol_device: fc.record({ wrap: fc.option(bytesOf(72, 72)), expires: natural }),
  login_ticket: nothing,
};

export const REPLIES: Record<RequestType, fc.Arbitrary<unknown>> = {
  ping: fc.record({ time: natural }),
  lookup: fc.record({
    results: fc.array(
      fc.record({
        user,
        status: fc.constantFrom("active", "disabled", "unknown"),
        identities: fc.array(bytesOf(1, 16 * 1024), { maxLength: 4 }),
        vouches: fc.array(vouch, { maxLength: 16 }),
      }),
      { minLength: 1, maxLength: 10 },
    ),
  }),
  send: fc.record({ arrived: natural }),
  send_begin: fc.record({ received: natural, done: fc.boolean() }),
  send_chunk: fc.record({ received: natural }),
  send_commit: fc.record({ arrived: natural }),
  list: fc.record({ total: natural, modseq: natural, entries }),
  changes: fc.record({
    reset: fc.boolean(),
    next: natural,
    more: fc.boolean(),
    entries,
    removed: fc.array(index, { maxLength: 1000 }),
  }),
  remove_mails: fc.record({ removed: natural }),
  put_blob: fc.record({ revision }),
  get_blob: fc.record({ revision, sealed: fc.option(blob) }),
  list_blobs: fc.record({
    blobs: fc.array(fc.record({ name: messageId, revision, bytes: natural }), { maxLength: 1000 }),
    more: fc.boolean(),
  }),
  remove_blob: nothing,
  entries: fc.record({ entries }),
  fetch: fc.record({
    mails: fc.array(fc.record({ messageId, header, summary }), { maxLength: 4 }),
  }),
  content: fc.record({ data: bytesOf(0, 256 * 1024), total: natural }),
  put_entry: fc.record({
    results: fc.array(fc.record({ messageId, revision, ok: fc.boolean(), modseq: natural }), {
      maxLength: 100,
    }),
  }),
  get_state: fc.record({ revision, sealed: fc.option(sealedState) }),
  put_state: fc.record({ revision }),
  log_sync: fc.record({ head, leaves: fc.array(bytesOf(1, 128), { maxLength: 300 }) }),
  put_vouch: nothing,
  invite_user: fc.record({ expires: natural }),
  password_start: fc.record({ response: opaque }),
  change_credentials: fc.record({ receipt: fc.option(fc.record({ index: natural, head })) }),
  enrol_device: nothing,
  login_ticket: fc.record({ ticket: bytesOf(48, 48) }),
};

export const SERVER_EVENTS: fc.Arbitrary<ServerEvent> = fc.oneof(
  fc.record({
    event: fc.constant("new_mail" as const),
    body: fc.record({ index, messageId }),
  }),
  fc.record({ event: fc.constant("changed" as const), body: fc.constant({}) }),
  fc.record({
    event: fc.constant("closing" as const),
    body: fc.record({
      reason: fc.constantFrom(
        "shutting_down" as const,
        "disabled" as const,
        "credentials_changed" as const,
      ),
    }),
  }),
);
