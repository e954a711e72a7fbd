/**
 * The sessions that are open: who may open one more, and who is told what.
 *
 * Invariants: at most `maxSessions` in all and `maxPerUser` of one user; a session is in here exactly
 * as long as its port has a user's authority.
 */

import { type Bytes, toHex } from "../../crypto/bytes.ts";
import type { Placement } from "../../mailstore/store.ts";
import type { ErrorCode } from "../../protocol/error_codes.ts";
import type { ServerEvent } from "../../protocol/messages/events.ts";

/** Changes of entries are told after so long, many at once. */
const CHANGED_DELAY_MS = 100;

/** One open session. */
export interface OpenSession {
  readonly user: string;
  readonly tag: Bytes;
  /** Of the signing key that the session works with, 32 bytes; another one after new keys. */
  fingerprint: Bytes;
  /** Sends an event to the client. */
  tell(event: ServerEvent): void;
  /** Takes the authority away and ends the connection. */
  end(code: ErrorCode): void;
}

export class Sessions {
  readonly #limits: { readonly maxSessions: number; readonly maxPerUser: number };
  readonly #byTag = new Map<string, Set<OpenSession>>();
  /** Sessions that will be told of changes in a moment. */
  readonly #toldSoon = new Map<OpenSession, ReturnType<typeof setTimeout>>();
  #count = 0;

  constructor(limits: { maxSessions: number; maxPerUser: number }) {
    this.#limits = limits;
  }

  /** Opens a session, or says why not. */
  open(session: OpenSession): ErrorCode | null {
    const key = toHex(session.tag);
    const others = this.#byTag.get(key);
    if (this.#count >= this.#limits.maxSessions) return "server_full";
    if ((others?.size ?? 0) >= this.#limits.maxPerUser) return "too_many_sessions";
    if (others === undefined) this.#byTag.set(key, new Set([session]));
    else others.add(session);
    this.#count += 1;
    return null;
  }

  /** The session has ended. May be called more than once. */
  close(session: OpenSession): void {
    const key = toHex(session.tag);
    const sessions = this.#byTag.get(key);
    if (!sessions?.delete(session)) return;
    this.#count -= 1;
    clearTimeout(this.#toldSoon.get(session));
    this.#toldSoon.delete(session);
    if (sessions.size === 0) this.#byTag.delete(key);
  }

  /** Tells every session of those who got a mail. */
  announce(messageId: Bytes, entries: readonly Placement[]): void {
    for (const { tag, index } of entries) {
      for (const session of this.#byTag.get(toHex(tag)) ?? []) {
        session.tell({ event: "new_mail", body: { index, messageId } });
      }
    }
  }

  /**
   * Tells the user's other sessions that entries have changed, each at most once in a while: what
   * has changed they ask for themselves, and many changes are one piece of news.
   */
  tellChanged(by: OpenSession): void {
    for (const session of this.#byTag.get(toHex(by.tag)) ?? []) {
      if (session === by || this.#toldSoon.has(session)) continue;
      const timer = setTimeout(() => {
        this.#toldSoon.delete(session);
        session.tell({ event: "changed", body: {} });
      }, CHANGED_DELAY_MS);
      this.#toldSoon.set(session, timer);
    }
  }

  /** Ends all sessions of a user, except for the one that asked for what ends them. */
  endAll(tag: Bytes, code: ErrorCode, except?: OpenSession): void {
    for (const session of [...this.#byTag.get(toHex(tag)) ?? []]) {
      if (session !== except) session.end(code);
    }
  }

  /** All sessions that are open now. */
  all(): OpenSession[] {
    return [...this.#byTag.values()].flatMap((sessions) => [...sessions]);
  }

  get size(): number {
    return this.#count;
  }
}
