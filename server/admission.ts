/**
 * Who is let in at the front door: not more than the server has places for, not too often from one
 * address, not too many handshakes at once. Whoever is not let in is told so.
 */

import type { Refusal } from "../protocol/frame.ts";
import { type Handshake, HandshakeAllowance } from "./handshake_allowance.ts";
import { sourceOf, TokenBuckets } from "./limiter.ts";
import { Refusals } from "./refusals.ts";

/** A connection that comes while the server is full is refused after so long, in ms. */
const FULL_GRACE_MS = 100;
/** Connections that wait at a full server, at most. */
const MAX_AT_THE_DOOR = 64;

export interface AdmissionOptions {
  /** Time in ms; need not be the time of day. */
  readonly now: () => number;
  /** Whether all places for sessions are taken. */
  readonly isFull: () => boolean;
  /**
   * A connection that may begin a handshake, once there is a place for it: makes the handshake of
   * it.
   */
  readonly admit: (socket: Deno.TcpConn, source: string) => Handshake;
  /** The handshake found no place after all; the connection is being refused. */
  readonly turnedAway: (handshake: Handshake) => void;
}

/** Has no timer: call `tick` a few times a second. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #tokens: TokenBuckets;
  readonly #allowance: HandshakeAllowance;
  readonly #refusals = new Refusals();
  /** Came while the server was full, and since when: a place may be free in the next moment. */
  readonly #waiting = new Map<Deno.TcpConn, number>();
  #refused = new Map<Refusal, number>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#tokens = new TokenBuckets(options.now);
    this.#allowance = new HandshakeAllowance(options.now);
  }

  /** A new connection. */
  welcome(socket: Deno.TcpConn): void {
    if (!this.#options.isFull()) return this.#admit(socket);
    if (this.#waiting.size >= MAX_AT_THE_DOOR) return this.#refuse(socket, "server_full");
    this.#waiting.set(socket, this.#options.now());
  }

  /** The handshake is over, one way or another. May be called more than once. */
  leave(handshake: Handshake): void {
    this.#allowance.leave(handshake);
  }

  /** The handshake ended in a login: it does not count against its source. */
  giveBack(handshake: Handshake): void {
    this.#tokens.giveBack(handshake.source);
  }

  /**
   * Lets those in who came while the server was full, as far as places have become free: whoever
   * reconnects must not be refused because her own goodbye is still on its way through a worker.
   */
  placeIsFree(): void {
    const { isFull, now } = this.#options;
    for (const [socket, since] of this.#waiting) {
      if (isFull() && now() - since < FULL_GRACE_MS) continue;
      this.#waiting.delete(socket);
      if (isFull()) this.#refuse(socket, "server_full");
      else this.#admit(socket);
    }
  }

  /** Gives places to those that wait, or refuses them. Returns how many were refused since last. */
  tick(): ReadonlyMap<Refusal, number> {
    this.#allowance.tick();
    this.placeIsFree();
    const refused = this.#refused;
    this.#refused = new Map();
    return refused;
  }

  /** Nobody waits any more. */
  close(): void {
    for (const socket of this.#waiting.keys()) socket.close();
    this.#waiting.clear();
    this.#refusals.close();
  }

  #admit(socket: Deno.TcpConn): void {
    const source = sourceOf(socket.remoteAddr.hostname);
    if (!this.#tokens.take(source)) return this.#refuse(socket, "busy");
    const handshake = this.#options.admit(socket, source);
    if (this.#allowance.request(handshake)) return;
    this.#options.turnedAway(handshake);
    this.#refuse(socket, "busy");
  }

  #refuse(socket: Deno.TcpConn, why: Refusal): void {
    this.#refused.set(why, (this.#refused.get(why) ?? 0) + 1);
    void this.#refusals.refuse(socket, why);
  }
}
