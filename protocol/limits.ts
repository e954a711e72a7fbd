/**
 * Every limit of the protocol, in one place, with its unit in its name.
 * Both ends use these; the ones that an administrator may change are also stated by the server in
 * its hello (handshake message M2), and then what the server states counts.
 */

/** Port that `mailsec serve` listens on unless told otherwise. */
export const DEFAULT_PORT = 12_049;

/** Greatest body (typed or from a file), in bytes of UTF-8. */
export const MAX_BODY_BYTES = 1_000_000;
/** Greatest message: body, attachments and MIME structure together, in bytes. */
export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
/** Greatest number of recipients of one mail, the sender's own copy included. */
export const MAX_RECIPIENTS = 200;
/** Greatest title, in bytes of UTF-8. */
export const MAX_TITLE_BYTES = 1000;
/** How much of the body the summary carries, in characters. */
export const PREVIEW_CHARACTERS = 200;

/** Content up to this many bytes travels inside the `send` request; more goes in chunks. */
export const INLINE_CONTENT_BYTES = 128 * 1024;
/** Greatest chunk of content in one request or reply, in bytes. */
export const CONTENT_CHUNK_BYTES = 256 * 1024;
/** Greatest request or reply, in bytes, before it is cut into records. */
export const MAX_PLAINTEXT_MESSAGE_BYTES = 1_500_000;
/** Greatest sealed summary, in bytes. */
export const MAX_SUMMARY_BYTES = 128 * 1024;
/** Greatest MSE1 header, in bytes: 200 recipients at 1555 bytes and the fixed part. */
export const MAX_HEADER_BYTES = 320 * 1024;
/** Greatest sealed entry, in bytes. */
export const MAX_SEALED_ENTRY_BYTES = 64 * 1024;
/**
 * Greatest sealed account state, in bytes: room for 10,000 contacts, or 7,000 if all have the
 * longest of names.
 */
export const MAX_SEALED_STATE_BYTES = 1400 * 1024;
/** Greatest key bundle, in bytes. */
export const MAX_BUNDLE_BYTES = 64 * 1024;

/** A handshake that has not finished by then is dropped. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** A session that has said nothing for so long is ended. */
export const IDLE_TIMEOUT_MS = 15 * 60_000;
/**
 * How often a client says that it is still there. What was not answered by the next time is taken for
 * a dead link, which is so noticed within twice as long.
 */
export const HEARTBEAT_MS = 30_000;

/** Sessions at once, unless the administrator says otherwise. */
export const DEFAULT_MAX_CONNECTIONS = 5;
/** Sessions that one user may hold at once, unless the administrator says otherwise. */
export const DEFAULT_MAX_CONNECTIONS_PER_USER = 3;

/** Names in one `lookup`. */
export const MAX_LOOKUP_USERS = 200;
/** Identity records of one user in one reply: one for each change of keys. */
export const MAX_IDENTITIES_PER_USER = 64;
/** Greatest identity record, in bytes: two public keys and two signatures. */
export const MAX_IDENTITY_BYTES = 16 * 1024;
/** Vouches for the current keys of one user in one reply: the earliest ones. */
export const MAX_VOUCHES_PER_USER = 16;
/** Greatest vouch, in bytes: two names, two hashes and a signature. */
export const MAX_VOUCH_BYTES = 4096;
/** Greatest invite grant, in bytes: two names, four hashes and a signature. */
export const MAX_GRANT_BYTES = 4096;
/** Greatest key log that a client reads, in entries: some hundred for each of 10,000 users. */
export const MAX_LOG_ENTRIES = 1_000_000;
/** Leaves of the key log in one `log_sync`. */
export const LOG_PAGE = 4096;
/** Greatest leaf of the key log, in bytes. */
export const MAX_LOG_LEAF_BYTES = 128;
/** Greatest signed head of the key log, in bytes of UTF-8: a signature in base64 and three lines. */
export const MAX_LOG_HEAD_BYTES = 5 * 1024;
/** A device that is being added has at most so long to join. */
export const MAX_ENROLMENT_MS = 10 * 60_000;
/** Entries in one page of `list`, and in one request for `entries`. */
export const MAX_LIST_PAGE = 200;
/** Mails in one `fetch`. */
export const MAX_FETCH_MAILS = 100;
/** Items in one `put_entry`. */
export const MAX_PUT_ENTRIES = 500;
/** Mails in one `remove_mails`. */
export const MAX_REMOVE_MAILS = 500;
/** Removals in one reply to `changes`. */
export const MAX_REMOVALS_LISTED = 1000;
/** Greatest blob, in bytes. */
export const MAX_BLOB_BYTES = 1024 * 1024;
/** Greatest sum of all blobs of an account, in bytes. */
export const MAX_BLOBS_BYTES = 256 * 1024 * 1024;
/** Blobs in one reply to `list_blobs`. */
export const MAX_LISTED_BLOBS = 1000;
/**
 * A reply that may be cut (`lookup`, `list`, `changes`, `entries`, `fetch`) ends before the item that would
 * make its binary fields longer than this together, in bytes; it always holds at least one item.
 */
export const REPLY_BUDGET_BYTES = 1024 * 1024;
/** Greatest OPAQUE message or record inside a handshake message, in bytes. */
export const MAX_OPAQUE_BYTES = 1024;
/** Greatest registration or recovery payload (handshake message M5R), in bytes. */
export const MAX_REGISTRATION_BYTES = 128 * 1024;
/** Greatest plaintext of handshake message M4R, in bytes: a key bundle and an OPAQUE response. */
export const MAX_REGISTRATION_START_BYTES = MAX_BUNDLE_BYTES + MAX_OPAQUE_BYTES + 64;
/** Greatest plaintext of handshake message M6R, in bytes: a signed head and its index. */
export const MAX_REGISTRATION_RESULT_BYTES = MAX_LOG_HEAD_BYTES + 64;
/** Greatest sealed account state in a registration, in bytes. */
export const MAX_FIRST_STATE_BYTES = 16 * 1024;

/** Requests of one session that the server works on at once; then it stops reading. */
export const MAX_REQUESTS_IN_FLIGHT = 32;
/** Bytes of requests of one session in work at once (a single greater one is let through). */
export const MAX_BYTES_IN_FLIGHT = 4 * 1024 * 1024;
/** Events waiting for a client that does not read; one more ends its session. */
export const MAX_EVENTS_WAITING = 256;
