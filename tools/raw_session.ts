/**
 * Sessions and mails without a mailbox around them, for tests that care about the server only: the
 * mails have the form that the server checks, and noise where it cannot look.
 */
import { ConfigStore } from "../client/config_store.ts";
import { type OpenedSession, openSession } from "../client/session.ts";
import { type Bytes, randomBytes } from "../crypto/bytes.ts";
import { KEM_CIPHERTEXT_BYTES, KEM_KEY_ID_BYTES } from "../crypto/composite_kem.ts";
import { encodeHeader, MESSAGE_ID_BYTES } from "../crypto/envelope_header.ts";
import type { ClientSession, ClientSessionOptions } from "../protocol/client_session.ts";
import { INLINE_CONTENT_BYTES } from "../protocol/limits.ts";
import { list, type MailboxEntry } from "../protocol/messages/list.ts";
import { send } from "../protocol/messages/send.ts";
import { sendBegin } from "../protocol/messages/send_begin.ts";
import { sendChunk } from "../protocol/messages/send_chunk.ts";
import { sendCommit } from "../protocol/messages/send_commit.ts";

export interface RawAccount {
  /** `127.0.0.1:PORT`. */
  server: string;
  user: string;
  password: string;
  /** The client folder in which the server is pinned. */
  config: string;
}

/** Logs in to a server that is pinned. */
export function openRawSession(
  account: RawAccount,
  handlers: Pick<ClientSessionOptions, "onEvent" | "onClose"> = {},
): Promise<OpenedSession> {
  const [host = "", port] = account.server.split(":");
  return openSession({
    address: { host, port: Number(port) },
    user: account.user,
    password: account.password,
    config: new ConfigStore(account.config),
  }, handlers);
}

/** A mail as the server takes it. */
export interface RawMail {
  messageId: Bytes;
  header: Bytes;
  summary: Bytes;
  content: Bytes;
}

/** The sender of a mail: the server checks both. */
export interface RawSender {
  user: string;
  /** Of the signing key, 32 bytes. */
  fingerprint: Bytes;
}

/** A mail of noise to these users, each named once, with that much sealed content. */
export function noiseMail(from: RawSender, users: string[], contentBytes: number): RawMail {
  const messageId = randomBytes(MESSAGE_ID_BYTES);
  const stanzas = users.map((user) => ({
    user,
    keyId: randomBytes(KEM_KEY_ID_BYTES),
    ciphertext: randomBytes(KEM_CIPHERTEXT_BYTES),
    wrap: randomBytes(48),
  }));
  const { user, fingerprint } = from;
  const header = encodeHeader({ messageId, from: user, fromFingerprint: fingerprint, stanzas });
  const [summary, content] = [randomBytes(4096), randomBytes(contentBytes)];
  return { messageId, header, summary, content };
}

/** Delivers a mail, in one piece or in chunks as its size demands; resolves when it is durable. */
export async function deliverRaw(
  session: Pick<ClientSession, "request">,
  mail: RawMail,
): Promise<void> {
  if (mail.content.length <= INLINE_CONTENT_BYTES) {
    await session.request(send, { ...mail, ownEntry: null });
    return;
  }
  const { messageId, header, summary, content } = mail;
  const begun = await session.request(sendBegin, {
    ...{ messageId, header, summary, contentLength: content.length },
  });
  let offset = begun.done ? content.length : begun.received;
  while (offset < content.length) {
    const data = content.slice(offset, offset + INLINE_CONTENT_BYTES);
    ({ received: offset } = await session.request(sendChunk, { messageId, offset, data }));
  }
  await session.request(sendCommit, { messageId, ownEntry: null });
}

/** Every entry of the mailbox, newest first. */
export async function listAll(session: Pick<ClientSession, "request">): Promise<MailboxEntry[]> {
  const all: MailboxEntry[] = [];
  for (;;) {
    const before = all.at(-1)?.index ?? null;
    const { entries } = await session.request(list, { before, limit: 200 });
    if (entries.length === 0) return all;
    all.push(...entries);
  }
}
