import type { Bytes } from "../../crypto/bytes.ts";
import type { ErrorCode } from "../../protocol/error_codes.ts";
import type { ReplyOf, RequestOf } from "../../protocol/messages/message.ts";
import type { Schema } from "../../protocol/schema.ts";
import type { MailStore, Placement } from "../../mailstore/store.ts";
import type { Accounts } from "../vault/accounts.ts";
import type { AtRest } from "../vault/at_rest.ts";
import type { KeyLog } from "../vault/key_log.ts";
import type { LoginTickets } from "../vault/login_tickets.ts";
import type { OpenSession } from "../vault/sessions.ts";
import type { TryKind } from "../vault/try_tags.ts";

/** What all handlers work with. */
export interface Office {
  readonly store: MailStore;
  readonly accounts: Accounts;
  readonly atRest: AtRest;
  readonly keyLog: KeyLog;
  /** Greatest message, attachments included, in bytes before sealing. */
  readonly maxMessageBytes: number;
  /** Time of day in ms since the epoch. */
  now(): number;
  /** Tells the sessions of those who got a mail. */
  announce(messageId: Bytes, entries: readonly Placement[]): void;
  /** Tells the user's other sessions that entries of the mailbox have changed. */
  tellChanged(session: OpenSession): void;
  /** Ends the sessions of a user (by tag), except for the one that asked for what ends them. */
  endSessions(tag: Bytes, code: ErrorCode, except?: OpenSession): void;
  readonly tickets: LoginTickets;
  /** OPAQUE registration request to response, under the user's name. Throws FormatError. */
  passwordResponse(user: string, request: Bytes): Bytes;
  /** Counts what a user may do only so often. Throws ServerError `too_often`. */
  allow(kind: TryKind, user: string): Promise<void>;
}

/** Who asks, as the vault itself has found out at the login, and what can be done about it. */
export interface RequestContext {
  readonly user: string;
  /** Tag of the user's account. */
  readonly tag: Bytes;
  /** Its fingerprint is of the signing key that the directory has for the user. */
  readonly session: OpenSession;
  readonly office: Office;
}

/**
 * Does one kind of request for the user who is logged in. The request has been checked against its
 * schema. Throws ServerError for what the client is told; anything else is the server's failure.
 */
export type Handler<M extends { request: Schema<unknown>; reply: Schema<unknown> }> = (
  context: RequestContext,
  request: RequestOf<M>,
) => Promise<ReplyOf<M>> | ReplyOf<M>;
